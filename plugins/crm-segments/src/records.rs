//! Contacts, projects and deals: who reaches a record whatever was granted.

use crate::{Answer, Duty, Inputs, Kind, Question, Reason};
use permesso_sdk::{Attribute, Texts, Value, forbid_if, same_word};

/// Words that mark a segment or an address as outside of business.
const PERSONAL: [&str; 1] = ["personal"];
const PERSONAL_ADDRESS: [&str; 2] = ["home", "personal"];

/// What a colleague's contact shows beyond leaderboards.
const PEER_FACETS: [&str; 3] =
    ["last_activity_kind_and_date", "last_activity_kind", "last_activity_date"];
const LEADERBOARDS: [&str; 2] = ["leaderboard", "leaderboards"];

/// A record that is private is its owner's alone; one that is not shared is for those whom it
/// concerns.
pub(crate) fn reach(inputs: Inputs<'_>) -> Result<(), Reason> {
    not_private(inputs)?;
    let concerns_me = [inputs.owner(), inputs.assigned_to(), inputs.involved()]
        .iter()
        .any(|relation| relation.names(inputs.me()));
    forbid_if(!concerns_me && inputs.state(inputs.shared())? == Some(false), Reason::NotShared)
}

/// No role, no team and no collaboration opens what is private or personal.
pub(crate) fn not_private(inputs: Inputs<'_>) -> Result<(), Reason> {
    if is_mine(inputs) {
        return Ok(());
    }
    let is_private = is_personal(inputs) || inputs.state(inputs.private())? == Some(true);
    forbid_if(is_private, Reason::PrivateRecord)
}

/// Content of exclusive access programs. Steps are parts of their segment: not shown without it.
pub(crate) fn content(question: &Question<'_>) -> Result<(), Reason> {
    let inputs = question.inputs();
    // Most content (a section, a field) is never private: not saying so is not withholding it.
    let is_private = is_personal(inputs) || inputs.private().is(true);
    forbid_if(is_private && !is_mine(inputs), Reason::PrivateRecord)?;
    let is_part = matches!(question.kind(), Some(Kind::SegmentSteps | Kind::Step));
    forbid_if(is_part && inputs.segment_visible().is(false), Reason::SegmentHidden)
}

/// Colleagues learn that they have a contact in common and how lively it is, nothing more.
pub(crate) fn peers(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    reach(inputs)?;
    forbid_if(inputs.state(inputs.mutual())? == Some(false), Reason::NotMutual)?;
    let facet = inputs.facet();
    if facet.is_one_of(&LEADERBOARDS) {
        return Ok(Answer::abstain());
    }
    let is_shallow = facet.value().is_none() || facet.is_one_of(&PEER_FACETS);
    forbid_if(!is_shallow, Reason::BeyondPeers)?;
    Ok(Answer::abstain().oblige(Duty::LimitFields))
}

/// Taking a contact is for contacts that nobody has, and that has to be known.
pub(crate) fn take(inputs: Inputs<'_>) -> Result<(), Reason> {
    not_private(inputs)?;
    forbid_if(inputs.assigned_to().is_absent(), Reason::AssignmentUnknown)?;
    let is_assigned = inputs.assigned_to().texts().any(|user| !user.trim_ascii().is_empty());
    forbid_if(is_assigned, Reason::AlreadyAssigned)
}

/// Whether the subject is the one for whom a private record is not private. Where no owner is
/// given, that is the assignee; an owner who is known to be nobody is not replaced.
fn is_mine(inputs: Inputs<'_>) -> bool {
    match inputs.owner() {
        Attribute::Absent => inputs.assigned_to().names(inputs.me()),
        owner => owner.names(inputs.me()),
    }
}

/// Whether it is marked as no business of the team in another way than being private.
pub(crate) fn is_personal(inputs: Inputs<'_>) -> bool {
    inputs.personal().is(true)
        || inputs.personal_segment().is(true)
        || is_one_of(inputs.segment(), &PERSONAL)
        || inputs.segment_type().is_one_of(&PERSONAL)
        || is_one_of(inputs.address(), &PERSONAL_ADDRESS)
}

/// Whether a text, one of several, or the type of a whole object is one of these words.
fn is_one_of(attribute: Attribute<Value<'_>>, words: &[&str]) -> bool {
    let has_word = |texts: Texts<'_>| words.iter().any(|word| texts.has_word(word));
    match attribute {
        Attribute::Present(Value::Text(text)) => words.iter().any(|word| same_word(text, word)),
        Attribute::Present(Value::Texts(texts)) => has_word(texts),
        Attribute::Present(Value::Table(object)) => {
            ["type", "kind"].iter().any(|key| object.get(key).is_some_and(has_word))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CrmSegments, Permission};
    use permesso_sdk::testing::{Ask, Given, ask};

    fn by_ann(permission: Permission) -> Ask<CrmSegments> {
        ask(permission).with("subject.id", "ann")
    }

    fn private_marks() -> Vec<(&'static str, Given)> {
        vec![
            ("resource.private", true.into()),
            ("resource.personal", true.into()),
            ("resource.personal_segment", true.into()),
            ("resource.segment", "Personal".into()),
            ("resource.segment", ["customers", "personal"].into()),
            ("resource.segment", Given::table([("id", &["golf"]), ("kind", &["personal"])])),
            ("resource.segment_type", "personal".into()),
            ("resource.address", "home".into()),
            ("resource.address", "Personal".into()),
            ("resource.address", Given::table([("city", &["Rome"]), ("type", &["home"])])),
        ]
    }

    const GUARDED: [Permission; 6] = [
        Permission::ViewContact,
        Permission::EditContact,
        Permission::ViewPeers,
        Permission::ViewOccurrence,
        Permission::ViewBody,
        Permission::ViewExclusive,
    ];

    #[test]
    fn a_private_record_is_for_its_owner_alone() {
        for permission in GUARDED {
            for (path, value) in private_marks() {
                let question = by_ann(permission).with(path, value).with("resource.shared", true);
                let other = question.clone().with("resource.owner", "bob");
                assert_eq!(other.answer(), Answer::forbid(Reason::PrivateRecord), "{other:?}");
                let own = question.with("resource.owner", "ann");
                assert_ne!(own.answer(), Answer::forbid(Reason::PrivateRecord), "{own:?}");
            }
        }
    }

    #[test]
    fn a_private_record_without_owner_is_its_assignees() {
        let private = by_ann(Permission::ViewContact).with("resource.private", true);
        let assigned = private.clone().with("resource.assigned_to", "ann");
        assert_eq!(assigned.answer(), Answer::abstain());
        for owner in [Given::Null, "bob".into(), [].into()] {
            let owned = assigned.clone().with("resource.owner", owner);
            assert_eq!(owned.answer(), Answer::forbid(Reason::PrivateRecord), "{owned:?}");
        }
        assert_eq!(private.answer(), Answer::forbid(Reason::PrivateRecord));
    }

    #[test]
    fn nobody_unknown_owns_a_private_record() {
        let private = ask::<CrmSegments>(Permission::ViewContact)
            .with("resource.private", true)
            .with("resource.owner", [""]);
        for question in
            [private.clone(), private.clone().null("subject.id"), private.with("subject.id", "")]
        {
            assert_eq!(question.answer(), Answer::forbid(Reason::PrivateRecord), "{question:?}");
        }
    }

    #[test]
    fn collaborating_does_not_open_a_private_record() {
        let question = by_ann(Permission::EditContact)
            .with("resource.private", true)
            .with("resource.owner", "bob")
            .with("resource.assigned_to", "ann")
            .with("resource.involved", ["ann", "bob"]);
        assert_eq!(question.answer(), Answer::forbid(Reason::PrivateRecord));
    }

    #[test]
    fn a_record_of_business_is_not_private() {
        for (path, value) in [
            ("resource.private", Given::from(false)),
            ("resource.segment", "customers".into()),
            ("resource.segment", true.into()),
            ("resource.address", "work".into()),
            ("resource.address", Given::table([("city", &["Rome"])])),
        ] {
            let question = by_ann(Permission::ViewContact).with(path, value);
            assert_eq!(question.answer(), Answer::abstain(), "{question:?}");
        }
    }

    #[test]
    fn an_unshared_record_is_for_those_whom_it_concerns() {
        let unshared = by_ann(Permission::ViewContact).with("resource.shared", false);
        assert_eq!(unshared.answer(), Answer::forbid(Reason::NotShared));
        for relation in ["resource.owner", "resource.assigned_to", "resource.involved"] {
            let own = unshared.clone().with(relation, ["bob", "ann"]);
            assert_eq!(own.answer(), Answer::abstain(), "{relation}");
            let other = unshared.clone().with(relation, "bob");
            assert_eq!(other.answer(), Answer::forbid(Reason::NotShared), "{relation}");
        }
        let shared = unshared.with("resource.shared", true);
        assert_eq!(shared.answer(), Answer::abstain());
    }

    #[test]
    fn steps_are_hidden_with_their_segment() {
        let hidden = by_ann(Permission::ViewExclusive).with("resource.segment_visible", false);
        for kind in [Kind::SegmentSteps, Kind::Step] {
            let steps = hidden.clone().kind(kind);
            assert_eq!(steps.answer(), Answer::forbid(Reason::SegmentHidden));
            let personal = steps.clone().with("resource.segment", "personal");
            assert_eq!(personal.answer(), Answer::forbid(Reason::PrivateRecord));
            let visible = steps.with("resource.segment_visible", true);
            assert_eq!(visible.answer(), Answer::abstain());
        }
        assert_eq!(hidden.answer(), Answer::abstain(), "only a part needs its whole");
    }

    #[test]
    fn peers_see_the_kind_and_the_date_of_the_last_activity() {
        let question = by_ann(Permission::ViewPeers).with("resource.mutual", true);
        let shallow = Answer::abstain().oblige(Duty::LimitFields);
        assert_eq!(question.answer(), shallow);
        for facet in ["last_activity_kind_and_date", "Last activity kind", "last-activity-date"] {
            assert_eq!(question.clone().with("resource.facet", facet).answer(), shallow, "{facet}");
        }
        for facet in ["leaderboard", "leaderboards"] {
            let board = question.clone().with("resource.facet", facet);
            assert_eq!(board.answer(), Answer::abstain(), "{facet}");
        }
        for facet in ["body", "last_activity", ""] {
            let deeper = question.clone().with("resource.facet", facet);
            assert_eq!(deeper.answer(), Answer::forbid(Reason::BeyondPeers), "{facet}");
        }
    }

    #[test]
    fn peers_have_the_contact_in_common() {
        let question = by_ann(Permission::ViewPeers).with("resource.mutual", false);
        assert_eq!(question.answer(), Answer::forbid(Reason::NotMutual));
    }

    #[test]
    fn only_a_contact_that_nobody_has_can_be_taken() {
        let question = by_ann(Permission::TakeUnassigned);
        assert_eq!(question.answer(), Answer::forbid(Reason::AssignmentUnknown));
        for nobody in [Given::Null, "".into(), " ".into(), [].into()] {
            let free = question.clone().with("resource.assigned_to", nobody);
            assert_eq!(free.answer(), Answer::abstain(), "{free:?}");
        }
        for somebody in [Given::from("bob"), "ann".into(), ["", "bob"].into()] {
            let taken = question.clone().with("resource.assigned_to", somebody);
            assert_eq!(taken.answer(), Answer::forbid(Reason::AlreadyAssigned), "{taken:?}");
        }
    }

    #[test]
    fn a_private_contact_is_neither_taken_nor_handed_on() {
        for permission in [Permission::TakeUnassigned, Permission::Reassign] {
            let question = by_ann(permission)
                .null("resource.assigned_to")
                .with("resource.owner", "bob")
                .with("resource.private", true);
            assert_eq!(question.answer(), Answer::forbid(Reason::PrivateRecord));
        }
    }

    #[test]
    fn a_strict_team_wants_the_state_known() {
        for (permission, states) in [
            (Permission::ViewContact, &["resource.private", "resource.shared"][..]),
            (Permission::EditContact, &["resource.private", "resource.shared"]),
            (Permission::Reassign, &["resource.private"]),
            (Permission::ViewPeers, &["resource.private", "resource.shared", "resource.mutual"]),
        ] {
            let mut known = by_ann(permission).with("config.strict-state", true);
            for state in states {
                assert_eq!(known.answer(), Answer::forbid(Reason::UnknownState), "{known:?}");
                let empty = known.clone().null(state);
                assert_eq!(empty.answer(), Answer::forbid(Reason::UnknownState), "{empty:?}");
                known = known.with(state, *state != "resource.private");
            }
            assert_ne!(known.answer(), Answer::forbid(Reason::UnknownState), "{known:?}");
        }
        let own = by_ann(Permission::ViewContact)
            .with("config.strict-state", true)
            .with("resource.owner", "ann");
        assert_eq!(own.answer(), Answer::abstain(), "no state keeps the owner out");
    }
}
