//! Checking a tenant's configuration before it is accepted.
//!
//! Rules read the configuration as inputs (`config.<attribute>`) and so never parse it. What is
//! left is to tell an admin early, and in plain words, what is wrong with it:
//!
//! ```
//! # use permesso_sdk::config;
//! let found = config::check(r#"{"strict": "yes", "rolle": "guest"}"#, |config| {
//!     config.boolean("strict");
//!     if config.text("role").is_some_and(|role| role.is_empty()) {
//!         config.fault("role", "name a role");
//!     }
//! });
//! assert_eq!(found.len(), 2);
//! assert_eq!(found[0].pointer, "/strict");
//! assert_eq!(found[0].message, "`strict` has to be true or false");
//! assert_eq!(found[1].pointer, "/rolle");
//! assert_eq!(found[1].message, "`rolle` is not known; write `strict` or `role`");
//! ```

use crate::json::Json;
use alloc::string::String;
use alloc::vec::Vec;

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// JSON Pointer (RFC 6901) to the value in question; empty for the whole document.
    pub pointer: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Checks a configuration: `rules` names each attribute with its type, and every other one is
/// reported as unknown. No configuration (an empty text or `null`) is accepted.
pub fn check(config: &str, rules: impl FnOnce(&mut Checker<'_>)) -> Vec<Diagnostic> {
    let config = Json::new(config);
    let members = match config.members() {
        Some(members) => members,
        None if config.is_nothing() => Vec::new(),
        None => {
            let message = text(&["the configuration has to be an object"]);
            return [Diagnostic { pointer: String::new(), message }].into();
        }
    };
    let mut checker = Checker { members: &members, known: Vec::new(), found: Vec::new() };
    rules(&mut checker);
    checker.report_unknown();
    checker.found
}

/// A configuration being checked.
#[derive(Debug)]
pub struct Checker<'c> {
    members: &'c [(String, Json<'c>)],
    known: Vec<&'static str>,
    found: Vec<Diagnostic>,
}

impl<'c> Checker<'c> {
    /// An attribute that is `true` or `false`, if it is there and is one.
    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.typed(name, "true or false", Json::boolean)
    }

    /// An attribute that is a whole number, if it is there and is one.
    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        self.typed(name, "a whole number", Json::integer)
    }

    /// An attribute that is a text, if it is there and is one.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.typed(name, "a text", Json::text)
    }

    /// An attribute that is a list of texts, if it is there and is one.
    pub fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        self.typed(name, "a list of texts", |value| {
            value.items()?.into_iter().map(Json::text).collect()
        })
    }

    /// An attribute that is a map from texts to lists of texts, if it is there and is one.
    pub fn table(&mut self, name: &'static str) -> Option<Vec<(String, Vec<String>)>> {
        self.typed(name, "a map from texts to lists of texts", |value| {
            let rows = value.members()?.into_iter().map(|(key, list)| {
                let values: Option<Vec<String>> =
                    list.items()?.into_iter().map(Json::text).collect();
                Some((key, values?))
            });
            rows.collect()
        })
    }

    /// Reports what is wrong with an attribute beyond its type.
    pub fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.fault_at(&[name], message);
    }

    /// Reports what is wrong with a value inside an attribute: the attribute's name, and the keys
    /// or positions that lead on from there.
    pub fn fault_at(&mut self, path: &[&str], message: impl Into<String>) {
        let pointers: Vec<String> = path.iter().map(|part| pointer(part)).collect();
        self.found.push(Diagnostic { pointer: pointers.concat(), message: message.into() });
    }

    fn typed<T>(
        &mut self,
        name: &'static str,
        wanted: &str,
        read: impl FnOnce(Json<'c>) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let (_, value) = self.members.iter().find(|(member, _)| member == name)?;
        let value = read(*value);
        if value.is_none() {
            self.fault(name, text(&["`", name, "` has to be ", wanted]));
        }
        value
    }

    fn report_unknown(&mut self) {
        let members = self.members;
        for (position, (name, _)) in members.iter().enumerate() {
            if members.iter().take(position).any(|(earlier, _)| earlier == name) {
                self.fault(name, text(&["`", name, "` is written twice"]));
            } else if !self.known.contains(&name.as_str()) {
                let message = text(&["`", name, "` is not known; ", &self.alternatives()]);
                self.fault(name, message);
            }
        }
    }

    fn alternatives(&self) -> String {
        let Some((last, others)) = self.known.split_last() else {
            return text(&["there is nothing to configure"]);
        };
        let mut alternatives = text(&["write `"]);
        for (position, name) in others.iter().enumerate() {
            let is_last = position + 1 == others.len();
            let mark = if is_last { "` or `" } else { "`, `" };
            alternatives = text(&[&alternatives, name, mark]);
        }
        text(&[&alternatives, last, "`"])
    }
}

/// Joins texts: formatting would bring its machinery into every component.
#[cold]
fn text(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// The pointer to a member of the document.
fn pointer(name: &str) -> String {
    let mut pointer = text(&["/"]);
    for part in name.split_inclusive(['~', '/']) {
        pointer = if let Some(part) = part.strip_suffix('~') {
            text(&[&pointer, part, "~0"])
        } else if let Some(part) = part.strip_suffix('/') {
            text(&[&pointer, part, "~1"])
        } else {
            text(&[&pointer, part])
        };
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(config: &mut Checker<'_>) {
        config.boolean("strict");
        config.integer("days");
        config.text("role");
        config.texts("kinds");
    }

    fn messages(config: &str) -> Vec<String> {
        check(config, rules)
            .into_iter()
            .map(|found| format!("{}: {}", found.pointer, found.message))
            .collect()
    }

    #[test]
    fn what_fits_or_is_not_there_is_accepted() {
        for config in [
            "",
            "null",
            "{}",
            r#"{"strict": true, "days": -7, "role": "guest", "kinds": ["a", "b"]}"#,
        ] {
            assert_eq!(messages(config), [""; 0], "{config}");
        }
    }

    #[test]
    fn a_wrong_type_is_reported_with_the_right_one() {
        assert_eq!(
            messages(r#"{"strict": "yes", "days": 1.5, "role": null, "kinds": ["a", 1]}"#),
            [
                "/strict: `strict` has to be true or false",
                "/days: `days` has to be a whole number",
                "/role: `role` has to be a text",
                "/kinds: `kinds` has to be a list of texts",
            ]
        );
    }

    #[test]
    fn what_is_unknown_or_written_twice_is_reported() {
        assert_eq!(
            messages(r#"{"a/b~": 1, "strict": true, "strict": false}"#),
            [
                "/a~1b~0: `a/b~` is not known; write `strict`, `days`, `role` or `kinds`",
                "/strict: `strict` is written twice",
            ]
        );
    }

    #[test]
    fn what_is_no_object_is_reported_as_a_whole() {
        assert_eq!(messages("[]"), [": the configuration has to be an object"]);
        assert_eq!(messages("{"), [": the configuration has to be an object"]);
        assert_eq!(
            check(r#"{"a": 1}"#, |_| {}),
            [Diagnostic {
                pointer: "/a".into(),
                message: "`a` is not known; there is nothing to configure".into()
            }]
        );
    }
}
