//! A product in which decisions turn on other people than the subject, and a store of users that
//! remembers every revision.

use crate::common::Closure;
use permesso_engine::Authorizer;
use permesso_engine::compile::{
    self, Compiled, CompiledCatalog, Definition, FamilySet, PeopleFrom, compile,
};
use permesso_engine::decision::{Asserted, Decision, Request, Resource};
use permesso_engine::directory::{
    Admitted, Loaded, Need, Needs, Pins, StoredUser, Subjects, Usage,
};
use permesso_engine::family::{
    Answer, Effect, Family, Input, InputKind, InputSpec, Manifest, Question, ReasonSpec,
};
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Attributes, Delegation, Directory, Invitation, Status, Tenant, User};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) const CATALOG: &str = "
product: letters
version: 1.0.0
teams: {attribute: team}
relations: [owner, author]
own_means: [author]
attributes: {resource.words: integer}
sharing:
  by: [owner]
  contents:
    letter: {default: share, withhold: [body], redact: {sharer: limit.discreet}}
resource_kinds:
  shelf: {exclusive: [view]}
categories:
  - id: letters
    permissions:
      - {id: letter.read, family: post, content: {kind: letter}}
      - {id: letter.list, content: {kind: letter}}
      - {id: letter.send, granted_by: delegation, baseline: own, reach: own, own_means: [author]}
      - {id: letter.sign, delegable: true}
      - {id: letter.open, baseline: all, content: {kind: letter}, family: post}
      - {id: letter.close, baseline: all, content: {kind: letter}, family: registry}
      - {id: letter.shelve, baseline: all, exclusive: view}
  - id: people
    permissions:
      - {id: role.delete}
      - {id: user.remove}
  - id: limits
    permissions:
      - {id: limit.discreet, constraint: {}}
guards:
  - {id: unused, on: [role.delete], check: unused, message: somebody still holds the role}
  - {id: last_boss, on: [user.remove], check: {keeps_holder: boss}, message: somebody has to be boss}
standard_roles:
  - {id: boss, grants: [{permission: '*', scope: all}]}
  - id: clerk
    editable: true
    deletable: true
    reach: own
    adjustable: [letters]
    grants: [{permission: letter.read, scope: own}, {permission: letter.list, scope: all}]
";

/// Policies of one tenant. They define other roles, and the same ones in another order.
pub(crate) const TENANTS: [&str; 3] = [
    "
tenant: acme
product: letters
teams: [north, south]
policies: [{id: reading, grants: [{permission: letter.read, scope: all}]}]
roles:
  - {id: discreet, grants: [{permission: limit.discreet, scope: all}]}
  - {id: signer, grants: [{permission: letter.sign, scope: all}]}
  - {id: reader, grants: [{permission: letter.read, scope: team}, {permission: letter.list, scope: all}]}
programs: [{id: rare, match: {roles: [ghost], tags: [collector]}, gives: [{kind: shelf, id: rare, access: view}]}]
families: {post: {config: {}}, registry: {config: {}}}
",
    "
tenant: acme
product: letters
teams: [north, south]
policies:
  - {id: signing, grants: [{permission: letter.sign, scope: own}]}
  - {id: reading, grants: [{permission: letter.read, scope: own}]}
roles:
  - {id: reader, grants: [{permission: letter.read, scope: all}]}
  - {id: ghost, grants: [{permission: letter.list, scope: all}]}
  - {id: discreet, grants: [{permission: limit.discreet, scope: all}]}
programs: [{id: rare, match: {roles: [reader], teams: [north]}, gives: [{kind: shelf, id: rare, access: view}]}]
families: {post: {config: {}}, registry: {config: {}}}
",
    "
tenant: acme
product: letters
teams: [north, south]
roles:
  - {id: signer, grants: [{permission: letter.sign, scope: all, valid_until: 1970-01-01T00:00:02Z}, {permission: limit.discreet, scope: all}]}
  - {id: clerk, grants: [{permission: letter.sign, scope: own}]}
families: {post: {config: {}}, registry: {config: {}}}
",
];

/// Forbids what is locked, and requires something else of what is sealed.
fn family(id: &str, permissions: &[&str], requires: &str) -> Arc<Closure> {
    let input = |path: &str, kind| InputSpec { path: path.parse().unwrap(), kind };
    let sealed = |question: &Question<'_>, state: &str| matches!(question.inputs.first(), Some(Some(Input::Text(it))) if *it == state);
    Arc::new(Closure {
        manifest: Manifest {
            id: id.into(),
            version: "1.0.0".into(),
            title: id.into(),
            permissions: permissions.iter().map(|it| (*it).to_owned()).collect(),
            kinds: vec!["letter".into()],
            inputs: vec![
                input("resource.state", InputKind::Text),
                input("subject.roles", InputKind::Any),
            ],
            reasons: vec![ReasonSpec { code: "locked".into(), text: "It is locked.".into() }],
            obligations: Vec::new(),
            requires: vec![requires.into()],
            floors: Vec::new(),
            config_schema: String::new(),
        },
        rule: Box::new(move |question: &Question<'_>| {
            let effect = match question {
                question if sealed(question, "locked") => Effect::Forbid(0),
                question if sealed(question, "sealed") => Effect::Require(0),
                _ => Effect::Abstain,
            };
            Ok(Answer { effect, ..Answer::ABSTAIN })
        }),
        calls: 0.into(),
        batches: 0.into(),
    })
}

pub(crate) fn catalog() -> Arc<CompiledCatalog> {
    compile::catalog(load::catalog("product.yaml", CATALOG).unwrap())
}

pub(crate) fn tenant(text: &str) -> Source<Tenant> {
    load::tenant("tenant.yaml", text).unwrap()
}

/// A user as they would be written.
pub(crate) fn user(text: &str) -> User {
    let people = format!("users: [{text}]");
    load::directory("people.yaml", &people).unwrap().value.users.remove(0)
}

pub(crate) fn delegation(text: &str) -> Delegation {
    let people = format!("delegations: [{text}]");
    load::directory("people.yaml", &people).unwrap().value.delegations.remove(0)
}

/// The tenant at one of its revisions.
#[derive(Clone)]
struct Version {
    policy: String,
    directory: Directory,
}

/// A tenant as a store has it, and as it is served.
pub(crate) struct World {
    pub(crate) catalog: Arc<CompiledCatalog>,
    pub(crate) family: Arc<Closure>,
    pub(crate) families: FamilySet,
    /// From revision 1 on.
    versions: Vec<Version>,
    references: Vec<Option<Compiled>>,
    pub(crate) subjects: Arc<Subjects>,
    pub(crate) authorizer: Authorizer,
    /// What an earlier part of the process still decides by.
    pub(crate) behind: Authorizer,
}

impl World {
    pub(crate) fn new(capacity: usize, people: &[&str], delegations: &[&str]) -> Self {
        let family = family("post", &["letter.read", "letter.open"], "letter.sign");
        // What it requires is under a guard that counts: nothing of it is kept.
        let registry = self::family("registry", &["letter.close"], "user.remove");
        let directory = Directory {
            users: people.iter().map(|text| user(text)).collect(),
            delegations: delegations.iter().map(|text| delegation(text)).collect(),
        };
        let world = Self {
            catalog: catalog(),
            families: [("post", Arc::clone(&family)), ("registry", registry)]
                .map(|(id, family)| (id.to_owned(), family as Arc<dyn Family>))
                .into(),
            family,
            versions: vec![Version { policy: TENANTS[0].to_owned(), directory }],
            references: vec![None],
            subjects: Arc::new(Subjects::new(capacity)),
            authorizer: Authorizer::new(1_000),
            behind: Authorizer::new(1_000),
        };
        world.publish_policy();
        world.catch_up();
        world
    }

    pub(crate) fn revision(&self) -> u64 {
        self.versions.len() as u64
    }

    fn at(&self, revision: u64) -> &Version {
        &self.versions[usize::try_from(revision).unwrap() - 1]
    }

    pub(crate) fn served(&self) -> Arc<Compiled> {
        self.authorizer.tenant("acme").unwrap()
    }

    fn publish_policy(&self) {
        let compiled = compile(&Definition {
            catalog: &self.catalog,
            tenant: &Arc::new(tenant(&self.at(self.revision()).policy)),
            families: &self.families,
            revision: self.revision(),
            lenient: true,
            before: None,
            people: PeopleFrom::Subjects(&self.subjects),
        });
        self.authorizer.install(compiled.unwrap_or_else(|faults| panic!("{faults}")));
    }

    /// What lags behind catches up.
    pub(crate) fn catch_up(&self) {
        let served = self.served();
        self.behind.install(served.after(served.revision(), &[]).unwrap());
    }

    pub(crate) fn set_policy(&mut self, policy: &str) {
        let now = self.at(self.revision()).clone();
        self.push(Version { policy: policy.to_owned(), ..now });
        self.publish_policy();
    }

    fn push(&mut self, version: Version) {
        self.versions.push(version);
        self.references.push(None);
    }

    /// Changes the directory and serves the next revision.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Directory)) {
        let mut next = self.at(self.revision()).clone();
        let before = next.directory.clone();
        edit(&mut next.directory);
        let touched = touched(&before, &next.directory);
        self.push(next);
        let served = self.served();
        self.authorizer.install(served.after(self.revision(), &touched).unwrap());
    }

    /// Puts a user in the place of the one of the same id, if there is one.
    pub(crate) fn set_user(&mut self, text: &str) {
        let user = user(text);
        self.edit(|directory| match directory.users.iter_mut().find(|it| it.id == user.id) {
            Some(old) => *old = user,
            None => directory.users.push(user),
        });
    }

    pub(crate) fn remove_user(&mut self, id: &str) {
        self.edit(|directory| {
            directory.users.retain(|user| user.id.as_str() != id);
            directory.delegations.retain(|it| it.from.as_str() != id && it.to.as_str() != id);
        });
    }

    /// Reads something as it was at a revision.
    pub(crate) fn read(&self, need: &Need, revision: u64) -> Loaded {
        let directory = &self.at(revision).directory;
        let find = |id: &str| directory.users.iter().find(|user| user.id.as_str() == id).cloned();
        match need {
            Need::User(id) => match find(id) {
                None => Loaded::Absent(id.clone()),
                Some(user) => {
                    let theirs = directory.delegations.iter();
                    let theirs = theirs.filter(|it| it.to.as_str() == id);
                    let delegations =
                        theirs.filter_map(|it| Some((it.clone(), find(&it.from)?))).collect();
                    Loaded::User(Box::new(StoredUser { user, delegations }))
                }
            },
            Need::Usage(role) => {
                let holders: Vec<&User> = directory
                    .users
                    .iter()
                    .filter(|user| user.roles.iter().any(|held| *held.role == *role))
                    .collect();
                let takes_part = |user: &&&User| {
                    user.status == Status::Active && user.invitation == Invitation::Accepted
                };
                let lasting = holders.iter().filter(|user| {
                    user.roles.iter().any(|held| *held.role == *role && !held.is_limited())
                });
                let usage = Usage {
                    taking_part: lasting.filter(takes_part).count(),
                    listed: holders.iter().filter(|it| it.status != Status::Deleted).count(),
                };
                Loaded::Usage { role: role.clone(), usage }
            }
        }
    }

    pub(crate) fn admit(&self, needs: &Needs, revision: u64) -> Admitted {
        let loaded = needs.iter().map(|need| self.read(need, revision)).collect();
        self.subjects.admit(&self.served(), revision, loaded)
    }

    /// Decides, reading what is needed at the revision that is decided under. In how many rounds.
    pub(crate) fn decide(
        &self,
        authorizer: &Authorizer,
        request: &Request<'_>,
    ) -> (Decision, usize) {
        let mut pins = Pins::default();
        for round in 1..20 {
            match authorizer.holding(&pins).try_decide("acme", request) {
                Ok(decision) => return (decision, round),
                Err(needs) => {
                    assert!(!needs.is_empty());
                    let revision = authorizer.tenant("acme").unwrap().revision();
                    pins.join(self.admit(&needs, revision).pins);
                }
            }
        }
        panic!("no decision about {request:?}");
    }

    /// What an engine says that has everything of a revision in memory.
    pub(crate) fn reference(&mut self, revision: u64) -> &Compiled {
        let version = self.at(revision).clone();
        let slot = &mut self.references[usize::try_from(revision).unwrap() - 1];
        slot.get_or_insert_with(|| {
            compile(&Definition {
                catalog: &self.catalog,
                tenant: &Arc::new(tenant(&version.policy)),
                people: PeopleFrom::Directory(&Source::new("people", version.directory)),
                families: &self.families,
                revision,
                lenient: true,
                before: None,
            })
            .unwrap_or_else(|faults| panic!("{faults}"))
        })
    }
}

/// What a change feed names after an edit.
fn touched(before: &Directory, after: &Directory) -> Vec<Need> {
    let mut touched = BTreeSet::new();
    let find = |directory: &'_ Directory, id: &str| {
        let user = directory.users.iter().find(|user| user.id.as_str() == id);
        user.map(|user| (format!("{user:?}"), user.roles.clone()))
    };
    let both = || before.users.iter().chain(&after.users);
    let changed: Vec<&str> = both()
        .map(|user| user.id.as_str())
        .filter(|id| find(before, id) != find(after, id))
        .collect();
    for id in &changed {
        touched.insert(Need::User((*id).to_owned()));
        let roles = [find(before, id), find(after, id)].into_iter().flatten();
        touched
            .extend(roles.flat_map(|(_, roles)| roles).map(|it| Need::Usage(it.role.to_string())));
    }
    for delegation in before.delegations.iter().chain(&after.delegations) {
        let same = |directory: &Directory| {
            let all = directory.delegations.iter();
            let to = all.filter(|it| it.to == delegation.to).map(|it| format!("{it:?}"));
            to.collect::<Vec<_>>()
        };
        if changed.contains(&delegation.from.as_str()) || same(before) != same(after) {
            touched.insert(Need::User(delegation.to.to_string()));
        }
    }
    touched.into_iter().collect()
}

pub(crate) const CONTEXT: &Attributes<'static> = &Attributes::new();

pub(crate) fn request<'a>(
    subject: &'a str,
    action: &'a str,
    kind: &'a str,
    id: &'a str,
    attributes: &'a Attributes<'a>,
) -> Request<'a> {
    let resource = Resource { kind, id: Some(id), attributes };
    Request { subject, action, resource, context: CONTEXT, asserted: Asserted::NONE, now: 1_000 }
}
