//! What a family says of itself and of configurations: `describe`, the schema and `validate`.

use super::report::{Check, counted};
use super::{TENANT, report};
use permesso_engine::family::ConfigDiagnostic;
use permesso_engine::family::{Family as _, Manifest};
use permesso_engine::model::InputPath;
use permesso_runtime::WasmFamily;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Characters of a document that are shown.
const SHOWN: usize = 120;

/// `describe` says the same wherever it is asked.
pub(super) fn described(manifest: &Manifest, again: &Result<Manifest, String>) -> Check {
    let mut check = Check::new("describe");
    match again {
        Ok(again) if again == manifest => {}
        Ok(_) => check.fail("`describe` says something else in another instance", None),
        Err(error) => check.fail(format!("`describe` fails when it is asked again: {error}"), None),
    }
    check.summed("the same in two fresh instances")
}

/// The configuration's schema is one.
pub(super) fn schema(manifest: &Manifest) -> Check {
    let mut check = Check::new("schema");
    if manifest.config_schema.is_empty() {
        return check.summed("there is none");
    }
    let schema: Value = match serde_json::from_str(&manifest.config_schema) {
        Ok(schema) => schema,
        Err(error) => {
            check.fail(format!("`config-schema` is no JSON: {error}"), None);
            return check;
        }
    };
    if let Err(error) = jsonschema::meta::validate(&schema) {
        let at = error.instance_path().to_string();
        check.fail(format!("`config-schema` is no valid JSON Schema: at `{at}`: {error}"), None);
    } else if let Err(error) = jsonschema::validator_for(&schema) {
        check.fail(
            format!("`config-schema` cannot be used: {error}; a schema refers to itself only"),
            None,
        );
    } else if !schema.get("type").is_some_and(|of| of == "object") {
        check.warn(
            "`config-schema` does not say `\"type\": \"object\"`, which every configuration is",
            None,
        );
    }
    check.summed(format!("JSON Schema of {}", report::size(manifest.config_schema.len())))
}

/// `validate` has an answer to every document, and takes none that is no object.
pub(super) fn validated(family: &WasmFamily) -> Check {
    let mut check = Check::new("validate");
    let mut accepted = 0_usize;
    let mut nothing = Vec::new();
    let documents = documents(family.manifest());
    for document in &documents {
        if check.is_clear() {
            break;
        }
        let shown = || shown(document);
        match family.validate(TENANT, document) {
            Err(fault) => check.fail(
                format!("`validate` fails on {}: {fault}; answer with a diagnostic", shown()),
                None,
            ),
            Ok(diagnostics) if diagnostics.is_empty() => {
                accepted += 1;
                if is_nothing(document) {
                    nothing.push(shown());
                } else if !is_object(document) {
                    check.fail(
                        format!("`validate` accepts {}, which is no JSON object", shown()),
                        None,
                    );
                }
            }
            Ok(diagnostics) => {
                let wrong = diagnostics.iter().find_map(|one| wrong(one, document));
                if let Some(wrong) = wrong {
                    check.fail(format!("to {}, `validate` says {wrong}", shown()), None);
                }
            }
        }
    }
    if !nothing.is_empty() {
        check.warn(
            format!(
                "`validate` takes {} for no configuration; no host sends that, one without \
                 settings is `{{}}`",
                nothing.join(" and ")
            ),
            None,
        );
    }
    let empty = match family.validate(TENANT, "{}") {
        Ok(diagnostics) => match diagnostics.first() {
            None => "`{}` is accepted".to_owned(),
            Some(first) => format!("`{{}}` is not: {}", first.message),
        },
        Err(_) => "`{}` faults".to_owned(),
    };
    check.figure("documents", documents.len());
    check.figure("accepted", accepted);
    check.summed(format!("{}; {empty}", counted(documents.len(), "document", "documents")))
}

/// Documents with something wrong, and a few with nothing.
fn documents(manifest: &Manifest) -> Vec<String> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200), close.repeat(200));
    let long = "x".repeat(200 << 10);
    let mut documents: Vec<String> = [
        "{}",
        "",
        " ",
        "null",
        "true",
        "0",
        "-1.5e3",
        "[]",
        "[{}]",
        "\"x\"",
        "{",
        "}",
        "{]",
        "nul",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{} {}",
        "{}x",
        "{\"a\":1 \"b\":2}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"\":{\"\":[]}}",
        "{\"a\":1e999}",
        "{\"a\":123456789012345678901234567890}",
        "{\"a\":1,\"a\":\"x\"}",
        "{\"a\":NaN}",
        "\u{feff}{}",
        "{\"a/b\":{\"~\":[1,null,{}]}}",
        "{\"a\":\"unclosed",
        "{\"א\":\"👩‍👩‍👧\"}",
        "/**/{}",
    ]
    .map(str::to_owned)
    .into();
    documents.extend([
        deep("[", "]"),
        "[".repeat(200),
        format!("{{\"a\":{}}}", deep("[", "]")),
        format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200)),
        long.clone(),
        json!(long).to_string(),
        json!({ "a": long }).to_string(),
        json!({ long.clone(): 1 }).to_string(),
        json!((0..1_000).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>())
            .to_string(),
    ]);
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("x"),
        json!([]),
        json!([1]),
        json!([[]]),
        json!({}),
        json!({"a": 1}),
        json!({"a": [1]}),
        json!(i64::MAX),
        json!(["x", null]),
        json!(1e308),
        json!(long),
    ];
    for name in names(manifest).into_iter().take(24) {
        documents.extend(values.iter().map(|value| json!({ name.clone(): value }).to_string()));
    }
    documents
}

/// The settings that the manifest and the schema know of.
fn names(manifest: &Manifest) -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(&manifest.config_schema).unwrap_or_default();
    let described = schema.get("properties").and_then(Value::as_object);
    let mut names: BTreeSet<String> =
        described.map(|members| members.keys().cloned().collect()).unwrap_or_default();
    for input in &manifest.inputs {
        if let InputPath::Config(path) = &input.path {
            names.insert(path.split('.').next().unwrap_or(path).to_owned());
        }
    }
    names
}

/// Whether a document may pass for no configuration at all, which does no harm.
fn is_nothing(document: &str) -> bool {
    matches!(document.trim(), "" | "null")
}

/// Whether a document is an object of JSON, as far as this can be told without being misled by
/// what parsers differ in: how deep they go, and what numbers they take.
fn is_object(document: &str) -> bool {
    // Parsers may ignore a byte-order mark.
    let document = document.strip_prefix('\u{feff}').unwrap_or(document);
    match serde_json::from_str::<serde::de::IgnoredAny>(document) {
        Ok(_) => document.trim_start().starts_with('{'),
        Err(error) if error.is_syntax() => {
            let text = error.to_string();
            document.trim_start().starts_with('{')
                && ["recursion limit", "number out of range", "surrogate", "escape"]
                    .iter()
                    .any(|lenient| text.contains(lenient))
        }
        Err(_) => false,
    }
}

/// What is wrong with a diagnostic about a document.
fn wrong(diagnostic: &ConfigDiagnostic, document: &str) -> Option<String> {
    let ConfigDiagnostic { pointer, message } = diagnostic;
    if message.trim().is_empty() {
        return Some("nothing: the message is empty; say what to write instead".to_owned());
    }
    let of = || format!("`{message}` of `{}`", cut(pointer));
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Some(format!("{}, which is no JSON Pointer; begin it with `/`", of()));
    }
    let escapes = pointer.split('~').skip(1);
    if escapes.into_iter().any(|rest| !rest.starts_with(['0', '1'])) {
        return Some(format!("{}, which is no JSON Pointer; write `~` as `~0`", of()));
    }
    let document: Value = serde_json::from_str(document).ok()?;
    // What is missing is pointed to where it would be.
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    let points = document.pointer(pointer).is_some()
        || document.pointer(parent).is_some_and(Value::is_object);
    (!points).then(|| format!("{}, which points to nothing in it", of()))
}

fn shown(document: &str) -> String {
    if document.len() <= SHOWN {
        return format!("`{document}`");
    }
    format!("`{}` (of {})", cut(document), report::size(document.len()))
}

fn cut(text: &str) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    format!("{}…", text.get(..text.floor_char_boundary(SHOWN)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::super::sample::manifest;
    use super::*;

    fn of_schema(schema: &str) -> Check {
        super::schema(&Manifest { config_schema: schema.to_owned(), ..manifest() })
    }

    #[test]
    fn a_schema_has_to_be_one() {
        assert_eq!(of_schema("").verdict, Verdict::Ok);
        assert_eq!(
            of_schema(r#"{"type": "object", "properties": {"a": {"enum": ["x"]}}}"#).verdict,
            Verdict::Ok
        );
        assert_eq!(of_schema(r#"{"properties": {}}"#).verdict, Verdict::Warning);
        for bad in [
            "{",
            r#"{"type": "objekt"}"#,
            r#"{"type": "object", "properties": {"a": {"minLength": "x"}}}"#,
            r#"{"type": "object", "properties": {"a": {"$ref": "https://example.com/schema"}}}"#,
            r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}}"##,
            r#"{"type": "object", "properties": {"a": {"pattern": "("}}}"#,
        ] {
            assert_eq!(of_schema(bad).verdict, Verdict::Failed, "{bad}");
        }
    }

    #[test]
    fn what_may_be_accepted_is_an_object() {
        for object in ["{}", "\u{feff}{}", " {\"a\": 1}", "{\"a\":1e999}", "{\"a\":\"\\ud800\"}"] {
            assert!(is_object(object), "{object}");
        }
        for other in ["", "null", "[]", "{", "{} {}", "{\"a\":}", "\"{}\"", "{\"a\":NaN}"] {
            assert!(!is_object(other), "{other}");
        }
        assert!(is_object(&format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200))));
    }

    #[test]
    fn a_pointer_points_to_something() {
        let say = |pointer: &str, document: &str| {
            let (pointer, message) = (pointer.to_owned(), "m".to_owned());
            wrong(&ConfigDiagnostic { pointer, message }, document)
        };
        for good in ["", "/a", "/a/0", "/missing", "/x~1y", "/t~0"] {
            assert_eq!(say(good, r#"{"a": [1], "x/y": 1, "t~": 2}"#), None, "{good}");
        }
        for bad in ["a", "$.a", "/a/7", "/a/0/b/c", "/a~2", "/a~"] {
            assert!(say(bad, r#"{"a": [1]}"#).is_some(), "{bad}");
        }
        assert_eq!(say("/a/9", "{"), None);
        let empty = ConfigDiagnostic { pointer: String::new(), message: " ".to_owned() };
        assert!(wrong(&empty, "{}").is_some());
    }
}
