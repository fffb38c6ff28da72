//! The binary as a server: flooded, killed, cut off, changed while it is asked. Each test takes
//! its [`turn`](permesso_tests::turn).

mod assign;
mod isolation;
mod killed;
mod load;
mod nodes;
mod partitions;
mod registry;
mod schemathesis;
mod serve;
mod swap;
