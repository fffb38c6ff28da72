//! What a name may hold, and which two names look like one.
//!
//! Names are compared letter by letter, so two that nobody can tell apart are two all the same:
//! what is granted to the one is not granted to the other, and who looks at a list cannot see to
//! whom. So a name holds nothing that cannot be seen, and of two that are told apart by nothing
//! but case or by how a letter is put together it takes somebody to say that they are two.
//!
//! ```
//! use permesso_names::{check, folded};
//! assert_eq!(folded("Ann.Lee@X.com"), folded("ann.lee@x.com"));
//! assert!(check("ann\u{202e}eel").is_err());
//! ```

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::borrow::Cow;

/// A character in a name that nobody can see, or that changes how others are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("holds U+{code:04X}, {what}; leave it out", code = u32::from(*.character))]
pub struct Unseen {
    /// The character.
    pub character: char,
    /// What it is.
    pub what: &'static str,
}

/// Whether all of a name can be seen.
///
/// # Errors
///
/// The first character that cannot.
pub fn check(name: &str) -> Result<(), Unseen> {
    if name.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Ok(());
    }
    for character in name.chars() {
        if let Some(what) = unseen(character) {
            return Err(Unseen { character, what });
        }
    }
    Ok(())
}

fn unseen(character: char) -> Option<&'static str> {
    match CodePointMapData::<GeneralCategory>::new().get(character) {
        GeneralCategory::Control => Some("a control character"),
        GeneralCategory::Format => Some("which is not seen and may change how others are"),
        GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            Some("which begins another line")
        }
        GeneralCategory::PrivateUse => Some("which everybody shows in their own way"),
        GeneralCategory::Unassigned | GeneralCategory::Surrogate => Some("which is no character"),
        _ if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character) => {
            Some("which is not seen")
        }
        // Braille without any dot.
        _ if character == '\u{2800}' => Some("which looks like a space"),
        _ => None,
    }
}

/// Why a name is none that can be given to somebody or something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// It holds what cannot be seen.
    #[error(transparent)]
    Unseen(#[from] Unseen),
    /// It begins or ends with a blank.
    #[error("begins or ends with a blank; leave that out")]
    Blank,
    /// It is a way through folders.
    #[error("means a place and names nothing, in an address too; choose another one")]
    Place,
    /// It holds what stands for several.
    #[error("holds `*`, which stands for several names; leave it out")]
    Star,
    /// It is one of the product's own.
    #[error("begins with `permesso`, which is kept for the administration; choose another one")]
    Kept,
    /// Of a path: a part of it is empty.
    #[error(
        "has an empty part: a path is `sales`, or `sales/east`, with one `/` between two names"
    )]
    EmptyPart,
}

/// Whether somebody or something may be called so from now on: all of the name can be seen, it means
/// nothing else where names are written, and it is none of the administration's.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn check_id(id: &str) -> Result<(), Unfit> {
    check(id)?;
    if is_kept(id) {
        return Err(Unfit::Kept);
    }
    part(id)
}

/// Whether a name looks like one of the administration's, which nobody gives to anything else.
#[must_use]
pub fn is_kept(name: &str) -> bool {
    folded(name).starts_with(KEPT)
}

/// What the ids of the administration begin with.
const KEPT: &str = "permesso";

/// Whether a text can be the path of a team: names with one `/` between two of them.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn check_path(path: &str) -> Result<(), Unfit> {
    check(path)?;
    path.split('/')
        .try_for_each(|name| if name.is_empty() { Err(Unfit::EmptyPart) } else { part(name) })
}

fn part(name: &str) -> Result<(), Unfit> {
    if name.trim() != name {
        Err(Unfit::Blank)
    } else if matches!(name, "." | "..") {
        Err(Unfit::Place)
    } else if name.contains('*') {
        Err(Unfit::Star)
    } else {
        Ok(())
    }
}

/// A name as it looks: without the differences of case, of width, and of how letters are put
/// together, and without what nobody sees (NFKC, with full case folding, and without characters
/// that are ignored by default). Two names that look like one have the same.
#[must_use]
pub fn folded(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => name.to_ascii_lowercase().into(),
            false => name.into(),
        };
    }
    let (normal, case) = (ComposingNormalizerBorrowed::new_nfkc(), CaseMapper::new());
    let ignored = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let seen = |text: &str| text.chars().filter(|c| !ignored.contains(*c)).collect::<String>();
    let mut folded = seen(name);
    // Folding takes apart what was put together, and putting together brings what folds again.
    for _ in 0..3 {
        let once = seen(&normal.normalize(&case.fold_string(&normal.normalize(&folded))));
        if once == folded {
            break;
        }
        folded = once;
    }
    folded.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named() {
        for name in
            ["ann", "jürgen", "ju\u{308}rgen", "日本 太郎", "O'Neil-Å", "👍", "ann lee", "a\u{a0}b"]
        {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for (code, told) in [
            (0x00, "U+0000"),
            (0x09, "U+0009"),
            (0x7f, "U+007F"),
            (0x85, "U+0085"),
            (0xad, "U+00AD"),
            (0x61c, "U+061C"),
            (0x200b, "U+200B"),
            (0x200f, "U+200F"),
            (0x2028, "U+2028"),
            (0x2029, "U+2029"),
            (0x202a, "U+202A"),
            (0x202e, "U+202E"),
            (0x2066, "U+2066"),
            (0x2069, "U+2069"),
            (0xe000, "U+E000"),
            (0xfeff, "U+FEFF"),
            (0xffff, "U+FFFF"),
            (0xe0041, "U+E0041"),
            (0x34f, "U+034F"),
            (0x115f, "U+115F"),
            (0x17b4, "U+17B4"),
            (0x180b, "U+180B"),
            (0x3164, "U+3164"),
            (0xfe0f, "U+FE0F"),
            (0xffa0, "U+FFA0"),
            (0xe0100, "U+E0100"),
            (0x2800, "U+2800"),
            (0x0378, "U+0378"),
        ] {
            let name = format!("ann{}", char::from_u32(code).unwrap());
            let error = check(&name).unwrap_err().to_string();
            assert!(error.contains(told) && error.ends_with("leave it out"), "{error}");
        }
    }

    #[test]
    fn a_name_that_means_something_else_is_none_to_be_given() {
        for id in [
            "ann",
            "ann.lee@x.com",
            "a.b",
            "...",
            "日本 太郎",
            "a\\b",
            "qa/lead",
            "https://id.example/9",
        ] {
            assert_eq!(check_id(id), Ok(()), "{id}");
        }
        for (id, wrong) in [
            (".", Unfit::Place),
            ("..", Unfit::Place),
            ("*", Unfit::Star),
            ("inv*", Unfit::Star),
            (" ann", Unfit::Blank),
            ("ann\u{a0}", Unfit::Blank),
            ("permesso", Unfit::Kept),
            ("permesso.administrator", Unfit::Kept),
            ("Permesso-bot", Unfit::Kept),
            ("ｐｅｒｍｅｓｓｏ", Unfit::Kept),
        ] {
            assert_eq!(check_id(id), Err(wrong), "{id}");
        }
        assert!(matches!(check_id("a\u{202e}b"), Err(Unfit::Unseen(_))));
    }

    #[test]
    fn a_path_is_names_with_one_slash_between_two() {
        for path in ["sales", "US/South", "a/b/c", "O'Neil & Söhne/Süd", ".x/y.", "permesso"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
        for path in [
            "",
            "/",
            "x/",
            "/x",
            "x//y",
            ".",
            "..",
            "a/../b",
            "./a",
            "a/.",
            " x",
            "x /y",
            "x/ y",
            "x/\u{2003}/y",
            "*",
            "a/*",
            "a/b\u{200b}",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }

    #[test]
    fn names_that_look_like_one_fold_to_one() {
        for (one, other) in [
            ("Ann.Lee@x.com", "ann.lee@x.com"),
            ("jürgen", "ju\u{308}rgen"),
            ("JÜRGEN", "ju\u{308}rgen"),
            ("ａｎｎ", "ann"),
            ("ＡＮＮ", "ann"),
            ("straße", "STRASSE"),
            ("ﬁn", "FIN"),
            ("Å", "å"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("σοφός", "ΣΟΦΌΣ"),
            ("ann¹", "Ann1"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("ann", "anne"), ("jürgen", "jurgen"), ("a", "а"), ("o", "0")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
        for name in ["ann", "İ", "ǰ", "ΐ", "ﬃ", "㎏", "Å", "ﷺ", "ſ"] {
            let once = folded(name).into_owned();
            assert_eq!(folded(&once), once, "{name}");
        }
    }

    #[test]
    fn what_nobody_sees_makes_no_difference_to_how_a_name_looks() {
        for unseen in ['\u{200b}', '\u{200d}', '\u{ad}', '\u{feff}', '\u{2060}', '\u{fe0f}'] {
            for (seen, name) in
                [("admin", format!("A{unseen}dmin")), ("jürgen", format!("Ju\u{308}{unseen}rgen"))]
            {
                assert_eq!(folded(&name), seen, "{name:?}");
                assert_eq!(folded(&folded(&name)), seen);
            }
        }
        assert_eq!(folded("\u{200b}"), "");
    }
}
