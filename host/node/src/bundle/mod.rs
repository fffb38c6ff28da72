//! Policy as code: a tenant as files, and files as a tenant.
//!
//! What a tenant is can be kept where a program is kept, reviewed and moved: exported as YAML,
//! edited, compared with what the tenant is, and applied as one change that either holds
//! everything or nothing of it. The same checks and guards bind as for any other edit.
//!
//! # Format
//!
//! A folder as the examples have it: `tenant.yaml` with the policy, `people.yaml` with `users`
//! and `delegations`, or `people.jsonl` with one of them a line (`{"delegation": {...}}` for the
//! latter). Or one file with both halves, which is what an API takes. Either way people are read
//! one by one, and a million of them need the memory of their ids.
//!
//! Beyond what a folder of the engine knows a file may have
//!
//! - `catalog: {version, digest}`, written by an export to say which catalog it was made under.
//!   It moves no tenant to another catalog; publishing a product does that.
//! - teams as `{path: US/South, title: The South}`.
//! - the `id` of a delegation, where it is not the one that follows from its sides and its place
//!   among those of the same sides: `from>to`, `from>to#0002`.
//!
//! API keys, invitations and what a node serves are not exported. The first two are secrets, the
//! last is settled where the node runs.
//!
//! Lists of documents are sorted by id, defaults are left out, fields stand in the order of their
//! types and attributes in that of their names: exported, imported into an empty tenant and
//! exported again, a tenant is the same text.
//!
//! # What is left alone
//!
//! Of the policy everything goes that a bundle does not have. Users and delegations go only
//! where [`Compare::prune`] says so and the bundle gives that list, be it empty; with a user
//! their invitation goes, and the delegations from and to them.

mod apply;
mod canonical;
mod compare_people;
mod compare_policy;
mod diff;
mod emit;
mod export;
mod import;
mod parsed;
mod people;
mod read;
mod schemas;
mod tree;

pub use apply::{Apply, IN_ONE_RECORD};

pub use compare_policy::Compare;
pub use diff::{Difference, DifferenceKind, Differences, diff};
pub use export::{Export, ExportError, ExportPart, Exported};
pub use import::{ImportOptions, Imported, Progress, import};
pub use parsed::Bundle;
pub use people::People;
pub use schemas::{NoSchema, schema, schemas};
