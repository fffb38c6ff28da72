//! The description of the API, `OpenAPI` 3.1, made from the table that the router is made from.

use crate::matching::Matching;
use crate::media::EVENTS;
use crate::query::{LARGEST, Param};
use crate::reply::{REPLAYED, REVISION};
use crate::route::{Route, RouteGate};
use crate::schema::{self, SchemaOf};
use crate::{MAX_BODY, PREFIX};
use axum::http::{Method, StatusCode};
use permesso_front::headers::MAX_ID;
use permesso_front::{PROBLEM, title};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// The description of these endpoints.
pub(crate) fn document(routes: &[Route]) -> Value {
    let mut generator = schema::generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let operation = operation(route, &mut generator);
        let path = paths.entry(format!("{PREFIX}{}", route.path)).or_insert_with(|| json!({}));
        if let Value::Object(path) = path {
            path.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let mut schemas = generator.take_definitions(true);
    for (name, schema) in schema::shared() {
        schemas.insert(name.to_owned(), schema);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Permesso admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": format!(
                "Administers products, tenants, roles and people. A change is made in the name of \
                 whoever sends it and is decided on by their roles. Bodies hold at most {MAX_BODY} \
                 bytes. `dry_run=true` says what a change would do, and for whom, and writes \
                 nothing."
            ),
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `pmk_…`",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of an issuer that is trusted",
                },
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "tags": [tag(route)],
        "parameters": parameters(route),
        "responses": responses(route, generator),
    });
    let Value::Object(members) = &mut operation else { return operation };
    if let Some(needed) = needed(route) {
        members.insert("description".to_owned(), needed.into());
    }
    if route.gate == RouteGate::Open {
        members.insert("security".to_owned(), json!([]));
    }
    if let Some(taken) = &route.taken {
        let content = content(&taken.media, generator);
        let body = json!({"required": taken.required, "content": content});
        members.insert("requestBody".to_owned(), body);
    }
    operation
}

fn tag(route: &Route) -> &str {
    let path = route.path.strip_prefix("/tenants/{tenant}/").unwrap_or(&route.path);
    path.split('/').find(|part| !part.is_empty()).unwrap_or_default()
}

fn needed(route: &Route) -> Option<String> {
    let verb = permesso_front::verb_name(route.verb()?);
    Some(match route.permission {
        Some(permission) => {
            format!(
                "A key needs the verb `{verb}`, and whoever asks the permission `{permission}`."
            )
        }
        None if route.gate == RouteGate::Tenant => format!(
            "A key needs the verb `{verb}`; what else is needed follows from what is changed."
        ),
        None => format!("A key needs the verb `{verb}`."),
    })
}

fn content(media: &[(&'static str, SchemaOf)], generator: &mut SchemaGenerator) -> Value {
    let media = media
        .iter()
        .map(|(media, schema)| ((*media).to_owned(), json!({"schema": schema(generator)})));
    Value::Object(media.collect())
}

fn parameters(route: &Route) -> Vec<Value> {
    let header = |name: &str, about: &str, required: bool, schema: Value| {
        json!({
            "name": name,
            "in": "header",
            "description": about,
            "required": required,
            "schema": schema,
        })
    };
    let visible =
        json!({"type": "string", "minLength": 1, "maxLength": MAX_ID, "pattern": "^[!-~]+$"});
    let mut parameters: Vec<Value> = route
        .path_names()
        .map(|name| {
            let schema = match name {
                "revision" => json!({"type": "integer", "minimum": 1, "maximum": LARGEST}),
                _ => schema::name(),
            };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    parameters.extend(route.query.iter().map(|Param { name, form, about }| {
        json!({"name": name, "in": "query", "description": about, "schema": form.schema()})
    }));
    let tag = json!({"type": "string", "pattern": "^(\"[0-9]{1,15}\"|\\*)$", "example": "\"12\""});
    let about = "The revision that is edited, as ETag had it; `*` for any";
    match route.matching {
        Matching::No => {}
        Matching::May => parameters.push(header("If-Match", about, false, tag)),
        Matching::Must => parameters.push(header("If-Match", about, true, tag)),
        Matching::MustOrCreate => {
            parameters.push(header("If-Match", about, false, tag));
            let about = "`*` where it is to be new; then without If-Match";
            let schema = json!({"type": "string", "enum": ["*"]});
            parameters.push(header("If-None-Match", about, false, schema));
        }
    }
    if route.changes {
        let about = "The caller's own key for this change: it is made once however often it comes";
        parameters.push(header("Idempotency-Key", about, false, visible.clone()));
    }
    let about = "Comes back with the answer, and stands in the log";
    parameters.push(header("X-Request-ID", about, false, visible));
    parameters
}

/// The statuses of problems that an endpoint can answer.
fn refused(route: &Route) -> Vec<StatusCode> {
    let mut refused = vec![StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR];
    if route.gate == RouteGate::Open {
        refused.push(StatusCode::SERVICE_UNAVAILABLE);
        return refused;
    }
    refused.extend([
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::SERVICE_UNAVAILABLE,
    ]);
    if route.path_names().next().is_some() || route.method != Method::GET {
        refused.push(StatusCode::NOT_FOUND);
    }
    if route.changes {
        refused.extend([StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]);
        // An undo is against what came after the change, so also where no tag is taken.
        refused.push(StatusCode::PRECONDITION_FAILED);
    }
    // Of another log nothing can be told after a revision of this one.
    if route.answers.iter().any(|(media, _)| *media == EVENTS) {
        refused.push(StatusCode::CONFLICT);
    }
    if route.taken.is_some() {
        refused.extend([
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
        ]);
    }
    if matches!(route.matching, Matching::Must | Matching::MustOrCreate) {
        refused.push(StatusCode::PRECONDITION_REQUIRED);
    }
    refused.sort_unstable();
    refused.dedup();
    refused
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let integer = json!({"schema": schema::revision()});
    let mut headers = Map::new();
    if route.gate != RouteGate::Open {
        headers.insert(REVISION.as_str().to_owned(), integer);
    }
    if route.tagged {
        headers.insert("etag".to_owned(), json!({"schema": {"type": "string"}}));
    }
    if route.changes {
        let schema = json!({"schema": {"type": "string", "enum": ["true"]}});
        headers.insert(REPLAYED.as_str().to_owned(), schema);
    }
    let success = content(&route.answers, generator);
    let dry_run = json!({"$ref": "#/components/schemas/DryRun"});
    let said = |description: &str, content: Value, located: bool| {
        let mut headers = headers.clone();
        if located {
            headers.insert("location".to_owned(), json!({"schema": {"type": "string"}}));
        }
        json!({"description": description, "headers": headers, "content": content})
    };
    let made = success.clone();
    if route.status == StatusCode::CREATED {
        responses.insert("201".to_owned(), said("It was made", made, true));
        let content = json!({"application/json": {"schema": dry_run}});
        responses.insert("200".to_owned(), said("What it would do", content, false));
    } else {
        let mut content = success;
        if route.changes
            && let Some(schema) = content.pointer_mut("/application~1json/schema")
        {
            *schema = json!({"anyOf": [schema.take(), dry_run]});
        }
        let description = if route.changes { "It was done, or would be" } else { "Here it is" };
        responses.insert("200".to_owned(), said(description, content, false));
        if route.matching == Matching::MustOrCreate {
            responses.insert("201".to_owned(), said("It was made", made, true));
        }
    }
    for status in refused(route) {
        let problem = json!({PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}});
        let mut response = json!({"description": title(status), "content": problem});
        let header = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some("retry-after"),
            StatusCode::UNAUTHORIZED => Some("www-authenticate"),
            _ => None,
        };
        if let (Value::Object(response), Some(header)) = (&mut response, header) {
            response.insert("headers".to_owned(), json!({header: {"schema": {"type": "string"}}}));
        }
        responses.insert(status.as_u16().to_string(), response);
    }
    Value::Object(responses)
}
