//! Tenants whose directory is read as decisions turn on it.

mod changes;
#[path = "../common/mod.rs"]
mod common;
mod history;
mod outsiders;
mod race;
mod reading;
mod world;
