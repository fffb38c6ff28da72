//! Answers about answers: what a user can do, who can do something, how two users differ, what
//! an edit would change.
//!
//! A decision is about one record. Whoever edits roles and programs asks about people: these
//! questions are answered from the same compiled tenant and by the same steps, so that what is
//! told here and what is decided there cannot drift apart. Everything is borrowed from the
//! tenant that is asked about, and nothing here is on the way of a decision.

mod access;
mod change;
mod diff;
mod equalise;
mod impact;
mod person;
mod profile;
mod query;
mod rights;

pub use access::{Gate, ItemAccess, Matcher, Membership, Open, items, memberships};
pub use change::Change;
pub use diff::{
    DelegatedDifference, Diff, Held, ItemDifference, Less, PermissionDifference, ProgramDifference,
    diff,
};
pub use equalise::{Besides, Way};
pub use impact::{
    DelegatedChange, Exposed, Flip, Impact, ItemChange, Presence, ProgramChange, Proposal, Reach,
    RightChange, RuleChange, Side, Totals, Touched, UserImpact, Warning, impact,
};
pub use person::{Aside, Void};
pub use profile::Shift;
pub use query::{Answer, Circumstances, Tally, Unasked, WhoCan, what_can, who_can};
pub use rights::{
    Delegated, Depends, Giver, Limited, Limits, Obliged, Restriction, Right, Rights, SetAside,
    Source, VoidFor, VoidRight, rights,
};
