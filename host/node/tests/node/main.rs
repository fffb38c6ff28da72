//! Nodes on stores: changes, what follows them, and tenants as files.

mod assigned;
mod bundles;
mod changes;
mod families;
mod freshness;
mod history;
mod imports;
mod invariants;
mod mapped;
mod named_once;
mod names;
mod naming;
mod partitions;
mod publishing;
mod reaching;
mod rights;
mod silence;
mod support;
mod tenants;
