//! The Permesso engine.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod authorizer;
mod cache;
pub mod compile;
pub mod decision;
pub mod diagnostic;
mod evaluate;
pub mod family;
mod fast;
pub mod load;
pub mod model;

pub use authorizer::{Authorizer, explain_alone};
pub use cache::CacheStats;
