//! Members as they came: absent, of the right type or of another.
//!
//! One visitor serves every type, so that the rules about depth and duplicates hold in each
//! place where a value can stand, the wrong ones included.

use super::MAX_DEPTH;
use permesso_engine::model::{Attributes, Value};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;

/// A member of an object.
#[derive(Debug, Default)]
pub(crate) enum Field<T> {
    /// Not there.
    #[default]
    Absent,
    /// There, and `null`.
    Null,
    /// There.
    Given(T),
    /// There, with a value of another type.
    Wrong,
}

impl<T> Field<T> {
    /// This member, or the default where it is absent: all of one or all of the other. Who says
    /// `null` has not left it out.
    pub(crate) fn or<'a>(&'a self, default: &'a Self) -> &'a Self {
        if matches!(self, Self::Absent) { default } else { self }
    }
}

/// What a field can hold: how it is made from the JSON types that it accepts.
pub(super) trait Shape<'de>: Sized {
    /// What has to be known before one is read: nothing, or how long it may be.
    type Bound;

    fn text(_: Cow<'de, str>) -> Field<Self> {
        Field::Wrong
    }

    fn list<A: SeqAccess<'de>>(mut list: A, _: Self::Bound) -> Result<Field<Self>, A::Error> {
        while list.next_element::<Ignored>()?.is_some() {}
        Ok(Field::Wrong)
    }

    fn map<A: MapAccess<'de>>(map: A) -> Result<Field<Self>, A::Error> {
        attributes(map).map(|_| Field::Wrong)
    }
}

impl<'de> Shape<'de> for Cow<'de, str> {
    type Bound = ();

    fn text(text: Cow<'de, str>) -> Field<Self> {
        Field::Given(text)
    }
}

impl<'de> Shape<'de> for Attributes<'de> {
    type Bound = ();

    fn map<A: MapAccess<'de>>(map: A) -> Result<Field<Self>, A::Error> {
        attributes(map).map(Field::Given)
    }
}

impl<'de, T: Shape<'de, Bound = ()>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        FieldSeed::<T> { bound: () }.deserialize(deserializer)
    }
}

/// A field that is about to be read.
pub(super) struct FieldSeed<'de, T: Shape<'de>> {
    pub(super) bound: T::Bound,
}

impl<'de, T: Shape<'de>> DeserializeSeed<'de> for FieldSeed<'de, T> {
    type Value = Field<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for FieldSeed<'de, T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Null)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Field::Wrong)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Field::Wrong)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Field::Wrong)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Field::Wrong)
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::list(list, self.bound)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::map(map)
    }
}

/// A value that nobody looks at, held to the rules all the same.
pub(super) struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if fits(&value, MAX_DEPTH) { Ok(Self) } else { Err(too_deep()) }
    }
}

/// The name of a member, borrowed where the body holds it unescaped.
pub(super) struct Name<'de>(pub(super) Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// More unknown members in one object than any caller has a reason to send.
const MAX_UNKNOWN: usize = 64;

/// The members of an object that have been met, to refuse the second of a name.
#[derive(Default)]
pub(super) struct Seen<'de> {
    known: u8,
    unknown: Vec<Cow<'de, str>>,
}

impl<'de> Seen<'de> {
    /// Notes a member that has a field; `bit` is its own in this object.
    pub(super) fn known<E: serde::de::Error>(&mut self, bit: u8, name: &str) -> Result<(), E> {
        let mask = 1 << bit;
        if self.known & mask != 0 {
            return Err(duplicate(name));
        }
        self.known |= mask;
        Ok(())
    }

    /// Notes a member that has none, and skips its value.
    pub(super) fn skip<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if self.unknown.contains(&name) {
            return Err(duplicate(&name));
        }
        if self.unknown.len() == MAX_UNKNOWN {
            return Err(A::Error::custom(format_args!(
                "more than {MAX_UNKNOWN} unknown members in one object"
            )));
        }
        self.unknown.push(name);
        map.next_value::<Ignored>().map(|_| ())
    }
}

fn duplicate<E: serde::de::Error>(name: &str) -> E {
    E::custom(format_args!("duplicate member `{name}`"))
}

fn attributes<'de, A: MapAccess<'de>>(map: A) -> Result<Attributes<'de>, A::Error> {
    let attributes = Attributes::deserialize(MapAccessDeserializer::new(map))?;
    if all_fit(&attributes, MAX_DEPTH) { Ok(attributes) } else { Err(too_deep()) }
}

/// Whether a value nests at most `room` lists and objects. The parser's own limit of 128 keeps
/// this recursion short.
fn fits(value: &Value<'_>, room: usize) -> bool {
    match value {
        Value::List(items) => {
            room.checked_sub(1).is_some_and(|room| items.iter().all(|item| fits(item, room)))
        }
        Value::Map(map) => all_fit(map, room),
        _ => true,
    }
}

fn all_fit(map: &Attributes<'_>, room: usize) -> bool {
    room.checked_sub(1).is_some_and(|room| map.iter().all(|(_, value)| fits(value, room)))
}

fn too_deep<E: serde::de::Error>() -> E {
    E::custom(format_args!("nested deeper than {MAX_DEPTH} levels"))
}
