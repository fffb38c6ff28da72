//! Names of teams, roles and tags, wherever a tenant writes them: one that does not exist would make
//! what hides apply to nobody, and what is limited reach nothing, without a word.
//!
//! Teams and tags can be held against a list only where the tenant has one. A team is known that is
//! listed, and so is one of which a listed one lies below.

use super::roles::Roles;
use super::{Before, Definition};
use crate::condition::Named;
use crate::diagnostic::{Reporter, suggest};
use crate::fast::Map;
use crate::model::{Document, Grant, Matchers, Place, Tenant, Text};
use crate::snapshot::{Clause, MatcherRule, PolicyRule, ProgramRule, SharingPlan, has_team};
use std::collections::HashSet;
use std::sync::Arc;

/// What the conditions of a tenant stand in.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) roles: &'a Roles,
    pub(super) policies: &'a [Arc<PolicyRule>],
    pub(super) programs: &'a [Arc<ProgramRule>],
    pub(super) sharing: &'a SharingPlan,
}

/// The names that a tenant has.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) roles: &'a Map<u32>,
    pub(super) teams: &'a Arc<[Box<str>]>,
    /// None where any word is a tag.
    pub(super) tags: Option<&'a Arc<[Box<str>]>>,
}

/// Whether a team is one of those listed, or above one.
pub(super) fn is_team(teams: &[Box<str>], name: &str) -> bool {
    teams.is_empty() || has_team(teams, name)
}

/// Refuses teams that the tenant does not list.
pub(super) fn refuse_teams(
    teams: &[Box<str>],
    names: &[Text],
    field: &str,
    report: &mut Reporter<'_>,
) {
    for name in names.iter().filter(|name| !is_team(teams, name)) {
        report.unknown("team", name, field, teams.iter().map(|team| &**team));
    }
}

/// Refuses tags that the tenant does not list, where it lists any.
pub(super) fn refuse_tags(
    tags: Option<&Arc<[Box<str>]>>,
    names: &[Text],
    field: &str,
    report: &mut Reporter<'_>,
) {
    let Some(tags) = tags else { return };
    for name in names.iter().filter(|name| !is_tag(tags, name)) {
        report.unknown("tag", name, field, tags.iter().map(|tag| &**tag));
    }
}

fn is_tag(tags: &[Box<str>], name: &str) -> bool {
    tags.binary_search_by(|tag| (**tag).cmp(name)).is_ok()
}

/// The tags that a tenant lists, sorted; none where it lists none.
pub(super) fn tags(
    tenant: &Tenant,
    before: Option<Before<'_>>,
    report: &mut Reporter<'_>,
) -> Option<Arc<[Box<str>]>> {
    let listed = tenant.tags.as_ref()?;
    if let Some(before) = before
        && before.tenant.tags == tenant.tags
        && let Some(tags) = &before.snapshot.tags
    {
        return Some(Arc::clone(tags));
    }
    let mut tags: Vec<&Text> = listed.iter().map(|tag| &tag.id).collect();
    tags.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    for pair in tags.windows(2) {
        if let [first, second] = pair
            && first.as_str() == second.as_str()
        {
            let message = format!("`{second}` is listed twice");
            report.fault(second.at(), "tags", message, Some("keep one of them".to_owned()));
        }
    }
    for tag in tags.iter().filter(|tag| tag.is_empty()) {
        report.fault(tag.at(), "tags", "a tag needs a name", None);
    }
    Some(tags.iter().map(|tag| tag.as_str().into()).collect())
}

/// Refuses what a tenant names and does not have. What is as it was, was looked at before.
pub(super) fn check(
    definition: &Definition<'_>,
    before: Option<Before<'_>>,
    parts: Parts<'_>,
    known: Known<'_>,
    report: &mut Reporter<'_>,
) {
    if definition.lenient {
        return;
    }
    let same_lists = before.is_some_and(|before| {
        Arc::ptr_eq(&before.snapshot.teams, known.teams)
            && match (&before.snapshot.tags, known.tags) {
                (Some(was), Some(is)) => Arc::ptr_eq(was, is),
                (was, is) => was.is_none() && is.is_none(),
            }
    });
    let names = Names { known, parts, before, same_lists };
    names.documents(definition, report);
    names.conditions(report);
}

struct Names<'a> {
    known: Known<'a>,
    parts: Parts<'a>,
    before: Option<Before<'a>>,
    /// Whether the teams and the tags are those that they were.
    same_lists: bool,
}

impl Names<'_> {
    /// Those of some documents that have to be looked at.
    fn changed<'d, T>(
        &self,
        all: &'d [Arc<T>],
        was: impl Fn(&Before<'_>) -> Vec<*const T>,
    ) -> Vec<&'d T> {
        let known: HashSet<*const T> = match &self.before {
            Some(before) if self.same_lists => was(before).into_iter().collect(),
            _ => HashSet::new(),
        };
        let new = all.iter().filter(|one| !known.contains(&Arc::as_ptr(one)));
        new.map(|one| &**one).collect()
    }

    fn documents(&self, definition: &Definition<'_>, report: &mut Reporter<'_>) {
        let tenant = &definition.tenant.value;
        let Known { teams, tags, .. } = self.known;
        if teams.is_empty() && tags.is_none() {
            return;
        }
        let mut grants = |grants: &[Grant], field: String| {
            for grant in grants {
                refuse_teams(teams, &grant.teams, &field, report);
                refuse_teams(teams, &grant.exact_teams, &field, report);
            }
        };
        let pointers = |before: &Before<'_>| before.tenant.roles.iter().map(Arc::as_ptr).collect();
        for role in self.changed(&tenant.roles, pointers) {
            grants(&role.grants, format!("roles.{}.grants", role.id));
        }
        let pointers =
            |before: &Before<'_>| before.tenant.policies.iter().map(Arc::as_ptr).collect();
        for policy in self.changed(&tenant.policies, pointers) {
            grants(&policy.grants, format!("policies.{}.grants", policy.id));
        }
        let mut matchers = |matchers: &Matchers, field: String| {
            refuse_teams(teams, &matchers.teams, &field, report);
            refuse_teams(teams, &matchers.exact_teams, &field, report);
            refuse_tags(tags, &matchers.tags, &format!("{field}.tags"), report);
        };
        let pointers =
            |before: &Before<'_>| before.tenant.programs.iter().map(Arc::as_ptr).collect();
        for program in self.changed(&tenant.programs, pointers) {
            matchers(&program.matchers, format!("programs.{}.match", program.id));
        }
        let sharing = &tenant.sharing;
        for (layer, rules) in [("policies", &sharing.policies), ("overrides", &sharing.overrides)] {
            for rule in rules {
                matchers(&rule.viewers, format!("sharing.{layer}.{}.for", rule.id));
            }
        }
    }

    /// What conditions name by a text.
    fn conditions(&self, report: &mut Reporter<'_>) {
        let Parts { roles, policies, programs, sharing } = self.parts;
        let same = self.same_lists && roles.same_ids;
        let was: HashSet<*const ()> = match &self.before {
            Some(before) if same => {
                let roles = before.snapshot.roles.iter().map(|it| Arc::as_ptr(it).cast());
                let policies = before.snapshot.policies.iter().map(|it| Arc::as_ptr(it).cast());
                roles.chain(policies).collect()
            }
            _ => HashSet::new(),
        };
        for role in roles.rules.iter().filter(|it| !was.contains(&Arc::as_ptr(it).cast())) {
            // A standard role is the catalog's, which knows no tenant's teams.
            if role.grants.conditional && role.document.is_some() {
                let grants = &role.grants.limited;
                let clauses = grants.iter().filter_map(|grant| grant.within.condition.as_ref());
                self.clauses(clauses, &format!("roles.{}.grants", role.id), report);
            }
        }
        for policy in policies.iter().filter(|it| !was.contains(&Arc::as_ptr(it).cast())) {
            let grants = &policy.grants.limited;
            let clauses = grants.iter().filter_map(|grant| grant.within.condition.as_ref());
            self.clauses(clauses, &format!("policies.{}.grants", policy.id), report);
        }
        let of = |matchers: &'_ MatcherRule| matchers.condition.clone();
        for program in programs {
            let clause = of(&program.matchers);
            self.clauses(clause.iter(), &format!("programs.{}.match", program.id), report);
        }
        for rule in sharing.policies.iter().chain(&sharing.overrides) {
            let field = format!("sharing.{}", rule.id);
            let viewers = of(&rule.viewers);
            self.clauses(rule.condition.iter().chain(&viewers), &field, report);
        }
    }

    fn clauses<'c>(
        &self,
        clauses: impl Iterator<Item = &'c Clause>,
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        let own = clauses.filter(|clause| clause.place.document == Document::Tenant);
        refuse_names(own, self.known, field, report);
    }
}

/// Refuses conditions that look for a role, a team or a tag that there is not.
pub(super) fn refuse_names<'c>(
    clauses: impl Iterator<Item = &'c Clause>,
    known: Known<'_>,
    field: &str,
    report: &mut Reporter<'_>,
) {
    let Known { roles, teams, tags } = known;
    let mut seen: HashSet<Place> = HashSet::new();
    // One grant of a category stands for many.
    for clause in clauses.filter(|clause| seen.insert(clause.place)) {
        for (what, name) in clause.condition.names() {
            let (what, help) = match what {
                Named::Role if !roles.contains_key(name) => {
                    ("role", suggest(name, roles.keys().map(|id| &**id)))
                }
                Named::Team if !is_team(teams, name) => {
                    ("team", suggest(name, teams.iter().map(|team| &**team)))
                }
                Named::Tag => match tags.filter(|tags| !is_tag(tags, name)) {
                    Some(tags) => ("tag", suggest(name, tags.iter().map(|tag| &**tag))),
                    None => continue,
                },
                _ => continue,
            };
            let message = format!("the condition names the {what} `{name}`, which there is not");
            report.fault(clause.place.at, format!("{field}.condition"), message, help);
        }
    }
}
