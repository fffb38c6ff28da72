//! What a user may do with a resource, and who may do something with it: decisions, many of
//! them, each made as any other is. No cache is asked and none is filled.

use super::rights::{RightSource, places};
use super::unasked::{Unasked, anonymous, loaded, member};
use crate::decide_alone;
use crate::decision::{ANONYMOUS, Asserted, Decision, Reason, Request, Resource};
use crate::diagnostic::suggest;
use crate::directory::Compiled;
use crate::evaluate::each_source;
use crate::model::Attributes;
use crate::profile::Person;
use crate::snapshot::{Member, PermissionId, PermissionRule};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What is asked about, but for the user or the permission.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The resource.
    pub resource: Resource<'a>,
    /// What else is known.
    pub context: &'a Attributes<'a>,
    /// What is said of the subject and the action.
    pub asserted: Asserted<'a>,
    /// The instant, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
}

/// What became of one user and one permission.
#[derive(Debug, Clone, PartialEq)]
pub struct UserDecision<'a> {
    /// The user; `anonymous` for whoever asks so.
    pub user: &'a str,
    /// Whether it is whoever asks anonymously, and no user.
    pub anonymous: bool,
    /// The permission.
    pub permission: &'a str,
    /// The decision.
    pub decision: Decision,
    /// Where it is allowed: the sources that each reach the resource by themselves.
    pub sources: Vec<RightSource<'a>>,
    /// Where it is allowed and no source does: who delegated it.
    pub delegated_by: Option<&'a str>,
}

/// Decides every permission of the catalog for a user on a resource, in the order of the
/// catalog. Restricting toggles are left out: nobody can exercise one.
///
/// # Errors
///
/// The directory has no such user, or is not loaded.
pub fn what_can<'a>(
    tenant: &'a Compiled,
    user: &str,
    about: Circumstances<'a>,
) -> Result<impl Iterator<Item = UserDecision<'a>>, Unasked> {
    let member = match asks_anonymously(tenant, about.asserted) {
        true => anonymous(tenant)?,
        false => member(tenant, user)?,
    };
    let actions = tenant.snapshot.each_permission().filter(|(_, rule)| !rule.is_constraint);
    Ok(actions.map(move |(id, rule)| answer(tenant, member, id, rule, about)))
}

fn answer<'a>(
    tenant: &'a Compiled,
    member: &'a Member,
    id: PermissionId,
    rule: &'a PermissionRule,
    about: Circumstances<'_>,
) -> UserDecision<'a> {
    let Circumstances { resource, context, mut asserted, now } = about;
    if member.anonymous {
        asserted.subject_type = ANONYMOUS;
    }
    let request =
        Request { subject: member.id(), action: &rule.id, resource, context, asserted, now };
    let decision = decide_alone(tenant, &request);
    let (mut sources, mut delegated_by) = (Vec::new(), None);
    if decision.reason == Reason::Granted {
        Person::new(tenant, member, now).ask_about(&request, |ask| {
            each_source(&tenant.snapshot, member, id, rule, |source, via, scope| {
                if ask.reaches_by(via, scope, rule) {
                    sources.push(RightSource {
                        giver: source.into(),
                        scope,
                        places: places(id, via),
                    });
                }
            });
            if sources.is_empty() {
                let from = ask.delegation(id, rule).map(|it| &*it.rule.from.id);
                let from = from.and_then(|from| tenant.member(from));
                delegated_by = from.map(|from| from.id());
            }
        });
    }
    let (user, anonymous) = (member.id(), member.anonymous);
    UserDecision { user, anonymous, permission: &rule.id, decision, sources, delegated_by }
}

/// Finds those who may do something with a resource: an iterator over them, by id.
///
/// # Errors
///
/// The catalog has no such permission, or it is one that restricts; the tenant is not loaded
/// whole.
pub fn who_can<'a>(
    tenant: &'a Compiled,
    permission: &str,
    about: Circumstances<'a>,
    limit: usize,
) -> Result<WhoCan<'a>, Unasked> {
    loaded(tenant)?;
    let snapshot = &*tenant.snapshot;
    let id = snapshot.permission_id(permission);
    let found = id.and_then(|id| Some((id, snapshot.permission(id)?)));
    let (id, rule) = found.ok_or_else(|| Unasked::Permission {
        product: snapshot.product().to_owned(),
        permission: permission.to_owned(),
        near: suggest(permission, snapshot.catalog.permissions.ids()),
    })?;
    if rule.is_constraint {
        return Err(Unasked::Toggle(permission.to_owned()));
    }
    let anybody = tenant.snapshot.anonymous.as_deref();
    let anybody = anybody.map(|member| answer(tenant, member, id, rule, about));
    let anybody = anybody.filter(|answer| answer.decision.is_allow());
    // Whoever is looked for among the anonymous is none of the directory.
    let members = tenant.members().filter(|_| !asks_anonymously(tenant, about.asserted));
    let waiting: Vec<ById<'a>> = members.map(|member| ById(member)).collect();
    let anonymous = anybody.is_some();
    let tally = SearchTally { users: waiting.len(), asked: 0, allowed: 0, cut: false, anonymous };
    Ok(WhoCan { tenant, id, rule, about, limit, waiting: waiting.into(), tally, anybody })
}

/// Whether a question is about whoever asks anonymously.
fn asks_anonymously(tenant: &Compiled, asserted: Asserted<'_>) -> bool {
    let contract = &tenant.snapshot.catalog.contract;
    contract.subject_type(asserted.subject_type) == Some(ANONYMOUS)
}

/// Those who may do something, by id.
#[derive(Debug)]
pub struct WhoCan<'a> {
    tenant: &'a Compiled,
    id: PermissionId,
    rule: &'a PermissionRule,
    about: Circumstances<'a>,
    limit: usize,
    /// A heap: the first ones are known long before all are in order.
    waiting: BinaryHeap<ById<'a>>,
    tally: SearchTally,
    anybody: Option<UserDecision<'a>>,
}

/// How far a search came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct SearchTally {
    /// The users of the tenant.
    pub users: usize,
    /// Those who were asked about so far.
    pub asked: usize,
    /// Those of them who may. Where the list was cut, one more than it shows, and perhaps there
    /// are more among those who were not asked about.
    pub allowed: usize,
    /// Whether the limit cut the list.
    pub cut: bool,
    /// Whether whoever asks anonymously may, who is no user and not counted.
    pub anonymous: bool,
}

impl<'a> WhoCan<'a> {
    /// Why whoever asks anonymously may, who is no user: that is everybody. None where they may
    /// not.
    #[must_use]
    pub fn anybody(&self) -> Option<&UserDecision<'a>> {
        self.anybody.as_ref()
    }

    /// How far the search came.
    #[must_use]
    pub fn tally(&self) -> SearchTally {
        self.tally
    }
}

impl<'a> Iterator for WhoCan<'a> {
    type Item = UserDecision<'a>;

    fn next(&mut self) -> Option<UserDecision<'a>> {
        while !self.tally.cut {
            let ById(member) = self.waiting.pop()?;
            let answer = answer(self.tenant, member, self.id, self.rule, self.about);
            self.tally.asked += 1;
            if !answer.decision.is_allow() {
                continue;
            }
            self.tally.allowed += 1;
            if self.tally.allowed <= self.limit {
                return Some(answer);
            }
            // Only one more who may shows that the list is not complete.
            self.tally.cut = true;
        }
        None
    }
}

/// Users in a heap, the first id on top.
#[derive(Debug)]
pub(super) struct ById<'a>(pub(super) &'a Member);

impl PartialEq for ById<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for ById<'_> {}

impl PartialOrd for ById<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ById<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.id.cmp(&self.0.id)
    }
}
