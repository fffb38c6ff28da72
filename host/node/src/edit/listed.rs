//! Where teams and roles are named in lists.
//!
//! A role that goes is told where it is named, and not that there is none of that name.
//!
//! As long as a tenant lists teams, one that goes and is named somewhere is told by compiling the
//! tenant. With the last of them the list goes too, any path is a team from then on, and nothing
//! would be told: grants and rules would go on meaning a team that nobody manages.

use permesso_engine::model::{Assignment, Catalog, Grant, Matchers, Tenant, Text, User};

/// Where a tenant names a team, or one below it, in a list.
pub(super) fn by_lists(tenant: &Tenant, catalog: &Catalog, team: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut add = |named: bool, place: String| {
        if named {
            places.push(place);
        }
    };
    for role in &tenant.roles {
        add(grants(&role.grants, team), format!("the role `{}`", role.id));
    }
    for policy in &tenant.policies {
        add(grants(&policy.grants, team), format!("the policy `{}`", policy.id));
    }
    for program in &tenant.programs {
        add(matchers(&program.matchers, team), format!("the program `{}`", program.id));
    }
    for rule in tenant.sharing.policies.iter().chain(&tenant.sharing.overrides) {
        add(matchers(&rule.viewers, team), format!("the sharing rule `{}`", rule.id));
    }
    add(assignments(tenant.baseline.iter().flatten(), team), "the baseline".to_owned());
    let roles = &catalog.baseline.roles;
    add(assignments(roles.iter(), team), "the product's baseline".to_owned());
    places
}

/// Where a tenant names a role in a list, but for its users.
pub(super) fn role_by_lists(tenant: &Tenant, role: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut add = |named: bool, place: String| {
        if named {
            places.push(place);
        }
    };
    let among = |names: &[Text]| names.iter().any(|name| name.as_str() == role);
    let held = |held: &[Assignment]| held.iter().any(|held| held.role.as_str() == role);
    for other in &tenant.roles {
        add(among(&other.parents), format!("the role `{}`", other.id));
    }
    for team in &tenant.teams {
        add(held(&team.roles), format!("the team `{}`", team.path));
    }
    for program in &tenant.programs {
        add(among(&program.matchers.roles), format!("the program `{}`", program.id));
    }
    for rule in tenant.sharing.policies.iter().chain(&tenant.sharing.overrides) {
        add(among(&rule.viewers.roles), format!("the sharing rule `{}`", rule.id));
    }
    add(tenant.baseline.as_deref().is_some_and(held), "the baseline".to_owned());
    places
}

/// Whether a user's own grants name a team, or one below it: by them nobody looks users up.
pub(super) fn by_grants_of(user: &User, team: &str) -> bool {
    grants(&user.grants, team)
}

fn grants(grants: &[Grant], team: &str) -> bool {
    grants.iter().any(|grant| names(grant.teams.iter().chain(&grant.exact_teams), team))
}

fn matchers(matchers: &Matchers, team: &str) -> bool {
    names(matchers.teams.iter().chain(&matchers.exact_teams), team)
}

fn assignments<'a>(mut held: impl Iterator<Item = &'a Assignment>, team: &str) -> bool {
    held.any(|held| names(held.teams.iter().flatten(), team))
}

/// Whether one of some teams is another one, or lies below it.
pub(super) fn names<'a>(mut teams: impl Iterator<Item = &'a Text>, team: &str) -> bool {
    teams.any(|named| {
        named.strip_prefix(team).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
