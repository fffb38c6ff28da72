//! Dates of keys as they are shown: what is kept as a number is told as people read it.

use crate::Millis;
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) fn serialize<S: Serializer>(millis: &Millis, to: S) -> Result<S::Ok, S::Error> {
    // What no calendar reaches any more is as good as its last instant.
    Timestamp::from_millisecond(*millis).unwrap_or(Timestamp::MAX).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Millis, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Timestamp::as_millisecond).map_err(D::Error::custom)
}

/// Of what may be missing.
pub(super) mod maybe {
    use super::{Deserialize, Deserializer, Millis, Serializer};

    #[expect(clippy::ref_option, reason = "this is how it is called")]
    pub(in crate::key) fn serialize<S: Serializer>(
        millis: &Option<Millis>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match millis {
            Some(millis) => super::serialize(millis, to),
            None => to.serialize_none(),
        }
    }

    pub(in crate::key) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Millis>, D::Error> {
        #[derive(Deserialize)]
        struct Date(#[serde(deserialize_with = "super::deserialize")] Millis);
        Ok(Option::<Date>::deserialize(from)?.map(|Date(millis)| millis))
    }
}
