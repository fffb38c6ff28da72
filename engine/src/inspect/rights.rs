//! Rights: what a user may do, as far as it can be said without a record.
//!
//! For each permission the scope that everything without limits adds up to, the grants within
//! limits one by one, and what a record has yet to decide. Every line says where it comes from,
//! so that whoever wonders can go and change it there.

use super::unasked::{Unasked, anonymous, member};
use crate::decision::Obligation;
use crate::directory::Compiled;
use crate::evaluate::{Source, Via};
use crate::model::{Access, Instant, Invitation, Place, Scope, Status};
use crate::profile::{Aside, Contribution, Limits, Person, Void};
use crate::snapshot::{ConstraintRule, ContentRule, PermissionId, PermissionRule, Redaction};
use serde::Serialize;

/// Who gave a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Giver<'a> {
    /// A role that the user holds, by itself, its policies or its parents.
    Role(&'a str),
    /// A policy attached to the user.
    Policy(&'a str),
    /// A grant to this user alone.
    User,
    /// A right of an adjustable category, ticked for this user.
    Ticked,
    /// The catalog: every active member holds it.
    Baseline,
    /// The user owns the account.
    Owner,
}

/// A source of a right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RightSource<'a> {
    /// Who gave it.
    pub giver: Giver<'a>,
    /// How far it goes by itself.
    pub scope: Scope,
    /// The lines that say so; none where no line does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
}

/// A source of a right that counts within limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limited<'a> {
    /// Who gave it.
    pub giver: Giver<'a>,
    /// What is left of its limits for this user now.
    #[serde(flatten)]
    pub limits: Limits,
    /// The line that says so.
    pub place: Place,
}

/// What a record has yet to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Depends<'a> {
    /// Guards that have to hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<&'a str>,
    /// The family that has its say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub governed_by: Option<&'a str>,
    /// Whether that family may lift a missing grant.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub floor: bool,
    /// The content that it shows, which sharing settles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<&'a str>,
    /// Exclusive access programs are asked for this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<Access>,
    /// Permissions that it requires and that are not held everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<&'a str>,
    /// Restricting toggles that forbid it on some records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bound_by: Vec<&'a str>,
}

impl Depends<'_> {
    /// Whether the record has nothing to decide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A permission that a user holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Right<'a> {
    /// The permission.
    pub permission: &'a str,
    /// What the sources without limits add up to.
    pub scope: Scope,
    /// Those sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<RightSource<'a>>,
    /// The sources within limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limited<'a>>,
    /// What the record has yet to decide.
    #[serde(skip_serializing_if = "Depends::is_empty")]
    pub depends: Depends<'a>,
}

impl Right<'_> {
    /// Whether it may be done to every record of the tenant.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.scope.is_all() && self.depends.is_empty()
    }
}

/// A permission that is granted and of no use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VoidRight<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Why.
    pub why: Void<'a>,
}

/// A source that counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Who gave it.
    pub giver: Giver<'a>,
    /// Why.
    pub why: Aside,
    /// The line that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A restricting toggle that the user holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restriction<'a> {
    /// The toggle.
    pub toggle: &'a str,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<RightSource<'a>>,
    /// Where it comes from within limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limited<'a>>,
    /// Whether it binds this user; absent where the record decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binds: Option<bool>,
    /// What it takes away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbids: Vec<&'a str>,
    /// What it obliges to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obliges: Vec<Obliged<'a>>,
    /// The kinds of content that are redacted for the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sees_redacted: Vec<&'a str>,
    /// The kinds of content that the user shares redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares_redacted: Vec<&'a str>,
}

/// An obligation that comes with a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obliged<'a> {
    /// The permission.
    pub on: &'a str,
    /// What the caller has to do.
    #[serde(flatten)]
    pub obligation: &'a Obligation,
}

/// A permission that somebody else delegated to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegatedRight<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Who delegated it.
    pub from: &'a str,
    /// How far they could do it themselves, or what is theirs; nothing where it is void.
    pub scope: Scope,
    /// The limits within which they could.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limits>,
    /// Why it is of no use, and to whom already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub void: Option<VoidFor<'a>>,
    /// For these audiences only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<&'a str>,
    /// From this instant on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Instant>,
}

/// Why something delegated is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VoidFor<'a> {
    /// The one who could not do it: who delegated it, or the user.
    pub user: &'a str,
    /// Why.
    pub why: Void<'a>,
}

/// What a user may do, as far as it can be said without a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserRights<'a> {
    /// The user.
    pub user: &'a str,
    /// Whether the user takes part.
    pub status: Status,
    /// Whether the invitation was accepted.
    pub invitation: Invitation,
    /// Whether the user owns the account.
    pub owner: bool,
    /// The roles held.
    pub roles: Vec<&'a str>,
    /// The teams that the user is in.
    pub teams: Vec<&'a str>,
    /// The user's tags.
    pub tags: Vec<&'a str>,
    /// The permissions held, in the order of the catalog.
    pub held: Vec<Right<'a>>,
    /// The permissions that are granted and of no use.
    pub void: Vec<VoidRight<'a>>,
    /// The sources that count for nothing.
    pub aside: Vec<SetAside<'a>>,
    /// The restricting toggles held.
    pub restrictions: Vec<Restriction<'a>>,
    /// What others delegated to the user.
    pub delegated: Vec<DelegatedRight<'a>>,
}

impl<'a> UserRights<'a> {
    /// What the user holds of a permission.
    #[must_use]
    pub fn of(&self, permission: &str) -> Option<&Right<'a>> {
        self.held.iter().find(|right| right.permission == permission)
    }
}

impl<'a> From<Source<'a>> for Giver<'a> {
    fn from(source: Source<'a>) -> Self {
        match source {
            Source::Role(id) | Source::Held(id, _) => Self::Role(id),
            Source::Policy(id) => Self::Policy(id),
            Source::User => Self::User,
            Source::Ticked => Self::Ticked,
            Source::Baseline => Self::Baseline,
            Source::AccountOwner => Self::Owner,
        }
    }
}

/// The lines by which a source grants a permission.
pub(super) fn places(id: PermissionId, via: Via<'_>) -> Vec<Place> {
    match via {
        Via::Plain(set) | Via::Assigned(_, set) => {
            let origins = set.origins(id).iter().filter(|origin| !origin.scope.is_none());
            let mut places: Vec<Place> = origins.map(|origin| origin.place).collect();
            places.dedup();
            places
        }
        Via::Limited(grant) | Via::AssignedLimited(_, grant) => vec![grant.place],
        Via::Standing | Via::Unticked => Vec::new(),
    }
}

/// The rights of a user at an instant.
///
/// # Errors
///
/// The directory has no such user, or is not loaded.
pub fn rights<'a>(tenant: &'a Compiled, user: &str, now: i64) -> Result<UserRights<'a>, Unasked> {
    Ok(Person::new(tenant, member(tenant, user)?, now).rights())
}

/// What whoever asks anonymously may do.
///
/// # Errors
///
/// The catalog knows nobody who asks so.
pub fn anonymous_rights(tenant: &Compiled, now: i64) -> Result<UserRights<'_>, Unasked> {
    Ok(Person::new(tenant, anonymous(tenant)?, now).rights())
}

impl<'a> Person<'a> {
    pub(super) fn rights(&self) -> UserRights<'a> {
        let (snapshot, member) = (self.snapshot(), self.member);
        let mut rights = UserRights {
            user: &member.id,
            status: member.status,
            invitation: member.invitation,
            owner: member.owner,
            roles: member.role_names(snapshot).collect(),
            teams: member.teams.iter().map(|team| &**team).collect(),
            tags: member.tags.iter().map(|tag| &**tag).collect(),
            held: Vec::new(),
            void: Vec::new(),
            aside: Vec::new(),
            restrictions: Vec::new(),
            delegated: Vec::new(),
        };
        for (id, rule) in snapshot.each_permission() {
            let (sources, limited) = self.sources(id, rule, &mut rights.aside);
            if sources.is_empty() && limited.is_empty() {
                continue;
            }
            if rule.is_constraint {
                rights.restrictions.push(self.restriction(id, rule, sources, limited));
            } else if let Some(why) = self.void(rule, false) {
                rights.void.push(VoidRight { permission: &rule.id, why });
            } else {
                let scope = sources.iter().fold(Scope::NONE, |sum, source| sum.union(source.scope));
                let depends = self.depends(rule);
                rights.held.push(Right { permission: &rule.id, scope, sources, limited, depends });
            }
        }
        rights.delegated = self.delegated();
        rights
    }

    fn sources(
        &self,
        id: PermissionId,
        rule: &'a PermissionRule,
        aside: &mut Vec<SetAside<'a>>,
    ) -> (Vec<RightSource<'a>>, Vec<Limited<'a>>) {
        let (mut sources, mut limited) = (Vec::new(), Vec::new());
        self.each_contribution(id, rule, |source, via, contribution| {
            let giver = Giver::from(source);
            match contribution {
                Contribution::Standing(scope) => {
                    sources.push(RightSource { giver, scope, places: places(id, via) });
                }
                Contribution::Limited(grant) => {
                    limited.push(Limited { giver, limits: (&*grant).into(), place: grant.place });
                }
                Contribution::Aside(why) => {
                    let place = places(id, via).first().copied();
                    aside.push(SetAside { permission: &rule.id, giver, why, place });
                }
            }
        });
        (sources, limited)
    }

    /// What a record has yet to decide about a permission.
    pub(super) fn depends(&self, rule: &'a PermissionRule) -> Depends<'a> {
        let snapshot = self.snapshot();
        let guards =
            rule.guards.iter().filter_map(|at| snapshot.catalog.guards.get(usize::from(*at)));
        let family = rule.family.as_ref();
        let contents = rule.content.iter().flat_map(|shown| shown.all());
        let contents = contents.filter_map(|at| snapshot.sharing.contents.get(usize::from(at)));
        let requires = rule.requires.iter().filter(|id| !self.reaches_everything(**id));
        let constraints = rule.constraints.iter().filter_map(|at| {
            snapshot.catalog.constraints.get(usize::from(*at)).filter(|rule| rule.forbids)
        });
        Depends {
            guards: guards.map(|guard| &*guard.id).collect(),
            governed_by: family
                .and_then(|governed| snapshot.families.get(usize::from(governed.family)))
                .map(|family| &*family.id),
            floor: family.is_some_and(|governed| governed.floor),
            contents: contents.map(|content| &*content.kind).collect(),
            exclusive: rule.exclusive,
            requires: requires
                .filter_map(|id| snapshot.permission(*id))
                .map(|required| &*required.id)
                .collect(),
            bound_by: constraints
                .filter(|constraint| self.binds(constraint) != Some(false))
                .filter_map(|constraint| snapshot.permission(constraint.toggle))
                .map(|toggle| &*toggle.id)
                .collect(),
        }
    }

    /// Whether a required permission is held on every record.
    fn reaches_everything(&self, id: PermissionId) -> bool {
        let reaches = |id: PermissionId| {
            let rule = self.snapshot().permission(id);
            rule.is_some_and(|rule| self.holding(id, rule).scope.is_all())
        };
        let rule = self.snapshot().permission(id).filter(|_| reaches(id));
        rule.is_some_and(|rule| rule.needs.iter().all(|need| reaches(need.permission)))
    }

    fn restriction(
        &self,
        id: PermissionId,
        rule: &'a PermissionRule,
        sources: Vec<RightSource<'a>>,
        limited: Vec<Limited<'a>>,
    ) -> Restriction<'a> {
        let snapshot = self.snapshot();
        let (mut forbids, mut obliges) = (Vec::new(), Vec::new());
        let mut theirs: Option<&ConstraintRule> = None;
        for (_, target) in snapshot.each_permission() {
            let rules = target.constraints.iter();
            let rules = rules.filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)));
            for constraint in rules.filter(|constraint| constraint.toggle == id) {
                theirs = Some(constraint);
                if constraint.forbids {
                    forbids.push(&*target.id);
                }
                obliges.extend(
                    constraint
                        .obligations
                        .iter()
                        .map(|obligation| Obliged { on: &target.id, obligation }),
                );
            }
        }
        let redacts = |pick: fn(&ContentRule) -> Option<&Redaction>| {
            let contents = snapshot.sharing.contents.iter();
            contents
                .filter(|content| pick(content).is_some_and(|redaction| redaction.toggle == id))
                .map(|content| &*content.kind)
                .collect()
        };
        let standing = !sources.is_empty();
        Restriction {
            toggle: &rule.id,
            sources,
            limited,
            binds: theirs.map_or(standing.then_some(true), |constraint| self.binds(constraint)),
            forbids,
            obliges,
            sees_redacted: redacts(|content| content.viewer.as_ref()),
            shares_redacted: redacts(|content| content.sharer.as_ref()),
        }
    }

    fn delegated(&self) -> Vec<DelegatedRight<'a>> {
        let snapshot = self.snapshot();
        let mut delegated = Vec::new();
        for (delegation, id) in self.handed() {
            let Some(rule) = snapshot.permission(id) else { continue };
            let own = self.void(rule, false);
            let own = own.map(|why| VoidFor { user: &self.member.id, why });
            let holding = match own {
                Some(void) => Err(void),
                None => self
                    .handed_holding(delegation, id, rule)
                    .map_err(|why| VoidFor { user: &delegation.from.id, why }),
            };
            let void = holding.as_ref().err().copied();
            let holding = holding.unwrap_or_default();
            delegated.push(DelegatedRight {
                permission: &rule.id,
                from: &delegation.from.id,
                scope: holding.scope,
                limited: holding.limited.iter().map(|grant| (&**grant).into()).collect(),
                void,
                audiences: delegation.audiences.iter().map(|name| &**name).collect(),
                valid_from: delegation.valid_from.map(Instant::from_millis),
                valid_until: delegation.valid_until.map(Instant::from_millis),
            });
        }
        delegated
    }
}
