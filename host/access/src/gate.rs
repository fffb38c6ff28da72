//! Who may ask about which tenant, and whether the answer would be new enough.
//!
//! A server of folders decides for whoever reaches it, on what it has read. One that follows a
//! store lets nobody ask without a credential, answers nobody about a tenant that the credential
//! is not good for, and refuses to answer where what it knows is too old: for itself, or for a
//! caller who demands a revision.

use super::problem::{Fault, Undecided};
use axum::http::{HeaderMap, HeaderName};
use permesso_auth::key::Verb;
use permesso_engine::Authorizer;
use permesso_engine::directory::{Needs, Pins};
use permesso_front::{Door, Principal, Problem};
use permesso_node::{Held, Node, Unserved};
use permesso_store::check_name;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The header in which a caller demands a revision: that of the write whose effect it relies on.
pub(super) static AT_LEAST: HeaderName = HeaderName::from_static("permesso-at-least");

/// What one call is held to, and what was read for it so far.
#[derive(Debug, Default)]
pub(super) struct CallGate {
    following: Option<(Arc<Door>, Principal)>,
    at_least: Option<u64>,
    /// The tenants that were asked about: as long as they are held they stay in memory.
    held: RefCell<HashMap<String, Held>>,
    /// The tenant of the store, where there is exactly one.
    only: Option<Option<String>>,
    pins: HashMap<String, Pins>,
    nothing: Pins,
}

/// Why a call has to wait, or has no answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// It has no answer.
    Problem(Problem),
    /// The tenant has to be loaded first.
    Unloaded(String),
    /// It has to be found out first which tenants there are.
    Unlisted,
    /// These have to be read first.
    Unread(String, Needs),
    /// A revision has to be there first.
    Behind(String, u64),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Undecided> for Stop {
    fn from(undecided: Undecided) -> Self {
        Self::Problem(undecided.into())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Problem(fault.into())
    }
}

impl CallGate {
    /// Lets a call in.
    pub(super) async fn enter(
        door: Option<&Arc<Door>>,
        headers: &HeaderMap,
        now: i64,
    ) -> Result<Self, Problem> {
        let at_least = at_least(headers)?;
        let following = match door {
            None => None,
            Some(door) => {
                let principal = door.authenticate(headers, now).await?;
                if !principal.has(Verb::Decide) {
                    return Err(Undecided::Verb.into());
                }
                door.is_current(&principal)?;
                Some((Arc::clone(door), principal))
            }
        };
        Ok(Self { following, at_least, ..Self::default() })
    }

    /// Whether the caller is told anything about a tenant.
    pub(super) fn shows(&self, tenant: &str) -> bool {
        self.following.as_ref().is_none_or(|(_, principal)| principal.is_good_for(tenant))
    }

    /// The tenant to ask where the caller names none: the only one that there is.
    pub(super) fn only(&self, authorizer: &Authorizer) -> Result<Option<String>, Stop> {
        let Some(node) = self.node() else {
            let only = authorizer.only_tenant();
            return Ok(only.map(|tenant| tenant.snapshot.tenant().to_owned()));
        };
        self.only.clone().or_else(|| node.only_tenant()).ok_or(Stop::Unlisted)
    }

    /// Holds on to a tenant, which has to be in memory.
    pub(super) fn hold(&self, tenant: &str) -> Result<(), Stop> {
        let Some(node) = self.node() else { return Ok(()) };
        // What is no name is for the engine to refuse.
        if self.held.borrow().contains_key(tenant) || check_name(tenant).is_err() {
            return Ok(());
        }
        let held = node.held(tenant).ok_or_else(|| Stop::Unloaded(tenant.to_owned()))?;
        self.held.borrow_mut().insert(tenant.to_owned(), held);
        Ok(())
    }

    /// Whether what is known of a tenant is new enough to answer.
    pub(super) fn is_current(&self, authorizer: &Authorizer, tenant: &str) -> Result<(), Stop> {
        self.hold(tenant)?;
        if let Some((node, held)) = self.node().zip(self.held.borrow().get(tenant)) {
            node.is_current(held).map_err(Problem::from)?;
        }
        let Some(wanted) = self.at_least else { return Ok(()) };
        let is = authorizer.tenant(tenant).map_or(0, |tenant| tenant.revision());
        if is >= wanted { Ok(()) } else { Err(Stop::Behind(tenant.to_owned(), wanted)) }
    }

    /// What was read about a tenant for this call.
    pub(super) fn pins(&self, tenant: &str) -> &Pins {
        self.pins.get(tenant).unwrap_or(&self.nothing)
    }

    /// Does what a call waits for.
    pub(super) async fn go_on(&mut self, stop: Stop) -> Result<(), Problem> {
        match stop {
            Stop::Problem(problem) => Err(problem),
            Stop::Unloaded(tenant) => {
                let Some(node) = self.node() else { return Err(Undecided::Unread.into()) };
                let held = node.hold(&tenant).await?;
                self.held.get_mut().insert(tenant, held);
                Ok(())
            }
            Stop::Unlisted => {
                let Some(node) = self.node() else { return Err(Undecided::Unread.into()) };
                let only = node.find_only_tenant().await.map_err(|error| {
                    tracing::warn!(%error, "the tenants cannot be listed");
                    Problem::from(Undecided::Unread)
                })?;
                self.only = Some(only);
                Ok(())
            }
            Stop::Unread(tenant, needs) => {
                let Some(node) = self.node() else { return Err(Undecided::Unread.into()) };
                let read = node.read_directory(&tenant, &needs).await?;
                self.pins.entry(tenant).or_default().join(read);
                Ok(())
            }
            Stop::Behind(tenant, wanted) => {
                let Some(node) = self.node() else {
                    let behind = Unserved::Behind { tenant, is: 0, wanted };
                    return Err(behind.into());
                };
                node.fresh(&tenant, Some(wanted)).await.map_err(Problem::from)
            }
        }
    }

    fn node(&self) -> Option<&Arc<Node>> {
        self.following.as_ref().map(|(door, _)| door.node())
    }
}

fn at_least(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut demanded = headers.get_all(&AT_LEAST).iter();
    let Some(first) = demanded.next() else { return Ok(None) };
    let revision = first.to_str().ok().and_then(|text| text.parse().ok());
    match (revision, demanded.next()) {
        (Some(revision), None) => Ok(Some(revision)),
        _ => Err(Undecided::AtLeast.into()),
    }
}
