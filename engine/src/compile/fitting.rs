//! Whether a comparison of a predicate can come out either way, by what is declared of the attribute.

use crate::diagnostic::suggest;
use crate::model::{AttributeType, Test, Value};
use crate::snapshot::Check;

/// Whether a comparison can hold of some value that is as declared.
pub(super) fn possible(test: &Test, check: &Check) -> bool {
    let fits = |value: &Value<'_>| {
        matches!(value, Value::Null) || (check.kind.accepts(value) && check.lists(value))
    };
    match test {
        // A question's own text of an instant is read as its milliseconds.
        Test::Is(Value::Text(_)) | Test::IsNot(Value::Text(_))
            if check.kind == AttributeType::Instant =>
        {
            false
        }
        Test::In(values)
            if check.kind == AttributeType::Instant
                && values.iter().any(|value| matches!(value, Value::Text(_))) =>
        {
            false
        }
        Test::AtMost(limit) | Test::AtLeast(limit) if check.kind == AttributeType::Instant => {
            Value::from(*limit).instant().is_some()
        }
        Test::Is(value) | Test::IsNot(value) => fits(value),
        Test::In(values) => values.iter().all(fits),
        Test::AtMost(_) | Test::AtLeast(_) => matches!(
            check.kind,
            AttributeType::Integer
                | AttributeType::Decimal
                | AttributeType::Instant
                | AttributeType::Any
        ),
        Test::Present => true,
    }
}

/// The text that something is compared with as a whole.
pub(super) fn scalar(test: &Test) -> Option<&str> {
    match test {
        Test::Is(value) | Test::IsNot(value) => value.as_str(),
        Test::In(values) => values.iter().find_map(Value::as_str),
        Test::AtMost(_) | Test::AtLeast(_) | Test::Present => None,
    }
}

/// The nearest to the first text of a comparison that is none of the values.
pub(super) fn near(test: &Test, values: &[Box<str>]) -> Option<String> {
    let written: &[Value<'_>] = match test {
        Test::Is(Value::List(items)) => items,
        Test::Is(value) | Test::IsNot(value) => std::slice::from_ref(value),
        Test::In(items) => items,
        _ => &[],
    };
    let mut texts = written.iter().filter_map(Value::as_str);
    let wrong = texts.find(|text| !values.iter().any(|known| **known == **text))?;
    suggest(wrong, values.iter().map(|value| &**value))
}

/// The texts that something is compared with.
pub(super) fn texts(test: &Test) -> Vec<&str> {
    let values: &[Value<'_>] = match test {
        Test::Is(Value::List(items)) | Test::In(items) => items,
        Test::Is(value) | Test::IsNot(value) => std::slice::from_ref(value),
        Test::AtMost(_) | Test::AtLeast(_) | Test::Present => &[],
    };
    let each = values.iter().flat_map(|value| match value {
        Value::List(items) => items.as_slice(),
        value => std::slice::from_ref(value),
    });
    each.filter_map(Value::as_str).collect()
}
