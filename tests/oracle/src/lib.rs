//! A second evaluator for the engine to agree with.
//!
//! The engine compiles policies, numbers everything, keeps answers and asks families in batches;
//! each of these can go wrong in ways that a test of one sentence does not see. Here the same
//! documents are decided once more by plain loops that were written from the specification and
//! share no code with the engine but the words of its model. Random products, tenants and
//! questions are put to both; whatever they disagree on is made as small as possible and printed
//! as documents that can be loaded.
//!
//! ```sh
//! cargo xtask oracle --cases 1000000      # more cases than the test has
//! cargo xtask oracle --mutants            # would it notice? bugs planted on purpose
//! ```

pub mod case;
pub mod compare;
pub mod family;
pub mod generate;
pub mod random;
pub mod reference;
pub mod run;
pub mod shrink;
pub mod tally;
