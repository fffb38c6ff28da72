//! What conditions may read here, and what they then find.
//!
//! A value follows from a seed and its path, not from the condition: while a condition that
//! fails is made smaller, what it reads stays as it is.

use crate::random::{Random, mix};
use permesso_engine::condition::{
    AttributeDeclarations, AttributeSchema, AttributeType, ConditionEngine,
};
use permesso_engine::model::{Attributes, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The engine that is tried.
pub static ENGINE: LazyLock<ConditionEngine> = LazyLock::new(ConditionEngine::new);

/// What a catalog declares.
const DECLARED: [(&str, AttributeType); 32] = {
    use AttributeType::{Boolean, Decimal, Instant, Integer, Text, Texts};
    [
        ("resource.amount", Integer),
        ("resource.limit", Integer),
        ("resource.a.b.c.d.e", Integer),
        ("resource.rate", Decimal),
        ("resource.score", Decimal),
        ("resource.shared", Boolean),
        ("resource.archived", Boolean),
        ("resource.default", Boolean),
        ("resource.owner", Text),
        ("resource.title", Text),
        ("resource.stage", Text),
        ("resource.address.city", Text),
        ("resource.address.country", Text),
        ("resource.labels", Texts),
        ("resource.parts", Texts),
        ("resource.created", Instant),
        ("resource.due", Instant),
        ("context.ip", Text),
        ("context.device", Text),
        ("context.hops", Texts),
        ("context.mfa", Boolean),
        ("context.risk", Decimal),
        ("context.tries", Integer),
        ("context.at", Instant),
        ("subject.billing", Text),
        ("subject.level", Integer),
        ("subject.quota", Integer),
        ("subject.regions", Texts),
        ("subject.hired", Instant),
        ("subject.rating", Decimal),
        ("subject.external", Boolean),
        ("subject.public", Boolean),
    ]
};

/// What conditions may read.
pub static SCHEMA: LazyLock<AttributeSchema> = LazyLock::new(|| {
    let mut declared = AttributeDeclarations::default();
    for (path, kind) in DECLARED {
        // A path that cannot be declared would be missing below, where a test looks for it.
        let _ = declared.declare(path, kind);
    }
    AttributeSchema::new(&declared)
        .with_permissions(["doc.read", "doc.write", "report.export", "not-writable"])
        .with_values("resource.kind", ["lead", "deal", "note"])
        .with_values("resource.stage", ["new", "won", "lost"])
});

/// The paths of a type.
#[must_use]
pub fn paths(kind: AttributeType) -> Vec<&'static str> {
    SCHEMA.iter().filter(|(_, other)| *other == kind).map(|(path, _)| path).collect()
}

/// Texts that conditions and values share, so that they meet.
pub const TEXTS: [&str; 24] = [
    "",
    "a",
    "b",
    "lead",
    "deal",
    "note",
    "new",
    "won",
    "lost",
    "manager",
    "sales",
    "sales/east",
    "vip",
    "ann",
    "Rome",
    "Über-Deal",
    "active",
    "accepted",
    "10.1.2.3",
    "10.0.0.0",
    "2001:db8::7",
    "::ffff:10.1.2.3",
    "日本",
    "a\u{301}🙂",
];

/// Numbers that conditions and values share.
pub const NUMBERS: [i64; 14] = [
    0,
    1,
    -1,
    2,
    5,
    7,
    24,
    100,
    900,
    86_400_000,
    4_294_967_296,
    9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
];

static HUGE_TEXT: LazyLock<Value<'static>> =
    LazyLock::new(|| Value::Text(Cow::Owned("x".repeat(3_000_000))));
static HUGE_LIST: LazyLock<Value<'static>> =
    LazyLock::new(|| Value::List(vec![Value::text("some label"); 200_000]));
/// As large as conditions read.
static FULL_TEXT: LazyLock<Value<'static>> =
    LazyLock::new(|| Value::Text(Cow::Owned("ab".repeat(2_048))));
static FULL_LIST: LazyLock<Value<'static>> = LazyLock::new(|| {
    Value::List((0..1_000).map(|n| Value::Text(format!("{n:0>60}").into())).collect())
});
static LONG_TEXTS: LazyLock<Value<'static>> =
    LazyLock::new(|| Value::List(vec![Value::text("y".repeat(4_096)); 16]));

/// How far the values of a world are what was declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    /// All are there and of the right type.
    Good,
    /// All are there, of the right type and as large as they may be.
    Full,
    /// Most are.
    Mixed,
    /// Anything may be anything.
    Wild,
}

impl Temper {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Good, Self::Full, Self::Mixed, Self::Wild];
}

/// The values that a condition finds.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// What they follow from.
    pub seed: u64,
    /// What they are like.
    pub temper: Temper,
}

/// A value of a world.
pub type Found = Option<Cow<'static, Value<'static>>>;

impl World {
    /// The value at a path.
    #[must_use]
    pub fn value(&self, path: &str) -> Found {
        let hash = path.bytes().fold(self.seed, |hash, byte| mix(hash ^ u64::from(byte)));
        let mut random = Random::new(hash);
        // Not every permission that can be asked for can be written as a path.
        let held = path.starts_with("subject.holds.").then_some(AttributeType::Boolean);
        let kind = SCHEMA.kind(path).or(held)?;
        match (self.temper, random.below(100)) {
            (Temper::Good, _) | (Temper::Mixed, 0..85) => Some(right(kind, path, &mut random)),
            (Temper::Full, _) => Some(full(kind, &mut random)),
            (Temper::Mixed, 85..90) | (Temper::Wild, 0..15) => None,
            _ => Some(any(&mut random)),
        }
    }
}

fn owned(value: Value<'static>) -> Cow<'static, Value<'static>> {
    Cow::Owned(value)
}

fn full(kind: AttributeType, random: &mut Random) -> Cow<'static, Value<'static>> {
    match kind {
        AttributeType::Text => Cow::Borrowed(&*FULL_TEXT),
        AttributeType::Texts if random.chance(50) => Cow::Borrowed(&*LONG_TEXTS),
        AttributeType::Texts => Cow::Borrowed(&*FULL_LIST),
        AttributeType::Integer => owned(Value::Int(if random.chance(50) { i64::MAX } else { 0 })),
        AttributeType::Decimal => owned(Value::Float(f64::MAX)),
        kind => right(kind, "", random),
    }
}

fn right(kind: AttributeType, path: &str, random: &mut Random) -> Cow<'static, Value<'static>> {
    owned(match kind {
        AttributeType::Boolean => Value::Bool(random.chance(50)),
        AttributeType::Integer => Value::Int(integer(random)),
        AttributeType::Decimal if random.chance(30) => Value::Int(integer(random)),
        AttributeType::Decimal => Value::Float(decimal(random)),
        AttributeType::Text if path == "context.ip" && random.chance(80) => {
            Value::text(random.name(&["10.1.2.3", "10.0.0.0", "2001:db8::7", "192.168.0.9"]))
        }
        AttributeType::Text => Value::text(text(random)),
        AttributeType::Texts if random.chance(10) => Value::text(text(random)),
        AttributeType::Texts => {
            let items = random.below(6);
            Value::List((0..items).map(|_| Value::text(text(random))).collect())
        }
        // No condition reads it.
        AttributeType::Any => Value::Null,
        AttributeType::Instant => Value::Int(instant(random)),
    })
}

fn any(random: &mut Random) -> Cow<'static, Value<'static>> {
    owned(match random.below(14) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => Value::Int(integer(random)),
        3 => Value::Float(decimal(random)),
        4 => Value::Float(f64::NAN),
        5 => Value::Float(f64::NEG_INFINITY),
        6 => Value::text(text(random)),
        7 => Value::List(vec![Value::text("a"), Value::Int(1), Value::Null]),
        8 => Value::List(vec![Value::List(vec![Value::List(Vec::new())])]),
        9 => Value::Map(Attributes::from_iter([("city", Value::text("Rome"))])),
        10 => return Cow::Borrowed(&*HUGE_TEXT),
        11 => return Cow::Borrowed(&*HUGE_LIST),
        12 => return Cow::Borrowed(&*FULL_LIST),
        _ => Value::Int(random.bits().cast_signed()),
    })
}

fn integer(random: &mut Random) -> i64 {
    match random.below(3) {
        0 => random.pick(&NUMBERS).unwrap_or_default(),
        1 => i64::try_from(random.below(2_000)).unwrap_or_default() - 1_000,
        _ => random.bits().cast_signed() >> random.below(64),
    }
}

fn decimal(random: &mut Random) -> f64 {
    let small = f64::from(u32::try_from(random.below(4_000)).unwrap_or_default()) / 1_000.0;
    let edges = [0.0, -0.0, 1.0, 0.1 + 0.2, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e-300];
    if random.chance(60) { small - 2.0 } else { random.pick(&edges).unwrap_or_default() }
}

fn text(random: &mut Random) -> String {
    if random.chance(95) {
        return random.name(&TEXTS);
    }
    "long ".repeat(random.below(800))
}

/// 2015-01-01.
const FIRST: i64 = 1_420_070_400_000;
/// Thirty years.
const SPAN: usize = 946_728_000_000;
/// The first and the last millisecond that calendars know.
pub(crate) const CALENDAR: [i64; 2] = [-377_705_023_201_000, 253_402_207_200_999];

/// An instant: mostly of these days, at times at an edge of the calendar.
pub fn instant(random: &mut Random) -> i64 {
    let these_days = FIRST + i64::try_from(random.below(SPAN)).unwrap_or_default();
    match random.below(20) {
        0 => random.pick(&CALENDAR).unwrap_or_default(),
        1 => 0,
        // At a full hour, and beside it.
        2..8 => {
            let beside = random.pick(&[-1, 0, 1]).unwrap_or_default();
            these_days - these_days % 3_600_000 + beside
        }
        _ => these_days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_declared_is_in_the_schema_and_has_a_value() {
        let good = World { seed: 1, temper: Temper::Good };
        for (path, kind) in DECLARED {
            assert_eq!(SCHEMA.kind(path), Some(kind), "{path}");
            assert!(good.value(path).is_some());
        }
        assert!(SCHEMA.kind("subject.holds.report.export").is_some());
        assert!(good.value("subject.nothing").is_none());
    }

    #[test]
    fn a_value_follows_from_the_seed_and_the_path() {
        let world = |seed| World { seed, temper: Temper::Good };
        assert_eq!(world(7).value("resource.amount"), world(7).value("resource.amount"));
        let values = (0..20).map(|seed| world(seed).value("resource.amount")).collect::<Vec<_>>();
        assert!(values.iter().any(|value| *value != values[0]));
    }
}
