//! Whether the author of a change may make it.
//!
//! What has to be held follows from the documents that it touches; see [`administration`]. It is
//! decided by the engine, on the tenant as it is before the change. Where the product has a
//! permission of its own for it, that is what is asked; see [`asked`]. Nobody hands out more than
//! they hold: what an edit hands out is put into a role that exists for the length of a question.

use super::administration::{
    self, CANDIDATE, Handed, HandedRole, RESOURCE, Requirement, UNBOUNDED,
};
use super::asked::{self, Subject};
use super::keepers::standard;
use super::{Edited, bounds, keys, ownership};
use crate::caller::Caller;
use crate::document::read;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::node::Node;
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_engine::administration::{finer, operation};
use permesso_engine::compile::{Compiled, Definition, PeopleFrom, compile, compile_member};
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Decision, Reason, Request, Resource};
use permesso_engine::load::Source;
use permesso_engine::model::{
    Asked, Attributes, Delegation, Directory, Role, Status, Tenant, User, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether the caller holds what the change needs.
pub(crate) async fn may(
    node: &Node,
    view: &View<'_>,
    caller: &Caller,
    edited: &[Edited],
    elsewhere: &[Edited],
    renamed: Option<&(String, String)>,
) -> Result<(), ChangeError> {
    if !caller.is_asked() || edited.is_empty() {
        return Ok(());
    }
    let Some(compiled) = view.compiled() else {
        of_the_platform(caller)?;
        return keys::within_own_reach(view, caller, edited);
    };
    let judge = Judge { node, view, caller, compiled };
    // Whoever may hand out anything need not hold it.
    let bounded = !judge.holds(UNBOUNDED).await?;
    let by_owner = bounded && ownership::owns(view, caller).await?;
    let mut handed = Handed { by_owner, ..Handed::default() };
    let mut requirements = BTreeMap::new();
    for edit in edited.iter().chain(elsewhere) {
        let Edited { kind, id, before, after } = edit;
        let standard = standard(view.version, id).filter(|_| *kind == DocumentKind::Role);
        let (before, after) = (before.as_ref(), after.as_ref());
        let found = administration::requirements(
            *kind,
            id,
            before,
            after,
            standard,
            view.tenant(),
            &mut handed,
        )?;
        for required in found {
            requirements.entry(required.named_before(renamed)).or_insert(edit);
        }
        if *kind == DocumentKind::Invitation && after.is_some() {
            // Whoever comes with it is asked about as a user.
            let user: Option<User> = match view.object(DocumentKind::User, id).await? {
                Some(object) => Some(read(DocumentKind::User, id, &object.body)?),
                None => None,
            };
            if let Some(user) = user.filter(|user| user.status != Status::Deleted) {
                let invited = administration::invited(&user, view.tenant(), &mut handed);
                requirements.entry(invited).or_insert(edit);
            }
        }
    }
    let temporary = match bounded && !handed.is_empty() {
        true => Some(judge.with_candidate(handed.candidate).await?),
        false => None,
    };
    for (required, edit) in requirements {
        let by_product = match bounded {
            true => judge.by_product(&required, edit, edited).await?,
            false => false,
        };
        let required = if by_product { bounds::of(required) } else { vec![required] };
        for required in required {
            judge.require(&required, bounded, temporary.as_ref()).await?;
        }
    }
    keys::within_own_reach(view, caller, edited)?;
    if bounded {
        if !by_owner {
            ownership::by_owners(view, edited).await?;
        }
        for edit in edited.iter().filter(|edit| edit.kind == DocumentKind::Delegation) {
            own_delegation(caller, edit)?;
        }
    }
    Ok(())
}

/// Whether the caller holds any of these permissions at all, whatever it may be about: asked before
/// anything is looked at, so that whoever holds none gets one answer, whatever is there.
pub(crate) async fn needs(
    node: &Node,
    view: &View<'_>,
    caller: &Caller,
    any: &[&'static str],
) -> Result<(), ChangeError> {
    if !caller.is_asked() || any.is_empty() {
        return Ok(());
    }
    let Some(compiled) = view.compiled() else { return of_the_platform(caller) };
    let judge = Judge { node, view, caller, compiled };
    let mut refused = None;
    for permission in any {
        let name = asked::named(permission);
        let mut plainly = true;
        for name in std::iter::once(name).chain(finer(name)) {
            if let Some(asked) = judge.asked(name).await? {
                plainly &= name != asked::named(permission);
                match judge.denied_everywhere(&asked.permission).await? {
                    None => return Ok(()),
                    Some(reason) => refused.get_or_insert(refusal(&asked.permission, &reason)),
                };
            }
        }
        if !plainly {
            continue;
        }
        // Of a role that there is not everything may be edited.
        let decision = judge.decide(permission, Some(CANDIDATE), &Attributes::new()).await?;
        // What is granted for other documents is looked at when it is known which they are.
        let elsewhere = matches!(decision.reason.code(), "not-applicable" | "out-of-scope");
        if decision.is_allow() || elsewhere {
            return Ok(());
        }
        refused.get_or_insert_with(|| denied(permission, &decision));
    }
    refused.map_or(Ok(()), Err)
}

/// Whether the caller holds a permission, whatever it is about.
pub(crate) async fn holds(
    node: &Node,
    view: &View<'_>,
    caller: &Caller,
    permission: &str,
) -> Result<(), ChangeError> {
    if !caller.is_asked() {
        return Ok(());
    }
    let Some(compiled) = view.compiled() else { return of_the_platform(caller) };
    let judge = Judge { node, view, caller, compiled };
    let nothing = Attributes::new();
    if let Some(asked) = judge.asked(asked::named(permission)).await? {
        let decision = judge.of_product(asked, view.realm.tenant_id(), &nothing).await?;
        return allowed(&asked.permission, &decision);
    }
    allowed(permission, &judge.decide(permission, None, &nothing).await?)
}

/// What belongs to no tenant is for keys of the platform.
fn of_the_platform(caller: &Caller) -> Result<(), ChangeError> {
    let may = matches!(caller, Caller::Key(key) if keys::is_of_the_installation(key));
    if may {
        return Ok(());
    }
    Err(ChangeError::Denied {
        permission: "platform".to_owned(),
        reason: "not-granted".to_owned(),
        message: "only a key with the verb `platform`, for all tenants, may do this".to_owned(),
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
    node: &'a Node,
    view: &'a View<'a>,
    caller: &'a Caller,
    compiled: &'a Arc<Compiled>,
}

impl Judge<'_> {
    async fn holds(&self, permission: &str) -> Result<bool, ChangeError> {
        let attributes = Attributes::new();
        Ok(self.decide(permission, None, &attributes).await?.is_allow())
    }

    async fn require(
        &self,
        required: &Requirement,
        bounded: bool,
        temporary: Option<&Compiled>,
    ) -> Result<(), ChangeError> {
        let mut attributes = Attributes::new();
        if bounded && !required.roles.is_empty() {
            // Without a temporary tenant nothing is handed out but roles that exist.
            let named = |role: &&HandedRole| temporary.is_some() || !role.is_candidate();
            let roles = required.roles.iter().filter(named).map(HandedRole::value);
            attributes.set("roles", Value::List(roles.collect()));
        }
        let decision =
            match temporary.filter(|_| required.roles.iter().any(HandedRole::is_candidate)) {
                Some(temporary) => decide_alone(
                    temporary,
                    &self.request(required.permission, Some(&required.id), &attributes),
                ),
                None => self.decide(required.permission, Some(&required.id), &attributes).await?,
            };
        allowed(required.permission, &decision)
    }

    /// How the product has an operation asked of the caller; nothing where it says nothing, and of
    /// whoever may hand out anything.
    async fn asked(&self, operation: &str) -> Result<Option<&Asked>, ChangeError> {
        let Some(asked) = asked::mapped(self.view, operation) else { return Ok(None) };
        Ok((!self.holds(UNBOUNDED).await?).then_some(asked))
    }

    /// Asks for the product's own permissions, where it has some for what is done. Whether it has.
    async fn by_product(
        &self,
        required: &Requirement,
        edit: &Edited,
        edited: &[Edited],
    ) -> Result<bool, ChangeError> {
        if self.view.catalog().value.administration.is_empty() {
            return Ok(false);
        }
        let subject = Subject::of(self.view, edit, edited).await?;
        let operations = subject.operations(self.view, required.permission);
        let mut all = !operations.is_empty();
        for name in operations {
            let about = operation(name).map(|rule| rule.about);
            let Some((asked, about)) = asked::mapped(self.view, name).zip(about) else {
                all = false;
                continue;
            };
            for attributes in subject.questions(self.view, asked, about).await? {
                let id = Some(required.id.as_str());
                let decision = self.of_product(asked, id, &attributes).await?;
                allowed(&asked.permission, &decision)?;
            }
        }
        Ok(all)
    }

    async fn of_product(
        &self,
        asked: &Asked,
        id: Option<&str>,
        attributes: &Attributes<'_>,
    ) -> Result<Decision, ChangeError> {
        let plain = self.request(&asked.permission, id, attributes);
        let resource = Resource { kind: &asked.kind, ..plain.resource };
        self.decided(&Request { resource, ..plain }).await
    }

    async fn denied_everywhere(&self, permission: &str) -> Result<Option<Reason>, ChangeError> {
        let tenant = self.view.realm.tenant_id().unwrap_or_default();
        let nothing = Attributes::new();
        let request = self.request(permission, None, &nothing);
        let member = match self.caller {
            Caller::Key(key) => Some(compile_member(self.compiled, &service(key))?),
            _ => None,
        };
        let ask = |asking: permesso_engine::Asking<'_>| {
            asking.try_denied_everywhere(tenant, member.as_ref(), &request)
        };
        Ok(self.node.ask(tenant, ask).await?)
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
            asserted: Asserted::NONE,
            now: self.view.now,
        }
    }

    async fn decide(
        &self,
        permission: &str,
        id: Option<&str>,
        attributes: &Attributes<'_>,
    ) -> Result<Decision, ChangeError> {
        self.decided(&self.request(permission, id, attributes)).await
    }

    async fn decided(&self, request: &Request<'_>) -> Result<Decision, ChangeError> {
        let tenant = self.view.realm.tenant_id().unwrap_or_default();
        let decision = match self.caller {
            Caller::Key(key) => {
                let member = compile_member(self.compiled, &service(key))?;
                self.node.ask(tenant, |asking| asking.decide_as(tenant, &member, request)).await?
            }
            _ => self.node.decide(tenant, request).await?,
        };
        Ok(decision)
    }

    /// The tenant with a role that grants what is handed out, and nobody in it but the caller.
    async fn with_candidate(&self, mut role: Role) -> Result<Compiled, ChangeError> {
        role.id = CANDIDATE.into();
        let mut tenant: Source<Tenant> = Source::clone(&self.view.version.documents.tenant);
        tenant.value.roles.push(Arc::new(role));
        let tenant = Arc::new(tenant);
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
        self.node.with_families(&self.view.version.documents, &[], |families| {
            compile(&Definition {
                catalog: &self.view.version.catalog,
                tenant: &tenant,
                people: PeopleFrom::Directory(&directory),
                families,
                revision: self.view.revision(),
                lenient: true,
                before: Some(self.compiled),
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
        roles: key.roles.iter().map(|role| role.as_str().into()).collect(),
        ..User::default()
    }
}

fn allowed(permission: &str, decision: &Decision) -> Result<(), ChangeError> {
    if decision.is_allow() { Ok(()) } else { Err(denied(permission, decision)) }
}

fn denied(permission: &str, decision: &Decision) -> ChangeError {
    refusal(permission, &decision.reason)
}

fn refusal(permission: &str, reason: &Reason) -> ChangeError {
    let message = match reason {
        Reason::Guard { message, .. } => message.to_string(),
        reason => format!("`{permission}` is needed for this: {reason}"),
    };
    let (permission, reason) = (permission.to_owned(), reason.code().to_owned());
    ChangeError::Denied { permission, reason, message }
}
