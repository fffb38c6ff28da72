//! Conditions of the corpus with something wrong in them.

use super::soup;
use crate::pieces::pieces;
use crate::random::Random;
use crate::world::TEXTS;

pub(super) fn text(random: &mut Random, corpus: &[String]) -> String {
    let mut source = random.pick(corpus).unwrap_or_default();
    for _ in 0..=random.below(4) {
        source = change(random, &source, corpus);
    }
    source
}

fn change(random: &mut Random, source: &str, corpus: &[String]) -> String {
    let mut words: Vec<String> = pieces(source).into_iter().map(str::to_owned).collect();
    let [one, other] = [random.below(words.len()), random.below(words.len())];
    let (first, last) = (one.min(other), one.max(other));
    match random.below(14) {
        0 => words.insert(first, soup::word(random)),
        1 if !words.is_empty() => words[first] = soup::word(random),
        2 if !words.is_empty() => drop(words.remove(first)),
        3 if !words.is_empty() => words.swap(first, last),
        4 => drop(words.drain(first..last)),
        5 => {
            let again = words.get(first..last).unwrap_or_default().to_vec();
            words.splice(first..first, again);
        }
        6 => words.insert(first, random.name(&["(", ")", "!", "!(", "\"", "/*", "//", "\n", "-"])),
        // One of a kind for another.
        7 => replace(&mut words, random, is_path, soup::path),
        8 => replace(&mut words, random, is_number, soup::number),
        9 => replace(&mut words, random, is_text, |random| format!("\"{}\"", random.name(&TEXTS))),
        10 => replace(&mut words, random, is_operator, |random| {
            random.name(&["==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%"])
        }),
        11 => {
            let more = random.pick(corpus).unwrap_or_default();
            return format!("({source}) {} ({more})", random.name(&["&&", "||", "==", "!=", "+"]));
        }
        12 => return repeat(random, source),
        _ => return one_character(random, source),
    }
    words.concat()
}

fn replace(
    words: &mut [String],
    random: &mut Random,
    which: fn(&str) -> bool,
    by: fn(&mut Random) -> String,
) {
    let these: Vec<usize> = (0..words.len()).filter(|at| which(&words[*at])).collect();
    if let Some(at) = random.pick(&these) {
        words[at] = by(random);
    }
}

fn is_path(word: &str) -> bool {
    word == "now" || word.contains('.') && word.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn is_text(word: &str) -> bool {
    word.starts_with('"')
}

fn is_operator(word: &str) -> bool {
    word.starts_with(|c| "=<>!&|+-*/%".contains(c))
}

/// The whole of it many times, beside or within each other.
fn repeat(random: &mut Random, source: &str) -> String {
    let times = if random.chance(80) { random.below(6) } else { random.below(60) };
    let join = random.name(&[" && ", " || "]);
    match random.below(3) {
        0 => vec![format!("({source})"); times].join(&join),
        1 => format!("{}{source}{}", "!(".repeat(times), ")".repeat(times)),
        // To the right within each other, so that no row is long.
        _ => format!("{}{source}{}", format!("({source}{join}").repeat(times), ")".repeat(times)),
    }
}

fn one_character(random: &mut Random, source: &str) -> String {
    let at = random.below(source.chars().count());
    let other = random.name(&["", "\"", "(", "\u{0}", "é", "🙂", "\\", "`", "0", " ", "\u{feff}"]);
    let characters = source.chars().enumerate();
    characters.map(|(place, c)| if place == at { other.clone() } else { c.to_string() }).collect()
}
