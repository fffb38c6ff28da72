//! Reading YAML without holding it.
//!
//! The users of a tenant may be a million. They are handed on one by one while the file is read,
//! whether they stand in a file of their own or in one with the rest of the tenant; nothing of
//! them is kept here.

use crate::document::CatalogPin;
use crate::kept;
use permesso_engine::diagnostic::Diagnostic;
use permesso_engine::load;
use permesso_engine::model::{Delegation, Instant, Position, Tenant, Text, User, instant_until};
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

/// A delegation as it stands in a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listed {
    pub(super) id: Option<Text>,
    from: Text,
    to: Text,
    #[serde(alias = "grants")]
    permissions: Vec<Text>,
    audiences: Vec<Text>,
    valid_from: Option<Instant>,
    #[serde(deserialize_with = "instant_until")]
    valid_until: Option<Instant>,
}

impl Listed {
    /// By what it is to be found, where the file says so, and the delegation.
    pub(super) fn into_parts(self) -> (Option<Text>, Delegation) {
        let Self { id, from, to, permissions, audiences, valid_from, valid_until } = self;
        (id, Delegation { from, to, permissions, audiences, valid_from, valid_until })
    }
}

/// What is found on the way.
#[derive(Debug)]
pub(super) enum Person {
    User(User),
    Delegation(Listed),
    /// A line that cannot be read. Others can.
    Fault(Diagnostic),
}

/// Takes what is found; `false` where it wants no more.
pub(super) type Each<'f> = &'f mut dyn FnMut(u32, Person) -> bool;

/// Which lists of people a text has, be they empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lists {
    pub(super) users: bool,
    pub(super) delegations: bool,
}

/// What a text says besides its people.
#[derive(Debug, Default)]
pub(super) struct Policy {
    pub(super) tenant: Tenant,
    pub(super) pin: Option<CatalogPin>,
    pub(super) lists: Lists,
}

/// What a text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// People and nothing else.
    People,
    /// The people of a text that holds a tenant as well, which is passed over.
    PeopleOf,
}

/// Reads a tenant, and hands on what people there are in the text.
pub(super) fn tenant(file: &str, text: &str, each: Each<'_>) -> Result<Policy, Diagnostic> {
    let seed = Whole { each, found: Policy::default() };
    parse(file, text.as_bytes(), |de| de.deserialize_map(seed))
}

/// Hands on the people of a text.
pub(super) fn people(
    file: &str,
    reader: impl Read,
    kept: Kept,
    each: Each<'_>,
) -> Result<Lists, Diagnostic> {
    parse(file, reader, |de| de.deserialize_map(Only { each, kept }))
}

fn parse<T>(
    file: &str,
    reader: impl Read,
    read: impl for<'de, 'e> FnOnce(
        serde_saphyr::Deserializer<'de, 'e>,
    ) -> Result<T, serde_saphyr::Error>,
) -> Result<T, Diagnostic> {
    serde_saphyr::with_deserializer_from_reader_with_options(reader, load::options(), read)
        .map_err(|error| load::fault(file, &error))
}

/// Said to the parser where nobody wants to hear more.
const ENOUGH: &str = "no more is wanted";

/// A text with a tenant in it.
struct Whole<'f> {
    each: Each<'f>,
    found: Policy,
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = Policy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tenant: `tenant: …`, `product: …` and what else it has")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Policy, A::Error> {
        let mut found = self.found;
        let mut filter = Filter { map, each: self.each, found: &mut found };
        let tenant = Tenant::deserialize(MapAccessDeserializer::new(&mut filter))?;
        found.tenant = tenant;
        Ok(found)
    }
}

/// Passes the tenant's own keys on and takes the others out.
struct Filter<'f, 'p, A> {
    map: A,
    each: Each<'f>,
    found: &'p mut Policy,
}

/// A key that is not the tenant's own.
#[derive(Debug, Clone, Copy)]
enum Own {
    Users,
    Delegations,
    Catalog,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Filter<'_, '_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        mut seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        loop {
            let own = match self.map.next_key_seed(KeySeed(seed))? {
                None => return Ok(None),
                Some(Key::Theirs(value)) => return Ok(Some(value)),
                Some(Key::Own(own, back)) => {
                    seed = back;
                    own
                }
            };
            match own {
                Own::Users => {
                    self.found.lists.users = true;
                    self.map.next_value_seed(Users(self.each))?;
                }
                Own::Delegations => {
                    self.found.lists.delegations = true;
                    self.map.next_value_seed(Delegations(self.each))?;
                }
                Own::Catalog => self.found.pin = Some(self.map.next_value()?),
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

enum Key<V, K> {
    Theirs(V),
    Own(Own, K),
}

struct KeySeed<K>(K);

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<K> {
    type Value = Key<K::Value, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for KeySeed<K> {
    type Value = Key<K::Value, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        let own = match key {
            "users" => Own::Users,
            "delegations" => Own::Delegations,
            "catalog" => Own::Catalog,
            _ => return self.0.deserialize(key.into_deserializer()).map(Key::Theirs),
        };
        Ok(Key::Own(own, self.0))
    }
}

/// A text with people in it.
struct Only<'f> {
    each: Each<'f>,
    kept: Kept,
}

impl<'de> Visitor<'de> for Only<'_> {
    type Value = Lists;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("people: `users: …` and `delegations: …`")
    }

    // An empty file: nobody.
    fn visit_unit<E>(self) -> Result<Lists, E> {
        Ok(Lists::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lists, A::Error> {
        let mut lists = Lists::default();
        while let Some(key) = map.next_key_seed(PeopleKey(self.kept))? {
            match key {
                Some(Own::Users) => {
                    lists.users = true;
                    map.next_value_seed(Users(self.each))?;
                }
                Some(Own::Delegations) => {
                    lists.delegations = true;
                    map.next_value_seed(Delegations(self.each))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(lists)
    }
}

struct PeopleKey(Kept);

impl<'de> DeserializeSeed<'de> for PeopleKey {
    type Value = Option<Own>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for PeopleKey {
    type Value = Option<Own>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        match key {
            "users" => Ok(Some(Own::Users)),
            "delegations" => Ok(Some(Own::Delegations)),
            _ if self.0 == Kept::PeopleOf => Ok(None),
            _ => Err(E::unknown_field(key, &["users", "delegations"])),
        }
    }
}

/// Hands on the users of a list.
struct Users<'f, 'e>(&'e mut (dyn FnMut(u32, Person) -> bool + 'f));

/// Hands on the delegations of a list.
struct Delegations<'f, 'e>(&'e mut (dyn FnMut(u32, Person) -> bool + 'f));

macro_rules! hand_on {
    ($Seed:ident, $Item:ty, $found:path) => {
        impl<'de> DeserializeSeed<'de> for $Seed<'_, '_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_seq(Items { each: self.0, make: $found, of: PhantomData })
            }
        }
    };
}

hand_on!(Users, User, Person::User);
hand_on!(Delegations, Listed, Person::Delegation);

struct Items<'f, 'e, T, M> {
    each: &'e mut (dyn FnMut(u32, Person) -> bool + 'f),
    make: M,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, M: Fn(T) -> Person> Visitor<'de> for Items<'_, '_, T, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(item) = seq.next_element::<T>()? {
            if !(self.each)(0, (self.make)(item)) {
                return Err(A::Error::custom(ENOUGH));
            }
        }
        Ok(())
    }
}

/// Hands on what one line of JSON says.
pub(super) fn line(file: &str, number: u32, text: &str) -> Person {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped {
        delegation: Listed,
    }
    #[derive(Deserialize)]
    struct Probe {
        delegation: Option<IgnoredAny>,
    }
    let delegates = || {
        text.contains("\"delegation\"")
            && serde_json::from_str::<Probe>(text).is_ok_and(|probe| probe.delegation.is_some())
    };
    let read = match delegates() {
        true => {
            kept::json::<Wrapped>(text.as_bytes()).map(|line| Person::Delegation(line.delegation))
        }
        false => kept::json::<User>(text.as_bytes()).map(Person::User),
    };
    read.unwrap_or_else(|error| {
        let load::Plain { message, help } = load::plain(&error.to_string()).in_json();
        let at = Position { line: number, column: u32::try_from(error.column()).unwrap_or(0) };
        Person::Fault(Diagnostic { file: file.to_owned(), at, field: String::new(), message, help })
    })
}
