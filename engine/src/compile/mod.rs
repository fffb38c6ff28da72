//! From documents to a snapshot.
//!
//! Everything that can be known before a request comes is worked out here: references are
//! followed, scopes are cut, what a grant implies is added up, what a decision reads is listed.
//! Every fault of the documents is found here too, with its place.
//!
//! A catalog is compiled once and its tenants share it. A tenant that was compiled before is
//! compiled again only as far as its documents are other ones: the rest is taken over, so that an
//! edit costs what it touches.

mod about;
mod administering;
mod anonymous;
mod assignments;
mod catalog;
mod conditions;
mod contract;
mod exclusive;
mod families;
mod fitting;
mod grant_reads;
mod grants;
mod idle;
mod lending;
mod matchers;
mod moot;
mod names;
mod open;
mod own;
mod patterns;
mod people;
mod permissions;
mod readers;
mod reads;
mod roles;
mod rules;
mod sharing;
mod tables;
mod users;
mod vendor;

#[cfg(test)]
mod tests;

pub use crate::directory::Compiled;
pub use crate::snapshot::{CompiledCatalog, DeclaredAttribute, Member, PermissionId, Snapshot};
pub use catalog::catalog;
pub use open::{check_delegation, check_user, compile_member};
pub use people::recompile_users;
pub(crate) use users::added;

use crate::diagnostic::{Diagnostics, Reporter};
use crate::directory::{Open, People, Subjects};
use crate::load::Source;
use crate::model::{Directory, Document, Tenant, Text};
use std::sync::Arc;

pub use crate::family::FamilySet;

/// What a tenant is compiled from.
#[derive(Debug, Clone, Copy)]
pub struct Definition<'a> {
    /// The product's catalog: see [`catalog`](fn@catalog).
    pub catalog: &'a Arc<CompiledCatalog>,
    /// The tenant.
    pub tenant: &'a Arc<Source<Tenant>>,
    /// Its people.
    pub people: PeopleFrom<'a>,
    /// The families that are installed.
    pub families: &'a FamilySet,
    /// The tenant's revision, for answers and for callers that demand freshness.
    pub revision: u64,
    /// Lets stand what an editor would be refused but what can do no harm: a role, a policy or a
    /// plan that nobody knows grants nothing, a program without a matcher admits nobody, a
    /// permission that cannot be delegated is not. For questions about a world that somebody
    /// else describes, such as a row of a decision table.
    pub lenient: bool,
    /// The tenant as it was compiled before. What is the same in both is taken over: documents
    /// count as the same where they are one in memory.
    pub before: Option<&'a Compiled>,
}

/// Where the people of a tenant come from.
#[derive(Debug, Clone, Copy)]
pub enum PeopleFrom<'a> {
    /// A directory that is loaded whole.
    Directory(&'a Source<Directory>),
    /// A directory that is read as it is needed: its users, as far as they are kept, the same for
    /// all revisions of the tenant. Users who are kept stay so, and are found in the new policy
    /// when they are next asked about. What changed among them is said when the tenant is put
    /// into service: see [`Compiled::after`].
    Subjects(&'a Arc<Subjects>),
}

/// What a tenant was compiled to before, where it can be taken over from.
#[derive(Clone, Copy)]
struct Before<'a> {
    snapshot: &'a Snapshot,
    /// What that was compiled from.
    tenant: &'a Tenant,
}

impl Definition<'_> {
    /// Collects the faults of one of the documents.
    fn reporter<'r>(&'r self, document: Document, found: &'r mut Diagnostics) -> Reporter<'r> {
        let file = match document {
            Document::Catalog => &self.catalog.source.file,
            Document::Tenant | Document::Directory => &self.tenant.file,
        };
        Reporter::new(document, file, found)
    }

    /// The directory, where it is loaded whole.
    pub(crate) fn directory(&self) -> Option<&Source<Directory>> {
        match self.people {
            PeopleFrom::Directory(directory) => Some(directory),
            PeopleFrom::Subjects(_) => None,
        }
    }

    /// What can be taken over from, and what that was compiled from: a policy on the same catalog,
    /// compiled at least as strictly, of which somebody still has the documents.
    fn before(&self) -> Option<(&Snapshot, Arc<Source<Tenant>>)> {
        let snapshot = &self.before?.snapshot;
        let strict = self.lenient || !snapshot.lenient;
        let fits = strict && Arc::ptr_eq(&snapshot.catalog, self.catalog);
        Some((snapshot, snapshot.source.upgrade().filter(|_| fits)?))
    }
}

/// Compiles a tenant.
///
/// # Errors
///
/// Everything that is wrong with the documents, each fault with its place. Nothing is compiled
/// in part.
pub fn compile(definition: &Definition<'_>) -> Result<Compiled, Diagnostics> {
    let mut found = definition.catalog.faults.clone();
    let snapshot = policy(definition, &mut found);
    let people = match definition.people {
        PeopleFrom::Directory(directory) => {
            People::Whole(people::compile(directory, definition.lenient, &snapshot, &mut found))
        }
        PeopleFrom::Subjects(subjects) => {
            People::Open(Open { subjects: Arc::clone(subjects), compiler: open::stored })
        }
    };
    found.or(Compiled { snapshot: Arc::new(snapshot), people, revision: definition.revision })
}

/// Compiles everything but the people.
fn policy(definition: &Definition<'_>, found: &mut Diagnostics) -> Snapshot {
    let catalog = definition.catalog;
    let before = definition.before();
    let before =
        before.as_ref().map(|(snapshot, source)| Before { snapshot, tenant: &source.value });
    let tenant = &definition.tenant.value;
    let entitlements = rules::entitlements(definition, found);
    let mut report = definition.reporter(Document::Tenant, found);
    let policies = roles::policies(definition, before, &mut report);
    let roles = roles::roles(definition, &policies, before, found);
    let teams = teams(definition, before, &mut definition.reporter(Document::Tenant, found));
    let tags = names::tags(tenant, before, &mut definition.reporter(Document::Tenant, found));
    let known = names::Known {
        roles: &roles.ids,
        policies: &policies.ids,
        teams: &teams,
        tags: tags.as_ref(),
    };
    let lending = lending::compile(definition, &roles, known, before, found);
    let exclusive = exclusive::compile(definition, &roles, before, found);
    let (sharing, same_sharing) = sharing::compile(definition, &roles, before, found);
    let families = families::compile(definition, before, found);
    let parts = names::Parts {
        roles: &roles,
        policies: &policies.rules,
        programs: &exclusive.programs,
        sharing: &sharing,
    };
    if names::check(definition, before, parts, known, found) {
        vendor::check(definition, &roles, known, found);
    }
    let (grant_reads, same_reads) = grant_reads::reads(&roles.rules, &policies.rules, before);
    let same_plan = before.is_some_and(|before| {
        let was = before.tenant;
        was.plan == tenant.plan && was.addons == tenant.addons
    });
    let same = same_plan && same_reads && exclusive.same && same_sharing && families.same;
    let permissions = match before.filter(|_| same) {
        Some(before) => Arc::clone(&before.snapshot.permissions),
        None => reads::permissions(
            reads::Parts {
                catalog,
                entitlements: &entitlements,
                grant_reads: &grant_reads,
                kinds: &exclusive.kinds,
                programs: &exclusive.programs,
                sharing: &sharing,
                families: &families.rules,
                governed: &families.governed,
            },
            before,
        ),
    };
    anonymous::tenant(definition, before, &mut definition.reporter(Document::Tenant, found));
    let mut snapshot = Snapshot {
        id: Snapshot::unique_id(),
        revision: definition.revision,
        tenant: arc(&tenant.tenant),
        catalog: Arc::clone(catalog),
        source: Arc::downgrade(definition.tenant),
        lenient: definition.lenient,
        permissions,
        role_ids: roles.ids,
        roles: roles.rules,
        anonymous: None,
        teams,
        tags,
        lending,
        policy_ids: policies.ids,
        policies: policies.rules,
        grant_reads,
        kinds: exclusive.kinds,
        programs: exclusive.programs,
        sharing,
        families: families.rules,
    };
    snapshot.anonymous = anonymous::member(&snapshot);
    snapshot
}

/// The teams that a tenant lists, sorted.
fn teams(
    definition: &Definition<'_>,
    before: Option<Before<'_>>,
    report: &mut Reporter<'_>,
) -> Arc<[Box<str>]> {
    let tenant = &definition.tenant.value;
    if let Some(before) = before
        && before.tenant.teams == tenant.teams
    {
        return Arc::clone(&before.snapshot.teams);
    }
    names::refuse_paths(tenant.teams.iter().map(|team| &team.path), "teams", report);
    let paths = tenant.teams.iter().map(|team| team.path.as_str().into());
    let mut teams: Vec<Box<str>> = paths.collect();
    teams.sort_unstable();
    teams.into()
}

fn arc(text: &Text) -> Arc<str> {
    text.as_str().into()
}
