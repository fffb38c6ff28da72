//! JSON Schemas of what is taken and answered, in the dialect of `OpenAPI` 3.1.

use crate::query::{LARGEST, LONGEST};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A schema, made when the document is.
pub(crate) type SchemaOf = Arc<dyn Fn(&mut SchemaGenerator) -> Value + Send + Sync>;

/// What collects the schemas that others refer to.
pub(crate) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    settings.into_generator()
}

/// That of a type.
pub(crate) fn of<T: JsonSchema>() -> SchemaOf {
    Arc::new(|generator| generator.subschema_for::<T>().to_value())
}

/// This one.
pub(crate) fn raw(schema: Value) -> SchemaOf {
    Arc::new(move |_| schema.clone())
}

/// One of those that [`shared`] names.
pub(crate) fn named(name: &str) -> SchemaOf {
    raw(json!({"$ref": format!("#/components/schemas/{name}")}))
}

/// A name, such as an id.
pub(crate) fn name() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": LONGEST})
}

/// A revision.
pub(crate) fn revision() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": LARGEST})
}

/// An instant.
pub(crate) fn instant() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// An object with these members, of which those whose name ends in `?` may be missing.
pub(crate) fn object(members: Vec<(&'static str, SchemaOf)>) -> SchemaOf {
    Arc::new(move |generator| {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, schema) in &members {
            let bare = name.strip_suffix('?');
            if bare.is_none() {
                required.push(*name);
            }
            properties.insert(bare.unwrap_or(name).to_owned(), schema(generator));
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    })
}

/// A list.
pub(crate) fn list(item: SchemaOf) -> SchemaOf {
    Arc::new(move |generator| json!({"type": "array", "items": item(generator)}))
}

/// A page of a list: `next` goes into `after`, and is missing on the last page.
pub(crate) fn page(item: SchemaOf) -> SchemaOf {
    object(vec![("revision", raw(revision())), ("items", list(item)), ("next?", raw(name()))])
}

/// A document with its id and revision.
pub(crate) fn item(document: SchemaOf) -> SchemaOf {
    object(vec![("id", raw(name())), ("revision", raw(revision())), ("document", document)])
}

/// What a change answers, and with it these.
pub(crate) fn changed(with: Vec<(&'static str, SchemaOf)>) -> SchemaOf {
    let mut members = vec![("revision", raw(revision())), ("edited", list(named("Changed")))];
    members.extend(with);
    object(members)
}

/// The schemas that are written here and not taken from types.
pub(crate) fn shared() -> Vec<(&'static str, Value)> {
    let any = json!({});
    let count = json!({"type": "integer", "minimum": 0});
    let objects = json!({"type": "array", "items": {"type": "object"}});
    let diagnostic = json!({
        "type": "object",
        "description": "One thing that is wrong, and where. Line and column are 0 where unknown.",
        "properties": {
            "file": {"type": "string"},
            "line": count,
            "column": count,
            "field": {"type": "string"},
            "message": {"type": "string"},
            "help": {"type": ["string", "null"]},
        },
        "required": ["file", "line", "column", "field", "message", "help"],
        "additionalProperties": false,
    });
    let problem = json!({
        "type": "object",
        "description": "Why a request was not done: problem details, RFC 9457.",
        "properties": {
            "type": {"type": "string", "pattern": "^urn:permesso:problem:[a-z-]+$"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong, and what to do"},
            "code": {"type": "string", "description": "For machines; never changes its meaning"},
            "parameter": {"type": "string", "description": "The parameter that it is about"},
            "diagnostics": {
                "type": "array", "items": {"$ref": "#/components/schemas/Diagnostic"},
            },
            "conflict": {
                "type": "object",
                "description": "The change that came in between",
                "properties": {
                    "revision": revision(),
                    "actor": {"type": "string"},
                    "at": {"type": ["string", "null"], "format": "date-time"},
                    "operation": {"type": ["string", "null"]},
                },
                "required": ["revision", "actor", "at", "operation"],
                "additionalProperties": false,
            },
            "permission": {"type": "string", "description": "What would have been needed"},
            "reason": {"type": "string", "description": "Why it is not held"},
            "users": count,
            "revision": revision(),
            "age_ms": count,
            "family": {"type": "string", "description": "The family that would be asked"},
            "digest": {"type": "string", "description": "The component of it that is missing"},
        },
        "required": ["type", "title", "status", "detail", "code"],
        "additionalProperties": false,
        "example": {
            "type": "urn:permesso:problem:in-use",
            "title": "it would break what has to stay",
            "status": 409,
            "detail": "2 users hold the role `closer`, pending invitations included; move them to \
                       another one first, or with `move_to`",
            "code": "in-use",
            "users": 2,
        },
    });
    let changed = json!({
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "id": {"type": "string"},
        },
        "required": ["kind", "id"],
        "additionalProperties": false,
    });
    let edited = json!({
        "type": "object",
        "properties": {
            "kind": {"type": "string"},
            "id": {"type": "string"},
            "before": {"description": "What it said; null where there was none, missing where it may not be read"},
            "after": {"description": "What it says then; null where it is gone, missing where it may not be read"},
        },
        "required": ["kind", "id"],
        "additionalProperties": false,
    });
    let totals = json!({
        "type": "object",
        "properties": {
            "users": count, "affected": count, "losing": count, "gaining": count,
            "following": count, "listed": count, "cut": {"type": "boolean"},
        },
        "required": ["users", "affected", "losing", "gaining", "following", "listed", "cut"],
        "additionalProperties": false,
    });
    let impact = json!({
        "type": ["object", "null"],
        "description": "What changes for whom. `cut` says that not everybody was looked at. \
            `follows` are the rules that read what the edit changed, and may decide otherwise of \
            some records or at some instants: with the permissions that they govern, what they \
            read, and where they stand; `more_follows` counts those that are not listed. An edit \
            from which something may follow is never harmless.",
        "properties": {
            "examined": count,
            "cut": {"type": "boolean"},
            "harmless": {"type": "boolean"},
            "totals": totals,
            "users": objects,
            "touched": objects,
            "rules": objects,
            "exposed": objects,
            "follows": objects,
            "more_follows": count,
            "warnings": {"type": "array", "items": any},
        },
        "required": [
            "examined", "cut", "harmless", "totals", "users", "touched", "rules", "exposed",
            "follows", "more_follows", "warnings",
        ],
        "additionalProperties": false,
    });
    let dry_run = json!({
        "type": "object",
        "description": "What a change would do, which was not made.",
        "properties": {
            "revision": revision(),
            "edited": {"type": "array", "items": {"$ref": "#/components/schemas/Edited"}},
            "impact": {"$ref": "#/components/schemas/Impact"},
        },
        "required": ["revision", "edited", "impact"],
        "additionalProperties": false,
    });
    let record = json!({
        "type": "object",
        "description": "A record of the log. Hashes of secrets are left out of the documents.",
        "properties": {
            "revision": revision(),
            "at": instant(),
            "actor": {"type": "string"},
            "operation": {"type": "string"},
            "request": {"type": "string"},
            "edits": {"type": "array", "items": {"$ref": "#/components/schemas/Edited"}},
            "previous": {"type": "string"},
            "hash": {"type": "string"},
        },
        "required": [
            "revision", "at", "actor", "operation", "request", "edits", "previous", "hash",
        ],
        "additionalProperties": false,
    });
    let usage = json!({
        "type": "object",
        "description": "How many users hold it: all but the deleted, and those who take part; and \
                        how many API keys act with it, where any does.",
        "properties": {"listed": count, "taking_part": count, "keys": count},
        "required": ["listed", "taking_part"],
        "additionalProperties": false,
    });
    let case = json!({
        "type": "object",
        "properties": {
            "index": count,
            "name": {"type": "string"},
            "expected": {"type": "boolean"},
            "message": {"type": "string"},
        },
        "required": ["index", "name", "expected", "message"],
        "additionalProperties": false,
    });
    vec![
        ("Diagnostic", diagnostic),
        ("Problem", problem),
        ("Changed", changed),
        ("Edited", edited),
        ("Impact", impact),
        ("DryRun", dry_run),
        ("LogRecord", record),
        ("RoleUsage", usage),
        ("FailedCase", case),
    ]
}
