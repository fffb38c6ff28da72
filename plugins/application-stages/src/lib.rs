//! The rules of client applications that pass through stages: what a state allows, what a final
//! stage entails, and how far external members and stakeholders reach.
//!
//! Whose application it is, the rights that were ticked, and what teammates may do are grants
//! and relations, which the engine knows.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod applications;
mod items;
mod manifest;
mod members;
mod stages;

pub use manifest::{Inputs, Permission, Reason, Require};

use alloc::vec::Vec;
use permesso_sdk::{Diagnostic, Family, Nothing, config, forbid_if};

/// The family `application-stages`.
#[derive(Debug)]
pub struct ApplicationStages;

permesso_sdk::export!(ApplicationStages);

/// A question to this family.
pub type Question<'q> = permesso_sdk::Question<'q, ApplicationStages>;
/// An answer of this family.
pub type Answer = permesso_sdk::Answer<ApplicationStages>;

impl Family for ApplicationStages {
    type Permission = Permission;
    type Kind = Nothing;
    type Inputs<'q> = Inputs<'q>;
    type Reason = Reason;
    type Obligation = Nothing;
    type Require = Require;

    const ID: &'static str = "application-stages";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Applications: stages, items, stakeholders and external members";
    const CONFIG_SCHEMA: &'static str = include_str!("../config.schema.json");

    fn evaluate(question: &Question<'_>) -> Answer {
        decide(question).unwrap_or_else(Answer::forbid)
    }

    fn validate(config: &str) -> Vec<Diagnostic> {
        config::check(config, |config| {
            let role = config.text("external-role");
            if role.is_some_and(|role| role.trim_ascii().is_empty()) {
                config.fault("external-role", "name the role of external members, or leave it out");
            }
            config.boolean("strict-state");
            config.boolean("strict-reset");
        })
    }
}

fn decide(question: &Question<'_>) -> Result<Answer, Reason> {
    let inputs = question.inputs();
    let permission = question.permission();
    let is_outside = permission.is_processing_right() && members::is_external(inputs);
    forbid_if(is_outside, Reason::NotForExternalMembers)?;
    match permission {
        Permission::ProgressApplication => return applications::progress(inputs),
        Permission::PauseApplication => applications::not_closed(inputs)?,
        Permission::ResetItem => return items::reset(inputs),
        Permission::ApproveItem => items::approve(inputs)?,
        Permission::OwnApplication => members::own(inputs)?,
        Permission::ExternalUpload | Permission::ExternalFillForms => {
            members::act_for_stakeholder(inputs)?;
        }
        Permission::ExternalAdvance => members::advance(inputs)?,
        Permission::ExternalCreate => members::create(inputs)?,
        Permission::ConfigureStage => stages::configure(inputs)?,
        Permission::ViewStage => stages::view(inputs)?,
        Permission::ViewStakeholderFiles => stages::view_files(inputs)?,

        // A right like any other: ticked or not, and on which applications.
        _ => {}
    }
    Ok(Answer::abstain())
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_sdk::testing::{ask, sweep, unused};
    use permesso_sdk::{Listed, Name};

    #[test]
    fn the_right_itself_is_the_engines_to_decide() {
        for &permission in Permission::ALL {
            let answer = ask::<ApplicationStages>(permission)
                .with("subject.id", "ann")
                .with("subject.roles", "agent")
                .with("resource.owner", "bob")
                .answer();
            assert_eq!(answer, Answer::abstain(), "{permission:?}");
        }
    }

    #[test]
    fn there_are_33_processing_rights() {
        let rights = Permission::ALL.iter().filter(|permission| permission.is_processing_right());
        assert_eq!(rights.count(), 19 + 14);
        assert!(Permission::ReorderItems.is_processing_right());
        assert_eq!(Permission::ALL.len(), 19 + 14 + 11);
        assert!(Permission::ALL.iter().all(|permission| !permission.name().is_empty()));
    }

    #[test]
    fn knowing_less_about_the_subject_opens_nothing() {
        let words = ["ann", "bob", "agent", "external_member", "primary", "all", "closed", "final"];
        sweep::<ApplicationStages>(&words, 5_000, |question| {
            for path in ["subject.id", "subject.authorized_processes", "resource.uploaded_by"] {
                for less in [question.clone().without(path), question.clone().null(path)] {
                    assert!(
                        less.answer().forbids() || !question.answer().forbids(),
                        "{question:?} without {path}"
                    );
                }
            }
        });
    }

    #[test]
    fn nothing_is_declared_in_vain() {
        let words =
            ["ann", "agent", "external_member", "primary", "all", "closed", "pending", "cancel"];
        assert_eq!(unused::<ApplicationStages>(&words, 50_000), [""; 0]);
    }

    #[test]
    fn a_strict_team_allows_nothing_more() {
        let words = ["ann", "agent", "external_member", "primary", "pending", "signed", "final"];
        sweep::<ApplicationStages>(&words, 5_000, |question| {
            for switch in ["config.strict-state", "config.strict-reset"] {
                let strict = question.clone().with(switch, true).answer();
                let plain = question.clone().with(switch, false).answer();
                let narrower = strict.forbids() || plain == Answer::abstain();
                assert!(strict == plain || narrower, "{question:?}");
            }
        });
    }

    #[test]
    fn a_configuration_names_a_role_and_sets_switches() {
        let config = r#"{"external-role": "guest", "strict-state": true, "strict-reset": false}"#;
        assert_eq!(ApplicationStages::validate(config), []);
        let found = ApplicationStages::validate(r#"{"external-role": " ", "strict-reset": "x"}"#);
        let pointers: Vec<&str> = found.iter().map(|found| found.pointer.as_str()).collect();
        assert_eq!(pointers, ["/external-role", "/strict-reset"]);
    }
}
