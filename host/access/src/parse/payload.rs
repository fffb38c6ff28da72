//! Whole bodies: one request, or defaults with items.

use super::Entity;
use super::field::{Field, FieldSeed, Name, Seen, Shape};
use permesso_engine::model::Attributes;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The four keys that a request consists of: of a body, or of an item of it.
#[derive(Debug, Default)]
pub(crate) struct Item<'a> {
    pub(crate) subject: Field<Entity<'a>>,
    pub(crate) action: Field<Entity<'a>>,
    pub(crate) resource: Field<Entity<'a>>,
    pub(crate) context: Field<Attributes<'a>>,
}

/// A body.
#[derive(Debug, Default)]
pub(crate) struct Payload<'a> {
    /// The request, or the defaults of the items.
    pub(crate) item: Item<'a>,
    /// The items.
    pub(crate) evaluations: Field<Vec<Field<Item<'a>>>>,
    /// How to go about the items.
    pub(crate) options: Field<Options<'a>>,
}

/// How to go about the items of a batch.
#[derive(Debug, Default)]
pub(crate) struct Options<'a> {
    /// Which of them have to be answered.
    pub(crate) semantic: Field<Cow<'a, str>>,
}

impl<'a> Payload<'a> {
    /// Reads a body of the endpoint for single requests, where items mean nothing.
    pub(crate) fn single(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        read(body, PayloadSeed { max_items: None })
    }

    /// Reads a body of the endpoint for batches. Reading stops at the item that is too many, so
    /// that a small body cannot ask for much memory.
    pub(crate) fn batch(body: &'a [u8], max_items: usize) -> Result<Self, serde_json::Error> {
        read(body, PayloadSeed { max_items: Some(max_items) })
    }
}

fn read<'a>(body: &'a [u8], seed: PayloadSeed) -> Result<Payload<'a>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let payload = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(payload)
}

impl<'de> Item<'de> {
    /// Takes a member that belongs to a request; gives back the name of any other.
    #[inline]
    fn take<A: MapAccess<'de>>(
        &mut self,
        name: Cow<'de, str>,
        seen: &mut Seen<'de>,
        map: &mut A,
    ) -> Result<Option<Cow<'de, str>>, A::Error> {
        match name.as_ref() {
            "subject" => {
                seen.known(0, "subject")?;
                self.subject = map.next_value()?;
            }
            "action" => {
                seen.known(1, "action")?;
                self.action = map.next_value()?;
            }
            "resource" => {
                seen.known(2, "resource")?;
                self.resource = map.next_value()?;
            }
            "context" => {
                seen.known(3, "context")?;
                self.context = map.next_value()?;
            }
            _ => return Ok(Some(name)),
        }
        Ok(None)
    }
}

impl<'de> Shape<'de> for Item<'de> {
    type Bound = ();

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Field<Self>, A::Error> {
        let mut item = Self::default();
        let mut seen = Seen::default();
        while let Some(Name(name)) = map.next_key()? {
            if let Some(other) = item.take(name, &mut seen, &mut map)? {
                seen.skip(other, &mut map)?;
            }
        }
        Ok(Field::Given(item))
    }
}

impl<'de> Shape<'de> for Options<'de> {
    type Bound = ();

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Field<Self>, A::Error> {
        let mut options = Self::default();
        let mut seen = Seen::default();
        while let Some(Name(name)) = map.next_key()? {
            if name == "evaluations_semantic" {
                seen.known(0, "evaluations_semantic")?;
                options.semantic = map.next_value()?;
            } else {
                seen.skip(name, &mut map)?;
            }
        }
        Ok(Field::Given(options))
    }
}

struct PayloadSeed {
    max_items: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for PayloadSeed {
    type Value = Payload<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PayloadSeed {
    type Value = Payload<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut payload = Payload::default();
        let mut seen = Seen::default();
        while let Some(Name(name)) = map.next_key()? {
            let Some(other) = payload.item.take(name, &mut seen, &mut map)? else { continue };
            match (other.as_ref(), self.max_items) {
                ("evaluations", Some(max)) => {
                    seen.known(4, "evaluations")?;
                    payload.evaluations = map.next_value_seed(FieldSeed { bound: max })?;
                }
                ("options", Some(_)) => {
                    seen.known(5, "options")?;
                    payload.options = map.next_value()?;
                }
                _ => seen.skip(other, &mut map)?,
            }
        }
        Ok(payload)
    }
}

/// The items of a batch; no more of them than the bound.
impl<'de> Shape<'de> for Vec<Field<Item<'de>>> {
    type Bound = usize;

    fn list<A: SeqAccess<'de>>(mut list: A, max: usize) -> Result<Field<Self>, A::Error> {
        let mut items = Self::with_capacity(16.min(max));
        loop {
            // Which of a thousand it is no caller counts by columns.
            let here = items.len();
            let told = |error| A::Error::custom(format_args!("in `evaluations[{here}]`: {error}"));
            let Some(item) = list.next_element().map_err(told)? else { break };
            if items.len() == max {
                return Err(A::Error::custom(format_args!(
                    "more than {max} items in `evaluations`, which is the limit of one request"
                )));
            }
            items.push(item);
        }
        Ok(Field::Given(items))
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Field<Self>, A::Error> {
        let mut seen = Seen::default();
        while let Some(Name(name)) = map.next_key()? {
            seen.skip(name, &mut map)?;
        }
        Ok(Field::Wrong)
    }
}
