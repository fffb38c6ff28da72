//! Random edits, each by the operation that its endpoint performs.

use crate::world::{ROLES, TAGS, TEAMS, USERS, grant, person, program, role};
use permesso_engine::model::{Status, User};
use permesso_node::operation::{Invite, Put, Remove, SetRoles, SetStatus, Undo, UpdateUser, body};
use permesso_node::{DocumentKind, Node, Operation};
use permesso_oracle::random::Random;
use permesso_store::Realm;
use serde_json::{Value as Json, json};

/// What is edited.
pub const KINDS: [&str; 13] = [
    "tags",
    "teams",
    "attributes",
    "rights",
    "grants",
    "assign",
    "invite",
    "status",
    "role",
    "policy",
    "program",
    "team",
    "undo",
];

/// A random edit: of which kind, what it does, and who is invited by it.
pub struct Attempt {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// What it does.
    pub operation: Box<dyn Operation>,
    /// Whoever is invited.
    pub invited: Option<String>,
    /// For a report.
    pub text: String,
}

/// A user as the store has them; none where there is none.
async fn stored(node: &Node, realm: &Realm, id: &str) -> Option<Json> {
    let object = node.store().object(realm, "user", id).await.ok()??;
    serde_json::from_str(object.body.get()).ok()
}

fn user(value: &Json) -> User {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

fn put(kind: DocumentKind, id: &str, value: &Json) -> Box<dyn Operation> {
    let body = body(kind, id, value).unwrap_or_else(|error| panic!("{error}"));
    Box::new(Put { kind, id: id.to_owned(), body, create: false })
}

/// The next edit.
///
/// # Panics
///
/// Where a document cannot be written.
pub async fn next(
    random: &mut Random,
    node: &Node,
    realm: &Realm,
    number: usize,
) -> Option<Attempt> {
    let kind = KINDS.get(random.below(KINDS.len())).copied()?;
    let whom = random.name(&USERS);
    let found = stored(node, realm, &whom).await;
    let with = |member: &str, value: Json| {
        let mut who = found.clone()?;
        who[member] = value;
        Some(who)
    };
    let mut invited = None;
    let (operation, text): (Box<dyn Operation>, Json) = match kind {
        "tags" | "teams" | "attributes" | "rights" | "grants" => {
            let value = match kind {
                "tags" => json!(random.some(40, &TAGS)),
                "teams" => json!(random.some(40, &TEAMS)),
                "attributes" => person(random, &whom)["attributes"].clone(),
                "rights" => json!({"remove": [random.name(&["deal.read", "deal.mute"])]}),
                _ => json!([grant(random)]),
            };
            let who = with(kind, value)?;
            (Box::new(UpdateUser { user: user(&who) }), who)
        }
        "assign" => {
            let mut roles = random.some(35, &ROLES);
            if whom == "author" {
                roles.push("editor");
            }
            let text = json!({"user": whom, "roles": roles});
            let roles = roles.into_iter().map(Into::into).collect();
            (Box::new(SetRoles { user: whom.clone(), roles }), text)
        }
        "invite" => {
            let id = format!("guest{number}");
            let who = person(random, &id);
            invited = Some(id);
            (Box::new(Invite { user: user(&who), same_as: None, days: 7 }), who)
        }
        "status" => {
            // Whoever is switched off edits nothing more.
            let whom = if whom == "author" { "u1".to_owned() } else { whom };
            let status = if random.chance(50) { Status::Inactive } else { Status::Active };
            let text = json!({"user": whom, "status": format!("{status:?}")});
            (Box::new(SetStatus { user: whom.clone(), status }), text)
        }
        "role" => {
            let id = random.name(&ROLES);
            let value = role(random, &id);
            (put(DocumentKind::Role, &id, &value), value)
        }
        "policy" => {
            let value = json!({"id": "pol", "grants": [grant(random)]});
            (put(DocumentKind::Policy, "pol", &value), value)
        }
        "program" => {
            let id = random.name(&["g0", "g1"]);
            if random.chance(25) {
                let gone = Remove { kind: DocumentKind::Program, id: id.clone() };
                (Box::new(gone), json!({"gone": id}))
            } else {
                let value = program(random, &id);
                (put(DocumentKind::Program, &id, &value), value)
            }
        }
        "team" => {
            let path = random.name(&TEAMS);
            let roles = random.some(30, &ROLES);
            let value = json!({"roles": roles});
            (put(DocumentKind::Team, &path, &value), value)
        }
        _ => {
            let head = node.store().head(realm).await.ok()?.revision;
            let back = u64::try_from(random.below(3)).unwrap_or(0);
            let revision = head.checked_sub(back).filter(|revision| *revision > 1)?;
            (Box::new(Undo { revision }), json!({"undo": revision}))
        }
    };
    Some(Attempt { kind, operation, invited, text: text.to_string() })
}
