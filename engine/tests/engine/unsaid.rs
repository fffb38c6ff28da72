//! What a question leaves out could be anything: nothing opens because less was said.

use crate::common::{self, EMPTY};
use permesso_engine::Authorizer;
use permesso_engine::administration::with_administration;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, check_user};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Attributes, Value};
use std::sync::Arc;

const CATALOG: &str = "
product: desk
version: 1.0.0
relations: [owner]
resource_kinds:
  stage: {attributes: {initial: boolean, final: boolean, page.first: boolean}}
  file: {attributes: {final: boolean}}
  user: {attributes: {role: texts, new_role: texts}}
  workspace: {}
categories:
  - id: all
    kinds: any
    permissions:
      - {id: save, required: [initial, final]}
      - {id: publish, required: [page.first]}
      - {id: hand, required: []}
      - {id: see}
      - {id: mute, constraint: {forbids: [see]}}
guards:
  - id: covered
    on: [hand]
    check: {covered: [role, new_role]}
    message: Nobody hands out more.
standard_roles:
  - {id: owner, grants: [{permission: '*', scope: all}]}
  - {id: clerk, grants: [{permission: hand, scope: all}, {permission: see, scope: all}]}
  - {id: saver, grants: [{permission: save, scope: own}]}
";
const TENANT: &str = "{tenant: acme, product: desk, teams: [east, west]}";
const PEOPLE: &str = "users:
- {id: ann, roles: [owner]}
- {id: bob, roles: [clerk]}
";

fn world(catalog: &str, tenant: &str, people: &str) -> Authorizer {
    let built = common::build(catalog, tenant, people, &FamilySet::default());
    let authorizer = Authorizer::new(100);
    authorizer.install(built.map_err(|found| found.to_string()).unwrap());
    authorizer
}

type Sent<'a> = &'a [(&'a str, Value<'a>)];

fn said(authorizer: &Authorizer, who: &str, action: &str, kind: &str, sent: Sent<'_>) -> String {
    let attributes: Attributes<'_> = sent.iter().cloned().collect();
    let request = Request {
        subject: who,
        action,
        resource: Resource { kind, id: Some("r1"), attributes: &attributes },
        context: EMPTY,
        asserted: Asserted::NONE,
        now: 1_000,
    };
    let decision = common::both(authorizer, &request).0;
    let detail = decision.reason.detail().map(|detail| format!(" {detail}"));
    match decision.is_allow() {
        true => "allow".to_owned(),
        false => decision.reason.code().to_owned() + detail.as_deref().unwrap_or_default(),
    }
}

#[test]
fn a_permission_wants_to_be_told_what_its_kind_declares() {
    let desk = world(CATALOG, TENANT, PEOPLE);
    let no = Value::Bool(false);
    let ask = |action, kind, sent: Sent<'_>| said(&desk, "ann", action, kind, sent);
    let both = [("initial", no.clone()), ("final", no.clone())];
    assert_eq!(ask("save", "stage", &both), "allow");
    for sent in [&both[..1], &[("initial", no.clone()), ("final", Value::Null)]] {
        assert_eq!(ask("save", "stage", sent), "missing-attribute resource.final");
    }
    assert_eq!(ask("save", "stage", &both[1..]), "missing-attribute resource.initial");
    assert_eq!(ask("save", "stage", &[("intial", no.clone()), both[1].clone()]), {
        "missing-attribute resource.initial"
    });
    assert_eq!(ask("save", "file", &[]), "missing-attribute resource.final");
    assert_eq!(ask("save", "file", &both[1..]), "allow", "a file has no `initial`");
    assert_eq!(ask("save", "workspace", &[]), "allow", "none of it is about a workspace");
    assert_eq!(ask("see", "stage", &[]), "allow", "another permission asks for nothing");
    let within = Value::Map([("first", no.clone())].into_iter().collect());
    assert_eq!(ask("publish", "stage", &[]), "missing-attribute resource.page.first");
    assert_eq!(ask("publish", "stage", &[("page", within)]), "allow");
    assert_eq!(ask("publish", "stage", &[("page.first", no)]), "allow");
}

#[test]
fn what_no_kind_of_a_permission_has_cannot_be_required() {
    let refused = |from: &str, to: &str| {
        let catalog = CATALOG.replacen(from, to, 1);
        assert_ne!(catalog, CATALOG);
        let built = common::build(&catalog, TENANT, PEOPLE, &FamilySet::default());
        built.map(drop).expect_err(to).to_string()
    };
    let said = refused("required: [initial, final]", "required: [intial]");
    assert!(said.contains("did you mean `initial`?"), "{said}");
    let said = refused("required: [initial, final]", "kinds: [user], required: [final]");
    assert!(said.contains("declared of no kind that is asked about here"), "{said}");
    let said = refused("required: [initial, final]", "required: [final, final]");
    assert!(said.contains("`final` stands here twice"), "{said}");
    let said = refused("    kinds: any\n", "");
    assert!(said.contains("say which kinds of resources"), "{said}");
}

#[test]
fn whoever_names_no_role_could_hand_out_any() {
    let desk = world(CATALOG, TENANT, PEOPLE);
    let ask = |who, kind, sent: Sent<'_>| said(&desk, who, "hand", kind, sent);
    let role = |name, role: &'static str| [(name, Value::from(role))];
    assert_eq!(ask("bob", "user", &role("role", "clerk")), "allow");
    assert_eq!(ask("bob", "user", &role("new_role", "clerk")), "allow");
    assert_eq!(ask("bob", "user", &role("role", "saver")), "guard covered");
    for sent in [&[][..], &[("role", Value::Null)], &role("rolle", "owner")] {
        assert_eq!(ask("bob", "user", sent), "guard covered", "{sent:?}");
        assert_eq!(ask("ann", "user", sent), "allow", "an owner covers every role");
    }
    assert_eq!(ask("bob", "workspace", &[]), "allow", "a workspace names no role");
    assert_eq!(ask("bob", "workspace", &role("role", "owner")), "guard covered");
    // Another name of the kind does not make it one of the administration's.
    let open = CATALOG.replacen("{id: hand, required: []}", "{id: hand}", 1);
    let open =
        open.replace("    kinds: any\n", "").replacen("required: [initial, final]", "label: x", 1);
    let open = open.replacen(", required: [page.first]", "", 1);
    let open = world(&open, TENANT, PEOPLE);
    assert_eq!(said(&open, "bob", "hand", "permesso", &[]), "guard covered");
    // Of more than can be looked at nobody is known to hold all.
    let grants = "{permission: see, scope: all, teams: [east]}, ".repeat(4_097);
    let many = format!(
        "{{tenant: acme, product: desk, teams: [east, west], roles: [{{id: many, grants: [{grants}]}}]}}"
    );
    let many = world(CATALOG, &many, PEOPLE);
    assert_eq!(said(&many, "ann", "hand", "user", &[]), "guard covered");
    assert_eq!(said(&many, "ann", "hand", "user", &role("role", "many")), "allow");
    // What is granted within limits, and by a role that the tenant made, counts as well.
    let tenant = "{tenant: acme, product: desk, teams: [east, west], roles: [\
                  {id: eastern, grants: [{permission: save, scope: own, teams: [east]}]}]}";
    let only_clerks =
        CATALOG.replace("  - {id: saver", "  - {id: unheard_of, grants: []}\n  - {id: saver");
    let limited = world(&only_clerks, tenant, PEOPLE);
    assert_eq!(said(&limited, "bob", "hand", "user", &[]), "guard covered");
    assert_eq!(said(&limited, "ann", "hand", "user", &[]), "allow");
}

#[test]
fn a_toggle_that_takes_away_is_nothing_more_to_hand_out() {
    let catalog = CATALOG.replace(
        "  - {id: owner, grants: [{permission: '*', scope: all}]}\n",
        "  - {id: owner, grants: [{permission: mute, scope: all}]}\n",
    );
    let catalog =
        catalog.replace("  - {id: saver, grants: [{permission: save, scope: own}]}\n", "");
    let desk = world(&catalog, TENANT, PEOPLE);
    assert_eq!(said(&desk, "bob", "hand", "user", &[]), "allow");
}

#[test]
fn what_was_wrong_with_a_user_before_does_not_keep_an_edit_from_closing() {
    let built = common::build(CATALOG, TENANT, PEOPLE, &FamilySet::default());
    let served = built.map_err(|found| found.to_string()).unwrap();
    let user = |said: &str| {
        let people = load::directory("people.yaml", &format!("users: [{{id: ann, {said}}}]"));
        people.unwrap().value.users.remove(0)
    };
    let check = |before: &str, after: &str| {
        let after = Source::new("people.yaml", user(after));
        check_user(&served, Some(&user(before)), &after).map_err(|found| found.to_string())
    };
    let before = "roles: [gone, owner], teams: [north], attributes: {region: south}";
    let deactivated = format!("{before}, status: inactive");
    check(before, &deactivated).unwrap();
    check(before, "roles: [gone], attributes: {region: south}").unwrap();
    for (more, told) in [
        ("roles: [gone, owner, other]", "unknown role `other`"),
        ("roles: [owner], teams: [north, south]", "unknown team `south`"),
        ("roles: [owner], attributes: {region: south, zone: 3}", "`zone` is no attribute"),
    ] {
        let found = check(before, more).unwrap_err();
        assert!(found.contains(told) && !found.contains("gone"), "{found}");
    }
    // Whoever was deleted may name what is gone, and does not come back with it.
    check("roles: [owner], status: deleted", "roles: [gone], status: deleted").unwrap();
    let found = check("roles: [gone], status: deleted", "roles: [gone]").unwrap_err();
    assert!(found.contains("unknown role `gone`"), "{found}");
}

#[test]
fn what_is_required_of_every_kind_is_not_asked_of_the_administration() {
    let catalog = "
product: desk
version: 1.0.0
attributes: {resource.locked: {type: boolean, required: true}}
resource_kinds: {ticket: {}}
categories: [{id: tickets, kinds: [ticket], permissions: [{id: ticket.read}]}]
standard_roles: [{id: owner, grants: [{permission: '*', scope: all}]}]
";
    let catalog = with_administration(load::catalog("product.yaml", catalog).unwrap()).unwrap();
    let catalog = compile::catalog(catalog);
    let tenant = Arc::new(load::tenant("tenant.yaml", "{tenant: acme, product: desk}").unwrap());
    let people = load::directory("people.yaml", "users: [{id: ann, roles: [owner]}]").unwrap();
    let compiled = compile::compile(&Definition {
        catalog: &catalog,
        tenant: &tenant,
        people: PeopleFrom::Directory(&people),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    });
    let authorizer = Authorizer::new(10);
    authorizer.install(compiled.unwrap());
    let ask = |action, kind| said(&authorizer, "ann", action, kind, &[]);
    assert_eq!(ask("permesso.users.read", "permesso"), "allow");
    assert_eq!(ask("ticket.read", "ticket"), "missing-attribute resource.locked");
}

#[test]
fn a_path_that_others_read_as_another_one_could_lie_in_any_whole() {
    let catalog = "
product: desk
version: 1.0.0
resource_kinds:
  seg: {exclusive: [view]}
  part: {part_of: [{kind: seg, by: path}, {kind: seg, by: {attribute: in}}], attributes: {in: text}}
categories: [{id: all, kinds: [seg, part], permissions: [{id: see, exclusive: view}]}]
standard_roles:
  - {id: boss, grants: [{permission: '*', scope: all}]}
  - {id: clerk, grants: [{permission: see, scope: all}]}
";
    let tenant = "{tenant: acme, product: desk, programs: [\
                  {id: p, match: {roles: [clerk]}, gives: [{kind: seg, id: lux, access: view}]}]}";
    let desk = world(catalog, tenant, "users: [{id: bo, roles: [boss]}, {id: cl, roles: [clerk]}]");
    let see = |who: &str, id: &str, attributes: &Attributes<'_>| {
        let resource = Resource { kind: "part", id: Some(id), attributes };
        let (context, asserted) = (EMPTY, Asserted::NONE);
        let request = Request { subject: who, action: "see", resource, context, asserted, now: 0 };
        common::both(&desk, &request).0.is_allow()
    };
    let open: Attributes<'_> = [("in", Value::from("open"))].into_iter().collect();
    assert!(see("bo", "open/1", EMPTY) && see("cl", "lux/1", EMPTY) && see("bo", "1", &open));
    for astray in ["lux//1", "/lux/1", "./lux/1", "x/../lux/1", "lux/1/", ""] {
        assert!(!see("bo", astray, EMPTY) && !see("bo", astray, &open), "{astray}");
    }
    assert!(!see("bo", "lux/1", EMPTY) && !see("bo", "lux/1", &open) && !see("bo", "1", EMPTY));
}
