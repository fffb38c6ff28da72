//! Makes a text that fails smaller, crudely: what can be left out is left out.

use crate::pieces::pieces;
use std::time::{Duration, Instant};

/// How long it may take. What is slow to fail is slow to make smaller.
const PATIENCE: Duration = Duration::from_secs(20);

/// With so few parts every length is tried.
const FEW: usize = 100;

/// The smallest text that was found to fail as this one does. First words are left out, then
/// brackets, then characters, many at a time and then fewer.
#[must_use]
pub fn shrink(source: &str, fails: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    let fails = |text: &str| begun.elapsed() < PATIENCE && fails(text);
    let mut smallest = source.to_owned();
    loop {
        let before = smallest.len();
        smallest = shorten(&smallest, pieces, fails);
        smallest = unwrap(&smallest, fails);
        smallest = shorten(&smallest, characters, fails);
        if smallest.len() == before {
            return smallest;
        }
    }
}

fn characters(text: &str) -> Vec<&str> {
    let places = text.char_indices().map(|(at, c)| at..at + c.len_utf8());
    places.filter_map(|place| text.get(place)).collect()
}

/// Leaves out parts that stand beside each other.
fn shorten(source: &str, cut: fn(&str) -> Vec<&str>, fails: impl Fn(&str) -> bool) -> String {
    let mut parts = cut(source);
    let mut size = parts.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < parts.len() {
            let mut fewer = parts.clone();
            fewer.drain(at..(at + size).min(parts.len()));
            if fails(&fewer.concat()) {
                parts = fewer;
            } else {
                at += if parts.len() > FEW { size } else { 1 };
            }
        }
        size = if parts.len() > FEW { size / 2 } else { size - 1 };
    }
    parts.concat()
}

/// Leaves out brackets, and keeps what is between them.
fn unwrap(source: &str, fails: impl Fn(&str) -> bool) -> String {
    let mut parts = pieces(source);
    let mut open = 0;
    while open < parts.len() {
        let mut fewer = parts.clone();
        if let Some(close) = closes(&parts, open) {
            fewer.remove(close);
            fewer.remove(open);
            if fails(&fewer.concat()) {
                parts = fewer;
                continue;
            }
        }
        open += 1;
    }
    parts.concat()
}

/// Where the bracket that opens here closes.
fn closes(parts: &[&str], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, part) in parts.iter().enumerate().skip(open) {
        match *part {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(at),
            ")" => depth -= 1,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_left_out() {
        let source = "(resource.amount > 5 && has_role(\"a\")) || \"ß\" in resource.labels || x";
        assert_eq!(shrink(source, |text| text.contains("ß") && text.contains('>')), ">ß");
        assert_eq!(shrink(source, |text| text == source), source);
        let balanced = |text: &str| text.matches('(').count() == text.matches(')').count();
        assert_eq!(shrink("((a && (b)) || c)", |text| balanced(text) && text.contains('b')), "b");
    }
}
