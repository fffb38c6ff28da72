//! Random conditions for the engine.
//!
//! Conditions are written by admins and run in every decision. Whatever is written and whatever
//! is then sent, the engine has to stay calm: no panic, no long wait, no growing memory, an
//! answer or a typed error, the same one each time, from nothing but the inputs that it names
//! and for as long as it says. Here millions of texts are tried, from noise to conditions in
//! good order, and each is held to all of that ([`check`]).
//!
//! What fails is printed with its seed and made as small as possible. A run is its seed: the run
//! number `n` of seed `k` is the first run of seed `k + n`, on every machine.
//!
//! ```sh
//! cargo xtask fuzz                      # a minute
//! cargo xtask fuzz --seconds 3600 --seed 1000000000
//! cargo xtask fuzz --runs 1 --seed 4711 # one that failed, again
//! ```
//!
//! It needs neither nightly Rust nor instrumentation. What that would find, the tables of words
//! in [`generate`] know already: the language is small.

pub mod check;
pub mod corpus;
pub mod generate;
pub mod measure;
pub mod pieces;
pub mod random;
pub mod run;
pub mod shrink;
pub mod tally;
pub mod world;
