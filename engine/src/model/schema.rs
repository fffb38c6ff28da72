//! JSON Schemas of what is written in a way of its own.

use super::attributes::WrittenRule;
use super::{
    Action, Assignment, AttributeDeclarations, AttributeRule, AttributeType, Attributes, Baseline,
    Cells, Instant, KindAttributes, Kinds, Located, Permission, Predicate, Scope, Several, Tag,
    Team,
};
use super::{assignment, baseline, tag, team};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A date, `2026-12-31`, in UTC; or a date and a time with its zone, \
                            `2026-12-31T18:00:00+01:00`. What ends at a date ends with that day.",
            "type": "string",
            "anyOf": [{"format": "date"}, {"format": "date-time"}],
        })
    }
}

impl JsonSchema for Assignment {
    fn schema_name() -> Cow<'static, str> {
        "Assignment".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A role: its name, or a mapping with the limits within which it is held.",
            "anyOf": [{"type": "string"}, generator.subschema_for::<assignment::Mapping>()],
        })
    }
}

impl JsonSchema for Team {
    fn schema_name() -> Cow<'static, str> {
        "Team".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A team: its path, or a mapping with its title and roles.",
            "anyOf": [{"type": "string"}, generator.subschema_for::<team::Mapping>()],
        })
    }
}

impl JsonSchema for Tag {
    fn schema_name() -> Cow<'static, str> {
        "Tag".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A tag: its name, or a mapping with its title.",
            "anyOf": [{"type": "string"}, generator.subschema_for::<tag::Mapping>()],
        })
    }
}

impl JsonSchema for Baseline {
    fn schema_name() -> Cow<'static, str> {
        "Baseline".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The roles that everybody holds: a list, or a mapping.",
            "anyOf": [
                {"type": "array", "items": generator.subschema_for::<Assignment>()},
                generator.subschema_for::<baseline::Mapping>(),
            ],
        })
    }
}

impl JsonSchema for Action {
    fn schema_name() -> Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An action of a table: its name, or a mapping that says more of each \
                            of its permissions.",
            "anyOf": [{"type": "string"}, generator.subschema_for::<Permission>()],
        })
    }
}

impl JsonSchema for Several {
    fn schema_name() -> Cow<'static, str> {
        "Several".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Several permissions: names and patterns, or actions on kinds.",
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                generator.subschema_for::<Cells>(),
            ],
        })
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How far a grant reaches.",
            "type": "string",
            "enum": Self::names().collect::<Vec<_>>(),
        })
    }
}

impl JsonSchema for Attributes<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Attributes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What is known, by name.",
            "type": "object",
            "additionalProperties": true,
        })
    }
}

impl JsonSchema for Predicate {
    fn schema_name() -> Cow<'static, str> {
        "Predicate".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let part = generator.subschema_for::<Self>();
        let comparison = json_schema!({
            "description": "A value to equal, or one comparison.",
            "anyOf": [
                {"type": ["string", "number", "boolean", "null"]},
                {
                    "type": "object",
                    "properties": {
                        "is": true,
                        "is_not": {"type": ["string", "number", "boolean"]},
                        "in": {"type": "array"},
                        "at_most": {"type": "number"},
                        "at_least": {"type": "number"},
                        "present": {"const": true},
                    },
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        });
        json_schema!({
            "description": "A statement about attributes, by path. All of it has to hold.",
            "type": "object",
            "properties": {
                "any": {"type": "array", "items": part, "minItems": 1},
                "all": {"type": "array", "items": part, "minItems": 1},
                "own": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            },
            "additionalProperties": comparison,
            "minProperties": 1,
        })
    }
}

impl JsonSchema for AttributeDeclarations {
    fn schema_name() -> Cow<'static, str> {
        "AttributeDeclarations".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What is known of attributes, by path.",
            "type": "object",
            "additionalProperties": generator.subschema_for::<AttributeRule>(),
        })
    }
}

impl JsonSchema for KindAttributes {
    fn schema_name() -> Cow<'static, str> {
        "KindAttributes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The attributes of a kind of resources, by name.",
            "type": "object",
            "additionalProperties": generator.subschema_for::<AttributeRule>(),
        })
    }
}

impl JsonSchema for AttributeType {
    fn schema_name() -> Cow<'static, str> {
        "AttributeType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The type of an attribute.",
            "type": "string",
            "enum": Self::ALL.map(Self::name),
        })
    }
}

impl JsonSchema for AttributeRule {
    fn schema_name() -> Cow<'static, str> {
        "AttributeRule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kind = generator.subschema_for::<AttributeType>();
        let more = WrittenRule::json_schema(generator);
        json_schema!({
            "description": "The type of an attribute, or more that is known of it.",
            "anyOf": [kind, more],
        })
    }
}

impl JsonSchema for Kinds {
    fn schema_name() -> Cow<'static, str> {
        "Kinds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Kinds of resources, or `any` for every one that the catalog knows.",
            "anyOf": [{"const": "any"}, {"type": "array", "items": {"type": "string"}}],
        })
    }
}
