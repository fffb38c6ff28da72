//! Names of teams, roles and tags, wherever a tenant writes them: one that does not exist would make
//! what hides apply to nobody, and what is limited reach nothing, without a word.
//!
//! Teams and tags can be held against a list only where the tenant has one. A team is known that is
//! listed, and so is one of which a listed one lies below.

use super::about::{About, KindSet};
use super::roles::Roles;
use super::{Before, Definition};
use crate::condition::{Among, Likeness, Sought};
use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::fast::Map;
use crate::model::{Assignment, Document, Grant, Matchers, Place, Tenant, Text};
use crate::snapshot::{Clause, GrantSet, PolicyRule, ProgramRule, SharingPlan, has_team};
use permesso_names::{Unfit, check_id, check_path};
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
    pub(super) policies: &'a Map<u32>,
    pub(super) teams: &'a Arc<[Box<str>]>,
    /// None where any word is a tag.
    pub(super) tags: Option<&'a Arc<[Box<str>]>>,
}

/// Whether a team is one of those listed, or above one.
pub(super) fn is_team(teams: &[Box<str>], name: &str) -> bool {
    teams.is_empty() || has_team(teams, name)
}

/// Refuses teams that the tenant does not list, and where it lists none, what no team can be.
pub(super) fn refuse_teams(
    teams: &[Box<str>],
    names: &[Text],
    field: &str,
    report: &mut Reporter<'_>,
) {
    refuse_paths(names, field, report);
    let unknown = |name: &&Text| check_path(name).is_ok() && !is_team(teams, name);
    for name in names.iter().filter(unknown) {
        report.unknown("team", name, field, teams.iter().map(|team| &**team));
    }
}

/// Refuses what is no path of a team, and a team that is named twice.
pub(super) fn refuse_paths<'n>(
    names: impl IntoIterator<Item = &'n Text>,
    field: &str,
    report: &mut Reporter<'_>,
) {
    let mut seen = HashSet::new();
    for name in names {
        if let Err(unfit) = check_path(name).and_then(|()| kept(name)) {
            report.fault(name.at(), field, format!("the team `{name}` {unfit}"), None);
        } else if !seen.insert(name.as_str()) {
            let help = Some("keep one of them".to_owned());
            report.fault(name.at(), field, format!("the team `{name}` is listed twice"), help);
        }
    }
}

/// Whether a name is none of the administration's.
fn kept(name: &str) -> Result<(), Unfit> {
    match check_id(name) {
        Err(unfit @ Unfit::Kept) => Err(unfit),
        _ => Ok(()),
    }
}

/// Refuses a role that somebody would hold twice in the same way: taking one of the two away would
/// take nothing.
pub(super) fn refuse_twice(roles: &[Assignment], field: &str, report: &mut Reporter<'_>) {
    for (place, held) in roles.iter().enumerate() {
        if roles.iter().take(place).any(|before| before == held) {
            let help = Some("delete one of the two".to_owned());
            report.fault(held.role.at(), field, format!("`{}` stands here twice", held.role), help);
        }
    }
}

/// Refuses tags that the tenant does not list, where it lists any.
pub(super) fn refuse_tags(
    tags: Option<&Arc<[Box<str>]>>,
    names: &[Text],
    field: &str,
    report: &mut Reporter<'_>,
) {
    let Some(tags) = tags else {
        for name in names {
            if let Err(unfit) = kept(name) {
                report.fault(name.at(), field, format!("the tag `{name}` {unfit}"), None);
            }
        }
        return;
    };
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
    for tag in &tags {
        if let Err(unfit) = kept(tag) {
            report.fault(tag.at(), "tags", format!("the tag `{tag}` {unfit}"), None);
        }
    }
    for tag in tags.iter().filter(|tag| tag.is_empty()) {
        report.fault(tag.at(), "tags", "a tag needs a name", None);
    }
    Some(tags.iter().map(|tag| tag.as_str().into()).collect())
}

/// Refuses what a tenant names and does not have. What is as it was, was looked at before: whether
/// there is anything that its catalog may name now and not before, or the other way round.
pub(super) fn check(
    definition: &Definition<'_>,
    before: Option<Before<'_>>,
    parts: Parts<'_>,
    known: Known<'_>,
    found: &mut Diagnostics,
) -> bool {
    if definition.lenient {
        return false;
    }
    let same_lists = before.is_some_and(|before| {
        Arc::ptr_eq(&before.snapshot.teams, known.teams)
            && match (&before.snapshot.tags, known.tags) {
                (Some(was), Some(is)) => Arc::ptr_eq(was, is),
                (was, is) => was.is_none() && is.is_none(),
            }
    });
    let names = Names { known, parts, before, same_lists };
    let mut report = definition.reporter(Document::Tenant, found);
    names.documents(definition, &mut report);
    names.conditions(definition, &mut report);
    !names.same_names()
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

    /// What conditions read, and what they name by a text.
    fn conditions(&self, definition: &Definition<'_>, report: &mut Reporter<'_>) {
        let Parts { roles, policies, programs, sharing } = self.parts;
        let about = About::of(definition.catalog);
        let own = |clause: &&Clause| clause.place.document == Document::Tenant;
        let was: HashSet<*const ()> = match &self.before {
            Some(before) if self.same_names() => {
                let roles = before.snapshot.roles.iter().map(|it| Arc::as_ptr(it).cast());
                let policies = before.snapshot.policies.iter().map(|it| Arc::as_ptr(it).cast());
                roles.chain(policies).collect()
            }
            _ => HashSet::new(),
        };
        let mut grants = |grants: &GrantSet, field: String| {
            let limited = grants.limited.iter();
            let clauses = limited.filter_map(|grant| grant.within.condition.as_ref()).filter(own);
            refuse_names(clauses, self.known, &field, report);
            let own = |place: Place| place.document == Document::Tenant;
            about.refuse_grants(&grants.limited, own, &field, report);
        };
        for role in roles.rules.iter().filter(|it| !was.contains(&Arc::as_ptr(it).cast())) {
            // What a standard role says is the catalog's.
            if role.grants.conditional && role.document.is_some() {
                grants(&role.grants, format!("roles.{}.grants", role.id));
            }
        }
        for policy in policies.iter().filter(|it| !was.contains(&Arc::as_ptr(it).cast())) {
            grants(&policy.grants, format!("policies.{}.grants", policy.id));
        }
        let tenant = &definition.tenant.value;
        let mut clauses = |clauses: &[&Clause], kinds: KindSet, field: String| {
            refuse_names(clauses.iter().copied(), self.known, &field, report);
            clauses.iter().for_each(|clause| about.refuse(clause, &kinds, &field, report));
        };
        let pairs = tenant.programs.iter().zip(programs);
        for (program, rule) in pairs.filter(|(_, rule)| rule.matchers.condition.is_some()) {
            let given = program.gives.iter().map(|item| item.kind.as_str());
            let kinds = about.with_parts(definition.catalog, given);
            let clause: Vec<&Clause> = rule.matchers.condition.iter().collect();
            clauses(&clause, kinds, format!("programs.{}.match", program.id));
        }
        let contents = &definition.catalog.source.value.sharing.contents;
        let layers = [
            (&tenant.sharing.policies, &sharing.policies),
            (&tenant.sharing.overrides, &sharing.overrides),
        ];
        for (written, rules) in layers {
            for (written, rule) in written.iter().zip(rules) {
                if rule.condition.is_none() && rule.viewers.condition.is_none() {
                    continue;
                }
                let numbers = (0..=u16::MAX).zip(contents.keys());
                let named = numbers.filter(|(_, kind)| {
                    written.content.iter().any(|content| content.as_str() == kind.as_str())
                });
                let kinds = about.content(&named.map(|(number, _)| number).collect());
                let viewers = rule.viewers.condition.iter();
                let all: Vec<&Clause> = rule.condition.iter().chain(viewers).collect();
                clauses(&all, kinds, format!("sharing.{}", rule.id));
            }
        }
    }

    /// Whether all that can be named is what it was.
    fn same_names(&self) -> bool {
        let Some(before) = &self.before else { return false };
        let (was, is) = (&before.snapshot.policy_ids, self.known.policies);
        let same_policies = was.len() == is.len() && is.keys().all(|id| was.contains_key(id));
        self.same_lists && self.parts.roles.same_ids && same_policies
    }
}

/// Refuses conditions that look for a role, a policy, a team or a tag that there is not.
pub(super) fn refuse_names<'c>(
    clauses: impl Iterator<Item = &'c Clause>,
    known: Known<'_>,
    field: &str,
    report: &mut Reporter<'_>,
) {
    let mut seen: HashSet<Place> = HashSet::new();
    // One grant of a category stands for many.
    for clause in clauses.filter(|clause| seen.insert(clause.place)) {
        for sought in clause.condition.sought() {
            if let Some((message, help)) = known.refused(sought) {
                let message = format!("the condition {message}");
                report.fault(clause.place.at, format!("{field}.condition"), message, help);
            }
        }
    }
}

impl Known<'_> {
    /// What is wrong with something that is looked for, where there is nothing of that name.
    pub(super) fn refused(self, sought: &Sought) -> Option<(String, Option<String>)> {
        let Self { roles, policies, teams, tags } = self;
        let text = &*sought.text;
        let same = sought.how == Likeness::Same;
        let whole = same && !sought.folded;
        let like = |known: &str| sought.is_like(known);
        let among = |ids: &Map<u32>| match whole {
            true => ids.contains_key(text),
            false => ids.keys().any(|id| like(id)),
        };
        let (what, help) = match &sought.among {
            Among::Roles if !among(roles) => ("role", suggest(text, roles.keys().map(|id| &**id))),
            Among::Policies if !among(policies) => {
                ("policy", suggest(text, policies.keys().map(|id| &**id)))
            }
            // A record may say that it is of none.
            Among::RecordTeams if text.is_empty() => return None,
            Among::Teams | Among::RecordTeams => {
                if same && let Err(unfit) = check_path(text) {
                    return Some((format!("names the team `{text}`, which {unfit}"), None));
                }
                // The teams above one that is listed are teams as well.
                let above = |team: &str| {
                    team.match_indices('/').any(|(at, _)| team.get(..at).is_some_and(like))
                };
                let there = match whole {
                    true => is_team(teams, text),
                    false => teams.is_empty() || teams.iter().any(|it| like(it) || above(it)),
                };
                if there {
                    return None;
                }
                ("team", suggest(text, teams.iter().map(|team| &**team)))
            }
            Among::Tags => match tags.filter(|tags| !tags.iter().any(|tag| like(tag))) {
                Some(tags) => ("tag", suggest(text, tags.iter().map(|tag| &**tag))),
                None => return None,
            },
            _ => return None,
        };
        let message = match sought.how {
            Likeness::Same => format!("names the {what} `{text}`, which there is not"),
            how => format!("looks for a {what} that {} `{text}`, which there is not", how.verb()),
        };
        Some((message, help))
    }
}
