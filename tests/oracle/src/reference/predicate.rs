//! Predicates: what is compared with its like, and nothing else.

use super::Evaluator;
use permesso_engine::decision::Request;
use permesso_engine::model::{InputPath, Number, Predicate, Test, User, Value};

impl Evaluator<'_> {
    pub(super) fn holds_true(
        &self,
        predicate: &Predicate,
        user: &User,
        request: &Request<'_>,
    ) -> bool {
        match predicate {
            Predicate::All(parts) => parts.iter().all(|part| self.holds_true(part, user, request)),
            Predicate::Any(parts) => parts.iter().any(|part| self.holds_true(part, user, request)),
            Predicate::Compare { path, test } => {
                if let InputPath::ResourceAttribute(name) = path
                    && self.resembles(name, texts(test), request)
                {
                    return false;
                }
                let value = self.read(path, user, request, None);
                value.is_some_and(|value| passes(test, &value))
            }
            Predicate::Own(relations) => relations.iter().any(|relation| {
                let value = request.resource.attributes.at(relation);
                value.is_some_and(|value| value.names(&user.id))
            }),
        }
    }
}

/// The texts that a test is about.
fn texts(test: &Test) -> impl Iterator<Item = &str> {
    let all: Vec<&Value<'_>> = match test {
        Test::Is(it) | Test::IsNot(it) => vec![it],
        Test::In(some) => some.iter().collect(),
        Test::AtMost(_) | Test::AtLeast(_) | Test::Present => Vec::new(),
    };
    all.into_iter().filter_map(Value::as_str)
}

/// Whether a value passes. One of another type passes nothing.
fn passes(test: &Test, value: &Value<'_>) -> bool {
    match test {
        Test::Is(wanted) => of_one_type(value, wanted) && same(value, wanted),
        Test::IsNot(other) => {
            let plain = !matches!(value, Value::Null | Value::List(_) | Value::Map(_));
            plain && of_one_type(value, other) && !same(value, other)
        }
        Test::In(wanted) => wanted.iter().any(|it| of_one_type(value, it) && same(value, it)),
        Test::AtMost(limit) => twice(value).is_some_and(|it| it <= doubled(*limit)),
        Test::AtLeast(limit) => twice(value).is_some_and(|it| it >= doubled(*limit)),
        Test::Present => match value {
            Value::Null => false,
            Value::Text(text) => !text.trim().is_empty(),
            _ => true,
        },
    }
}

fn of_one_type(one: &Value<'_>, other: &Value<'_>) -> bool {
    let kind = |value: &Value<'_>| match value.type_name() {
        "decimal" => "integer",
        other => other,
    };
    kind(one) == kind(other)
}

fn same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (twice(one), twice(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// A number twice over: the worlds here hold whole ones, and halves, and 0.1.
fn twice(value: &Value<'_>) -> Option<Exact> {
    match value {
        Value::Int(number) => Some(doubled(Number::Whole(*number))),
        Value::Float(number) => Some(doubled(Number::Decimal(*number))),
        _ => None,
    }
}

/// A whole part, and what is left over.
type Exact = (i128, f64);

fn doubled(number: Number) -> Exact {
    match number {
        Number::Whole(number) => (i128::from(number) * 2, 0.0),
        Number::Decimal(number) => {
            let twice = number * 2.0;
            (twice.floor() as i128, twice - twice.floor())
        }
    }
}
