//! The engine from outside: one program, so that what all of it needs is linked once.

mod anonymous;
mod applicable;
mod assignments;
mod bounds;
mod cache;
mod cache_lies;
mod common;
mod conditions;
mod contract;
mod coverage;
mod edits;
mod flip;
mod holding;
mod hr_suite;
mod inspect;
mod kubernetes;
mod large;
mod left_out;
mod lending;
mod load_errors;
mod mutated;
mod names;
mod open_directory;
mod patterns;
mod pipeline;
mod predicates;
mod sharing;
#[cfg(target_os = "linux")]
mod subject_size;
mod tables;
mod tags;
mod teams;
mod twice;
mod unsaid;
mod void_lists;
mod wrong_names;
