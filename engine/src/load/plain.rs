//! Faults of reading, in plain words.
//!
//! What reads documents speaks to programmers: of sequences, of integers of 64 bits, of options
//! that a caller might set. Whoever wrote the document is told what stands there, what is wanted
//! there, and what to write.

use crate::diagnostic::bounded;
use crate::suggest::suggest;
use std::fmt;

/// A fault in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Plain {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }

    /// The same for whoever wrote JSON, which has objects, and quotation marks around names.
    #[must_use]
    pub fn in_json(self) -> Self {
        let help = self.help.map(|help| {
            if let Some(name) =
                help.strip_prefix("add `").and_then(|it| it.strip_suffix(": …` here"))
            {
                return format!("add `\"{name}\": …`");
            }
            match help.as_str() {
                WRITE_ENTRIES => "write `{\"name\": value}`".to_owned(),
                WRITE_LIST => "write `[…]`, with commas between".to_owned(),
                WRITE_TEXT => "write a text, in quotation marks".to_owned(),
                _ => help,
            }
        });
        Self { message: self.message.replace(NAMES, "an object"), help }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// What a document calls an object.
const NAMES: &str = "a list of `name: value`";
const WRITE_TEXT: &str =
    "write a text; one that looks like something else goes into quotation marks";
const WRITE_LIST: &str = "write `[a, b]`, or each on a line of its own behind `- `";
const WRITE_ENTRIES: &str = "write each name with its value, one on a line, or `{name: value}`";

/// What a reader of YAML or of JSON said, in plain words and without the place, which it knows as
/// numbers. What documents' own types say is plain already, and stays as it is.
#[must_use]
pub fn plain(said: &str) -> Plain {
    let place = said.rfind(" at line ").filter(|at| {
        let rest = said.get(*at..).unwrap_or_default();
        rest.contains(" column ") && !rest.contains('`')
    });
    let said = place.and_then(|at| said.get(..at)).unwrap_or(said);
    let (kind, rest) = said.split_once(' ').unwrap_or((said, ""));
    let told = match kind {
        "invalid" => invalid(rest),
        "unknown" => unknown(rest),
        "missing" => quoted(rest, "field").map(|name| {
            Plain::new(format!("`{name}` is missing"), format!("add `{name}: …` here"))
        }),
        "duplicate" => quoted(rest, "field").map(twice),
        _ => None,
    };
    told.or_else(|| json(said))
        .unwrap_or_else(|| Plain { message: bounded(said.to_owned()), help: None })
}

/// What is said of a name that stands twice in one place.
pub(super) fn twice(name: &str) -> Plain {
    Plain::new(format!("`{name}` stands here twice"), "keep one of the two, or put both into one")
}

/// What is said where something else is wanted.
pub(super) fn wanted(found: &str, expected: &str) -> Plain {
    let found = self::found(found);
    if matches!(expected, "field identifier" | "variant identifier") {
        return Plain::new(format!("{found} stands where a name is wanted"), "write a name");
    }
    match Want::of(expected) {
        Want::Known(what, how) => Plain::new(format!("{found} stands where {what} is wanted"), how),
        Want::Own => {
            Plain { message: format!("{found} stands where {expected} is wanted"), help: None }
        }
    }
}

/// What is said of a name that is none of those that are known there.
pub(super) fn not_one_of(name: &str, known: &[&str]) -> Plain {
    let name = shortened(name);
    let help = match known {
        [] => "leave it out".to_owned(),
        [one] => format!("write `{one}`, or leave it out"),
        _ => match suggest(&name, known.iter().copied()) {
            Some(near) => near,
            None => format!("known are {}", known.join(", ")),
        },
    };
    Plain::new(format!("`{name}` is not known here"), help)
}

/// `type: integer `5`, expected a string`, and the like.
fn invalid(rest: &str) -> Option<Plain> {
    let (what, rest) = rest.split_once(' ')?;
    let (found, expected) = rest.split_once(", expected ")?;
    match what {
        "type:" | "value:" => Some(wanted(found, expected)),
        "length" => Some(Plain {
            message: format!(
                "{found} entries stand where {} is wanted",
                Want::of(expected).name(expected)
            ),
            help: None,
        }),
        _ => None,
    }
}

/// `field `x`, expected one of `a`, `b``, and the like.
fn unknown(rest: &str) -> Option<Plain> {
    let name = quoted(rest, "field").or_else(|| quoted(rest, "variant"))?;
    let known = rest.split_once("expected ").map_or("", |(_, known)| known);
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    Some(not_one_of(name, &known))
}

/// The name in `what `name`…`.
fn quoted<'t>(text: &'t str, what: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(what)?.strip_prefix(" `")?;
    rest.split_once('`').map(|(name, _)| name)
}

/// What is said of JSON that is none.
fn json(said: &str) -> Option<Plain> {
    let told = |message: &str, help: &str| Some(Plain::new(message, help));
    match said {
        _ if said.starts_with("EOF while parsing") => {
            told("the text ends too early", "close every bracket and every quotation mark")
        }
        "trailing characters" => {
            told("the text goes on behind its end", "send one object, and nothing behind it")
        }
        "trailing comma" => told("a comma stands before a closing bracket", "leave it out"),
        "recursion limit exceeded" => told(
            "lists and entries lie within each other more than 128 deep",
            "write them less deep",
        ),
        "expected value" | "expected ident" => told(
            "here a value is wanted",
            "write a text in quotation marks, a number, `true`, `false`, `null`, a list or an object",
        ),
        "expected `:`" | "expected `,` or `}`" | "expected `,` or `]`" | "key must be a string" => {
            told("this is no JSON", "look for a comma, a colon or a quotation mark that is missing")
        }
        "number out of range" | "invalid number" => told("this is no number", "write 10 or 1.5"),
        _ => None,
    }
}

/// What a reader found, in plain words.
fn found(found: &str) -> String {
    let value = || found.split_once(['`', '"']).map_or("", |(_, rest)| rest);
    let value = || shortened(value().trim_end_matches(['`', '"']));
    let begins = |name: &str| found.starts_with(name);
    match found {
        _ if begins("boolean") => format!("`{}`", value()),
        _ if begins("integer") || begins("floating point") => format!("the number `{}`", value()),
        _ if begins("string") || begins("character") => format!("the text `{}`", value()),
        "null" | "unit value" | "Option value" | "unit" => "nothing".to_owned(),
        "sequence" | "a sequence" | "sequence start" | "tuple" => "a list".to_owned(),
        "map" | "a map" | "mapping" | "mapping start" => NAMES.to_owned(),
        _ => "something else".to_owned(),
    }
}

enum Want {
    /// What a reader asks for: what that is, and how it is written.
    Known(&'static str, &'static str),
    /// What the documents' own types ask for, in words of their own.
    Own,
}

impl Want {
    fn of(expected: &str) -> Self {
        const TEXT: Want = Want::Known("a text", WRITE_TEXT);
        const LIST: Want = Want::Known("a list", WRITE_LIST);
        const ENTRIES: Want = Want::Known(NAMES, WRITE_ENTRIES);
        let words: Vec<&str> = expected.split([' ', '`', ',']).collect();
        let names = |these: &[&str]| words.iter().any(|word| these.contains(word));
        let begins = |these: &[&str]| these.iter().any(|name| expected.starts_with(name));
        match expected {
            _ if begins(&["one of "]) => Self::Own,
            // What a text that knows its place asks for.
            _ if names(&["newtype"]) => TEXT,
            "a boolean" | "boolean" | "bool" => {
                Self::Known("`true` or `false`", "write `true` or `false`")
            }
            _ if names(&["i8", "i16", "i32", "i64", "isize", "integer"]) => {
                Self::Known("a whole number", "write a whole number such as 10")
            }
            _ if names(&["u8", "u16", "u32", "u64", "usize"]) => {
                Self::Known("a whole number", "write a whole number such as 10, and none below 0")
            }
            _ if names(&["f32", "f64"]) => Self::Known("a number", "write a number such as 1.5"),
            "unit" | "null" => Self::Known("nothing", "leave it out"),
            "a sequence" | "sequence" | "sequence start" => LIST,
            "a map" | "map" | "mapping start" | "mapping" => ENTRIES,
            "a string" | "string" | "string scalar" | "scalar" | "key scalar"
            | "a borrowed string" | "string or enum" | "a string key" => TEXT,
            _ if begins(&["struct ", "tuple ", "newtype ", "unit struct ", "map with"]) => ENTRIES,
            _ if begins(&["enum ", "variant ", "field ", "string key"]) => TEXT,
            _ => Self::Own,
        }
    }

    fn name(&self, own: &str) -> String {
        match self {
            Self::Known(name, _) => (*name).to_owned(),
            Self::Own => own.to_owned(),
        }
    }
}

/// As much of a text as a message can hold, on one line.
fn shortened(text: &str) -> String {
    let line: String =
        text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_says_is_told_in_plain_words() {
        for (said, message, help) in [
            (
                "invalid type: integer `5`, expected a string",
                "the number `5` stands where a text is wanted",
                "write a text",
            ),
            (
                "invalid type: string \"five\", expected i64",
                "the text `five` stands where a whole number is wanted",
                "such as 10",
            ),
            (
                "invalid type: map, expected a sequence",
                "a list of `name: value` stands where a list is wanted",
                "write `[a, b]`",
            ),
            (
                "invalid type: null, expected struct Grant",
                "nothing stands where a list of `name: value` is wanted",
                "`{name: value}`",
            ),
            (
                "invalid type: boolean `true`, expected a path",
                "`true` stands where a path is wanted",
                "",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "the number `-1` stands where a whole number is wanted",
                "none below 0",
            ),
            ("missing field `scope`", "`scope` is missing", "add `scope: …` here"),
            (
                "unknown field `plann`, expected one of `plan`, `teams`",
                "`plann` is not known here",
                "did you mean `plan`?",
            ),
            (
                "unknown variant `often`, expected `active` or `inactive`",
                "`often` is not known here",
                "known are active, inactive",
            ),
            ("unknown field `x`, there are no fields", "`x` is not known here", "leave it out"),
            ("duplicate field `id`", "`id` stands here twice", "keep one"),
            ("EOF while parsing an object", "the text ends too early", "close"),
            (
                "invalid type: integer `1`, expected one of `integer`, `text`",
                "the number `1` stands where one of `integer`, `text` is wanted",
                "",
            ),
            ("an admin's own words", "an admin's own words", ""),
        ] {
            let told = plain(said);
            assert_eq!(told.message, message, "{said}");
            assert!(told.help.as_deref().unwrap_or_default().contains(help), "{said}: {told:?}");
        }
    }

    #[test]
    fn whoever_wrote_json_is_told_of_objects_and_quotation_marks() {
        for (said, told) in [
            (
                "invalid type: map, expected a sequence",
                "an object stands where a list is wanted; write `[…]`, with commas between",
            ),
            (
                "invalid type: sequence, expected struct Grant",
                "a list stands where an object is wanted; write `{\"name\": value}`",
            ),
            (
                "invalid type: integer `5`, expected a string",
                "the number `5` stands where a text is wanted; write a text, in quotation marks",
            ),
            ("missing field `scope`", "`scope` is missing; add `\"scope\": …`"),
            (
                "duplicate field `id`",
                "`id` stands here twice; keep one of the two, or put both into one",
            ),
        ] {
            assert_eq!(plain(said).in_json().to_string(), told, "{said}");
        }
    }
}
