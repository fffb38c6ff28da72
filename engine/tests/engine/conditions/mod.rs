//! Conditions: what admins may write, what is said to them, and what never happens.

mod absent;
mod advice;
mod calendar;
mod decided;
mod folding;
mod held;
mod language;
mod lists;
mod lost;
mod numbers;
mod pitfalls;
mod properties;
mod unknown;

use crate::common;
use permesso_engine::condition::{
    AttributeDeclarations, AttributeSchema, Condition, ConditionEngine, ConditionError,
    ConditionTest, Mistake,
};
use permesso_engine::model::{Attributes, InputPath, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static ENGINE: LazyLock<ConditionEngine> = LazyLock::new(ConditionEngine::new);

static SCHEMA: LazyLock<AttributeSchema> = LazyLock::new(|| {
    let declared: AttributeDeclarations = serde_saphyr::from_str(
        "{resource.amount: integer, resource.limit: integer, resource.rate: decimal, resource.weight: decimal, \
         resource.shared: boolean, resource.owner: text, resource.title: text, \
         resource.labels: texts, resource.created: instant, resource.address.city: text, \
         resource.teams: texts, resource.due: instant, resource.region: text, context.ip: text, subject.billing: text, subject.level: integer}",
    )
    .unwrap();
    AttributeSchema::new(&declared)
        .with_permissions(["doc.read", "not-writable"])
        .with_values("resource.kind", ["lead", "deal"])
});

fn compile(source: &str) -> Condition {
    ENGINE.compile(source, &SCHEMA).unwrap_or_else(|faults| panic!("{source}: {faults:?}"))
}

/// What is said to somebody who writes this.
fn refused(source: &str) -> String {
    let mut text = String::new();
    for fault in ENGINE.compile(source, &SCHEMA).expect_err(source) {
        writeln!(text, "{fault}").unwrap();
    }
    text
}

fn mistakes(source: &str) -> Vec<Mistake> {
    let faults = ENGINE.compile(source, &SCHEMA).err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.mistake).collect()
}

fn evaluate(source: &str, inputs: &[(&str, Value<'_>)]) -> Result<bool, ConditionError> {
    let condition = compile(source);
    let inputs: Attributes<'_> = inputs.iter().map(|(p, v)| (*p, v.clone())).collect();
    condition.evaluate(|path| inputs.at(&path.to_string()).map(Cow::Borrowed))
}

fn holds(source: &str, inputs: &[(&str, Value<'_>)]) -> bool {
    evaluate(source, inputs).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn texts(items: &[&'static str]) -> Value<'static> {
    Value::List(items.iter().map(|item| Value::from(*item)).collect())
}

fn path(text: &str) -> InputPath {
    text.parse().unwrap()
}

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}
