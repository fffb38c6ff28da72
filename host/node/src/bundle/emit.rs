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
        Tree::Number(number) => out.push_str(&numeral(&number.to_string())),
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

/// A number as every reader takes it for one: with an exponent only behind a fraction and with its
/// sign, `1.0e+30`.
fn numeral(number: &str) -> String {
    let Some((digits, exponent)) = number.split_once('e') else { return number.to_owned() };
    let fraction = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{digits}{fraction}e{sign}{exponent}")
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
            || matches!(c, '\'' | '"' | '=' | '<' | '>' | '!' | '&' | '|' | '%' | '^' | '~')
            // Within brackets some readers take `?` for the beginning of a key.
            || (place == Place::Block && matches!(c, ',' | '?' | '[' | ']' | '{' | '}'))
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
mod tests;
