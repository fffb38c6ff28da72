//! How values compare: exactly, and with their like only.
//!
//! A number is a number however it is written, so 3 and 3.0 are equal; nothing else is equal to
//! anything of another type, and not different from it either. A whole number of 64 bits does
//! not fit a decimal, so the two are compared without turning one into the other.

use super::{Attributes, Value};
use std::cmp::Ordering;

/// A number as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole one of 64 bits.
    Whole(i64),
    /// Any other.
    Decimal(f64),
}

/// The first decimal behind all whole numbers of 64 bits.
pub(super) const BEYOND_WHOLE: f64 = 9_223_372_036_854_775_808.0;

impl Number {
    /// Which of two is greater; `None` if one is no number at all.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(&other)),
            (Self::Decimal(one), Self::Decimal(other)) => one.partial_cmp(&other),
            (Self::Whole(one), Self::Decimal(other)) => whole_with_decimal(one, other),
            (Self::Decimal(one), Self::Whole(other)) => {
                whole_with_decimal(other, one).map(Ordering::reverse)
            }
        }
    }
}

fn whole_with_decimal(whole: i64, decimal: f64) -> Option<Ordering> {
    if decimal.is_nan() {
        return None;
    }
    if decimal >= BEYOND_WHOLE {
        return Some(Ordering::Less);
    }
    if decimal < -BEYOND_WHOLE {
        return Some(Ordering::Greater);
    }
    let floor = decimal.floor();
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within 64 bits")]
    let below = floor as i64;
    let rest = if decimal > floor { Ordering::Less } else { Ordering::Equal };
    Some(whole.cmp(&below).then(rest))
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Decimal(number)
    }
}

impl From<Number> for Value<'_> {
    fn from(number: Number) -> Self {
        match number {
            Number::Whole(number) => Self::Int(number),
            Number::Decimal(number) => Self::Float(number),
        }
    }
}

impl Value<'_> {
    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Int(number) => Some(Number::Whole(*number)),
            Self::Float(number) => Some(Number::Decimal(*number)),
            _ => None,
        }
    }

    /// Whether two values are equal; `None` if they are of two types, which neither are equal
    /// nor differ. (`==` on values tells apart what was written, 3 and 3.0 for example.)
    #[must_use]
    pub fn equals(&self, other: &Value<'_>) -> Option<bool> {
        match (self, other) {
            (Self::Null, Value::Null) => Some(true),
            (Self::Bool(one), Value::Bool(other)) => Some(one == other),
            (Self::Text(one), Value::Text(other)) => Some(one == other),
            (Self::List(one), Value::List(other)) => {
                let pairs = one.iter().zip(other).map(|(one, other)| one.equals(other));
                each(one.len() == other.len(), pairs)
            }
            (Self::Map(one), Value::Map(other)) => equal_maps(one, other),
            _ => Some(self.number()?.compare(other.number()?)? == Ordering::Equal),
        }
    }
}

fn equal_maps(one: &Attributes<'_>, other: &Attributes<'_>) -> Option<bool> {
    let pairs = one.iter().zip(other.iter()).map(|((name, one), (named, other))| {
        if name == named { one.equals(other) } else { Some(false) }
    });
    each(one.len() == other.len(), pairs)
}

/// Whether all parts are equal: one that differs settles it, whatever the others are.
fn each(as_many: bool, mut parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    if !as_many {
        return Some(false);
    }
    let equal = parts.try_fold(Some(true), |all, part| match part {
        Some(false) => Err(()),
        Some(true) => Ok(all),
        None => Ok(None),
    });
    equal.unwrap_or(Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compare(whole: i64, decimal: f64) -> Option<Ordering> {
        let (whole, decimal) = (Number::Whole(whole), Number::Decimal(decimal));
        let there = whole.compare(decimal);
        assert_eq!(there, decimal.compare(whole).map(Ordering::reverse), "{whole:?} {decimal:?}");
        there
    }

    #[test]
    fn whole_numbers_compare_exactly_with_decimals_that_they_do_not_fit() {
        for (whole, decimal, expected) in [
            (3, 3.0, Ordering::Equal),
            (0, -0.0, Ordering::Equal),
            (3, 3.5, Ordering::Less),
            (-3, -3.5, Ordering::Greater),
            (-4, -3.5, Ordering::Less),
            (9_007_199_254_740_992, 9_007_199_254_740_992.0, Ordering::Equal),
            (9_007_199_254_740_993, 9_007_199_254_740_992.0, Ordering::Greater),
            (9_007_199_254_740_993, 9_007_199_254_740_994.0, Ordering::Less),
            (-9_007_199_254_740_993, -9_007_199_254_740_992.0, Ordering::Less),
            (i64::MAX, 9_223_372_036_854_775_808.0, Ordering::Less),
            (i64::MIN, -9_223_372_036_854_775_808.0, Ordering::Equal),
            (i64::MIN, -9_223_372_036_854_777_856.0, Ordering::Greater),
            (0, f64::MIN_POSITIVE, Ordering::Less),
            (i64::MAX, f64::INFINITY, Ordering::Less),
            (i64::MIN, f64::NEG_INFINITY, Ordering::Greater),
        ] {
            assert_eq!(compare(whole, decimal), Some(expected), "{whole} {decimal}");
        }
        assert_eq!(compare(0, f64::NAN), None);
    }

    #[test]
    fn values_of_two_types_are_neither_equal_nor_different() {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(1),
            Value::from("1"),
            Value::List(vec![Value::Int(1)]),
            Value::Map([("a", Value::Int(1))].into_iter().collect()),
        ];
        for (n, one) in values.iter().enumerate() {
            for (m, other) in values.iter().enumerate() {
                assert_eq!(one.equals(other), (n == m).then_some(true), "{one:?} {other:?}");
            }
        }
        let list = |item: Value<'static>| Value::List(vec![Value::from("a"), item]);
        assert_eq!(list(Value::Int(1)).equals(&list(Value::Float(1.0))), Some(true));
        assert_eq!(list(Value::Int(1)).equals(&list(Value::Int(2))), Some(false));
        assert_eq!(list(Value::Int(1)).equals(&list("1".into())), None);
        assert_eq!(list(Value::Int(1)).equals(&Value::List(Vec::new())), Some(false));
    }

    proptest! {
        /// 128 bits hold whatever 64 bits and a half hold.
        #[test]
        fn numbers_are_ordered_as_they_are_on_paper(
            whole in prop_oneof![any::<i64>(), (1_i64 << 52)..(1 << 55)],
            step in -4_i64..=4,
            half in any::<bool>(),
        ) {
            let near = i128::from(whole) + i128::from(step);
            let decimal = near as f64 + if half { 0.5 } else { 0.0 };
            let paper = (i128::from(whole) * 2).cmp(&((decimal * 2.0) as i128));
            prop_assert_eq!(compare(whole, decimal), Some(paper));
        }
    }
}
