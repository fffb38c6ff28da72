//! Every step of the pipeline, one sentence each.

use crate::common::{self, EMPTY, authorizer, both, families, family, outcome, request};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Request, Resource, Stage};
use permesso_engine::family::{Answer, Effect, Fault, FaultKind};
use permesso_engine::model::{Attributes, Value};
use std::sync::atomic::Ordering;

/// The product with a family that has nothing against anything.
fn quiet() -> Authorizer {
    authorizer(&families(&family(|_| Ok(Answer::ABSTAIN))))
}

fn answering(effect: Effect) -> Authorizer {
    authorizer(&families(&family(move |_| Ok(Answer { effect, ..Answer::ABSTAIN }))))
}

#[test]
fn nothing_granted_is_denied() {
    assert_eq!(outcome(&quiet(), "nobody", "doc.list", &[]), "not-granted");
}

#[test]
fn an_unknown_tenant_action_or_subject_is_denied() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "boss", "doc.dance", &[]), "unknown-action");
    assert_eq!(outcome(&authorizer, "stranger", "doc.list", &[]), "unknown-subject");
    let decision = authorizer.decide("elsewhere", &request("boss", "doc.list", EMPTY));
    assert_eq!(decision.reason.code(), "unknown-tenant");
}

#[test]
fn who_is_inactive_or_has_not_accepted_may_do_nothing_but_accept() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "gone", "doc.list", &[]), "subject-inactive");
    assert_eq!(outcome(&authorizer, "pending", "doc.list", &[]), "invitation-pending");
    let fresh = [("age_days", Value::Int(7))];
    assert_eq!(outcome(&authorizer, "pending", "user.accept", &fresh), "allow");
}

#[test]
fn a_guard_holds_only_by_what_is_known() {
    let authorizer = quiet();
    for age in [Value::Int(8), Value::from("6"), Value::Null] {
        let attributes = [("age_days", age)];
        assert_eq!(
            outcome(&authorizer, "pending", "user.accept", &attributes),
            "guard fresh_invite"
        );
    }
    assert_eq!(outcome(&authorizer, "pending", "user.accept", &[]), "guard fresh_invite");
}

#[test]
fn the_plan_decides_before_any_grant() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "boss", "doc.archive", &[]), "allow");
    assert_eq!(outcome(&authorizer, "boss", "doc.export", &[]), "plan exports");
    assert_eq!(outcome(&authorizer, "nobody", "doc.export", &[]), "plan exports");
}

#[test]
fn own_is_a_set_of_relations_that_each_permission_chooses() {
    let authorizer = quiet();
    let edited = [("editors", Value::List(vec!["x".into(), "clerk".into()]))];
    assert_eq!(outcome(&authorizer, "clerk", "doc.list", &edited), "allow");
    let edited = [("editors", Value::List(vec!["writer".into()]))];
    assert_eq!(outcome(&authorizer, "writer", "doc.write", &edited), "out-of-scope");
    assert_eq!(
        outcome(&authorizer, "writer", "doc.write", &[("author", "writer".into())]),
        "allow"
    );
}

#[test]
fn an_unknown_relation_is_nobodys_own() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "clerk", "doc.list", &[]), "out-of-scope");
    assert_eq!(
        outcome(&authorizer, "clerk", "doc.list", &[("author", Value::Null)]),
        "out-of-scope"
    );
}

#[test]
fn a_wildcard_is_cut_to_the_reach_of_each_permission() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "boss", "doc.sign", &[("author", "boss".into())]), "allow");
    assert_eq!(
        outcome(&authorizer, "boss", "doc.sign", &[("author", "clerk".into())]),
        "out-of-scope"
    );
}

#[test]
fn a_wildcard_leaves_out_what_is_not_to_be_had_so() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "boss", "user.close_account", &[]), "not-granted");
    assert_eq!(outcome(&authorizer, "boss", "act.never", &[]), "not-granted");
    assert_eq!(outcome(&authorizer, "boss", "costly.choice", &[]), "not-granted");
    assert_eq!(outcome(&authorizer, "boss", "limit.no_list", &[]), "not-an-action");
    // Nor do the restricting toggles bind the one who holds everything.
    assert_eq!(outcome(&authorizer, "boss", "doc.list", &[]), "allow");
}

#[test]
fn the_accounts_owner_holds_by_being_the_owner() {
    assert_eq!(outcome(&quiet(), "owner", "user.close_account", &[]), "allow");
}

#[test]
fn roles_policies_and_direct_grants_add_up() {
    let authorizer = quiet();
    for user in ["reader", "reader2"] {
        assert_eq!(outcome(&authorizer, user, "doc.read", &[]), "allow", "{user}");
    }
    assert_eq!(outcome(&authorizer, "direct", "doc.list", &[]), "allow");
}

#[test]
fn team_reaches_the_team_and_below_reaches_what_lies_below_it() {
    let authorizer = quiet();
    let of = |team: &'static str| [("team", Value::from(team))];
    assert_eq!(outcome(&authorizer, "mate", "doc.list", &of("north")), "allow");
    assert_eq!(outcome(&authorizer, "mate", "doc.list", &of("north/coast")), "out-of-scope");
    assert_eq!(outcome(&authorizer, "mate", "doc.list", &[]), "out-of-scope");
    assert_eq!(outcome(&authorizer, "senior", "doc.list", &of("north/coast")), "allow");
    assert_eq!(outcome(&authorizer, "senior", "doc.list", &of("north")), "out-of-scope");
    assert_eq!(outcome(&authorizer, "senior", "doc.list", &of("northwest")), "out-of-scope");
    assert_eq!(outcome(&authorizer, "senior", "doc.list", &of("south")), "out-of-scope");
}

#[test]
fn a_grant_limited_to_teams_does_not_count_for_a_resource_without_team() {
    let authorizer = quiet();
    let of = |team: &'static str| [("team", Value::from(team))];
    assert_eq!(outcome(&authorizer, "northerner", "doc.list", &of("north")), "allow");
    assert_eq!(outcome(&authorizer, "northerner", "doc.list", &of("north/coast")), "allow");
    assert_eq!(
        outcome(&authorizer, "northerner", "doc.list", &of("south")),
        "not-applicable teams"
    );
    assert_eq!(outcome(&authorizer, "northerner", "doc.list", &[]), "not-applicable unknown-team");
}

#[test]
fn a_grant_under_a_condition_counts_only_where_that_is_known_to_hold() {
    let authorizer = quiet();
    let of = |words| [("words", words)];
    assert_eq!(outcome(&authorizer, "brief", "doc.list", &of(Value::Int(100))), "allow");
    assert_eq!(
        outcome(&authorizer, "brief", "doc.list", &of(Value::Int(101))),
        "not-applicable condition"
    );
    for unknown in [Value::Null, Value::from("few"), Value::List(vec![])] {
        assert_eq!(
            outcome(&authorizer, "brief", "doc.list", &of(unknown)),
            "not-applicable unknown-condition"
        );
    }
    assert_eq!(outcome(&authorizer, "brief", "doc.list", &[]), "not-applicable unknown-condition");
    let (_, explanation) = both(&authorizer, &request("brief", "doc.list", EMPTY));
    let texts: Vec<&str> = explanation.trace.iter().map(|step| step.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("`resource.words` is missing")), "{texts:?}");
}

#[test]
fn a_guard_under_a_condition_denies_where_that_cannot_be_known() {
    let authorizer = quiet();
    let of = |words| [("words", words)];
    assert_eq!(outcome(&authorizer, "nobody", "doc.print", &of(Value::Int(500))), "allow");
    for words in [Value::Int(501), Value::from("few"), Value::Null] {
        assert_eq!(outcome(&authorizer, "boss", "doc.print", &of(words)), "guard short_enough");
    }
    assert_eq!(outcome(&authorizer, "boss", "doc.print", &[]), "guard short_enough");
}

#[test]
fn a_program_admits_whoever_its_condition_is_known_to_hold_for() {
    let tenant =
        common::TENANT.replace("match: {roles: [boss]}", "match: {condition: subject.level >= 3}");
    let people = common::PEOPLE.replace(
        "  - {id: nobody}",
        "  - {id: nobody}\n  - {id: high, attributes: {level: 3}}\n  - {id: low, attributes: {level: 2}}",
    );
    let families = families(&family(|_| Ok(Answer::ABSTAIN)));
    let authorizer = Authorizer::new(100);
    authorizer.install(common::build(common::CATALOG, &tenant, &people, &families).unwrap());
    let see = |user: &str| {
        let request = Request {
            resource: Resource { kind: "shelf", id: Some("vault"), attributes: EMPTY },
            ..request(user, "doc.view_shelf", EMPTY)
        };
        both(&authorizer, &request).0.is_allow()
    };
    assert_eq!([see("high"), see("low"), see("boss")], [true, false, false]);
}

#[test]
fn a_window_includes_its_first_millisecond_and_not_its_last() {
    let authorizer = quiet();
    let at = |now| {
        let decision =
            authorizer.decide("acme", &Request { now, ..request("temp", "doc.list", EMPTY) });
        decision.is_allow()
    };
    assert_eq!([at(999), at(1000), at(1999), at(2000)], [false, true, true, false]);
}

#[test]
fn a_tick_reaches_as_far_as_the_role_and_an_untick_takes_from_that_role_only() {
    let authorizer = quiet();
    let own = [("author", Value::from("ticked"))];
    assert_eq!(outcome(&authorizer, "ticked", "doc.publish", &own), "allow");
    assert_eq!(outcome(&authorizer, "ticked", "doc.publish", &[]), "out-of-scope");
    assert_eq!(outcome(&authorizer, "ticked", "doc.read", &own), "not-applicable unticked");
    // The writer's role does not let its rights be unticked.
    let own = [("author", Value::from("unticked_but_writer"))];
    assert_eq!(outcome(&authorizer, "unticked_but_writer", "doc.write", &own), "allow");
    assert_eq!(
        outcome(&authorizer, "unticked_but_writer", "doc.read", &own),
        "not-applicable unticked"
    );
}

#[test]
fn a_prerequisite_has_to_be_held_on_the_same_resource() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "publisher", "doc.publish", &[]), "prerequisite doc.list");
    assert_eq!(outcome(&authorizer, "full_publisher", "doc.publish", &[]), "allow");
}

#[test]
fn a_restricting_toggle_binds_beside_any_grant_unless_exempt() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "muted", "doc.list", &[]), "constraint limit.no_list");
    assert_eq!(outcome(&authorizer, "exempt", "doc.list", &[]), "allow");
}

#[test]
fn an_obligation_travels_with_an_allow_and_only_with_one() {
    let authorizer = quiet();
    let (decision, _) = both(&authorizer, &request("blurred", "doc.list", EMPTY));
    let [obligation] = decision.obligations.as_slice() else { panic!("{decision:?}") };
    assert_eq!((obligation.code.as_str(), obligation.values.len()), ("redact", 1));
    let (decision, _) = both(&authorizer, &request("blurred", "doc.publish", EMPTY));
    assert!(!decision.is_allow() && decision.obligations.is_empty());
}

#[test]
fn nobody_hands_out_more_than_they_hold() {
    let authorizer = quiet();
    let invite = |role: &'static str| [("role", Value::from(role))];
    assert_eq!(outcome(&authorizer, "recruiter", "user.invite", &invite("lister")), "allow");
    // Which role it is could be any.
    assert_eq!(outcome(&authorizer, "recruiter", "user.invite", &[]), "guard no_escalation");
    for role in ["boss", "writer", "no such role"] {
        let attributes = invite(role);
        assert_eq!(
            outcome(&authorizer, "recruiter", "user.invite", &attributes),
            "guard no_escalation",
            "{role}"
        );
    }
    assert_eq!(outcome(&authorizer, "boss", "user.invite", &invite("boss")), "allow");
}

#[test]
fn a_standard_role_stays_and_one_that_is_not_named_could_be_any() {
    let authorizer = quiet();
    let delete = |id| {
        let request = Request {
            resource: Resource { kind: "role", id, attributes: EMPTY },
            ..request("boss", "role.delete", EMPTY)
        };
        both(&authorizer, &request).0.is_allow()
    };
    assert_eq!([delete(Some("boss")), delete(Some("clerk"))], [false, true]);
    assert_eq!([delete(Some("writer")), delete(Some("kept elsewhere"))], [true, true]);
    assert!(!delete(None));
}

#[test]
fn a_delegation_reaches_what_is_the_delegators_own() {
    let authorizer = quiet();
    assert_eq!(outcome(&authorizer, "deputy", "act.send", &[("author", "chief".into())]), "allow");
    assert_eq!(
        outcome(&authorizer, "deputy", "act.send", &[("author", "boss".into())]),
        "out-of-scope"
    );
    assert_eq!(
        outcome(&authorizer, "boss", "act.send", &[("author", "chief".into())]),
        "out-of-scope"
    );
}

#[test]
fn exclusive_content_is_for_members_and_the_rest_is_left_alone() {
    let authorizer = quiet();
    let see = |user: &str, kind: &str, id: Option<&str>, action: &str| {
        let request = Request {
            resource: Resource { kind, id, attributes: EMPTY },
            ..request(user, action, EMPTY)
        };
        both(&authorizer, &request).0.is_allow()
    };
    assert!(see("nobody", "shelf", Some("common"), "doc.view_shelf"));
    assert!(!see("nobody", "shelf", Some("rare"), "doc.view_shelf"));
    assert!(see("collector", "shelf", Some("rare"), "doc.view_shelf"));
    assert!(see("coast", "shelf", Some("rare"), "doc.view_shelf"), "a matcher covers its branch");
    assert!(!see("boss", "shelf", Some("rare"), "doc.view_shelf"), "administrators are bound too");
    assert!(!see("nobody", "shelf", None, "doc.view_shelf"), "it could be any of them");
    // Naming an item for editing makes it exclusive to look at as well; the other way round
    // editing stays with whoever holds the permission.
    assert!(!see("nobody", "shelf", Some("vault"), "doc.view_shelf"));
    assert!(see("boss", "shelf", Some("vault"), "doc.view_shelf"));
    assert!(!see("collector", "shelf", Some("vault"), "doc.shelve"));
    assert!(see("shelver", "shelf", Some("rare"), "doc.shelve"));
}

#[test]
fn a_part_is_not_shown_without_its_whole() {
    let authorizer = quiet();
    let see = |user: &str, id: &str, shelf: Option<&str>| {
        let attributes: Attributes<'_> =
            shelf.into_iter().map(|shelf| ("shelf", Value::from(shelf))).collect();
        let request = Request {
            resource: Resource { kind: "box", id: Some(id), attributes: &attributes },
            ..request(user, "doc.view_shelf", EMPTY)
        };
        both(&authorizer, &request).0.is_allow()
    };
    assert!(see("nobody", "b1", Some("common")));
    assert!(!see("nobody", "b1", Some("rare")));
    assert!(!see("nobody", "rare/b1", None));
    assert!(see("collector", "rare/b1", None));
    assert!(!see("collector", "b1", None), "whose part it is has to be known");
}

#[test]
fn a_family_that_is_not_installed_denies_what_it_governs() {
    let authorizer = authorizer(&FamilySet::new());
    assert_eq!(outcome(&authorizer, "boss", "doc.read", &[]), "family-fault unavailable");
    assert_eq!(outcome(&authorizer, "boss", "doc.list", &[]), "allow");
}

#[test]
fn a_family_narrows_but_never_widens() {
    assert_eq!(
        outcome(&answering(Effect::Forbid(0)), "boss", "doc.read", &[]),
        "family-forbids locked"
    );
    let lifting = answering(Effect::Floor(1));
    assert_eq!(outcome(&lifting, "nobody", "doc.browse", &[]), "allow");
    // The manifest declares no floor on reading: to lift it is a fault.
    assert_eq!(outcome(&lifting, "boss", "doc.read", &[]), "family-fault bad-result");
    assert_eq!(outcome(&lifting, "nobody", "doc.read", &[]), "not-granted");
}

#[test]
fn a_floor_needs_the_tenants_consent() {
    let family = family(|_| Ok(Answer { effect: Effect::Floor(1), ..Answer::ABSTAIN }));
    let tenant = common::TENANT.replace(", floors: [doc.browse]", "");
    let authorizer = Authorizer::new(0);
    let families = families(&family);
    authorizer.install(common::build(common::CATALOG, &tenant, common::PEOPLE, &families).unwrap());
    assert_eq!(outcome(&authorizer, "nobody", "doc.browse", &[]), "not-granted");
    assert_eq!(outcome(&authorizer, "writer", "doc.browse", &[]), "allow");
}

#[test]
fn a_floor_lifts_a_missing_grant_and_nothing_else() {
    let lifting = answering(Effect::Floor(1));
    assert_eq!(outcome(&lifting, "gone", "doc.browse", &[]), "subject-inactive");
}

#[test]
fn what_a_family_requires_has_to_be_held_here() {
    let requiring = answering(Effect::Require(0));
    assert_eq!(outcome(&requiring, "reader", "doc.read", &[]), "family-requires doc.publish");
    assert_eq!(outcome(&requiring, "boss", "doc.read", &[]), "allow");
    let foreign = answering(Effect::Require(1));
    assert_eq!(outcome(&foreign, "boss", "doc.read", &[]), "family-requires elsewhere.only");
}

#[test]
fn an_index_that_leads_nowhere_is_a_fault() {
    for effect in [Effect::Forbid(9), Effect::Require(9), Effect::Floor(9)] {
        let authorizer = answering(effect);
        assert_eq!(
            outcome(&authorizer, "boss", "doc.browse", &[]),
            "family-fault bad-result",
            "{effect:?}"
        );
    }
    let family = family(|_| Ok(Answer { obligations: vec![1], ..Answer::ABSTAIN }));
    let authorizer = authorizer(&families(&family));
    assert_eq!(outcome(&authorizer, "boss", "doc.read", &[]), "family-fault bad-result");
}

#[test]
fn a_fault_denies_even_those_who_hold_everything() {
    for kind in [FaultKind::Timeout, FaultKind::Trap, FaultKind::Memory, FaultKind::Saturated] {
        let family = family(move |_| Err(Fault::new(kind, "on purpose")));
        let authorizer = authorizer(&families(&family));
        let expected = format!("family-fault {}", kind.code());
        assert_eq!(outcome(&authorizer, "boss", "doc.read", &[]), expected);
        assert_eq!(outcome(&authorizer, "nobody", "doc.browse", &[]), expected);
    }
}

#[test]
fn an_input_of_another_type_denies_and_the_family_is_not_asked() {
    let family = family(|_| Ok(Answer::ABSTAIN));
    let authorizer = authorizer(&families(&family));
    let attributes = [("words", Value::from("many"))];
    assert_eq!(outcome(&authorizer, "boss", "doc.read", &attributes), "family-fault input-type");
    assert_eq!(family.calls.load(Ordering::Relaxed), 0);
}

#[test]
fn a_family_sees_its_declared_inputs_and_nothing_else() {
    use permesso_engine::family::Input;
    let family = family(|question| {
        let expected = vec![
            Some(Input::Text("draft".into())),
            None,
            Some(Input::Boolean(true)),
            Some(Input::Text("main".into())),
        ];
        assert_eq!(question.inputs, expected);
        assert_eq!((question.permission, question.kind), (0, Some(0)));
        Ok(Answer::ABSTAIN)
    });
    let authorizer = authorizer(&families(&family));
    let attributes = [("secret", Value::from("s")), ("state", "draft".into())];
    assert_eq!(outcome(&authorizer, "boss", "doc.read", &attributes), "allow");
}

#[test]
fn a_trace_goes_on_after_the_first_denial_and_names_the_family() {
    let authorizer = answering(Effect::Forbid(0));
    let (decision, explanation) = both(&authorizer, &request("gone", "doc.read", EMPTY));
    assert_eq!(decision.reason.code(), "subject-inactive");
    let step = explanation.trace.iter().find(|step| step.stage == Stage::Family).unwrap();
    let family = step.family.as_ref().unwrap();
    assert_eq!((family.id.as_str(), family.digest.as_str()), ("docs", "sha256:closure"));
}
