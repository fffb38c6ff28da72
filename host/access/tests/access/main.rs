//! The server as its clients meet it, over real connections.

mod batch;
mod evaluation;
mod server;
mod support;
mod tenants;
mod transport;
