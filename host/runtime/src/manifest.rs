//! Whether a manifest can be relied on.
//!
//! Everything else trusts it: the engine builds inputs from it, caches are keyed by it, callers
//! match on its codes. So all of it is checked once, when the component is loaded, and every
//! fault is reported, not only the first.

use super::error::ManifestError;
use permesso_engine::family::{InputKind, InputSpec, Manifest, ObligationSpec, ReasonSpec};
use permesso_engine::model::InputPath;
use std::collections::HashSet;
use std::fmt;

/// Entries of `inputs`, as the interface promises.
const MAX_INPUTS: usize = 64;
/// Entries of every other list.
const MAX_ENTRIES: usize = 256;
/// Bytes of an id, a code or the name of a permission.
const MAX_NAME: usize = 128;
/// Bytes of a sentence.
const MAX_TEXT: usize = 1 << 10;
/// Bytes of the configuration's schema.
const MAX_SCHEMA: usize = 64 << 10;

/// A manifest as a component gave it.
#[derive(Debug)]
pub(super) struct RawManifest {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: String,
    pub(super) permissions: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) inputs: Vec<(String, InputKind)>,
    pub(super) reasons: Vec<ReasonSpec>,
    pub(super) obligations: Vec<ObligationSpec>,
    pub(super) requires: Vec<String>,
    pub(super) floors: Vec<String>,
    pub(super) config_schema: String,
}

impl RawManifest {
    /// The manifest, if nothing is wrong with it.
    ///
    /// # Errors
    ///
    /// Every fault that was found, in the order of the fields.
    pub(super) fn check(self) -> Result<Manifest, Vec<ManifestError>> {
        let mut faults = Faults::default();
        faults.code("id", &self.id);
        if self.version.len() > MAX_NAME || self.version.parse::<semver::Version>().is_err() {
            faults.add("version", "is no semantic version; write one such as `1.0.0`");
        }
        faults.text("title", &self.title, MAX_TEXT);
        faults.names("permissions", &self.permissions);
        if self.permissions.is_empty() {
            faults.add("permissions", "is empty; list the permissions that it decides about");
        }
        faults.names("kinds", &self.kinds);
        let inputs = faults.inputs(self.inputs);
        faults.codes("reasons", self.reasons.iter().map(|reason| reason.code.as_str()));
        for (index, reason) in self.reasons.iter().enumerate() {
            faults.text(format_args!("reasons[{index}].text"), &reason.text, MAX_TEXT);
        }
        faults.codes("obligations", self.obligations.iter().map(|spec| spec.code.as_str()));
        for (index, obligation) in self.obligations.iter().enumerate() {
            // What it applies to may be a phrase, such as the text of a badge.
            let field = format!("obligations[{index}].values");
            faults.count(&field, obligation.values.len(), MAX_ENTRIES);
            for (at, value) in obligation.values.iter().enumerate() {
                faults.text(format_args!("{field}[{at}]"), value, MAX_NAME);
            }
        }
        faults.names("requires", &self.requires);
        faults.names("floors", &self.floors);
        for (index, floor) in self.floors.iter().enumerate() {
            if !self.permissions.contains(floor) {
                faults.add(
                    format_args!("floors[{index}]"),
                    format_args!("is `{floor}`, which is not under `permissions`; list it there"),
                );
            }
        }
        faults.schema(&self.config_schema);
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        Ok(Manifest {
            id: self.id,
            version: self.version,
            title: self.title,
            permissions: self.permissions,
            kinds: self.kinds,
            inputs,
            reasons: self.reasons,
            obligations: self.obligations,
            requires: self.requires,
            floors: self.floors,
            config_schema: self.config_schema,
        })
    }
}

/// What was found so far.
#[derive(Default)]
struct Faults(Vec<ManifestError>);

impl Faults {
    fn add(&mut self, field: impl fmt::Display, problem: impl fmt::Display) {
        self.0.push(ManifestError { field: field.to_string(), problem: problem.to_string() });
    }

    fn text(&mut self, field: impl fmt::Display, text: &str, limit: usize) {
        if text.trim().is_empty() {
            self.add(field, "is empty; write one line for people");
        } else if text.len() > limit {
            self.add(field, format_args!("has {} bytes; write at most {limit}", text.len()));
        }
    }

    fn code(&mut self, field: impl fmt::Display, code: &str) {
        if code.len() > MAX_NAME || !is_kebab_case(code) {
            self.add(
                field,
                format_args!(
                    "is `{}`; write a name in kebab case such as `crm-segments`",
                    shown(code)
                ),
            );
        }
    }

    fn codes<'a>(&mut self, field: &str, codes: impl ExactSizeIterator<Item = &'a str>) {
        self.count(field, codes.len(), MAX_ENTRIES);
        let mut seen = HashSet::new();
        for (index, code) in codes.enumerate() {
            let field = format!("{field}[{index}].code");
            self.code(&field, code);
            self.unique(&field, code, &mut seen);
        }
    }

    fn names(&mut self, field: impl fmt::Display, names: &[String]) {
        self.count(&field, names.len(), MAX_ENTRIES);
        let mut seen = HashSet::new();
        for (index, name) in names.iter().enumerate() {
            let field = format!("{field}[{index}]");
            if name.is_empty()
                || name.len() > MAX_NAME
                || name.contains(|c: char| c.is_whitespace() || c.is_control())
            {
                self.add(
                    &field,
                    format_args!(
                        "is `{}`; write 1 to {MAX_NAME} bytes without spaces",
                        shown(name)
                    ),
                );
            }
            self.unique(&field, name, &mut seen);
        }
    }

    fn inputs(&mut self, inputs: Vec<(String, InputKind)>) -> Vec<InputSpec> {
        self.count("inputs", inputs.len(), MAX_INPUTS);
        let mut seen = HashSet::new();
        let mut specs = Vec::with_capacity(inputs.len());
        for (index, (path, kind)) in inputs.iter().enumerate() {
            let field = format!("inputs[{index}].path");
            if path.len() > MAX_NAME {
                self.add(
                    &field,
                    format_args!("has {} bytes; write at most {MAX_NAME}", path.len()),
                );
                continue;
            }
            match path.parse::<InputPath>() {
                Ok(path) => specs.push(InputSpec { path, kind: *kind }),
                Err(error) => self.add(&field, format_args!("is wrong: {error}")),
            }
            self.unique(&field, path, &mut seen);
        }
        specs
    }

    fn schema(&mut self, schema: &str) {
        if schema.len() > MAX_SCHEMA {
            let size = schema.len();
            self.add("config-schema", format_args!("has {size} bytes; write at most {MAX_SCHEMA}"));
            return;
        }
        if schema.is_empty() {
            return;
        }
        match serde_json::from_str::<serde_json::Value>(schema) {
            Ok(schema) if schema.is_object() => {}
            Ok(_) => self.add("config-schema", "is no JSON object; write a JSON Schema"),
            Err(error) => self.add("config-schema", format_args!("is no JSON: {error}")),
        }
    }

    fn count(&mut self, field: impl fmt::Display, count: usize, limit: usize) {
        if count > limit {
            self.add(field, format_args!("has {count} entries; write at most {limit}"));
        }
    }

    fn unique<'a>(&mut self, field: &str, name: &'a str, seen: &mut HashSet<&'a str>) {
        if !seen.insert(name) {
            self.add(field, format_args!("repeats `{}`; list it once", shown(name)));
        }
    }
}

/// `a`, `a-b`, `a1-b2`.
fn is_kebab_case(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// Enough of a text to recognise it, safe to print.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> RawManifest {
        let text = str::to_owned;
        RawManifest {
            id: text("crm-segments"),
            version: text("1.2.0"),
            title: text("Segments of customers"),
            permissions: vec![text("segment.read"), text("segment.write")],
            kinds: vec![text("segment")],
            inputs: vec![(text("resource.owner"), InputKind::Texts)],
            reasons: vec![ReasonSpec { code: text("draft"), text: text("It is a draft.") }],
            obligations: vec![ObligationSpec { code: text("redact"), values: vec![text("email")] }],
            requires: vec![text("segment.read")],
            floors: vec![text("segment.read")],
            config_schema: text("{}"),
        }
    }

    fn faults(manifest: RawManifest) -> String {
        let faults = manifest.check().unwrap_err();
        faults.iter().map(|fault| format!("{fault}\n")).collect()
    }

    #[test]
    fn a_good_manifest_passes() {
        assert_eq!(good().check().unwrap().inputs.len(), 1);
        assert!(RawManifest { config_schema: String::new(), ..good() }.check().is_ok());
    }

    #[test]
    fn every_fault_is_reported_with_its_field() {
        let text = str::to_owned;
        let manifest = RawManifest {
            id: text("CRM Segments"),
            version: text("1.2"),
            title: text(" "),
            permissions: vec![text("read"), text("read"), text("a b")],
            inputs: vec![
                (text("user.id"), InputKind::Text),
                (text("now"), InputKind::Instant),
                (text("now"), InputKind::Instant),
            ],
            reasons: vec![ReasonSpec { code: text("no--good"), text: "x".repeat(1025) }],
            floors: vec![text("delete")],
            config_schema: text("{"),
            ..good()
        };
        insta::assert_snapshot!(faults(manifest), @"
        `id` is `CRM Segments`; write a name in kebab case such as `crm-segments`
        `version` is no semantic version; write one such as `1.0.0`
        `title` is empty; write one line for people
        `permissions[1]` repeats `read`; list it once
        `permissions[2]` is `a b`; write 1 to 128 bytes without spaces
        `inputs[0].path` is wrong: `user.id` is not a path; write `subject.<attribute>`, `subject.holds.<permission>`, `delegation.from|permissions|audiences`, `resource.<attribute>`, `action.<attribute>`, `context.<attribute>`, `config.<attribute>` or `now`
        `inputs[2].path` repeats `now`; list it once
        `reasons[0].code` is `no--good`; write a name in kebab case such as `crm-segments`
        `reasons[0].text` has 1025 bytes; write at most 1024
        `floors[0]` is `delete`, which is not under `permissions`; list it there
        `config-schema` is no JSON: EOF while parsing an object at line 1 column 1
        ");
    }

    #[test]
    fn lists_are_bounded() {
        let manifest = RawManifest {
            inputs: (0..65).map(|n| (format!("resource.a{n}"), InputKind::Any)).collect(),
            kinds: (0..257).map(|n| format!("k{n}")).collect(),
            config_schema: " ".repeat(MAX_SCHEMA + 1),
            ..good()
        };
        insta::assert_snapshot!(faults(manifest), @"
        `kinds` has 257 entries; write at most 256
        `inputs` has 65 entries; write at most 64
        `config-schema` has 65537 bytes; write at most 65536
        ");
    }

    #[test]
    fn kebab_case_is_what_it_says() {
        for good in ["a", "crm-segments", "a1-b2"] {
            assert!(is_kebab_case(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "1a", "a_b", "è"] {
            assert!(!is_kebab_case(bad), "{bad}");
        }
    }
}
