//! From the bytes of a body to a request that borrows from them.
//!
//! A batch may hold one bad item among many good ones, and defaults that no item uses may be
//! incomplete. So a member of the wrong type is not an error while reading: it is written down in
//! its [`Field`] and only counts once somebody needs it. What is an error at once, for the whole
//! body, is what makes its meaning doubtful: broken JSON, a member that occurs twice, nesting
//! beyond [`MAX_DEPTH`], more items than the limit. Members that nobody knows are held to the
//! same rules and then forgotten.
//!
//! A `null` is written down as one. Where a subject, an action, a resource or a context belongs
//! it is a fault: an item that says `null` has not left its member out, and does not get the
//! default for it. Inside of those, where there is nothing to inherit, it counts as absent.

mod entity;
mod field;
mod payload;

pub(super) use entity::Entity;
pub(super) use field::Field;
pub(super) use payload::{Item, Payload};

/// How deep lists and objects may nest inside `properties`, `context` or an unknown member.
pub const MAX_DEPTH: usize = 32;
