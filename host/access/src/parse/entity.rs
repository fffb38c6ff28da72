//! Subjects, actions and resources.
//!
//! The three differ only in the members that have to be there, which is judged once it is clear
//! which of them a decision needs; so one type reads them all.

use super::field::{Field, Name, Seen, Shape};
use permesso_engine::model::Attributes;
use serde::de::MapAccess;
use std::borrow::Cow;

/// A subject, an action or a resource.
#[derive(Debug, Default)]
pub(crate) struct Entity<'a> {
    /// The type, of a subject or resource.
    pub(crate) kind: Field<Cow<'a, str>>,
    /// The id, of a subject or resource.
    pub(crate) id: Field<Cow<'a, str>>,
    /// The name, of an action.
    pub(crate) name: Field<Cow<'a, str>>,
    /// Its attributes.
    pub(crate) properties: Field<Attributes<'a>>,
}

impl<'de> Shape<'de> for Entity<'de> {
    type Bound = ();

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Field<Self>, A::Error> {
        let mut entity = Self::default();
        let mut seen = Seen::default();
        while let Some(Name(name)) = map.next_key()? {
            match name.as_ref() {
                "type" => {
                    seen.known(0, "type")?;
                    entity.kind = map.next_value()?;
                }
                "id" => {
                    seen.known(1, "id")?;
                    entity.id = map.next_value()?;
                }
                "name" => {
                    seen.known(2, "name")?;
                    entity.name = map.next_value()?;
                }
                "properties" => {
                    seen.known(3, "properties")?;
                    entity.properties = map.next_value()?;
                }
                _ => seen.skip(name, &mut map)?,
            }
        }
        Ok(Field::Given(entity))
    }
}
