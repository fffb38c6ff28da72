//! Random edits by people who hold little.
//!
//! Whoever edits a tenant without being able to hand out anything must let nobody do what they
//! cannot do themselves, and take from nobody what they do not hold, whatever reads what they
//! write. Here random tenants are edited at random through the node's own code. Everything that
//! anybody could do before an edit that was accepted is compared with what they can do after it,
//! decision by decision: what the edit is judged by has no part in that.
//!
//! What is one's own counts as the author's own. What a guard on the record makes of an attribute
//! is compared where it opens; where it closes, the judge asks only that the permission is held.
//!
//! ```sh
//! cargo xtask authority --cases 100000    # as many edits that are accepted
//! ```

pub mod edits;
pub mod grid;
pub mod run;
pub mod world;
