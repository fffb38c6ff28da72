//! Words and signs that people bring along from forms, spreadsheets, databases and other
//! languages, and what to write in their place.

use super::fault::Mistake;
use rhai::Token;

/// What is wrong, and what to do about it.
pub(super) type Advice = (Mistake, Option<&'static str>);

pub(super) const ONE_EXPRESSION: &str = "a condition is one statement that is true or false; combine comparisons with `&&`, `||` and `!`";
/// What to do about a time of day.
pub(super) const HOURS: &str = "write `hour_in(now, 9, 18, \"Europe/Rome\")` for hours of the \
                                day, with minutes as in `\"8:30\"`, and \
                                `instant(\"2026-07-01T09:00:00Z\")` for a moment";
/// What to do about a date.
pub(super) const DATES: &str = "write `date(\"2026-07-01\", \"Europe/Rome\")` for the beginning of \
                                a day there, and `instant(\"2026-07-01T09:00:00Z\")` for a moment";
const STRAIGHT: &str = "write straight quotes before and behind a text: `\"...\"`";
const LIKE: &str =
    "write `contains(text, part)`, `starts_with(text, start)` or `ends_with(text, end)`";
const TWO_COMPARISONS: &str = "write two comparisons: `1 <= resource.x && resource.x <= 10`";
const DOUBLE_QUOTES: &str = "write it between double quotes";
/// What to do where a number was written in groups or where several values stand side by side.
pub(super) const NO_COMMA: &str = "write a number without separators, as in `10000` or `2.5`, and \
                                   one of several values as `in [1, 2]`";

/// What to do where several texts stand side by side.
pub(super) const BRACKETS: &str = "a list stands in brackets: `in [\"a\", \"b\"]`";

fn refused(what: &str, help: &'static str) -> Advice {
    (Mistake::NotAllowed(format!("`{what}`")), Some(help))
}

/// What is wrong with a name that is a word of another language.
pub(super) fn word(name: &str) -> Option<Advice> {
    let help = match name.to_ascii_lowercase().as_str() {
        "and" | "und" | "et" => "write `&&` for both",
        "or" | "oder" | "ou" => "write `||` for at least one",
        "xor" => "write `!=` between two parts for exactly one of them",
        "not" | "nicht" | "non" => "write `!` before what must not hold",
        "is" | "isnt" | "are" | "ist" | "est" => {
            "write `==` to compare, and `!=` for what it is not"
        }
        "equal" | "equals" | "eq" => "write `==` to compare",
        "ne" | "neq" => "write `!=` to compare",
        "between" => TWO_COMPARISONS,
        "than" | "greater" | "less" | "least" | "most" | "gt" | "gte" | "lt" | "lte" => {
            "write `>`, `>=`, `<` or `<=` to compare"
        }
        "today" | "yesterday" | "tomorrow" => DATES,
        "me" | "myself" => "write `subject.id` for whoever asks",
        "then" | "when" | "where" => ONE_EXPRESSION,
        "yes" | "no" | "on" | "off" => "write `true` or `false`, or the attribute alone",
        "unless" | "except" => "write `&& !` before what must not hold",
        "any" | "all" | "each" | "every" => {
            "write `x in [...]` for one value of several, and `overlaps(one, other)` for lists that \
             have something in common"
        }
        "of" => "write `resource.x * 0.1` for 10% of it",
        "like" | "matches" => LIKE,
        "null" | "nil" | "none" | "undefined" | "missing" | "empty" => {
            "write `!is_set(resource.x)` for what is missing, and `is_set(resource.x)` for what is \
             not"
        }
        lower @ ("true" | "false") if lower != name => "write `true` or `false`, in small letters",
        "in" if name != "in" => "write `in`, in small letters",
        _ => return None,
    };
    Some(refused(name, help))
}

/// What conditions call what other places call so.
pub(super) fn root(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "user" | "me" | "principal" | "actor" | "caller" | "account" | "self" | "this" => "subject",
        "record" | "object" | "item" | "document" | "entity" | "target" => "resource",
        "request" | "env" | "environment" | "ctx" => "context",
        _ => return None,
    })
}

/// What to write for a function that only other languages have.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let name: String = name.chars().filter(|c| *c != '_').collect();
    Some(match name.to_ascii_lowercase().as_str() {
        "lowercase" | "tolower" | "tolowercase" | "lcase" | "casefold" | "upper" | "uppercase"
        | "toupper" | "touppercase" | "ucase" | "ignorecase" | "equalsignorecase" | "iequals"
        | "ilike" => {
            "write `lower(resource.city) == \"rome\"` where capital and small letters are the same"
        }
        "intersects" | "intersect" | "intersection" | "containsany" | "anyof" | "hasany"
        | "any" | "anyin" | "incommon" | "disjoint" => {
            "write `overlaps(subject.teams, resource.teams)` for lists that have something in common"
        }
        "containsall" | "allof" | "hasall" | "subset" | "issubset" | "all" => {
            "write `\"a\" in resource.x && \"b\" in resource.x` for all of them"
        }
        "isnull" | "notnull" | "isnotnull" | "isset" | "exists" | "isempty" | "empty"
        | "defined" | "isdefined" | "ispresent" | "present" | "isblank" | "isnone" => {
            "write `is_set(resource.x)` for what is there, and `!is_set(resource.x)` for what is not"
        }
        "has" | "hasvalue" | "contain" | "member" | "in" | "oneof" => {
            "write `\"a\" in resource.x` to look into a list, and `resource.x in [\"a\", \"b\"]` for one \
             value of several"
        }
        "holds" | "can" | "may" | "allowed" | "isallowed" | "haspermission" | "permission"
        | "hasright" | "may_do" => {
            "write `subject.holds(\"invoice.approve\")` for a permission that is held"
        }
        "role" | "isrole" | "inrole" | "memberof" | "ismember" | "ingroup" | "hasteam" => {
            "write `has_role(\"manager\")`, `in_team(\"sales/east\")` or `has_tag(\"vip\")`"
        }
        "coalesce" | "ifnull" | "nvl" | "default" | "isnullor" => {
            "write `(resource.amount ?? 0)` for 0 where it is missing"
        }
        "now" | "today" | "timestamp" | "datetime" | "currentdate" | "currenttime" | "todate"
        | "getdate" | "dateadd" | "datediff" => {
            "`now` is the moment, `date(\"2026-07-01\", \"Europe/Rome\")` the beginning of a day, and \
             `days(30)` a length of time"
        }
        "hour" | "time" | "timein" | "hoursin" | "timebetween" => HOURS,
        "weekday" | "dayofweek" | "dayin" | "daysin" => {
            "write `weekday_in(now, \"mon-fri\", \"Europe/Rome\")`"
        }
        "year" | "month" | "day" | "datebetween" | "datesin" => {
            "write `date_in(now, \"2026-12-24\", \"2027-01-06\", \"Europe/Rome\")`, both days included"
        }
        "like" | "matches" | "match" | "regex" | "regexp" | "substring" | "substr" | "indexof"
        | "includes" | "startswith" | "beginswith" | "endswith" => LIKE,
        "not" => "write `!` before what must not hold",
        "and" => "write `&&` for both",
        "or" => "write `||` for at least one",
        "len" | "length" | "size" | "count" => {
            "conditions do not count; write `x in [...]` or `overlaps(one, other)`"
        }
        _ => return None,
    })
}

/// What is wrong with two signs that stand side by side, if the second does not end the first.
pub(super) fn pair(first: &Token, second: &Token, close: bool) -> Option<Advice> {
    let help = match (first, second) {
        (Token::LessThan, Token::GreaterThan) => "write `!=` to compare",
        (Token::Equals, Token::LessThan) => "write `<=` for at most",
        (Token::Equals, Token::GreaterThan) => "write `>=` for at least",
        (Token::Equals, Token::Bang) => "write `!=` to compare",
        (Token::LessThan, Token::Equals) => "write `<=` without a space in it",
        (Token::GreaterThan, Token::Equals) => "write `>=` without a space in it",
        (Token::Bang, Token::Equals) => "write `!=` without a space in it",
        (Token::Equals, Token::Equals) => "write `==` without a space in it",
        _ => return None,
    };
    let between = if close { "" } else { " " };
    Some(refused(&format!("{first}{between}{second}"), help))
}

/// What is wrong with `%` that stands behind a number and before nothing.
pub(super) fn percent() -> Advice {
    let help = "write a share as a decimal, as in `0.1` for 10%; `%` alone is what is left of a \
                division";
    refused("%", help)
}

/// What is wrong with a sign that conditions do not have.
pub(super) fn sign(token: &Token) -> Option<Advice> {
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
        Token::Ampersand => refused("&", "write `&&` for both"),
        Token::Pipe => refused("|", "write `||` for at least one"),
        Token::CharConstant(_) => {
            (Mistake::SingleQuotes, Some("replace the single quotes by double ones"))
        }
        Token::DoubleArrow => refused("=>", "write `>=` for at least"),
        Token::Colon => refused(":", HOURS),
        Token::ExclusiveRange | Token::InclusiveRange => {
            refused(&token.to_string(), TWO_COMPARISONS)
        }
        Token::PowerOf => refused("**", "write `x * x` for a square"),
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
        | Token::DoubleColon
        | Token::Underscore
        | Token::Elvis
        | Token::QuestionBracket
        | Token::LeftShift
        | Token::RightShift
        | Token::XOr => (Mistake::NotAllowed(format!("`{token}`")), Some(ONE_EXPRESSION)),
        Token::Reserved(word) => improper(word),
        _ => return None,
    })
}

/// What is wrong with a symbol that only other languages have.
pub(super) fn improper(symbol: &str) -> Advice {
    let help = match symbol {
        "===" | ":=" => "write `==` to compare",
        "!==" | "<>" => "write `!=` to compare",
        "<-" => "write `<` and the number behind it with a space between them",
        "->" => "write `>` or `>=` to compare, and a dot before the name of an attribute",
        "|>" | "<|" => "write `>`, `>=`, `<` or `<=` to compare",
        "$" => {
            "write the number alone, without a unit or a currency, and an attribute without a sign"
        }
        "?" => {
            "write `(resource.amount ?? 0)` for 0 where it is missing; a condition does not choose"
        }
        "~" | "=~" | "!~" => LIKE,
        "(*" | "*)" | "--" | "#" => "write a comment between `/*` and `*/`",
        _ => ONE_EXPRESSION,
    };
    refused(symbol, help)
}

/// What to do about a unit behind a number.
pub(super) const NO_UNIT: &str = "write the number alone, without a unit or a currency";

/// What comes along unseen where text is copied from elsewhere.
const HIDDEN: [char; 7] =
    ['\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}'];

/// What is wrong with what no word begins with.
pub(super) fn character(text: &str) -> Advice {
    let help = match text.chars().next() {
        Some('“' | '”' | '„' | '‟' | '«' | '»' | '‘' | '’' | '‚' | '‹' | '›' | '″') => {
            STRAIGHT
        }
        Some('€' | '£' | '¥' | '¢' | '₹' | '₽' | '₺' | '₩' | '°' | '‰') => NO_UNIT,
        Some(hidden) if hidden.is_whitespace() || HIDDEN.contains(&hidden) => {
            "it cannot be seen; delete it, and write a space where one belongs"
        }
        Some('≤' | '⩽') => "write `<=` for at most",
        Some('≥' | '⩾') => "write `>=` for at least",
        Some('≠') => "write `!=` to compare",
        Some('×' | '·' | '∙') => "write `*` to multiply",
        Some('÷') => "write `/` to divide",
        Some('−' | '–' | '—') => "write `-`, the short line, to take away",
        Some('∧') => "write `&&` for both",
        Some('∨') => "write `||` for at least one",
        Some('¬') => "write `!` before what must not hold",
        _ => "delete it, or put it into a text between double quotes",
    };
    (Mistake::Unexpected(text.to_owned()), Some(help))
}

/// What to do about something that stands behind a part that was complete without it.
pub(super) fn behind(token: &str) -> &'static str {
    match token {
        "," => NO_COMMA,
        "." => "write `0.5` for `.5`",
        "&&" | "||" => "write a part before it, or delete it",
        ")" | "]" => "delete it, or write what it closes before it",
        "contains" | "starts_with" | "ends_with" | "in_cidr" | "hour_in" | "weekday_in"
        | "date_in" | "overlaps" | "lower" => {
            "write a function before what it is about, as in `contains(text, part)`"
        }
        "<" | "<=" | ">" | ">=" => TWO_COMPARISONS,
        "==" | "!=" => {
            "write what is compared before it each time, as in \
             `resource.x != \"a\" && resource.x != \"b\"`, or write `!in [\"a\", \"b\"]`"
        }
        "day" | "days" | "hour" | "hours" | "minute" | "minutes" | "week" | "weeks" | "month"
        | "months" => "write `days(30)`, `hours(2)` or `minutes(15)` for a length of time",
        _ => {
            "put an operator such as `&&` or `==` before it, write it between double quotes if it \
             is part of a text, or delete it; a number has no unit and no spaces"
        }
    }
}

/// What to do where something that closes or separates is missing.
pub(super) fn missing(token: &str) -> &'static str {
    match token {
        ")" => "write `)` where what was opened with `(` ends, or delete that `(`",
        "]" => "write `]` where what was opened with `[` ends",
        "," => {
            "write `,` between two of them, and a text between double quotes; a number has no unit \
             and no spaces"
        }
        "\"" => DOUBLE_QUOTES,
        _ => ONE_EXPRESSION,
    }
}
