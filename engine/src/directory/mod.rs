//! The people of a tenant, as decisions find them.
//!
//! A directory is loaded [whole](Whole), or its users are [read when they are asked
//! about](Subjects). Either way a decision sees it through a [`View`], at one revision.

mod compiled;
mod history;
mod needs;
mod open;
mod people;
mod pins;
mod subjects;

pub use crate::snapshot::Record;
pub use compiled::Compiled;
pub use needs::{Need, Needs};
pub(crate) use open::{Broken, Open};
pub(crate) use people::{Found, MemberRef, People, View, Whole};
pub use pins::{Admitted, Pins};
pub use subjects::{Loaded, Subjects, Usage};
