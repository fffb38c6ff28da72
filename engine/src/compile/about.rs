//! The kinds of resources that something is about, and whether its conditions read what those have.
//!
//! A condition is checked against all that a catalog declares when it is compiled. What it stands
//! in is about some kinds only: an attribute that none of them has is never there, and a value that
//! none of them can have is never found. One rule with predicates: some kind has to have it.

use crate::condition::{Among, Likeness, Met, Sought};
use crate::diagnostic::{Reporter, suggest};
use crate::model::{InputPath, Place};
use crate::snapshot::{
    AllowedKinds, Check, Clause, CompiledCatalog, Contract, GrantSet, KindContract, LimitedGrant,
    PermissionId, PermissionRule, RoleRule,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the kinds of a catalog.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) contract: &'a Contract,
    pub(super) rules: &'a [PermissionRule],
}

/// Kinds, by position.
pub(super) type KindSet = BTreeSet<u16>;

impl<'a> About<'a> {
    pub(super) fn of(catalog: &'a CompiledCatalog) -> Self {
        Self { contract: &catalog.contract, rules: &catalog.rules }
    }

    /// The kinds that questions about some permissions can be about.
    pub(super) fn kinds(&self, on: impl IntoIterator<Item = PermissionId>) -> KindSet {
        let (mut kinds, all) = (BTreeSet::new(), self.contract.ids.len());
        for id in on {
            if kinds.len() == all {
                break;
            }
            match self.rules.get(usize::from(id.0)).map(|rule| &rule.kinds) {
                Some(AllowedKinds::Only(only)) => kinds.extend(only.iter().copied()),
                _ => kinds.extend(self.contract.ids.values().copied()),
            }
        }
        kinds
    }

    /// The contracts of some kinds.
    pub(super) fn contracts(&self, kinds: &KindSet) -> Vec<&'a KindContract> {
        let contract = self.contract;
        kinds.iter().filter_map(|at| contract.kinds.get(usize::from(*at))).collect()
    }

    /// The kinds about which a role, held by somebody, can decide.
    pub(super) fn role(&self, role: &RoleRule) -> KindSet {
        let ticked = role.adjustable.iter().copied();
        self.kinds(granted(&role.grants).chain(ticked))
    }

    /// The kinds whose content of some kinds is shown; of all where none is named.
    pub(super) fn content(&self, content: &BTreeSet<u16>) -> KindSet {
        let mut all = BTreeSet::new();
        for (id, rule) in (0..=u16::MAX).map(PermissionId).zip(self.rules) {
            let Some(shows) = &rule.content else { continue };
            let kinds = self.kinds([id]);
            all.extend(kinds.into_iter().filter(|kind| {
                let name = self.contract.kinds.get(usize::from(*kind)).map(|it| &*it.name);
                let own = shows.kinds.iter().find(|(kind, _)| Some(&**kind) == name);
                let shown = own.map_or(shows.content, |(_, content)| *content);
                content.is_empty() || content.contains(&shown)
            }));
        }
        all
    }

    /// Some kinds and those whose resources are parts of theirs.
    pub(super) fn with_parts<'k>(
        &self,
        catalog: &CompiledCatalog,
        kinds: impl Iterator<Item = &'k str>,
    ) -> KindSet {
        let mut open: Vec<&str> = kinds.collect();
        let (declared, mut all) = (&catalog.source().value.resource_kinds, BTreeSet::new());
        while let Some(next) = open.pop() {
            let Some(number) = self.contract.ids.get(next) else { continue };
            if all.insert(*number) {
                let parts = declared.iter().filter(|(_, kind)| {
                    kind.part_of.iter().any(|whole| whole.kind.as_str() == next)
                });
                open.extend(parts.map(|(name, _)| name.as_str()));
            }
        }
        all
    }

    /// Refuses conditions of grants that read what no kind that they are about has. `own` says
    /// which stand in the document that is looked at.
    pub(super) fn refuse_grants(
        &self,
        limited: &[LimitedGrant],
        own: impl Fn(Place) -> bool,
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        if !self.contract.closed {
            return;
        }
        // One grant gives many permissions.
        let mut clauses: BTreeMap<Place, (&Clause, Vec<PermissionId>)> = BTreeMap::new();
        for grant in limited {
            if let Some(clause) = grant.within.condition.as_ref().filter(|it| own(it.place)) {
                let (_, on) = clauses.entry(clause.place).or_insert((clause, Vec::new()));
                on.push(grant.permission);
            }
        }
        for (clause, on) in clauses.into_values() {
            self.refuse(clause, &self.kinds(on), field, report);
        }
    }

    /// Refuses a condition that reads what no kind in question has, or looks for a value that none
    /// can have.
    pub(super) fn refuse(
        &self,
        clause: &Clause,
        kinds: &KindSet,
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        // Where nothing asks, nothing is read.
        if !self.contract.closed || kinds.is_empty() {
            return;
        }
        let contracts = self.contracts(kinds);
        let field = || format!("{field}.condition");
        for path in clause.condition.inputs() {
            let InputPath::ResourceAttribute(name) = path else { continue };
            if contracts.iter().all(|kind| kind.attributes.attribute(name).is_none()) {
                let (message, help) = undeclared(path, name, &contracts);
                report.fault(clause.place.at, field(), message, Some(help));
            }
        }
        self.refuse_met(clause, &contracts, &field, report);
        for (path, among) in clause.condition.unlisted() {
            let (message, help) = unlisted(path, among);
            report.fault(clause.place.at, field(), message, Some(help));
        }
        for sought in clause.condition.sought() {
            if sought.among == Among::Kind {
                if !contracts.iter().any(|kind| sought.is_like(&kind.name)) {
                    let (message, help) = no_kind(&sought.text, &contracts);
                    report.fault(clause.place.at, field(), message, Some(help));
                }
                continue;
            }
            let Among::Resource(name) = &sought.among else { continue };
            let checks: Vec<&Check> =
                contracts.iter().filter_map(|kind| kind.attributes.attribute(name)).collect();
            let possible = |check: &&Check| {
                check.one_of.is_empty() || check.one_of.iter().any(|known| sought.is_like(known))
            };
            if !checks.is_empty() && !checks.iter().any(possible) {
                let (message, help) = impossible(sought, name, &checks);
                report.fault(clause.place.at, field(), message, Some(help));
            }
        }
    }
}

impl About<'_> {
    /// Refuses comparisons of two attributes that no kind in question has both of, so that they
    /// could be alike.
    fn refuse_met(
        &self,
        clause: &Clause,
        kinds: &[&KindContract],
        field: &impl Fn() -> String,
        report: &mut Reporter<'_>,
    ) {
        for Met { one, other, how, folded } in clause.condition.met() {
            let has = |name: &str| kinds.iter().any(|it| it.attributes.attribute(name).is_some());
            // What none has is told by itself.
            if !has(one) || !has(other) {
                continue;
            }
            let possible = |kind: &&KindContract| {
                let checks = kind.attributes.attribute(one).zip(kind.attributes.attribute(other));
                checks.is_some_and(|(one, other)| {
                    one.one_of.is_empty()
                        || other.one_of.is_empty()
                        || how.meets(&one.one_of, &other.one_of, *folded)
                })
            };
            if !kinds.iter().any(possible) {
                let message = format!(
                    "`resource.{one}` and `resource.{other}` are never alike in one of the kinds \
                     that are asked about here"
                );
                let help = "compare attributes of one kind that have a value in common";
                report.fault(clause.place.at, field(), message, Some(help.to_owned()));
            }
        }
    }
}

/// What is said of something that is taken for a name of the tenant's and could be any text.
fn unlisted(path: &str, among: &Among) -> (String, String) {
    let (one, several, list) = match among {
        Among::Policies => ("policy", "policies", "subject.policies"),
        Among::Teams | Among::RecordTeams => ("team", "teams", "subject.teams"),
        Among::Tags => ("tag", "tags", "subject.tags"),
        _ => ("role", "roles", "subject.roles"),
    };
    let message = format!(
        "`{path}` could be any text, so that nobody can tell whether it names a {one} that there is"
    );
    let help = format!(
        "name the {one}, or list the {several} that it can be where it is declared: \
         `{{type: text, one_of: [...]}}`; what is looked through is `{list}`"
    );
    (message, help)
}

/// What is said of a kind that no question is about.
pub(super) fn no_kind(name: &str, kinds: &[&KindContract]) -> (String, String) {
    let known = kinds.iter().map(|kind| &*kind.name);
    let message = format!("`resource.kind` is never `{name}` where this is asked");
    let help = suggest(name, known.clone()).unwrap_or_else(|| {
        let names: Vec<&str> = known.take(20).collect();
        format!("it is one of: {}", names.join(", "))
    });
    (message, help)
}

/// What a role or somebody is granted, within whatever limits.
pub(super) fn granted(grants: &GrantSet) -> impl Iterator<Item = PermissionId> + '_ {
    let plain = (0..=u16::MAX).map(PermissionId).zip(&grants.plain);
    let plain = plain.filter(|(_, scope)| !scope.is_none()).map(|(id, _)| id);
    plain.chain(grants.limited.iter().map(|grant| grant.permission))
}

/// What is said of an attribute that no kind in question has.
pub(super) fn undeclared(
    path: &InputPath,
    name: &str,
    kinds: &[&KindContract],
) -> (String, String) {
    let near = suggest(name, kinds.iter().flat_map(|kind| kind.attributes.paths()));
    let names: Vec<&str> = kinds.iter().take(3).map(|kind| &*kind.name).collect();
    let more = if kinds.len() > names.len() { ", …" } else { "" };
    let message = format!("`{path}` is declared of no kind that is asked about here");
    let help = near.unwrap_or_else(|| {
        format!("declare `{name}` in `resource_kinds` of {}{more}", names.join(", "))
    });
    (message, help)
}

fn impossible(sought: &Sought, name: &str, checks: &[&Check]) -> (String, String) {
    let values: BTreeSet<&str> =
        checks.iter().flat_map(|check| check.one_of.iter().map(|value| &**value)).collect();
    let how = match sought.how {
        Likeness::Same => "is never".to_owned(),
        how => format!("never {}", how.verb()),
    };
    let message =
        format!("`resource.{name}` {how} `{}` in the kinds that are asked about here", sought.text);
    let listed = || values.iter().copied().collect::<Vec<_>>().join(", ");
    let help = suggest(&sought.text, values.iter().copied());
    (message, help.unwrap_or_else(|| format!("it is one of: {}", listed())))
}
