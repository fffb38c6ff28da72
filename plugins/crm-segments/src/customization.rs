//! Customizations and templates: what reaches a user from the team, and the other way round.

use crate::records::is_personal;
use crate::{Answer, Inputs, Reason, Require};
use permesso_sdk::{Attribute, Value, forbid_if, same_word};

/// Whoever is independent keeps what came before and gets nothing after.
pub(crate) fn receive(inputs: Inputs<'_>) -> Result<(), Reason> {
    let came_before = matches!(
        inputs.published(),
        Attribute::Present(Value::Text(when)) if same_word(when, "before_assignment")
    );
    forbid_if(inputs.independent().is(true) && !came_before, Reason::Independent)
}

/// What is personal stays so, even if its owner would share it.
pub(crate) fn share(inputs: Inputs<'_>) -> Result<(), Reason> {
    forbid_if(is_personal(inputs) || inputs.private().is(true), Reason::PersonalNotShared)
}

/// A template of the team's library. A draft is for those who make them.
pub(crate) fn template(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    let is_draft = match inputs.published() {
        Attribute::Absent => {
            inputs.state(inputs.published())?;
            false
        }
        // When it was published is known to be never.
        Attribute::Null => true,
        Attribute::Present(Value::Boolean(published)) => !published,
        Attribute::Present(Value::Text(state)) => !same_word(state, "published"),
        // The instant at which it was.
        Attribute::Present(Value::Integer(_) | Value::Instant(_)) => false,
        Attribute::Present(Value::Decimal(_) | Value::Texts(_) | Value::Table(_)) => true,
    };
    Ok(if is_draft { Answer::require(Require::SaveTeamLibrary) } else { Answer::abstain() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CrmSegments, Permission};
    use permesso_sdk::testing::{Given, ask};

    const INDEPENDENT: &str = "subject.holds.customize.independent";

    #[test]
    fn the_teams_customizations_stop_for_whoever_is_independent() {
        let question = ask::<CrmSegments>(Permission::ReceiveTeamCustomization);
        let independent = question.clone().with(INDEPENDENT, true);
        for published in ["after_assignment", "before", "", "yesterday"] {
            let update = independent.clone().with("resource.published", published);
            assert_eq!(update.answer(), Answer::forbid(Reason::Independent), "{published}");
            let others = question.clone().with(INDEPENDENT, false);
            let others = others.with("resource.published", published);
            assert_eq!(others.answer(), Answer::abstain(), "{published}");
        }
        assert_eq!(independent.answer(), Answer::forbid(Reason::Independent));
        for ill in [Given::Null, true.into(), 0.into(), ["before_assignment"].into()] {
            let update = independent.clone().with("resource.published", ill);
            assert_eq!(update.answer(), Answer::forbid(Reason::Independent), "{update:?}");
        }
    }

    #[test]
    fn what_the_team_published_before_stays_as_a_copy() {
        let copy = ask::<CrmSegments>(Permission::ReceiveTeamCustomization)
            .with(INDEPENDENT, true)
            .with("resource.published", "Before assignment");
        assert_eq!(copy.answer(), Answer::abstain());
    }

    #[test]
    fn a_personal_segment_is_not_shared_with_the_team() {
        let question = ask::<CrmSegments>(Permission::ShareCustomization)
            .with("subject.id", "ann")
            .with("resource.owner", "ann");
        for (path, value) in
            [("resource.segment_type", Given::from("personal")), ("resource.private", true.into())]
        {
            let personal = question.clone().with(path, value);
            assert_eq!(personal.answer(), Answer::forbid(Reason::PersonalNotShared), "{path}");
        }
        let business = question.with("resource.segment_type", "business");
        assert_eq!(business.answer(), Answer::abstain());
    }

    #[test]
    fn a_draft_is_for_those_who_save_to_the_library() {
        let question = ask::<CrmSegments>(Permission::ViewTeamLibrary);
        let draft = Answer::require(Require::SaveTeamLibrary);
        for unpublished in [
            Given::Null,
            false.into(),
            "draft".into(),
            "publish".into(),
            "".into(),
            0.5.into(),
            ["published"].into(),
        ] {
            let template = question.clone().with("resource.published", unpublished);
            assert_eq!(template.answer(), draft, "{template:?}");
        }
        for published in [Given::from(true), "Published".into(), 1_700_000_000_000_i64.into()] {
            let template = question.clone().with("resource.published", published);
            assert_eq!(template.answer(), Answer::abstain(), "{template:?}");
        }
    }

    #[test]
    fn a_strict_team_wants_to_know_whether_a_template_is_published() {
        let question = ask::<CrmSegments>(Permission::ViewTeamLibrary);
        let strict = question.with("config.strict-state", true);
        assert_eq!(strict.answer(), Answer::forbid(Reason::UnknownState));
        let published = strict.with("resource.published", true);
        assert_eq!(published.answer(), Answer::abstain());
    }
}
