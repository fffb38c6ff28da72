//! YAML as people write it, the same bytes for the same value.
//!
//! An export is kept under version control and compared line by line, so how a value is written
//! depends on nothing but the value. Short things stand on one line, `{permission: a, scope:
//! all}`, long ones below one another; a text is quoted wherever any reader of YAML might take
//! it for something else, such as a number, a date or a `no`.

use super::tree::Tree;
use std::fmt::Write as _;

/// How wide a line becomes before a value is written below one another.
const WIDTH: usize = 100;
/// A longer key cannot stand before its value on one line.
const LONGEST_KEY: usize = 500;

/// Writes an entry of the document itself: its lists and maps stand below one another, so that a
/// change of one item is a change of one line.
pub(super) fn entry(out: &mut String, key: &str, value: &Tree) {
    begin(out, key, 0);
    match value {
        Tree::List(_) | Tree::Map(_) if !value.is_empty() => below(out, value, 0),
        _ => after_key(out, value, 0, WIDTH),
    }
}

/// Writes the key of a list of the document, whose items follow one by one.
pub(super) fn key(out: &mut String, key: &str) {
    begin(out, key, 0);
    out.push('\n');
}

/// Writes an item of a list of the document.
pub(super) fn item(out: &mut String, value: &Tree) {
    list_item(out, value, 2);
}

/// A value on one line, as far as it can be: for what is shown to people.
pub(super) fn line(value: &Tree) -> String {
    let mut out = String::new();
    inline(&mut out, value);
    out
}

fn blanks(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

fn begin(out: &mut String, key: &str, indent: usize) {
    blanks(out, indent);
    if key.len() > LONGEST_KEY {
        out.push_str("? ");
        scalar(out, key, Place::Key);
        out.push('\n');
        blanks(out, indent);
    } else {
        scalar(out, key, Place::Key);
    }
    out.push(':');
}

/// What follows `key:`, with `room` columns left on its line.
fn after_key(out: &mut String, value: &Tree, indent: usize, room: usize) {
    if let Some(text) = on_one_line(value, room) {
        out.push(' ');
        out.push_str(&text);
        out.push('\n');
        return;
    }
    match value {
        Tree::Text(text) => {
            out.push(' ');
            block_text(out, text, indent + 2);
        }
        _ => below(out, value, indent),
    }
}

/// A list or a map that begins on the next line.
fn below(out: &mut String, value: &Tree, indent: usize) {
    out.push('\n');
    match value {
        Tree::Map(entries) => map_entries(out, entries, indent + 2, true),
        Tree::List(items) => items.iter().for_each(|item| list_item(out, item, indent + 2)),
        _ => {}
    }
}

fn map_entries(out: &mut String, entries: &[(String, Tree)], indent: usize, fresh: bool) {
    for (n, (key, value)) in entries.iter().enumerate() {
        let was = out.len();
        // The first one of an item stands behind the item's dash.
        if n == 0 && !fresh && key.len() <= LONGEST_KEY {
            begin(out, key, 0);
        } else {
            begin(out, key, indent);
        }
        let taken = out.get(was..).map_or(0, |text| text.chars().count());
        after_key(out, value, indent, WIDTH.saturating_sub(indent.max(taken) + 1 + key.len()));
    }
}

fn list_item(out: &mut String, value: &Tree, indent: usize) {
    blanks(out, indent);
    out.push('-');
    if let Some(text) = on_one_line(value, WIDTH.saturating_sub(indent + 2)) {
        out.push(' ');
        out.push_str(&text);
        out.push('\n');
        return;
    }
    match value {
        Tree::Text(text) => {
            out.push(' ');
            block_text(out, text, indent + 2);
        }
        Tree::Map(entries) => {
            let fits = entries.first().is_some_and(|(key, _)| key.len() <= LONGEST_KEY);
            out.push(if fits { ' ' } else { '\n' });
            map_entries(out, entries, indent + 2, !fits);
        }
        _ => below(out, value, indent),
    }
}

/// The value as it stands behind a key, where it can and should stand on one line.
fn on_one_line(value: &Tree, room: usize) -> Option<String> {
    let mut text = String::new();
    match value {
        Tree::Text(content) if is_block(content) => return None,
        Tree::Text(content) => scalar(&mut text, content, Place::Block),
        Tree::List(_) | Tree::Map(_) if !value.is_empty() => {
            if !is_short(value, room) {
                return None;
            }
            inline(&mut text, value);
            if text.chars().count() > room {
                return None;
            }
        }
        _ => inline(&mut text, value),
    }
    Some(text)
}

/// Whether a list or a map may be short enough. A list of maps is never: each of its items is
/// something to look at by itself.
fn is_short(value: &Tree, room: usize) -> bool {
    fn walk(value: &Tree, room: &mut usize) -> bool {
        let taken = match value {
            Tree::Text(text) => text.len() / 4,
            _ => 1,
        };
        let Some(left) = room.checked_sub(taken) else { return false };
        *room = left;
        match value {
            Tree::Text(text) => !is_block(text),
            Tree::List(items) => items.iter().all(|item| {
                !matches!(item, Tree::Map(entries) if !entries.is_empty()) && walk(item, room)
            }),
            Tree::Map(entries) => {
                entries.iter().all(|(key, value)| key.len() <= LONGEST_KEY && walk(value, room))
            }
            _ => true,
        }
    }
    let mut left = room;
    walk(value, &mut left)
}

fn inline(out: &mut String, value: &Tree) {
    match value {
        Tree::Null => out.push_str("null"),
        Tree::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Tree::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Tree::Text(text) => scalar(out, text, Place::Flow),
        Tree::List(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                inline(out, item);
            }
            out.push(']');
        }
        Tree::Map(entries) => {
            out.push('{');
            for (n, (key, value)) in entries.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                scalar(out, key, Place::Key);
                out.push_str(": ");
                inline(out, value);
            }
            out.push('}');
        }
    }
}

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Key,
    Flow,
    Block,
}

fn scalar(out: &mut String, text: &str, place: Place) {
    if is_plain(text, place) {
        out.push_str(text);
    } else {
        quoted(out, text);
    }
}

/// Whether every reader takes a text for that text without quotes. Rather no than yes.
fn is_plain(text: &str, place: Place) -> bool {
    const TAKEN: [&str; 16] = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "infinity", "nan", "t",
        "f", "none", "nil",
    ];
    let begins = |c: char| c.is_alphabetic() || matches!(c, '_' | '/' | '(' | '$');
    let goes_on = |c: char| {
        c.is_alphanumeric()
            || matches!(c, ' ' | '_' | '.' | '/' | '-' | '@' | '+' | '(' | ')' | '$' | ';' | '*')
            || matches!(c, '\'' | '"' | '=' | '<' | '>' | '!' | '&' | '|' | '%' | '?' | '^' | '~')
            || (place == Place::Block && matches!(c, ',' | '[' | ']' | '{' | '}'))
    };
    text.starts_with(begins)
        && !text.ends_with(' ')
        && text.chars().all(goes_on)
        && !TAKEN.iter().any(|taken| text.eq_ignore_ascii_case(taken))
}

/// Whether a text shows as it is and needs no escape.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        && !matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
        && (c as u32) & 0xfffe != 0xfffe
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if is_printable(c) => out.push(c),
            c if (c as u32) <= 0xffff => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
        }
    }
    out.push('"');
}

/// Whether a text is best written line by line, and can be.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !body.is_empty()
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.split('\n').all(|line| !line.ends_with(' ') && line.chars().all(is_printable))
}

fn block_text(out: &mut String, text: &str, indent: usize) {
    let body = text.strip_suffix('\n');
    out.push_str(if body.is_some() { "|\n" } else { "|-\n" });
    for line in body.unwrap_or(text).split('\n') {
        if !line.is_empty() {
            blanks(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Number;

    fn parse(text: &str) -> Tree {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn written(value: &Tree) -> String {
        let mut out = String::new();
        entry(&mut out, "value", value);
        out
    }

    fn round_trips(value: &Tree) {
        let text = written(value);
        assert_eq!(parse(&text).take("value").as_ref(), Some(value), "{text}");
        let shown = line(value);
        // What is shown may have keys that are too long to be read back.
        if shown.len() <= LONGEST_KEY {
            assert_eq!(parse(&shown), *value, "{shown}");
        }
    }

    fn json(text: &str) -> Tree {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_short_stands_on_one_line_and_what_is_long_below_one_another() {
        let value = json(
            r#"[{"id":"agent","label":"Agent","grants":[{"permission":"*","scope":"all"}]},
                {"id":"b","policies":["x","z"]},
                {"id":"note","description":"one\ntwo\n","condition":"a == \"b\" && c in [1, 2]"}]"#,
        );
        let wanted = r#"value:
  - id: agent
    label: Agent
    grants:
      - {permission: "*", scope: all}
  - {id: b, policies: [x, z]}
  - id: note
    description: |
      one
      two
    condition: a == "b" && c in [1, 2]
"#;
        assert_eq!(written(&value), wanted);
        round_trips(&value);
    }

    #[test]
    fn a_text_that_looks_like_something_else_is_quoted() {
        for text in [
            "",
            " ",
            "~",
            "null",
            "Null",
            "true",
            "No",
            "on",
            "y",
            "1",
            "1.5",
            "-1",
            "+3",
            ".5",
            "0x1f",
            "0o7",
            "1e3",
            "1_000",
            "12:30:45",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            ".inf",
            "NaN",
            "inf",
            "- a",
            "? a",
            ": a",
            "a: b",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a`",
            "{a}",
            "[a]",
            "a,b",
            "'a'",
            "\"a\"",
            "a\tb",
            "a\nb",
            "a\n",
            "\na",
            "a\r\nb",
            "\u{feff}a",
            "\u{85}",
            "\u{2028}",
            "\u{7f}",
            "\0",
            "grün",
            "日本",
            "👍",
            "---",
            "...",
            "<<",
            "=",
            "a ",
            " a",
            "a\n\nb\n",
            "a\n  b\n",
            "  a\nb",
            "a\n\n",
            "a \nb",
            "\\",
            "\u{ffff}",
            "\u{10ffff}",
            "${HOME}",
            "e5",
            "1st",
            "_1",
            "a: ",
            "a:b",
            "http://x.y/z",
        ] {
            let long = format!("{text} and {}", "so on ".repeat(400));
            for text in [text, long.trim_end()] {
                round_trips(&Tree::text(text));
                round_trips(&Tree::List(vec![Tree::text(text), Tree::Null]));
                round_trips(&Tree::Map(vec![(text.to_owned(), Tree::text(text))]));
                let inner = Tree::Map(vec![(text.to_owned(), Tree::text(text))]);
                round_trips(&Tree::List(vec![Tree::List(vec![inner.clone()]), inner]));
            }
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[a-z0-9 ._:#-]{0,12}",
            "[ \\n\\ta-z'\"\\[\\]{},&*!|>%@`?-]{0,16}",
            "[0-9+.:eExXoO_-]{1,8}",
        ]
    }

    fn trees() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            Just(Tree::Null),
            any::<bool>().prop_map(Tree::Bool),
            any::<i64>().prop_map(|n| Tree::Number(n.into())),
            any::<f64>().prop_filter_map("finite", |n| Number::from_f64(n).map(Tree::Number)),
            texts().prop_map(Tree::Text),
        ];
        leaf.prop_recursive(5, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Tree::List),
                prop::collection::btree_map(texts(), inner, 0..8)
                    .prop_map(|map| Tree::Map(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn what_is_written_says_what_was_meant(value in trees()) {
            round_trips(&value);
        }
    }
}
