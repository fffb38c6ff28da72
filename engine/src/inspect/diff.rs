//! How two users differ, and what would make them equal.

use super::access::{ItemAccess, Membership};
use super::rights::Giver;
use super::unasked::{Unasked, member};
use super::ways::{Way, WaySearch};
use crate::directory::Compiled;
use crate::model::Scope;
use crate::profile::{
    Contribution, Follows, Gate, Handed, Holding, Limits, Person, Profile, Readers, Required,
    Shift, Void, gates,
};
use crate::snapshot::{PermissionId, PermissionRule};
use serde::Serialize;
use std::cmp::Ordering;

/// Who of two users has less of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Less {
    /// The first.
    A,
    /// The second.
    B,
    /// Each has something that the other one does not.
    Both,
}

/// What a permission comes to for one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Possession<'a> {
    /// What the sources without limits add up to.
    pub scope: Scope,
    /// The teams that it is about, where the scope makes that matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// What those within limits come to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limits>,
    /// Who gave it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub givers: Vec<Giver<'a>>,
    /// What has to be held on the same record besides, where that does not reach as far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Required>,
    /// Why it is of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<Void<'a>>,
}

/// A permission that two users hold differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PermissionDifference<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Whether it is a toggle that restricts: who holds it has less.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restricts: bool,
    /// The first one's.
    pub a: Possession<'a>,
    /// The second one's.
    pub b: Possession<'a>,
    /// Who has less.
    pub less: Less,
    /// What would give it to them, the smallest first.
    pub ways: Vec<Way<'a>>,
}

/// A permission that was delegated to one of two users only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegatedDifference<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Who delegated it: nobody else can delegate it to the other one.
    pub from: &'a str,
    /// To whom it was not.
    pub less: Less,
}

/// A program that admits one of two users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProgramDifference<'a> {
    /// The first one's membership.
    pub a: Membership<'a>,
    /// The second one's.
    pub b: Membership<'a>,
    /// Who is less of a member.
    pub less: Less,
    /// What would make them one, the smallest first.
    pub ways: Vec<Way<'a>>,
}

/// An exclusive item that is open to one of two users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemDifference<'a> {
    /// The item and the access.
    #[serde(flatten)]
    pub gate: Gate<'a>,
    /// What it is to the first.
    pub a: ItemAccess<'a>,
    /// What it is to the second.
    pub b: ItemAccess<'a>,
    /// To whom it is less open.
    pub less: Less,
    /// What would open it to them, the smallest first.
    pub ways: Vec<Way<'a>>,
}

/// How two users differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff<'a> {
    /// The first.
    pub a: &'a str,
    /// The second.
    pub b: &'a str,
    /// The permissions that differ, in the order of the catalog.
    pub permissions: Vec<PermissionDifference<'a>>,
    /// The delegations that differ.
    pub delegated: Vec<DelegatedDifference<'a>>,
    /// The programs that differ, in the order of the document.
    pub programs: Vec<ProgramDifference<'a>>,
    /// The exclusive items that differ, by kind and id.
    pub items: Vec<ItemDifference<'a>>,
    /// What reads of them what differs, and where a record or an instant decides.
    #[serde(skip_serializing_if = "Follows::is_empty")]
    pub follows: Follows,
    /// How many changes that might make them equal were not tried because there were too many.
    pub untried: usize,
}

impl Diff<'_> {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
            && self.delegated.is_empty()
            && self.programs.is_empty()
            && self.items.is_empty()
            && self.follows.is_empty()
    }
}

/// How two users differ at an instant.
///
/// # Errors
///
/// The directory has no such user, or is not loaded.
pub fn diff<'a>(tenant: &'a Compiled, a: &str, b: &str, now: i64) -> Result<Diff<'a>, Unasked> {
    let a = Person::new(tenant, member(tenant, a)?, now);
    let b = Person::new(tenant, member(tenant, b)?, now);
    let gates = gates(&tenant.snapshot);
    let (of_a, of_b) = (Profile::new(&a, &gates), Profile::new(&b, &gates));
    let readers = Readers::new(&tenant.snapshot, &tenant.snapshot, Vec::new());
    let mut to_a = WaySearch::new((a, &of_a), (b, &of_b), &gates, &readers);
    let mut to_b = WaySearch::new((b, &of_b), (a, &of_a), &gates, &readers);
    let mut diff = Diff {
        a: a.member.id(),
        b: b.member.id(),
        permissions: Vec::new(),
        delegated: delegated(&a, &b),
        programs: Vec::new(),
        items: Vec::new(),
        follows: readers.follows(a, b, None).into(),
        untried: 0,
    };
    let rights = of_a.rights.iter().zip(&of_b.rights);
    for ((mine, theirs), (id, rule)) in rights.zip(tenant.snapshot.each_permission()) {
        let Some(less) = less(mine, theirs, rule) else { continue };
        let ways = each(less, &mut to_a, &mut to_b, |search| search.permission(id, rule));
        diff.permissions.push(PermissionDifference {
            permission: &rule.id,
            restricts: rule.is_constraint,
            a: a.held(id, rule),
            b: b.held(id, rule),
            less,
            ways,
        });
    }
    let programs = of_a.programs.iter().zip(&of_b.programs).zip(tenant.snapshot.programs.iter());
    for (at, ((mine, theirs), program)) in programs.enumerate() {
        let Some(less) = lesser(mine.cmp(theirs)) else { continue };
        let ways = each(less, &mut to_a, &mut to_b, |search| search.program(at));
        let (a, b) = (a.membership(program), b.membership(program));
        diff.programs.push(ProgramDifference { a, b, less, ways });
    }
    let open = of_a.gates.iter().zip(&of_b.gates).zip(&gates);
    for (at, ((mine, theirs), gate)) in open.enumerate() {
        let Some(less) = lesser(mine.cmp(theirs)) else { continue };
        let ways = each(less, &mut to_a, &mut to_b, |search| search.gate(at, *gate));
        let (a, b) = (a.item(*gate), b.item(*gate));
        diff.items.push(ItemDifference { gate: *gate, a, b, less, ways });
    }
    diff.untried = to_a.untried + to_b.untried;
    Ok(diff)
}

/// The ways for whoever has less.
fn each<'a, 'p>(
    less: Less,
    to_a: &mut WaySearch<'a, 'p>,
    to_b: &mut WaySearch<'a, 'p>,
    ways: impl Fn(&mut WaySearch<'a, 'p>) -> Vec<Way<'a>>,
) -> Vec<Way<'a>> {
    let mut all = Vec::new();
    if less != Less::B {
        all.extend(ways(to_a));
    }
    if less != Less::A {
        all.extend(ways(to_b));
    }
    all
}

fn less(a: &Holding<'_>, b: &Holding<'_>, rule: &PermissionRule) -> Option<Less> {
    let less = match Shift::between(a, b)? {
        Shift::Gained | Shift::Widened => Less::A,
        Shift::Lost | Shift::Narrowed => Less::B,
        Shift::Moved => Less::Both,
    };
    Some(match (rule.is_constraint, less) {
        (true, Less::A) => Less::B,
        (true, Less::B) => Less::A,
        (_, less) => less,
    })
}

const fn lesser(order: Ordering) -> Option<Less> {
    match order {
        Ordering::Less => Some(Less::A),
        Ordering::Greater => Some(Less::B),
        Ordering::Equal => None,
    }
}

fn delegated<'a>(a: &Person<'a>, b: &Person<'a>) -> Vec<DelegatedDifference<'a>> {
    type Handings<'a> = Vec<(Handed<'a>, Holding<'a>)>;
    let (of_a, of_b): (Handings<'a>, Handings<'a>) = (a.delegations(), b.delegations());
    let find = |list: &Handings<'a>, handed: &Handed<'a>| {
        let found = list.iter().find(|(known, _)| known == handed);
        found.map(|(_, holding)| holding.clone()).unwrap_or_default()
    };
    let only_b = of_b.iter().filter(|(handed, _)| !of_a.iter().any(|(known, _)| known == handed));
    of_a.iter()
        .chain(only_b)
        .filter_map(|(handed, _)| {
            let rule = a.snapshot().permission(handed.id)?;
            let less = less(&find(&of_a, handed), &find(&of_b, handed), rule)?;
            Some(DelegatedDifference { permission: &rule.id, from: handed.from, less })
        })
        .collect()
}

impl<'a> Person<'a> {
    /// What a permission comes to, for telling.
    pub(super) fn held(&self, id: PermissionId, rule: &'a PermissionRule) -> Possession<'a> {
        let holding = self.holding(id, rule);
        let mut givers: Vec<Giver<'a>> = Vec::new();
        self.each_contribution(id, rule, |source, _, contribution| {
            let giver = Giver::from(source);
            if !matches!(contribution, Contribution::Aside(_)) && !givers.contains(&giver) {
                givers.push(giver);
            }
        });
        let void = match holding.is_empty() || rule.is_constraint {
            true => None,
            false => self.void(rule, false),
        };
        let limited = holding.limited.iter().map(|grant| Limits::from(&**grant)).collect();
        let requires = match holding.is_empty() || void.is_some() || rule.is_constraint {
            true => Vec::new(),
            false => self.required(rule, &holding, false).iter().map(Required::from).collect(),
        };
        let (scope, teams) = (holding.scope, holding.named_teams());
        Possession { scope, teams, limited, givers, requires, void }
    }
}
