//! Hosts: who can be booked, who can be listed, and what a calendar adds.

use crate::{Answer, Duty, Inputs, Reason};
use permesso_sdk::{Attribute, Value, forbid_if, same_word};

/// Being booked as a host: any role, but a user of the workspace, with working hours.
pub(crate) fn host(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    is_user(inputs)?;
    among_hosts(inputs)?;
    forbid_if(!has_availability(inputs.availability()), Reason::NoAvailability)?;
    if has_calendar(inputs) {
        return Ok(Answer::abstain());
    }
    // A host without a calendar still takes bookings, but they appear nowhere else.
    Ok(Answer::abstain().oblige(Duty::SkipCalendar))
}

/// Being listed in the set-up of an event, before the first booking is possible.
pub(crate) fn list(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    let is_gone = is_other(inputs.state_of(inputs.candidate_status())?, "active");
    forbid_if(is_gone, Reason::CandidateInactive)?;
    match inputs.state_of(inputs.candidate_invite())? {
        Some(word) if same_word(word, "pending") => Ok(Answer::abstain().oblige(Duty::Badge)),
        Some(word) if !same_word(word, "accepted") => Err(Reason::CandidateNotInvited),
        Some(_) | None => Ok(Answer::abstain()),
    }
}

/// A link that is made with the booking comes from the host's calendar.
pub(crate) fn meet_link(inputs: Inputs<'_>) -> Result<(), Reason> {
    calendar_entry(inputs)?;
    let location = inputs.location();
    // An event that is known to have no location is not on Google Meet either.
    forbid_if(!location.is_absent() && !location.is_word("google_meet"), Reason::OtherLocation)?;
    inputs.state_of(location)?;
    Ok(())
}

/// An entry is made in the host's calendar.
pub(crate) fn calendar_entry(inputs: Inputs<'_>) -> Result<(), Reason> {
    among_hosts(inputs)?;
    forbid_if(!has_calendar(inputs), Reason::NoCalendar)
}

/// A user who is active and has accepted the invitation, if there was one.
pub(crate) fn is_user(inputs: Inputs<'_>) -> Result<(), Reason> {
    let is_inactive = is_other(inputs.state_of(inputs.status())?, "active");
    forbid_if(is_inactive, Reason::InactiveUser)?;
    let is_invited_only = is_other(inputs.state_of(inputs.invitation())?, "accepted");
    forbid_if(is_invited_only, Reason::InvitationPending)
}

/// Whether a state is known and is not the one wanted.
fn is_other(state: Option<&str>, wanted: &str) -> bool {
    state.is_some_and(|state| !same_word(state, wanted))
}

/// Where the hosts of the event are known, the subject is one of them.
fn among_hosts(inputs: Inputs<'_>) -> Result<(), Reason> {
    let hosts = inputs.hosts();
    forbid_if(!hosts.is_absent() && !hosts.names(inputs.me()), Reason::NotAHost)
}

fn has_availability(availability: Attribute<Value<'_>>) -> bool {
    match availability {
        // Directories that keep the working hours themselves have a row for each day.
        Attribute::Present(Value::Table(days)) => days.iter().any(|(_, hours)| !hours.is_empty()),
        other => is_on(other, "set"),
    }
}

fn has_calendar(inputs: Inputs<'_>) -> bool {
    is_on(inputs.calendar(), "connected")
}

/// Whether it is true or that word: what is not known is not there.
fn is_on(attribute: Attribute<Value<'_>>, word: &str) -> bool {
    match attribute {
        Attribute::Present(Value::Boolean(on)) => on,
        Attribute::Present(Value::Text(text)) => same_word(text, word),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Permission, SchedulerEvents};
    use permesso_sdk::testing::{Ask, Given, ask};

    /// Ann is ready to host an event.
    fn by_ann(permission: Permission) -> Ask<SchedulerEvents> {
        ask(permission)
            .with("subject.id", "ann")
            .with("subject.status", "active")
            .with("subject.invitation", "accepted")
            .with("subject.availability", "set")
            .with("subject.calendar", "connected")
            .with("resource.hosts", ["bob", "ann"])
    }

    #[test]
    fn whoever_has_working_hours_hosts() {
        assert_eq!(by_ann(Permission::Host).answer(), Answer::abstain());
        for hours in [
            Given::from(true),
            "Set".into(),
            Given::table([("monday", &[]), ("tuesday", &["9-17"])]),
        ] {
            let question = by_ann(Permission::Host).with("subject.availability", hours);
            assert_eq!(question.answer(), Answer::abstain(), "{question:?}");
        }
    }

    #[test]
    fn nobody_hosts_without_working_hours() {
        let unknown = ask::<SchedulerEvents>(Permission::Host).with("subject.id", "ann");
        assert_eq!(unknown.answer(), Answer::forbid(Reason::NoAvailability));
        for none in [
            Given::Null,
            false.into(),
            "not_set".into(),
            "".into(),
            "9-17".into(),
            1.into(),
            ["set"].into(),
            Given::table([]),
            Given::table([("monday", &[])]),
        ] {
            let question = by_ann(Permission::Host).with("subject.availability", none);
            assert_eq!(question.answer(), Answer::forbid(Reason::NoAvailability), "{question:?}");
        }
    }

    #[test]
    fn nobody_hosts_who_is_not_a_user_yet_or_any_more() {
        for word in ["pending", "revoked", "expired", ""] {
            let question = by_ann(Permission::Host).with("subject.invitation", word);
            assert_eq!(question.answer(), Answer::forbid(Reason::InvitationPending), "{word}");
        }
        for word in ["inactive", "deleted", "suspended", ""] {
            let question = by_ann(Permission::Host).with("subject.status", word);
            assert_eq!(question.answer(), Answer::forbid(Reason::InactiveUser), "{word}");
        }
    }

    #[test]
    fn a_host_without_calendar_is_booked_but_without_link_and_entry() {
        for none in [Given::Null, "none".into(), "".into(), false.into(), 1.into()] {
            let question = by_ann(Permission::Host).with("subject.calendar", none);
            let answer = Answer::abstain().oblige(Duty::SkipCalendar);
            assert_eq!(question.answer(), answer, "{question:?}");
        }
        let unknown = ask::<SchedulerEvents>(Permission::Host).with("subject.availability", "set");
        assert_eq!(unknown.answer(), Answer::abstain().oblige(Duty::SkipCalendar));
    }

    #[test]
    fn only_the_hosts_of_an_event_are_booked_for_it() {
        for permission in [Permission::Host, Permission::AutoMeetLink, Permission::WriteToCalendar]
        {
            for others in [Given::Null, "bob".into(), [].into(), ["bob", "eve"].into()] {
                let question = by_ann(permission).with("resource.hosts", others);
                assert_eq!(question.answer(), Answer::forbid(Reason::NotAHost), "{question:?}");
            }
        }
    }

    #[test]
    fn links_and_entries_need_a_connected_calendar() {
        for permission in [Permission::AutoMeetLink, Permission::WriteToCalendar] {
            assert_eq!(by_ann(permission).answer(), Answer::abstain());
            let known = by_ann(permission).with("subject.calendar", true);
            assert_eq!(known.answer(), Answer::abstain());
            for none in [Given::Null, "none".into(), "outlook?".into(), false.into()] {
                let question = by_ann(permission).with("subject.calendar", none);
                assert_eq!(question.answer(), Answer::forbid(Reason::NoCalendar), "{question:?}");
            }
            let unknown = ask::<SchedulerEvents>(permission).with("subject.id", "ann");
            assert_eq!(unknown.answer(), Answer::forbid(Reason::NoCalendar));
        }
    }

    #[test]
    fn a_link_is_made_for_events_on_google_meet_only() {
        let question = by_ann(Permission::AutoMeetLink);
        for meet in ["google_meet", "Google Meet"] {
            let event = question.clone().with("resource.location", meet);
            assert_eq!(event.answer(), Answer::abstain(), "{meet}");
        }
        for other in [Given::Null, "zoom".into(), "phone".into(), "".into()] {
            let event = question.clone().with("resource.location", other);
            assert_eq!(event.answer(), Answer::forbid(Reason::OtherLocation), "{event:?}");
        }
        let entry = by_ann(Permission::WriteToCalendar).with("resource.location", "zoom");
        assert_eq!(entry.answer(), Answer::abstain(), "an entry does not depend on it");
    }

    #[test]
    fn whoever_is_invited_can_be_listed_with_a_badge_until_accepting() {
        let question = ask::<SchedulerEvents>(Permission::ListAsHost);
        assert_eq!(question.answer(), Answer::abstain());
        let accepted = question.clone().with("resource.candidate_invite", "accepted");
        assert_eq!(accepted.answer(), Answer::abstain());
        let pending = question.clone().with("resource.candidate_invite", "Pending");
        assert_eq!(pending.answer(), Answer::abstain().oblige(Duty::Badge));
        for word in ["revoked", "expired", "declined", ""] {
            let gone = question.clone().with("resource.candidate_invite", word);
            assert_eq!(gone.answer(), Answer::forbid(Reason::CandidateNotInvited), "{word}");
        }
    }

    #[test]
    fn whoever_is_gone_is_not_listed() {
        let question = ask::<SchedulerEvents>(Permission::ListAsHost)
            .with("resource.candidate_invite", "accepted");
        let active = question.clone().with("resource.candidate_status", "active");
        assert_eq!(active.answer(), Answer::abstain());
        for word in ["deleted", "inactive", "on leave", ""] {
            let gone = question.clone().with("resource.candidate_status", word);
            assert_eq!(gone.answer(), Answer::forbid(Reason::CandidateInactive), "{word}");
        }
    }

    #[test]
    fn a_strict_workspace_wants_the_state_known() {
        let strict =
            |permission| ask::<SchedulerEvents>(permission).with("config.strict-state", true);
        let unknown = Answer::forbid(Reason::UnknownState);

        let host = strict(Permission::Host).with("subject.availability", "set");
        assert_eq!(host.answer(), unknown);
        let host = host.with("subject.status", "active");
        assert_eq!(host.answer(), unknown);
        let host = host.with("subject.invitation", "accepted");
        assert_eq!(host.answer(), Answer::abstain().oblige(Duty::SkipCalendar));

        let list = strict(Permission::ListAsHost).with("resource.candidate_status", "active");
        assert_eq!(list.answer(), unknown);
        let list = list.with("resource.candidate_invite", "accepted");
        assert_eq!(list.answer(), Answer::abstain());

        let link = strict(Permission::AutoMeetLink).with("subject.calendar", "connected");
        assert_eq!(link.answer(), unknown);
        assert_eq!(link.with("resource.location", "google_meet").answer(), Answer::abstain());
    }
}
