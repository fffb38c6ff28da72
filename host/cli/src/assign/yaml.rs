//! Editing the roles of a user in a `people.yaml`, where they stand.
//!
//! Everything else stays as it was written: comments, order, quotation marks. What comes of it is
//! read again and held against what was meant, so that a form of YAML that nobody thought of here
//! is a line to write by hand and never another document.

use super::roles::{Reassignment, Wanted};
use crate::Failure;
use permesso_engine::load;
use permesso_engine::model::{Assignment, Directory, Located, Position, Text, User};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::Range;

/// A file of people, as far as it has to be found.
#[derive(Deserialize)]
struct People {
    #[serde(default)]
    users: Vec<Person>,
}

#[derive(Deserialize)]
struct Person {
    id: Text,
    roles: Option<Located<Vec<Located<Assignment>>>>,
}

/// The text with the edit in it.
pub(super) fn edited(
    text: &str,
    before: &Directory,
    user: &User,
    edit: &Reassignment,
    wanted: &Wanted,
) -> Result<String, Failure> {
    let item = item(&wanted.written());
    let by_hand = || {
        Failure(format!(
            "error: the roles of `{}` stand in a form that cannot be edited here; write them by \
             hand: `roles: [{}]`",
            user.id,
            edit.roles.iter().map(|it| self::item(&json!(it))).collect::<Vec<_>>().join(", ")
        ))
    };
    let people: People = load::document("people.yaml", text).map_err(|_| by_hand())?.value;
    let person = people.users.iter().find(|person| person.id == user.id).ok_or_else(by_hand)?;
    let edited = in_place(text, person, edit, &item).ok_or_else(by_hand)?;
    let mut meant = before.clone();
    for user in meant.users.iter_mut().filter(|other| other.id == user.id) {
        user.roles.clone_from(&edit.roles);
    }
    let read = load::directory("people.yaml", &edited).map_err(|_| by_hand())?;
    match json!(read.value) == json!(meant) {
        true => Ok(edited),
        false => Err(by_hand()),
    }
}

fn in_place(text: &str, person: &Person, edit: &Reassignment, item: &str) -> Option<String> {
    let Some(roles) = &person.roles else {
        return beside_the_id(text, offset(text, person.id.at())?, item);
    };
    let begin = offset(text, roles.at())?;
    let items = roles.iter().map(|it| offset(text, it.at()));
    let items: Vec<usize> = items.collect::<Option<_>>()?;
    match text.get(begin..)?.starts_with('[') {
        true => in_brackets(text, begin, &items, edit, item),
        false => in_lines(text, &items, edit, item),
    }
}

/// Where a position is, in bytes.
fn offset(text: &str, at: Position) -> Option<usize> {
    let line = usize::try_from(at.line.checked_sub(1)?).ok()?;
    let column = usize::try_from(at.column.checked_sub(1)?).ok()?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let within = text.get(start..)?;
    let within = within.char_indices().nth(column).map_or(within.len(), |(at, _)| at);
    Some(start + within)
}

/// A list in brackets.
fn in_brackets(
    text: &str,
    begin: usize,
    items: &[usize],
    edit: &Reassignment,
    item: &str,
) -> Option<String> {
    let end = closing(text, begin)?;
    let behind =
        |end: usize| Some(text.get(..end)?.trim_end().trim_end_matches(',').trim_end().len());
    let mut edited = text.to_owned();
    if edit.gone.is_empty() {
        let written = if items.is_empty() { item.to_owned() } else { format!(", {item}") };
        edited.replace_range(behind(end)?.max(begin + 1)..end, &written);
        return Some(edited);
    }
    let mut stay = Vec::with_capacity(items.len());
    for (place, from) in items.iter().enumerate() {
        let until = items.get(place + 1).copied().unwrap_or(end);
        if !edit.gone.contains(&place) {
            stay.push(text.get(*from..behind(until)?)?);
        }
    }
    stay.extend(edit.added.is_some().then_some(item));
    edited.replace_range(begin + 1..end, &stay.join(", "));
    Some(edited)
}

/// Where a list in brackets is closed.
fn closing(text: &str, begin: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted: Option<char> = None;
    let mut before = ' ';
    let mut chars = text.get(begin..)?.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quoted, c) {
            (Some('"'), '\\') => drop(chars.next()),
            (Some(mark), c) if mark == c => quoted = None,
            (Some(_), _) => {}
            (None, '\'' | '"') if matches!(before, ' ' | '[' | '{' | ',' | ':' | '\n') => {
                quoted = Some(c);
            }
            (None, '#') if before.is_whitespace() => return None,
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(begin + at);
                }
            }
            _ => {}
        }
        before = c;
    }
    None
}

/// A list of a line each.
fn in_lines(text: &str, items: &[usize], edit: &Reassignment, item: &str) -> Option<String> {
    let lines: Option<Vec<Range<usize>>> = items.iter().map(|at| lines_of(text, *at)).collect();
    let lines = lines?;
    let last = lines.last()?;
    let mut edited = text.to_owned();
    let line = text.get(last.start..)?;
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let end = if text.get(..last.end)?.ends_with('\n') { "" } else { "\n" };
    if edit.added.is_some() {
        edited.insert_str(last.end, &format!("{end}{indent}- {item}\n"));
    }
    for place in edit.gone.iter().rev() {
        edited.replace_range(lines.get(*place)?.clone(), "");
    }
    if edit.added.is_none() && edit.gone.len() == items.len() {
        // Nothing is left: the list that is named is an empty one.
        let name = text.get(..lines.first()?.start)?.trim_end().len();
        edited.insert_str(name, " []");
    }
    Some(edited)
}

/// The lines of what stands in a list, from its dash on.
fn lines_of(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(start..at)?;
    let dash = before.find('-').filter(|_| before.trim() == "-")?;
    let mut end = start;
    for (number, line) in text.get(start..)?.split_inclusive('\n').enumerate() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if number > 0 && (line.trim().is_empty() || indent <= dash) {
            break;
        }
        end += line.len();
    }
    Some(start..end)
}

/// Roles of a user who has none yet, beside the id.
fn beside_the_id(text: &str, at: usize, item: &str) -> Option<String> {
    let key = text.get(..at)?.trim_end().strip_suffix(':')?.trim_end();
    let key = key.strip_suffix("id").or_else(|| key.strip_suffix("\"id\""))?;
    let value = text.get(at..)?;
    let mut edited = text.to_owned();
    if key.trim_end().ends_with(['{', ',']) {
        let end = scalar(value)?;
        edited.insert_str(at + end, &format!(", roles: [{item}]"));
        return Some(edited);
    }
    let start = key.rfind('\n').map_or(0, |at| at + 1);
    let indent = " ".repeat(key.get(start..)?.chars().count());
    let end = value.find('\n').map_or(text.len(), |end| at + end);
    edited.insert_str(end, &format!("\n{indent}roles: [{item}]"));
    Some(edited)
}

/// How long a text is that stands in braces.
fn scalar(value: &str) -> Option<usize> {
    let mark = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match mark {
        Some(mark) => value.get(1..)?.find(mark).map(|end| end + 2),
        None => {
            let end = value.find([',', '}', '\n'])?;
            Some(value.get(..end)?.trim_end().len())
        }
    }
}

/// In which order one writes what an assignment says.
const ORDER: [&str; 5] = ["role", "teams", "valid_from", "valid_until", "condition"];

/// A role as one writes it in a line.
fn item(written: &Value) -> String {
    let Value::Object(entries) = written else { return scalar_of(written, false) };
    match (entries.len(), entries.get("role")) {
        (1, Some(role)) => scalar_of(role, false),
        _ => {
            let entries = ORDER.iter().filter_map(|name| Some((*name, entries.get(*name)?)));
            let entries = entries.map(|(name, value)| match value {
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(|it| scalar_of(it, false)).collect();
                    format!("{name}: [{}]", items.join(", "))
                }
                value => format!("{name}: {}", scalar_of(value, name.starts_with("valid_"))),
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text: as it is where everybody reads it so, else between quotation marks.
fn scalar_of(value: &Value, instant: bool) -> String {
    let Some(text) = value.as_str() else { return value.to_string() };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@');
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .contains(&text.to_ascii_lowercase().as_str());
    if instant || begins && !word && text.chars().all(plain) {
        return text.to_owned();
    }
    match text.chars().any(char::is_control) {
        true => value.to_string(),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a text for whoever assigns a role.
    fn assign(text: &str, user: &str, args: &[&str]) -> Result<String, String> {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            wanted: Wanted,
        }
        let line = <Line as clap::Parser>::parse_from([&["assign"], args].concat());
        let directory = load::directory("people.yaml", text).unwrap().value;
        let user = directory.users.iter().find(|it| it.id.as_str() == user).unwrap();
        let edit = line.wanted.edit(user).map_err(|it| it.0)?.unwrap();
        edited(text, &directory, user, &edit, &line.wanted).map_err(|it| it.0)
    }

    #[test]
    fn a_line_is_edited_where_it_stands_and_nothing_else() {
        let limited =
            ["b", "--team", "t 1", "--until", "2026-12-31", "--condition", "x == \"it's\""];
        let item =
            "{role: b, teams: ['t 1'], valid_until: 2026-12-31, condition: 'x == \"it''s\"'}";
        for (was, args, is) in [
            (
                "users: # all\n  - {id: u, roles: [a], name: U} # u\n",
                &["b"][..],
                "users: # all\n  - {id: u, roles: [a, b], name: U} # u\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, name: U} # u\n",
                &["b"],
                "users:\n  - {id: u, roles: [b], name: U} # u\n".to_owned(),
            ),
            (
                "users:\n  - {name: U, id: 'u'}\n",
                &["b"],
                "users:\n  - {name: U, id: 'u', roles: [b]}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: []}\n",
                &["b"],
                "users:\n  - {id: u, roles: [b]}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [ a , {role: c, teams: [x]} ]}\n",
                &limited,
                format!("users:\n  - {{id: u, roles: [ a , {{role: c, teams: [x]}}, {item}]}}\n"),
            ),
            (
                "users:\n  - id: u # who\n    name: U\n",
                &["b"],
                "users:\n  - id: u # who\n    roles: [b]\n    name: U\n".to_owned(),
            ),
            (
                "users:\n  - id: u\n    roles:\n      # first\n      - a # one\n    name: U\n",
                &limited,
                format!(
                    "users:\n  - id: u\n    roles:\n      # first\n      - a # one\n      - {item}\n    name: U\n"
                ),
            ),
            (
                "users:\n- id: u\n  roles:\n  - a\n  - role: c\n    teams: [x]\n- id: v\n",
                &["b"],
                "users:\n- id: u\n  roles:\n  - a\n  - role: c\n    teams: [x]\n  - b\n- id: v\n"
                    .to_owned(),
            ),
            (
                "users:\n- id: u\n  roles:\n  - a",
                &["b"],
                "users:\n- id: u\n  roles:\n  - a\n  - b\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [a, b, c]}\n",
                &["b", "--remove"],
                "users:\n  - {id: u, roles: [a, c]}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [a, b]}\n",
                &["b", "--remove"],
                "users:\n  - {id: u, roles: [a]}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [b, a]}\n",
                &["b", "--remove"],
                "users:\n  - {id: u, roles: [a]}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [b]}\n",
                &["b", "--remove"],
                "users:\n  - {id: u, roles: []}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [{role: b, teams: [x]}, {role: b, teams: [y]}]}\n",
                &["b", "--replace"],
                "users:\n  - {id: u, roles: [b]}\n".to_owned(),
            ),
            (
                "users:\n  - {id: u, roles: [a, {role: b, teams: [x]}, {role: b, teams: [y]}]}\n",
                &["b"],
                "users:\n  - {id: u, roles: [a, b]}\n".to_owned(),
            ),
            (
                "users:\n  - id: u\n    roles:\n      - b\n      - role: b\n        teams: [x]\n      - a\n",
                &["b", "--remove"],
                "users:\n  - id: u\n    roles:\n      - a\n".to_owned(),
            ),
            (
                "users:\n  - id: u\n    roles:\n      - b\n    name: U\n",
                &["b", "--remove"],
                "users:\n  - id: u\n    roles: []\n    name: U\n".to_owned(),
            ),
            (
                "users:\n  - {id: ü, roles: [\"é, ]\"]}\n  - {id: u, roles: ['b]']}\n",
                &["c"],
                "users:\n  - {id: ü, roles: [\"é, ]\"]}\n  - {id: u, roles: ['b]', c]}\n"
                    .to_owned(),
            ),
        ] {
            assert_eq!(assign(was, "u", args).as_deref(), Ok(&*is), "{was}");
        }
    }

    #[test]
    fn what_cannot_be_edited_is_left_and_told() {
        let anchored = "users:\n  - {id: v, roles: &r [a]}\n  - {id: u, roles: *r}\n";
        let refused = assign(anchored, "u", &["b"]).unwrap_err();
        assert!(refused.contains("by hand") && refused.contains("roles: [a, b]"), "{refused}");
    }
}
