//! A look at the words of a condition before it is parsed.
//!
//! Most of what goes wrong in a first attempt is a word that another language has: a single
//! `=`, `and`, an `if`, a text in single quotes. A parser answers those with what it expected
//! next; here each is answered with what to write, and all of them at once.

use super::fault::{ConditionFault, Mistake};
use super::limits::MAX_DEPTH;
use super::values::{ShortText, short};
use crate::model::Position;
use rhai::{Engine, LexError, ParseError, ParseErrorType, Token};
use std::collections::BTreeSet;

/// Words of one condition. What needs more says it with a list.
const MAX_TOKENS: usize = 500;

/// The words of a condition, as far as the checker asks for them.
pub(super) struct Tokens {
    names: BTreeSet<String>,
    ins: BTreeSet<(usize, usize)>,
}

impl Tokens {
    /// Every name.
    pub(super) fn names(&self) -> impl Iterator<Item = ShortText> {
        self.names.iter().map(|name| short(name))
    }

    /// Whether an `in` stands here.
    pub(super) fn is_in(&self, at: rhai::Position) -> bool {
        self.ins.contains(&key(at))
    }
}

fn key(at: rhai::Position) -> (usize, usize) {
    (at.line().unwrap_or(0), at.position().unwrap_or(0))
}

/// A position of the script library as ours. What has none lies behind the end.
pub(super) fn position(at: rhai::Position, source: &str) -> Position {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match at.line() {
        Some(line) => {
            Position { line: number(line), column: number(at.position().unwrap_or(0).max(1)) }
        }
        None => {
            let last = source.trim_end().lines().last().unwrap_or_default();
            Position {
                line: number(source.trim_end().lines().count().max(1)),
                column: number(last.chars().count() + 1),
            }
        }
    }
}

/// Reads the words.
///
/// # Errors
///
/// Everything that no condition has.
pub(super) fn read(engine: &Engine, source: &str) -> Result<Tokens, Vec<ConditionFault>> {
    let mut tokens = Tokens { names: BTreeSet::new(), ins: BTreeSet::new() };
    let mut faults = Vec::new();
    let mut after_dot = false;
    let sources = [source];
    let (stream, _control) = engine.lex(&sources);
    for (count, (token, at)) in stream.enumerate() {
        if token == Token::EOF {
            break;
        }
        let mut fault = |mistake, help: Option<&str>| {
            let help = help.map(str::to_owned);
            faults.push(ConditionFault { at: position(at, source), mistake, help });
        };
        if count >= MAX_TOKENS {
            fault(
                Mistake::TooLong("500 words"),
                Some("write `in [...]` for one of several values, or make two conditions"),
            );
            break;
        }
        match &token {
            Token::Identifier(name) => {
                let operator = match name.as_str() {
                    "and" | "AND" => Some("write `&&` for both"),
                    "or" | "OR" => Some("write `||` for at least one"),
                    "not" | "NOT" => Some("write `!` before what must not hold"),
                    "null" | "nil" | "NULL" => Some(
                        "an attribute without a value is missing, and a condition that reads it \
                         does not hold",
                    ),
                    _ => None,
                };
                match operator {
                    Some(help) if !after_dot => {
                        fault(Mistake::NotAllowed(format!("`{name}`")), Some(help));
                    }
                    _ => {
                        tokens.names.insert(name.to_string());
                    }
                }
            }
            Token::In | Token::NotIn => {
                tokens.ins.insert(key(at));
            }
            Token::FloatConstant(number) => {
                let (value, written) = &**number;
                if let Some((mistake, help)) = inexact(**value, written) {
                    fault(mistake, Some(help));
                }
            }
            Token::LexError(error) => {
                let (mistake, help) = lex_fault(error);
                fault(mistake, help);
                break;
            }
            Token::InterpolatedString(_) => {
                fault(
                    Mistake::NotAllowed("a text between backticks".to_owned()),
                    Some("write it between double quotes"),
                );
                break;
            }
            other => {
                if let Some((mistake, help)) = foreign(other) {
                    fault(mistake, help);
                }
            }
        }
        after_dot = token == Token::Period;
    }
    if faults.is_empty() { Ok(tokens) } else { Err(faults) }
}

/// What to do about a whole number beyond 64 bits.
pub(super) const NO_WHOLE_NUMBER: &str =
    "write one between -9223372036854775808 and 9223372036854775807";

/// What is wrong with a number that is another one than what was written.
fn inexact(value: f64, written: &str) -> Option<(Mistake, &'static str)> {
    let refused = |what: &str, help| Some((Mistake::NotAllowed(what.to_owned()), help));
    let digits = written.split('e').next().unwrap_or(written);
    if !value.is_finite() {
        // What is too large to be written is taken for infinity, which compares with all.
        return refused("a number as large as this", "write one below 1.7e308");
    }
    if !written.contains(['.', 'e']) {
        return refused("a whole number as large as this", NO_WHOLE_NUMBER);
    }
    if value == 0.0 && digits.contains(|digit| matches!(digit, '1'..='9')) {
        return refused("a number as small as this, which would count as 0,", "write `0.0`");
    }
    None
}

const ONE_EXPRESSION: &str = "a condition is one statement that is true or false; combine \
                              comparisons with `&&`, `||` and `!`";

/// What is wrong with a word that conditions do not have.
fn foreign(token: &Token) -> Option<(Mistake, Option<&'static str>)> {
    let quoted = |token: &Token| format!("`{token}`");
    Some(match token {
        Token::Equals => (Mistake::Assignment("=".to_owned()), Some("write `==` to compare")),
        Token::PlusAssign
        | Token::MinusAssign
        | Token::MultiplyAssign
        | Token::DivideAssign
        | Token::ModuloAssign
        | Token::PowerOfAssign
        | Token::LeftShiftAssign
        | Token::RightShiftAssign
        | Token::AndAssign
        | Token::OrAssign
        | Token::XOrAssign => (Mistake::Assignment(token.to_string()), Some(ONE_EXPRESSION)),
        Token::Ampersand => (Mistake::NotAllowed("`&`".to_owned()), Some("write `&&` for both")),
        Token::Pipe => (Mistake::NotAllowed("`|`".to_owned()), Some("write `||` for at least one")),
        Token::CharConstant(_) => {
            (Mistake::SingleQuotes, Some("replace the single quotes by double ones"))
        }
        Token::Let
        | Token::Const
        | Token::If
        | Token::Else
        | Token::Switch
        | Token::Do
        | Token::While
        | Token::Until
        | Token::Loop
        | Token::For
        | Token::Continue
        | Token::Break
        | Token::Return
        | Token::Throw
        | Token::Try
        | Token::Catch
        | Token::LeftBrace
        | Token::RightBrace
        | Token::MapStart
        | Token::SemiColon
        | Token::Colon
        | Token::DoubleColon
        | Token::DoubleArrow
        | Token::Underscore
        | Token::Elvis
        | Token::QuestionBracket
        | Token::DoubleQuestion
        | Token::ExclusiveRange
        | Token::InclusiveRange
        | Token::PowerOf
        | Token::LeftShift
        | Token::RightShift
        | Token::XOr => (Mistake::NotAllowed(quoted(token)), Some(ONE_EXPRESSION)),
        Token::Reserved(word) => improper(word),
        _ => return None,
    })
}

/// What is wrong with a symbol that only other languages have.
fn improper(symbol: &str) -> (Mistake, Option<&'static str>) {
    let help = match symbol {
        "===" | ":=" => "write `==` to compare",
        "!==" | "<>" => "write `!=` to compare",
        _ => ONE_EXPRESSION,
    };
    (Mistake::NotAllowed(format!("`{symbol}`")), Some(help))
}

/// What the reader of words says, in our words.
fn lex_fault(error: &LexError) -> (Mistake, Option<&'static str>) {
    match error {
        LexError::UnterminatedString => (Mistake::OpenText, Some("close it with `\"`")),
        LexError::MalformedChar(_) => {
            (Mistake::SingleQuotes, Some("replace the single quotes by double ones"))
        }
        LexError::StringTooLong(_) => (Mistake::TooLong("4,096 bytes"), None),
        LexError::MalformedNumber(number) => (Mistake::NotANumber(number.clone()), None),
        LexError::MalformedEscapeSequence(_) => {
            (Mistake::Escape, Some("write `\\\\` for a backslash and `\\\"` for a quote"))
        }
        LexError::UnexpectedInput(text) | LexError::MalformedIdentifier(text) => {
            (Mistake::Unexpected(text.clone()), None)
        }
        LexError::ImproperSymbol(symbol, _) => improper(symbol),
        _ => (Mistake::Unreadable, Some(ONE_EXPRESSION)),
    }
}

/// What the parser says, in our words.
pub(super) fn parse_fault(error: &ParseError, source: &str) -> ConditionFault {
    let (mistake, help) = match error.err_type() {
        ParseErrorType::UnexpectedEOF => {
            (Mistake::Incomplete, Some("write what follows, or delete the last operator"))
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(token)) => (
            Mistake::Unexpected(token.clone()),
            Some("put an operator such as `&&` or `==` before it, or delete it"),
        ),
        ParseErrorType::BadInput(error) => lex_fault(error),
        ParseErrorType::UnknownOperator(operator) => {
            (Mistake::NotAllowed(format!("`{operator}`")), Some(ONE_EXPRESSION))
        }
        ParseErrorType::MissingToken(token, _) => (Mistake::Expected(token.clone()), None),
        ParseErrorType::MismatchedType(..) => (Mistake::NotBoolean("something else"), None),
        ParseErrorType::ExprTooDeep => (
            Mistake::TooDeep(MAX_DEPTH),
            Some("write `in [...]` for one of several values, or make two conditions"),
        ),
        ParseErrorType::LiteralTooLarge(..) => {
            (Mistake::TooLong("1,000 items in a list"), Some("make two conditions"))
        }
        ParseErrorType::PropertyExpected => {
            (Mistake::Incomplete, Some("write the name of an attribute behind the dot"))
        }
        ParseErrorType::Reserved(word) | ParseErrorType::ForbiddenVariable(word) => {
            (Mistake::NotAllowed(format!("`{word}`")), Some(ONE_EXPRESSION))
        }
        ParseErrorType::VariableUndefined(name) => (Mistake::UnknownPath(name.clone()), None),
        _ => (Mistake::Unreadable, Some(ONE_EXPRESSION)),
    };
    let help = help.map(str::to_owned);
    ConditionFault { at: position(error.position(), source), mistake, help }
}
