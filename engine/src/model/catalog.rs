//! Product catalogs: what a product's vendor writes and versions.
//!
//! A catalog names the permissions of a product and says everything about them that does not
//! depend on a tenant: how far they can reach, what counts as own, what they require, which
//! plan they need, which family knows more about them.

use super::{
    Access, Action, Administering, AttributeDeclarations, Baseline, ConditionTest, KindAttributes,
    Kinds, Permission, Position, Predicate, Role, SharingCatalog, SubjectType, Text,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The catalog of one product.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The product's id.
    pub product: Text,
    /// The catalog's semantic version.
    pub version: Text,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// How resources and subjects lie in teams.
    #[serde(default)]
    pub teams: TeamRules,
    /// The attributes of resources that can name users.
    #[serde(default)]
    pub relations: Vec<Text>,
    /// The relations that count as own where a permission names none itself.
    #[serde(default)]
    pub own_means: Vec<Text>,
    /// The attributes that conditions may read, with their types. Those of resources are of every
    /// kind.
    #[serde(default)]
    pub attributes: AttributeDeclarations,
    /// The types of subjects besides `user`, which is always there.
    #[serde(default)]
    pub subject_types: BTreeMap<String, SubjectType>,
    /// The kinds of resources. In a catalog that binds its permissions to kinds there are no
    /// others.
    #[serde(default)]
    pub resource_kinds: BTreeMap<String, ResourceKind>,
    /// What users share with one another.
    #[serde(default)]
    pub sharing: SharingCatalog,
    /// The permissions, by category.
    pub categories: Vec<Category>,
    /// What has to hold before some permissions are considered at all.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// The plans and what each is entitled to.
    #[serde(default)]
    pub plans: BTreeMap<String, Plan>,
    /// The roles that every tenant of the product has.
    #[serde(default)]
    pub standard_roles: Vec<Role>,
    /// Those of them that every user of a tenant holds.
    #[serde(default)]
    pub baseline: Baseline,
    /// The operations of a tenant's administration that are asked as permissions of the product's
    /// own, with its guards, plans and reach. What is not named here is asked as `permesso.*`. The
    /// names are those of [`OPERATIONS`](crate::administration::OPERATIONS).
    #[serde(default)]
    pub administration: Administering,
}

/// How resources lie in teams.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TeamRules {
    /// The attribute of a resource that holds the path of its team, or a list of paths: of several
    /// teams any one counts. Anything else is no team: it grants nothing, and what restricts binds.
    pub attribute: String,
    /// What a resource that names no team belongs to.
    pub unassigned: Unassigned,
}

impl Default for TeamRules {
    fn default() -> Self {
        Self { attribute: "team".to_owned(), unassigned: Unassigned::Nobody }
    }
}

/// Whose a resource without a team is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unassigned {
    /// No team's: only grants that are not limited to teams reach it.
    #[default]
    Nobody,
    /// Everybody's: the tenant is one team unless a resource says otherwise.
    Everybody,
}

/// What the engine knows about a kind of resource.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ResourceKind {
    /// For people.
    pub label: String,
    /// How an exclusive access program can give it. Empty: no program can name it.
    pub exclusive: Vec<Access>,
    /// What it is a part of: a part is not shown without its whole.
    pub part_of: Vec<PartOf>,
    /// Whose one is that names no team, in place of what is said of all kinds: a machine lies in
    /// none by its nature, a ticket may not have been assigned yet.
    pub unassigned: Option<Unassigned>,
    /// Its attributes, besides those that every kind has: relations, the team, what its sharing
    /// reads, and `resource.` attributes of the catalog.
    pub attributes: KindAttributes,
}

/// The whole that a resource is a part of.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartOf {
    /// The kind of the whole.
    pub kind: Text,
    /// How its id is found.
    pub by: PartBy,
}

/// How the id of the whole is found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartBy {
    /// Both have the same id.
    Id,
    /// The part's id is a path; the whole is what stands before the last `/`.
    Path,
    /// An attribute of the part holds it.
    Attribute(String),
}

/// A named group of permissions, as editors of roles show them.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Unique in the catalog.
    pub id: Text,
    /// For people.
    #[serde(default)]
    pub label: String,
    /// The family that governs its permissions, unless one says otherwise.
    #[serde(default)]
    pub family: Option<Text>,
    /// The kinds of resources that its permissions are about, unless one says otherwise.
    #[serde(default)]
    pub kinds: Option<Kinds>,
    /// The permissions.
    #[serde(default)]
    pub permissions: Vec<Permission>,
    /// A table: every one of these actions on every one of `kinds`, which have to be listed, is a
    /// permission as well, called `<kind>.<action>`. A compiled catalog has them among the
    /// permissions, and nothing here.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// The permissions that the table leaves out, by name or by pattern.
    #[serde(default)]
    pub except: Vec<Text>,
    /// Guards that belong here. Their `on` may name actions of the table, which are meant on all
    /// of its kinds. A compiled catalog has them among its guards.
    #[serde(default)]
    pub guards: Vec<Guard>,
}

/// What has to hold before some permissions are considered at all, whatever was granted.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Unique in the catalog.
    pub id: Text,
    /// The permissions that it guards, by name or by pattern.
    #[serde(deserialize_with = "super::some")]
    pub on: Vec<Text>,
    /// What has to hold of the attributes.
    #[serde(default)]
    pub require: Option<Predicate>,
    /// A condition that has to hold (see [`crate::condition`]). Where it cannot be known it does
    /// not.
    #[serde(default)]
    pub condition: Option<Text>,
    /// What the condition has to say of these cases.
    #[serde(default)]
    pub cases: Vec<ConditionTest>,
    /// What has to hold of the tenant's roles and of those who hold them.
    #[serde(default)]
    pub check: Option<RoleCheck>,
    /// One sentence for the person who was denied.
    pub message: String,
    /// The document or page that it comes from.
    #[serde(default)]
    pub source: String,
}

/// A check on a role, or on a holder of one, that the resource names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoleCheck {
    /// The role whose id is the resource's may be edited. Without an id it could be any role,
    /// so it may not.
    Editable,
    /// The same, but a question that names no role is about the right itself and passes.
    EditableIfNamed,
    /// The role whose id is the resource's may be deleted. Without an id it may not.
    Deletable,
    /// Every role that one of these attributes of the resource names grants no more than the
    /// subject holds: nobody hands out more than they have. Where the kind has such attributes
    /// and a question sends none of them it could be any role, so none may grant more.
    Covered(Vec<String>),
    /// Nobody holds the role whose id is the resource's, pending invitations included. Without
    /// an id somebody might.
    Unused,
    /// Without the user whose id is the resource's, somebody who takes part still holds this
    /// role. A user who does not hold it can go. Without an id it could be the last one.
    KeepsHolder(Text),
}

/// A plan.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// What it includes.
    pub entitlements: Vec<Text>,
    /// What can be bought on top of it.
    pub addons: Vec<Text>,
    /// For people.
    pub note: String,
}

impl Catalog {
    /// Every permission with its category.
    pub fn permissions(&self) -> impl Iterator<Item = (&Category, &Permission)> {
        self.categories
            .iter()
            .flat_map(|category| category.permissions.iter().map(move |p| (category, p)))
    }

    /// Whether permissions are bound to kinds: a question has to be what the catalog says then.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let table = |category: &Category| !category.actions.is_empty() && category.kinds.is_some();
        self.categories.iter().any(table)
            || self.permissions().any(|(category, permission)| {
                permission.kinds.is_some() || category.kinds.is_some()
            })
    }

    /// Where the catalog begins, for faults that concern all of it.
    #[must_use]
    pub fn at(&self) -> Position {
        self.product.at()
    }
}
