//! What users and delegations have to be found by.
//!
//! The directory of a tenant may hold millions of users and is never read as a whole, so what is
//! asked about many of them at once (who holds a role, how many are in a team) is kept in tables
//! of its own, written in the transaction that writes the user.

use crate::realm::Realm;
use crate::record::{Body, DocumentEdit};
use permesso_names::folded;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The kind of documents that are users.
pub const USER: &str = "user";
/// The kind of documents that are delegations from user to user.
pub const DELEGATION: &str = "delegation";
/// The kind of the document that makes a realm a tenant.
pub const SETTINGS: &str = "settings";
/// The kind of the document that says which catalog a tenant is on.
pub const CATALOG: &str = "catalog";
/// The kind of documents that are keys. They are found by their id, whoever's they are.
pub const KEY: &str = "key";
/// The kind of documents that say how an invitation stands; the id is the user's.
pub const INVITATION: &str = "invitation";

/// Whether documents of this kind are read one by one.
#[must_use]
pub fn is_directory(kind: &str) -> bool {
    matches!(kind, USER | DELEGATION | INVITATION)
}

/// What users can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// A role that is held.
    Role,
    /// A policy that is attached.
    Policy,
    /// A team.
    Team,
    /// A tag.
    Tag,
    /// `pending`, `active`, `inactive` or `deleted`.
    Status,
    /// `true` for the account's owner.
    Owner,
    /// The id as it looks, where it looks like another one. Nobody is counted by it.
    Folded,
    /// A team for which a role is held.
    Within,
}

impl Facet {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Policy => "policy",
            Self::Team => "team",
            Self::Tag => "tag",
            Self::Status => "status",
            Self::Owner => "owner",
            Self::Folded => "folded",
            Self::Within => "within",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        use Facet::{Folded, Owner, Policy, Role, Status, Tag, Team, Within};
        let all = [Role, Policy, Team, Tag, Status, Owner, Folded, Within];
        all.into_iter().find(|facet| facet.name() == name)
    }
}

/// What a user's document says of them that they are found by. The rest is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    roles: Vec<Held>,
    policies: Vec<String>,
    teams: Vec<String>,
    tags: Vec<String>,
    owner: bool,
    status: Option<String>,
    invitation: Option<String>,
}

/// A role as it is held: by its name, or within limits.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Held {
    Name(String),
    Limited {
        role: String,
        #[serde(default)]
        teams: Vec<String>,
        #[serde(flatten)]
        others: BTreeMap<String, IgnoredAny>,
    },
}

impl Held {
    fn role(&self) -> &str {
        let (Self::Name(role) | Self::Limited { role, .. }) = self;
        role
    }

    /// Whether it can be relied on that the role is held, whatever is asked and whenever.
    fn lasts(&self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Limited { teams, others, .. } => teams.is_empty() && others.is_empty(),
        }
    }

    fn teams(&self) -> &[String] {
        match self {
            Self::Name(_) => &[],
            Self::Limited { teams, .. } => teams,
        }
    }
}

impl User {
    fn status(&self) -> &str {
        match (self.status.as_deref().unwrap_or("active"), self.invitation.as_deref()) {
            ("active", Some("pending")) => "pending",
            (status, _) => status,
        }
    }

    /// What the user is found by, each with whether the user takes part by it: who holds a role
    /// within limits is nobody to rely on. Whoever was deleted is found by that alone.
    fn facets(&self) -> BTreeMap<(Facet, &str), bool> {
        let status = self.status();
        let takes_part = status == "active";
        let mut facets = BTreeMap::from([((Facet::Status, status), takes_part)]);
        if status == "deleted" {
            return facets;
        }
        for held in &self.roles {
            *facets.entry((Facet::Role, held.role())).or_default() |= takes_part && held.lasts();
            let teams = held.teams().iter();
            facets.extend(teams.map(|team| ((Facet::Within, team.as_str()), takes_part)));
        }
        let lists =
            [(Facet::Policy, &self.policies), (Facet::Team, &self.teams), (Facet::Tag, &self.tags)];
        for (facet, values) in lists {
            facets.extend(values.iter().map(|value| ((facet, value.as_str()), takes_part)));
        }
        if self.owner {
            facets.insert((Facet::Owner, "true"), takes_part);
        }
        facets
    }
}

#[derive(Debug, Deserialize)]
struct Delegation {
    from: String,
    to: String,
}

/// Between whom a delegation is.
#[must_use]
pub fn delegation(body: &Body) -> Option<(String, String)> {
    body.read::<Delegation>().ok().map(|delegation| (delegation.from, delegation.to))
}

/// The roles that a user's document counts towards.
#[must_use]
pub fn roles(body: &Body) -> Vec<String> {
    let user: User = body.read().unwrap_or_default();
    let facets = user.facets();
    let roles = facets.keys().filter(|(facet, _)| *facet == Facet::Role);
    roles.map(|(_, role)| (*role).to_owned()).collect()
}

/// A facet that a user has, and whether the user takes part by it.
pub type Counted = ((Facet, String), bool);

/// What a user's document counts towards, and whether the user takes part by it.
///
/// # Errors
///
/// Where it is no user's.
pub fn counted(body: &Body) -> Result<Vec<Counted>, serde_json::Error> {
    let user: User = body.read()?;
    let facets = user.facets().into_iter();
    Ok(facets.map(|((facet, value), by)| ((facet, value.to_owned()), by)).collect())
}

/// What one record does to the tables, as rows of JSON that one statement each takes.
#[derive(Debug, Default)]
pub(crate) struct Fed {
    /// Documents that are written: kind, id, text.
    pub(crate) put: Vec<(String, String, String)>,
    /// Documents that go: kind, id.
    pub(crate) gone: Vec<(String, String)>,
    /// All of them.
    pub(crate) touched: Vec<(String, String)>,
    /// Users whose facets go before new ones come.
    pub(crate) unfaceted: Vec<String>,
    /// Facet, value, user.
    pub(crate) facets: Vec<(&'static str, String, String)>,
    /// Facet, value, listed, taking part: what is added to each.
    pub(crate) usage: Vec<(&'static str, String, i64, i64)>,
    /// Id, from, to.
    pub(crate) delegations: Vec<(String, String, String)>,
    /// Ids.
    pub(crate) undelegated: Vec<String>,
    /// Whether the realm becomes a tenant, or is one no longer.
    pub(crate) tenant: Option<bool>,
}

/// How a tenant's id looks, where that is otherwise than it is written. Tenants are found by it
/// among what is the platform's.
pub(crate) fn looks(realm: &Realm) -> Option<[(&'static str, String, String); 1]> {
    let id = realm.tenant_id()?;
    let looks = folded(id);
    (looks != id).then(|| [(Facet::Folded.name(), looks.into_owned(), id.to_owned())])
}

impl Fed {
    pub(crate) fn of(edits: &[DocumentEdit]) -> Result<Self, serde_json::Error> {
        let mut fed = Self::default();
        let mut usage: BTreeMap<(Facet, String), (i64, i64)> = BTreeMap::new();
        for edit in edits {
            let (kind, id) = (&edit.kind, &edit.id);
            fed.touched.push((kind.clone(), id.clone()));
            match &edit.after {
                Some(body) => fed.put.push((kind.clone(), id.clone(), body.get().to_owned())),
                None => fed.gone.push((kind.clone(), id.clone())),
            }
            match kind.as_str() {
                USER => {
                    for (body, sign) in [(&edit.before, -1), (&edit.after, 1)] {
                        let Some(body) = body else { continue };
                        let user: User = body.read()?;
                        for ((facet, value), takes_part) in user.facets() {
                            let count = usage.entry((facet, value.to_owned())).or_default();
                            count.0 += sign;
                            count.1 += sign * i64::from(takes_part);
                            if sign > 0 {
                                fed.facets.push((facet.name(), value.to_owned(), id.clone()));
                            }
                        }
                    }
                    if edit.before.is_some() {
                        fed.unfaceted.push(id.clone());
                    }
                    let folded = folded(id);
                    if edit.after.is_some() && folded != id.as_str() {
                        fed.facets.push((Facet::Folded.name(), folded.into_owned(), id.clone()));
                    }
                }
                DELEGATION => {
                    if edit.before.is_some() {
                        fed.undelegated.push(id.clone());
                    }
                    if let Some(after) = &edit.after {
                        let delegation: Delegation = after.read()?;
                        fed.delegations.push((id.clone(), delegation.from, delegation.to));
                    }
                }
                SETTINGS => match (&edit.before, &edit.after) {
                    (None, Some(_)) => fed.tenant = Some(true),
                    (Some(_), None) => fed.tenant = Some(false),
                    _ => {}
                },
                _ => {}
            }
        }
        let usage = usage.into_iter().filter(|(_, count)| *count != (0, 0));
        fed.usage = usage.map(|((f, value), (l, t))| (f.name(), value, l, t)).collect();
        Ok(fed)
    }
}

/// What the records of one transaction add to the counts of who has what. It is written when all
/// of them are: a row that is written a thousand times in one transaction has to be looked for
/// among a thousand old versions of itself.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<(&'static str, String), (i64, i64)>);

impl Sums {
    /// More are not kept in memory.
    const MOST: usize = 50_000;

    pub(crate) fn add(&mut self, usage: Vec<(&'static str, String, i64, i64)>) {
        for (facet, value, listed, taking_part) in usage {
            let count = self.0.entry((facet, value)).or_default();
            count.0 += listed;
            count.1 += taking_part;
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    pub(crate) fn take(&mut self) -> Vec<(&'static str, String, i64, i64)> {
        let counted = std::mem::take(&mut self.0).into_iter();
        let counted = counted.filter(|(_, count)| *count != (0, 0));
        counted.map(|((f, value), (l, t))| (f, value, l, t)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edit(before: Option<serde_json::Value>, after: Option<serde_json::Value>) -> DocumentEdit {
        let body = |value: Option<serde_json::Value>| value.map(|v| Body::of(&v).unwrap());
        DocumentEdit {
            kind: USER.to_owned(),
            id: "u".to_owned(),
            before: body(before),
            after: body(after),
        }
    }

    #[test]
    fn a_user_who_moves_counts_where_they_come_and_no_longer_where_they_were() {
        let was = json!({"id": "u", "roles": ["a", "b", "a"], "teams": ["t"]});
        let is = json!({"id": "u", "roles": ["b", "c"], "invitation": "pending"});
        let fed = Fed::of(&[edit(Some(was), Some(is))]).unwrap();
        let usage = |facet: &str, value: &str| {
            fed.usage.iter().find(|u| u.0 == facet && u.1 == value).map(|u| (u.2, u.3))
        };
        assert_eq!(usage("role", "a"), Some((-1, -1)));
        assert_eq!(usage("role", "b"), Some((0, -1)));
        assert_eq!(usage("role", "c"), Some((1, 0)));
        assert_eq!(usage("team", "t"), Some((-1, -1)));
        assert_eq!(usage("status", "active"), Some((-1, -1)));
        assert_eq!(usage("status", "pending"), Some((1, 0)));
        assert_eq!(fed.unfaceted, ["u"]);
    }

    #[test]
    fn who_holds_a_role_within_limits_is_found_by_it_and_not_relied_on() {
        let limited =
            json!({"role": "a", "teams": ["t"], "valid_until": "1970-01-01T00:00:00.005Z"});
        let is = json!({"id": "u", "roles": [limited, {"role": "b"}, "c", {"role": "c", "teams": ["t"]}]});
        let fed = Fed::of(&[edit(None, Some(is))]).unwrap();
        let usage = |facet: &str, value: &str| {
            fed.usage.iter().find(|u| u.0 == facet && u.1 == value).map(|u| (u.2, u.3))
        };
        assert_eq!(usage("role", "a"), Some((1, 0)));
        assert_eq!(usage("role", "b"), Some((1, 1)));
        assert_eq!(usage("role", "c"), Some((1, 1)));
        assert_eq!(usage("within", "t"), Some((1, 1)));
        assert_eq!(usage("team", "t"), None);
    }

    #[test]
    fn whoever_is_deleted_holds_nothing() {
        let was = json!({"id": "u", "roles": ["a"], "owner": true});
        let is = json!({"id": "u", "roles": ["a"], "owner": true, "status": "deleted"});
        let fed = Fed::of(&[edit(Some(was), Some(is))]).unwrap();
        assert_eq!(fed.facets.len(), 1);
        assert!(fed.usage.contains(&("role", "a".to_owned(), -1, -1)));
        assert!(fed.usage.contains(&("owner", "true".to_owned(), -1, -1)));
    }
}
