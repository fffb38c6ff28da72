//! The operations of the administration, and what is known of what they edit.
//!
//! A catalog says of an operation which of the product's permissions it is asked as. What can be
//! said there is closed: these operations, and of each these facts. Who edits tenants finds the
//! facts out; here they are only named, so that a catalog is checked when it is loaded.

use crate::model::{Administering, Asked, AttributeType};

/// An operation of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationRule {
    /// Its name: the permission without `permesso.`, or a finer one.
    pub name: &'static str,
    /// The coarser operation as which it is asked where the catalog does not name it.
    pub part_of: Option<&'static str>,
    /// What it edits.
    pub about: About,
}

/// What an operation is about, which settles what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A role.
    Role,
    /// A user.
    User,
    /// A document that has an id and, perhaps, a label: a policy, a program, a team, a key.
    Document,
    /// A delegation from one user to another.
    Delegation,
    /// The tenant.
    Tenant,
}

/// Something that is known of what is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeType,
    /// What it says.
    pub meaning: &'static str,
}

const fn whole(name: &'static str, about: About) -> OperationRule {
    OperationRule { name, part_of: None, about }
}

const fn part(name: &'static str, of: &'static str, about: About) -> OperationRule {
    OperationRule { name, part_of: Some(of), about }
}

/// Every operation that a catalog can map.
pub const OPERATIONS: &[OperationRule] = &[
    whole("roles.create", About::Role),
    part("roles.duplicate", "roles.create", About::Role),
    whole("roles.edit", About::Role),
    part("roles.edit_standard", "roles.edit", About::Role),
    whole("roles.delete", About::Role),
    whole("policies.edit", About::Document),
    part("policies.create", "policies.edit", About::Document),
    part("policies.delete", "policies.edit", About::Document),
    whole("programs.edit", About::Document),
    part("programs.create", "programs.edit", About::Document),
    part("programs.delete", "programs.edit", About::Document),
    whole("sharing.edit", About::Document),
    part("sharing.lock", "sharing.edit", About::Document),
    whole("families.edit", About::Document),
    whole("teams.edit", About::Document),
    part("teams.create", "teams.edit", About::Document),
    part("teams.delete", "teams.edit", About::Document),
    whole("users.read", About::Tenant),
    whole("users.invite", About::User),
    part("users.invite_same_as", "users.invite", About::User),
    part("users.resend", "users.invite", About::User),
    whole("users.edit", About::User),
    part("teams.members", "users.edit", About::User),
    whole("users.assign", About::User),
    part("users.remove_keeper", "users.assign", About::User),
    whole("users.deactivate", About::User),
    whole("users.delete", About::User),
    whole("delegations.edit", About::Delegation),
    whole("keys.read", About::Tenant),
    whole("keys.edit", About::Document),
    whole("policy.read", About::Tenant),
    whole("audit.read", About::Tenant),
    whole("history.restore", About::Tenant),
    whole("tenant.edit", About::Tenant),
];

const fn fact(name: &'static str, kind: AttributeType, meaning: &'static str) -> Fact {
    Fact { name, kind, meaning }
}

const ID: Fact = fact("id", AttributeType::Text, "the id of what is edited");
const LABEL: Fact = fact(
    "label",
    AttributeType::Text,
    "what people call it, where it has a label, a name or a title",
);

const OF_ROLES: &[Fact] = &[
    ID,
    LABEL,
    fact("standard", AttributeType::Boolean, "whether it comes with the product"),
    fact("editable", AttributeType::Boolean, "whether it may be edited"),
    fact("deletable", AttributeType::Boolean, "whether it may be deleted"),
    fact("holders", AttributeType::Integer, "how many hold it, and are not moved to another one"),
];

const OF_USERS: &[Fact] = &[
    ID,
    fact("name", AttributeType::Text, "the user's name"),
    fact("role", AttributeType::Text, "the role held before; of several each is asked about"),
    fact("roles", AttributeType::Texts, "the roles held before"),
    fact("new_role", AttributeType::Text, "the role held after; of several each is asked about"),
    fact("new_roles", AttributeType::Texts, "the roles held after"),
    fact("changed_roles", AttributeType::Texts, "the roles that are given or taken away"),
    fact(
        "removed_role",
        AttributeType::Text,
        "the role that is taken away; of several each is asked about",
    ),
    fact(
        "peers",
        AttributeType::Integer,
        "how many take part and hold the role that is asked about, the user among them; of who \
         holds none, how many take part at all",
    ),
    fact("owner", AttributeType::Boolean, "whether the account is theirs"),
    fact("status", AttributeType::Text, "active, inactive or deleted"),
    fact("invitation", AttributeType::Text, "pending or accepted"),
    fact("teams", AttributeType::Texts, "the teams that they are in"),
    fact("new_teams", AttributeType::Texts, "the teams that they are to be in"),
];

const OF_DELEGATIONS: &[Fact] = &[
    ID,
    fact("from", AttributeType::Text, "who lets somebody act for them"),
    fact("to", AttributeType::Text, "who is let"),
    fact("parties", AttributeType::Texts, "both of them"),
];

/// What is known of what an operation edits.
#[must_use]
pub const fn facts(about: About) -> &'static [Fact] {
    match about {
        About::Role => OF_ROLES,
        About::User => OF_USERS,
        About::Document => &[ID, LABEL],
        About::Delegation => OF_DELEGATIONS,
        About::Tenant => &[ID],
    }
}

/// An operation by its name.
#[must_use]
pub fn operation(name: &str) -> Option<&'static OperationRule> {
    OPERATIONS.iter().find(|rule| rule.name == name)
}

/// The operations that are asked as this one where the catalog does not name them.
pub fn finer(name: &str) -> impl Iterator<Item = &'static str> {
    let of = OPERATIONS.iter().filter(move |rule| rule.part_of == Some(name));
    of.map(|rule| rule.name)
}

/// How an operation is asked: as the catalog says of it, or of the coarser one that it is a part
/// of. Nothing where it says neither.
#[must_use]
pub fn asked<'c>(administration: &'c Administering, name: &str) -> Option<&'c Asked> {
    administration.get(name).or_else(|| administration.get(operation(name)?.part_of?))
}
