//! A look at the words of a condition before it is parsed.
//!
//! Most of what goes wrong in a first attempt is a word that another language has: a single
//! `=`, `and`, an `if`, a text in single quotes. A parser answers those with what it expected
//! next; here each is answered with what to write, and all of them at once.

use super::fault::{ConditionFault, Mistake};
use super::foreign::{self, Advice, ONE_EXPRESSION};
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
    let mut before = Before::default();
    unseen(source, &mut faults);
    let visible = faults.is_empty();
    let sources = [source];
    let (stream, _control) = engine.lex(&sources);
    for (count, (token, at)) in stream.enumerate() {
        if let Some((at, (mistake, help))) = before.is_wrong(&token, at) {
            let (at, help) = (position(at, source), help.map(str::to_owned));
            // What was said of the first sign of two is said of both instead.
            faults.retain(|fault: &ConditionFault| fault.at != at);
            faults.push(ConditionFault { at, mistake, help });
        }
        if token == Token::EOF {
            break;
        }
        let known = before.is_told();
        let mut fault = |mistake, help: Option<&str>| {
            let help = help.map(str::to_owned);
            if !known {
                faults.push(ConditionFault { at: position(at, source), mistake, help });
            }
        };
        if count >= MAX_TOKENS {
            fault(
                Mistake::TooLong("500 words"),
                Some("write `in [...]` for one of several values, or make two conditions"),
            );
            break;
        }
        match &token {
            Token::Identifier(name) => match foreign::word(name) {
                Some((mistake, help)) if !after_dot => fault(mistake, help),
                _ => {
                    tokens.names.insert(name.to_string());
                }
            },
            Token::In | Token::NotIn => {
                tokens.ins.insert(key(at));
            }
            // As an escape it can be seen here, and not where it is compared.
            Token::StringConstant(text) if visible => {
                let text: String = text.chars().filter(|it| !"\t\r\n".contains(*it)).collect();
                if let Err(found) = permesso_names::check(&text) {
                    fault(Mistake::Unseen(found), Some("leave the escape out"));
                }
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
            Token::Colon if !before.is_number() => {
                fault(Mistake::NotAllowed("`:`".to_owned()), Some("write `==` to compare"));
            }
            other => {
                if let Some((mistake, help)) = foreign::sign(other) {
                    fault(mistake, help);
                }
            }
        }
        after_dot = token == Token::Period;
        before.note(token, at);
    }
    if faults.is_empty() { Ok(tokens) } else { Err(faults) }
}

/// What nobody sees, or what changes how the rest is seen: a reader takes a text for another one.
fn unseen(source: &str, faults: &mut Vec<ConditionFault>) {
    for (line, text) in source.lines().enumerate() {
        for (column, character) in text.chars().enumerate().filter(|(_, it)| *it != '\t') {
            let mut utf8 = [0; 4];
            let Err(unseen) = permesso_names::check(character.encode_utf8(&mut utf8)) else {
                continue;
            };
            let number = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
            faults.push(ConditionFault {
                at: Position { line: number(line), column: number(column) },
                mistake: Mistake::Unseen(unseen),
                help: Some("delete it and write what stands around it again".to_owned()),
            });
        }
    }
}

/// What to do about a value that stands where something true or false has to.
pub(super) const COMPARE_EACH: &str = "compare each by itself, as in `resource.x == \"a\" || resource.x == \"b\"`, or write \
     `in [\"a\", \"b\"]` for one of several values; a function takes one at a time";

/// What can stand in what is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// One part.
    Nothing,
    /// Parts with commas between them.
    Several,
    /// One part, behind `in`: a list would stand in brackets.
    Among,
}

/// The words that were read last, as far as they say what the next one is doing there.
#[derive(Default)]
struct Before {
    last: Option<(Token, rhai::Position)>,
    last_but_one: Option<Token>,
    /// What is open.
    open: Vec<Open>,
    told: bool,
}

impl Before {
    /// Whether the next word shows that something is wrong, what, and where.
    fn is_wrong(&mut self, next: &Token, at: rhai::Position) -> Option<(rhai::Position, Advice)> {
        self.told = false;
        let closes = matches!(
            next,
            Token::EOF
                | Token::RightParen
                | Token::RightBracket
                | Token::Comma
                | Token::And
                | Token::Or
                | Token::EqualsTo
                | Token::NotEqualsTo
                | Token::LessThan
                | Token::LessThanEqualsTo
                | Token::GreaterThan
                | Token::GreaterThanEqualsTo
        );
        let number =
            matches!(self.last_but_one, Some(Token::IntegerConstant(_) | Token::FloatConstant(_)));
        let open = self.open.last().copied().unwrap_or(Open::Nothing);
        if *next == Token::Comma && open != Open::Several {
            self.told = true;
            let mistake = Mistake::Unexpected(",".to_owned());
            let help = match self.last {
                _ if open == Open::Among => foreign::BRACKETS,
                Some((Token::StringConstant(_), _)) => foreign::BRACKETS,
                _ => foreign::NO_COMMA,
            };
            return Some((at, (mistake, Some(help))));
        }
        let (last, place) = self.last.as_ref()?;
        if *last == Token::Modulo && number && closes {
            return Some((*place, foreign::percent()));
        }
        let behind = place.position().zip(at.position()).map(|(last, next)| next - last.min(next));
        let close = place.line() == at.line() && behind == Some(1);
        if let Some(advice) = foreign::pair(last, next, close) {
            self.told = true;
            return Some((*place, advice));
        }
        None
    }

    /// Whether a number was read last.
    fn is_number(&self) -> bool {
        matches!(self.last, Some((Token::IntegerConstant(_) | Token::FloatConstant(_), _)))
    }

    /// Whether what is wrong with the word was told already.
    fn is_told(&self) -> bool {
        self.told
    }

    fn note(&mut self, token: Token, at: rhai::Position) {
        match &token {
            Token::LeftBracket => self.open.push(Open::Several),
            Token::LeftParen => self.open.push(match &self.last {
                Some((Token::Identifier(_), _)) => Open::Several,
                Some((Token::In | Token::NotIn, _)) => Open::Among,
                _ => Open::Nothing,
            }),
            Token::RightBracket | Token::RightParen => {
                self.open.pop();
            }
            _ => {}
        }
        self.last_but_one = self.last.replace((token, at)).map(|(token, _)| token);
    }
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

/// What the reader of words says, in our words.
fn lex_fault(error: &LexError) -> Advice {
    match error {
        LexError::UnterminatedString => (Mistake::OpenText, Some("close it with `\"`")),
        LexError::MalformedChar(_) => {
            (Mistake::SingleQuotes, Some("replace the single quotes by double ones"))
        }
        LexError::StringTooLong(_) => (Mistake::TooLong("4,096 bytes"), None),
        LexError::MalformedNumber(number) => {
            (Mistake::NotANumber(number.clone()), Some("write digits only, as in `10000` or `2.5`"))
        }
        LexError::MalformedEscapeSequence(_) => {
            (Mistake::Escape, Some("write `\\\\` for a backslash and `\\\"` for a quote"))
        }
        LexError::UnexpectedInput(text) | LexError::MalformedIdentifier(text) => {
            foreign::character(text)
        }
        LexError::ImproperSymbol(symbol, _) => foreign::improper(symbol),
        _ => (Mistake::Unreadable, Some(ONE_EXPRESSION)),
    }
}

/// What the parser says, in our words.
pub(super) fn parse_fault(error: &ParseError, source: &str) -> ConditionFault {
    let (mistake, help) = match error.err_type() {
        ParseErrorType::UnexpectedEOF => {
            (Mistake::Incomplete, Some("write what follows, or delete the last operator"))
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(token)) => {
            (Mistake::Unexpected(token.clone()), Some(foreign::behind(token)))
        }
        ParseErrorType::BadInput(error) => lex_fault(error),
        ParseErrorType::UnknownOperator(operator) => {
            (Mistake::NotAllowed(format!("`{operator}`")), Some(ONE_EXPRESSION))
        }
        ParseErrorType::MissingToken(token, _) => {
            (Mistake::Expected(token.clone()), Some(foreign::missing(token)))
        }
        ParseErrorType::MismatchedType(..) => {
            (Mistake::NotBoolean("something else"), Some(COMPARE_EACH))
        }
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
