//! Edits, one after the other, and whether any of them did too much.

use crate::edits::{self, KINDS};
use crate::grid::{Square, grid, squares};
use crate::world::{CATALOG, USERS, tenant};
use permesso_engine::Authorizer;
use permesso_engine::family::FamilySet;
use permesso_node::bundle::{Bundle, ImportOptions, People, import};
use permesso_node::operation::{Accept, CreateTenant, PublishProduct};
use permesso_node::{Caller, ChangeError, Node, NodeConfig, Options, Settings};
use permesso_oracle::random::Random;
use permesso_store::{Location, Realm, open};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Edits that are tried in one world.
const EDITS: usize = 40;

/// How often edits of each kind were accepted and refused.
#[derive(Debug, Default, Clone)]
pub struct Tally {
    accepted: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
    reasons: BTreeMap<String, u64>,
}

impl Tally {
    /// How many were accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.values().sum()
    }

    /// The kinds of edits that were not both accepted and refused so often.
    #[must_use]
    pub fn rarer_than(&self, least: u64) -> Vec<&'static str> {
        let below = |of: &BTreeMap<&'static str, u64>, kind: &str| {
            of.get(kind).copied().unwrap_or(0) < least
        };
        let rare = |kind: &&'static str| below(&self.accepted, kind) || below(&self.refused, kind);
        KINDS.into_iter().filter(rare).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in KINDS {
            let count = |of: &BTreeMap<&'static str, u64>| of.get(kind).copied().unwrap_or(0);
            let (yes, no) = (count(&self.accepted), count(&self.refused));
            writeln!(f, "{yes:>10} accepted {no:>10} refused  {kind}")?;
        }
        writeln!(f, "refused because of:")?;
        self.reasons.iter().try_for_each(|(reason, count)| writeln!(f, "{count:>10}  {reason}"))
    }
}

/// An edit that did too much.
#[derive(Debug)]
pub struct Escalation {
    /// The seed of the world.
    pub seed: u64,
    /// The tenant and its people as they were made.
    pub world: String,
    /// What was edited, up to the edit that did too much.
    pub edits: Vec<String>,
    /// Who can do something, or no longer.
    pub user: String,
    /// What.
    pub square: Square,
    /// Whether it was given.
    pub gives: bool,
}

impl fmt::Display for Escalation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, world, edits, user, square, gives } = self;
        let what = if *gives { "can now do" } else { "can no longer do" };
        let last = edits.len().saturating_sub(4);
        writeln!(f, "seed {seed}: `{user}` {what} what the author could not: {square:?}")?;
        writeln!(f, "{world}")?;
        edits.iter().skip(last).try_for_each(|edit| writeln!(f, "{edit}"))
    }
}

/// Tries edits in random worlds until so many were accepted.
///
/// # Errors
///
/// The first that did too much.
///
/// # Panics
///
/// Where a world cannot be made, or a refused edit changed something.
pub async fn run(
    cases: u64,
    seed: u64,
    mut each: impl FnMut(u64),
) -> Result<Tally, Box<Escalation>> {
    let mut tally = Tally::default();
    for seed in seed.. {
        let before = tally.accepted();
        world(seed, &mut tally).await?;
        each(tally.accepted() - before);
        if tally.accepted() >= cases {
            break;
        }
    }
    Ok(tally)
}

async fn world(seed: u64, tally: &mut Tally) -> Result<(), Box<Escalation>> {
    let mut random = Random::new(seed);
    let (tenant, people) = tenant(&mut random);
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let location = Location::Sqlite(folder.path().join("permesso.db"));
    let node = node(&location).await;
    let realm = Realm::tenant("acme").unwrap_or_else(|error| panic!("{error}"));
    let given = Bundle::parse("tenant.yaml", tenant.to_string());
    let given = given.unwrap_or_else(|error| panic!("{error}\n{tenant}"));
    let given = Arc::new(given.with_people(People::yaml("people.yaml", people.to_string())));
    let operator = Caller::Operator("test".to_owned());
    let how = ImportOptions::default();
    let made = import(&node, &realm, &operator, &given, &how, &mut |_, _| {}).await;
    // Some worlds grant what can never be.
    if made.is_err() {
        return Ok(());
    }
    let author = Caller::User { id: "author".to_owned(), issuer: "test".to_owned() };
    let squares = squares();
    let mut users: Vec<String> = USERS.iter().map(|id| (*id).to_owned()).collect();
    let mut known = grid(&node, &users, &squares).await;
    let mut done = Vec::new();
    for number in 0..EDITS {
        let Some(edit) = edits::next(&mut random, &node, &realm, number).await else { continue };
        let head = head(&node, &realm).await;
        let tried = node.perform(&realm, &author, &*edit.operation, &Options::default()).await;
        done.push(format!("{} {}", edit.kind, edit.text));
        let made = match tried {
            Ok(made) => made,
            Err(error) => {
                *tally.refused.entry(edit.kind).or_default() += 1;
                *tally.reasons.entry(reason(&error)).or_default() += 1;
                assert_eq!(self::head(&node, &realm).await, head, "a refused edit was written");
                continue;
            }
        };
        *tally.accepted.entry(edit.kind).or_default() += 1;
        if let Some(id) = edit.invited {
            // Whoever is let in comes in.
            let token = made.answer["token"].as_str().unwrap_or_default().to_owned();
            let accept = Accept { user: id.clone(), token };
            let accepted =
                node.perform(&realm, &Caller::System, &accept, &Options::default()).await;
            assert!(accepted.is_ok(), "{accepted:?}");
            known.insert(id.clone(), vec![false; squares.len()]);
            users.push(id);
        }
        let now = grid(&node, &users, &squares).await;
        let authors = known.get("author").cloned().unwrap_or_default();
        for (user, is) in &now {
            let was = known.get(user).cloned().unwrap_or_default();
            let sides = squares.iter().zip(was.iter().zip(is)).zip(&authors);
            for ((square, (was, is)), authors) in sides {
                // Where a guard on the record closes, it is not compared.
                let guarded = *was && square.action == "deal.audit";
                if was != is && !authors && !guarded {
                    return Err(Box::new(Escalation {
                        seed,
                        world: format!("{tenant}\n{people}"),
                        edits: done,
                        user: user.clone(),
                        square: square.clone(),
                        gives: *is,
                    }));
                }
            }
        }
        known = now;
    }
    Ok(())
}

async fn node(location: &Location) -> Arc<Node> {
    let store = open(location).await.unwrap_or_else(|error| panic!("{error}"));
    let (authorizer, families) = (Arc::new(Authorizer::new(0)), Arc::new(FamilySet::new()));
    let node = Node::start(store, authorizer, families, NodeConfig::default()).await;
    let node = node.unwrap_or_else(|error| panic!("{error}"));
    let operator = Caller::Operator("test".to_owned());
    let publish = PublishProduct { text: CATALOG.to_owned() };
    let plain = Options::default();
    let published = node.perform(&Realm::platform(), &operator, &publish, &plain).await;
    published.unwrap_or_else(|error| panic!("{error}"));
    let realm = Realm::tenant("acme").unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings { product: "desk".to_owned(), ..Settings::default() };
    let create = CreateTenant { settings, owner: None };
    let created = node.perform(&realm, &operator, &create, &plain).await;
    created.unwrap_or_else(|error| panic!("{error}"));
    node
}

async fn head(node: &Node, realm: &Realm) -> u64 {
    node.store().head(realm).await.map_or(0, |head| head.revision)
}

fn reason(error: &ChangeError) -> String {
    match error {
        ChangeError::Denied { permission, reason, .. } => {
            format!("{reason}: {}", permission.split('.').next().unwrap_or_default())
        }
        ChangeError::Guarded { guard, .. } => format!("guarded: {guard}"),
        ChangeError::Invalid(_) => "invalid".to_owned(),
        error => format!("{error}").split_whitespace().take(2).collect::<Vec<_>>().join(" "),
    }
}
