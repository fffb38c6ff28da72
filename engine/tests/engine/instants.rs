//! Instants in questions and of users: a text as people write it, or milliseconds, and never
//! seconds that would be read as a day of 1970.

use crate::common::{build, outcome};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Value};

const CLOSED: &str = "
product: papers
version: 1.0.0
attributes:
  context.at: instant
  action.ends: instant
  subject.since: {type: instant, trusted: true}
resource_kinds:
  doc: {attributes: {due: {type: instant, aliases: [deadline]}, in.a: instant, size: integer}}
categories: [{id: all, kinds: [doc], permissions: [{id: read}, {id: sign}, {id: act}, {id: join}]}]
guards:
  - {id: late, on: [read], condition: 'resource.due > instant(\"2026-06-01T00:00:00Z\")', message: Late.}
  - {id: old, on: [sign], require: {resource.due: {at_least: 1780272000000}}, message: Old.}
  - {id: acts, on: [act], condition: 'context.at < action.ends', message: Over.}
  - {id: since, on: [join], condition: 'subject.since < date(\"2026-06-01\", \"UTC\")', message: New.}
standard_roles: [{id: reader, grants: [{permission: '*', scope: all}]}]
";
const TENANT: &str = "{tenant: acme, product: papers}";
const PEOPLE: &str = "users: [{id: ann, roles: [reader], attributes: {since: 2026-01-01}}, {id: bob, roles: [reader], attributes: {since: '2026-06-01T00:00:00Z'}}]";

fn papers(catalog: &str) -> Authorizer {
    let authorizer = Authorizer::new(10);
    authorizer.install(build(catalog, TENANT, PEOPLE, &FamilySet::new()).unwrap());
    authorizer
}

/// 2026-07-01T00:00:00Z.
const JULY: i64 = 1_782_864_000_000;

#[test]
fn an_instant_of_a_question_is_a_text_or_milliseconds_and_never_seconds() {
    let papers = papers(CLOSED);
    let mistyped = "mistyped-attribute resource.due";
    for (due, read, sign) in [
        (Value::from("2026-07-01T00:00:00Z"), "allow", "allow"),
        ("2026-07-01T02:00:00+02:00".into(), "allow", "allow"),
        ("2026-07-01".into(), "allow", "allow"),
        ("2026-05-31T23:59:59.999Z".into(), "guard late", "guard old"),
        ("2026-06-01T01:00:00+02:00".into(), "guard late", "guard old"),
        ("2026-06-01".into(), "guard late", "allow"),
        (JULY.into(), "allow", "allow"),
        (Value::Float(1_782_864_000_000.0), "allow", "allow"),
        (631_152_000_000.into(), "guard late", "guard old"),
        // Seconds, what is before 1990 or after 9999, and what is no instant.
        ((JULY / 1000).into(), mistyped, mistyped),
        (631_151_999_999.into(), mistyped, mistyped),
        (253_402_300_800_000.into(), mistyped, mistyped),
        (0.into(), mistyped, mistyped),
        (Value::Int(-5), mistyped, mistyped),
        ("2026-07-01T00:00:00".into(), mistyped, mistyped),
        ("1782864000000".into(), mistyped, mistyped),
        ("soon".into(), mistyped, mistyped),
        (true.into(), mistyped, mistyped),
        (Value::Null, "guard late", "guard old"),
    ] {
        for name in ["due", "deadline"] {
            let sent = [(name, due.clone())];
            assert_eq!(outcome(&papers, "ann", "read", &sent), read, "{name} {due:?}");
            assert_eq!(outcome(&papers, "ann", "sign", &sent), sign, "{name} {due:?}");
        }
    }
    // Numbers of other types are what they were.
    assert_eq!(outcome(&papers, "ann", "act", &[("size", 0.into())]), "guard acts");
}

#[test]
fn whoever_sends_seconds_is_told_so() {
    let papers = papers(CLOSED);
    let attributes: Attributes<'_> = [("due", Value::Int(JULY / 1000))].into_iter().collect();
    let request = crate::common::request("ann", "read", &attributes);
    let reason = papers.decide("acme", &request).reason.to_string();
    assert!(reason.contains("2026-12-31T18:00:00+01:00"), "{reason}");
    assert!(reason.contains("are these seconds?"), "{reason}");
}

#[test]
fn instants_are_read_alike_wherever_they_are_sent() {
    let papers = papers(CLOSED);
    let none = Attributes::new();
    let one = |name: &'static str, value: Value<'static>| -> Attributes<'static> {
        [(name, value)].into_iter().collect()
    };
    let asked = |at: Value<'static>, until: Value<'static>| {
        let (context, action) = (one("at", at), one("ends", until));
        let request = Request {
            context: &context,
            asserted: Asserted { action: &action, ..Asserted::NONE },
            ..crate::common::request("ann", "act", &none)
        };
        papers.decide("acme", &request).is_allow()
    };
    assert!(asked("2026-01-01".into(), "2026-01-01T01:00:00+00:30".into()));
    assert!(!asked("2026-01-01".into(), "2026-01-01T01:00:00+01:00".into()));
    assert!(asked("2026-01-01".into(), JULY.into()));
    assert!(!asked(5.into(), JULY.into()));
    let joins = |user: &str, since: Value<'static>| {
        let subject = one("since", since);
        let request = Request {
            asserted: Asserted { subject: &subject, ..Asserted::NONE },
            ..crate::common::request(user, "join", &none)
        };
        papers.decide("acme", &request).is_allow()
    };
    // The directory's own, and what the question says in its place.
    assert!(joins("ann", Value::Null) && !joins("bob", Value::Null));
    assert!(!joins("ann", "2026-06-01".into()) && joins("bob", "2026-05-31".into()));
    // In a map, and beside it.
    let nested = one("in", Value::Map(one("a", "2026-01-01".into())));
    let mut twice = nested.clone();
    twice.set("in.a", "2026-01-01".into());
    for sent in [nested, twice.clone()] {
        let resource = Resource { kind: "doc", id: Some("1"), attributes: &sent };
        let request = Request { resource, ..crate::common::request("ann", "act", &none) };
        assert_eq!(papers.decide("acme", &request).reason.code(), "guard");
    }
    twice.set("in.a", "2026-01-02".into());
    let resource = Resource { kind: "doc", id: Some("1"), attributes: &twice };
    let request = Request { resource, ..crate::common::request("ann", "act", &none) };
    assert_eq!(papers.decide("acme", &request).reason.code(), "ambiguous-attribute");
}

#[test]
fn an_open_catalog_reads_instants_alike() {
    let open = "
product: papers
version: 1.0.0
attributes: {resource.due: instant, subject.since: instant}
categories: [{id: all, permissions: [{id: read}]}]
guards: [{id: late, on: [read], condition: '!(resource.due < date(\"2026-06-01\", \"UTC\"))', message: Late.}]
standard_roles: [{id: reader, grants: [{permission: '*', scope: all}]}]
";
    let papers = papers(open);
    for (due, said) in [
        (Value::from("2026-07-01"), "allow"),
        (JULY.into(), "allow"),
        ("2026-05-31".into(), "guard late"),
        // Nobody knows when that is, so it is not known to be late, nor not to be.
        ((JULY / 1000).into(), "guard late"),
        ("soon".into(), "guard late"),
    ] {
        assert_eq!(outcome(&papers, "ann", "read", &[("due", due.clone())]), said, "{due:?}");
    }
}

#[test]
fn instants_of_users_are_dates_and_never_seconds() {
    let told = |since: &str| {
        let people = format!("users: [{{id: u, attributes: {{since: {since}}}}}]");
        let built = build(CLOSED, TENANT, &people, &FamilySet::new());
        built.map_or_else(|it| it.to_string(), |_| String::new())
    };
    for fine in ["2026-01-01", "2026-01-01T00:00:00Z", "1782864000000", "null"] {
        assert_eq!(told(fine), "", "{fine}");
    }
    for wrong in ["1782864000", "soon", "2026-01-01T00:00:00", "2026-13-01", "true"] {
        assert!(told(wrong).contains("`since` has to be a date such as 2026-12-31"), "{wrong}");
    }
}

#[test]
fn a_predicate_compares_instants_with_milliseconds() {
    let told = |test: &str| {
        let catalog = CLOSED.replace("{at_least: 1780272000000}", test);
        let built = build(&catalog, TENANT, PEOPLE, &FamilySet::new());
        built.map_or_else(|it| it.to_string(), |_| String::new())
    };
    for fine in ["{at_most: 1780272000000}", "{is: 1780272000000}", "{present: true}"] {
        assert_eq!(told(fine), "", "{fine}");
    }
    for wrong in ["{at_least: 1780272000}", "{is: 3}", "{is_not: '2026-01-01'}", "{in: [1, 2]}"] {
        assert!(told(wrong).contains("milliseconds since 1970"), "{wrong}: {}", told(wrong));
    }
}
