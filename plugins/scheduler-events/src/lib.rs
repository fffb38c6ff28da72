//! The rules of a scheduler: who can be booked as a host, what a calendar adds to it, when a
//! call can still be moved, and that every user sees every lead.
//!
//! Hosting does not depend on roles, and owning an event (its creator manages it, its hosts see
//! it) is a matter of relations that the engine knows. What is left is the state of hosts,
//! candidates and calls.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod calls;
mod hosts;
mod manifest;

pub use manifest::{Duty, Inputs, Permission, Reason};

use alloc::vec::Vec;
use permesso_sdk::{Diagnostic, Family, Nothing, config};

/// The family `scheduler-events`.
#[derive(Debug)]
pub struct SchedulerEvents;

permesso_sdk::export!(SchedulerEvents);

/// A question to this family.
pub type Question<'q> = permesso_sdk::Question<'q, SchedulerEvents>;
/// An answer of this family.
pub type Answer = permesso_sdk::Answer<SchedulerEvents>;

impl Family for SchedulerEvents {
    type Permission = Permission;
    type Kind = Nothing;
    type Inputs<'q> = Inputs<'q>;
    type Reason = Reason;
    type Obligation = Duty;
    type Require = Nothing;

    const ID: &'static str = "scheduler-events";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Scheduler: hosts, calendars, scheduled calls and leads";
    const FLOORS: &'static [Permission] = &[Permission::ViewContacts];
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
        Permission::Host => return hosts::host(inputs),
        Permission::ListAsHost => return hosts::list(inputs),
        Permission::AutoMeetLink => hosts::meet_link(inputs)?,
        Permission::WriteToCalendar => hosts::calendar_entry(inputs)?,
        Permission::RescheduleCalls => calls::reschedule(inputs)?,
        Permission::ManageMultiBooking => calls::multi_booking(inputs)?,
        Permission::ViewContacts => return Ok(leads(inputs)),

        // Own or all, which the engine tells apart by its relations.
        Permission::ViewEvents
        | Permission::ManageEvents
        | Permission::CreateEvents
        | Permission::AddUsers
        | Permission::Troubleshoot
        | Permission::ViewScheduledCalls
        | Permission::ManageAvailability
        | Permission::ConnectCalendars
        | Permission::ViewCalls
        | Permission::ViewDeals
        | Permission::UseSmartViews => {}
    }
    Ok(Answer::abstain())
}

/// Exclusive access does not narrow leads: seeing that one exists already is what prevents
/// duplicates. Only for users, though: whoever is not known to be one gets nothing from it.
fn leads(inputs: Inputs<'_>) -> Answer {
    let is_someone = inputs.me().value().is_some_and(|id| !id.is_empty());
    if is_someone && hosts::is_user(inputs).is_ok() {
        Answer::floor(Reason::EveryoneSeesLeads)
    } else {
        Answer::abstain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_sdk::testing::{ask, sweep, unused};

    #[test]
    fn own_or_all_is_the_engines_to_decide() {
        for permission in [
            Permission::ViewEvents,
            Permission::ManageEvents,
            Permission::CreateEvents,
            Permission::AddUsers,
            Permission::Troubleshoot,
            Permission::ViewScheduledCalls,
            Permission::ManageAvailability,
            Permission::ConnectCalendars,
            Permission::ViewCalls,
            Permission::ViewDeals,
            Permission::UseSmartViews,
        ] {
            let question = ask::<SchedulerEvents>(permission).with("config.strict-state", true);
            assert_eq!(question.answer(), Answer::abstain(), "{permission:?}");
        }
    }

    #[test]
    fn every_user_sees_every_lead() {
        let question = ask::<SchedulerEvents>(Permission::ViewContacts).with("subject.id", "ann");
        let floor = Answer::floor(Reason::EveryoneSeesLeads);
        assert_eq!(question.answer(), floor);
        let closer =
            question.with("subject.status", "active").with("subject.invitation", "accepted");
        assert_eq!(closer.answer(), floor);
    }

    #[test]
    fn the_floor_is_for_users_only() {
        let question = ask::<SchedulerEvents>(Permission::ViewContacts);
        let user = question.clone().with("subject.id", "ann");
        for not_a_user in [
            question.clone(),
            question.clone().null("subject.id"),
            question.with("subject.id", ""),
            user.clone().with("subject.status", "inactive"),
            user.clone().with("subject.status", "deleted"),
            user.clone().with("subject.status", "activated"),
            user.clone().with("subject.invitation", "pending"),
            user.clone().with("subject.invitation", ""),
            user.with("config.strict-state", true),
        ] {
            assert_eq!(not_a_user.answer(), Answer::abstain(), "{not_a_user:?}");
        }
    }

    #[test]
    fn knowing_less_about_the_host_opens_nothing() {
        let words = ["ann", "bob", "set", "connected", "active", "accepted", "pending"];
        sweep::<SchedulerEvents>(&words, 5_000, |question| {
            for path in ["subject.id", "subject.availability", "subject.calendar"] {
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
            ["ann", "set", "connected", "active", "accepted", "pending", "google_meet", "upcoming"];
        assert_eq!(unused::<SchedulerEvents>(&words, 50_000), [""; 0]);
    }

    #[test]
    fn a_strict_workspace_allows_nothing_more() {
        let words = ["ann", "set", "connected", "active", "accepted", "upcoming", "google_meet"];
        sweep::<SchedulerEvents>(&words, 5_000, |question| {
            let strict = question.clone().with("config.strict-state", true).answer();
            let plain = question.clone().with("config.strict-state", false).answer();
            let narrower = strict.forbids() || strict == Answer::abstain();
            assert!(strict == plain || narrower, "{question:?}");
        });
    }

    #[test]
    fn a_configuration_is_a_switch_for_strictness() {
        assert_eq!(SchedulerEvents::validate(r#"{"strict-state": false}"#), []);
        assert_eq!(SchedulerEvents::validate(r#"{"strict-state": "no", "floor": 1}"#).len(), 2);
    }
}
