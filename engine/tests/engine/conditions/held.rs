//! Conditions that ask which permissions are held.

use super::*;
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::Request;
use permesso_engine::family::Answer;
use std::sync::atomic::Ordering;

const GUARD: &str = "condition: resource.words <= 500";
const PEOPLE: [&str; 8] =
    ["boss", "owner", "nobody", "brief", "blurred", "publisher", "northerner", "temp"];

fn quiet() -> FamilySet {
    common::families(&common::family(|_| Ok(Answer::ABSTAIN)))
}

/// The catalog with a permission whose id is no path, and the tenant with somebody who holds it.
fn documents(guard: &str) -> (String, String) {
    let catalog =
        common::CATALOG.replace("{id: doc.list}", "{id: doc.list}\n      - {id: list-all}");
    let catalog = catalog.replace(GUARD, guard);
    let lister = "{id: lister, grants: [";
    let tenant =
        common::TENANT.replace(lister, &format!("{lister}{{permission: list-all, scope: all}}, "));
    assert!(catalog != common::CATALOG && tenant != common::TENANT);
    (catalog, tenant)
}

/// Who may print, with so many words or with none told.
fn verdicts(guard: &str) -> Vec<bool> {
    let (catalog, tenant) = documents(guard);
    let authorizer = Authorizer::new(100);
    let built = common::build(&catalog, &tenant, common::PEOPLE, &quiet());
    authorizer.install(built.unwrap_or_else(|error| panic!("{guard}: {error}")));
    let mut verdicts = Vec::new();
    for subject in PEOPLE {
        for words in [Value::Null, 5.into(), 500.into()] {
            let attributes = common::doc(&[("words", words)]);
            let request = common::request(subject, "doc.print", &attributes);
            verdicts.push(common::both(&authorizer, &request).0.is_allow());
        }
    }
    verdicts
}

/// What is said of documents with this guard.
fn said(guard: &str) -> String {
    let (catalog, tenant) = documents(guard);
    common::build(&catalog, &tenant, common::PEOPLE, &quiet()).unwrap_err().to_string()
}

#[test]
fn a_condition_that_asks_for_a_permission_says_what_a_predicate_says() {
    for id in ["doc.list", "doc.read", "doc.publish", "doc.export", "doc.archive", "limit.redact"] {
        let by_name = verdicts(&format!("condition: 'subject.holds(\"{id}\")'"));
        let by_path = verdicts(&format!("condition: subject.holds.{id}"));
        let required = verdicts(&format!("require: {{subject.holds.{id}: true}}"));
        assert_eq!(by_name, by_path, "{id}");
        assert_eq!(by_name, required, "{id}");
        let denied = verdicts(&format!("condition: '!subject.holds(\"{id}\")'"));
        let refused = verdicts(&format!("require: {{subject.holds.{id}: false}}"));
        assert_eq!(denied, refused, "not {id}");
    }
    let held = verdicts("condition: 'subject.holds(\"doc.list\")'");
    assert!(held.contains(&true) && held.contains(&false));
    assert_eq!(held[9..12], [false, true, false], "of few words only");
}

#[test]
fn a_permission_whose_id_is_no_path_is_asked_for_by_name() {
    let held = verdicts("condition: 'subject.holds(\"list-all\") && resource.words < 500'");
    let expected: Vec<_> = PEOPLE
        .iter()
        .flat_map(|user| [false, matches!(*user, "boss" | "blurred"), false])
        .collect();
    assert_eq!(held, expected);
}

#[test]
fn a_permission_that_there_is_not_is_refused_with_the_nearest() {
    let text = said("condition: 'subject.holds(\"doc.lst\")'");
    assert!(text.contains("`doc.lst` is not a permission"), "{text}");
    assert!(text.contains("did you mean `subject.holds(\"doc.list\")`?"), "{text}");
    let text = said("condition: subject.holds.doc.lst");
    assert!(text.contains("did you mean `subject.holds(\"doc.list\")`?"), "{text}");
    for (condition, told) in [
        ("subject.holds()", "takes one argument, not 0"),
        ("subject.holds(resource.state)", "between double quotes"),
        ("subject.holds(\"doc.list\", \"doc.read\")", "takes one argument, not 2"),
        ("holds(\"doc.list\")", "write `subject.holds("),
        ("can(\"doc.list\")", "write `subject.holds("),
        ("subject.holds(\"doc.list\") == \"yes\"", "cannot be compared"),
    ] {
        let text = said(&format!("condition: '{condition}'"));
        assert!(text.contains(told), "{condition}: {text}");
    }
}

#[test]
fn what_grants_cannot_ask_what_is_granted_and_no_two_ask_one_another() {
    for condition in
        ["subject.holds(\"doc.read\")", "subject.holds.doc.read", "!subject.holds.doc.list"]
    {
        let granted = "doc.read, scope: all, condition: resource.words <= 100";
        let asked = format!("doc.read, scope: all, condition: '{condition}'");
        let (catalog, tenant) = documents(GUARD.replace("500", "501").as_str());
        let of_role = tenant.replace(granted, &asked);
        let of_user = common::PEOPLE.replace(granted, &asked);
        let program = tenant
            .replace("match: {roles: [boss]}", &format!("match: {{condition: '{condition}'}}"));
        let held = format!("{{id: temp, roles: [{{role: temp, condition: '{condition}'}}]}}");
        let assigned = common::PEOPLE.replace("{id: temp, roles: [temp]}", &held);
        for (tenant, people) in [
            (&of_role, common::PEOPLE),
            (&tenant, &*of_user),
            (&program, common::PEOPLE),
            (&tenant, &*assigned),
        ] {
            let text = common::build(&catalog, tenant, people, &quiet()).unwrap_err().to_string();
            assert!(text.contains("these cannot ask for it"), "{condition}: {text}");
        }
    }
}

/// Whether somebody may print under a guard, of records that say this.
fn prints(guard: &str, subject: &str, records: &[&[(&str, Value<'_>)]]) -> Vec<bool> {
    let (catalog, tenant) = documents(guard);
    let authorizer = Authorizer::new(100);
    authorizer.install(common::build(&catalog, &tenant, common::PEOPLE, &quiet()).unwrap());
    let asked = records.iter().map(|attributes| {
        let attributes = common::doc(attributes);
        let request = common::request(subject, "doc.print", &attributes);
        common::both(&authorizer, &request).0.is_allow()
    });
    asked.collect()
}

#[test]
fn the_opposite_of_what_cannot_be_known_does_not_hold() {
    let few: &[(&str, Value<'_>)] = &[("words", 5.into())];
    let many: &[(&str, Value<'_>)] = &[("words", 500.into())];
    let north: &[(&str, Value<'_>)] = &[("team", "north".into())];
    let south: &[(&str, Value<'_>)] = &[("team", "south".into())];
    let untold: &[(&str, Value<'_>)] = &[];
    for (subject, id, records, held, not) in [
        ("brief", "doc.list", [few, many, untold], [true, false, false], [false, true, false]),
        (
            "northerner",
            "doc.list",
            [north, south, untold],
            [true, false, false],
            [false, true, false],
        ),
        ("nobody", "doc.list", [few, south, untold], [false; 3], [true; 3]),
        ("boss", "doc.list", [few, south, untold], [true; 3], [false; 3]),
        // What it requires is not held, whatever is told.
        ("publisher", "doc.publish", [few, south, untold], [false; 3], [true; 3]),
        // The plan does not include it.
        ("boss", "doc.export", [few, south, untold], [false; 3], [true; 3]),
    ] {
        for asks in [format!("subject.holds(\"{id}\")"), format!("subject.holds.{id}")] {
            for (condition, expected) in [
                (asks.clone(), held),
                (format!("!{asks}"), not),
                (format!("{asks} == false"), not),
                (format!("!({asks} || subject.id == \"x\")"), not),
            ] {
                let said = prints(&format!("condition: '{condition}'"), subject, &records);
                assert_eq!(said, expected, "{condition} of {subject}");
            }
        }
        let require = |held| format!("require: {{subject.holds.{id}: {held}}}");
        assert_eq!(prints(&require(true), subject, &records), held, "{id} of {subject}");
        assert_eq!(prints(&require(false), subject, &records), not, "no {id} of {subject}");
    }
}

#[test]
fn whether_a_permission_is_held_is_no_attribute_that_may_be_missing() {
    for condition in ["is_set(subject.holds.doc.list)", "subject.holds.doc.list ?? true"] {
        let text = said(&format!("condition: '{condition}'"));
        assert!(text.contains("is always there"), "{condition}: {text}");
    }
}

#[test]
fn what_is_kept_of_a_family_differs_where_a_record_changes_what_is_held() {
    let family = common::family(|_| Ok(Answer::ABSTAIN));
    let (catalog, tenant) = documents("condition: 'subject.holds(\"doc.list\")'");
    let catalog = catalog.replace("on: [doc.print]", "on: [doc.print, doc.write]");
    let people =
        common::PEOPLE.replace("id: brief, roles: [brief]", "id: brief, roles: [brief, writer]");
    assert_ne!(people, common::PEOPLE);
    let authorizer = Authorizer::new(100);
    let built = common::build(&catalog, &tenant, &people, &common::families(&family));
    authorizer.install(built.unwrap());
    let ask = |words: i64| {
        let attributes = common::doc(&[("author", "brief".into()), ("words", words.into())]);
        authorizer.decide("acme", &common::request("brief", "doc.write", &attributes)).is_allow()
    };
    assert!(ask(50) && !ask(200) && ask(50) && !ask(200));
    assert_eq!(family.calls.load(Ordering::Relaxed), 1);
}

#[test]
fn a_decision_holds_no_longer_than_what_is_asked_for_is_held() {
    let (catalog, tenant) = documents("condition: 'subject.holds(\"doc.list\")'");
    let authorizer = Authorizer::new(100);
    authorizer.install(common::build(&catalog, &tenant, common::PEOPLE, &quiet()).unwrap());
    let ask = |subject, now| {
        let request = common::request(subject, "doc.print", common::EMPTY);
        let decision = authorizer.decide("acme", &Request { now, ..request });
        (decision.is_allow(), decision.until)
    };
    assert_eq!(ask("temp", 500), (false, Some(1_000)));
    assert_eq!(ask("temp", 1_000), (true, Some(2_000)));
    assert_eq!(ask("temp", 2_000), (false, None));
    assert_eq!(ask("boss", 1_000), (true, None));
}

#[test]
fn cases_say_what_is_held_by_path_or_in_maps() {
    let cases = |inputs: &str, expect: bool| {
        format!(
            "condition: 'subject.holds(\"list-all\") && !subject.holds.doc.list', \
             cases: [{{inputs: {inputs}, expect: {expect}}}]"
        )
    };
    for (inputs, expect) in [
        ("{subject.holds.list-all: true, subject.holds.doc.list: false}", true),
        ("{subject.holds.list-all: true, subject.holds.doc.list: true}", false),
        ("{subject.holds.list-all: false}", false),
        ("{subject: {holds: {list-all: true, doc: {list: false}}}}", true),
    ] {
        let (catalog, tenant) = documents(&cases(inputs, expect));
        common::build(&catalog, &tenant, common::PEOPLE, &quiet())
            .unwrap_or_else(|error| panic!("{inputs}: {error}"));
        let text = said(&cases(inputs, !expect));
        assert!(text.contains(&format!("but the condition says {expect}")), "{inputs}: {text}");
    }
    let text = said(&cases("{subject.holds.list-all: true}", true));
    assert!(text.contains("in a case say `subject.holds.doc.list`"), "{text}");
}
