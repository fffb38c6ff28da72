//! Decision tables of a family: what it has to answer, row by row.
//!
//! Rules are agreed on by people who do not read code. A table is what they can read and what a
//! machine can run: one JSON object a line, values by the paths that the manifest declares. A
//! table with a mistake in it proves nothing, so whatever is unknown or of another type is
//! refused with its line and what to write instead.

use jiff::Timestamp;
use permesso_engine::family::{
    Answer, Effect, Input, InputKind, Manifest, ObligationSpec, Question,
};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use permesso_engine::suggest;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What a row may hold.
const FIELDS: [&str; 9] = [
    "case",
    "permission",
    "kind",
    "inputs",
    "answer",
    "reason",
    "requires",
    "obligations",
    "until",
];
/// What an answer may be.
const ANSWERS: [&str; 4] = ["abstain", "forbid", "require", "floor"];
/// Bytes of a text that a host passes on.
const TEXT: usize = 4 << 10;

/// One row: a question and what has to be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The table.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is about.
    pub case: String,
    /// The question.
    pub question: Question<'static>,
    /// What has to be answered.
    pub expected: Expected,
}

/// What a row says of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The answer proper.
    pub effect: Effect,
    /// All obligations, in any order.
    pub obligations: BTreeSet<u32>,
    /// Until when, if the row says so; `Some(None)` stands for an answer without an end.
    pub until: Option<Option<i64>>,
}

impl Expected {
    /// Whether an answer is the one wanted.
    #[must_use]
    pub fn is(&self, answer: &Answer) -> bool {
        self.effect == answer.effect
            && self.obligations == answer.obligations.iter().copied().collect()
            && self.until.is_none_or(|until| until == answer.until)
    }
}

/// A table or a row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {problem}", Line(*line))]
pub struct TableError {
    /// The table.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong and what to write instead.
    pub problem: String,
}

struct Line(usize);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, ":{}", self.0) }
    }
}

/// Reads tables about a family of that manifest.
///
/// # Errors
///
/// One for each file that cannot be read and each row with a mistake in it.
pub fn read(files: &[PathBuf], manifest: &Manifest) -> Result<Vec<Row>, Vec<TableError>> {
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for path in files {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => match parse(path, &text, manifest) {
                Ok(more) => rows.extend(more),
                Err(more) => errors.extend(more),
            },
            Err(error) => {
                errors.push(TableError { file, line: 0, problem: format!("cannot read: {error}") });
            }
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// Reads one table; `file` stands for it in errors.
///
/// # Errors
///
/// One for each row with a mistake in it.
pub fn parse(file: &Path, text: &str, manifest: &Manifest) -> Result<Vec<Row>, Vec<TableError>> {
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    let file = file.display().to_string();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match Reader(manifest).row(content) {
            Ok((case, question, expected)) => {
                rows.push(Row { file: file.clone(), line, case, question, expected });
            }
            Err(problem) => errors.push(TableError { file: file.clone(), line, problem }),
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

struct Reader<'m>(&'m Manifest);

impl Reader<'_> {
    fn row(&self, line: &str) -> Result<(String, Question<'static>, Expected), String> {
        let row: Attributes<'_> = serde_json::from_str(line).map_err(|error| {
            format!(
                "is no JSON object: {}; write one object a line, such as {{\"case\": …}}",
                load::plain(&error.to_string()).in_json()
            )
        })?;
        if let Some((unknown, _)) = row.iter().find(|(name, _)| !FIELDS.contains(name)) {
            return Err(unknown_name("field", unknown, "a row has", FIELDS.into_iter()));
        }
        let case = text(&row, "case")?.ok_or("`case` is missing; say what the row is about")?;
        let permission = text(&row, "permission")?
            .ok_or("`permission` is missing; name one of the manifest's permissions")?;
        let manifest = self.0;
        let permission = index("permission", &permission, names(&manifest.permissions))?;
        let kind = text(&row, "kind")?;
        let kind = kind.map(|kind| index("kind", &kind, names(&manifest.kinds))).transpose()?;
        let inputs = self.inputs(row.get("inputs"))?;
        let expected = self.expected(&row)?;
        Ok((case, Question { permission, kind, inputs }, expected))
    }

    fn inputs(&self, given: Option<&Value<'_>>) -> Result<Vec<Option<Input<'static>>>, String> {
        let empty = Attributes::new();
        let given = match given {
            None => &empty,
            Some(Value::Map(given)) => given,
            Some(other) => {
                return Err(format!(
                    "`inputs` is of type {}; write an object with the manifest's paths",
                    other.type_name()
                ));
            }
        };
        let specs = &self.0.inputs;
        let paths: Vec<_> = specs.iter().map(|spec| spec.path.to_string()).collect();
        for (path, _) in given.iter() {
            index("input", path, names(&paths))?;
        }
        let declared = specs.iter().zip(&paths);
        declared
            .map(|(spec, path)| given.get(path).map(|value| input(path, spec.kind, value)))
            .map(Option::transpose)
            .collect()
    }

    fn expected(&self, row: &Attributes<'_>) -> Result<Expected, String> {
        let manifest = self.0;
        let answer = text(row, "answer")?
            .ok_or("`answer` is missing; write abstain, forbid, require or floor")?;
        let beside = |field: &str, of: &str| {
            let given = text(row, field)?;
            given.ok_or(format!("`{field}` is missing; {of} has one"))
        };
        let reason = |of: &str| {
            let codes = manifest.reasons.iter().map(|reason| reason.code.as_str());
            index("reason", &beside("reason", of)?, codes)
        };
        let effect = match answer.as_str() {
            "abstain" => Effect::Abstain,
            "forbid" => Effect::Forbid(reason("a row that forbids")?),
            "floor" => Effect::Floor(reason("a row with a floor")?),
            "require" => {
                let permission = beside("requires", "a row that requires a permission")?;
                Effect::Require(index(
                    "required permission",
                    &permission,
                    names(&manifest.requires),
                )?)
            }
            other => return Err(unknown_name("answer", other, "write", ANSWERS.into_iter())),
        };
        let idle = |field: &str, used: bool| match row.get(field) {
            Some(_) if !used => Err(format!(
                "`{field}` does not go with the answer `{answer}`; take it out or correct `answer`"
            )),
            _ => Ok(()),
        };
        idle("reason", matches!(effect, Effect::Forbid(_) | Effect::Floor(_)))?;
        idle("requires", matches!(effect, Effect::Require(_)))?;
        let until = match row.get("until") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(value) => Some(Some(instant("until", value)?)),
        };
        Ok(Expected { effect, obligations: self.obligations(row)?, until })
    }

    fn obligations(&self, row: &Attributes<'_>) -> Result<BTreeSet<u32>, String> {
        let wrong = || "`obligations` has to be a list of the manifest's codes".to_owned();
        let codes = |duty: &ObligationSpec| duty.code.clone();
        let known: Vec<_> = self.0.obligations.iter().map(codes).collect();
        match row.get("obligations") {
            None => Ok(BTreeSet::new()),
            Some(Value::List(items)) => items
                .iter()
                .map(|item| index("obligation", item.as_str().ok_or_else(wrong)?, names(&known)))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }
}

fn names(names: &[String]) -> impl Iterator<Item = &str> + Clone {
    names.iter().map(String::as_str)
}

fn text(row: &Attributes<'_>, field: &str) -> Result<Option<String>, String> {
    match row.get(field) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone().into_owned())),
        Some(other) => Err(format!("`{field}` is of type {}; write a text", other.type_name())),
    }
}

/// Where a name stands in a list of the manifest.
fn index<'k>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Result<u32, String> {
    let found = (0..).zip(known.clone()).find(|(_, known)| *known == name);
    found.map(|(index, _)| index).ok_or_else(|| unknown_name(what, name, "the manifest has", known))
}

/// A name that does not exist, with the nearest that does or, where none is near, all of them.
fn unknown_name<'k>(
    what: &str,
    name: &str,
    source: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> String {
    if let Some(near) = suggest(name, known.clone()) {
        return format!("unknown {what} `{name}`; {near}");
    }
    let all: Vec<_> = known.collect();
    match all.as_slice() {
        [] => format!("unknown {what} `{name}`; {source} none"),
        all => format!("unknown {what} `{name}`; {source} {}", all.join(", ")),
    }
}

fn input(path: &str, kind: InputKind, value: &Value<'_>) -> Result<Input<'static>, String> {
    if kind == InputKind::Instant && !matches!(value, Value::Null) {
        return instant(path, value).map(Input::Instant);
    }
    let (declared, write) = match kind {
        InputKind::Boolean => ("boolean", "true or false"),
        InputKind::Integer => ("integer", "a whole number"),
        InputKind::Decimal => ("decimal", "a number"),
        InputKind::Text => ("text", "a text"),
        InputKind::Texts => ("texts", "a list of texts"),
        InputKind::Table => ("table", "an object of lists of texts"),
        InputKind::Instant => ("instant", "a text such as \"2026-07-01T09:00:00Z\""),
        InputKind::Any => {
            ("any", "a truth value, number, text, list of texts or object of lists of texts")
        }
    };
    match kind.accept(value) {
        Some(Input::Text(text)) if text.len() > TEXT => Err(format!(
            "`{path}` has {} bytes, of which no host passes more than {TEXT}; shorten it",
            text.len()
        )),
        Some(input) => Ok(input.into_owned()),
        None => Err(format!(
            "`{path}` is declared as {declared} and is given as {}; write {write}, or null",
            given(value)
        )),
    }
}

/// The type of a value and, of those that hold others, what is wrong inside.
fn given(value: &Value<'_>) -> String {
    match value {
        Value::List(items) => match items.iter().find(|item| item.as_str().is_none()) {
            Some(item) => format!("a list with {} in it", item.type_name()),
            None => "list".to_owned(),
        },
        Value::Map(_) => "object".to_owned(),
        other => other.type_name().to_owned(),
    }
}

fn instant(name: &str, value: &Value<'_>) -> Result<i64, String> {
    let wrong = |detail: &str| {
        format!("`{name}` is no instant{detail}; write \"2026-07-01T09:00:00Z\" or milliseconds")
    };
    match value {
        Value::Int(milliseconds) => Ok(*milliseconds),
        Value::Text(text) => text
            .parse::<Timestamp>()
            .map(Timestamp::as_millisecond)
            .map_err(|error| wrong(&format!(" ({error})"))),
        _ => Err(wrong("")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::manifest;
    use super::*;

    fn rows(text: &str) -> Result<Vec<Row>, String> {
        let errors = |errors: Vec<TableError>| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        parse(Path::new("t.jsonl"), text, &manifest()).map_err(errors)
    }

    fn problem(row: &str) -> String {
        rows(row).unwrap_err()
    }

    #[test]
    fn a_row_is_read_by_the_manifest() {
        let text = r#"
            # A comment, and an empty line.

            {"case": "c", "permission": "doc.share", "kind": "doc", "inputs": {"resource.owner": "bob", "resource.published": null, "resource.price": 5, "resource.labels": {"a": "b", "c": ["d"]}, "now": "1970-01-01T00:00:01Z"}, "answer": "forbid", "reason": "draft", "obligations": ["watermark"], "until": 2000}"#;
        let rows = rows(text).unwrap();
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((row.line, &*row.file, row.question.permission), (4, "t.jsonl", 1));
        assert_eq!(row.question.kind, Some(0));
        let table = vec![("a".into(), vec!["b".into()]), ("c".into(), vec!["d".into()])];
        let inputs = [
            None,
            Some(Input::Texts(vec!["bob".into()])),
            Some(Input::Null),
            Some(Input::Decimal(5.0)),
            Some(Input::Table(table)),
            Some(Input::Instant(1000)),
        ];
        assert_eq!(row.question.inputs, inputs);
        let answer = Answer {
            effect: Effect::Forbid(0),
            obligations: vec![0, 0],
            until: Some(2000),
            note: None,
        };
        assert!(row.expected.is(&answer));
        assert!(!row.expected.is(&Answer { until: None, ..answer.clone() }));
        assert!(!row.expected.is(&Answer { obligations: Vec::new(), ..answer }));
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_what_to_write() {
        insta::assert_snapshot!([
            r#"{"case": "c", "permision": "doc.view"}"#,
            r#"{"case": "c", "permission": "doc.vew", "answer": "abstain"}"#,
            r#"{"case": "c", "permission": "doc.view", "kind": "docs", "answer": "abstain"}"#,
            r#"{"case": "c", "permission": "doc.view", "inputs": {"resource.own": []}, "answer": "abstain"}"#,
            r#"{"case": "c", "permission": "doc.view", "inputs": {"resource.owner": [1]}, "answer": "abstain"}"#,
            r#"{"case": "c", "permission": "doc.view", "inputs": {"now": "soon"}, "answer": "abstain"}"#,
            r#"{"case": "c", "permission": "doc.view", "inputs": [], "answer": "abstain"}"#,
            r#"{"case": "c", "permission": "doc.view", "answer": "forbit"}"#,
            r#"{"case": "c", "permission": "doc.view", "answer": "deny"}"#,
            r#"{"case": "c", "permission": "doc.view", "answer": "forbid"}"#,
            r#"{"case": "c", "permission": "doc.view", "answer": "forbid", "reason": "draught"}"#,
            r#"{"case": "c", "permission": "doc.view", "answer": "abstain", "reason": "draft"}"#,
            r#"{"case": "c", "permission": "doc.view", "answer": "abstain", "obligations": "watermark"}"#,
            r#"{"permission": "doc.view", "answer": "abstain"}"#,
            r#"["case"]"#,
        ]
        .map(problem)
        .join("\n"), @r#"
        t.jsonl:1: unknown field `permision`; did you mean `permission`?
        t.jsonl:1: unknown permission `doc.vew`; did you mean `doc.view`?
        t.jsonl:1: unknown kind `docs`; did you mean `doc`?
        t.jsonl:1: unknown input `resource.own`; did you mean `resource.owner`?
        t.jsonl:1: `resource.owner` is declared as texts and is given as a list with integer in it; write a list of texts, or null
        t.jsonl:1: `now` is no instant (failed to parse four digit integer as year: invalid digit, expected 0-9 but got s); write "2026-07-01T09:00:00Z" or milliseconds
        t.jsonl:1: `inputs` is of type list; write an object with the manifest's paths
        t.jsonl:1: unknown answer `forbit`; did you mean `forbid`?
        t.jsonl:1: unknown answer `deny`; write abstain, forbid, require, floor
        t.jsonl:1: `reason` is missing; a row that forbids has one
        t.jsonl:1: unknown reason `draught`; did you mean `draft`?
        t.jsonl:1: `reason` does not go with the answer `abstain`; take it out or correct `answer`
        t.jsonl:1: `obligations` has to be a list of the manifest's codes
        t.jsonl:1: `case` is missing; say what the row is about
        t.jsonl:1: is no JSON object: a list stands where an object is wanted; write `{"name": value}`; write one object a line, such as {"case": …}
        "#);
    }

    #[test]
    fn every_row_with_a_mistake_is_named() {
        assert_eq!(problem("{}\n\n{}").lines().count(), 2);
        let missing = read(&[PathBuf::from("not/there.jsonl")], &manifest()).unwrap_err();
        assert!(missing[0].to_string().starts_with("not/there.jsonl: cannot read: "));
    }

    #[test]
    fn a_text_that_no_host_passes_on_is_refused() {
        let row = |length: usize| {
            let id = "x".repeat(length);
            rows(&format!(
                r#"{{"case": "c", "permission": "doc.view", "inputs": {{"subject.id": "{id}"}}, "answer": "abstain"}}"#
            ))
        };
        assert!(row(4096).is_ok());
        assert!(row(4097).unwrap_err().contains("has 4097 bytes"));
    }
}
