//! Calls that are scheduled, and slots that take several of them.

use crate::{Inputs, Reason};
use permesso_sdk::{forbid_if, same_word};

/// States in which a call still lies ahead.
const AHEAD: [&str; 2] = ["upcoming", "scheduled"];

/// Moving a call: unless the creator of its event keeps that from hosts, and before it starts.
pub(crate) fn reschedule(inputs: Inputs<'_>) -> Result<(), Reason> {
    let is_off = inputs.state_of(inputs.host_reschedule())? == Some(false);
    forbid_if(is_off, Reason::CreatorSwitchedOff)?;
    let state = inputs.state_of(inputs.state())?;
    // A state that nobody has heard of may well be one after the start.
    let is_ahead = |state| AHEAD.iter().any(|ahead| same_word(state, ahead));
    forbid_if(state.is_some_and(|state| !is_ahead(state)), Reason::CallStarted)
}

/// One host, two or three bookings in a slot.
pub(crate) fn multi_booking(inputs: Inputs<'_>) -> Result<(), Reason> {
    let bookings = inputs.bookings_per_slot().value();
    forbid_if(!matches!(bookings, None | Some(2 | 3)), Reason::TwoOrThreeBookings)?;
    forbid_if(inputs.hosts().texts().len() > 1, Reason::OneHostOnly)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Permission, SchedulerEvents};
    use permesso_sdk::testing::ask;

    #[test]
    fn a_call_is_moved_before_it_starts() {
        let question = ask::<SchedulerEvents>(Permission::RescheduleCalls)
            .with("resource.host_reschedule", true);
        assert_eq!(question.answer(), Answer::abstain());
        for state in ["upcoming", "Scheduled"] {
            let call = question.clone().with("resource.state", state);
            assert_eq!(call.answer(), Answer::abstain(), "{state}");
        }
        for state in ["started", "ended", "past", "completed", "cancelled", "in limbo", ""] {
            let call = question.clone().with("resource.state", state);
            assert_eq!(call.answer(), Answer::forbid(Reason::CallStarted), "{state}");
        }
    }

    #[test]
    fn the_creator_of_an_event_can_keep_hosts_from_moving_its_calls() {
        let question =
            ask::<SchedulerEvents>(Permission::RescheduleCalls).with("resource.state", "upcoming");
        assert_eq!(question.answer(), Answer::abstain());
        let off = question.with("resource.host_reschedule", false);
        assert_eq!(off.answer(), Answer::forbid(Reason::CreatorSwitchedOff));
    }

    #[test]
    fn a_slot_takes_two_or_three_bookings() {
        let question = ask::<SchedulerEvents>(Permission::ManageMultiBooking);
        assert_eq!(question.answer(), Answer::abstain());
        for (bookings, fits) in
            [(2, true), (3, true), (1, false), (4, false), (0, false), (-2, false)]
        {
            let refused = Answer::forbid(Reason::TwoOrThreeBookings);
            let answer = if fits { Answer::abstain() } else { refused };
            let slot = question.clone().with("resource.bookings_per_slot", bookings);
            assert_eq!(slot.answer(), answer, "{bookings}");
        }
    }

    #[test]
    fn several_bookings_are_for_a_single_host() {
        let question = ask::<SchedulerEvents>(Permission::ManageMultiBooking);
        let one = question.clone().with("resource.hosts", "ann");
        assert_eq!(one.answer(), Answer::abstain());
        let two = question.with("resource.hosts", ["ann", "bob"]);
        assert_eq!(two.answer(), Answer::forbid(Reason::OneHostOnly));
    }

    #[test]
    fn a_strict_workspace_wants_the_state_known() {
        let strict =
            ask::<SchedulerEvents>(Permission::RescheduleCalls).with("config.strict-state", true);
        assert_eq!(strict.answer(), Answer::forbid(Reason::UnknownState));
        let switch = strict.with("resource.host_reschedule", true);
        assert_eq!(switch.answer(), Answer::forbid(Reason::UnknownState));
        assert_eq!(switch.with("resource.state", "upcoming").answer(), Answer::abstain());
    }
}
