//! Permission families as WebAssembly components: loading, confining and asking them.
//!
//! A family is code of a stranger on the path of every decision. Three rules follow, and the
//! modules here are cut along them.
//!
//! - **It knows only what it is told.** There is no WASI; `probe` refuses a component that
//!   imports anything but a log before it is compiled, and the linker of its `interface`
//!   offers nothing else. Values go in by position as the `manifest` declares them.
//! - **It cannot hold up a decision.** Time is bounded by an epoch that a thread of its own
//!   moves (`ticker`), memory and tables by a limiter (`store`), room by `permits` in
//!   front of a pool of instances, results by `answer` and a cap on the bytes that cross.
//! - **It cannot allow by failing.** Whatever goes wrong becomes a typed
//!   [`Fault`](permesso_engine::family::Fault) (`fault`), the instance is thrown away, and the
//!   engine denies. An instance never serves two tenants (`idle`), and a family that fails again
//!   and again is not asked for a while (`quarantine`).
//!
//! ```
//! use permesso_engine::family::{Effect, Family, Question};
//! use permesso_runtime::{Runtime, RuntimeConfig};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Milliseconds by default; a machine that runs tests may be busy.
//! let patience = Duration::from_secs(10);
//! let config =
//!     RuntimeConfig { deadline: patience, setup_deadline: patience, ..RuntimeConfig::default() };
//! let runtime = Runtime::new(config)?;
//! let bytes = std::fs::read("../../tests/fixtures/family-1.0.0.wasm")?;
//! let family = runtime.load(&bytes, "scheduler-events.wasm")?;
//!
//! // It is asked with values in the order in which its manifest declares them. Of what is not
//! // known nothing follows that would open anything.
//! let unknown = vec![None; family.manifest().inputs.len()];
//! let question = Question { permission: 0, kind: None, inputs: unknown };
//! let answer = family.evaluate("acme", &question)?;
//! assert!(!matches!(answer.effect, Effect::Floor(_)));
//!
//! let refused = runtime.load(b"#!/bin/sh", "script.wasm").unwrap_err();
//! assert!(refused.to_string().contains("script.wasm"));
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod answer;
mod bulkhead;
mod component;
mod config;
mod digest;
mod engine;
mod error;
mod family;
mod fault;
mod idle;
mod interface;
mod log;
mod manifest;
mod permits;
mod probe;
mod quarantine;
mod shared;
mod stats;
mod store;
mod ticker;
mod v1;

pub use component::Component;
pub use config::{FamilyConfig, InstanceMode, QuarantineConfig, RuntimeConfig};
pub use digest::{Digest, NotADigest};
pub use engine::{ComponentInfo, Runtime};
pub use error::{LoadError, ManifestError, NotAComponent, Refusal, RuntimeError};
pub use family::WasmFamily;
pub use permesso_precompiled::{Cache, CacheError};
pub use stats::{Counter, FamilyStats, Peak};
