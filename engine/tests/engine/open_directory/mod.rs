//! Tenants whose directory is read as decisions turn on it.

mod changes;
mod history;
mod outsiders;
mod race;
mod reading;
mod world;
