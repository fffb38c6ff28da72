//! Who reads: decisions, and the users whom they turn on.

mod allowed;
pub(crate) mod inquiry;
pub(crate) mod replay;

use crate::error::{ChangeError, Unserved};
use crate::follow::followed::Followed;
use crate::follow::load::LoadFor;
use crate::kept;
use crate::node::Node;
use inquiry::Inquiry;
use permesso_engine::Asking;
use permesso_engine::decision::{Decision, Explanation, Request};
use permesso_engine::directory::{Loaded, Need, Needs, Pins, StoredUser, Usage};
use permesso_engine::model::{Delegation, User};
use permesso_store::feed::Facet;
use permesso_store::{DirectoryExcerpt, Object, Realm};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A question to the engine about a tenant, with what was read for it.
struct Asked<'n, F> {
    node: &'n Node,
    tenant: &'n str,
    question: F,
    pins: Pins,
}

impl<T: Send, F> Inquiry for Asked<'_, F>
where
    F: FnMut(Asking<'_>) -> Result<T, Needs> + Send,
{
    type Answer = T;
    type Lack = Needs;
    type Error = Unserved;

    fn ask(&mut self) -> Result<T, Needs> {
        (self.question)(self.node.authorizer().holding(&self.pins))
    }

    async fn bring(&mut self, needs: Needs) -> Result<(), Unserved> {
        let read = self.node.read_directory(self.tenant, &needs).await?;
        self.pins.join(read);
        Ok(())
    }

    fn endless(&self) -> Unserved {
        unread(self.tenant, "what it turns on keeps changing")
    }
}

impl Node {
    /// Decides one request.
    ///
    /// # Errors
    ///
    /// Where what it turns on cannot be read. Whether the tenant is [fresh](Self::fresh) enough
    /// is for the caller to ask first.
    pub async fn decide(&self, tenant: &str, request: &Request<'_>) -> Result<Decision, Unserved> {
        self.ask(tenant, |asking| asking.try_decide(tenant, request)).await
    }

    /// Decides one request, with everything that was looked at.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide).
    pub async fn explain(
        &self,
        tenant: &str,
        request: &Request<'_>,
    ) -> Result<Explanation, Unserved> {
        self.ask(tenant, |asking| asking.try_explain(tenant, request)).await
    }

    /// Decides several requests, in their order.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide).
    pub async fn decide_batch(
        &self,
        tenant: &str,
        requests: &[Request<'_>],
    ) -> Result<Vec<Decision>, Unserved> {
        let mut decisions: Vec<Option<Decision>> = vec![None; requests.len()];
        let mut open: Vec<usize> = (0..requests.len()).collect();
        self.ask(tenant, |asking| {
            let these: Vec<Request<'_>> =
                open.iter().filter_map(|place| requests.get(*place)).copied().collect();
            let batch = asking.try_decide_batch(tenant, &these);
            for (place, decision) in open.iter().zip(batch.decisions) {
                if let Some(slot) = decisions.get_mut(*place) {
                    *slot = decision;
                }
            }
            open.retain(|place| decisions.get(*place).is_some_and(Option::is_none));
            if open.is_empty() { Ok(()) } else { Err(batch.needs) }
        })
        .await?;
        Ok(decisions.into_iter().flatten().collect())
    }

    /// Asks, and reads what is needed, until there is an answer. The tenant is held meanwhile.
    pub(crate) async fn ask<T: Send>(
        &self,
        tenant: &str,
        question: impl FnMut(Asking<'_>) -> Result<T, Needs> + Send,
    ) -> Result<T, Unserved> {
        // What is no name is for the engine to refuse.
        let _held = match Realm::tenant(tenant) {
            Ok(realm) => Some(self.follow_realm(&realm, LoadFor::Decisions).await?),
            Err(_) => None,
        };
        inquiry::inquire(Asked { node: self, tenant, question, pins: Pins::default() }).await
    }

    /// Reads what decisions about a tenant turn on, and keeps it.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub async fn read_directory(&self, tenant: &str, needs: &Needs) -> Result<Pins, Unserved> {
        let realm = Realm::tenant(tenant).map_err(|error| unread(tenant, error))?;
        let one = self.follow_realm(&realm, LoadFor::Decisions).await?;
        let users: Vec<String> = needs.users().map(str::to_owned).collect();
        let roles: Vec<_> = needs.usages().map(|role| (Facet::Role, role.to_owned())).collect();
        let directory = self.store().directory(&one.realm, &users, &roles).await;
        let directory = directory.map_err(|error| unread(tenant, error))?;
        self.reach(&one, directory.revision).await.map_err(|error| unread(tenant, error))?;
        let compiled = self.authorizer().tenant(tenant);
        let compiled = compiled.ok_or_else(|| unread(tenant, "it is not served"))?;
        let as_of = directory.revision;
        let loaded = loaded(needs, directory).map_err(|error| unread(tenant, error))?;
        Ok(match compiled.subjects() {
            Some(subjects) => subjects.admit(&compiled, as_of, loaded).pins,
            None => Pins::default(),
        })
    }

    /// What was read may be newer than what is decided on: the policy of that revision comes
    /// first.
    async fn reach(&self, one: &Arc<Followed>, revision: u64) -> Result<(), ChangeError> {
        if *one.reached.borrow() < revision {
            self.catch_up(one).await?;
        }
        Ok(())
    }
}

fn unread(tenant: &str, why: impl ToString) -> Unserved {
    Unserved::Unread { tenant: tenant.to_owned(), why: why.to_string() }
}

/// What was read, as the engine takes it.
fn loaded(needs: &Needs, directory: DirectoryExcerpt) -> Result<Vec<Loaded>, serde_json::Error> {
    let mut delegations: BTreeMap<String, Vec<(Delegation, User)>> = BTreeMap::new();
    for delegated in directory.delegations {
        // Of somebody who is gone: they let nobody do anything.
        let Some(from) = delegated.from else { continue };
        let pair = (read(&delegated.delegation)?, read(&from)?);
        delegations.entry(delegated.to).or_default().push(pair);
    }
    needs
        .iter()
        .map(|need| {
            Ok(match need {
                Need::User(id) => match directory.users.get(id) {
                    Some(user) => Loaded::User(Box::new(StoredUser {
                        user: read(user)?,
                        delegations: delegations.remove(id).unwrap_or_default(),
                    })),
                    None => Loaded::Absent(id.clone()),
                },
                Need::Usage(role) => {
                    let key = (Facet::Role, role.clone());
                    let usage = directory.usage.get(&key).copied().unwrap_or_default();
                    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                    let usage = Usage {
                        taking_part: count(usage.taking_part),
                        listed: count(usage.listed),
                    };
                    Loaded::Usage { role: role.clone(), usage }
                }
            })
        })
        .collect()
}

fn read<T: DeserializeOwned>(object: &Object) -> Result<T, serde_json::Error> {
    kept::read(&object.body)
}
