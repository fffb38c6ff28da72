//! How much of a record those see to whom it does not belong: private records, the three layers
//! and the three origins of a redaction.

use crate::common::{self, build, outcome};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::Stage;
use permesso_engine::family::Answer;
use permesso_engine::model::Value;
use std::sync::Arc;

const CATALOG: &str = "
product: crm
version: 1.0.0
relations: [owner, editors]
own_means: [owner]
attributes: {resource.amount: integer, resource.stage: text, subject.level: integer}
sharing:
  by: [owner]
  unnamed: close
  private:
    - {attribute: private}
    - {attribute: segment, is: [personal, home]}
  contents:
    contact: {default: share, withhold: [phone]}
    project: {default: hide}
    timeline:
      default: share
      withhold: [subject, body]
      redact: {viewer: limit.blur, sharer: limit.share_blurred, account: account_redacted}
    note: {default: hide, withhold: [text]}
    file: {default: redact, withhold: [bytes]}
categories:
  - id: all
    permissions:
      - {id: contact.view, baseline: all, content: {kind: contact}}
      - {id: project.view, baseline: all, content: {kind: project}}
      - {id: timeline.view, baseline: all, content: {kind: timeline}}
      - {id: timeline.read, baseline: all, content: {kind: timeline, redacted: deny}}
      - {id: note.view, baseline: all, content: {kind: note}}
      - {id: file.view, baseline: all, content: {kind: file}}
      - {id: list, baseline: all}
      - {id: limit.blur, constraint: {unless: {resource.stage: public}}}
      - {id: limit.share_blurred, constraint: {}}
";

const TENANT: &str = "
tenant: acme
product: crm
teams: [west, west/coast]
roles:
  - {id: partner}
  - {id: front_desk, grants: [{permission: limit.blur, scope: all}]}
  - {id: discreet, grants: [{permission: limit.share_blurred, scope: all}]}
";

const PEOPLE: &str = "
users:
  - {id: ann}
  - {id: bob, roles: [partner], teams: [west/coast], attributes: {level: 3}}
  - {id: fay, roles: [front_desk]}
  - {id: dis, roles: [discreet]}
";

/// The product with what a tenant shares.
fn with(sharing: &str) -> Authorizer {
    let tenant = format!("{TENANT}{sharing}");
    let authorizer = Authorizer::new(100);
    authorizer.install(build(CATALOG, &tenant, PEOPLE, &FamilySet::new()).unwrap());
    authorizer
}

/// `share`, `redact` with what is withheld, or the code of the denial.
fn seen(
    authorizer: &Authorizer,
    viewer: &str,
    action: &str,
    attributes: &[(&str, Value<'_>)],
) -> String {
    let attributes = attributes.iter().cloned().collect();
    let request = common::request(viewer, action, &attributes);
    let (decision, _) = common::both(authorizer, &request);
    match decision.obligations.as_slice() {
        _ if !decision.is_allow() => decision.reason.code().to_owned(),
        [] => "share".to_owned(),
        obliged => obliged
            .iter()
            .map(|it| format!("{} {} by {}", it.code, it.values.join(","), it.source))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

fn owned(by: &'static str) -> (&'static str, Value<'static>) {
    ("owner", by.into())
}

#[test]
fn a_record_shares_what_the_catalog_says_by_default() {
    let authorizer = with("");
    let of_ann = [owned("ann")];
    assert_eq!(seen(&authorizer, "bob", "contact.view", &of_ann), "share");
    assert_eq!(seen(&authorizer, "bob", "project.view", &of_ann), "hidden");
    assert_eq!(seen(&authorizer, "bob", "file.view", &of_ann), "redact bytes by sharing:file");
    assert_eq!(seen(&authorizer, "bob", "list", &of_ann), "share", "shows no content");
}

#[test]
fn the_tenants_default_takes_the_place_of_the_catalogs_and_the_records_choice_of_both() {
    let authorizer = with("sharing: {defaults: {note: share, contact: hide}}");
    assert_eq!(seen(&authorizer, "bob", "note.view", &[owned("ann")]), "share");
    assert_eq!(seen(&authorizer, "bob", "contact.view", &[owned("ann")]), "hidden");
    let chosen = |what: &'static str| [owned("ann"), ("sharing.note", what.into())];
    assert_eq!(seen(&authorizer, "bob", "note.view", &chosen("hide")), "hidden");
    assert_eq!(
        seen(&authorizer, "bob", "note.view", &chosen("redact")),
        "redact text by sharing:note"
    );
    let unset = [owned("ann"), ("sharing.note", Value::Null)];
    assert_eq!(seen(&authorizer, "bob", "note.view", &unset), "share");
}

#[test]
fn a_choice_that_nobody_understands_is_not_to_share() {
    let authorizer = with("");
    for choice in [Value::from("shared"), Value::Bool(true), Value::Int(1)] {
        let record = [owned("ann"), ("sharing.contact", choice)];
        assert_eq!(seen(&authorizer, "bob", "contact.view", &record), "hidden");
    }
}

#[test]
fn whose_the_record_is_sees_all_of_it_whatever_is_set() {
    let authorizer = with("sharing: {policies: [{id: closed, outcome: hide}]}");
    let mine = [owned("ann"), ("private", true.into()), ("account_redacted", true.into())];
    for action in ["contact.view", "timeline.read", "note.view", "file.view"] {
        assert_eq!(seen(&authorizer, "ann", action, &mine), "share", "{action}");
    }
    let edited = [owned("bob"), ("editors", "ann".into())];
    assert_eq!(seen(&authorizer, "ann", "contact.view", &edited), "hidden", "only `by` counts");
}

#[test]
fn a_private_record_is_opened_by_nothing() {
    let authorizer = with(
        "sharing:
  policies: [{id: all_shared, outcome: share}]
  overrides: [{id: open, outcome: share}]
",
    );
    for mark in [
        ("private", Value::Bool(true)),
        ("private", Value::from("no")),
        ("private", Value::Int(0)),
        ("segment", Value::from("personal")),
        ("segment", Value::List(vec!["work".into(), "home".into()])),
        ("segment", Value::Int(3)),
    ] {
        assert_eq!(seen(&authorizer, "bob", "contact.view", &[owned("ann"), mark]), "private");
    }
    for mark in [
        ("private", Value::Bool(false)),
        ("private", Value::Null),
        ("segment", Value::from("work")),
        ("segment", Value::Null),
    ] {
        assert_eq!(seen(&authorizer, "bob", "contact.view", &[owned("ann"), mark]), "share");
    }
    assert_eq!(seen(&authorizer, "bob", "contact.view", &[("private", true.into())]), "private");
}

#[test]
fn a_policy_beats_an_override_and_an_override_a_default() {
    let open = "overrides: [{id: open, content: [note], outcome: share}]";
    assert_eq!(
        seen(&with(&format!("sharing: {{{open}}}")), "bob", "note.view", &[owned("ann")]),
        "share"
    );
    let both =
        format!("sharing: {{policies: [{{id: no, content: [note], outcome: redact}}], {open}}}");
    assert_eq!(
        seen(&with(&both), "bob", "note.view", &[owned("ann")]),
        "redact text by sharing:note"
    );
    let gives_way = both.replace("outcome: redact", "outcome: redact, overridable: true");
    assert_eq!(seen(&with(&gives_way), "bob", "note.view", &[owned("ann")]), "share");
}

#[test]
fn a_policy_enforces_sharing_as_well_whatever_the_record_says() {
    let authorizer = with("sharing: {policies: [{id: auto, content: [note], outcome: share}]}");
    let hidden = [owned("ann"), ("sharing.note", "hide".into())];
    assert_eq!(seen(&authorizer, "bob", "note.view", &hidden), "share");
    assert_eq!(seen(&authorizer, "bob", "project.view", &[owned("ann")]), "hidden", "only notes");
}

#[test]
fn of_rules_in_one_layer_the_most_severe_counts() {
    let authorizer = with(
        "sharing:
  overrides:
    - {id: a, content: [contact], outcome: share}
    - {id: b, content: [contact], outcome: hide, for: {roles: [partner]}}
    - {id: c, content: [contact], outcome: redact}
",
    );
    assert_eq!(seen(&authorizer, "bob", "contact.view", &[owned("ann")]), "hidden");
    let fay = seen(&authorizer, "fay", "contact.view", &[owned("ann")]);
    assert_eq!(fay, "redact phone by sharing:contact");
}

#[test]
fn a_rule_is_for_whom_it_names() {
    let authorizer = with(
        "sharing:
  overrides:
    - {id: west, content: [note], outcome: share, for: {teams: [west]}}
    - {id: exactly, content: [project], outcome: share, for: {exact_teams: [west]}}
    - {id: senior, content: [file], outcome: share, for: {condition: subject.level >= 3}}
",
    );
    let of_ann = [owned("ann")];
    assert_eq!(seen(&authorizer, "bob", "note.view", &of_ann), "share");
    assert_eq!(seen(&authorizer, "dis", "note.view", &of_ann), "hidden");
    assert_eq!(seen(&authorizer, "bob", "project.view", &of_ann), "hidden", "below is not exactly");
    assert_eq!(seen(&authorizer, "bob", "file.view", &of_ann), "share");
    let unknown = seen(&authorizer, "dis", "file.view", &of_ann);
    assert_eq!(unknown, "redact bytes by sharing:file", "an unknown level opens nothing");
}

#[test]
fn an_override_that_cannot_be_known_closes_and_never_opens() {
    let rule = |outcome: &str| {
        with(&format!(
            "sharing: {{overrides: [{{id: big, outcome: {outcome}, condition: resource.amount > 9}}]}}"
        ))
    };
    let of_ann = [owned("ann")];
    let big = [owned("ann"), ("amount", Value::Int(10))];
    let ill_typed = [owned("ann"), ("amount", "10".into())];
    assert_eq!(seen(&rule("share"), "bob", "note.view", &big), "share");
    assert_eq!(seen(&rule("share"), "bob", "note.view", &of_ann), "hidden");
    assert_eq!(seen(&rule("share"), "bob", "note.view", &ill_typed), "hidden");
    assert_eq!(seen(&rule("hide"), "bob", "contact.view", &of_ann), "hidden");
    let redacted = "redact phone by sharing:contact";
    assert_eq!(seen(&rule("redact"), "bob", "contact.view", &ill_typed), redacted);
    // To redact what is hidden would be to open it.
    assert_eq!(seen(&rule("redact"), "bob", "note.view", &of_ann), "hidden");
    let small = [owned("ann"), ("amount", Value::Int(1))];
    assert_eq!(seen(&rule("hide"), "bob", "contact.view", &small), "share");
}

#[test]
fn each_origin_redacts_by_itself_and_nothing_lifts_it() {
    let authorizer = with(
        "sharing:
  policies: [{id: all_shared, outcome: share}]
  overrides: [{id: open, outcome: share}]
",
    );
    let redacted = "redact subject,body by sharing:timeline";
    let of_ann = [owned("ann")];
    assert_eq!(seen(&authorizer, "bob", "timeline.view", &of_ann), "share");
    assert_eq!(seen(&authorizer, "fay", "timeline.view", &of_ann), redacted, "the viewer");
    let of_dis = [owned("dis")];
    assert_eq!(seen(&authorizer, "bob", "timeline.view", &of_dis), redacted, "the sharer");
    let account = [owned("ann"), ("account_redacted", true.into())];
    assert_eq!(seen(&authorizer, "bob", "timeline.view", &account), redacted, "the account");
    assert_eq!(seen(&authorizer, "dis", "timeline.view", &of_ann), "share", "binds when sharing");
}

#[test]
fn what_a_permission_shows_alone_is_denied_where_it_is_redacted() {
    let authorizer = with("");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[owned("ann")]), "share");
    assert_eq!(seen(&authorizer, "fay", "timeline.read", &[owned("ann")]), "redacted");
    assert_eq!(outcome(&authorizer, "bob", "timeline.read", &[owned("dis")]), "redacted timeline");
}

#[test]
fn a_toggle_that_does_not_bind_here_does_not_redact_here() {
    let public = [owned("ann"), ("stage", "public".into())];
    assert_eq!(seen(&with(""), "fay", "timeline.read", &public), "share");
}

#[test]
fn an_account_says_so_with_anything_but_no() {
    let authorizer = with("");
    for (set, expected) in [
        (Value::Bool(false), "share"),
        (Value::Null, "share"),
        (Value::from("false"), "redacted"),
        (Value::Int(0), "redacted"),
    ] {
        let record = [owned("ann"), ("account_redacted", set)];
        assert_eq!(seen(&authorizer, "bob", "timeline.read", &record), expected);
    }
}

#[test]
fn a_sharer_of_whom_nothing_is_known_counts_as_redacting() {
    let authorizer = with("");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[owned("stranger")]), "redacted");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[]), "redacted", "nobody is named");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[("owner", Value::Null)]), "redacted");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[("owner", Value::Int(1))]), "redacted");
    let several = [("owner", Value::List(vec!["ann".into(), "dis".into()]))];
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &several), "redacted", "one is enough");
    let open = CATALOG.replace("unnamed: close", "unnamed: ignore");
    let authorizer = Authorizer::new(0);
    authorizer.install(build(&open, TENANT, PEOPLE, &FamilySet::new()).unwrap());
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[]), "share");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &[owned("stranger")]), "redacted");
}

#[test]
fn a_trace_tells_what_each_layer_says() {
    let authorizer = with(
        "sharing:
  policies: [{id: notes_stay, content: [note], outcome: hide}]
  overrides: [{id: open, outcome: share, condition: resource.amount > 9}]
",
    );
    let attributes = [owned("ann")].into_iter().collect();
    let explained = authorizer.explain("acme", &common::request("bob", "note.view", &attributes));
    let steps: Vec<_> = explained
        .trace
        .iter()
        .filter(|step| step.stage == Stage::Sharing)
        .map(|step| step.text.as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "note: hide, by default",
            "policy `notes_stay` (hide) applies",
            "override `open` (share) opens nothing, because whether it applies cannot be known: \
             `resource.amount` is missing; send it, or drop it from the condition",
            "the note is hidden",
        ]
    );
}

#[test]
fn what_a_sharer_holds_is_part_of_what_is_kept() {
    let governed = CATALOG.replace(
        "{id: timeline.read, baseline: all,",
        "{id: timeline.read, family: docs, baseline: all,",
    );
    let mut family = common::family(|_| Ok(Answer::ABSTAIN));
    let manifest = &mut Arc::get_mut(&mut family).unwrap().manifest;
    manifest.permissions = vec!["timeline.read".to_owned()];
    manifest.inputs.clear();
    manifest.floors.clear();
    let families = common::families(&family);
    let authorizer = Authorizer::new(100);
    authorizer.install(build(&governed, TENANT, PEOPLE, &families).unwrap());
    let of_ann = [owned("ann")];
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &of_ann), "share");
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &of_ann), "share");
    assert!(authorizer.cache_stats().hits > 0);
    // Ann begins to redact. Nothing of Bob's changed, and what was kept for him ends all the same.
    let discreet = PEOPLE.replace("{id: ann}", "{id: ann, roles: [discreet]}");
    let compiled = authorizer.tenant("acme").unwrap();
    authorizer.install(common::change(&compiled, &discreet, &["ann"]));
    assert_eq!(seen(&authorizer, "bob", "timeline.read", &of_ann), "redacted");
}

#[test]
fn what_sharing_cannot_mean_is_refused() {
    let refused = |catalog: &str, sharing: &str| {
        let tenant = format!("{TENANT}{sharing}");
        build(catalog, &tenant, PEOPLE, &FamilySet::new()).unwrap_err().to_string()
    };
    let catalog = |from: &str, to: &str| refused(&CATALOG.replace(from, to), "");
    insta::assert_snapshot!(catalog("by: [owner]", "by: [ownr]"), @r"
    product.yaml:8:8: sharing.by: unknown relation `ownr`
      help: did you mean `owner`?
    ");
    insta::assert_snapshot!(catalog("viewer: limit.blur", "viewer: list"), @r"
    product.yaml:19:24: sharing.contents.timeline.redact.viewer: `list` is no restricting toggle
      help: give it a `constraint`
    ");
    insta::assert_snapshot!(catalog("content: {kind: note}", "content: {kind: nota}"), @r"
    product.yaml:29:56: permissions.note.view.content: unknown kind of content `nota`
      help: did you mean `note`?
    ");
    insta::assert_snapshot!(refused(CATALOG, "sharing: {defaults: {notes: share}}"), @r"
    tenant.yaml: sharing.defaults: unknown kind of content `notes`
      help: did you mean `note`?
    ");
    insta::assert_snapshot!(refused(CATALOG, "sharing: {policies: [{id: a, outcome: hide, content: [fil]}, {id: a, outcome: hide}]}"), @r"
    tenant.yaml:9:55: sharing.policies.a.content: unknown kind of content `fil`
      help: did you mean `file`?
    tenant.yaml:9:67: sharing.policies.a: two sharing policies have this id
    ");
    insta::assert_snapshot!(refused(CATALOG, "sharing: {overrides: [{id: a, outcome: hide, overridable: true}]}"), @r"
    tenant.yaml:9:28: sharing.overrides.a.overridable: only a policy can be overridable
      help: overrides always give way to policies
    ");
    insta::assert_snapshot!(refused(CATALOG, "sharing: {overrides: [{id: a, outcome: hide, condition: resource.amout > 1}]}"), @r"
    tenant.yaml:9:57: sharing.overrides.a.condition: at 1:1 of the condition: unknown attribute `resource.amout`
      help: did you mean `resource.amount`?
    ");
    insta::assert_snapshot!(refused(CATALOG, "sharing: {overrides: [{id: a, outcome: hide, condition: resource.amount > 1, cases: [{name: small, inputs: {resource.amount: 1}, expect: true}]}]}"), @r"
    tenant.yaml:9:57: sharing.overrides.a.cases: case 1 (small) expects true, but the condition says false
      help: correct the condition or the case
    ");
}

#[test]
fn a_rule_may_ask_what_the_viewer_holds_and_one_that_cannot_be_known_is_the_narrower() {
    let blurs = "{id: front_desk, grants: [{permission: limit.blur, scope: all}]}";
    let sees = "{id: front_desk, grants: [{permission: files.all, scope: all, condition: resource.amount > 10}]}";
    let rule = |what: &str| {
        format!(
            "{}\nsharing:\n  policies:\n    - {{id: files, content: [contact], outcome: hide, {what}}}\n",
            TENANT.replace(blurs, sees)
        )
    };
    let catalog = CATALOG.replace("{id: list, baseline: all}", "{id: files.all}");
    let build = |what: &str| build(&catalog, &rule(what), PEOPLE, &FamilySet::new());
    let authorizer = Authorizer::new(100);
    authorizer.install(build("condition: '!subject.holds(\"files.all\")'").unwrap());
    for (viewer, amount, expected) in [
        ("ann", Some(20), "hidden"),
        ("fay", Some(20), "share"),
        ("fay", Some(5), "hidden"),
        ("fay", None, "hidden"),
    ] {
        let amount = amount.map(|amount: i64| ("amount", Value::Int(amount)));
        let attributes: Vec<_> = [owned("bob")].into_iter().chain(amount).collect();
        let said = seen(&authorizer, viewer, "contact.view", &attributes);
        assert_eq!(said, expected, "{viewer} {attributes:?}");
    }
    let refused = build("for: {condition: '!subject.holds(\"files.all\")'}").unwrap_err();
    assert!(refused.to_string().contains("these cannot ask for it"), "{refused}");
}
