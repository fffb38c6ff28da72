//! Tenants: what an admin edits, and the people whom it is about.

use super::{Access, Attributes, Scope, SharingRules, Text};
use crate::condition::ConditionTest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One tenant of a product.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Unique on an installation.
    pub tenant: Text,
    /// The product whose catalog applies.
    pub product: Text,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// The plan, one of the catalog's.
    #[serde(default)]
    pub plan: Option<Text>,
    /// What was bought on top of the plan.
    #[serde(default)]
    pub addons: Vec<Text>,
    /// The paths of the teams: `US/South` lies below `US`.
    #[serde(default)]
    pub teams: Vec<Text>,
    /// Custom roles, and standard ones that were edited.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Named sets of permissions, for roles and users.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Exclusive access programs.
    #[serde(default)]
    pub programs: Vec<Program>,
    /// Items that stay exclusive though no program gives them.
    #[serde(default)]
    pub closed: Vec<Item>,
    /// What users share with one another.
    #[serde(default)]
    pub sharing: SharingRules,
    /// The tenant's settings of families, by family.
    #[serde(default)]
    pub families: BTreeMap<String, FamilySettings>,
}

/// A role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Role {
    /// Unique in the tenant.
    pub id: Text,
    /// For people.
    pub label: String,
    /// Why it exists, for people.
    pub description: String,
    /// The document or page that it comes from.
    pub source: String,
    /// Whether it may be edited. Custom roles may; standard ones only if they say so.
    pub editable: Option<bool>,
    /// Whether it may be deleted. Custom roles may; standard ones only if they say so.
    pub deletable: Option<bool>,
    /// The role that this one was copied from. Nothing is inherited from it.
    pub duplicate_of: Option<Text>,
    /// Roles whose grants it grants as well. Nothing else is inherited: a holder is not a holder
    /// of the parents to programs and conditions.
    pub parents: Vec<Text>,
    /// The scope at which rights ticked for a single holder are held.
    pub reach: Option<Scope>,
    /// The categories whose rights can be ticked and unticked for a single holder.
    pub adjustable: Vec<Text>,
    /// Policies that come along with the role.
    pub policies: Vec<Text>,
    /// What it grants.
    pub grants: Vec<Grant>,
}

/// One grant: a permission or a category of them, at a scope, perhaps within limits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// A permission of the catalog, or `*` for all that can be granted so.
    #[serde(default)]
    pub permission: Option<Text>,
    /// All permissions of a category, as it stands when the tenant is loaded.
    #[serde(default)]
    pub category: Option<Text>,
    /// How far.
    pub scope: Scope,
    /// With `*` or a category: the permissions left out.
    #[serde(default)]
    pub except: Vec<Text>,
    /// Applies to resources of these teams and the teams below them. Without any here and in
    /// `exact_teams`: to all.
    #[serde(default)]
    pub teams: Vec<Text>,
    /// Applies to resources of exactly these teams.
    #[serde(default)]
    pub exact_teams: Vec<Text>,
    /// From this instant on, in milliseconds since 1970-01-01T00:00:00Z.
    #[serde(default)]
    pub valid_from: Option<i64>,
    /// Before this instant, in milliseconds since 1970-01-01T00:00:00Z.
    #[serde(default)]
    pub valid_until: Option<i64>,
    /// Holds only where this condition does (see [`crate::condition`]). Where it cannot be
    /// known, for want of an attribute, it does not.
    #[serde(default)]
    pub condition: Option<Text>,
    /// What the condition has to say of these cases.
    #[serde(default)]
    pub cases: Vec<ConditionTest>,
    /// For people.
    #[serde(default)]
    pub note: String,
}

/// A named set of permissions. It only ever adds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Unique in the tenant.
    pub id: Text,
    /// For people.
    pub label: String,
    /// What it grants.
    pub grants: Vec<Grant>,
}

/// An exclusive access program: what it names is for its members only.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Program {
    /// Unique in the tenant.
    pub id: Text,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// Who is a member: whoever fits any one of these.
    #[serde(rename = "match")]
    pub matchers: Matchers,
    /// What it gives, and by giving makes exclusive.
    pub gives: Vec<Item>,
}

/// Who is a member of a program. One that fits is enough; none at all admits nobody.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Matchers {
    /// Holders of these roles.
    pub roles: Vec<Text>,
    /// Members of these teams and of the teams below them.
    #[serde(alias = "sub_teams")]
    pub teams: Vec<Text>,
    /// Members of exactly these teams.
    #[serde(alias = "exact_sub_teams")]
    pub exact_teams: Vec<Text>,
    /// Users who carry one of these tags.
    pub tags: Vec<Text>,
    /// Whoever this condition holds for (see [`crate::condition`]). Where it cannot be known it
    /// admits nobody.
    pub condition: Option<Text>,
    /// What the condition has to say of these cases.
    pub cases: Vec<ConditionTest>,
}

impl Matchers {
    /// Whether there is no matcher at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
            && self.teams.is_empty()
            && self.exact_teams.is_empty()
            && self.tags.is_empty()
            && self.condition.is_none()
    }
}

/// One item of exclusive content.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its kind, one of the catalog's that programs can name.
    pub kind: Text,
    /// Its id.
    pub id: Text,
    /// What members may do with it.
    pub access: Access,
}

/// A tenant's settings of one family.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FamilySettings {
    /// The configuration, checked by the family's schema and by the family itself.
    #[serde(deserialize_with = "super::value::owned")]
    pub config: Attributes<'static>,
    /// The floors that the tenant consents to, by permission.
    pub floors: Vec<Text>,
}

/// The people of a tenant.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// The users.
    pub users: Vec<User>,
    /// Who acts for whom.
    pub delegations: Vec<Delegation>,
}

/// A user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// Unique in the tenant.
    pub id: Text,
    /// For people.
    pub name: String,
    /// The roles held.
    pub roles: Vec<Text>,
    /// Policies attached to the user.
    pub policies: Vec<Text>,
    /// Grants to this user alone.
    pub grants: Vec<Grant>,
    /// The paths of the teams that the user is in.
    pub teams: Vec<Text>,
    /// Tags, for programs.
    pub tags: Vec<Text>,
    /// Whether this is the account's owner: a property of the user, not a role.
    pub owner: bool,
    /// Whether the user takes part at all.
    pub status: Status,
    /// Whether the invitation was accepted.
    pub invitation: Invitation,
    /// Rights ticked and unticked for this user, against the ticks of the role.
    pub rights: Rights,
    /// What else products and families know about the user.
    #[serde(deserialize_with = "super::value::owned")]
    pub attributes: Attributes<'static>,
}

/// Whether a user takes part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Takes part.
    #[default]
    Active,
    /// Deactivated: denied everything, keeps what is assigned.
    Inactive,
    /// Deleted.
    Deleted,
}

impl Status {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }
}

/// Whether an invitation was accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invitation {
    /// Not yet.
    Pending,
    /// Yes, or there was none to accept.
    #[default]
    Accepted,
}

impl Invitation {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
        }
    }
}

/// Rights ticked and unticked for one user, within the adjustable categories of the role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rights {
    /// Ticked.
    pub add: Vec<Text>,
    /// Unticked.
    pub remove: Vec<Text>,
}

/// One user lets another act for them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delegation {
    /// Who delegates.
    pub from: Text,
    /// Who acts.
    pub to: Text,
    /// What is delegated.
    #[serde(alias = "grants")]
    pub permissions: Vec<Text>,
    /// For which audiences, where a permission is limited to audiences.
    pub audiences: Vec<Text>,
    /// From this instant on, in milliseconds since 1970-01-01T00:00:00Z.
    pub valid_from: Option<i64>,
    /// Before this instant, in milliseconds since 1970-01-01T00:00:00Z.
    pub valid_until: Option<i64>,
}
