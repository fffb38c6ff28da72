//! The rules of a CRM: private and shared records, redacted timelines, customizations that a
//! user has taken into the own hands, and acting for another account.
//!
//! The engine has already looked at grants with their scopes, at who is assigned or involved,
//! at exclusive access programs and the hierarchy of sub-teams. What is left are facts about
//! the record that no grant overrides: an administrator does not see a private contact either.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod customization;
mod delegation;
mod manifest;
mod records;
mod timeline;

pub use manifest::{Duty, Inputs, Kind, Permission, Reason, Require};

use alloc::vec::Vec;
use permesso_sdk::{Diagnostic, Family, config};

/// The family `crm-segments`.
#[derive(Debug)]
pub struct CrmSegments;

permesso_sdk::export!(CrmSegments);

/// A question to this family.
pub type Question<'q> = permesso_sdk::Question<'q, CrmSegments>;
/// An answer of this family.
pub type Answer = permesso_sdk::Answer<CrmSegments>;

impl Family for CrmSegments {
    type Permission = Permission;
    type Kind = Kind;
    type Inputs<'q> = Inputs<'q>;
    type Reason = Reason;
    type Obligation = Duty;
    type Require = Require;

    const ID: &'static str = "crm-segments";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "CRM: contacts, timelines, segments and delegation";
    const CONFIG_SCHEMA: &'static str = include_str!("../config.schema.json");

    fn evaluate(question: &Question<'_>) -> Answer {
        decide(question).unwrap_or_else(Answer::forbid)
    }

    fn validate(config: &str) -> Vec<Diagnostic> {
        config::check(config, |config| {
            config.boolean("strict-state");
        })
    }
}

fn decide(question: &Question<'_>) -> Result<Answer, Reason> {
    let inputs = question.inputs();
    match question.permission() {
        Permission::ViewContact | Permission::EditContact => records::reach(inputs)?,
        Permission::ViewPeers => return records::peers(inputs),
        Permission::ViewOccurrence => return timeline::occurrence(inputs),
        Permission::ViewBody => timeline::body(inputs)?,
        Permission::TakeUnassigned => records::take(inputs)?,
        Permission::Reassign => records::not_private(inputs)?,
        Permission::ViewExclusive | Permission::EditExclusiveLibrary => {
            records::content(question)?;
        }
        Permission::ReceiveTeamCustomization => customization::receive(inputs)?,
        Permission::ShareCustomization => customization::share(inputs)?,
        Permission::ViewTeamLibrary => return customization::template(inputs),
        Permission::SendOnBehalf | Permission::ExportContacts => delegation::on_behalf(question)?,

        // The own account, the own library, prerequisites and what a delegation gives are all
        // for the engine to see.
        Permission::CustomizeBusiness
        | Permission::CustomizeSteps
        | Permission::CustomizeKeepInTouch
        | Permission::CustomizeIndependent
        | Permission::CustomizeTeam
        | Permission::SaveTeamLibrary
        | Permission::ViewStaging
        | Permission::ViewMyLibrary
        | Permission::AccessAccount
        | Permission::ReadSubset
        | Permission::ReadEverything
        | Permission::AppointDelegate => {}
    }
    Ok(Answer::abstain())
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_sdk::testing::{ask, sweep, unused};

    #[test]
    fn the_right_itself_is_the_engines_to_decide() {
        for permission in [
            Permission::ViewContact,
            Permission::EditContact,
            Permission::ViewOccurrence,
            Permission::ViewBody,
            Permission::Reassign,
            Permission::CustomizeBusiness,
            Permission::CustomizeIndependent,
            Permission::ReceiveTeamCustomization,
            Permission::ShareCustomization,
            Permission::SaveTeamLibrary,
            Permission::ViewTeamLibrary,
            Permission::ViewExclusive,
            Permission::EditExclusiveLibrary,
            Permission::AccessAccount,
            Permission::ReadEverything,
        ] {
            assert_eq!(
                ask::<CrmSegments>(permission).answer(),
                Answer::abstain(),
                "{permission:?}"
            );
        }
    }

    #[test]
    fn knowing_less_about_who_it_concerns_opens_nothing() {
        let words = ["ann", "bob", "personal", "phone", "audience", "before_assignment"];
        sweep::<CrmSegments>(&words, 5_000, |question| {
            for path in [
                "subject.id",
                "resource.assigned_to",
                "resource.involved",
                "delegation.from",
                "delegation.audiences",
            ] {
                // That nobody is assigned is not knowing less.
                let is_null_known = question.permission() == Permission::TakeUnassigned;
                for less in [question.clone().without(path), question.clone().null(path)] {
                    assert!(
                        is_null_known || less.answer().forbids() || !question.answer().forbids(),
                        "{question:?} without {path}"
                    );
                }
            }
        });
    }

    #[test]
    fn nothing_is_declared_in_vain() {
        let words =
            ["ann", "bob", "personal", "phone", "clients", "before_assignment", "leaderboard"];
        assert_eq!(unused::<CrmSegments>(&words, 50_000), [""; 0]);
    }

    #[test]
    fn a_strict_team_allows_nothing_more() {
        let words = ["ann", "bob", "personal", "phone", "leaderboard"];
        sweep::<CrmSegments>(&words, 5_000, |question| {
            let strict = question.clone().with("config.strict-state", true).answer();
            let plain = question.clone().with("config.strict-state", false).answer();
            assert!(strict == plain || strict.forbids(), "{question:?}");
        });
    }

    #[test]
    fn a_configuration_is_a_switch_for_strictness() {
        assert_eq!(CrmSegments::validate(r#"{"strict-state": true}"#), []);
        assert_eq!(CrmSegments::validate(r#"{"strict-state": 1, "strict": true}"#).len(), 2);
    }
}
