//! `permesso schema`: the JSON Schemas of the documents, and of a question about a permission.

use super::{Components, Failure, Sources, ask, print_pretty};
use clap::Args;
use permesso_engine::compile::{CompiledCatalog, DeclaredAttribute};
use permesso_engine::decision::SUBJECT_TYPE;
use permesso_engine::model::{AttributeType, Instant};
use permesso_engine::suggest;
use permesso_node::bundle::{schema, schemas};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// The JSON Schemas.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which: bundle, people, product or tenant, or `request` for a question about a permission
    /// [default: all documents, as files into --out]
    #[arg(value_name = "NAME", required_unless_present = "out")]
    name: Option<String>,
    /// A folder to write them into
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// With `request`: the permission that is asked about
    #[arg(long, value_name = "ID")]
    permission: Option<String>,
    /// With `request`: a folder with the product's catalog
    #[arg(long = "example", value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// With `request`: the tenant, where the folders hold more than one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    #[command(flatten)]
    components: Components,
}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.name.as_deref() == Some("request") {
            return self.request();
        }
        if let Some(name) = &self.name {
            let schema = schema(name).map_err(|error| Failure(format!("error: {error}")))?;
            print_pretty(&schema)?;
        }
        if let Some(folder) = &self.out {
            for (name, schema) in schemas() {
                let path = folder.join(format!("{name}.schema.json"));
                let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
                std::fs::write(&path, text + "\n").map_err(|error| {
                    Failure(format!("error: cannot write `{}`: {error}", path.display()))
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn request(self) -> Result<ExitCode, Failure> {
        let (Some(permission), false) = (&self.permission, self.folders.is_empty()) else {
            let text = "error: say which: `permesso schema request --example DIR --permission ID`";
            return Err(Failure(text.to_owned()));
        };
        let sources = Sources { folders: self.folders, components: self.components };
        let point = sources.build()?;
        let catalog = &ask::folder(self.tenant.as_deref(), &point)?.catalog;
        print_pretty(&question(catalog, permission)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The schema of a question about a permission, in the form of the AuthZEN API.
fn question(catalog: &CompiledCatalog, permission: &str) -> Result<Value, Failure> {
    let source = &catalog.source().value;
    let Some(kinds) = catalog.kinds_of(permission) else {
        let ids = source.permissions().map(|(_, permission)| permission.id.as_str());
        let help = suggest(permission, ids).map(|help| format!("; {help}")).unwrap_or_default();
        let product = &source.product;
        return Err(Failure(format!(
            "error: the catalog of {product} has no permission `{permission}`{help}"
        )));
    };
    let resource = match source.is_closed() {
        true => {
            let kinds = kinds.into_iter().map(|kind| resource(catalog, permission, kind));
            json!({"anyOf": kinds.collect::<Vec<_>>()})
        }
        false => json!({"type": "object", "required": ["type"]}),
    };
    let types = catalog.subject_types().collect::<Vec<_>>();
    Ok(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("A question about `{permission}`"),
        "type": "object",
        "required": ["subject", "action", "resource"],
        "properties": {
            "subject": {
                "type": "object",
                "required": ["type", "id"],
                "properties": {
                    "type": {"enum": types, "default": SUBJECT_TYPE},
                    "id": {"type": "string", "minLength": 1},
                    "properties": attributes(catalog.declared("subject")),
                },
            },
            "action": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"const": permission},
                    "properties": attributes(catalog.declared("action")),
                },
            },
            "resource": resource,
            "context": attributes(catalog.declared("context")),
        },
    }))
}

fn resource(catalog: &CompiledCatalog, permission: &str, kind: &str) -> Value {
    let asked = catalog.attributes_asked(permission, kind);
    let properties = attributes(asked.into_iter().flatten());
    let requires = properties.get("required").is_some() || properties.get("allOf").is_some();
    let mut required = vec!["type"];
    required.extend(requires.then_some("properties"));
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "type": {"const": kind},
            "id": {"type": "string", "minLength": 1},
            "properties": properties,
        },
    })
}

/// What attributes have to be. One that nobody declares may be there and decides nothing.
fn attributes<'a>(declared: impl Iterator<Item = DeclaredAttribute<'a>>) -> Value {
    let mut declared: Vec<DeclaredAttribute<'a>> = declared.collect();
    declared.sort_by(|one, other| one.name.cmp(other.name));
    let (mut properties, mut required, mut either) = (Map::new(), Vec::new(), Vec::new());
    for attribute in &declared {
        let value = value(attribute);
        for name in std::iter::once(attribute.name).chain(attribute.aliases.iter().copied()) {
            put(&mut properties, name, &value);
        }
        match (attribute.required, attribute.aliases.is_empty(), attribute.name.contains('.')) {
            (true, true, false) => required.push(attribute.name),
            (true, false, false) => {
                let names = std::iter::once(&attribute.name).chain(&attribute.aliases);
                let one: Vec<Value> = names.map(|name| json!({"required": [name]})).collect();
                either.push(json!({"anyOf": one}));
            }
            _ => {}
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !either.is_empty() {
        schema.insert("allOf".to_owned(), json!(either));
    }
    Value::Object(schema)
}

/// Puts the schema of an attribute where its path leads.
fn put(properties: &mut Map<String, Value>, path: &str, value: &Value) {
    match path.split_once('.') {
        None => {
            properties.insert(path.to_owned(), value.clone());
        }
        Some((head, rest)) => {
            let group = properties
                .entry(head)
                .or_insert_with(|| json!({"type": ["object", "null"], "properties": {}}));
            if let Some(below) = group.get_mut("properties").and_then(Value::as_object_mut) {
                put(below, rest, value);
            }
        }
    }
}

fn value(attribute: &DeclaredAttribute<'_>) -> Value {
    let mut text = json!({"type": "string"});
    if !attribute.one_of.is_empty() {
        text = json!({"enum": attribute.one_of});
    }
    let value = match attribute.kind {
        AttributeType::Boolean => json!({"type": "boolean"}),
        AttributeType::Integer => {
            let least = attribute.at_least.unwrap_or(i64::MIN);
            json!({"type": "integer", "minimum": least, "maximum": i64::MAX})
        }
        // Milliseconds; a lesser number would be seconds, and is denied.
        AttributeType::Instant => json!({"anyOf": [
            {"type": "integer", "minimum": Instant::SENT.start(), "maximum": Instant::SENT.end()},
            {"type": "string", "format": "date-time"},
            {"type": "string", "format": "date"},
        ]}),
        AttributeType::Decimal => match attribute.at_least {
            Some(least) => json!({"type": "number", "minimum": least}),
            None => json!({"type": "number"}),
        },
        AttributeType::Text => text,
        AttributeType::Texts => json!({"anyOf": [text, {"type": "array", "items": text}]}),
        AttributeType::Any => return json!(true),
    };
    match attribute.required {
        true => value,
        false => json!({"anyOf": [value, {"type": "null"}]}),
    }
}
