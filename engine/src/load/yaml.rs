//! How YAML is read, by whoever reads any of it: what a word means there, how large and how deep a
//! text may be, and what is said of one that cannot be read.
//!
//! The words are those of YAML 1.2: `NO` is a text and not a truth value. What two readers of YAML
//! take for two different numbers, such as `010`, is the text that it is written as.

use super::plain::{Plain, not_one_of, plain, twice, wanted};
use crate::diagnostic::Diagnostic;
use crate::model::Position;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Options};
use std::io::ErrorKind;

/// How deep lists and entries may lie within each other. JSON documents are at most 128 deep.
const DEEPEST: usize = 140;

/// How YAML is read. How much of it there may be is for whoever has the text to say: a tenant of
/// a million users is read like any other. How deep it may be, and how often it may repeat
/// itself, is bounded.
#[must_use]
pub fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: None,
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_total_comment_bytes: usize::MAX,
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// What is said of a text that cannot be read.
#[must_use]
pub fn fault(file: &str, error: &Error) -> Diagnostic {
    let number = |n: u64| u32::try_from(n).unwrap_or(0);
    let at = error.location().map_or_else(Position::default, |location| Position {
        line: number(location.line()),
        column: number(location.column()),
    });
    // What is wrong with the whole of it is so from its first line on.
    let at = if at.line == 0 { Position { line: 1, column: 1 } } else { at };
    let Plain { message, help } = told(error.without_snippet());
    Diagnostic { file: file.to_owned(), at, field: String::new(), message, help }
}

fn said(message: &str, help: &str) -> Plain {
    Plain { message: message.to_owned(), help: Some(help.to_owned()) }
}

fn told(error: &Error) -> Plain {
    match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => told(error),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => wanted(unexpected, expected),
        Error::SerdeUnknownField { field, expected, .. } => not_one_of(field, expected),
        Error::SerdeUnknownVariant { variant, expected, .. } => not_one_of(variant, expected),
        Error::SerdeMissingField { field, .. } => plain(&format!("missing field `{field}`")),
        Error::DuplicateMappingKey { key, .. } => twice(key.as_deref().unwrap_or("a name")),
        Error::Message { msg, .. } => plain(msg),
        Error::ExternalMessage { msg, .. } => unreadable(msg),
        Error::Unexpected { expected, .. } => wanted("", expected),
        Error::InvalidScalar { ty, .. } => wanted("", ty),
        Error::InvalidBooleanStrict { .. } => wanted("", "boolean"),
        Error::NullIntoString { .. } => {
            said("nothing stands where a text is wanted", "write `\"\"` for a text without letters")
        }
        Error::NonFiniteFloat { .. } => {
            said("what stands here is no number that has an end", "write a number such as 1.5")
        }
        Error::Budget { breach, .. } => too_much(breach),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => repeated(),
        Error::UnknownAnchor { .. } => said(
            "what is to be repeated here is named nowhere before",
            "write `&name` in front of what `*name` is to repeat, or put the text in quotation marks",
        ),
        Error::MergeValueNotMapOrSeqOfMaps { .. } => {
            said("`<<` takes over what is no list of `name: value`", "write the values out")
        }
        Error::UnsupportedTag { .. } | Error::TaggedEnumMismatch { .. } => said(
            "a mark that begins with `!` is not known here",
            "leave it out, or put the text in quotation marks",
        ),
        Error::MultipleDocuments { .. } => {
            said("a second document begins here", "keep one in each file")
        }
        Error::Eof { .. } => said("the file ends too early", "look whether all of it is there"),
        Error::InvalidUtf8Input => not_text(),
        Error::IOError { cause } if cause.kind() == ErrorKind::InvalidData => not_text(),
        Error::IOError { cause } => {
            said(&format!("cannot be read: {cause}"), "look whether the file is there and whole")
        }
        _ => unreadable(""),
    }
}

fn not_text() -> Plain {
    said("what stands here is no text", "save the file as UTF-8")
}

fn repeated() -> Plain {
    said("what is repeated with `*` becomes too much", "write it out, or repeat less of it")
}

fn too_much(breach: &BudgetBreach) -> Plain {
    match breach {
        BudgetBreach::Depth { .. } => said(
            &format!("lists and entries lie within each other more than {DEEPEST} deep"),
            "write them less deep",
        ),
        BudgetBreach::Documents { .. } => {
            said("a second document begins here", "keep one in each file")
        }
        BudgetBreach::SequenceUnbalanced => unreadable(""),
        _ => repeated(),
    }
}

/// What is said of a text that is no YAML, with what is most often the reason.
fn unreadable(reader: &str) -> Plain {
    let about = |words: &[&str]| words.iter().any(|word| reader.contains(word));
    let help = if about(&["nesting", "recursion", "too deep", "depth"]) {
        "write lists and entries less deep within each other"
    } else if about(&["tab"]) {
        "indent with blanks and not with tabs"
    } else if about(&["quoted scalar", "quote"]) {
        "close the quotation marks, and write each one within a text twice or behind a `\\`"
    } else if about(&["flow", "']'", "'}'", "bracket"]) {
        "close each bracket, and put a comma between what stands in it"
    } else if about(&["mapping values", "simple key", "implicit key"]) {
        "put a text in which `: ` stands in quotation marks, and indent what belongs together alike"
    } else {
        "indent what belongs together alike, and put a text that begins with a sign in quotation marks"
    };
    said("this cannot be read as YAML", help)
}
