//! Words in any order, most of all those that are dangerous somewhere.

use crate::random::Random;
use crate::world::{SCHEMA, TEXTS};

pub(super) fn text(random: &mut Random) -> String {
    // Beginning as a condition does gets past the first words more often.
    let mut source = if random.chance(40) { random.name(&BEGINNINGS) } else { String::new() };
    let space = random.name(&["", " ", " ", "\n"]);
    let words = if random.chance(5) { random.below(700) } else { random.below(25) };
    let word = if random.chance(50) { native } else { word };
    for _ in 0..words {
        source.push_str(&space);
        source.push_str(&word(random));
    }
    source
}

/// A word that conditions have.
fn native(random: &mut Random) -> String {
    match random.below(14) {
        0..5 => path(random),
        5..10 => random.name(OPERATORS.get(..NATIVE_OPERATORS).unwrap_or_default()),
        10 => random.name(&FUNCTIONS),
        11 => number(random),
        12 => random.name(&["true", "[1, 2]", "[\"a\", \"b\"]", "days(3)", "has_role(\"a\")"]),
        _ => format!("\"{}\"", random.name(&TEXTS)),
    }
}

/// One word, or a few that belong together.
pub(super) fn word(random: &mut Random) -> String {
    match random.below(20) {
        0..4 => path(random),
        4..8 => random.name(&OPERATORS),
        8..10 => random.name(&FUNCTIONS),
        10..12 => number(random),
        12..14 => format!("\"{}\"", random.name(&TEXTS)),
        14 => random.name(&LITERALS),
        15..18 => random.name(&FOREIGN),
        18 => random.name(&CALLS),
        _ => large(random),
    }
}

pub(super) fn path(random: &mut Random) -> String {
    let paths: Vec<&str> = SCHEMA.iter().map(|(path, _)| path).collect();
    random.name(&paths)
}

pub(super) fn number(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.name(&NUMBERS),
        1 => format!("{}", random.bits().cast_signed() >> random.below(64)),
        2 => format!("{:e}", f64::from_bits(random.bits())),
        _ => random.below(100).to_string(),
    }
}

/// Something long, or deep, or both.
pub(super) fn large(random: &mut Random) -> String {
    let n = match random.below(3) {
        0 => random.below(40),
        1 => random.below(600),
        _ => random.below(4_200),
    };
    let twice = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(n), close.repeat(n))
    };
    match random.below(16) {
        0 => twice("(", "resource.shared", ")"),
        1 => twice("[", "1", "]"),
        2 => twice("!(", "resource.shared", ")"),
        3 => "!".repeat(n),
        4 => "-".repeat(n),
        5 => twice("days(", "1", ")"),
        6 => format!("\"{}\"", "x".repeat(n)),
        7 => "name".repeat(n),
        8 => format!("resource{}", ".a".repeat(n)),
        9 => format!("resource.amount in [{}1]", "1, ".repeat(n)),
        10 => format!("resource.owner in [{}subject.id]", "\"a\", ".repeat(n)),
        11 => format!("{}true", "resource.shared || ".repeat(n)),
        12 => "9".repeat(n),
        13 => "/*".repeat(n),
        14 => format!("hour_in(now, 9, 18, \"{}\")", "Nowhere/".repeat(n / 8)),
        _ => "`${".repeat(n),
    }
}

const BEGINNINGS: [&str; 8] = [
    "resource.shared &&",
    "resource.shared ||",
    "resource.amount >",
    "resource.owner in [",
    "!(",
    "now >",
    "\"a\" in",
    "resource.title ==",
];

/// How many of the operators conditions have.
const NATIVE_OPERATORS: usize = 21;

const OPERATORS: [&str; 40] = [
    "==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "+", "-", "*", "/", "%", "in", "!in", "(",
    ")", "[", "]", ",", ".", "=", "+=", "&", "|", "^", "**", "<<", "..", "..=", "??", "?.", "?[",
    "=>", "::", ":", ";", "{", "}",
];

const FUNCTIONS: [&str; 17] = [
    "subject.holds(",
    "contains(",
    "starts_with(",
    "ends_with(",
    "in_cidr(",
    "hour_in(",
    "weekday_in(",
    "has_role(",
    "has_tag(",
    "in_team(",
    "instant(",
    "days(",
    "hours(",
    "minutes(",
    ".contains(",
    ".starts_with(",
    ".ends_with(",
];

const LITERALS: [&str; 18] = [
    "true",
    "false",
    "()",
    "'a'",
    "'\\u1F600'",
    "\"\\x41\\u00e9\\U0001F600\"",
    "\"\\q\"",
    "\"open",
    "#{a: 1}",
    "#{}",
    "[]",
    "[\"a\", 1]",
    "`text`",
    "`${resource.title}`",
    "`${`${`${1}`}`}`",
    "[1, 2]",
    "[\"10.0.0.0/8\"]",
    "0x",
];

const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "0.0",
    "-0.0",
    "1.",
    "1e308",
    "1e999",
    "-1e999",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "0xffffffffffffffff",
    "0b1",
    "0o7",
    "1_000",
    "1__0",
    "0.1e+1",
    "106751991167",
    "153722867280912",
];

const FOREIGN: [&str; 72] = [
    "let",
    "const",
    "if",
    "else",
    "switch",
    "do",
    "while",
    "until",
    "loop",
    "for",
    "continue",
    "break",
    "return",
    "throw",
    "try",
    "catch",
    "fn",
    "private",
    "import",
    "export",
    "as",
    "global",
    "this",
    "static",
    "shared",
    "goto",
    "exit",
    "match",
    "case",
    "public",
    "protected",
    "new",
    "use",
    "module",
    "package",
    "var",
    "with",
    "is",
    "thread",
    "go",
    "spawn",
    "yield",
    "async",
    "await",
    "sync",
    "default",
    "void",
    "null",
    "nil",
    "and",
    "or",
    "not",
    "Fn",
    "call",
    "curry",
    "eval",
    "type_of",
    "print",
    "debug",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "|x|",
    "||",
    "/*",
    "*/",
    "//",
    "#!",
    "@",
    "$",
    "~",
    "\\",
];

const CALLS: [&str; 28] = [
    "eval(\"true\")",
    "eval(resource.title)",
    "sleep(10)",
    "sleep(3600)",
    "print(\"x\")",
    "debug(now)",
    "timestamp()",
    "exit()",
    "rand()",
    "parse_json(\"{}\")",
    "import \"x\" as y;",
    "resource.title.pad(200000000, \"x\")",
    "\"a\".pad(200000000, \"x\")",
    "resource.title + resource.title",
    "resource.labels + resource.labels",
    "resource.labels.push(\"x\")",
    "resource.title.split()",
    "range(0, 1000000000)",
    "(0..1000000000).to_array()",
    "Fn(\"eval\").call(\"true\")",
    "call(|x| x)",
    "(|x| x).call(1)",
    "let x = 0; loop { x += 1; }",
    "while true {}",
    "for i in 0..1000000000 {}",
    "fn f(n) { f(n + 1) } f(0)",
    "if true { true } else { false }",
    "contains!(resource.labels, \"x\")",
];
