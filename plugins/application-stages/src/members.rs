//! External members: they act for a stakeholder, in the portal, as far as they are authorized.

use crate::{Inputs, Reason};
use permesso_sdk::{Texts, Value, forbid_if, same_word};

/// The role of external members unless the tenant names another.
const EXTERNAL_ROLE: &str = "external_member";

/// Modes that hold for all processes.
const ALL_STAKEHOLDERS: [&str; 2] = ["all_stakeholders", "all"];
const PRIMARY_STAKEHOLDERS: [&str; 2] = ["primary_stakeholders", "primary"];

/// Whether the subject is known to be an external member.
pub(crate) fn is_external(inputs: Inputs<'_>) -> bool {
    let role = inputs.external_role().value().filter(|role| !role.trim_ascii().is_empty());
    inputs.roles().has_word(role.unwrap_or(EXTERNAL_ROLE))
}

/// Whether the subject is known to be on the team's side: not an end user, not external, and
/// with a role if nobody said that it is no end user.
pub(crate) fn is_team_member(inputs: Inputs<'_>) -> bool {
    let is_inside = match inputs.end_user().value() {
        Some(end_user) => !end_user,
        None => inputs.roles().value().is_some_and(|roles| !roles.is_empty()),
    };
    is_inside && !is_external(inputs)
}

/// Being responsible for an application is for the team.
pub(crate) fn own(inputs: Inputs<'_>) -> Result<(), Reason> {
    forbid_if(is_external(inputs), Reason::ExternalDoesNotOwn)
}

/// Uploading and filling in for a stakeholder.
pub(crate) fn act_for_stakeholder(inputs: Inputs<'_>) -> Result<(), Reason> {
    authorized(inputs, Unsaid::Refused)
}

/// Starting an application: the stakeholder may be decided later.
pub(crate) fn create(inputs: Inputs<'_>) -> Result<(), Reason> {
    authorized(inputs, Unsaid::Accepted)
}

/// Helping a process forward completes steps; the stage stays with the team.
pub(crate) fn advance(inputs: Inputs<'_>) -> Result<(), Reason> {
    authorized(inputs, Unsaid::Refused)?;
    let moves_stage = inputs.change_stage().is(true)
        || inputs.to_final().is(true)
        || inputs.stage_side().is_word("team");
    forbid_if(moves_stage, Reason::TeamStage)
}

/// What a stakeholder who is not given means, where it matters which one it is.
#[derive(Clone, Copy, PartialEq)]
enum Unsaid {
    Accepted,
    Refused,
}

/// Whom a member is authorized to act for.
enum Stakeholders<'q> {
    All,
    Primary,
    These(Texts<'q>),
}

/// Whoever is not known to be of the team acts within authorized processes only.
fn authorized(inputs: Inputs<'_>, unsaid: Unsaid) -> Result<(), Reason> {
    if is_team_member(inputs) {
        return Ok(());
    }
    let stakeholders = stakeholders(inputs).ok_or(Reason::ProcessNotAuthorized)?;
    let may_act_for = |stakeholder: &str| match stakeholders {
        Stakeholders::All => true,
        Stakeholders::Primary => same_word(stakeholder, "primary"),
        Stakeholders::These(kinds) => kinds.has_word(stakeholder),
    };
    let mut given = inputs.stakeholder().texts();
    let is_covered = match given.len() {
        0 => unsaid == Unsaid::Accepted || matches!(stakeholders, Stakeholders::All),
        _ => given.all(may_act_for),
    };
    forbid_if(!is_covered, Reason::StakeholderNotAuthorized)
}

/// Whom the member may act for in this process; `None` if it is not an authorized one.
fn stakeholders(inputs: Inputs<'_>) -> Option<Stakeholders<'_>> {
    let mode = match inputs.authorized_processes().value()? {
        Value::Text(mode) => mode,
        Value::Table(processes) => {
            return processes.get(inputs.process().value()?).map(Stakeholders::These);
        }
        _ => return None,
    };
    let is_one_of = |words: &[&str]| words.iter().any(|word| same_word(mode, word));
    if is_one_of(&ALL_STAKEHOLDERS) {
        Some(Stakeholders::All)
    } else if is_one_of(&PRIMARY_STAKEHOLDERS) {
        Some(Stakeholders::Primary)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, ApplicationStages, Permission};
    use permesso_sdk::Listed;
    use permesso_sdk::testing::{Ask, Given, ask};

    const ACTS: [Permission; 4] = [
        Permission::ExternalUpload,
        Permission::ExternalFillForms,
        Permission::ExternalAdvance,
        Permission::ExternalCreate,
    ];

    fn by_external(permission: Permission) -> Ask<ApplicationStages> {
        ask(permission).with("subject.id", "eve").with("subject.roles", "external_member")
    }

    fn with_processes(
        permission: Permission,
        authorized: impl Into<Given>,
    ) -> Ask<ApplicationStages> {
        by_external(permission)
            .with("subject.authorized_processes", authorized)
            .with("resource.process", "kyc")
            .with("resource.stakeholder", "primary")
    }

    #[test]
    fn no_processing_right_reaches_an_external_member() {
        for &permission in Permission::ALL {
            if permission.is_processing_right() {
                let question = with_processes(permission, "all_stakeholders");
                let refused = Answer::forbid(Reason::NotForExternalMembers);
                assert_eq!(question.answer(), refused, "{permission:?}");
                let too = question.with("subject.roles", ["agent", "External Member"]);
                assert_eq!(too.answer(), refused, "{permission:?}");
            }
        }
    }

    #[test]
    fn an_external_member_owns_no_application() {
        let question = by_external(Permission::OwnApplication).with("resource.owner", "eve");
        assert_eq!(question.answer(), Answer::forbid(Reason::ExternalDoesNotOwn));
        let agent = question.with("subject.roles", "agent");
        assert_eq!(agent.answer(), Answer::abstain());
    }

    #[test]
    fn a_tenant_names_the_role_of_external_members() {
        let question =
            by_external(Permission::OwnApplication).with("config.external-role", "guest");
        assert_eq!(question.answer(), Answer::abstain());
        let guest = question.clone().with("subject.roles", "guest");
        assert_eq!(guest.answer(), Answer::forbid(Reason::ExternalDoesNotOwn));
        for unnamed in [Given::Null, "".into(), " ".into()] {
            let question = question.clone().with("config.external-role", unnamed);
            assert_eq!(
                question.answer(),
                Answer::forbid(Reason::ExternalDoesNotOwn),
                "{question:?}"
            );
        }
    }

    #[test]
    fn authorized_for_all_stakeholders_is_for_any_of_them() {
        for permission in ACTS {
            for mode in ["all_stakeholders", "All stakeholders", "all"] {
                let question = with_processes(permission, mode);
                assert_eq!(question.answer(), Answer::abstain());
                for stakeholder in [Given::Null, "secondary".into(), ["primary", "other"].into()] {
                    let other = question.clone().with("resource.stakeholder", stakeholder);
                    assert_eq!(other.answer(), Answer::abstain(), "{other:?}");
                }
            }
        }
    }

    #[test]
    fn authorized_for_primary_stakeholders_is_for_these_alone() {
        for permission in ACTS {
            let question = with_processes(permission, "primary_stakeholders");
            assert_eq!(question.answer(), Answer::abstain());
            for stakeholder in
                [Given::from("secondary"), "".into(), ["primary", "secondary"].into()]
            {
                let other = question.clone().with("resource.stakeholder", stakeholder);
                let refused = Answer::forbid(Reason::StakeholderNotAuthorized);
                assert_eq!(other.answer(), refused, "{other:?}");
            }
        }
    }

    #[test]
    fn authorized_process_by_process_is_for_those_that_are_listed() {
        let listed = || Given::table([("kyc", &["primary", "Secondary"]), ("onboarding", &[])]);
        for permission in ACTS {
            let question = with_processes(permission, listed());
            assert_eq!(question.answer(), Answer::abstain());
            let second = question.clone().with("resource.stakeholder", "secondary");
            assert_eq!(second.answer(), Answer::abstain());
            let third = question.clone().with("resource.stakeholder", "guarantor");
            assert_eq!(third.answer(), Answer::forbid(Reason::StakeholderNotAuthorized));
            let nobody = question.clone().with("resource.process", "onboarding");
            assert_eq!(nobody.answer(), Answer::forbid(Reason::StakeholderNotAuthorized));
            for process in [Given::Null, "KYC".into(), "other".into(), "".into()] {
                let other = question.clone().with("resource.process", process);
                assert_eq!(
                    other.answer(),
                    Answer::forbid(Reason::ProcessNotAuthorized),
                    "{other:?}"
                );
            }
        }
    }

    #[test]
    fn a_stakeholder_who_is_not_given_is_decided_later_only_when_creating() {
        for authorized in
            [Given::from("primary_stakeholders"), Given::table([("kyc", &["primary"])])]
        {
            for permission in ACTS {
                let unsaid =
                    with_processes(permission, authorized.clone()).null("resource.stakeholder");
                let answer = match permission {
                    Permission::ExternalCreate => Answer::abstain(),
                    _ => Answer::forbid(Reason::StakeholderNotAuthorized),
                };
                assert_eq!(unsaid.answer(), answer, "{unsaid:?}");
            }
        }
    }

    #[test]
    fn without_an_authorization_that_is_known_there_is_none() {
        for permission in ACTS {
            let unknown = by_external(permission).with("resource.process", "kyc");
            assert_eq!(unknown.answer(), Answer::forbid(Reason::ProcessNotAuthorized));
            for ill in [
                Given::Null,
                "".into(),
                "some".into(),
                "all_processes".into(),
                true.into(),
                1.into(),
                ["kyc"].into(),
                Given::table([]),
            ] {
                let question = with_processes(permission, ill);
                let refused = Answer::forbid(Reason::ProcessNotAuthorized);
                assert_eq!(question.answer(), refused, "{question:?}");
            }
        }
    }

    #[test]
    fn only_whoever_is_known_to_be_of_the_team_needs_no_authorization() {
        for permission in ACTS {
            let nobody = ask::<ApplicationStages>(permission).with("subject.id", "ann");
            for outside in [
                nobody.clone(),
                nobody.clone().null("subject.roles"),
                nobody.clone().with("subject.roles", []),
                nobody.clone().with("subject.roles", "admin").with("subject.end_user", true),
            ] {
                assert_eq!(outside.answer(), Answer::forbid(Reason::ProcessNotAuthorized));
            }
            let admin = nobody.clone().with("subject.roles", "admin");
            assert_eq!(admin.answer(), Answer::abstain());
            let colleague = nobody.with("subject.end_user", false);
            assert_eq!(colleague.answer(), Answer::abstain());
        }
    }

    #[test]
    fn helping_a_process_forward_leaves_the_stage_to_the_team() {
        let question = with_processes(Permission::ExternalAdvance, "all_stakeholders");
        assert_eq!(question.answer(), Answer::abstain());
        for (path, value) in [
            ("resource.change_stage", Given::from(true)),
            ("resource.to_final", true.into()),
            ("resource.stage_side", "Team".into()),
        ] {
            let moving = question.clone().with(path, value);
            assert_eq!(moving.answer(), Answer::forbid(Reason::TeamStage), "{path}");
        }
        let own_side = question.with("resource.stage_side", "client");
        assert_eq!(own_side.answer(), Answer::abstain());
    }
}
