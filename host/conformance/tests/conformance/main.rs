//! The kit, held against families with defects.

mod defects;
#[path = "../../../../tests/hostile/src/guest.rs"]
mod guest;
