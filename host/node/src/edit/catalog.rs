//! Whether a tenant can go on under another catalog.
//!
//! What its policy names is told by compiling it. But its users and delegations are never read as
//! a whole, and its keys are not compiled: who holds a role that the catalog has no longer would
//! hold nothing, until somebody made another role of that name; and what a user was granted by a
//! name that is gone would silently be nothing. So whoever publishes hears of it, and the tenant
//! stays on the version that it is on.

use super::Edited;
use super::integrity::Shift;
use super::keys;
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kept;
use crate::kind::DocumentKind;
use crate::operation::renaming::{Renaming, told};
use crate::view::View;
use permesso_engine::compile::{Compiled, check_delegation, check_user};
use permesso_engine::condition::Named;
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load::Source;
use permesso_engine::model::{
    Delegation, Policy, Program, Role, SharingRule, Status, Tenant, User,
};
use permesso_store::feed::Facet;
use permesso_store::{Object, Which};
use std::collections::BTreeSet;

/// What of a user's document names something of a catalog that a tenant cannot have itself.
const WORDS: [&str; 5] =
    ["\"grants\"", "\"rights\"", "\"attributes\"", "\"condition\"", "\"type\""];
/// How many people are read at a time.
const PAGE: u32 = 1_000;
/// After so many faults nobody else is looked at.
const FAULTS: usize = 100;
/// So many roles are told.
const TOLD: usize = 10;

/// Refuses that roles go with the catalog which somebody or something of the tenant has.
pub(super) async fn keeps_roles(
    view: &View<'_>,
    candidate: &Version,
    shift: &Shift,
) -> Result<(), ChangeError> {
    if view.settings().is_err() {
        return Ok(());
    }
    let tenant = &candidate.documents.tenant.value;
    let standard = candidate.catalog.source().value.standard_roles.iter();
    let own = tenant.roles.iter().map(|role| role.id.as_str());
    let is: BTreeSet<&str> = standard.map(|role| role.id.as_str()).chain(own).collect();
    let gone = view.roles().map(|role| role.id.as_str()).filter(|role| !is.contains(role));
    let gone: Vec<(Facet, String)> = gone.map(|role| (Facet::Role, role.to_owned())).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let keys = keys::all(view, candidate, &[]).await?;
    let (mut held, mut users) = (Vec::new(), 0_u64);
    for ((_, role), [_, (listed, _)]) in gone.iter().zip(shift.counts(view, &gone).await?) {
        let listed = u64::try_from(listed).unwrap_or(0);
        let mut by: Vec<String> = Vec::new();
        if listed > 0 {
            users = users.saturating_add(listed);
            by.push(format!("{listed} users, pending invitations included"));
        }
        by.extend(keys::acting_with(&keys, role));
        by.extend(naming(tenant, role));
        if !by.is_empty() {
            held.push(format!("the role `{role}` is held or named by {}", told(by)));
        }
    }
    if held.is_empty() {
        return Ok(());
    }
    let more = held.len().saturating_sub(TOLD);
    held.truncate(TOLD);
    let more = if more > 0 { format!(", and so are {more} more roles") } else { String::new() };
    let message = format!(
        "in the tenant `{}` {}{more}, and the catalog has it no longer; keep it in the catalog, \
         or move its holders to another role first",
        view.realm(),
        held.join("; ")
    );
    Err(ChangeError::Guarded { guard: "in-use", message, users: Some(users) })
}

/// Where a tenant's own documents name a role.
fn naming(tenant: &Tenant, role: &str) -> Vec<String> {
    let it = &mut Renaming::new(Named::Role, role, "");
    let mut places = Vec::new();
    let mut note = |named: bool, place: String| {
        if named {
            places.push(place);
        }
    };
    for other in &tenant.roles {
        let mut other = Role::clone(other);
        // What it was copied from it has nothing of any more.
        other.duplicate_of = None;
        other.distinct_from.clear();
        note(it.role(&mut other), format!("the role `{}`", other.id));
    }
    for policy in &tenant.policies {
        note(it.policy(&mut Policy::clone(policy)), format!("the policy `{}`", policy.id));
    }
    for program in &tenant.programs {
        note(it.program(&mut Program::clone(program)), format!("the program `{}`", program.id));
    }
    for rule in tenant.sharing.policies.iter().chain(&tenant.sharing.overrides) {
        let rule = &mut SharingRule::clone(rule);
        note(it.sharing(rule), format!("the sharing rule `{}`", rule.id));
    }
    for team in &tenant.teams {
        let place = format!("the team `{}`", team.path);
        note(it.assignments(&place, &mut team.roles.clone()), place);
    }
    if let Some(mut roles) = tenant.baseline.clone() {
        note(it.assignments("the baseline", &mut roles), "the baseline".to_owned());
    }
    places
}

/// Refuses what makes a user or a delegation of the tenant wrong that was right before.
pub(super) async fn keeps_people(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
) -> Result<(), ChangeError> {
    let (Some(was), Some(is)) = (view.compiled(), &candidate.compiled) else { return Ok(()) };
    let changed: BTreeSet<(DocumentKind, &str)> =
        edited.iter().map(|edit| (edit.kind, &*edit.id)).collect();
    let mut found = Diagnostics::default();
    for kind in [DocumentKind::User, DocumentKind::Delegation] {
        let mut after = String::new();
        loop {
            let which = Which::All(kind.name());
            let page = view.store().page(view.realm(), which, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            let stay = page.iter().filter(|object| !changed.contains(&(kind, &*object.id)));
            stay.for_each(|object| person(kind, view, object, [was, is], &mut found));
            if found.len() >= FAULTS {
                return Ok(found.or(())?);
            }
        }
    }
    Ok(found.or(())?)
}

/// What of one is wrong under another catalog and was right under the one before.
fn person(
    kind: DocumentKind,
    view: &View<'_>,
    object: &Object,
    [was, is]: [&Compiled; 2],
    found: &mut Diagnostics,
) {
    let file = || format!("the {kind} `{}` of the tenant `{}`", object.id, view.realm());
    let wrong = match kind {
        DocumentKind::User => {
            // What others have nothing of names nothing of a catalog but roles, which are counted.
            if !WORDS.iter().any(|word| object.body.get().contains(word)) {
                return;
            }
            let Ok(user) = kept::read::<User>(&object.body) else { return };
            if user.status == Status::Deleted {
                return;
            }
            let user = Source::new(file(), user);
            [was, is].map(|of| check_user(of, None, &user).err())
        }
        _ => {
            let Ok(delegation) = kept::read::<Delegation>(&object.body) else { return };
            let delegation = Source::new(file(), delegation);
            [was, is].map(|of| check_delegation(of, &delegation).err())
        }
    };
    let [before, after] = wrong;
    for fault in after.into_iter().flatten() {
        let mut known = before.iter().flat_map(|before| before.iter());
        if !known.any(|old| (&old.field, &old.message) == (&fault.field, &fault.message)) {
            found.push(fault);
        }
    }
}
