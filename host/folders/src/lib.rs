//! Tenants in folders: read, compiled with the families that are installed, and decided on inside
//! of one's own process. No server, no port, no database.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod folder;
pub mod pdp;
pub mod table;
