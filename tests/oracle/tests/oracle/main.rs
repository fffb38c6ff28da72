//! The engine against the naive evaluator, and against itself.

mod agreement;
mod widening;
