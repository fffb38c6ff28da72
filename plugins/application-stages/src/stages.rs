//! Stages, and what stakeholders see of an application.

use crate::members::is_team_member;
use crate::{Inputs, Reason};
use permesso_sdk::forbid_if;

/// Saving the definition of a stage. An internal one may be where applications begin.
pub(crate) fn configure(inputs: Inputs<'_>) -> Result<(), Reason> {
    let initial = inputs.state_of(inputs.initial())? == Some(true);
    let is_final = inputs.state_of(inputs.is_final())? == Some(true);
    forbid_if(initial && is_final, Reason::InitialAndFinal)
}

/// Seeing which stage an application is in.
pub(crate) fn view(inputs: Inputs<'_>) -> Result<(), Reason> {
    let sees_all = is_team_member(inputs);
    let is_internal = !sees_all && inputs.state_of(inputs.internal())? == Some(true);
    forbid_if(is_internal, Reason::InternalStage)
}

/// Seeing the files of a stakeholder, which in a split view only that one and the team do.
pub(crate) fn view_files(inputs: Inputs<'_>) -> Result<(), Reason> {
    let sees_all = is_team_member(inputs)
        || [inputs.owner(), inputs.stakeholder(), inputs.uploaded_by()]
            .iter()
            .any(|relation| relation.names(inputs.me()));
    let is_split = !sees_all && inputs.state_of(inputs.split_view())? == Some(true);
    forbid_if(is_split, Reason::SplitView)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, ApplicationStages, Permission};
    use permesso_sdk::testing::{Ask, ask};

    /// Everyone who is not known to be of the team.
    fn outsiders(permission: Permission) -> [Ask<ApplicationStages>; 5] {
        let eve = ask(permission).with("subject.id", "eve");
        [
            eve.clone(),
            eve.clone().with("subject.roles", []),
            eve.clone().with("subject.end_user", true),
            eve.clone().with("subject.end_user", true).with("subject.roles", "agent"),
            eve.with("subject.end_user", false).with("subject.roles", "external_member"),
        ]
    }

    fn insiders(permission: Permission) -> [Ask<ApplicationStages>; 2] {
        let ann = ask(permission).with("subject.id", "ann");
        [ann.clone().with("subject.roles", "agent"), ann.with("subject.end_user", false)]
    }

    #[test]
    fn a_stage_is_not_both_initial_and_final() {
        let stage = |initial, is_final| {
            ask::<ApplicationStages>(Permission::ConfigureStage)
                .with("resource.initial", initial)
                .with("resource.final", is_final)
                .with("resource.internal", true)
                .answer()
        };
        assert_eq!(stage(true, true), Answer::forbid(Reason::InitialAndFinal));
        assert_eq!(stage(true, false), Answer::abstain());
        assert_eq!(stage(false, true), Answer::abstain());
        assert_eq!(stage(false, false), Answer::abstain());
    }

    #[test]
    fn an_internal_stage_is_for_the_team() {
        for question in insiders(Permission::ViewStage) {
            let stage = question.with("resource.internal", true);
            assert_eq!(stage.answer(), Answer::abstain(), "{stage:?}");
        }
        for question in outsiders(Permission::ViewStage) {
            let stage = question.clone().with("resource.internal", true);
            assert_eq!(stage.answer(), Answer::forbid(Reason::InternalStage), "{stage:?}");
            let shown = question.with("resource.internal", false);
            assert_eq!(shown.answer(), Answer::abstain(), "{shown:?}");
        }
    }

    #[test]
    fn in_a_split_view_a_stakeholder_sees_only_the_own_files() {
        for question in outsiders(Permission::ViewStakeholderFiles) {
            let split = question.clone().with("resource.split_view", true);
            assert_eq!(split.answer(), Answer::forbid(Reason::SplitView), "{split:?}");
            for relation in ["resource.owner", "resource.stakeholder", "resource.uploaded_by"] {
                let own = split.clone().with(relation, ["bob", "eve"]);
                assert_eq!(own.answer(), Answer::abstain(), "{own:?}");
                let other = split.clone().with(relation, "bob");
                assert_eq!(other.answer(), Answer::forbid(Reason::SplitView), "{other:?}");
            }
            let whole = question.with("resource.split_view", false);
            assert_eq!(whole.answer(), Answer::abstain(), "{whole:?}");
        }
    }

    #[test]
    fn the_team_sees_all_files() {
        for question in insiders(Permission::ViewStakeholderFiles) {
            let split = question.with("resource.split_view", true).with("resource.owner", "bob");
            assert_eq!(split.answer(), Answer::abstain(), "{split:?}");
        }
    }

    #[test]
    fn a_strict_team_wants_the_state_known_to_whom_it_matters() {
        for permission in [Permission::ViewStage, Permission::ViewStakeholderFiles] {
            for question in outsiders(permission) {
                let strict = question.with("config.strict-state", true);
                assert_eq!(strict.answer(), Answer::forbid(Reason::UnknownState), "{strict:?}");
            }
            for question in insiders(permission) {
                let strict = question.with("config.strict-state", true);
                assert_eq!(strict.answer(), Answer::abstain(), "{strict:?}");
            }
        }
        let stage = ask::<ApplicationStages>(Permission::ConfigureStage)
            .with("config.strict-state", true)
            .with("resource.initial", false);
        assert_eq!(stage.answer(), Answer::forbid(Reason::UnknownState));
        assert_eq!(stage.with("resource.final", true).answer(), Answer::abstain());
    }
}
