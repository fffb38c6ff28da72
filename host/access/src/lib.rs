//! AuthZEN 1.0 over HTTP.
//!
//! The standard's Access Evaluation and Access Evaluations endpoints and its metadata, for many
//! tenants on one port. Three things decide how this is built.
//!
//! - **What is not understood is not decided.** A body whose meaning is doubtful, because a
//!   member occurs twice or nests without end, is refused whole ([`MAX_DEPTH`] and the limits of
//!   [`RequestLimits`](permesso_front::RequestLimits)); a denial is an answer, a refusal is none, and the two never look alike.
//! - **The caller is not believed about the subject.** Requests name a user; roles, teams and
//!   status come from the directory. Callers themselves are not authenticated here, so without
//!   being told to the server listens on loopback addresses only.
//! - **The frame may not cost more than the decision.** Bodies are borrowed, answers written by
//!   hand, and limits are plain code in the handler instead of layers around it.
//!
//! The same request always gets the same bytes: no dates, durations or random ids in bodies.
//!
//! ```
//! use permesso_access::{Server, ServerConfig};
//! use permesso_engine::Authorizer;
//! use std::sync::Arc;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Whoever reaches it is answered, so it listens on this machine only.
//! let authorizer = Arc::new(Authorizer::new(1000));
//! let bound = Server::bind(ServerConfig::new(Arc::clone(&authorizer))).await?;
//! assert!(bound.address().ip().is_loopback());
//! // The tenants are there: requests may come.
//! bound.readiness().set(true);
//! bound.run(async { /* until the process is told to stop */ }).await?;
//!
//! let listen = "0.0.0.0:0".parse()?;
//! let strangers = ServerConfig { listen, ..ServerConfig::new(authorizer) };
//! assert!(Server::bind(strangers).await.is_err());
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod app;
mod config;
mod decide;
mod error;
mod gate;
mod json;
mod metadata;
mod parse;
mod problem;
mod question;
mod routes;
mod server;
mod tenancy;

pub use config::{BATCH_ITEMS, ServerConfig};
pub use error::ServeError;
pub use parse::MAX_DEPTH;
pub use server::{Bound, Server};
