//! Edits as an admin would write them into a directory.

use permesso_engine::change::Edit;
use permesso_engine::inspect::{GrantWithin, Limits};
use permesso_engine::model::{Directory, Grant, Invitation, Scope, Status, Text};

/// Writes an edit of a user; `false` where it is none of a user, or the directory has no such
/// user.
pub fn write(directory: &mut Directory, user: &str, edit: &Edit) -> bool {
    let text = |name: &String| Text::from(name.as_str());
    let Some(it) = directory.users.iter_mut().find(|it| **it.id == *user) else { return false };
    match edit {
        Edit::Activate => it.status = Status::Active,
        Edit::Deactivate => it.status = Status::Inactive,
        Edit::Accept => it.invitation = Invitation::Accepted,
        Edit::MakeOwner => it.owner = true,
        Edit::GiveRole { role } => it.roles.push(role.as_str().into()),
        Edit::TakeRole { role } => it.roles.retain(|held| *held.role != *role),
        Edit::AttachPolicy { policy } => it.policies.push(text(policy)),
        Edit::DetachPolicy { policy } => it.policies.retain(|held| **held != *policy),
        Edit::Grant { permission, scope, limited } => {
            let limited: Vec<Limits> = limited.iter().map(GrantWithin::limits).collect();
            it.grants.extend(grants(permission, *scope, &limited));
        }
        Edit::Revoke { permission } => {
            let named = |grant: &Grant| {
                let several = grant.permissions.as_ref();
                grant.permission.as_ref().is_some_and(|it| **it == *permission)
                    || several.is_some_and(|it| it.to_string() == *permission)
            };
            assert!(it.grants.iter().any(named), "nobody wrote that: {edit:?}");
            it.grants.retain(|grant| !named(grant));
        }
        Edit::RevokeCategory { category } => {
            let named = |grant: &Grant| grant.category.as_ref().is_some_and(|it| **it == *category);
            assert!(it.grants.iter().any(named), "nobody wrote that: {edit:?}");
            it.grants.retain(|grant| !named(grant));
        }
        Edit::Tick { permission } => it.rights.add.push(text(permission)),
        Edit::Untick { permission } => {
            assert!(it.rights.add.iter().any(|right| **right == *permission), "{edit:?}");
            it.rights.add.retain(|right| **right != *permission);
        }
        Edit::TickAgain { permission } => {
            assert!(it.rights.remove.iter().any(|right| **right == *permission), "{edit:?}");
            it.rights.remove.retain(|right| **right != *permission);
        }
        Edit::JoinTeam { team } => it.teams.push(text(team)),
        Edit::AddTag { tag } => it.tags.push(text(tag)),
        Edit::EndDelegation { from } => {
            let before = directory.delegations.len();
            directory.delegations.retain(|it| **it.from != *from || **it.to != *user);
            assert!(directory.delegations.len() < before, "nobody delegated that: {edit:?}");
        }
        _ => return false,
    }
    true
}

/// A grant without limits and those within, as lines.
fn grants(permission: &str, scope: Scope, limited: &[Limits]) -> Vec<Grant> {
    let permission = Some(Text::from(permission));
    let texts = |names: &[String]| names.iter().map(|name| Text::from(name.as_str())).collect();
    let plain = Grant { permission: permission.clone(), scope, ..Grant::default() };
    let limited = limited.iter().map(|limits| Grant {
        permission: permission.clone(),
        scope: limits.scope,
        teams: texts(&limits.teams),
        exact_teams: texts(&limits.exact_teams),
        valid_from: limits.valid_from,
        valid_until: limits.valid_until,
        condition: limits.condition.as_deref().map(Text::from),
        ..Grant::default()
    });
    std::iter::once(plain).filter(|grant| !grant.scope.is_none()).chain(limited).collect()
}
