//! A look at the comments of a condition, and at what else the reader of words does not hand on.
//!
//! Comments are where a condition can lose a part without a trace. `/*` without its end takes
//! the rest of the text. `//` takes the rest of its line, and YAML folds lines into one, so that
//! a remark beside the first part of a condition becomes a remark about all the others: what was
//! to narrow a grant is gone. Neither is accepted where that may have happened.
//!
//! So are dates without quotes, which would be calculations: 2026-12-31 is 1983.
//!
//! Whole numbers in hexadecimal, octal or binary are looked at here as well: the reader of words
//! hands on their 64 bits, and the highest of them is a sign.

use super::fault::{ConditionFault, Mistake};
use super::foreign::{DATES, NO_COMMA};
use super::lexical::NO_WHOLE_NUMBER;
use crate::model::Position;
use std::str::Chars;

const OPEN: &str = "end the comment with `*/`";
const LINE: &str = "write the comment between `/*` and `*/`, or without operators on a line of its \
                    own above the condition; a text that YAML folds with `>` is one line, one \
                    after `|` keeps its lines";

/// What would join a part to the others, or make one of a remark.
const OPERATORS: [&str; 11] = ["&&", "||", "==", "!=", "<", ">", "+", "*", "%", " - ", " / "];

/// Looks at a condition.
///
/// # Errors
///
/// Every comment in which a part of the condition may have been lost, and every whole number
/// that is too large.
pub(super) fn check(source: &str) -> Result<(), Vec<ConditionFault>> {
    let mut reader = Reader { source, rest: source.chars(), at: Position { line: 1, column: 1 } };
    let mut faults = Vec::new();
    let mut last = None;
    while let Some(next) = reader.peek() {
        let at = reader.at;
        let mut fault = |mistake, help: &str| {
            faults.push(ConditionFault { at, mistake, help: Some(help.to_owned()) });
        };
        if reader.eat("//") {
            if reader.line_comment() {
                fault(Mistake::LineComment, LINE);
                last = None;
            } else {
                last = Some(at);
            }
            continue;
        }
        if reader.eat("/*") {
            if !reader.block_comment() {
                fault(Mistake::OpenComment, OPEN);
            }
            continue;
        }
        if !next.is_whitespace() {
            last = None;
        }
        match next {
            '"' | '`' => {
                // Whatever is wrong with a text is said where words are read.
                if !reader.text(next) {
                    break;
                }
            }
            // A text that needs no `\`, which has rules of its own.
            '#' => {
                let what = Mistake::NotAllowed("`#`".to_owned());
                fault(what, "write a text between double quotes, and a comment after `/*`");
                break;
            }
            // There is none of these in a condition, which is said where words are read if it
            // has a second one to end it.
            '\'' => {
                if reader.is_last_of_line('\'') {
                    let help = "write a text between double quotes, and a number without \
                                separators, as in `10000`";
                    fault(Mistake::SingleQuotes, help);
                }
                break;
            }
            '0'..='9' if reader.groups().is_some() => {
                let number = reader.groups().unwrap_or_default();
                fault(Mistake::NotANumber(number.to_owned()), NO_COMMA);
                reader.skip(|c| c.is_ascii_digit() || c == '.');
            }
            '0' if !reader.date() => {
                if reader.thousands() {
                    fault(Mistake::Unexpected(",".to_owned()), NO_COMMA);
                }
                if reader.radix() {
                    let what = Mistake::NotAllowed("a whole number as large as this".to_owned());
                    fault(what, NO_WHOLE_NUMBER);
                }
                reader.word();
            }
            '0'..='9' if reader.date() => {
                let what = Mistake::NotAllowed("a date without quotes".to_owned());
                fault(what, DATES);
                reader.skip(|c| c.is_alphanumeric() || "-./:+".contains(c));
            }
            next if next.is_alphanumeric() || next == '_' => reader.word(),
            _ => reader.advance(),
        }
    }
    if let Some(at) = last {
        faults.push(ConditionFault { at, mistake: Mistake::LineComment, help: Some(LINE.into()) });
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

struct Reader<'s> {
    source: &'s str,
    rest: Chars<'s>,
    at: Position,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn advance(&mut self) {
        match self.rest.next() {
            Some('\n') => {
                self.at = Position { line: self.at.line.saturating_add(1), column: 1 };
            }
            Some(_) => self.at.column = self.at.column.saturating_add(1),
            None => {}
        }
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.as_str().starts_with(text);
        if found {
            text.chars().for_each(|_| self.advance());
        }
        found
    }

    fn skip(&mut self, among: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&among) {
            self.advance();
        }
    }

    fn word(&mut self) {
        self.skip(|c| c.is_alphanumeric() || c == '_');
    }

    fn is_last_of_line(&self, sign: char) -> bool {
        let line = self.rest.as_str().split('\n').next().unwrap_or_default();
        line.matches(sign).count() == 1
    }

    /// Passes the rest of a line, and says whether anything in it looks like a part.
    fn line_comment(&mut self) -> bool {
        let rest = self.rest.as_str();
        let line = rest.split(['\n', '\r']).next().unwrap_or(rest);
        self.skip(|c| c != '\n' && c != '\r');
        OPERATORS.iter().any(|operator| line.contains(operator))
    }

    /// Passes a comment, with those within it, and says whether it ends.
    fn block_comment(&mut self) -> bool {
        let mut within = 1_usize;
        while within > 0 {
            if self.eat("/*") {
                within = within.saturating_add(1);
            } else if self.eat("*/") {
                within = within.saturating_sub(1);
            } else if self.peek().is_some() {
                self.advance();
            } else {
                return false;
            }
        }
        true
    }

    /// Passes a text, and says whether it ends.
    fn text(&mut self, quote: char) -> bool {
        self.advance();
        while let Some(next) = self.peek() {
            let ends = quote == '"' && next == '\n';
            if ends || quote == '`' && self.rest.as_str().starts_with("${") {
                return false;
            }
            self.advance();
            if next == quote {
                return true;
            }
            if next == '\\' && quote == '"' {
                self.advance();
            }
        }
        false
    }

    /// Whether three digits begin here that a comma divides from others, as in `10,000`. In a
    /// list these would be two numbers.
    fn thousands(&self) -> bool {
        let digit = |c: char| c.is_ascii_digit();
        let rest = self.rest.as_str();
        let before = self.source.strip_suffix(rest).and_then(|before| before.strip_suffix(','));
        before.is_some_and(|before| before.ends_with(digit))
            && rest.split(|c| !digit(c)).next().is_some_and(|digits| digits.len() == 3)
    }

    /// Whether a date begins here, as `2026-12-31` or `31.12.2026`, which would be a calculation.
    fn date(&self) -> bool {
        let rest = self.rest.as_str();
        let before = self.source.strip_suffix(rest).unwrap_or_default();
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
            return false;
        }
        let date = rest.split(|c: char| !c.is_ascii_digit() && !"-./".contains(c)).next();
        let date = date.unwrap_or_default();
        ['-', '.', '/'].into_iter().any(|sign| {
            let lengths: Vec<_> = date.split(sign).map(str::len).collect();
            let digits = date.chars().all(|c| c.is_ascii_digit() || c == sign);
            digits && matches!(lengths[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
        })
    }

    /// A number with a point before every three digits, as in `1.000.000`.
    fn groups(&self) -> Option<&str> {
        let rest = self.rest.as_str();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest.get(..end)?;
        let mut groups = number.split('.');
        let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
        (first && groups.clone().count() > 1 && groups.all(|group| group.len() == 3))
            .then_some(number)
    }

    /// Passes a whole number that is not decimal, and says whether it is beyond 64 bits.
    fn radix(&mut self) -> bool {
        self.advance();
        self.skip(|c| c == '_');
        let radix = match self.peek() {
            Some('x' | 'X') => 16,
            Some('o' | 'O') => 8,
            Some('b' | 'B') => 2,
            _ => return false,
        };
        self.advance();
        let mut number = Some(0_i64);
        while let Some(next) = self.peek() {
            match next.to_digit(radix) {
                Some(digit) => {
                    number = number
                        .and_then(|number| number.checked_mul(i64::from(radix)))
                        .and_then(|number| number.checked_add(i64::from(digit)));
                }
                None if next == '_' => {}
                None => break,
            }
            self.advance();
        }
        number.is_none()
    }
}
