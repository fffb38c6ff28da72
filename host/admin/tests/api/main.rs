//! The administration as its clients meet it; every answer is held against the document.

mod authority;
mod changes;
mod code;
mod conditions;
mod document;
mod following;
mod people;
mod races;
mod roles;
mod support;
mod tenants;
mod users;
mod written;
