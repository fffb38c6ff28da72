//! Nodes on stores: changes, what follows them, and tenants as files.

mod assigned;
mod bundles;
mod changes;
mod families;
mod freshness;
mod history;
mod imports;
mod named_once;
mod names;
mod naming;
mod partitions;
mod rights;
mod support;
mod tenants;
