//! The binary as a command that comes to an end: nothing here is in the way of anything else.

mod anonymous;
mod answers;
mod assign;
mod bad_input;
mod contract;
mod coverage;
mod inspect;
mod interface;
mod products;
mod tables;
mod vendor;
