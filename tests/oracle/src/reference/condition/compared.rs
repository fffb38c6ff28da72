//! The texts that a condition holds a path against, case and all.

use super::parse::{Node, Part};

/// Every text that is compared with what a path says. What is compared after `lower` was meant to
/// be of any case.
pub(super) fn compared<'n>(node: &'n Node, path: &str) -> Vec<&'n str> {
    let mut found = Vec::new();
    gather(node, path, &mut found);
    found
}

fn gather<'n>(node: &'n Node, path: &str, found: &mut Vec<&'n str>) {
    let (compares, sides): (bool, Vec<&Node>) = match &node.part {
        Part::Not(inner) | Part::Minus(inner) => return gather(inner, path, found),
        Part::Both(left, operator, right) => {
            (matches!(*operator, "==" | "!=" | "in" | "!in"), vec![left, right])
        }
        Part::Call(_, items) => (true, items.iter().collect()),
        Part::List(items) => (false, items.iter().collect()),
        _ => return,
    };
    if compares && sides.iter().any(|side| is(side, path)) {
        sides.iter().for_each(|side| texts(side, found));
    }
    sides.into_iter().for_each(|side| gather(side, path, found));
}

/// Whether a part says what a path says, or holds it besides others.
fn is(node: &Node, path: &str) -> bool {
    match &node.part {
        Part::Path(read) => read == path,
        Part::Both(left, "??", _) => is(left, path),
        Part::List(items) => items.iter().any(|item| is(item, path)),
        _ => false,
    }
}

fn texts<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    match &node.part {
        Part::Text(text) => found.push(text),
        Part::List(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}
