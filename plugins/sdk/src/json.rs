//! Just enough JSON to look into a configuration, without a dependency in every component.
//!
//! A host has read the document before it hands it over, so this finds its way through JSON
//! and does not judge what is not: that reads as something or as nothing.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::Chars;

// `#[cold]` keeps what follows small: nothing of it is on the way of a decision.

/// A JSON value as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Json<'j>(&'j str);

impl<'j> Json<'j> {
    pub(crate) fn new(written: &'j str) -> Self {
        Self(written.trim_ascii())
    }

    /// Whether it stands for nothing: not there at all, or null.
    pub(crate) fn is_nothing(self) -> bool {
        matches!(self.0, "" | "null")
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    pub(crate) fn integer(self) -> Option<i64> {
        self.0.parse().ok()
    }

    #[cold]
    pub(crate) fn text(self) -> Option<String> {
        let mut characters = self.within('"', '"')?.chars();
        let mut text = String::new();
        while let Some(character) = characters.next() {
            text.push(match character {
                '"' => return None,
                '\\' => escaped(&mut characters)?,
                plain => plain,
            });
        }
        Some(text)
    }

    /// The items of a list.
    pub(crate) fn items(self) -> Option<Vec<Self>> {
        self.within('[', ']').map(parts)
    }

    /// The members of an object, in the order written.
    pub(crate) fn members(self) -> Option<Vec<(String, Self)>> {
        let mut members = Vec::new();
        for part in parts(self.within('{', '}')?) {
            let (name, value) = split(part.0, b':');
            members.push((Self::new(name).text()?, Self::new(value?)));
        }
        Some(members)
    }

    fn within(self, open: char, close: char) -> Option<&'j str> {
        self.0.strip_prefix(open)?.strip_suffix(close)
    }
}

/// What stands between commas.
#[cold]
fn parts(list: &str) -> Vec<Json<'_>> {
    let mut parts = Vec::new();
    let mut rest = Some(list).filter(|list| !list.trim_ascii().is_empty());
    while let Some(list) = rest {
        let (part, after) = split(list, b',');
        parts.push(Json::new(part));
        rest = after;
    }
    parts
}

/// What stands before and after the first separator that is in no text, list or object.
fn split(written: &str, separator: u8) -> (&str, Option<&str>) {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for (at, byte) in written.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                return (written.get(..at).unwrap_or_default(), written.get(at + 1..));
            }
            _ => {}
        }
    }
    (written, None)
}

/// What the characters after a backslash stand for.
#[cold]
fn escaped(characters: &mut Chars<'_>) -> Option<char> {
    Some(match characters.next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let mut code = unit(characters)?;
            if let 0xD800..0xDC00 = code {
                // The other half of a pair.
                (characters.next()? == '\\' && characters.next()? == 'u').then_some(())?;
                code = 0x1_0000 + ((code & 0x3FF) << 10) + unit(characters)?.checked_sub(0xDC00)?;
            }
            char::from_u32(code)?
        }
        plain => plain,
    })
}

/// Four hexadecimal digits.
#[cold]
fn unit(characters: &mut Chars<'_>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit << 4 | characters.next()?.to_digit(16)?;
    }
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let document = r#" {"a": [null, true, false, -15, "x"], "b": {"c": 1.5e+3}, "a" : [ ]} "#;
        let members = Json::new(document).members().unwrap();
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "a"]);
        let items = members[0].1.items().unwrap();
        assert_eq!(items.len(), 5);
        assert!(items[0].is_nothing());
        assert_eq!(items[1].boolean(), Some(true));
        assert_eq!(items[2].boolean(), Some(false));
        assert_eq!(items[3].integer(), Some(-15));
        assert_eq!(items[4].text().as_deref(), Some("x"));
        assert_eq!(members[1].1.members(), Some(vec![("c".into(), Json("1.5e+3"))]));
        assert_eq!(members[2].1.items(), Some(vec![]));
    }

    #[test]
    fn a_value_is_read_as_what_it_is_only() {
        for document in ["null", "true", "1", r#""x""#, "[]", "{}"] {
            let value = Json::new(document);
            assert_eq!(value.is_nothing(), document == "null");
            assert_eq!(value.boolean().is_some(), document == "true");
            assert_eq!(value.integer().is_some(), document == "1");
            assert_eq!(value.text().is_some(), document == r#""x""#);
            assert_eq!(value.items().is_some(), document == "[]");
            assert_eq!(value.members().is_some(), document == "{}");
        }
        for number in ["1.0", "1e3", "9223372036854775808"] {
            assert_eq!(Json::new(number).integer(), None, "{number}");
        }
    }

    #[test]
    fn marks_within_texts_and_deeper_values_do_not_separate() {
        let document = r#"{"a,\"b": ":{[,]}\\", "c": {"d": [1, 2], "e": "}"}, "f": [[1], [2, 3]]}"#;
        let members = Json::new(document).members().unwrap();
        assert_eq!(members[0].0, "a,\"b");
        assert_eq!(members[0].1.text().as_deref(), Some(":{[,]}\\"));
        assert_eq!(members[1].1.members().map(|members| members.len()), Some(2));
        assert_eq!(members[2].1.items(), Some(vec![Json("[1]"), Json("[2, 3]")]));
        assert_eq!(members.len(), 3);
    }

    #[test]
    fn escapes_are_read() {
        let text = Json::new(r#""\"\\\/\n\t\r\b\f\u00e9\ud83d\ude80é""#).text();
        assert_eq!(text.as_deref(), Some("\"\\/\n\t\r\u{8}\u{c}é🚀é"));
    }

    #[test]
    fn what_is_not_json_ends_nothing_worse_than_itself() {
        for written in ["\"", "\"\\\"", r#""\u12""#, r#""\ud800""#, r#""\ud800\u0041""#, r#""a"b""#]
        {
            assert_eq!(Json::new(written).text(), None, "{written}");
        }
        for written in ["{", "{a:1}", r#"{"a"}"#, r#"{"a":1,}"#, "}", "{]", "[1}"] {
            assert_eq!(Json::new(written).members(), None, "{written}");
        }
        assert!(Json::new(&"[".repeat(1_000_000)).items().is_none());
    }
}
