//! From documents to a snapshot.
//!
//! Everything that can be known before a request comes is worked out here: references are
//! followed, scopes are cut, what a grant implies is added up, what a decision reads is listed.
//! Every fault of the documents is found here too, with its place.

mod conditions;
mod exclusive;
mod families;
mod grants;
mod matchers;
mod member;
mod open;
mod people;
mod permissions;
mod reads;
mod roles;
mod rules;
mod sharing;
mod snapshot;
pub mod subjects;
mod users;

pub(crate) use grants::{GrantOf, WrittenGrant};
pub(crate) use matchers::MatcherRule;
pub use member::Member;
pub(crate) use member::{DelegationRule, Extra};
pub use open::{OpenDefinition, check_delegation, check_user, compile_member, compile_open};
pub use people::recompile_users;
pub(crate) use people::{Found, MemberRef, People, View, Whole};
pub(crate) use sharing::{ContentRule, MarkRule, Redaction, SharingRule};
pub(crate) use snapshot::{
    Clause, ConstraintRule, FamilyRule, Governed, GrantSet, GuardRule, InputRule, Installed,
    ItemRule, KindRule, LimitedGrant, PermissionRule, ProgramRule, RoleRule, TeamLimits,
};
pub use snapshot::{PermissionId, Snapshot};
pub(crate) use users::{added, adjusted};

use crate::diagnostic::{Diagnostics, Reporter};
use crate::family::Family;
use crate::load::Source;
use crate::model::{Catalog, Directory, Document, Tenant, Text};
use permissions::Permissions;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use subjects::{Pins, Usage};

/// The installed families by id.
pub type FamilySet = BTreeMap<String, Arc<dyn Family>>;

/// What a tenant is compiled from.
#[derive(Debug, Clone, Copy)]
pub struct Definition<'a> {
    /// The product's catalog.
    pub catalog: &'a Source<Catalog>,
    /// The tenant.
    pub tenant: &'a Source<Tenant>,
    /// Its people.
    pub directory: &'a Source<Directory>,
    /// The families that are installed.
    pub families: &'a FamilySet,
    /// The tenant's revision, for answers and for callers that demand freshness.
    pub revision: u64,
    /// Lets stand what an editor would be refused but what can do no harm: a role, a policy or a
    /// plan that nobody knows grants nothing, a program without a matcher admits nobody, a
    /// permission that cannot be delegated is not. For questions about a world that somebody
    /// else describes, such as a row of a decision table.
    pub lenient: bool,
}

/// A tenant, ready to be asked.
#[derive(Debug)]
pub struct Compiled {
    /// Its policy.
    pub snapshot: Arc<Snapshot>,
    /// Its people.
    pub(crate) people: People,
    pub(crate) revision: u64,
}

impl Definition<'_> {
    /// Collects the faults of one of the documents.
    fn reporter<'r>(&'r self, document: Document, found: &'r mut Diagnostics) -> Reporter<'r> {
        let file = match document {
            Document::Catalog => &self.catalog.file,
            Document::Tenant => &self.tenant.file,
            Document::Directory => &self.directory.file,
        };
        Reporter::new(document, file, found)
    }
}

impl Compiled {
    /// The revision of the tenant, which counts every change of its policy and its directory.
    /// Every decision names the one that it was made under.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// A user of a tenant that is loaded whole; nobody where it [is open](Self::is_open).
    #[must_use]
    pub fn member(&self, id: &str) -> Option<&Arc<Member>> {
        self.whole()?.member(id)
    }

    /// How many users there are in memory: all, unless the tenant [is open](Self::is_open).
    #[must_use]
    pub fn member_count(&self) -> usize {
        match &self.people {
            People::Whole(whole) => whole.len(),
            People::Open(open) => open.subjects.len(),
        }
    }

    pub(crate) fn whole(&self) -> Option<&Whole> {
        match &self.people {
            People::Whole(whole) => Some(whole),
            People::Open(_) => None,
        }
    }

    /// All users of a tenant that is loaded whole.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.whole().into_iter().flat_map(Whole::iter)
    }

    /// How many hold a role, in a tenant that is loaded whole.
    pub(crate) fn usage(&self, role: &str) -> Usage {
        self.whole().map(|whole| whole.usage(role)).unwrap_or_default()
    }

    /// The people at this revision. `pins` is what the asker holds on to.
    pub(crate) fn view<'a>(&'a self, pins: Option<&'a Pins>) -> View<'a> {
        View { people: &self.people, snapshot: &self.snapshot, revision: self.revision, pins }
    }
}

/// Compiles a tenant.
///
/// # Errors
///
/// Everything that is wrong with the documents, each fault with its place. Nothing is compiled
/// in part.
pub fn compile(definition: &Definition<'_>) -> Result<Compiled, Diagnostics> {
    let mut found = Diagnostics::default();
    let (snapshot, permissions) = policy(definition, &mut found);
    let people = people::compile(definition, &permissions, &snapshot, &mut found);
    found.or(Compiled {
        snapshot: Arc::new(snapshot),
        people: People::Whole(people),
        revision: definition.revision,
    })
}

/// Compiles everything but the people.
fn policy<'a>(definition: &Definition<'a>, found: &mut Diagnostics) -> (Snapshot, Permissions<'a>) {
    static NEXT: AtomicU64 = AtomicU64::new(1);

    let (catalog, tenant) = (&definition.catalog.value, &definition.tenant.value);
    let permissions = Permissions::new(catalog, &mut definition.reporter(Document::Catalog, found));
    let entitlements = rules::entitlements(definition, found);
    let policies = roles::policies(
        &tenant.policies,
        &permissions,
        &mut definition.reporter(Document::Tenant, found),
    );
    let (role_ids, roles) = roles::roles(definition, &permissions, &policies, found);
    let (kinds, programs) = exclusive::compile(definition, &permissions, &role_ids, found);
    let sharing = sharing::compile(definition, &permissions, &role_ids, found);
    let families = families::compile(definition, &permissions, found);
    let guards = rules::guards(definition, &permissions, found);
    let constraints = rules::constraints(definition, &permissions, found);
    rules::relations(definition, found);
    let mut rules: Vec<PermissionRule> = permissions
        .iter()
        .zip(&families.governed)
        .map(|((id, entry), governed)| {
            rules::permission(catalog, &permissions, id, entry, *governed, &entitlements)
        })
        .collect();
    let (guards, constraints) = rules::attach(&mut rules, guards, constraints);
    let mut snapshot = Snapshot {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        revision: definition.revision,
        tenant: arc(&tenant.tenant),
        product: arc(&catalog.product),
        permission_ids: permissions
            .iter()
            .map(|(id, entry)| (entry.permission.id.as_str().into(), id))
            .collect(),
        permissions: rules.into(),
        role_ids,
        roles: roles.into(),
        policy_ids: policies.ids,
        policies: policies.rules.into(),
        guards,
        constraints,
        kinds,
        programs: programs.into(),
        sharing,
        families: families.rules.into(),
        team_attribute: catalog.teams.attribute.as_str().into(),
        unassigned_is_everybodys: catalog.teams.unassigned == crate::model::Unassigned::Everybody,
    };
    reads::fill(&mut snapshot);
    (snapshot, permissions)
}

fn arc(text: &Text) -> Arc<str> {
    text.as_str().into()
}
