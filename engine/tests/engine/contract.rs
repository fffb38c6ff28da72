//! The contract: a question is about a kind that there is, its attributes are what was declared,
//! and nothing opens because they are worded differently.

use crate::common::{self, EMPTY};
use permesso_engine::compile::{Compiled, FamilySet};
use permesso_engine::decision::{Asserted, Decision, Request, Resource};
use permesso_engine::model::{Attributes, Value};
use permesso_engine::{Authorizer, decide_alone, explain_alone};

const CATALOG: &str = "
product: desk
version: 1.0.0
relations: [owner]
own_means: [owner]
attributes:
  context.channel: {type: text, one_of: [web, phone]}
  action.reason: text
  subject.level: {type: integer, trusted: true}
  subject.clearance: text
subject_types:
  identity: {same_as: user}
  service: {label: Services}
resource_kinds:
  ticket:
    attributes:
      locked: {type: boolean, required: true}
      segment_type: {type: text, one_of: [business, personal], aliases: [segment_kind, segment]}
      amount: integer
      address.city: text
  report: {}
categories:
  - id: tickets
    kinds: [ticket]
    permissions:
      - {id: ticket.reply}
      - {id: ticket.spend}
      - {id: ticket.close}
      - {id: report.read, kinds: [report, ticket]}
      - {id: anything.see, kinds: any}
guards:
  - id: open_ones
    on: [ticket.reply]
    require: {all: [{resource.locked: {is_not: true}}, {resource.segment_type: {is_not: personal}}]}
    message: Locked.
  - id: small_ones
    on: [ticket.spend]
    condition: resource.amount <= 100 && subject.level >= 2
    message: Too much.
  - id: for_a_reason
    on: [ticket.close]
    require: {action.reason: {present: true}}
    message: Say why.
standard_roles:
  - {id: agent, grants: [{permission: '*', scope: all}]}
";
const TENANT: &str = "{tenant: acme, product: desk}";
const PEOPLE: &str = "users: [{id: ann, roles: [agent]}, {id: bot, type: service, roles: [agent]}]";

fn desk_of(catalog: &str, people: &str) -> Result<Compiled, String> {
    common::build(catalog, TENANT, people, &FamilySet::default()).map_err(|found| found.to_string())
}

fn desk() -> Authorizer {
    let authorizer = Authorizer::new(10);
    authorizer.install(desk_of(CATALOG, PEOPLE).unwrap());
    authorizer
}

/// A question about a ticket.
#[derive(Clone)]
struct Asked<'a> {
    action: &'a str,
    kind: &'a str,
    attributes: Vec<(&'a str, Value<'a>)>,
    context: Vec<(&'a str, Value<'a>)>,
}

fn ticket<'a>(action: &'a str, attributes: &[(&'a str, Value<'a>)]) -> Asked<'a> {
    Asked { action, kind: "ticket", attributes: attributes.to_vec(), context: Vec::new() }
}

fn decide(authorizer: &Authorizer, asked: &Asked<'_>) -> Decision {
    let attributes: Attributes<'_> = asked.attributes.iter().cloned().collect();
    let context: Attributes<'_> = asked.context.iter().cloned().collect();
    let request = Request {
        subject: "ann",
        action: asked.action,
        resource: Resource { kind: asked.kind, id: Some("t1"), attributes: &attributes },
        context: &context,
        asserted: Asserted::NONE,
        now: 1_000,
    };
    common::both(authorizer, &request).0
}

fn said(asked: &Asked<'_>) -> String {
    let decision = decide(&desk(), asked);
    match (decision.is_allow(), decision.reason.detail()) {
        (true, _) => "allow".to_owned(),
        (false, Some(detail)) => format!("{} {detail}", decision.reason.code()),
        (false, None) => decision.reason.code().to_owned(),
    }
}

const UNLOCKED: (&str, Value<'static>) = ("locked", Value::Bool(false));

#[test]
fn a_question_is_about_a_kind_that_there_is_and_that_the_permission_is_about() {
    let about = |action, kind| {
        said(&Asked { kind, ..ticket(action, &[UNLOCKED, ("segment_type", "business".into())]) })
    };
    assert_eq!(about("ticket.reply", "ticket"), "allow");
    assert_eq!(about("ticket.reply", "spaceship"), "unknown-kind spaceship");
    assert_eq!(about("ticket.reply", "report"), "wrong-kind report");
    assert_eq!(about("ticket.reply", ""), "unknown-kind ");
    assert_eq!(about("ticket.reply", "Ticket"), "unknown-kind Ticket");
    assert_eq!(about("report.read", "report"), "allow");
    assert_eq!(about("report.read", "ticket"), "allow");
    assert_eq!(about("anything.see", "report"), "allow");
    assert_eq!(about("anything.see", "spaceship"), "unknown-kind spaceship");
    assert_eq!(about("ticket.reply", &"x".repeat(10_000)).len(), "unknown-kind ".len() + 128);
}

#[test]
fn an_attribute_of_another_type_denies_and_is_named() {
    for (name, value) in [
        ("locked", Value::from("true")),
        ("locked", 1.into()),
        ("locked", Value::List(vec![true.into()])),
        ("segment_type", 1.into()),
        ("segment_type", Value::List(vec!["business".into()])),
        ("amount", Value::Float(3.5)),
        ("amount", "3".into()),
        ("amount", Value::Float(1e300)),
        ("owner", 7.into()),
        ("owner", Value::List(vec!["ann".into(), 7.into()])),
        ("team", true.into()),
        ("address.city", 1.into()),
        ("address", "Rome".into()),
        ("address", Value::Map([("city", Value::Int(1))].into_iter().collect())),
    ] {
        let others = [UNLOCKED].into_iter().filter(|(other, _)| *other != name);
        let sent: Vec<_> = others.chain([(name, value.clone())]).collect();
        let said = said(&ticket("anything.see", &sent));
        let path = if name.starts_with("address") && said.ends_with("city") {
            "address.city"
        } else {
            name
        };
        assert_eq!(said, format!("mistyped-attribute resource.{path}"), "{value:?}");
    }
    for value in [Value::Int(3), Value::Float(3.0)] {
        assert_eq!(said(&ticket("anything.see", &[UNLOCKED, ("amount", value)])), "allow");
    }
}

#[test]
fn what_has_to_be_sent_is_missing_where_it_is_not_or_is_null() {
    for sent in [&[][..], &[("locked", Value::Null)], &[("lock", false.into())]] {
        assert_eq!(said(&ticket("anything.see", sent)), "missing-attribute resource.locked");
    }
    assert_eq!(said(&ticket("anything.see", &[UNLOCKED])), "allow");
}

#[test]
fn a_value_that_is_none_of_those_declared_denies() {
    let of = |value: &'static str| {
        said(&ticket("anything.see", &[UNLOCKED, ("segment_type", value.into())]))
    };
    assert_eq!(of("business"), "allow");
    assert_eq!(of("Business"), "unknown-value resource.segment_type");
    assert_eq!(of(""), "unknown-value resource.segment_type");
    let by = |channel: Value<'static>| {
        said(&Asked { context: vec![("channel", channel)], ..ticket("anything.see", &[UNLOCKED]) })
    };
    assert_eq!(by("web".into()), "allow");
    assert_eq!(by("fax".into()), "unknown-value context.channel");
    assert_eq!(by(3.into()), "mistyped-attribute context.channel");
}

#[test]
fn an_attribute_under_another_name_closes_as_it_does_under_its_own() {
    for name in ["segment_type", "segment_kind", "segment"] {
        let reply =
            |kind: &'static str| said(&ticket("ticket.reply", &[(name, kind.into()), UNLOCKED]));
        assert_eq!(reply("personal"), "guard open_ones", "{name}");
        assert_eq!(reply("business"), "allow", "{name}");
        assert_eq!(reply("private"), "unknown-value resource.segment_type", "{name}");
    }
}

#[test]
fn two_names_that_disagree_deny_in_any_order() {
    let personal = Value::from("personal");
    let business = Value::from("business");
    for names in [["segment_type", "segment_kind"], ["segment", "segment_kind"]] {
        for (one, other) in [(&personal, &business), (&business, &personal)] {
            for names in [names, [names[1], names[0]]] {
                let sent = [UNLOCKED, (names[0], one.clone()), (names[1], other.clone())];
                let said = said(&ticket("ticket.reply", &sent));
                assert_eq!(said, "ambiguous-attribute resource.segment_type");
            }
        }
    }
    // Where one of them says nothing, the other does.
    for names in [["segment_type", "segment_kind"], ["segment_kind", "segment_type"]] {
        for sent in [[Value::Null, personal.clone()], [personal.clone(), Value::Null]] {
            let [one, other] = sent;
            let sent = [UNLOCKED, (names[0], one), (names[1], other)];
            assert_eq!(said(&ticket("ticket.reply", &sent)), "guard open_ones");
        }
    }
}

#[test]
fn what_nobody_declared_decides_nothing_and_is_pointed_out() {
    let sent = [UNLOCKED, ("segment_typ", "personal".into()), ("segment_type", "business".into())];
    assert_eq!(said(&ticket("ticket.reply", &sent)), "allow");
    let compiled = desk_of(CATALOG, PEOPLE).unwrap();
    let attributes = sent.into_iter().collect();
    let resource = Resource { kind: "ticket", id: None, attributes: &attributes };
    let explained = explain_alone(
        &compiled,
        &Request { resource, ..common::request("ann", "ticket.reply", EMPTY) },
    );
    let texts: Vec<_> = explained.trace.iter().map(|step| step.text.as_str()).collect();
    assert!(
        texts.contains(
            &"`segment_typ` is not declared of a ticket and decides nothing; did you mean \
              `segment_type`?"
        ),
        "{texts:#?}"
    );
}

#[test]
fn not_more_is_pointed_out_than_anybody_reads() {
    let compiled = desk_of(CATALOG, PEOPLE).unwrap();
    let names: Vec<String> = (0..100).map(|at| format!("{}{at}", "x".repeat(5_000))).collect();
    let sent = names.iter().map(|name| (name.as_str(), Value::Null));
    let attributes: Attributes<'_> = sent.chain([UNLOCKED]).collect();
    let resource = Resource { kind: "ticket", id: None, attributes: &attributes };
    let request = Request { resource, ..common::request("ann", "ticket.reply", EMPTY) };
    let texts: Vec<String> =
        explain_alone(&compiled, &request).trace.iter().map(|step| step.text.to_string()).collect();
    assert!(texts.iter().map(String::len).sum::<usize>() < 6_000, "{texts:#?}");
    let more = "80 more attributes are not declared of a ticket and decide nothing";
    assert!(texts.iter().any(|text| text == more), "{texts:#?}");
}

#[test]
fn of_subject_and_action_a_question_says_what_the_catalog_listens_to() {
    let compiled = desk_of(CATALOG, PEOPLE).unwrap();
    let ask = |action,
               subject: &[(&'static str, Value<'static>)],
               of_action: &[(&'static str, Value<'static>)]| {
        let attributes = [UNLOCKED, ("amount", 5.into())].into_iter().collect();
        let (subject, of_action) =
            (subject.iter().cloned().collect(), of_action.iter().cloned().collect());
        let request = Request {
            resource: Resource { kind: "ticket", id: None, attributes: &attributes },
            asserted: Asserted { subject: &subject, action: &of_action, ..Asserted::NONE },
            ..common::request("ann", action, EMPTY)
        };
        let decision = decide_alone(&compiled, &request);
        assert_eq!(decision, explain_alone(&compiled, &request).decision);
        if decision.is_allow() { "allow".to_owned() } else { decision.reason.code().to_owned() }
    };
    assert_eq!(ask("ticket.spend", &[], &[]), "guard");
    assert_eq!(ask("ticket.spend", &[("level", 2.into())], &[]), "allow");
    assert_eq!(ask("ticket.spend", &[("level", 1.into())], &[]), "guard");
    assert_eq!(ask("ticket.spend", &[("level", "2".into())], &[]), "mistyped-attribute");
    // What is not declared, or not trusted, may be anything.
    for ignored in [("roles", Value::from("owner")), ("clearance", 3.into()), ("id", "bob".into())]
    {
        assert_eq!(ask("ticket.spend", &[ignored], &[]), "guard");
    }
    assert_eq!(ask("ticket.close", &[], &[]), "guard");
    assert_eq!(ask("ticket.close", &[], &[("reason", "done".into())]), "allow");
    assert_eq!(ask("ticket.close", &[], &[("reason", 1.into())]), "mistyped-attribute");
    assert_eq!(ask("ticket.close", &[], &[("why", "done".into())]), "guard");
}

#[test]
fn an_attribute_named_tenant_is_one_like_any_other() {
    let sent = [UNLOCKED, ("tenant", "elsewhere".into())];
    assert_eq!(said(&ticket("anything.see", &sent)), "allow");
}

/// The catalog with one thing other, and what is said of that.
fn refused(from: &str, to: &str) -> String {
    let catalog = CATALOG.replacen(from, to, 1);
    assert_ne!(catalog, CATALOG, "{from}");
    desk_of(&catalog, PEOPLE).expect_err(to)
}

#[test]
fn whoever_reads_reads_the_contract_or_is_refused_with_a_suggestion() {
    for (from, to, message) in [
        ("resource.locked: {is_not", "resource.loked: {is_not", "did you mean `locked`?"),
        (
            "{resource.locked: {is_not: true}}",
            "{resource.locked: {is_not: 'yes'}}",
            "it is true or false",
        ),
        ("is_not: personal", "is_not: privat", "it is one of: business, personal"),
        ("is_not: personal", "at_most: 3", "it is one of: business, personal"),
        ("action.reason: {present", "action.raeson: {present", "did you mean `action.reason`?"),
        ("{action.reason: {present: true}}", "{context.channel: fax}", "it is one of: web, phone"),
        ("{action.reason: {present: true}}", "{context.ip: x}", "`context.ip` is not declared"),
        ("{action.reason: {present: true}}", "{subject.rank: x}", "`subject.rank` is not declared"),
        ("{action.reason: {present: true}}", "{subject.roles: agent}", "has_role"),
        ("{action.reason: {present: true}}", "{subject.status: activ}", "active, inactive"),
        ("{action.reason: {present: true}}", "{subject.holds.ticket.repl: true}", "ticket.reply"),
        ("{action.reason: {present: true}}", "{resource.kind: tiket}", "report, ticket"),
        ("{action.reason: {present: true}}", "{config.x: 1}", "for families only"),
        ("{action.reason: {present: true}}", "{own: [ownr]}", "did you mean `owner`?"),
        ("resource.amount <= 100", "resource.amont <= 100", "did you mean `resource.amount`?"),
        ("resource.amount <= 100", "resource.segment_type == \"x\"", "business, personal"),
        (
            "    kinds: [ticket]\n",
            "",
            "nothing says which kinds of resources `ticket.reply` is about",
        ),
        ("kinds: [report, ticket]", "kinds: [reprot]", "did you mean `report`?"),
        ("kinds: [report, ticket]", "kinds: []", "about no kind"),
        ("kinds: any", "kinds: ticket", "write a list, `[ticket]`"),
        ("same_as: user", "same_as: usr", "did you mean `user`?"),
        ("amount: integer", "amount: intger", "did you mean `integer`?"),
        ("amount: integer", "segment: integer", "cannot be another name of it"),
        ("amount: integer", "owner: integer", "make it texts"),
        ("amount: integer", "id: text", "cannot be an attribute of a kind"),
        ("amount: integer", "amount: {type: integer, one_of: ['1']}", "`one_of` lists texts"),
        ("amount: integer", "amount: {type: integer, trusted: true}", "`trusted` says nothing"),
        ("amount: integer", "address: text", "it cannot stand beside"),
        ("report: {}", "report: {attributes: {amount: text}}", "give it one type, or two names"),
        (
            "report: {}",
            "report: {part_of: [{kind: ticket, by: {attribute: whole}}]}",
            "no attribute of a report",
        ),
    ] {
        let found = refused(from, to);
        assert!(found.contains(message), "{to}: {found}");
    }
    let covered =
        refused("    require: {action.reason: {present: true}}", "    check: {covered: [new_rol]}");
    assert!(covered.contains("`resource.new_rol` is declared of no kind"), "{covered}");
}

#[test]
fn a_catalog_that_binds_nothing_to_kinds_is_open() {
    let open = "
product: desk
version: 1.0.0
categories: [{id: all, permissions: [{id: see}]}]
guards: [{id: g, on: [see], require: {resource.locked: {is_not: true}}, message: Locked.}]
standard_roles: [{id: agent, grants: [{permission: see, scope: all}]}]
";
    let compiled = desk_of(open, "users: [{id: ann, roles: [agent]}]").unwrap();
    let ask = |locked: Value<'static>| {
        let attributes = [("locked", locked)].into_iter().collect();
        let resource = Resource { kind: "spaceship", id: None, attributes: &attributes };
        decide_alone(&compiled, &Request { resource, ..common::request("ann", "see", EMPTY) })
    };
    assert!(ask(false.into()).is_allow());
    assert_eq!(ask("false".into()).reason.code(), "guard");
}

#[test]
fn what_a_user_is_said_to_be_is_what_the_catalog_declares() {
    let one = |user: &str| desk_of(CATALOG, &format!("users: [{user}]")).map(|_| ());
    assert_eq!(one("{id: a, attributes: {level: 3, clearance: secret}}"), Ok(()));
    for (user, message) in [
        ("{id: a, attributes: {shoe: 42}}", "`shoe` is no attribute that the product declares"),
        ("{id: a, attributes: {level: high}}", "`level` has to be a whole number"),
        ("{id: a, attributes: {clearance: 3}}", "`clearance` has to be a text"),
        (
            "{id: a, type: servce}",
            "unknown type of subject `servce`\n  help: did you mean `service`?",
        ),
        ("{id: a, type: identity}", "unknown type of subject `identity`"),
    ] {
        let found = one(user).expect_err(user);
        assert!(found.contains(message), "{user}: {found}");
    }
}

#[test]
fn type_and_id_together_are_the_subject() {
    let compiled = desk_of(CATALOG, PEOPLE).unwrap();
    let ask = |subject, subject_type| {
        let attributes = [UNLOCKED].into_iter().collect();
        let request = Request {
            resource: Resource { kind: "ticket", id: None, attributes: &attributes },
            asserted: Asserted { subject_type, ..Asserted::NONE },
            ..common::request(subject, "anything.see", EMPTY)
        };
        let decision = decide_alone(&compiled, &request);
        assert_eq!(decision, explain_alone(&compiled, &request).decision);
        decision.reason.code()
    };
    assert_eq!(ask("ann", "user"), "granted");
    assert_eq!(ask("ann", "identity"), "granted");
    assert_eq!(ask("ann", "service"), "unknown-subject");
    assert_eq!(ask("bot", "service"), "granted");
    assert_eq!(ask("bot", "user"), "unknown-subject");
    assert_eq!(ask("ann", "robot"), "unknown-subject-type");
    assert_eq!(ask("ann", ""), "unknown-subject-type");
}

/// A tenant that lists teams, with something in it.
fn of_teams(tenant: &str, people: &str) -> Result<(), String> {
    let tenant = format!("{{tenant: acme, product: desk, teams: [sales/east, support]{tenant}}}");
    let built = common::build(SHARED, &tenant, people, &FamilySet::default());
    built.map(|_| ()).map_err(|found| found.to_string())
}

const SHARED: &str = "
product: desk
version: 1.0.0
relations: [owner]
sharing: {by: [owner], contents: {note: {default: share}}}
categories: [{id: all, permissions: [{id: see, content: {kind: note}}]}]
standard_roles: [{id: staff, grants: [{permission: see, scope: all}]}]
";

#[test]
fn teams_and_roles_that_do_not_exist_are_refused_wherever_they_are_named() {
    let nobody = "users: []";
    for right in [
        "sharing: {policies: [{id: p, outcome: hide, for: {teams: [sales]}}]}",
        "sharing: {policies: [{id: p, outcome: hide, condition: 'has_role(\"staff\") || in_team(\"sales\")'}]}",
        "roles: [{id: r, grants: [{permission: see, scope: all, teams: [sales], exact_teams: [support]}]}]",
        "programs: []",
    ] {
        assert_eq!(of_teams(&format!(", {right}"), nobody), Ok(()), "{right}");
    }
    for (wrong, help) in [
        ("sharing: {policies: [{id: p, outcome: hide, for: {teams: [slaes/east]}}]}", "sales/east"),
        ("sharing: {overrides: [{id: p, outcome: hide, for: {exact_teams: [suport]}}]}", "support"),
        (
            "sharing: {policies: [{id: p, outcome: hide, condition: 'has_role(\"inern\")'}]}",
            "`inern`",
        ),
        (
            "sharing: {overrides: [{id: p, outcome: share, condition: '!has_role(\"Staff\")'}]}",
            "`staff`",
        ),
        (
            "sharing: {overrides: [{id: p, outcome: share, for: {condition: '\"stff\" in subject.roles'}}]}",
            "staff",
        ),
        (
            "sharing: {policies: [{id: p, outcome: hide, condition: 'subject.teams.contains(\"sale\")'}]}",
            "`sale`",
        ),
        ("roles: [{id: r, grants: [{permission: see, scope: all, teams: [suport]}]}]", "support"),
        (
            "roles: [{id: r, grants: [{permission: see, scope: all, condition: 'in_team(\"suport\")'}]}]",
            "support",
        ),
        (
            "policies: [{id: r, grants: [{permission: see, scope: all, exact_teams: [suport]}]}]",
            "support",
        ),
        (
            "policies: [{id: r, grants: [{permission: see, scope: all, condition: 'has_role(\"x\")'}]}]",
            "`x`",
        ),
    ] {
        let found = of_teams(&format!(", {wrong}"), nobody).expect_err(wrong);
        assert!(found.contains(help), "{wrong}: {found}");
    }
    for (wrong, help) in [
        ("users: [{id: a, teams: [suport]}]", "did you mean `support`?"),
        ("users: [{id: a, grants: [{permission: see, scope: all, teams: [sale]}]}]", "`sale`"),
        (
            "users: [{id: a, grants: [{permission: see, scope: all, condition: 'has_role(\"stff\")'}]}]",
            "`staff`",
        ),
    ] {
        let found = of_teams("", wrong).expect_err(wrong);
        assert!(found.contains(help), "{wrong}: {found}");
    }
    assert_eq!(of_teams("", "users: [{id: a, teams: [support, sales]}]"), Ok(()));
}
