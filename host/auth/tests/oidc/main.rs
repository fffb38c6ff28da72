//! Tokens of `OpenID` Connect issuers, and the keys that they are checked with.

mod keys;
mod support;
mod tokens;
