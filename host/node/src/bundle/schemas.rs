//! JSON Schemas of the files, for editors.
//!
//! They are made from the types that read the files, so they say what those say; what only a
//! compiler knows, such as whether a role exists, they do not.

use crate::document::CatalogPin;
use permesso_engine::model::{Catalog, Directory, Tenant};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where the schemas say that they are found.
const HOME: &str = "https://github.com/permesso/permesso/schemas";

/// The schema of each file, by its name: `tenant`, `people`, `bundle` (both in one), `product`.
/// Draft 2020-12.
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, Value> {
    let tenant = tenant();
    let people = people();
    let bundle = both(&tenant, &people);
    let product = schema_of::<Catalog>("product", "A product's catalog");
    BTreeMap::from([
        ("tenant", tenant),
        ("people", people),
        ("bundle", bundle),
        ("product", product),
    ])
}

/// There is no schema of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no schema `{name}`; there are {known}")]
pub struct NoSchema {
    name: String,
    known: String,
}

/// The schema of a file.
///
/// # Errors
///
/// Where there is none of that name.
pub fn schema(name: &str) -> Result<Value, NoSchema> {
    let mut schemas = schemas();
    schemas.remove(name).ok_or_else(|| {
        let known: Vec<&str> = schemas.keys().copied().collect();
        NoSchema { name: name.to_owned(), known: known.join(", ") }
    })
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

fn schema_of<T: JsonSchema>(name: &str, title: &str) -> Value {
    let mut schema = generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), id(name));
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

fn id(name: &str) -> Value {
    format!("{HOME}/{name}.json").into()
}

fn properties(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}

fn tenant() -> Value {
    let mut schema = schema_of::<Tenant>("tenant", "A tenant");
    let mut pin = generator().into_root_schema_for::<CatalogPin>();
    pin.remove("$schema");
    pin.remove("title");
    if let Some(properties) = properties(&mut schema) {
        properties.insert("catalog".to_owned(), pin.to_value());
        if let Some(teams) = properties.get_mut("teams").and_then(Value::as_object_mut) {
            let titled = json!({
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "The path."},
                    "title": {"type": "string", "description": "For people."},
                },
                "required": ["path"],
                "additionalProperties": false,
            });
            teams.insert("items".to_owned(), json!({"anyOf": [{"type": "string"}, titled]}));
        }
    }
    schema
}

fn people() -> Value {
    let mut schema = schema_of::<Directory>("people", "The people of a tenant");
    let delegation = schema.pointer_mut("/$defs/Delegation");
    if let Some(properties) = delegation.and_then(properties) {
        let described = "By what it is found. Without one: from whom to whom.";
        properties.insert("id".to_owned(), json!({"type": "string", "description": described}));
    }
    schema
}

/// A tenant with its people in one file.
fn both(tenant: &Value, people: &Value) -> Value {
    let mut both = tenant.clone();
    for part in ["properties", "$defs"] {
        let more = people.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(of) = both.get_mut(part).and_then(Value::as_object_mut) {
            of.extend(more);
        }
    }
    if let Some(both) = both.as_object_mut() {
        both.insert("$id".to_owned(), id("bundle"));
        both.insert("title".to_owned(), "A tenant with its people".into());
    }
    both
}
