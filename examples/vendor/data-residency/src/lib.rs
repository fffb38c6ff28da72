//! The rules of data residency: a record is seen from the region that it is pinned to and from
//! those that the tenant allows, not before its embargo ends, and it moves only along the same
//! lines.
//!
//! Everything here protects, so what is not known denies: a caller says that a record has no
//! embargo or no region by sending null.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod manifest;
mod plan;
mod settings;

pub use manifest::{Demand, Duty, Inputs, Kind, Permission, Reason};

use alloc::vec::Vec;
use permesso_sdk::{Attribute, Diagnostic, Family, Plan, forbid_if};

/// The family `data-residency`.
#[derive(Debug)]
pub struct DataResidency;

permesso_sdk::export!(DataResidency);

/// A question to this family.
pub type Question<'q> = permesso_sdk::Question<'q, DataResidency>;
/// An answer of this family.
pub type Answer = permesso_sdk::Answer<DataResidency>;

/// Time alone does not change the answer any more.
const FOREVER: i64 = i64::MAX;

impl Family for DataResidency {
    type Permission = Permission;
    type Kind = Kind;
    type Inputs<'q> = Inputs<'q>;
    type Reason = Reason;
    type Obligation = Duty;
    type Require = Demand;

    const ID: &'static str = "data-residency";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Data residency: regions and embargoes";
    const CONFIG_SCHEMA: &'static str = include_str!("../config.schema.json");

    fn evaluate(question: &Question<'_>) -> Answer {
        let inputs = question.inputs();
        let decided = match question.permission() {
            Permission::View => view(inputs, question.kind()),
            Permission::Export => export(inputs, question.kind()),
            Permission::Move => relocate(inputs),
        };
        let until = match (&decided, inputs.embargo()) {
            (Err(Reason::Embargo), Attribute::Present(end)) => end,
            _ => FOREVER,
        };
        decided.unwrap_or_else(Answer::forbid).until(until)
    }

    fn plan(question: &permesso_sdk::PlanQuestion<'_, Self>) -> Option<Plan<Self>> {
        plan::plan(question)
    }

    fn validate(config: &str) -> Vec<Diagnostic> {
        settings::validate(config)
    }
}

/// From where a record is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// From its own region, or it has none, or it names nobody.
    Home,
    /// From another one that the tenant allows.
    Abroad,
}

/// Seen from abroad, a record shows nobody.
fn view(inputs: Inputs<'_>, kind: Option<Kind>) -> Result<Answer, Reason> {
    let from = seen_from(inputs, kind)?;
    under_no_embargo(inputs)?;
    Ok(match from {
        Seen::Home => Answer::abstain(),
        Seen::Abroad => Answer::abstain().oblige(Duty::MaskIdentifiers),
    })
}

/// An export from abroad takes the record out of its region, which is a right of its own.
fn export(inputs: Inputs<'_>, kind: Option<Kind>) -> Result<Answer, Reason> {
    let from = seen_from(inputs, kind)?;
    under_no_embargo(inputs)?;
    Ok(match from {
        Seen::Home => Answer::abstain(),
        Seen::Abroad => Answer::require(Demand::Transfer).oblige(Duty::LogTransfer),
    })
}

/// A record moves to where it may be seen from. An embargo does not hold it where it is.
fn relocate(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    // Whoever moves a record sees it, whatever kind it is.
    seen_from(inputs, None)?;
    let target = inputs.target().value().filter(|target| !target.is_empty());
    let Some(target) = target else { return Err(Reason::UnknownTarget) };
    match inputs.region().value() {
        // It stays, or it gets its first region.
        None => Ok(Answer::abstain()),
        Some(region) if region == target => Ok(Answer::abstain()),
        Some(region) => {
            forbid_if(!allows(inputs, region, target), Reason::TargetNotAllowed)?;
            Ok(Answer::abstain().oblige(Duty::LogTransfer))
        }
    }
}

fn seen_from(inputs: Inputs<'_>, kind: Option<Kind>) -> Result<Seen, Reason> {
    if kind == Some(Kind::Aggregate) {
        return Ok(Seen::Home);
    }
    let region = match inputs.region() {
        Attribute::Absent | Attribute::Present("") => return Err(Reason::UnknownRegion),
        Attribute::Null if inputs.unpinned_open().is(true) => return Ok(Seen::Home),
        Attribute::Null => return Err(Reason::Unpinned),
        Attribute::Present(region) => region,
    };
    if inputs.regions().texts().any(|mine| mine == region) {
        return Ok(Seen::Home);
    }
    let is_allowed = inputs.regions().texts().any(|mine| allows(inputs, region, mine));
    forbid_if(!is_allowed, Reason::OutsideRegion)?;
    Ok(Seen::Abroad)
}

/// Whether the tenant lets records of the one region be in the other. No region is called
/// nothing.
fn allows(inputs: Inputs<'_>, region: &str, other: &str) -> bool {
    let allowed = inputs.allowed().value().and_then(|allowed| allowed.get(region));
    !other.is_empty() && allowed.is_some_and(|allowed| allowed.contains(other))
}

/// An embargo ends on the dot.
fn under_no_embargo(inputs: Inputs<'_>) -> Result<(), Reason> {
    match (inputs.embargo(), inputs.now()) {
        (Attribute::Absent, _) => Err(Reason::UnknownEmbargo),
        (Attribute::Null, _) => Ok(()),
        (Attribute::Present(end), Attribute::Present(now)) if end <= now => Ok(()),
        (Attribute::Present(_), _) => Err(Reason::Embargo),
    }
}

#[cfg(test)]
mod tests;
