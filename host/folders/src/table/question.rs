//! What a line of a table asks, in one form for all lines that ask the same.
//!
//! Readers of JSON take the last of two members that have one name, and a table in which somebody
//! wrote `owner` twice asks about one of the two. So a line is read by name before it is read as a
//! row. What is asked is then written in one order, with what is left out and what is empty as
//! one: two rows that ask the same for the same reason are one row too many, and where they
//! expect different answers nobody could tell which of them is meant.

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::fmt;

/// JSON in which no object has two members of one name, however deep.
pub(super) struct Strict(pub(super) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let Strict(value) = object.next_value()?;
            if members.contains_key(&name) {
                // In the words of the reader of rows, which are made plain in one place.
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// Lists of the subject of which the order says nothing.
const UNORDERED: [&str; 5] = ["roles", "policies", "teams", "sub_teams", "tags"];

/// Parts of the context that are the world in which a row asks, and none of its question.
pub(super) const WORLD: [&str; 6] =
    ["plan", "role_definitions", "policy_definitions", "eaps", "delegation", "copied_from"];

/// What the row of a line asks, in one form.
pub(super) fn asked(line: &Value) -> String {
    let mut asked = String::new();
    for part in [line.get("subject"), line.get("action"), line.pointer("/resource/kind")] {
        write(part.unwrap_or(&Value::Null), &mut asked);
        asked.push('\n');
    }
    for part in [line.pointer("/resource/attrs"), line.get("context")] {
        let said = part.filter(|part| part.as_object().is_none_or(|map| !map.is_empty()));
        said.iter().for_each(|said| write(said, &mut asked));
        asked.push('\n');
    }
    asked
}

/// What a line says of the policy of its tenant; empty where that is the folder's.
pub(super) fn policy(line: &Value) -> String {
    let context = |name| line.get("context").and_then(|context| context.get(name));
    let [plan, roles, policies, programs, ..] = WORLD.map(context);
    said(&[line.pointer("/subject/tenant"), plan, roles, policies, programs])
}

/// What a line says of its subject and of what is delegated to whom; empty where its subject is
/// only named.
pub(super) fn people(line: &Value) -> String {
    let context = |name| line.get("context").and_then(|context| context.get(name));
    let [.., delegation, copied] = WORLD.map(context);
    let subject = line.get("subject");
    let named = subject.and_then(Value::as_object).is_some_and(|subject| subject.len() == 1);
    said(&[subject.filter(|_| !named || copied.is_some()), delegation, copied])
}

fn said(parts: &[Option<&Value>]) -> String {
    let mut text = String::new();
    if parts.iter().any(Option::is_some) {
        for part in parts {
            part.iter().for_each(|part| write(part, &mut text));
            text.push('\n');
        }
    }
    text
}

/// Writes a value with the members of each object in the order of their names.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in members {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                match value {
                    Value::Array(items) if UNORDERED.contains(&name.as_str()) => {
                        list(items, true, text);
                    }
                    value => write(value, text),
                }
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => list(items, false, text),
        plain => text.push_str(&plain.to_string()),
    }
}

fn list(items: &[Value], sorted: bool, text: &mut String) {
    let mut items: Vec<String> = items
        .iter()
        .map(|item| {
            let mut text = String::new();
            write(item, &mut text);
            text
        })
        .collect();
    if sorted {
        items.sort_unstable();
    }
    text.push('[');
    text.push_str(&items.join(","));
    text.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        serde_json::from_str(text).map(|Strict(value)| value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_that_an_object_has_twice_is_refused_however_deep() {
        for text in [
            r#"{"id":"a","id":"a"}"#,
            r#"{"resource":{"attrs":{"owner":"a","owner":"b"}}}"#,
            r#"{"context":{"role_definitions":{"r":{"grants":[{"scope":"all","scope":"own"}]}}}}"#,
            r#"{"a":1,"\u0061":1}"#,
        ] {
            let told = read(text).unwrap_err();
            assert!(told.starts_with("duplicate field `"), "{text}: {told}");
        }
        read(r#"{"a":{"b":1},"b":[{"b":1},{"b":1}],"c":null,"d":[1.5,-1,true,"x"]}"#).unwrap();
    }

    #[test]
    fn what_asks_the_same_has_one_form_and_what_does_not_has_others() {
        let one = r#"{"id":"x","subject":{"user":"a","roles":["r","s"]},"action":"p",
                      "resource":{"kind":"k","attrs":{"x":[1,2],"y":2}},"expect":"allow"}"#;
        let form = |text: &str| asked(&read(text).unwrap());
        for same in [
            one.replace(r#""id":"x""#, r#""id":"y","note":"n","product":"q""#),
            one.replace("allow", "deny"),
            one.replace(r#"["r","s"]"#, r#"["s","r"]"#),
            one.replace(r#""x":[1,2],"y":2"#, r#""y":2,"x":[1,2]"#),
            one.replace(r#""expect""#, r#""context":{},"expect""#),
        ] {
            assert_eq!(form(&same), form(one), "{same}");
        }
        for other in [
            one.replace("[1,2]", "[2,1]"),
            one.replace(r#""y":2"#, r#""y":"2""#),
            one.replace(r#""y":2"#, r#""y":null"#),
            one.replace(r#""user":"a""#, r#""user":"b""#),
            one.replace(r#""expect""#, r#""context":{"now":"2026-01-01"},"expect""#),
        ] {
            assert_ne!(form(&other), form(one), "{other}");
        }
    }

    #[test]
    fn a_row_that_brings_nothing_asks_in_the_world_of_the_folder() {
        let worlds = |text: &str| {
            let line = read(text).unwrap();
            (policy(&line), people(&line))
        };
        let named = r#"{"subject":{"user":"a"},"context":{"now":"2026-01-01","x":1}}"#;
        assert_eq!(worlds(named), (String::new(), String::new()));
        for (text, brings_policy, brings_people) in [
            (r#"{"subject":{"user":"a","roles":[]}}"#, false, true),
            (r#"{"subject":{"user":"a","tenant":"t"}}"#, true, true),
            (r#"{"subject":{"user":"a"},"context":{"plan":"p"}}"#, true, false),
            (r#"{"subject":{"user":"a"},"context":{"eaps":[]}}"#, true, false),
            (r#"{"subject":{"user":"a"},"context":{"role_definitions":{"r":{}}}}"#, true, false),
            (r#"{"subject":{"user":"a"},"context":{"policy_definitions":{"r":{}}}}"#, true, false),
            (r#"{"subject":{"user":"a"},"context":{"delegation":{}}}"#, false, true),
            (r#"{"subject":{"user":"a"},"context":{"copied_from":{}}}"#, false, true),
        ] {
            let (policy, people) = worlds(text);
            assert_eq!((!policy.is_empty(), !people.is_empty()), (brings_policy, brings_people));
        }
    }
}
