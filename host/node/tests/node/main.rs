//! Nodes on stores: changes, what follows them, and tenants as files.

mod changes;
mod code;
mod families;
mod fresh;
mod partitions;
mod rights;
mod support;
