//! Roles and policies: the standard ones of the catalog under those of the tenant.
//!
//! A tenant has ten thousand roles and an edit changes one of them. A role whose document is the
//! one that it was compiled from before, and whose policies and parents are, is taken over as it
//! is.

use super::{Before, Definition, PeopleFrom, arc, idle, moot};
use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::fast::Map;
use crate::model::{Document, Role, Scope, Text};
use crate::snapshot::{Granting, PermissionId, Permissions, PolicyRule, RoleRule, StandardRole};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

/// The policies of a tenant.
pub(super) struct Policies {
    pub(super) ids: Arc<Map<u32>>,
    pub(super) rules: Arc<[Arc<PolicyRule>]>,
    /// Those that are not what they were, by id; gone ones included.
    changed: HashSet<Box<str>>,
}

/// The roles of a tenant.
pub(super) struct Roles {
    pub(super) ids: Arc<Map<u32>>,
    pub(super) rules: Box<[Arc<RoleRule>]>,
    /// Whether the tenant has the very roles that it had, by their ids.
    pub(super) same_ids: bool,
}

pub(super) fn policies(
    definition: &Definition<'_>,
    before: Option<Before<'_>>,
    report: &mut Reporter<'_>,
) -> Policies {
    let permissions = &definition.catalog.permissions;
    let documents = &definition.tenant.value.policies;
    if let Some(before) = before
        && same(documents, &before.tenant.policies)
    {
        let (ids, rules) =
            (Arc::clone(&before.snapshot.policy_ids), Arc::clone(&before.snapshot.policies));
        return Policies { ids, rules, changed: HashSet::new() };
    }
    let mut changed: HashSet<Box<str>> =
        before.iter().flat_map(|before| before.snapshot.policy_ids.keys().cloned()).collect();
    let (mut ids, mut rules) = (Map::default(), Vec::with_capacity(documents.len()));
    for policy in documents {
        let field = format!("policies.{}", policy.id);
        if ids.insert(policy.id.as_str().into(), number(rules.len())).is_some() {
            report.fault(policy.id.at(), &field, "two policies have this id", None);
        }
        let kept = before.and_then(|before| {
            let at = before.snapshot.policy_ids.get(policy.id.as_str())?;
            let rule = before.snapshot.policies.get(*at as usize)?;
            (rule.document.as_ptr() == Arc::as_ptr(policy)).then(|| Arc::clone(rule))
        });
        if let Some(kept) = kept {
            changed.remove(policy.id.as_str());
            rules.push(kept);
            continue;
        }
        changed.insert(policy.id.as_str().into());
        let mut granting = Granting::default();
        granting.add(permissions, &policy.grants, &format!("{field}.grants"), report);
        if !definition.lenient {
            idle::refuse(permissions, &policy.grants, &format!("{field}.grants"), report);
        }
        let grants = granting.finish(permissions);
        grants.refuse_costly(permissions, policy.id.at(), &format!("{field}.grants"), report);
        let (id, document) = (arc(&policy.id), Arc::downgrade(policy));
        rules.push(Arc::new(PolicyRule { id, grants, granting, document }));
    }
    Policies { ids: Arc::new(ids), rules: rules.into(), changed }
}

/// Whether two lists hold the very same documents.
pub(super) fn same<T>(one: &[Arc<T>], other: &[Arc<T>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Arc::ptr_eq(one, other))
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// A standard role, as far as its tenants do not matter to it.
pub(super) fn standard(
    role: &Role,
    permissions: &Permissions,
    report: &mut Reporter<'_>,
) -> StandardRole {
    let field = format!("roles.{}", role.id);
    let mut granting = Granting::default();
    granting.add(permissions, &role.grants, &format!("{field}.grants"), report);
    idle::refuse(permissions, &role.grants, &format!("{field}.grants"), report);
    let adjustable = adjustable(&role.adjustable, permissions, &field, report);
    let draft = Draft {
        id: &role.id,
        document: None,
        editable: role.editable.unwrap_or(false),
        deletable: role.deletable.unwrap_or(false),
        reach: role.reach.unwrap_or(Scope::NONE),
        adjustable,
    };
    let rule = draft.rule(granting.clone(), permissions);
    rule.grants.refuse_costly(permissions, role.id.at(), &format!("{field}.grants"), report);
    StandardRole {
        rule: Arc::new(rule),
        granting,
        editable: draft.editable,
        deletable: draft.deletable,
        reach: draft.reach,
        adjustable: draft.adjustable,
    }
}

/// A role but for what it grants.
struct Draft<'a> {
    id: &'a Text,
    document: Option<Weak<Role>>,
    editable: bool,
    deletable: bool,
    reach: Scope,
    adjustable: Box<[PermissionId]>,
}

impl Draft<'_> {
    /// The role. `granting` is all that it grants: by itself, by its policies and parents.
    fn rule(&self, granting: Granting, permissions: &Permissions) -> RoleRule {
        RoleRule {
            id: arc(self.id),
            editable: self.editable,
            deletable: self.deletable,
            reach: self.reach,
            adjustable: self.adjustable.clone(),
            grants: granting.finish(permissions),
            granting: (!self.adjustable.is_empty()).then(|| Box::new(granting)),
            document: self.document.clone(),
        }
    }
}

/// A role of the tenant, wherever it is written.
#[derive(Clone, Copy)]
struct Listed<'a> {
    role: &'a Role,
    /// What the tenant says; none for a standard role that it did not edit.
    own: Option<&'a Arc<Role>>,
    /// The standard role that it is, edited or not: whether that can be edited, deleted and
    /// ticked does not change by editing it.
    standard: Option<&'a StandardRole>,
}

impl Listed<'_> {
    fn document(&self) -> Document {
        if self.own.is_some() { Document::Tenant } else { Document::Catalog }
    }
}

/// How many roles a role may have above it, by way of others too.
const MOST_ABOVE: usize = 1_024;

struct Compiler<'a> {
    definition: &'a Definition<'a>,
    policies: &'a Policies,
    listed: Vec<Listed<'a>>,
    ids: Arc<Map<u32>>,
}

/// The roles of a tenant: those of the catalog, those that the tenant edited in their place,
/// and its own.
pub(super) fn roles(
    definition: &Definition<'_>,
    policies: &Policies,
    before: Option<Before<'_>>,
    found: &mut Diagnostics,
) -> Roles {
    let own = &definition.tenant.value.roles;
    let same_ids = before.is_some_and(|before| {
        let earlier = &before.tenant.roles;
        let mut pairs = own.iter().zip(earlier);
        own.len() == earlier.len()
            && pairs.all(|(one, other)| Arc::ptr_eq(one, other) || one.id == other.id)
    });
    let kept = before.filter(|_| same_ids).map(|before| Arc::clone(&before.snapshot.role_ids));
    if kept.is_none() {
        refuse_ids(definition, found);
    }
    let listed = list(definition, kept.as_ref());
    let ids = kept.unwrap_or_else(|| {
        let listed = (0..).zip(&listed);
        Arc::new(listed.map(|(n, listed)| (listed.role.id.as_str().into(), n)).collect())
    });
    let compiler = Compiler { definition, policies, listed, ids };
    let rules = compiler.rules(before, same_ids, found);
    Roles { ids: compiler.ids, rules, same_ids }
}

/// Refuses ids of the tenant's roles that are none, that two have, or that may not be taken.
fn refuse_ids(definition: &Definition<'_>, found: &mut Diagnostics) {
    let mut report = definition.reporter(Document::Tenant, found);
    let mut seen: HashSet<&str> = HashSet::new();
    for role in &definition.tenant.value.roles {
        if role.id.is_empty() {
            report.fault(role.id.at(), "roles", "a role needs an id", None);
        }
        if !seen.insert(role.id.as_str()) {
            let help = Some("rename one of them, or delete it".to_owned());
            let field = format!("roles.{}", role.id);
            report.fault(role.id.at(), field, "two roles have this id", help);
        }
    }
}

/// All roles in the order of their numbers: the standard ones that stand as they are, then the
/// tenant's.
fn list<'a>(definition: &'a Definition<'_>, ids: Option<&Arc<Map<u32>>>) -> Vec<Listed<'a>> {
    let catalog = &definition.catalog;
    let standard = catalog.source.value.standard_roles.iter().zip(&catalog.standard_roles);
    let originals: Map<&StandardRole> =
        standard.clone().map(|(role, rule)| (role.id.as_str().into(), rule)).collect();
    let own = &definition.tenant.value.roles;
    let edited: HashSet<&str> = match ids {
        // Standing as they are they come first, so their numbers tell.
        Some(ids) => {
            let first = ids.len().saturating_sub(own.len());
            let names = originals.keys().map(|id| &**id);
            names.filter(|id| ids.get(*id).is_some_and(|n| *n as usize >= first)).collect()
        }
        None => own.iter().map(|role| role.id.as_str()).collect(),
    };
    let unedited = standard.filter(|(role, _)| !edited.contains(role.id.as_str()));
    let unedited =
        unedited.map(|(role, standard)| Listed { role, own: None, standard: Some(standard) });
    let own = own.iter().map(|role| {
        let standard = originals.get(role.id.as_str()).copied();
        Listed { role, own: Some(role), standard }
    });
    unedited.chain(own).collect()
}

impl Compiler<'_> {
    fn rules(
        &self,
        before: Option<Before<'_>>,
        same_ids: bool,
        found: &mut Diagnostics,
    ) -> Box<[Arc<RoleRule>]> {
        let kept: Vec<Option<&Arc<RoleRule>>> = (0..)
            .zip(&self.listed)
            .map(|(number, listed)| self.kept(number, *listed, before?))
            .collect();
        let nothing = same_ids && kept.iter().all(Option::is_some);
        let families = if nothing { Vec::new() } else { self.ancestors(&kept, same_ids, found) };
        let is_changed = |role: u32| kept.get(role as usize).is_none_or(Option::is_none);
        let mut rules = Vec::with_capacity(self.listed.len());
        let mut above = families.into_iter().peekable();
        let mut inherited = HashMap::new();
        for ((number, listed), kept) in (0..).zip(&self.listed).zip(&kept) {
            let above = match above.peek() {
                Some((child, _)) if *child == number => above.next().map(|(_, above)| above),
                _ => None,
            };
            let above = above.unwrap_or_default();
            match kept {
                Some(kept) if !above.iter().any(|parent| is_changed(*parent)) => {
                    rules.push(Arc::clone(kept));
                }
                _ => rules.push(self.rule(*listed, &above, &mut inherited, found)),
            }
        }
        rules.into()
    }

    /// The role as it was compiled before, if neither its document nor its policies changed.
    fn kept<'b>(
        &self,
        number: u32,
        listed: Listed<'_>,
        before: Before<'b>,
    ) -> Option<&'b Arc<RoleRule>> {
        let is_it = |rule: &&'b Arc<RoleRule>| match (&rule.document, listed.own) {
            (Some(was), Some(is)) => was.as_ptr() == Arc::as_ptr(is),
            (None, None) => *rule.id == **listed.role.id,
            _ => false,
        };
        // Most often it has the number that it had.
        let rule = before.snapshot.roles.get(number as usize).filter(is_it).or_else(|| {
            let number = before.snapshot.role_ids.get(listed.role.id.as_str())?;
            before.snapshot.roles.get(*number as usize).filter(is_it)
        })?;
        let changed = &self.policies.changed;
        let stands = changed.is_empty()
            || listed.role.policies.iter().all(|policy| !changed.contains(policy.as_str()));
        stands.then_some(rule)
    }

    /// One role, with what those above it grant.
    /// `known` are those that were looked at for others.
    fn rule(
        &self,
        listed: Listed<'_>,
        above: &[u32],
        known: &mut HashMap<u32, Granting>,
        found: &mut Diagnostics,
    ) -> Arc<RoleRule> {
        let permissions = &self.definition.catalog.permissions;
        if let (None, Some(standard)) = (listed.own, listed.standard)
            && above.is_empty()
            && listed.role.policies.is_empty()
        {
            return Arc::clone(&standard.rule);
        }
        let mut report = self.definition.reporter(listed.document(), found);
        let mut granting = self.granting(listed, &mut report);
        for number in above {
            let inherited = known.entry(*number).or_insert_with(|| {
                // What is wrong with it is said where it is compiled itself.
                let mut said = Diagnostics::default();
                self.listed.get(*number as usize).map_or_else(Granting::default, |parent| {
                    let mut report = self.definition.reporter(parent.document(), &mut said);
                    self.granting(*parent, &mut report)
                })
            });
            granting.include(inherited);
        }
        let mut report = self.definition.reporter(listed.document(), found);
        let rule = self.draft(listed, &mut report).rule(granting, permissions);
        let field = format!("roles.{}.grants", rule.id);
        rule.grants.refuse_costly(permissions, listed.role.id.at(), &field, &mut report);
        Arc::new(rule)
    }

    fn draft<'l>(&self, listed: Listed<'l>, report: &mut Reporter<'_>) -> Draft<'l> {
        let role = listed.role;
        let (id, document) = (&role.id, listed.own.map(Arc::downgrade));
        if let Some(standard) = listed.standard {
            if listed.own.is_some() && !standard.editable && !self.definition.lenient {
                report.fault(
                    role.id.at(),
                    format!("roles.{}", role.id),
                    format!("`{}` is a standard role that cannot be edited", role.id),
                    Some("give your role another id".to_owned()),
                );
            }
            let StandardRole { editable, deletable, reach, adjustable, .. } = standard;
            let (editable, deletable, reach) = (*editable, *deletable, *reach);
            let adjustable = adjustable.clone();
            return Draft { id, document, editable, deletable, reach, adjustable };
        }
        let permissions = &self.definition.catalog.permissions;
        let field = format!("roles.{}", role.id);
        Draft {
            id,
            document,
            // A standard role may be edited or deleted only if its catalog says so; a custom one
            // may unless the tenant says otherwise.
            editable: role.editable.unwrap_or(true),
            deletable: role.deletable.unwrap_or(true),
            reach: role.reach.unwrap_or(Scope::NONE),
            adjustable: adjustable(&role.adjustable, permissions, &field, report),
        }
    }

    /// What a role grants by itself and by its policies.
    fn granting(&self, listed: Listed<'_>, report: &mut Reporter<'_>) -> Granting {
        let role = listed.role;
        let field = format!("roles.{}", role.id);
        let mut granting = match (listed.own, listed.standard) {
            (None, Some(standard)) => standard.granting.clone(),
            _ => {
                let permissions = &self.definition.catalog.permissions;
                let mut granting = Granting::default();
                granting.add(permissions, &role.grants, &format!("{field}.grants"), report);
                if !self.definition.lenient {
                    idle::refuse(permissions, &role.grants, &format!("{field}.grants"), report);
                }
                granting
            }
        };
        if !self.definition.lenient {
            moot::refuse_twice(&role.policies, &format!("{field}.policies"), report);
            moot::refuse_twice(&role.parents, &format!("{field}.parents"), report);
            self.refuse_original(listed, &field, report);
        }
        for name in &role.policies {
            let id = self.policies.ids.get(name.as_str());
            match id.and_then(|id| self.policies.rules.get(*id as usize)) {
                Some(policy) => granting.include(&policy.granting),
                None => {
                    let known = self.policies.ids.keys().map(|id| &**id);
                    report.unknown("policy", name, format!("{field}.policies"), known);
                }
            }
        }
        granting
    }

    /// Refuses a copy of a role that is called nearly like one that there is. Any other may have
    /// been deleted since: then it is only said where the copy came from.
    fn refuse_original(&self, listed: Listed<'_>, field: &str, report: &mut Reporter<'_>) {
        let stored = matches!(self.definition.people, PeopleFrom::Subjects(_));
        let original = listed.role.duplicate_of.as_ref();
        let unknown = |name: &&Text| !self.ids.contains_key(name.as_str());
        if let Some(name) = original.filter(unknown).filter(|_| !stored) {
            let known = self.ids.keys().map(|id| &**id).filter(|id| **id != **listed.role.id);
            if suggest(name, known.clone()).is_some() {
                report.unknown("role", name, format!("{field}.duplicate_of"), known);
            }
        }
    }

    /// The roles above those that have any, the role itself left out, in the order of their
    /// numbers. A circle is reported at each of its roles.
    fn ancestors(
        &self,
        kept: &[Option<&Arc<RoleRule>>],
        same_ids: bool,
        found: &mut Diagnostics,
    ) -> Vec<(u32, Vec<u32>)> {
        let mut parents: Vec<(u32, Vec<u32>)> = Vec::new();
        for ((number, listed), kept) in (0..).zip(&self.listed).zip(kept) {
            if listed.role.parents.is_empty() {
                continue;
            }
            let known = listed.role.parents.iter().filter_map(|name| {
                let id = self.ids.get(name.as_str()).copied();
                if id.is_none() && !(same_ids && kept.is_some()) {
                    let field = format!("roles.{}.parents", listed.role.id);
                    let names = self.ids.keys().map(|id| &**id);
                    let mut report = self.definition.reporter(listed.document(), found);
                    report.unknown("role", name, field, names);
                }
                id
            });
            parents.push((number, known.collect()));
        }
        let parents_of = |role: u32| {
            let at = parents.binary_search_by_key(&role, |(child, _)| *child).ok();
            at.and_then(|at| parents.get(at)).map_or(&[][..], |(_, above)| above)
        };
        let mut all = Vec::with_capacity(parents.len());
        for (number, _) in &parents {
            let (mut above, mut open) = (Vec::new(), parents_of(*number).to_vec());
            let mut seen = HashSet::new();
            while let Some(next) = open.pop() {
                if next == *number || above.len() >= MOST_ABOVE && !seen.contains(&next) {
                    self.refuse_parents(*number, next == *number, found);
                    break;
                }
                if seen.insert(next) {
                    above.push(next);
                    open.extend_from_slice(parents_of(next));
                }
            }
            all.push((*number, above));
        }
        all
    }

    fn refuse_parents(&self, role: u32, circle: bool, found: &mut Diagnostics) {
        let Some(listed) = self.listed.get(role as usize) else { return };
        let field = format!("roles.{}.parents", listed.role.id);
        let message = match circle {
            true => "the role would be a parent of itself, perhaps by way of others".to_owned(),
            false => format!("the role would have more than {MOST_ABOVE} roles above it"),
        };
        let mut report = self.definition.reporter(listed.document(), found);
        report.fault(listed.role.id.at(), field, message, None);
    }
}

fn adjustable(
    categories: &[Text],
    permissions: &Permissions,
    field: &str,
    report: &mut Reporter<'_>,
) -> Box<[PermissionId]> {
    let mut ids = Vec::new();
    for name in categories {
        match permissions.category(name) {
            Some(found) => ids.extend(found),
            None => {
                let field = format!("{field}.adjustable");
                report.unknown("category", name, field, permissions.categories());
            }
        }
    }
    ids.sort_unstable();
    ids.into()
}
