//! Whatever is wrong with a document, its author is told so in words of their own.
//!
//! Every kind of place in the documents of the examples is given a value of every other shape, and
//! their text is broken in every way that a slip of the hand breaks one. What is said then has the
//! place, and no word of a programming language.

use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Words that only programmers know, and texts of libraries.
const NEVER: [&str; 39] = [
    " i64",
    " i32",
    " u8",
    " u32",
    " u64",
    " f64",
    "`i64`",
    "usize",
    "Option",
    "String",
    "invalid type",
    "invalid value",
    "invalid length",
    "missing field",
    "unknown field",
    "duplicate field",
    "deserial",
    "serde",
    "saphyr",
    "from_str",
    "from_multiple",
    "budget",
    "breach",
    "newtype",
    "struct",
    "enum ",
    "variant",
    "expected ",
    "sequence",
    "mapping",
    "unit",
    "scalar",
    "anchor",
    "alias ",
    "identifier",
    "recursion",
    "parse",
    "token",
    "tuple",
];

/// So many of them stand in no document and no condition either.
const SURELY: usize = 24;

/// Any document.
#[derive(Debug)]
struct Any(Attributes<'static>);

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Attributes::deserialize(deserializer).map(|read| Self(read.into_owned()))
    }
}

struct Documents {
    folder: PathBuf,
    texts: [String; 3],
}

const FILES: [&str; 3] = ["product.yaml", "tenant.yaml", "people.yaml"];

fn examples() -> Vec<Documents> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let folders = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<Documents> = folders
        .filter(|folder| FILES.iter().all(|file| folder.join(file).exists()))
        .map(|folder| Documents {
            texts: FILES.map(|file| std::fs::read_to_string(folder.join(file)).unwrap()),
            folder,
        })
        .collect();
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    assert!(found.len() >= 4);
    found
}

/// Reads three documents and compiles them: what is wrong with them, and whether that is so
/// before they mean anything.
fn faults(texts: [&str; 3]) -> Option<(Diagnostics, bool)> {
    let [catalog, tenant, people] = texts;
    let mut found = Diagnostics::default();
    let catalog = load::catalog(FILES[0], catalog).map_err(|faults| found.extend(faults));
    let tenant = load::tenant(FILES[1], tenant).map_err(|faults| found.extend(faults));
    let people = load::directory(FILES[2], people).map_err(|faults| found.extend(faults));
    let (Ok(catalog), Ok(tenant), Ok(people)) = (catalog, tenant, people) else {
        return Some((found, true));
    };
    let compiled = compile(&Definition {
        catalog: &compile::catalog(catalog),
        tenant: &Arc::new(tenant),
        people: PeopleFrom::Directory(&people),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    });
    compiled.err().map(|faults| (faults, false))
}

fn holds(found: &Diagnostics, unread: bool, made: &str) {
    assert!(!found.is_empty());
    for fault in found.iter() {
        let told = fault.to_string();
        // What documents themselves call so is no word of a library.
        let said = format!("{} {}", fault.message, fault.help.as_deref().unwrap_or_default());
        let said: String = said.split('`').step_by(2).collect();
        // What is compiled is told in the words of documents and conditions, some of which
        // libraries have as well.
        let never = if unread { &NEVER[..] } else { &NEVER[..SURELY] };
        for never in never {
            assert!(!said.contains(*never), "{made}: `{never}` in: {told}");
        }
        assert!(FILES.contains(&&*fault.file), "{made}: {told}");
        assert!(!unread || fault.at.line > 0, "{made}: {told}");
        assert!(told.len() < 2_000, "{made}: {} bytes: {:.200}", told.len(), told);
    }
}

/// A value as YAML, an entry a line.
fn written(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => write!(out, "{value}").unwrap(),
        Value::Int(value) => write!(out, "{value}").unwrap(),
        Value::Float(value) => write!(out, "{value:?}").unwrap(),
        Value::Text(text) if text.starts_with("raw:") => out.push_str(&text[4..]),
        Value::Text(text) => write!(out, "{text:?}").unwrap(),
        Value::List(items) => {
            out.push('[');
            for item in items {
                written(item, out);
                out.push_str(",\n");
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (name, value) in map.iter() {
                write!(out, "{name:?}: ").unwrap();
                written(value, out);
                out.push_str(",\n");
            }
            out.push('}');
        }
    }
}

/// The places of a document of which there is none alike before.
fn places(
    value: &Value<'_>,
    at: &mut Vec<usize>,
    kind: &str,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Vec<usize>>,
) {
    if seen.insert(kind.to_owned()) && !at.is_empty() {
        found.push(at.clone());
    }
    let mut inside = |n: usize, kind: &str, value: &Value<'_>| {
        at.push(n);
        places(value, at, kind, seen, found);
        at.pop();
    };
    match value {
        Value::List(items) => {
            items.iter().enumerate().for_each(|(n, item)| inside(n, &format!("{kind}[]"), item));
        }
        Value::Map(map) => map.iter().enumerate().for_each(|(n, (name, value))| {
            inside(n, &format!("{kind}.{name}"), value);
        }),
        _ => {}
    }
}

/// The document with another value in a place.
fn with<'a>(value: &Value<'a>, at: &[usize], other: &Value<'a>) -> Value<'a> {
    let Some((first, rest)) = at.split_first() else { return other.clone() };
    match value {
        Value::List(items) => {
            let mut items = items.clone();
            items[*first] = with(&items[*first], rest, other);
            Value::List(items)
        }
        Value::Map(map) => Value::Map(
            map.iter()
                .enumerate()
                .map(|(n, (name, value))| {
                    let value = if n == *first { with(value, rest, other) } else { value.clone() };
                    (name.to_owned(), value)
                })
                .collect::<Attributes<'_>>(),
        ),
        _ => unreachable!(),
    }
}

#[test]
fn a_value_of_another_shape_is_told_in_plain_words_with_its_place() {
    let deep = format!("raw:{}{}", "[".repeat(200), "]".repeat(200));
    let huge = "x".repeat(100_000);
    let shapes = [
        "null",
        "true",
        "7",
        "-1",
        "1.5",
        "1e999",
        "seven",
        "\"\"",
        "2026-12-31",
        "1767225600",
        "[]",
        "[7, seven]",
        "[{}]",
        "{}",
        "{seven: 7}",
        "{seven: {}}",
        "!seven 7",
        "*seven",
        "{a: 1, a: 2}",
        "9223372036854775808",
        "no",
        "!!binary //8=",
        &huge,
    ];
    let shapes: Vec<Value<'_>> = shapes
        .iter()
        .map(|shape| Value::from(format!("raw:{shape}")))
        .chain([Value::from(deep)])
        .collect();
    let (mut seen, mut tried, mut refused) = (BTreeSet::new(), 0, 0);
    for example in examples() {
        for (n, file) in FILES.iter().enumerate() {
            let value: Value<'static> = load::document::<Any>(file, &example.texts[n])
                .map(|read| Value::Map(read.value.0))
                .unwrap();
            let mut found = Vec::new();
            places(&value, &mut Vec::new(), file, &mut seen, &mut found);
            for place in found {
                for shape in &shapes {
                    let mut text = String::new();
                    written(&with(&value, &place, shape), &mut text);
                    let mut texts = [0, 1, 2].map(|n| &*example.texts[n]);
                    texts[n] = &text;
                    tried += 1;
                    if let Some((faults, unread)) = faults(texts) {
                        refused += 1;
                        let made = format!(
                            "{}/{file} {place:?} {:.30}",
                            example.folder.display(),
                            shape.as_str().unwrap()
                        );
                        holds(&faults, unread, &made);
                    }
                }
            }
        }
    }
    assert!(tried > 2_000 && refused > tried / 2, "{refused} of {tried}");
}

#[test]
fn a_broken_text_is_told_in_plain_words_with_its_place() {
    let slips = [
        "\t", ":", "[", "}", "'", "\"", "&x ", "*x ", "!x ", "%", "@", "\n---\n", "- ", "? ", "|",
        "#", ": : ", "\u{0}", "\u{feff}", "<<: 1\n", ",",
    ];
    let mut refused = 0;
    for example in examples() {
        for (n, file) in FILES.iter().enumerate() {
            let text = &example.texts[n];
            let places = (0..8).map(|n| n * text.len() / 8 + 7);
            for at in places.filter_map(|at| (at..text.len()).find(|at| text.is_char_boundary(*at)))
            {
                let broken = slips.map(|slip| format!("{}{slip}{}", &text[..at], &text[at..]));
                for broken in broken.into_iter().chain([text[..at].to_owned()]) {
                    let mut texts = [0, 1, 2].map(|n| &*example.texts[n]);
                    texts[n] = &broken;
                    if let Some((faults, unread)) = faults(texts) {
                        refused += 1;
                        holds(
                            &faults,
                            unread,
                            &format!("{}/{file} at {at}", example.folder.display()),
                        );
                    }
                }
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn a_tenant_of_more_people_than_any_bound_is_read() {
    let mut people = String::from("users:\n");
    for n in 0..60_000 {
        writeln!(people, "  - {{id: u{n}, name: Number {n}, roles: [a], teams: [t]}}").unwrap();
    }
    let read = load::directory("people.yaml", &people).unwrap();
    assert_eq!(read.value.users.len(), 60_000);
}

#[test]
fn only_true_and_false_are_truth_values_and_what_readers_disagree_on_is_a_text() {
    let read = |text: &str| {
        let document = format!("a: {text}\n");
        load::document::<Any>("a.yaml", &document)
            .map(|read| read.value.0.get("a").cloned().unwrap_or(Value::Null))
    };
    for text in [
        "NO",
        "no",
        "No",
        "yes",
        "Yes",
        "on",
        "off",
        "y",
        "n",
        "Y",
        "N",
        "010",
        "0755",
        "-007",
        "1_000",
        "0x1F_FF",
        "1:30",
        "12:30:45",
        "2026-12-31",
        "=",
        "nope",
        "1.2.3",
        "08",
    ] {
        assert_eq!(read(text), Ok(Value::text(text)), "{text}");
    }
    for (text, value) in [
        ("true", Value::Bool(true)),
        ("False", Value::Bool(false)),
        ("10", Value::Int(10)),
        ("0x1F", Value::Int(31)),
        ("0o7", Value::Int(7)),
        ("0b11", Value::Int(3)),
        ("1e3", Value::Float(1000.0)),
        (".5", Value::Float(0.5)),
        ("~", Value::Null),
        ("null", Value::Null),
        ("\"true\"", Value::text("true")),
    ] {
        assert_eq!(read(text), Ok(value), "{text}");
    }
    for text in [".inf", ".nan", "1e999", "!x 1", "*x", "{a: 1, a: 2}"] {
        assert!(read(text).is_err(), "{text}");
    }
    let owner =
        |text: &str| load::directory("people.yaml", &format!("users: [{{id: a, owner: {text}}}]"));
    assert!(owner("true").is_ok());
    for text in ["yes", "on", "1", "Y"] {
        let told = owner(text).expect_err(text).to_string();
        assert!(told.contains("write `true` or `false`"), "{text}: {told}");
    }
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
        c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
        e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n\
        g: [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]\n";
    let told = load::document::<Any>("a.yaml", bomb).unwrap_err().to_string();
    assert!(told.contains("repeated with `*` becomes too much"), "{told}");
}
