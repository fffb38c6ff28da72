//! Answers about answers: what a user can do, who can do something, how two users differ, what
//! an edit would change.
//!
//! A decision is about one record. Whoever edits roles and programs asks about people: these
//! questions are answered from the same compiled tenant and by the same steps, so that what is
//! told here and what is decided there cannot drift apart. Everything is borrowed from the
//! tenant that is asked about, and nothing here is on the way of a decision.

mod access;
mod diff;
mod edits;
mod impact;
mod query;
mod rights;
mod unasked;
mod ways;

pub use crate::change::{Edit, GrantWithin};
pub use crate::profile::{
    Aside, Follow, Follows, Gate, Limits, Openness, Reader, Required, Shift, Void,
};
pub use access::{ItemAccess, Matcher, Membership, items, memberships};
pub use diff::{
    DelegatedDifference, Diff, ItemDifference, Less, PermissionDifference, Possession,
    ProgramDifference, diff,
};
pub use impact::{
    Beyond, ChangedAnswer, DelegatedChange, Excess, Exposed, Followed, Impact, ItemChange, Judged,
    Presence, ProgramChange, Proposal, Reach, RightChange, RuleChange, Side, Totals, Touched,
    UserImpact, Warning, concerns, excess, impact,
};
pub use query::{Circumstances, SearchTally, UserDecision, WhoCan, what_can, who_can};
pub use rights::{
    DelegatedRight, Depends, Giver, Limited, Obliged, Restriction, Right, RightSource, SetAside,
    UserRights, VoidFor, VoidRight, anonymous_rights, rights,
};
pub use unasked::Unasked;
pub use ways::{Besides, DelegatedBy, Way};
