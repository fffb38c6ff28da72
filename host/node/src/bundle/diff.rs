//! What a bundle would change, for people and for programs.

use super::canonical::canonical;
use super::compare_people::Walk;
use super::compare_policy::{Compare, Goal};
use super::emit;
use super::parsed::Bundle;
use super::tree::Tree;
use crate::document;
use crate::edit::Edited;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use permesso_store::Body;
use serde_json::Value;
use std::fmt::{self, Write as _};

/// More differences are counted and not listed.
const LISTED: usize = 10_000;

/// What happens to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DifferenceKind {
    /// It comes.
    Added,
    /// It says something else.
    Changed,
    /// It goes.
    Removed,
}

/// One document that a bundle would change.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its id.
    pub id: String,
    /// What it says, in its canonical form.
    pub before: Option<Value>,
    /// What it would say.
    pub after: Option<Value>,
    /// What happens to it.
    pub what: DifferenceKind,
}

/// Everything that a bundle would change. Prints as one line for each field that changes:
/// `~ role agent: grants[3].scope own -> team`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Differences {
    /// The documents: first the policy by kind and id, then people as they stand in the bundle.
    /// At most 10,000 are listed; all are counted.
    pub list: Vec<Difference>,
    /// How many come.
    pub added: u64,
    /// How many say something else.
    pub changed: u64,
    /// How many go.
    pub removed: u64,
}

/// What a bundle would change in a tenant. Users are read as they are now.
///
/// # Errors
///
/// Everything that is wrong with the bundle, or where the store cannot be read.
pub async fn diff(
    view: &View<'_>,
    bundle: &Bundle,
    how: &Compare,
) -> Result<Differences, ChangeError> {
    let goal = Goal::of(*view, bundle, *how).await?;
    let mut differences = Differences::default();
    for edit in &goal.edited {
        differences.push(edit)?;
    }
    let mut walk = Walk::of(&goal).await?;
    while let Some(edited) = walk.next().await? {
        // An invitation is not for anybody to see; it goes with what happens to its user.
        for edit in edited.iter().filter(|edit| edit.kind != DocumentKind::Invitation) {
            differences.push(edit)?;
        }
    }
    Ok(differences)
}

impl Differences {
    /// Whether the tenant is what the bundle says.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many documents it would change.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.added + self.changed + self.removed
    }

    fn push(&mut self, edit: &Edited) -> Result<(), ChangeError> {
        let what = match (&edit.before, &edit.after) {
            (None, _) => DifferenceKind::Added,
            (Some(_), Some(_)) => DifferenceKind::Changed,
            (Some(_), None) => DifferenceKind::Removed,
        };
        match what {
            DifferenceKind::Added => self.added += 1,
            DifferenceKind::Changed => self.changed += 1,
            DifferenceKind::Removed => self.removed += 1,
        }
        if self.list.len() < LISTED {
            let value = |body: &Option<Body>| -> Result<Option<Value>, ChangeError> {
                let Some(body) = body else { return Ok(None) };
                // What cannot be read by its type is shown as it is.
                let body = canonical(edit.kind, &edit.id, body).unwrap_or_else(|_| body.clone());
                document::read(edit.kind, &edit.id, &body).map(Some)
            };
            let (before, after) = (value(&edit.before)?, value(&edit.after)?);
            let (kind, id) = (edit.kind, edit.id.clone());
            self.list.push(Difference { kind, id, before, after, what });
        }
        Ok(())
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.list {
            writeln!(f, "{difference}")?;
        }
        let left_out = self.count() - self.list.len() as u64;
        if left_out > 0 {
            writeln!(f, "and {left_out} more documents")?;
        }
        let Self { added, changed, removed, .. } = self;
        write!(f, "{added} added, {changed} changed, {removed} removed")
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{} {}", self.kind, shown(&Value::from(self.id.as_str())));
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                let mut lines = Vec::new();
                changes("", before, after, &mut lines);
                for (n, line) in lines.iter().enumerate() {
                    f.write_str(if n > 0 { "\n" } else { "" })?;
                    write!(f, "~ {name}: {line}")?;
                }
                Ok(())
            }
            (None, _) => write!(f, "+ {name}"),
            (Some(_), None) => write!(f, "- {name}"),
        }
    }
}

/// The longest value that is shown as a whole, in characters.
const SHOWN: usize = 120;

/// A value on one line. What could do something to a terminal is escaped.
fn shown(value: &Value) -> String {
    let tree: Tree = serde_json::from_value(value.clone()).unwrap_or(Tree::Null);
    let line = emit::line(&tree);
    if line.chars().count() <= SHOWN {
        return line;
    }
    let mut cut: String = line.chars().take(SHOWN).collect();
    cut.push('…');
    cut
}

/// Each field that changes, with its path.
fn changes(path: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(was), Value::Object(is)) => {
            for (key, old) in was {
                let path = join(path, key);
                match is.get(key) {
                    Some(new) => changes(&path, old, new, lines),
                    None => lines.push(format!("{path} {} -> nothing", shown(old))),
                }
            }
            for (key, new) in is.iter().filter(|(key, _)| !was.contains_key(*key)) {
                lines.push(format!("{} {}", join(path, key), gained(new)));
            }
        }
        (Value::Array(was), Value::Array(is))
            if was.iter().chain(is).any(|item| item.is_object() || item.is_array()) =>
        {
            items(path, was, is, lines);
        }
        _ => lines.push(format!("{path} {} -> {}", shown(before), shown(after))),
    }
}

fn gained(value: &Value) -> String {
    format!("nothing -> {}", shown(value))
}

fn join(path: &str, key: &str) -> String {
    let key = shown(&Value::from(key));
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// What is the same at both ends is not a change, so that one item that comes is one line.
fn items(path: &str, was: &[Value], is: &[Value], lines: &mut Vec<String>) {
    let front = was.iter().zip(is).take_while(|(a, b)| a == b).count();
    let (was, is) = (was.get(front..).unwrap_or_default(), is.get(front..).unwrap_or_default());
    let back = was.iter().rev().zip(is.iter().rev()).take_while(|(a, b)| a == b).count();
    let was = was.get(..was.len() - back).unwrap_or_default();
    let is = is.get(..is.len() - back).unwrap_or_default();
    for n in 0..was.len().max(is.len()) {
        let mut path = path.to_owned();
        let _ = write!(path, "[{}]", front + n);
        match (was.get(n), is.get(n)) {
            (Some(old), Some(new)) => changes(&path, old, new, lines),
            (Some(old), None) => lines.push(format!("{path} {} -> nothing", shown(old))),
            (None, Some(new)) => lines.push(format!("{path} {}", gained(new))),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(before: Value, after: Value) -> Vec<String> {
        let mut lines = Vec::new();
        changes("", &before, &after, &mut lines);
        lines
    }

    #[test]
    fn a_change_is_named_by_its_path() {
        let was =
            json!({"label": "A", "grants": [{"p": 1}, {"p": 2, "scope": "own"}], "x": [1, 2]});
        let is =
            json!({"grants": [{"p": 1}, {"p": 2, "scope": "team"}], "x": [1], "z": "\u{1b}[2J"});
        assert_eq!(
            lines(was, is),
            [
                "grants[1].scope own -> team",
                "label A -> nothing",
                "x [1, 2] -> [1]",
                "z nothing -> \"\\u001b[2J\"",
            ]
        );
    }

    #[test]
    fn an_item_that_comes_in_the_middle_is_one_line() {
        let was = json!([{"a": 1}, {"a": 3}]);
        let is = json!([{"a": 1}, {"a": 2}, {"a": 3}]);
        assert_eq!(lines(was, is), ["[1] nothing -> {a: 2}"]);
    }
}
