//! What binds whoever administers, whatever they are asked as.
//!
//! A product that has a permission of its own for an edit says who may make it, and how. It does
//! not say that somebody hands out what they do not hold, nor that a role may be edited that may
//! not: those bounds are asked besides, as permissions that everybody holds but for the guards.

use super::administration::Requirement;
use std::collections::BTreeSet;

/// What is asked besides, in place of the administration's own permission for an edit.
pub(super) fn of(required: Requirement) -> Vec<Requirement> {
    let role = match required.permission {
        "permesso.roles.edit" => Some("permesso.bounds.edit_role"),
        "permesso.roles.delete" => Some("permesso.bounds.delete_role"),
        _ => None,
    };
    let (id, roles) = (required.id, required.roles);
    let plain = |permission| Requirement { permission, id: id.clone(), roles: BTreeSet::new() };
    let mut all: Vec<Requirement> = role.into_iter().map(plain).collect();
    if !roles.is_empty() {
        let permission = "permesso.bounds.hand_out";
        all.push(Requirement { permission, id, roles });
    }
    all
}
