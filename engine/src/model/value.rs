//! Attribute values.
//!
//! Requests arrive as JSON and die within microseconds, directories and catalogs live for long;
//! one borrowed type serves both, so that a text of a request is never copied on the way to a
//! decision. Attributes are a short list and not a hash map: a request carries a dozen of them,
//! and for a dozen a scan is quicker than hashing each name.

use super::Instant;
use super::compare::BEYOND_WHOLE;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A value of an attribute: what JSON can say, with whole numbers kept apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Known to be empty. An attribute that is unknown is absent instead.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of 64 bits.
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
    /// A map; the order is the one given.
    Map(Attributes<'a>),
}

/// A list of named values. Where a name occurs twice the first one counts; loaders refuse that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Value<'a> {
    /// A text, borrowed or owned.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, if it is one; 3.0 is.
    #[must_use]
    pub fn whole(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "neither a part nor too large")]
            Self::Float(number) if number.fract() == 0.0 && number.abs() < BEYOND_WHOLE => {
                Some(*number as i64)
            }
            _ => None,
        }
    }

    /// Whether it is no number below another one.
    #[must_use]
    pub(crate) fn reaches(&self, least: i64) -> bool {
        let Some(number) = self.number() else { return true };
        number.compare(least.into()).is_some_and(Ordering::is_ge)
    }

    /// The milliseconds after 1970-01-01T00:00:00Z of an instant: a text that is one as people
    /// write it, or a whole number of the years 1990 to 9999. A lesser number are seconds.
    #[must_use]
    pub fn instant(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.parse().map(Instant::millis).ok(),
            number => number.whole().filter(|millis| Instant::SENT.contains(millis)),
        }
    }

    /// The same value, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Self::Map(map) => Value::Map(map.into_owned()),
        }
    }

    /// Whether the value names `id`: a text that equals it, or a list that holds such a text.
    /// Relations are written in both ways.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        match self {
            Self::Text(text) => text == id,
            Self::List(items) => items.iter().any(|item| item.as_str() == Some(id)),
            _ => false,
        }
    }

    /// The name of its type, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Float(_) => "decimal",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

impl<'a> Attributes<'a> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of an attribute, `None` where it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value at a dotted path: `address.city`. A name that holds a dot wins over a path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Value<'a>> {
        if let Some(value) = self.get(path) {
            return Some(value);
        }
        // Most names hold no dot, and bytes are quicker to look through than characters.
        let dot = path.as_bytes().iter().position(|byte| *byte == b'.')?;
        let (head, rest) = (path.get(..dot)?, path.get(dot + 1..)?);
        match self.get(head)? {
            Value::Map(map) => map.at(rest),
            _ => None,
        }
    }

    /// Everything that lies at a path, however it is split into names and maps.
    pub(crate) fn all_at<'s>(&'s self, path: &str, found: &mut Vec<&'s Value<'a>>) {
        found.extend(self.get(path));
        for (dot, _) in path.match_indices('.') {
            let (head, rest) = (path.get(..dot), path.get(dot + 1..));
            if let (Some(Value::Map(map)), Some(rest)) = (head.and_then(|it| self.get(it)), rest) {
                map.all_at(rest, found);
            }
        }
    }

    /// Everything that lies at a path, to be changed.
    pub(crate) fn change_at(&mut self, path: &str, change: &impl Fn(&mut Value<'a>)) {
        if let Some((_, value)) = self.0.iter_mut().find(|(key, _)| key == path) {
            change(value);
        }
        for (dot, _) in path.match_indices('.') {
            let (head, rest) = (path.get(..dot), path.get(dot + 1..));
            let (Some(head), Some(rest)) = (head, rest) else { continue };
            if let Some((_, Value::Map(map))) = self.0.iter_mut().find(|(key, _)| key == head) {
                map.change_at(rest, change);
            }
        }
    }

    /// Sets an attribute, replacing one of that name.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) {
        let name = name.into();
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Adds an attribute without looking whether the name is taken: for loaders that have
    /// refused duplicates already.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) {
        self.0.push((name.into(), value));
    }

    /// The attributes in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same attributes, owning their texts.
    #[must_use]
    pub fn into_owned(self) -> Attributes<'static> {
        Attributes(
            self.0
                .into_iter()
                .map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
                .collect(),
        )
    }
}

impl<'a, N: Into<Cow<'a, str>>> FromIterator<(N, Value<'a>)> for Attributes<'a> {
    fn from_iter<I: IntoIterator<Item = (N, Value<'a>)>>(items: I) -> Self {
        Self(items.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

pub(super) use serialize::owned;

mod serialize {
    //! Values print as the JSON or YAML that they came from.
    use super::{Attributes, Value};
    use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::borrow::Cow;
    use std::fmt;

    impl Serialize for Value<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Null => serializer.serialize_unit(),
                Self::Bool(value) => serializer.serialize_bool(*value),
                Self::Int(value) => serializer.serialize_i64(*value),
                Self::Float(value) => serializer.serialize_f64(*value),
                Self::Text(text) => serializer.serialize_str(text),
                Self::List(items) => serializer.collect_seq(items),
                Self::Map(map) => map.serialize(serializer),
            }
        }
    }

    impl Serialize for Attributes<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.iter())
        }
    }

    impl<'de> Deserialize<'de> for Value<'de> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(ValueVisitor)
        }
    }

    impl<'de> Deserialize<'de> for Attributes<'de> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(AttributesVisitor)
        }
    }

    /// Reads attributes that own their texts, for what outlives its document.
    pub(in crate::model) fn owned<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Attributes<'static>, D::Error> {
        Attributes::deserialize(deserializer).map(Attributes::into_owned)
    }

    /// A text that borrows from the input where the input holds it unescaped.
    struct Text<'de>(Cow<'de, str>);

    impl<'de> Deserialize<'de> for Text<'de> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct TextVisitor;
            impl<'de> Visitor<'de> for TextVisitor {
                type Value = Text<'de>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a text")
                }
                fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                    Ok(Text(Cow::Borrowed(text)))
                }
                fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                    Ok(Text(Cow::Owned(text.to_owned())))
                }
            }
            deserializer.deserialize_str(TextVisitor)
        }
    }

    struct ValueVisitor;

    impl<'de> Visitor<'de> for ValueVisitor {
        type Value = Value<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text, a number, `true`, `false`, a list or a list of `name: value`")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Value::Null)
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(Value::Null)
        }
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok(Value::Bool(value))
        }
        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Value::Int(value))
        }
        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits signed: a decimal")]
            Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
        }
        fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
            if value.is_finite() {
                Ok(Value::Float(value))
            } else {
                Err(E::custom("a number has to be finite"))
            }
        }
        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Value::Text(Cow::Borrowed(text)))
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Value::Text(Cow::Owned(text.to_owned())))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(64));
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            Ok(Value::List(items))
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            AttributesVisitor.visit_map(map).map(Value::Map)
        }
    }

    struct AttributesVisitor;

    /// More attributes in one object than any product has; a request over it is refused, which
    /// keeps looking them up by scanning harmless.
    const MAX_ATTRIBUTES: usize = 256;

    impl<'de> Visitor<'de> for AttributesVisitor {
        type Value = Attributes<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut attributes =
                Attributes(Vec::with_capacity(map.size_hint().unwrap_or(4).min(64)));
            while let Some((Text(name), value)) = map.next_entry::<Text<'de>, Value<'de>>()? {
                if attributes.get(&name).is_some() {
                    return Err(A::Error::custom(format_args!("duplicate member `{name}`")));
                }
                if attributes.len() == MAX_ATTRIBUTES {
                    return Err(A::Error::custom(format_args!(
                        "more than {MAX_ATTRIBUTES} attributes in one object"
                    )));
                }
                attributes.0.push((name, value));
            }
            Ok(attributes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_holds_one_user_or_several() {
        assert!(Value::from("ann").names("ann"));
        assert!(Value::List(vec!["bob".into(), "ann".into()]).names("ann"));
        assert!(!Value::List(vec![Value::Int(1)]).names("ann"));
        assert!(!Value::Null.names("ann"));
    }

    #[test]
    fn a_path_reaches_into_maps_and_an_exact_name_wins() {
        let inner: Attributes<'_> = [("city", Value::from("Rome"))].into_iter().collect();
        let mut attributes = Attributes::new();
        attributes.set("address", Value::Map(inner));
        assert_eq!(attributes.at("address.city"), Some(&Value::from("Rome")));
        attributes.set("address.city", Value::from("Bari"));
        assert_eq!(attributes.at("address.city"), Some(&Value::from("Bari")));
        assert_eq!(attributes.at("address.city.street"), None);
    }
}
