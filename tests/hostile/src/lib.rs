//! Families that mean harm, one for each way to try.
//!
//! A host that runs the code of strangers is only as good as the worst of them that it has met.
//! Here they are, under names: what each does, and how the host has to meet it. The tests meet
//! them one by one; the soak command puts all of them into one server, under load, beside a
//! tenant that has done nothing and must not notice.

pub mod guest;
mod list;
pub mod soak;

pub use list::{Hostile, Meeting, hostile};
