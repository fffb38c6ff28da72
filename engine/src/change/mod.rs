//! One edit of a user, and what comes of it.
//!
//! Whoever proposes a change, be it to flip a decision or to give one user what another one has,
//! proposes [`Edit`]s, tries them on a copy of the user with `apply`, and measures by `Trial`
//! what they open and close. A proposal is only worth something if it comes true, so a copy with
//! edits applied is exactly what would be compiled from the directory with the edits written
//! into it: grants are taken away by the lines that give them, what a grant brings along comes
//! and goes with it, and ticks count by the roles that are held afterwards.

mod apply;
mod edit;
mod endings;
mod trial;

pub(crate) use apply::World;
pub use edit::{Edit, GrantWithin, Setting};
pub(crate) use trial::Trial;
