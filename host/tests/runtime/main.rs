//! Families as components: what they are given, what they may not do, and what the kit says.

mod answers;
mod confines;
mod conformance;
#[path = "../../../tests/hostile/src/guest.rs"]
mod guest;
mod quarantine;
mod refuses;
