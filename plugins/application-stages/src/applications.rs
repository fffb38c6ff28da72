//! Applications as a whole.

use crate::{Answer, Inputs, Reason, Require};
use permesso_sdk::forbid_if;

/// Moving to another stage. A final one closes the application, and an act that causes another
/// needs both rights.
pub(crate) fn progress(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    not_closed(inputs)?;
    Ok(if ends(inputs)? { Answer::require(Require::CloseApplication) } else { Answer::abstain() })
}

/// What is closed neither moves nor waits.
pub(crate) fn not_closed(inputs: Inputs<'_>) -> Result<(), Reason> {
    let (state, status) = (inputs.state(), inputs.status());
    let is_closed = state.is_word("closed") || status.is_word("closed");
    forbid_if(is_closed, Reason::ApplicationClosed)?;
    if status.value().is_none() {
        inputs.state_of(state)?;
    }
    Ok(())
}

/// Whether the stage moved to is a final one.
fn ends(inputs: Inputs<'_>) -> Result<bool, Reason> {
    let flags = [inputs.to_final(), inputs.target_final(), inputs.is_final()];
    if inputs.to_stage().is_word("final") || flags.iter().any(|flag| flag.is(true)) {
        return Ok(true);
    }
    if flags.iter().all(|flag| flag.value().is_none()) {
        inputs.state_of(inputs.to_final())?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationStages, Permission};
    use permesso_sdk::testing::{Ask, Given, ask};

    fn by_agent(permission: Permission) -> Ask<ApplicationStages> {
        ask(permission).with("subject.id", "ann").with("subject.roles", "agent")
    }

    #[test]
    fn moving_to_a_final_stage_needs_the_right_to_close() {
        let question = by_agent(Permission::ProgressApplication);
        assert_eq!(question.answer(), Answer::abstain());
        for (path, value) in [
            ("resource.to_final", Given::from(true)),
            ("resource.target_final", true.into()),
            ("resource.final", true.into()),
            ("resource.to_stage", "Final".into()),
        ] {
            let last = question.clone().with(path, value);
            assert_eq!(last.answer(), Answer::require(Require::CloseApplication), "{path}");
        }
        let next = question.with("resource.to_final", false).with("resource.to_stage", "review");
        assert_eq!(next.answer(), Answer::abstain());
    }

    #[test]
    fn one_flag_that_says_final_is_enough() {
        let question = by_agent(Permission::ProgressApplication)
            .with("resource.to_final", false)
            .with("resource.final", true);
        assert_eq!(question.answer(), Answer::require(Require::CloseApplication));
    }

    #[test]
    fn an_item_moves_without_closing_the_application() {
        let item = by_agent(Permission::ProgressItem).with("resource.to_final", true);
        assert_eq!(item.answer(), Answer::abstain());
    }

    #[test]
    fn a_closed_application_neither_moves_nor_waits() {
        for permission in [Permission::ProgressApplication, Permission::PauseApplication] {
            for path in ["resource.state", "resource.status"] {
                let closed = by_agent(permission).with(path, "Closed");
                assert_eq!(closed.answer(), Answer::forbid(Reason::ApplicationClosed), "{path}");
                let open = by_agent(permission).with(path, "open");
                assert_eq!(open.answer(), Answer::abstain(), "{path}");
            }
        }
        let mixed = by_agent(Permission::PauseApplication)
            .with("resource.state", "open")
            .with("resource.status", "closed");
        assert_eq!(mixed.answer(), Answer::forbid(Reason::ApplicationClosed));
    }

    #[test]
    fn a_strict_team_wants_the_state_known() {
        let unknown = Answer::forbid(Reason::UnknownState);
        let pause = by_agent(Permission::PauseApplication).with("config.strict-state", true);
        assert_eq!(pause.answer(), unknown);
        assert_eq!(pause.clone().null("resource.state").answer(), unknown);
        assert_eq!(pause.with("resource.state", "open").answer(), Answer::abstain());
        let progress = by_agent(Permission::ProgressApplication).with("config.strict-state", true);
        assert_eq!(progress.answer(), unknown);
        let progress = progress.with("resource.status", "open");
        assert_eq!(progress.answer(), unknown);
        assert_eq!(progress.with("resource.final", false).answer(), Answer::abstain());
    }
}
