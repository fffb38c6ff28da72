//! Permissions: what a catalog says of each of them.

use super::{Access, Kinds, Predicate, Scope, Shows, Text};
use serde::Deserialize;

/// One permission.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Permission {
    /// Unique in the catalog.
    pub id: Text,
    /// For people.
    pub label: String,
    /// One sentence for people.
    pub meaning: String,
    /// The document or page that it comes from.
    pub source: String,
    /// The kinds of resources that it is about; those of the category where absent. As soon as
    /// one permission of a catalog says so, each has to.
    pub kinds: Option<Kinds>,
    /// Attributes of the resource that a question about it has to say, of every kind that declares
    /// them. What closes a permission is best sent always: left out it could be anything.
    pub required: Vec<Text>,
    /// The widest scope at which it can be held: a wider grant is cut to it.
    pub reach: Option<Scope>,
    /// The relations that count as own; those of the catalog where it is left out.
    #[serde(deserialize_with = "super::some")]
    pub own_means: Vec<Text>,
    /// The scope at which every active member of a tenant holds it without any grant.
    pub baseline: Option<Scope>,
    /// Permissions that have to be held on the same resource as well. Here and wherever a catalog
    /// lists permissions a name may be a pattern: `invoice.*`, `*.view`. It means all that it
    /// matches but the permission itself, and nothing of the administration by its action.
    pub requires: Vec<Text>,
    /// Permissions that come along with a grant of this one, by a role, a policy, to the user or
    /// by a tick. What is held by a baseline, by owning the account or by a delegation brings
    /// nothing along.
    pub implies: Vec<Implied>,
    /// What the tenant's plan or an add-on has to include.
    pub entitlement: Option<Text>,
    /// Only the account's owner holds it, and holds it by being the owner.
    pub owner_only: bool,
    /// May be used before the invitation is accepted.
    pub while_pending: bool,
    /// Who can hand it out.
    pub granted_by: GrantedBy,
    /// Whether one who holds it can let another user do it in their place.
    pub delegable: bool,
    /// Whether a grant of `*` includes it. A right that costs another one is given by name.
    pub wildcard: Option<bool>,
    /// What the exclusive access gate is asked for.
    pub exclusive: Option<Access>,
    /// The content that it shows: how much of it is settled by sharing.
    pub content: Option<Shows>,
    /// The family that governs it, in place of the category's; `none` for no family.
    pub family: Option<Text>,
    /// Set on a toggle that takes something away. It is held like any other permission but
    /// never grants anything.
    pub constraint: Option<Constraint>,
}

/// A permission that comes along with another.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Implied {
    /// What comes along. A pattern means what a grant of it gives.
    pub permission: Text,
    /// At which scope; that of the grant where absent.
    #[serde(default)]
    pub scope: Option<Scope>,
}

/// Who can hand a permission out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrantedBy {
    /// Roles and policies.
    #[default]
    Roles,
    /// A delegation from user to user, and nothing else.
    Delegation,
    /// Nobody: the product does not support it, or it is nobody's to give.
    Nobody,
}

/// What a restricting toggle does to those who hold it.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Constraint {
    /// The permissions that it takes away.
    #[serde(deserialize_with = "super::some")]
    pub forbids: Vec<Text>,
    /// What it obliges callers to do instead.
    #[serde(deserialize_with = "super::some")]
    pub obliges: Vec<Oblige>,
    /// Where it does not bind. Unknown attributes leave it binding.
    pub unless: Option<Predicate>,
}

/// An obligation on some permissions.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Oblige {
    /// On which permissions.
    #[serde(deserialize_with = "super::some")]
    pub on: Vec<Text>,
    /// Machine-readable, in kebab case: `redact`.
    pub code: String,
    /// What it applies to.
    #[serde(default)]
    pub values: Vec<String>,
}
