//! Tenants: what an admin edits, and the people whom it is about.

use super::{
    Access, Assignment, Attributes, ConditionTest, Instant, Matchers, Position, Scope, Several,
    SharingRules, Tag, Team, Text,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One tenant of a product. What is edited by itself is shared: a copy of a tenant in which one
/// role was changed holds all others where they are, and whoever compiles it sees that.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Unique on an installation.
    pub tenant: Text,
    /// Others that look like this one, and are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
    /// The product whose catalog applies.
    pub product: Text,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The plan, one of the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Text>,
    /// What was bought on top of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addons: Vec<Text>,
    /// The teams, each by its path or with what its members hold. Where none is listed any path is
    /// one.
    #[serde(default, deserialize_with = "super::some", skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Team>,
    /// The tags that users may carry. Where they are listed there are no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// The roles that every user holds, in place of the catalog's; where that lets a tenant say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Vec<Assignment>>,
    /// Custom roles, and standard ones that were edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Arc<Role>>,
    /// Named sets of permissions, for roles and users.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Arc<Policy>>,
    /// Exclusive access programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Arc<Program>>,
    /// Items that stay exclusive though no program gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Item>,
    /// What users share with one another.
    #[serde(default, skip_serializing_if = "SharingRules::is_default")]
    pub sharing: Arc<SharingRules>,
    /// The tenant's settings of families, by family.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub families: BTreeMap<String, Arc<FamilySettings>>,
}

/// A role.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Role {
    /// Unique in the tenant.
    pub id: Text,
    /// Others of its kind that look like this one, and are somebody or something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Why it exists, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The document or page that it comes from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Whether it may be edited. Custom roles may; standard ones only if they say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editable: Option<bool>,
    /// Whether it may be deleted. Custom roles may; standard ones only if they say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletable: Option<bool>,
    /// Whether somebody who takes part has to hold it, such as an owner's: no edit takes it from
    /// the last one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keeps_holder: bool,
    /// The role that this one was copied from. Nothing is inherited from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<Text>,
    /// Roles whose grants it grants as well. Nothing else is inherited: a holder is not a holder
    /// of the parents to programs and conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Text>,
    /// The scope at which rights ticked for a single holder are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Scope>,
    /// The categories whose rights can be ticked and unticked for a single holder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub adjustable: Vec<Text>,
    /// Policies that come along with the role.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Text>,
    /// What it grants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

impl Role {
    /// Gives back what reading left room for: many roles of many grants stay for long.
    pub fn shrink_to_fit(&mut self) {
        self.grants.shrink_to_fit();
        for grant in &mut self.grants {
            let Grant { teams, exact_teams, except, .. } = grant;
            [teams, exact_teams, except].into_iter().for_each(Vec::shrink_to_fit);
        }
    }
}

/// One grant: a permission, several or a category of them, at a scope, perhaps within limits.
///
/// A pattern, a category and `*` give what the catalog has when the documents are loaded: they
/// grow with it. Who means what there is now names each. A right that costs another one is given
/// by name only: see [`Permission::wildcard`](super::Permission::wildcard).
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// A permission of the catalog; a pattern, `invoice.*` for all of a kind or `*.view` for an
    /// action of all kinds but the administration's; or `*` for all that can be granted so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Text>,
    /// Several permissions: a list of names and patterns, or actions on kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Box<Several>>,
    /// All permissions of a category, as it stands when the tenant is loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Text>,
    /// How far.
    pub scope: Scope,
    /// The permissions left out, by name or by pattern, whatever that matches: neither does the
    /// grant give them nor does anything else that it gives bring them along. Another grant may.
    #[serde(default, deserialize_with = "super::some", skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Text>,
    /// Applies to resources of these teams and the teams below them. Without any here and in
    /// `exact_teams`: to all.
    #[serde(default, deserialize_with = "super::some", skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Text>,
    /// Applies to resources of exactly these teams.
    #[serde(default, deserialize_with = "super::some", skip_serializing_if = "Vec::is_empty")]
    pub exact_teams: Vec<Text>,
    /// From this instant on; a date is where that day begins, in UTC.
    #[serde(default, deserialize_with = "super::said", skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Before this instant; a date is where that day ends, in UTC.
    #[serde(
        default,
        deserialize_with = "super::instant_until",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_until: Option<Instant>,
    /// Holds only where this condition does (see [`crate::condition`]). Where it cannot be
    /// known, for want of an attribute, it does not.
    #[serde(default, deserialize_with = "super::said", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    /// What the condition has to say of these cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<ConditionTest>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Grant {
    /// Where it names what it gives; `None` where it names nothing.
    #[must_use]
    pub fn named_at(&self) -> Option<Position> {
        let one = self.permission.as_ref().or(self.category.as_ref()).map(Text::at);
        one.or_else(|| self.permissions.as_ref().map(|several| several.at()))
    }
}

/// A named set of permissions. It only ever adds.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Unique in the tenant.
    pub id: Text,
    /// Others of its kind that look like this one, and are somebody or something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What it grants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

/// An exclusive access program: what it names is for its members only.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Program {
    /// Unique in the tenant.
    pub id: Text,
    /// Others of its kind that look like this one, and are somebody or something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who is a member: whoever fits any one of these.
    #[serde(rename = "match", skip_serializing_if = "Matchers::is_default")]
    pub matchers: Matchers,
    /// What it gives, and by giving makes exclusive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<Item>,
}

/// One item of exclusive content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FamilySettings {
    /// The configuration, checked by the family's schema and by the family itself.
    #[serde(
        deserialize_with = "super::value::owned",
        skip_serializing_if = "Attributes::is_empty"
    )]
    pub config: Attributes<'static>,
    /// The floors that the tenant consents to, by permission.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub floors: Vec<Text>,
}

/// The people of a tenant.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// The users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Who acts for whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegations: Vec<Delegation>,
}

/// A user.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct User {
    /// Unique in the tenant.
    pub id: Text,
    /// The type of subject, one of the catalog's; a user where absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text>,
    /// Others of its kind that look like this one, and are somebody or something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The roles held, each by its name or within limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Assignment>,
    /// Policies attached to the user.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Text>,
    /// Grants to this user alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// The paths of the teams that the user is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Text>,
    /// Tags, for programs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
    /// Whether this is the account's owner: a property of the user, not a role.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub owner: bool,
    /// Whether the user takes part at all.
    #[serde(skip_serializing_if = "Status::is_default")]
    pub status: Status,
    /// Whether the invitation was accepted.
    #[serde(skip_serializing_if = "Invitation::is_default")]
    pub invitation: Invitation,
    /// Rights ticked and unticked for this user, against the ticks of the role.
    #[serde(skip_serializing_if = "Rights::is_default")]
    pub rights: Rights,
    /// Whose roles and rights these are a copy of. The copy is of that moment; later changes of
    /// the one do not reach the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_from: Option<CopiedFrom>,
    /// What else products and families know about the user.
    #[serde(
        deserialize_with = "super::value::owned",
        skip_serializing_if = "Attributes::is_empty"
    )]
    pub attributes: Attributes<'static>,
}

/// Whose rights a user was given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CopiedFrom {
    /// The user.
    pub user: String,
    /// When.
    pub at: Instant,
}

/// Whether a user takes part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Whether it says nothing, and need not be written down.
    #[must_use]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::Active
    }

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Invitation {
    /// Not yet.
    Pending,
    /// Yes, or there was none to accept.
    #[default]
    Accepted,
}

impl Invitation {
    /// Whether it says nothing, and need not be written down.
    #[must_use]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::Accepted
    }

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
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Rights {
    /// Ticked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Text>,
    /// Unticked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<Text>,
}

impl Rights {
    /// Whether it says nothing, and need not be written down.
    #[must_use]
    pub(crate) fn is_default(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// One user lets another act for them.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Delegation {
    /// Who delegates.
    pub from: Text,
    /// Who acts.
    pub to: Text,
    /// What is delegated.
    #[serde(alias = "grants", skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Text>,
    /// For which audiences, where a permission is limited to audiences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Text>,
    /// From this instant on; a date is where that day begins, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Before this instant; a date is where that day ends, in UTC.
    #[serde(deserialize_with = "super::instant_until", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Instant>,
}
