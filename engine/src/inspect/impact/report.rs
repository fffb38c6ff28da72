//! What is told about an edit.

use super::examine::{Difference, Examiner};
use crate::decision::{Decision, Request};
use crate::directory::Compiled;
use crate::model::Scope;
use crate::profile::{
    Follow, Follows, Gate, Holding, Limits, Openness, Person, Required, Shift, Void,
};
use crate::snapshot::{PermissionRule, RoleRule};
use serde::Serialize;
use std::collections::HashMap;

/// Whether a user is in the directory before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Both.
    Stays,
    /// After only.
    Joins,
    /// Before only.
    Leaves,
}

/// What changes for one user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserImpact<'a> {
    /// The user.
    pub user: &'a str,
    /// Whether the edit adds or removes them.
    pub presence: Presence,
    /// The permissions and toggles, in the order of the catalog.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<RightChange<'a>>,
    /// What others delegated to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegated: Vec<DelegatedChange<'a>>,
    /// The programs, in the order of the document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ProgramChange<'a>>,
    /// The exclusive items, by kind and id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemChange<'a>>,
    /// What may follow, where a record or an instant decides: for the user, or for others.
    #[serde(skip_serializing_if = "Follows::is_empty")]
    pub follows: Follows,
    /// Whether something is lost.
    pub loses: bool,
    /// Whether something is gained.
    pub gains: bool,
}

/// How far a permission is held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// Without limits.
    pub scope: Scope,
    /// The teams that it is about, where the scope makes that matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Within limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limits>,
    /// What has to be held on the same record besides, where that does not reach as far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Required>,
}

impl From<&Holding<'_>> for Reach {
    fn from(holding: &Holding<'_>) -> Self {
        let limited = holding.limited.iter().map(|grant| Limits::from(&**grant)).collect();
        let requires = holding.also.iter().map(Required::from).collect();
        Self { scope: holding.scope, teams: holding.named_teams(), limited, requires }
    }
}

/// A permission that is held otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RightChange<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Whether it is a toggle that restricts: to gain it is to lose something.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restricts: bool,
    /// How it changed.
    pub shift: Shift,
    /// What it was.
    pub before: Reach,
    /// What it is.
    pub after: Reach,
    /// Why it is of no use any more, where it is still granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<Void<'a>>,
}

/// A delegation that comes to something else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegatedChange<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Who delegated it.
    pub from: &'a str,
    /// How it changed.
    pub shift: Shift,
}

/// A program that a user joins or leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgramChange<'a> {
    /// The program.
    pub program: &'a str,
    /// Whether it admitted them.
    pub before: Openness,
    /// Whether it does.
    pub after: Openness,
}

/// An exclusive item that opens to a user or closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemChange<'a> {
    /// The item and the access.
    #[serde(flatten)]
    pub gate: Gate<'a>,
    /// Whether it was open.
    pub before: Openness,
    /// Whether it is.
    pub after: Openness,
    /// Whether it opens because it is not exclusive any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub to_everybody: bool,
}

/// An item that is exclusive on one side of the edit only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exposed<'a> {
    /// The item and the access.
    #[serde(flatten)]
    pub gate: Gate<'a>,
    /// Whether it opens to everybody; else it becomes exclusive.
    pub opens: bool,
    /// For how many users that changes something.
    pub users: usize,
}

/// Something that may follow from an edit, for some users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Followed {
    /// What it is.
    #[serde(flatten)]
    pub follow: Follow,
    /// For how many users what it reads differs; absent where it reads no user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<usize>,
}

/// A question that is answered differently.
#[derive(Debug, Clone)]
pub struct ChangedAnswer<'a> {
    /// The question.
    pub request: &'a Request<'a>,
    /// The answer as it is.
    pub before: Decision,
    /// The answer as it would be.
    pub after: Decision,
}

/// On which side of the edit something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It differs.
    Changed,
}

/// A role, a policy or a program that the edit touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Touched<'a> {
    /// `role`, `policy` or `program`.
    pub what: &'static str,
    /// Which one.
    pub id: &'a str,
    /// How.
    pub how: Side,
    /// How many hold the role, before or after, whichever are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holders: Option<usize>,
}

/// What whoever makes an edit should think about twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning<'a> {
    /// The acting user loses a permission, in part or altogether.
    SelfLockout {
        /// The permission, or the toggle that binds them.
        permission: &'a str,
        /// How it changes for them.
        shift: Shift,
    },
    /// An exclusive item closes to the acting user.
    SelfShutOut(Gate<'a>),
    /// Somebody held the permission, and nobody does any more.
    NobodyLeft {
        /// The permission.
        permission: &'a str,
    },
    /// The last program that gave it is gone, and the item opens to all. An entry in the
    /// tenant's `closed` list keeps it closed.
    OpensToEverybody(Gate<'a>),
}

impl<'a> Examiner<'a> {
    /// What changes for one user.
    pub(super) fn report(&self, id: &'a str, slots: &mut Vec<usize>) -> UserImpact<'a> {
        let pair = self.pair(id);
        let presence = match (pair.before, pair.after) {
            (None, _) => Presence::Joins,
            (_, None) => Presence::Leaves,
            _ => Presence::Stays,
        };
        let mut user = UserImpact {
            user: id,
            presence,
            rights: Vec::new(),
            delegated: Vec::new(),
            programs: Vec::new(),
            items: Vec::new(),
            follows: Follows::default(),
            loses: false,
            gains: false,
        };
        self.examine(pair, slots, |found| {
            let (gives, takes) = self.weigh(&found);
            user.gains |= gives;
            user.loses |= takes;
            match found {
                Difference::Right { slot, shift, before, after } => {
                    let Some(slot) = self.matching.slots.get(slot) else { return };
                    let person = pair.after.map(|member| Person::new(self.after, member, self.now));
                    let void = person.zip(slot.after).and_then(|(person, (id, rule))| {
                        let rule: &'a PermissionRule = rule;
                        let granted = !person.holding(id, rule).is_empty();
                        (granted && !rule.is_constraint).then(|| person.void(rule, false))?
                    });
                    user.rights.push(RightChange {
                        permission: slot.name,
                        restricts: slot.restricts(),
                        shift,
                        before: before.into(),
                        after: after.into(),
                        void,
                    });
                }
                Difference::Handed { from, slot, shift } => {
                    let Some(slot) = self.matching.slots.get(slot) else { return };
                    user.delegated.push(DelegatedChange { permission: slot.name, from, shift });
                }
                Difference::Program { at, before, after } => {
                    let Some(slot) = self.matching.programs.get(at) else { return };
                    user.programs.push(ProgramChange { program: slot.name, before, after });
                }
                Difference::Group { at, before, after } => {
                    let Some(group) = self.groups.get(at) else { return };
                    let to_everybody = group.before && !group.after && before < after;
                    user.items.extend(group.gates.iter().map(|gate| ItemChange {
                        gate: *gate,
                        before,
                        after,
                        to_everybody,
                    }));
                }
                Difference::Follows(follows) => user.follows = follows.into(),
            }
        });
        user.items.sort_by(|a, b| a.gate.cmp(&b.gate));
        user
    }

    /// The roles, policies and programs that differ.
    pub(super) fn touched(&self) -> Vec<Touched<'a>> {
        let (was, is): (&'a Compiled, &'a Compiled) = (self.before, self.after);
        let (old, new) = (&*was.snapshot, &*is.snapshot);
        let mut touched = Vec::new();
        let holders = |id: &str| was.usage(id).listed.max(is.usage(id).listed);
        for (at, (role, to)) in old.roles.iter().zip(&self.matching.roles).enumerate() {
            let after: Option<&RoleRule> = to.and_then(|to| new.role(to));
            let how = match after {
                None => Side::Removed,
                Some(after) if self.is_same_role(at, role, after) => continue,
                Some(_) => Side::Changed,
            };
            touched.push(Touched {
                what: "role",
                id: &role.id,
                how,
                holders: Some(holders(&role.id)),
            });
        }
        for role in new.roles.iter().filter(|role| !old.role_ids.contains_key(&*role.id)) {
            let (how, holders) = (Side::Added, Some(holders(&role.id)));
            touched.push(Touched { what: "role", id: &role.id, how, holders });
        }
        let policy = |id, how| Touched { what: "policy", id, how, holders: None };
        for (policy_rule, (to, affected)) in
            old.policies.iter().zip(self.matching.policies.iter().zip(&self.affected.policies))
        {
            match to {
                None => touched.push(policy(&policy_rule.id, Side::Removed)),
                Some(_) if !affected.is_empty() => {
                    touched.push(policy(&policy_rule.id, Side::Changed))
                }
                Some(_) => {}
            }
        }
        let added = new.policies.iter().filter(|rule| !old.policy_ids.contains_key(&*rule.id));
        touched.extend(added.map(|rule| policy(&rule.id, Side::Added)));
        touched.extend(self.programs_touched());
        touched
    }

    fn is_same_role(&self, at: usize, before: &RoleRule, after: &RoleRule) -> bool {
        let names = |tenant: &'a Compiled, role: &RoleRule| -> Vec<&'a str> {
            let rules = role.adjustable.iter().filter_map(|id| tenant.snapshot.permission(*id));
            rules.map(|rule| &*rule.id).collect()
        };
        self.affected.roles.get(at).is_none_or(Vec::is_empty)
            && before.reach == after.reach
            && before.editable == after.editable
            && before.deletable == after.deletable
            && names(self.before, before) == names(self.after, after)
    }

    fn programs_touched(&self) -> Vec<Touched<'a>> {
        let (given, gives) = (given(self.before), given(self.after));
        let slots = self.matching.programs.iter().enumerate();
        let touched = slots.filter_map(|(at, slot)| {
            let how = match (slot.before, slot.after) {
                (None, _) => Side::Added,
                (_, None) => Side::Removed,
                _ if self.affected.programs.contains(&at) => Side::Changed,
                _ if given.get(slot.name) != gives.get(slot.name) => Side::Changed,
                _ => return None,
            };
            Some(Touched { what: "program", id: slot.name, how, holders: None })
        });
        touched.collect()
    }
}

/// An item that a program gives: its kind and id, and whether to edit.
type Given<'a> = (&'a str, &'a str, bool);

/// What each program gives.
fn given(tenant: &Compiled) -> HashMap<&str, Vec<Given<'_>>> {
    let snapshot = &tenant.snapshot;
    let mut given: HashMap<&str, Vec<Given<'_>>> = HashMap::new();
    for kind in snapshot.kinds.values() {
        for (id, item) in &kind.items {
            for at in &item.view {
                let Some(program) = snapshot.programs.get(*at as usize) else { continue };
                let items = given.entry(&program.id).or_default();
                items.push((&kind.name, id, item.edit.contains(at)));
            }
        }
    }
    for items in given.values_mut() {
        items.sort_unstable();
        items.dedup();
    }
    given
}

/// A rule that changed and that a record decides on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleChange<'a> {
    /// What is shared: a policy, an override, a default.
    Sharing(String),
    /// A guard, or what it is on.
    Guard(&'a str),
    /// Which relations make a record one's own for a permission, or how far it reaches.
    Own(&'a str),
    /// What exclusive access or sharing is asked about a permission.
    Shows(&'a str),
    /// What a toggle obliges to on a permission.
    Obligations(&'a str),
    /// A family: its code, its settings, its floors or what it governs.
    Family(&'a str),
    /// A program that admits by what a record says.
    Program(&'a str),
    /// What resources of a kind are a part of.
    Parts(&'a str),
    /// Of which type an attribute is.
    Attribute(&'a str),
    /// Which kinds of resources a permission is about.
    About(&'a str),
    /// What a question about a kind has to say, and may.
    Kind(&'a str),
    /// What a question may say of the context, the action or the subject.
    Asked(&'static str),
    /// Which types of subjects there are.
    SubjectTypes,
    /// Whether or how far whoever asks anonymously holds a permission.
    Anonymous(&'a str),
    /// How resources lie in teams.
    Teams,
}
