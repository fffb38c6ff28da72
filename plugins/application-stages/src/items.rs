//! Items, the steps of an application.

use crate::{Answer, Inputs, Reason, Require};
use permesso_sdk::{Attribute, forbid_if, same_word};

/// States of a step that waits for the team.
const PENDING: [&str; 3] = ["pending_review", "pending", "to_review"];
const APPROVED: [&str; 2] = ["approved", "completed"];
const CANCELS: [&str; 2] = ["cancel", "cancel_approval"];

/// Back to the beginning, without what the client sent. What was signed stays.
pub(crate) fn reset(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    let words = [inputs.status(), inputs.state(), inputs.document()];
    let is_signed = inputs.signed().is(true) || words.iter().any(|word| word.is_word("signed"));
    forbid_if(is_signed, Reason::SignedDocument)?;
    inputs.state_of(inputs.signed())?;
    let strict = inputs.strict_reset().is(true);
    Ok(if strict { Answer::require(Require::DeleteFiles) } else { Answer::abstain() })
}

/// Approving what is pending review, or cancelling an approval.
pub(crate) fn approve(inputs: Inputs<'_>) -> Result<(), Reason> {
    let operation = inputs.operation();
    let (states, otherwise): (&[&str], _) = if operation.is_one_of(&CANCELS) {
        (&APPROVED, Reason::NotApproved)
    } else if operation.value().is_none() || operation.is_word("approve") {
        (&PENDING, Reason::NotPendingReview)
    } else {
        return Err(Reason::UnknownOperation);
    };
    let status = match inputs.status() {
        Attribute::Absent => inputs.state(),
        status => status,
    };
    let status = inputs.state_of(status)?;
    let fits = |status| states.iter().any(|state| same_word(status, state));
    forbid_if(status.is_some_and(|status| !fits(status)), otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationStages, Permission};
    use permesso_sdk::testing::{Ask, ask};

    fn by_agent(permission: Permission) -> Ask<ApplicationStages> {
        ask(permission).with("subject.id", "ann").with("subject.roles", "agent")
    }

    #[test]
    fn what_was_signed_is_not_reset() {
        let question = by_agent(Permission::ResetItem);
        let refused = Answer::forbid(Reason::SignedDocument);
        assert_eq!(question.clone().with("resource.signed", true).answer(), refused);
        for path in ["resource.status", "resource.state", "resource.document"] {
            assert_eq!(question.clone().with(path, "Signed").answer(), refused, "{path}");
            let other = question.clone().with(path, "unsigned");
            assert_eq!(other.answer(), Answer::abstain(), "{path}");
        }
        let contradicted =
            question.with("resource.signed", false).with("resource.status", "signed");
        assert_eq!(contradicted.answer(), refused);
    }

    #[test]
    fn a_strict_reset_needs_the_right_to_delete_files() {
        let question = by_agent(Permission::ResetItem).with("config.strict-reset", true);
        assert_eq!(question.answer(), Answer::require(Require::DeleteFiles));
        let signed = question.with("resource.signed", true);
        assert_eq!(signed.answer(), Answer::forbid(Reason::SignedDocument));
    }

    #[test]
    fn what_is_pending_review_is_approved() {
        let question = by_agent(Permission::ApproveItem);
        assert_eq!(question.answer(), Answer::abstain());
        for approve in [question.clone(), question.with("resource.operation", "Approve")] {
            for status in ["pending_review", "Pending review", "pending", "to-review"] {
                for path in ["resource.status", "resource.state"] {
                    let item = approve.clone().with(path, status);
                    assert_eq!(item.answer(), Answer::abstain(), "{item:?}");
                }
            }
            for status in ["missing", "approved", "completed", "reviewed?", ""] {
                for path in ["resource.status", "resource.state"] {
                    let item = approve.clone().with(path, status);
                    assert_eq!(item.answer(), Answer::forbid(Reason::NotPendingReview), "{item:?}");
                }
            }
        }
    }

    #[test]
    fn the_status_of_the_step_counts_before_any_other_state() {
        let item = by_agent(Permission::ApproveItem)
            .with("resource.status", "missing")
            .with("resource.state", "pending_review");
        assert_eq!(item.answer(), Answer::forbid(Reason::NotPendingReview));
        let item = item.with("resource.status", "pending_review").with("resource.state", "open");
        assert_eq!(item.answer(), Answer::abstain());
    }

    #[test]
    fn an_approval_is_cancelled() {
        let question = by_agent(Permission::ApproveItem).with("resource.operation", "cancel");
        assert_eq!(question.answer(), Answer::abstain());
        for status in ["approved", "Completed"] {
            let item = question.clone().with("resource.status", status);
            assert_eq!(item.answer(), Answer::abstain(), "{status}");
        }
        for status in ["missing", "pending_review", ""] {
            let item = question.clone().with("resource.status", status);
            assert_eq!(item.answer(), Answer::forbid(Reason::NotApproved), "{status}");
        }
    }

    #[test]
    fn an_operation_that_is_not_known_is_refused() {
        for operation in ["reject", "uncancel", ""] {
            let item = by_agent(Permission::ApproveItem)
                .with("resource.operation", operation)
                .with("resource.status", "pending_review");
            assert_eq!(item.answer(), Answer::forbid(Reason::UnknownOperation), "{operation}");
        }
    }

    #[test]
    fn a_strict_team_wants_the_state_known() {
        let unknown = Answer::forbid(Reason::UnknownState);
        let reset = by_agent(Permission::ResetItem).with("config.strict-state", true);
        assert_eq!(reset.answer(), unknown);
        assert_eq!(reset.with("resource.signed", false).answer(), Answer::abstain());
        let approve = by_agent(Permission::ApproveItem).with("config.strict-state", true);
        assert_eq!(approve.answer(), unknown);
        assert_eq!(approve.clone().null("resource.status").answer(), unknown);
        assert_eq!(approve.with("resource.status", "pending").answer(), Answer::abstain());
    }
}
