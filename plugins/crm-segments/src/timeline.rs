//! Activities on a timeline: that something happened, and what it said.

use crate::records::reach;
use crate::{Answer, Duty, Inputs, Reason};
use permesso_sdk::forbid_if;

/// Who, when and which kind. What is redacted is shown without its content.
pub(crate) fn occurrence(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    reach(inputs)?;
    if is_owner(inputs) {
        return Ok(Answer::abstain());
    }
    delayed(inputs)?;
    Ok(match redacted(inputs)? {
        Some(_) => Answer::abstain().oblige(Duty::Redact),
        None => Answer::abstain(),
    })
}

/// Subject and body.
pub(crate) fn body(inputs: Inputs<'_>) -> Result<(), Reason> {
    reach(inputs)?;
    if is_owner(inputs) {
        return Ok(());
    }
    delayed(inputs)?;
    redacted(inputs)?.map_or(Ok(()), Err)
}

/// Whose activity it is has to be said: being assigned to the contact is not it.
fn is_owner(inputs: Inputs<'_>) -> bool {
    inputs.owner().names(inputs.me())
}

fn delayed(inputs: Inputs<'_>) -> Result<(), Reason> {
    let is_delayed = inputs.state(inputs.within_broadcast_delay())? == Some(true);
    forbid_if(is_delayed, Reason::BroadcastDelay)
}

/// Why the content is hidden from everyone but the owner, if it is. Redaction on the viewer's
/// side is a constraint of the role, which the engine knows.
fn redacted(inputs: Inputs<'_>) -> Result<Option<Reason>, Reason> {
    let by_account = inputs.state(inputs.account_redacted())?;
    // The account's own setting comes first: it is the one that no administrator can lift.
    if by_account == Some(true) {
        return Ok(Some(Reason::AccountRedacted));
    }
    if inputs.sharer_redacted().is(true) || inputs.redacted_sharing().is(true) {
        return Ok(Some(Reason::SharerRedacted));
    }
    let by_phone = inputs.service().is_word("phone") || inputs.channel().is_word("phone");
    // Phone services are redacted until the account says otherwise.
    Ok((by_phone && by_account.is_none()).then_some(Reason::PhoneRedacted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CrmSegments, Permission};
    use permesso_sdk::testing::{Ask, ask};

    const BOTH: [Permission; 2] = [Permission::ViewOccurrence, Permission::ViewBody];

    fn by_ann(permission: Permission) -> Ask<CrmSegments> {
        ask(permission).with("subject.id", "ann").with("resource.owner", "bob")
    }

    /// What hides the body, and why.
    const REDACTIONS: [(&str, Reason); 3] = [
        ("resource.account_redacted", Reason::AccountRedacted),
        ("resource.sharer_redacted", Reason::SharerRedacted),
        ("resource.redacted_sharing", Reason::SharerRedacted),
    ];

    #[test]
    fn a_shared_activity_is_shown_after_its_broadcast_delay() {
        for permission in BOTH {
            let shared = by_ann(permission).with("resource.shared", true);
            let waiting = shared.clone().with("resource.within_broadcast_delay", true);
            assert_eq!(waiting.answer(), Answer::forbid(Reason::BroadcastDelay));
            let passed = shared.with("resource.within_broadcast_delay", false);
            assert_eq!(passed.answer(), Answer::abstain());
        }
    }

    #[test]
    fn an_unshared_activity_is_not_shown() {
        for permission in BOTH {
            let question = by_ann(permission).with("resource.shared", false);
            assert_eq!(question.answer(), Answer::forbid(Reason::NotShared));
        }
    }

    #[test]
    fn a_redacted_activity_shows_that_it_happened() {
        for (path, reason) in REDACTIONS {
            let body = by_ann(Permission::ViewBody).with(path, true);
            assert_eq!(body.answer(), Answer::forbid(reason), "{path}");
            let occurrence = by_ann(Permission::ViewOccurrence).with(path, true);
            assert_eq!(occurrence.answer(), Answer::abstain().oblige(Duty::Redact), "{path}");
            let open = by_ann(Permission::ViewBody).with(path, false);
            assert_eq!(open.answer(), Answer::abstain(), "{path}");
        }
    }

    #[test]
    fn calls_and_texts_are_redacted_unless_their_account_opens_them() {
        for path in ["resource.service", "resource.channel"] {
            let body = by_ann(Permission::ViewBody).with(path, "Phone");
            assert_eq!(body.answer(), Answer::forbid(Reason::PhoneRedacted));
            let unset = body.clone().null("resource.account_redacted");
            assert_eq!(unset.answer(), Answer::forbid(Reason::PhoneRedacted));
            let occurrence = by_ann(Permission::ViewOccurrence).with(path, "phone");
            assert_eq!(occurrence.answer(), Answer::abstain().oblige(Duty::Redact));
            let opened = body.clone().with("resource.account_redacted", false);
            assert_eq!(opened.answer(), Answer::abstain());
            let email = body.with(path, "email");
            assert_eq!(email.answer(), Answer::abstain());
        }
    }

    #[test]
    fn what_the_account_opens_the_sharers_policy_can_still_close() {
        let body = by_ann(Permission::ViewBody)
            .with("resource.service", "phone")
            .with("resource.account_redacted", false)
            .with("resource.sharer_redacted", true);
        assert_eq!(body.answer(), Answer::forbid(Reason::SharerRedacted));
    }

    #[test]
    fn the_owner_sees_all_of_it_at_once() {
        for permission in BOTH {
            let own = by_ann(permission)
                .with("resource.owner", ["bob", "ann"])
                .with("resource.shared", false)
                .with("resource.within_broadcast_delay", true)
                .with("resource.account_redacted", true)
                .with("resource.service", "phone");
            assert_eq!(own.answer(), Answer::abstain());
        }
    }

    #[test]
    fn the_assignee_of_the_contact_is_not_the_owner_of_the_activity() {
        let assigned = ask::<CrmSegments>(Permission::ViewBody)
            .with("subject.id", "ann")
            .with("resource.assigned_to", "ann");
        let waiting = assigned.clone().with("resource.within_broadcast_delay", true);
        assert_eq!(waiting.answer(), Answer::forbid(Reason::BroadcastDelay));
        let redacted = assigned.with("resource.account_redacted", true);
        assert_eq!(redacted.answer(), Answer::forbid(Reason::AccountRedacted));
    }

    #[test]
    fn a_strict_team_wants_the_state_known() {
        for permission in BOTH {
            let mut known = by_ann(permission).with("config.strict-state", true);
            for (state, value) in [
                ("resource.private", false),
                ("resource.shared", true),
                ("resource.within_broadcast_delay", false),
                ("resource.account_redacted", false),
            ] {
                assert_eq!(known.answer(), Answer::forbid(Reason::UnknownState), "{state}");
                known = known.with(state, value);
            }
            assert_eq!(known.answer(), Answer::abstain());
        }
    }
}
