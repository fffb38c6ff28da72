//! The people of a tenant, as decisions find them.
//!
//! A directory is loaded [whole](Whole), or its users are [read when they are asked
//! about](Subjects). Either way a decision sees it through a [`View`], at one revision.

mod admit;
mod compiled;
mod found;
mod history;
mod kept;
mod loaded;
mod needs;
mod open;
mod people;
mod pins;
mod subjects;

pub use crate::snapshot::StoredUser;
pub use admit::Admitted;
pub use compiled::Compiled;
pub(crate) use found::{Found, MemberRef};
pub use loaded::{Loaded, Usage};
pub use needs::{Need, Needs};
pub(crate) use open::Open;
pub(crate) use people::{People, View, Whole};
pub use pins::Pins;
pub use subjects::Subjects;
