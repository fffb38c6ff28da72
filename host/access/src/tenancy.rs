//! Whose request is it?
//!
//! One server may serve many tenants. The path says which (`/{tenant}/access/v1/…`); on the bare
//! path it is the text `context.tenant`, and where that is absent the only tenant that is
//! served. A `context.tenant` beside a path that says otherwise is a mistake of the caller at
//! best, and is denied. Nobody is told by a status code which tenants exist.

use super::gate::{CallGate, Stop};
use super::question::Question;
use permesso_engine::Authorizer;
use permesso_engine::decision::{Decision, Reason};
use permesso_engine::model::Value;
use std::borrow::Cow;
use std::cell::OnceCell;

/// The tenants as one call sees them.
pub(super) struct Tenancy<'a> {
    authorizer: &'a Authorizer,
    prefix: Option<Cow<'a, str>>,
    only: OnceCell<Option<String>>,
}

/// What follows from the tenant, before the engine is asked.
pub(super) enum Placed<'q> {
    /// The engine is to be asked, in that tenant.
    Ask(&'q str),
    /// It is settled.
    Settled(Decision),
    /// It is settled: path and context name different tenants.
    Contradiction,
}

impl<'a> Tenancy<'a> {
    /// Of a call to a path with that prefix.
    pub(super) fn new(authorizer: &'a Authorizer, prefix: Option<Cow<'a, str>>) -> Self {
        Self { authorizer, prefix, only: OnceCell::new() }
    }

    /// Finds the tenant of a request.
    ///
    /// # Errors
    ///
    /// What has to be known first.
    pub(super) fn place<'q>(
        &'q self,
        question: &Question<'q>,
        gate: &CallGate,
    ) -> Result<Placed<'q>, Stop> {
        let named = match question.request.context.get("tenant") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_str()),
        };
        let tenant = match (self.prefix.as_deref(), named) {
            (Some(prefix), None) => Some(prefix),
            (Some(prefix), Some(named)) if named == Some(prefix) => Some(prefix),
            (Some(_), Some(_)) => return Ok(Placed::Contradiction),
            (None, Some(named)) => named,
            (None, None) => self.only(gate)?,
        };
        // Of a tenant that the caller has no business with, the answer is the same as of none.
        let Some(tenant) = tenant.filter(|tenant| gate.shows(tenant)) else {
            return Ok(Placed::Settled(Decision::deny(Reason::UnknownTenant, 0)));
        };
        Ok(Placed::Ask(tenant))
    }

    fn only(&self, gate: &CallGate) -> Result<Option<&str>, Stop> {
        if self.only.get().is_none() {
            let only = gate.only(self.authorizer)?;
            let _ = self.only.set(only);
        }
        Ok(self.only.get().and_then(Option::as_deref))
    }
}
