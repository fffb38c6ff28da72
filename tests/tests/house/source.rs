//! Rust sources as words.
//!
//! Enough of the language is read to tell code from comments and texts, and what runs from what
//! only tests it. What the compiler knows better is left to the compiler.

/// A word or a sign, and the line that it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word; of texts and characters only a `"`.
    pub(crate) text: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// The words of a source, without what is compiled for tests alone.
pub(crate) fn words(source: &str) -> Vec<Word> {
    without_tests(split(source))
}

fn split(source: &str) -> Vec<Word> {
    let chars: Vec<char> = source.chars().collect();
    let mut words = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let from = at;
        let rest = &chars[at..];
        let text = match rest {
            ['/', '/', ..] => {
                at += rest.iter().take_while(|c| **c != '\n').count();
                None
            }
            ['/', '*', ..] => {
                at += block(rest);
                None
            }
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] => {
                at += raw(&rest[1..]) + 1;
                Some("\"".to_owned())
            }
            ['b' | 'c', 'r', '"' | '#', ..] => {
                at += raw(&rest[2..]) + 2;
                Some("\"".to_owned())
            }
            ['"', ..] => {
                at += quoted(rest, '"');
                Some("\"".to_owned())
            }
            ['\'', '\\', ..] | ['\'', _, '\'', ..] => {
                at += quoted(rest, '\'');
                Some("\"".to_owned())
            }
            [first, ..] if first.is_alphanumeric() || *first == '_' => {
                let word: String =
                    rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                at += word.chars().count();
                Some(word)
            }
            [':', ':', ..] => {
                at += 2;
                Some("::".to_owned())
            }
            [first, ..] => {
                at += 1;
                (!first.is_whitespace()).then(|| first.to_string())
            }
            [] => None,
        };
        words.extend(text.map(|text| Word { text, line }));
        line += chars[from..at].iter().filter(|c| **c == '\n').count();
    }
    words
}

/// The length of a comment that may hold others.
fn block(chars: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < chars.len() {
        match &chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a text in which nothing is escaped, from its first `#` or `"`.
fn raw(chars: &[char]) -> usize {
    let hashes = chars.iter().take_while(|c| **c == '#').count();
    if chars.get(hashes) != Some(&'"') {
        // A name such as `r#type`.
        return hashes;
    }
    let mut at = hashes + 1;
    while at < chars.len() {
        let closed =
            chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
        at += 1;
        if closed {
            return at + hashes;
        }
    }
    at
}

fn quoted(chars: &[char], mark: char) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != mark {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Leaves out each item that has `#[cfg(test)]` before it.
fn without_tests(words: Vec<Word>) -> Vec<Word> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let marked = words[at..].iter().map(|word| &*word.text).take(MARK.len()).eq(MARK);
        match marked {
            true => at = item(&words, at + MARK.len()),
            false => {
                kept.push(words[at].clone());
                at += 1;
            }
        }
    }
    kept
}

/// Where the item ends that begins there: behind its `;` or its braces.
fn item(words: &[Word], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(word) = words.get(at) {
        if depth == 0 && matches!(&*word.text, ")" | "]" | "}") {
            break;
        }
        at += 1;
        match &*word.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ";" if depth == 0 => break,
            _ => {}
        }
    }
    at
}

/// A type that other files can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is `pub`, and not to a part of its crate only.
    pub(crate) public: bool,
    /// Its line.
    pub(crate) line: usize,
}

/// The types that a source lets others name.
pub(crate) fn types(words: &[Word]) -> Vec<Type> {
    let text = |at: usize| words.get(at).map_or("", |word| &*word.text);
    let mut found = Vec::new();
    for at in (0..words.len()).filter(|at| text(*at) == "pub") {
        let public = text(at + 1) != "(";
        let mut next = at + 1;
        if !public {
            next += words[next..].iter().position(|word| word.text == ")").map_or(0, |n| n + 1);
        }
        while matches!(text(next), "unsafe" | "auto") {
            next += 1;
        }
        if matches!(text(next), "struct" | "enum" | "trait" | "type" | "union") {
            let (name, line) = (text(next + 1).to_owned(), words[next].line);
            found.push(Type { name, public, line });
        }
    }
    found
}

#[test]
fn comments_texts_and_tests_are_no_code() {
    let source = "
        // use crate::a; /* \"
        /* use crate::b; /* inner */ */
        const A: &str = \"use crate::c; \\\" '\"; const B: &str = r#\"use \" crate::d\"#;
        fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' }
        #[cfg(test)]
        #[allow(unused)]
        mod tests { use crate::e; fn g() {} }
        #[cfg(test)] use crate::f;
        pub(crate) struct Hidden; pub enum Shown { A }
    ";
    let words = words(source);
    assert!(!words.iter().any(|word| word.text == "crate" && word.line != 10), "{words:?}");
    let names = |public| {
        let of = |one: &Type| one.public == public;
        types(&words).into_iter().filter(of).map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!((names(true), names(false)), (vec!["Shown".into()], vec!["Hidden".into()]));
}
