//! Documents as the log has kept them: what was written in a form of the past is read as today's.
//!
//! A log is never rewritten. What is *written* has to be of today's form, so the forms of the
//! past are known here alone, where documents come out of the store.

use permesso_engine::load::Objects;
use permesso_engine::model::Instant;
use permesso_store::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What a document that was kept says.
///
/// # Errors
///
/// What is wrong with it.
pub fn read<T: DeserializeOwned>(body: &Body) -> Result<T, serde_json::Error> {
    json(text(body).as_bytes())
}

/// What a text of JSON says, in which a record with fields is written with their names.
///
/// # Errors
///
/// What is wrong with it; a list where an object is wanted, too.
pub fn json<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = T::deserialize(Objects(&mut json))?;
    json.end()?;
    Ok(value)
}

/// The same as JSON; null where it is none.
#[must_use]
pub fn value(body: &Body) -> Value {
    read(body).unwrap_or_default()
}

/// The text of a document, in today's form.
fn text(body: &Body) -> Cow<'_, str> {
    let text = body.get();
    // Most documents name no instant, and a million of them are read at a time.
    let may_be_old = ["\"valid_from\"", "\"valid_until\"", "\"copied_from\""]
        .iter()
        .any(|name| text.contains(name));
    if !may_be_old {
        return text.into();
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(mut document)) => match instants(&mut document) {
            true => Value::Object(document).to_string().into(),
            false => text.into(),
        },
        _ => text.into(),
    }
}

/// Instants were numbers of milliseconds. They are looked for where grants, delegations and users
/// have them and nowhere else: attributes of users may be called alike. Whether there was one.
fn instants(document: &mut Map<String, Value>) -> bool {
    let mut found = window(document);
    let grants = document.get_mut("grants").and_then(Value::as_array_mut);
    for grant in grants.into_iter().flatten().filter_map(Value::as_object_mut) {
        found |= window(grant);
    }
    if let Some(copied) = document.get_mut("copied_from").and_then(Value::as_object_mut) {
        found |= instant(copied, "at");
    }
    found
}

fn window(of: &mut Map<String, Value>) -> bool {
    let from = instant(of, "valid_from");
    instant(of, "valid_until") | from
}

fn instant(of: &mut Map<String, Value>, name: &str) -> bool {
    let Some(value) = of.get_mut(name) else { return false };
    let Some(millis) = value.as_i64() else { return false };
    *value = Instant::from_millis(millis).to_string().into();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_engine::model::{Delegation, Role, User};
    use serde_json::json;

    fn kept<T: DeserializeOwned>(document: &Value) -> T {
        read(&Body::of(document).unwrap()).unwrap()
    }

    #[test]
    fn instants_that_were_kept_as_numbers_are_read() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let grant = json!({"permission": "a", "scope": "all",
            "valid_from": 1_772_323_200_000_i64, "valid_until": 1_780_272_000_000_i64});
        let role: Role = kept(&json!({"id": "r", "grants": [grant]}));
        assert_eq!(role.grants[0].valid_from, Some(at("2026-03-01")));
        assert_eq!(role.grants[0].valid_until, Some(at("2026-06-01")));
        let user: User = kept(&json!({
            "id": "u", "grants": [grant], "copied_from": {"user": "v", "at": 1_000},
            "attributes": {"valid_until": 5, "grants": [{"valid_until": 7}]},
        }));
        assert_eq!(user.grants[0].valid_from, Some(at("2026-03-01")));
        assert_eq!(user.copied_from.unwrap().at, at("1970-01-01T00:00:01Z"));
        let attributes = serde_json::to_value(&user.attributes).unwrap();
        assert_eq!(attributes, json!({"valid_until": 5, "grants": [{"valid_until": 7}]}));
        let delegation: Delegation = kept(&json!({"from": "u", "to": "v", "valid_until": -5}));
        assert_eq!(delegation.valid_until, Some(at("1970-01-01")));
        let shown = value(&Body::of(&json!({"from": "u", "to": "v", "valid_until": 0})).unwrap());
        assert_eq!(shown["valid_until"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_list_is_never_a_document_however_deep() {
        use crate::document::{CatalogPin, CatalogText, Settings, SharingDefault, Team};
        use crate::operation::Invited;
        use permesso_auth::KeyRecord;
        use permesso_engine::model::{FamilySettings, Item, Policy, Program, SharingRule};
        type Read = fn(&str) -> Result<(), serde_json::Error>;
        fn reads<T: DeserializeOwned>(text: &str) -> Result<(), serde_json::Error> {
            json::<T>(text.as_bytes()).map(drop)
        }
        let all: [(Read, &str, &str); 15] = [
            (reads::<Settings>, r#"["desk"]"#, r#"{"product":"p","baseline":[["a"]]}"#),
            (reads::<CatalogPin>, r#"["1", "d"]"#, r#"{"version":["1"],"digest":"d"}"#),
            (reads::<CatalogText>, r#"["p", "1", "t"]"#, "[]"),
            (reads::<Team>, "[]", r#"{"roles":[["a"]]}"#),
            (reads::<Role>, "[]", r#"{"id":"r","grants":[["a", null, "all"]]}"#),
            (reads::<Policy>, r#"["p"]"#, r#"{"id":"p","grants":[["a", null, "all"]]}"#),
            (reads::<Program>, "[]", r#"{"id":"p","match":[["r"]]}"#),
            (reads::<Item>, r#"["k", "i", "view"]"#, "[]"),
            (reads::<SharingDefault>, r#"["hide"]"#, "[]"),
            (
                reads::<SharingRule>,
                r#"["s", [], "hide"]"#,
                r#"{"id":"s","outcome":"hide","for":[]}"#,
            ),
            (reads::<FamilySettings>, "[]", r#"{"config":[]}"#),
            (reads::<KeyRecord>, "[]", "[1]"),
            (reads::<User>, r#"["u"]"#, r#"{"id":"u","rights":[["a"]]}"#),
            (reads::<Delegation>, r#"["u", "v"]"#, r#"{"from":"u","to":[],"permissions":[]}"#),
            (reads::<Invited>, r#"[1, 2, 3, "t"]"#, "[]"),
        ];
        for (read, list, within) in all {
            for text in [list, within] {
                let told = read(text).unwrap_err();
                assert!(told.is_data(), "{text}: {told}");
            }
        }
        // What is a list stays one, and what says its name in another way does so.
        reads::<Role>(r#"{"id":"r","grants":[{"permission":"a","scope":"all","cases":[{"inputs":{"x":[1,[2]]},"expect":true}]}]}"#).unwrap();
        reads::<User>(
            r#"{"id":"u","roles":["a",{"role":"b","teams":["t"]}],"attributes":{"l":[[]]}}"#,
        )
        .unwrap();
        reads::<Settings>(r#"{"product":"p","tags":["a",{"id":"b","title":"B"}]}"#).unwrap();
        assert!(json::<Role>(br#"{"id":"r"} x"#).is_err());
    }

    #[test]
    fn what_is_kept_in_todays_form_is_read_as_it_is() {
        let today = json!({"from": "u", "to": "v", "valid_until": "2026-06-01T00:00:00Z"});
        assert!(matches!(text(&Body::of(&today).unwrap()), Cow::Borrowed(_)));
        let delegation: Delegation = kept(&today);
        assert_eq!(serde_json::to_value(delegation).unwrap()["valid_until"], today["valid_until"]);
    }
}
