//! Families as components: what they are given, what they may not do.

mod answers;
mod confines;
#[path = "../../../../tests/hostile/src/guest.rs"]
mod guest;
mod quarantine;
mod refuses;
