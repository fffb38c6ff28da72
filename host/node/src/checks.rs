//! Whether a change may be made, and whether what it leads to is whole.

use crate::administration::{self, Ask, CANDIDATE, Handed, KEEPER, RESOURCE, UNBOUNDED};
use crate::caller::Caller;
use crate::change::Edited;
use crate::document::{named, read};
use crate::error::ChangeError;
use crate::kind::Kind;
use crate::node::Node;
use crate::tenant::State;
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_auth::key::{Tenants, Verb};
use permesso_engine::compile::{
    Compiled, Definition, FamilySet, check_delegation, check_user, compile, compile_member,
};
use permesso_engine::decision::{Decision, Reason, Request, Resource};
use permesso_engine::load::Source;
use permesso_engine::model::{
    Attributes, Delegation, Directory, Role, Status, Tenant, User, Value,
};
use permesso_engine::{decide_alone, model};
use permesso_store::feed::{self, Facet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether the caller holds what the change needs.
pub(crate) async fn may(
    node: &Arc<Node>,
    view: &View<'_>,
    caller: &Caller,
    edited: &[Edited],
) -> Result<(), ChangeError> {
    if !caller.is_asked() || edited.is_empty() {
        return Ok(());
    }
    let Some(compiled) = view.compiled() else { return of_the_platform(caller) };
    let mut handed = Handed::default();
    let mut asks = BTreeSet::new();
    for edit in edited {
        let Edited { kind, id, before, after } = edit;
        let standard = standard(view.state, id).filter(|_| *kind == Kind::Role);
        let (before, after) = (before.as_ref(), after.as_ref());
        let found = administration::asks(*kind, id, before, after, standard, &mut handed)?;
        asks.extend(found);
        if *kind == Kind::Invitation && after.is_some() {
            // Whoever comes with it is asked about as a user.
            let user: Option<User> = match view.object(Kind::User, id).await? {
                Some(object) => Some(read(Kind::User, id, &object.body)?),
                None => None,
            };
            if let Some(user) = user.filter(|user| user.status != Status::Deleted) {
                asks.insert(administration::invited(&user, &mut handed));
            }
        }
    }
    let judge = Judge { node, view, caller, compiled };
    // Whoever may hand out anything need not hold it.
    let bounded = !judge.holds(UNBOUNDED).await?;
    let temporary = match bounded && !handed.is_empty() {
        true => Some(judge.with_candidate(handed.candidate).await?),
        false => None,
    };
    for ask in asks {
        judge.ask(&ask, bounded, temporary.as_ref()).await?;
    }
    if bounded {
        for edit in edited.iter().filter(|edit| edit.kind == Kind::Delegation) {
            own_delegation(caller, edit)?;
        }
    }
    Ok(())
}

/// Whether the caller holds a permission, whatever it is about.
pub(crate) async fn holds(
    node: &Arc<Node>,
    view: &View<'_>,
    caller: &Caller,
    permission: &str,
) -> Result<(), ChangeError> {
    if !caller.is_asked() {
        return Ok(());
    }
    let Some(compiled) = view.compiled() else { return of_the_platform(caller) };
    let judge = Judge { node, view, caller, compiled };
    let decision = judge.decide(permission, None, &Attributes::new()).await?;
    match decision.is_allow() {
        true => Ok(()),
        false => Err(denied(permission, &decision)),
    }
}

/// What belongs to no tenant is for keys of the platform.
fn of_the_platform(caller: &Caller) -> Result<(), ChangeError> {
    let may = matches!(caller, Caller::Key(key) if key.verbs.contains(&Verb::Platform));
    if may {
        return Ok(());
    }
    Err(ChangeError::Denied {
        permission: "platform".to_owned(),
        reason: "not-granted".to_owned(),
        message: "only a key with the verb `platform` may do this".to_owned(),
    })
}

/// Nobody lets others act for somebody else.
fn own_delegation(caller: &Caller, edit: &Edited) -> Result<(), ChangeError> {
    for body in [&edit.before, &edit.after].into_iter().flatten() {
        let delegation: Delegation = read(edit.kind, &edit.id, body)?;
        let own = matches!(caller, Caller::User { id, .. } if *id == *delegation.from);
        // To end one is also for whoever was let.
        let ends = edit.after.is_none()
            && matches!(caller, Caller::User { id, .. } if *id == *delegation.to);
        if !own && !ends {
            return Err(ChangeError::Denied {
                permission: "permesso.delegations.edit".to_owned(),
                reason: "not-own".to_owned(),
                message: format!("only `{}` can let somebody act for them", delegation.from),
            });
        }
    }
    Ok(())
}

/// Somebody, and a tenant in which they are judged.
struct Judge<'a> {
    node: &'a Arc<Node>,
    view: &'a View<'a>,
    caller: &'a Caller,
    compiled: &'a Arc<Compiled>,
}

impl Judge<'_> {
    async fn holds(&self, permission: &str) -> Result<bool, ChangeError> {
        let attributes = Attributes::new();
        Ok(self.decide(permission, None, &attributes).await?.is_allow())
    }

    async fn ask(
        &self,
        ask: &Ask,
        bounded: bool,
        temporary: Option<&Compiled>,
    ) -> Result<(), ChangeError> {
        let mut attributes = Attributes::new();
        if bounded && !ask.roles.is_empty() {
            // Without a temporary tenant nothing is handed out but roles that exist.
            let named = |role: &&String| temporary.is_some() || *role != CANDIDATE;
            let roles = ask.roles.iter().filter(named).map(|role| Value::text(role.clone()));
            attributes.set("roles", Value::List(roles.collect()));
        }
        let decision = match temporary.filter(|_| ask.roles.contains(CANDIDATE)) {
            Some(temporary) => {
                decide_alone(temporary, &self.request(ask.permission, Some(&ask.id), &attributes))
            }
            None => self.decide(ask.permission, Some(&ask.id), &attributes).await?,
        };
        match decision.is_allow() {
            true => Ok(()),
            false => Err(denied(ask.permission, &decision)),
        }
    }

    fn request<'r>(
        &'r self,
        permission: &'r str,
        id: Option<&'r str>,
        attributes: &'r Attributes<'r>,
    ) -> Request<'r> {
        static NOTHING: Attributes<'static> = Attributes::new();
        Request {
            subject: match self.caller {
                Caller::User { id, .. } => id,
                _ => KEY,
            },
            action: permission,
            resource: Resource { kind: RESOURCE, id, attributes },
            context: &NOTHING,
            now: self.view.now,
        }
    }

    async fn decide(
        &self,
        permission: &str,
        id: Option<&str>,
        attributes: &Attributes<'_>,
    ) -> Result<Decision, ChangeError> {
        let tenant = self.view.realm.tenant_id().unwrap_or_default();
        let request = self.request(permission, id, attributes);
        let decision = match self.caller {
            Caller::Key(key) => {
                let member = compile_member(self.compiled, self.view.catalog(), &service(key))?;
                self.node.ask(tenant, |asking| asking.decide_as(tenant, &member, &request)).await?
            }
            _ => self.node.decide(tenant, &request).await?,
        };
        Ok(decision)
    }

    /// The tenant with a role that grants what is handed out, and nobody in it but the caller.
    async fn with_candidate(&self, mut role: Role) -> Result<Compiled, ChangeError> {
        role.id = CANDIDATE.into();
        let mut tenant: Source<Tenant> = Source::clone(&self.view.state.tenant);
        tenant.value.roles.push(role);
        let mut user = match self.caller {
            Caller::User { id, .. } => self.view.user(id).await?,
            Caller::Key(key) => service(key),
            Caller::Operator(_) | Caller::System => User::default(),
        };
        if let Caller::Key(_) = self.caller {
            user.id = KEY.into();
        }
        let directory = Directory { users: vec![user], delegations: Vec::new() };
        let directory = Source::new("the caller", directory);
        self.node.with_families(self.view.state, &[], |families| {
            compile(&Definition {
                catalog: self.view.catalog(),
                tenant: &tenant,
                directory: &directory,
                families,
                revision: self.view.revision(),
                lenient: true,
            })
        })
    }
}

/// By what a key is called where it is no user.
const KEY: &str = "permesso.key";

/// A key as the user that it acts as.
pub(crate) fn service(key: &KeyRecord) -> User {
    User {
        id: KEY.into(),
        roles: key.roles.iter().map(|role| model::Text::from(role.clone())).collect(),
        ..User::default()
    }
}

fn denied(permission: &str, decision: &Decision) -> ChangeError {
    let message = match &decision.reason {
        Reason::Guard { message, .. } => message.to_string(),
        reason => format!("`{permission}` is needed for this: {reason}"),
    };
    ChangeError::Denied {
        permission: permission.to_owned(),
        reason: decision.reason.code().to_owned(),
        message,
    }
}

/// Whether the documents hold together after the change; the tenant, compiled.
pub(crate) async fn whole(
    node: &Arc<Node>,
    view: &View<'_>,
    candidate: Arc<State>,
    edited: &[Edited],
) -> Result<Arc<State>, ChangeError> {
    if view.realm.tenant_id().is_none() || edited.is_empty() {
        return Ok(candidate);
    }
    let candidate = compiled(node, State::clone(&candidate), edited).await?;
    users(view, &candidate, edited).await?;
    held(view, &candidate, edited, &Shift::of(edited)?).await?;
    Ok(Arc::new(candidate))
}

/// The tenant as it would be, compiled.
pub(crate) async fn compiled(
    node: &Arc<Node>,
    mut candidate: State,
    edited: &[Edited],
) -> Result<State, ChangeError> {
    let policy = edited.iter().any(|edit| edit.kind.is_policy());
    if policy && let Some(pin) = candidate.pin()? {
        candidate.catalog = node.catalog(&pin).await?;
        let compile = |families: &FamilySet| {
            compile(&Definition {
                catalog: &candidate.catalog,
                tenant: &candidate.tenant,
                directory: &Source::default(),
                families,
                revision: candidate.revision,
                lenient: false,
            })
        };
        // What is said to a family has to please the one that is installed; any other edit does
        // not wait for one that refuses what it was told before.
        let compiled = match edited.iter().any(|edit| edit.kind == Kind::Catalog) {
            true => {
                node.validate(&candidate.tenant, |_| true)?;
                compile(&node.components().families())?
            }
            false => {
                let families = edited.iter().filter(|edit| edit.kind == Kind::Family);
                let families: Vec<&str> = families.map(|edit| &*edit.id).collect();
                node.with_families(&candidate, &families, compile)?
            }
        };
        candidate.compiled = Some(Arc::new(compiled));
    } else if policy {
        candidate.compiled = None;
    }
    Ok(candidate)
}

/// Whether everything that somebody has to hold, or nobody may lose, is as it has to be.
pub(crate) async fn held(
    view: &View<'_>,
    candidate: &State,
    edited: &[Edited],
    shift: &Shift,
) -> Result<(), ChangeError> {
    in_use(view, candidate, edited, shift).await?;
    keepers(view, candidate, shift).await
}

/// Whether users and delegations are right by themselves.
async fn users(view: &View<'_>, candidate: &State, edited: &[Edited]) -> Result<(), ChangeError> {
    let Some(compiled) = &candidate.compiled else { return Ok(()) };
    for Edited { kind, id, after, .. } in edited {
        let Some(after) = after else { continue };
        let file = format!("{kind} `{id}`");
        match kind {
            Kind::User => {
                let user = named(*kind, id, Some(after), |user: &User| &user.id)?;
                let Some(user) = user else { continue };
                check_user(compiled, &candidate.catalog, &Source::new(file, user))?;
            }
            Kind::Delegation => {
                let delegation: Delegation = read(*kind, id, after)?;
                for side in [&delegation.from, &delegation.to] {
                    let there = edited.iter().any(|edit| {
                        edit.kind == Kind::User && edit.id == **side && edit.after.is_some()
                    });
                    if !there && view.object(Kind::User, side).await?.is_none() {
                        return Err(view.missing(Kind::User, side));
                    }
                }
                check_delegation(compiled, &candidate.catalog, &Source::new(file, delegation))?;
            }
            Kind::Key => {
                let key: KeyRecord = read(*kind, id, after)?;
                let mine = |tenant: &String| Some(tenant.as_str()) == view.realm.tenant_id();
                let own = match &key.tenants {
                    Tenants::All => false,
                    Tenants::Only(tenants) => tenants.iter().all(mine),
                };
                if !own || key.verbs.contains(&Verb::Platform) {
                    return Err(ChangeError::Request {
                        field: "tenants".to_owned(),
                        message: "a tenant's key is good for that tenant only, and never for the \
                                  platform"
                            .to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// By how much a change moves the counts of what users have.
#[derive(Debug, Default)]
pub(crate) struct Shift(BTreeMap<(Facet, String), (i64, i64)>);

impl Shift {
    fn of(edited: &[Edited]) -> Result<Self, ChangeError> {
        let mut shift = Self::default();
        edited.iter().try_for_each(|edit| shift.add(edit))?;
        Ok(shift)
    }

    /// One more document that becomes something else.
    pub(crate) fn add(&mut self, edit: &Edited) -> Result<(), ChangeError> {
        if edit.kind != Kind::User {
            return Ok(());
        }
        for (body, sign) in [(&edit.before, -1), (&edit.after, 1)] {
            let Some(body) = body else { continue };
            let counted = feed::counted(body).map_err(|error| ChangeError::Document {
                kind: edit.kind,
                id: edit.id.clone(),
                why: error.to_string(),
            })?;
            // Nothing depends on who has a tag, and everybody may have one of their own.
            for (facet, takes_part) in counted.into_iter().filter(|((f, _), _)| *f != Facet::Tag) {
                let count = self.0.entry(facet).or_default();
                count.0 += sign;
                count.1 += sign * i64::from(takes_part);
            }
        }
        Ok(())
    }

    /// How many have something before and after: listed, taking part.
    async fn counts(
        &self,
        view: &View<'_>,
        facets: &[(Facet, String)],
    ) -> Result<Vec<[(i64, i64); 2]>, ChangeError> {
        let usage = view.usage(facets).await?;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(facets
            .iter()
            .map(|facet| {
                let before = usage.get(facet).copied().unwrap_or_default();
                let before = (number(before.listed), number(before.taking_part));
                let by = self.0.get(facet).copied().unwrap_or_default();
                [before, (before.0 + by.0, before.1 + by.1)]
            })
            .collect())
    }
}

/// What users have is not taken away from under them.
async fn in_use(
    view: &View<'_>,
    candidate: &State,
    edited: &[Edited],
    shift: &Shift,
) -> Result<(), ChangeError> {
    // With the tenant everything goes.
    if candidate.compiled.is_none() {
        return Ok(());
    }
    let mut gone = Vec::new();
    for edit in edited.iter().filter(|edit| edit.after.is_none()) {
        let facet = match edit.kind {
            // A standard role that was edited is only what it was before.
            Kind::Role if standard(candidate, &edit.id).is_some() => continue,
            Kind::Role => Facet::Role,
            Kind::Policy => Facet::Policy,
            Kind::Team => Facet::Team,
            _ => continue,
        };
        gone.push(((facet, edit.id.clone()), edit.kind));
    }
    let facets: Vec<(Facet, String)> = gone.iter().map(|(facet, _)| facet.clone()).collect();
    let counts = shift.counts(view, &facets).await?;
    for (((_, id), kind), [_, (listed, _)]) in gone.iter().zip(counts) {
        if listed > 0 {
            let users = u64::try_from(listed).unwrap_or(0);
            let message = match kind {
                Kind::Role => format!(
                    "{users} users hold the role `{id}`, pending invitations included; move them \
                     to another one first, or with `move_to`"
                ),
                _ => format!("{users} users have the {kind} `{id}`; take it from them first"),
            };
            return Err(ChangeError::Guarded { guard: "in-use", message, users: Some(users) });
        }
    }
    Ok(())
}

fn standard<'a>(state: &'a State, id: &str) -> Option<&'a Role> {
    state.catalog.value.standard_roles.iter().find(|role| role.id.as_str() == id)
}

/// Somebody always has to be left: who owns the account, who holds a role that wants a holder,
/// who can edit roles.
async fn keepers(view: &View<'_>, candidate: &State, shift: &Shift) -> Result<(), ChangeError> {
    let (Some(was), Some(is)) = (view.compiled(), &candidate.compiled) else { return Ok(()) };
    let mut facets = vec![(Facet::Owner, "true".to_owned())];
    let kept: BTreeSet<String> = view
        .roles()
        .filter(|role| {
            role.keeps_holder
                || standard(view.state, &role.id).is_some_and(|role| role.keeps_holder)
        })
        .map(|role| role.id.to_string())
        .collect();
    facets.extend(kept.iter().map(|role| (Facet::Role, role.clone())));
    let able = |compiled: &Compiled| -> BTreeSet<String> {
        compiled.snapshot.roles_granting(KEEPER).map(str::to_owned).collect()
    };
    let (were_able, are_able) = (able(was), able(is));
    // Only what can have changed is looked at.
    let moved = !shift.0.is_empty();
    if !moved && were_able == are_able {
        return Ok(());
    }
    let first_able = facets.len();
    let all_able: Vec<String> = were_able.union(&are_able).cloned().collect();
    facets.extend(all_able.iter().map(|role| (Facet::Role, role.clone())));
    let counts = shift.counts(view, &facets).await?;
    for ((facet, value), [(_, before), (_, after)]) in facets.iter().zip(&counts).take(first_able) {
        if *before > 0 && *after <= 0 {
            let what = match facet {
                Facet::Owner => "owns the account".to_owned(),
                _ => format!("holds the role `{value}`"),
            };
            return Err(ChangeError::Guarded {
                guard: "last-holder",
                message: format!("nobody would be left who {what}; let somebody else first"),
                users: None,
            });
        }
    }
    let mut left = (0, 0);
    for (role, [(_, before), (_, after)]) in all_able.iter().zip(counts.iter().skip(first_able)) {
        left.0 += if were_able.contains(role) { *before } else { 0 };
        left.1 += if are_able.contains(role) { *after } else { 0 };
    }
    if left.0 > 0 && left.1 <= 0 {
        return Err(ChangeError::Guarded {
            guard: "last-administrator",
            message: "nobody would be left who can edit roles; let somebody else first".to_owned(),
            users: None,
        });
    }
    Ok(())
}
