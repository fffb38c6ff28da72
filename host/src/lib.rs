//! The Permesso host: families as WebAssembly components, storage, HTTP and command line.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod cli;
mod components;
pub mod conformance;
pub mod families;
pub mod folder;
pub mod http;
pub mod pdp;
pub mod runtime;
pub mod supply;
pub mod table;
