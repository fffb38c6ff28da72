//! Conditions: what admins write when a scope and a list of teams do not say enough.
//!
//! A condition is one expression that is true or false, such as
//!
//! ```text
//! resource.amount <= 10000 && has_role("manager") && hour_in(now, 9, 18, "Europe/Rome")
//! ```
//!
//! It is written in the expressions of Rhai, by people who never see a stack trace, and decides
//! who gets in. Three things follow:
//!
//! - **It is checked when it is saved**, not when somebody needs it: every path against an
//!   [`AttributeSchema`], every operator and function against the types beside it. Each mistake
//!   has a line, a column, a plain sentence and what to do.
//! - **It reads what it names and nothing else.** [`Condition::inputs`] is computed from the
//!   expression, and only those values can be reached while it runs. They are the key under
//!   which its answer may be kept, and [`Condition::next_change`] says for how long.
//! - **What cannot be known is never an answer.** A missing or ill-typed attribute, or a
//!   calculation without a result, is a [`ConditionError`] unless the other parts settle the
//!   answer whatever it would be. Callers count it against the subject: a grant under the
//!   condition does not hold, a denial under it does. See [`Condition`]. Where an attribute may
//!   well be missing, a condition says so itself: `is_set(path)` is always known, and
//!   `path ?? value` is the value where the attribute is not there, or null.
//!
//! The engine has no clock, no loops, no state and no way to define anything; `now` is an input
//! like the others. Numbers are compared to the last digit;
//! only what was calculated with decimals is equal to what it differs from by rounding alone.
//!
//! The modules in the order in which a condition passes them: `remarks` (comments), `lexical`
//! (words), the parser of the library, `check` (paths and types; rewrites it), `evaluate` (binds values and runs).

mod calendar;
mod case;
mod check;
mod dates;
mod engine;
mod evaluate;
mod fault;
mod foreign;
mod kind;
mod lexical;
mod limits;
mod remarks;
mod schema;
mod sought;
mod values;
mod words;

pub use case::TestFailure;
pub use check::Named;
pub use engine::ConditionEngine;
pub use evaluate::{Condition, ConditionError};
pub use fault::{ConditionFault, Mistake};
pub use schema::AttributeSchema;
pub(crate) use sought::{Among, Likeness, Met, Sought};
pub use words::{Renamed, condition_names, rename_in};

pub use crate::model::{AttributeDeclarations, AttributeType, ConditionTest, SchemaError};
