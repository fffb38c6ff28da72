//! The words of the engine: values, paths, scopes, predicates, catalogs, tenants.

mod access;
mod administering;
mod assignment;
mod attributes;
mod baseline;
mod case;
mod catalog;
mod compare;
mod contract;
mod instant;
mod located;
mod path;
mod pattern;
mod permission;
mod predicate;
#[cfg(feature = "schema")]
mod schema;
mod scope;
mod several;
mod sharing;
mod table;
mod tag;
mod team;
mod tenant;
mod value;

use serde::{Deserialize, Deserializer};

/// Reads what has to be there where its name is: a limit of which only the name was written down
/// is no limit that was left out.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads a list that has something in it: nobody can tell whether an empty one means all or none.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    match list.is_empty() {
        false => Ok(list),
        true => Err(serde::de::Error::custom(EMPTY_LIST)),
    }
}

/// What is said of a list that is written down and empty.
const EMPTY_LIST: &str =
    "this list is empty, and could mean all or none; list at least one, or leave it out";

pub use access::{Access, Matchers};
pub use administering::{Administering, Asked};
pub use assignment::Assignment;
pub use attributes::{AttributeDeclarations, AttributeRule, AttributeType, Naming, SchemaError};
pub(crate) use attributes::{as_millis, built_in, writable};
pub use baseline::Baseline;
pub use case::ConditionTest;
pub use catalog::{
    Catalog, Category, Guard, PartBy, PartOf, Plan, ResourceKind, RoleCheck, TeamRules, Unassigned,
};
pub use compare::Number;
pub use contract::{KindAttributes, Kinds, SubjectType};
pub use instant::{Instant, NoInstant, instant_until};
pub use located::{Document, Located, Place, Position, Text};
pub use path::{InputPath, PathError};
pub(crate) use pattern::{ADMINISTRATION, Pattern};
pub use permission::{Constraint, GrantedBy, Implied, Oblige, Permission};
pub use predicate::{Predicate, Test};
pub use scope::Scope;
pub use several::{Cells, Several};
pub use sharing::{
    Content, Exposure, Mark, Redactions, SharingCatalog, SharingRule, SharingRules, Shows, Unnamed,
    WhenRedacted,
};
pub use table::Action;
pub use tag::Tag;
pub use team::Team;
pub use tenant::{
    CopiedFrom, Delegation, Directory, FamilySettings, Grant, Invitation, Item, Policy, Program,
    Rights, Role, Status, Tenant, User,
};
pub use value::{Attributes, Value};
