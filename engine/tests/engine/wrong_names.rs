//! Policies that can be known to be wrong when they are loaded: names that nobody has, attributes
//! of no kind in question, values that there never are, lists with nothing in them. Each would
//! load, say nothing, and open or close what its author did not mean.

use crate::common;
use permesso_engine::compile::FamilySet;

pub(crate) const CATALOG: &str = "
product: desk
version: 1.0.0
relations: [owner]
own_means: [owner]
attributes:
  resource.place: text
  subject.level: integer
  subject.grade: {type: text, one_of: [junior, senior]}
  subject.address.city: text
resource_kinds:
  ticket: {attributes: {state: {type: text, one_of: [open, closed]}, labels: {type: texts, one_of: [urgent, spam]}, amount: integer}}
  report: {exclusive: [view], attributes: {state: {type: text, one_of: [draft, sent]}, pages: integer}}
sharing: {by: [owner], contents: {note: {default: share}, body: {default: share}}}
categories:
  - id: tickets
    kinds: [ticket]
    permissions: [{id: ticket.read, content: {kind: note}}, {id: ticket.write, implies: [{permission: ticket.read}]}, {id: ticket.close}]
  - id: reports
    kinds: [report]
    permissions: [{id: report.read, exclusive: view, content: {kind: body}}, {id: report.write}]
  - {id: all, kinds: any, permissions: [{id: any.see}]}
guards:
  - {id: gate, on: [ticket.close], condition: GUARD, message: No.}
  - {id: door, on: [ticket.close], require: {REQUIRE}, message: No.}
standard_roles:
  - {id: agent, grants: [{permission: ticket.read, scope: all, condition: STANDARD}]}
";

pub(crate) const TENANT: &str = "
tenant: acme
product: desk
teams: [sales/east, support]
tags: [vip, night]
policies: [{id: extra, grants: [{permission: any.see, scope: all}]}]
roles:
  - {id: writer, grants: [{permission: report.write, scope: all}]}
";

pub(crate) const PEOPLE: &str = "users: [{id: ann, roles: [agent]}]";

/// What is said of a desk; nothing where it loads.
pub(crate) fn told(catalog: &str, tenant: &str, people: &str) -> String {
    let (tenant, people) = (format!("{TENANT}{tenant}"), people.to_owned());
    match common::build(catalog, &tenant, &people, &FamilySet::default()) {
        Ok(_) => String::new(),
        Err(found) => found.to_string(),
    }
}

/// The catalog with these in place of what it demands.
pub(crate) fn catalog(guard: &str, require: &str, standard: &str) -> String {
    CATALOG.replace("GUARD", guard).replace("REQUIRE", require).replace("STANDARD", standard)
}

pub(crate) fn sound() -> String {
    catalog("subject.level > 1", "resource.amount: 1", "subject.level > 1")
}

/// What is said of a grant of a role of the tenant.
pub(crate) fn of_grant(grant: &str) -> String {
    let tenant =
        TENANT.replace("roles:\n", &format!("roles:\n  - {{id: tried, grants: [{{{grant}}}]}}\n"));
    match common::build(&sound(), &tenant, PEOPLE, &FamilySet::default()) {
        Ok(_) => String::new(),
        Err(found) => found.to_string(),
    }
}

/// Each of these is refused, with what is expected in what is said.
pub(crate) fn refused(rows: &[(&str, &[&str])], told: impl Fn(&str) -> String) {
    for (written, expected) in rows {
        let said = told(written);
        for expected in *expected {
            assert!(said.contains(expected), "{written}: {expected}: {said}");
        }
        assert!(!said.is_empty(), "{written}");
    }
}

pub(crate) fn taken(rows: &[&str], told: impl Fn(&str) -> String) {
    for written in rows {
        assert_eq!(told(written), "", "{written}");
    }
}

#[test]
fn what_a_guards_condition_names_has_to_be_the_tenants() {
    let told = |condition: &str| {
        told(&catalog(condition, "resource.amount: 1", "subject.level > 1"), "", PEOPLE)
    };
    refused(
        &[
            (
                "'has_role(\"wrietr\")'",
                &["product.yaml", "guards.gate.condition", "the role `wrietr`", "`writer`"],
            ),
            ("'!has_role(\"wrietr\")'", &["the role `wrietr`", "`writer`"]),
            ("'\"wrietr\" in subject.roles'", &["`writer`"]),
            ("'overlaps(subject.roles, [\"agent\", \"wrietr\"])'", &["`writer`"]),
            ("'has_tag(\"nihgt\")'", &["the tag `nihgt`", "`night`"]),
            ("'in_team(\"suport\")'", &["the team `suport`", "`support`"]),
            ("'\"suport\" in subject.teams'", &["`support`"]),
            ("'\"extar\" in subject.policies'", &["the policy `extar`", "`extra`"]),
            ("'\"suport\" in resource.team'", &["the team `suport`", "`support`"]),
        ],
        told,
    );
    taken(
        &[
            "'has_role(\"writer\") || has_role(\"agent\")'",
            "'has_tag(\"vip\") && in_team(\"sales\") && \"extra\" in subject.policies'",
            "'\"sales/east\" in resource.team'",
        ],
        told,
    );
}

#[test]
fn what_a_catalogs_predicates_and_standard_roles_name_has_to_be_the_tenants() {
    let require = |require: &str| {
        told(&catalog("subject.level > 1", require, "subject.level > 1"), "", PEOPLE)
    };
    refused(
        &[
            ("resource.team: suport", &["guards.door.require", "the team `suport`", "`support`"]),
            ("resource.team: {is_not: suport}", &["`support`"]),
            ("resource.team: {in: [support, suport]}", &["`support`"]),
            ("subject.roles: {is: [wrietr]}", &["the role `wrietr`", "`writer`"]),
            ("resource.state: opne", &["can never be", "`open`"]),
            ("resource.state: {is_not: opne}", &["`open`"]),
            ("resource.state: {in: [open, clsoed]}", &["`closed`"]),
            ("resource.labels: {is: [urgnet]}", &["`urgent`"]),
            ("resource.pages: 3", &["declared of no kind"]),
        ],
        require,
    );
    taken(&["resource.team: support", "resource.team: {is_not: sales/east}"], require);
    let standard = |condition: &str| {
        told(&catalog("subject.level > 1", "resource.amount: 1", condition), "", PEOPLE)
    };
    refused(
        &[
            (
                "'has_role(\"wrietr\")'",
                &["product.yaml", "standard_roles.agent.grants", "`writer`"],
            ),
            (
                "'resource.pages > 3'",
                &[
                    "product.yaml",
                    "standard_roles.agent",
                    "`resource.pages` is declared of no kind",
                ],
            ),
        ],
        standard,
    );
    taken(&["'has_role(\"writer\")'", "'resource.amount > 3'"], standard);
}

#[test]
fn a_condition_reads_what_some_kind_that_it_is_about_has() {
    refused(
        &[
            (
                "permission: ticket.read, scope: all, condition: 'resource.pages > 1'",
                &["roles.tried.grants.condition", "`resource.pages` is declared of no kind"],
            ),
            (
                "permission: ticket.write, scope: all, condition: 'is_set(resource.pages)'",
                &["no kind"],
            ),
            (
                "permission: ticket.write, scope: all, condition: '(resource.pages ?? 1) > 1'",
                &["no kind"],
            ),
            ("category: reports, scope: all, condition: 'resource.amount > 1'", &["no kind"]),
            (
                "permission: 'report.*', scope: all, condition: 'resource.state == \"open\"'",
                &["is never `open`", "draft, sent"],
            ),
            (
                "permissions: [report.read, report.write], scope: all, condition: 'resource.state != \"snet\"'",
                &["sent"],
            ),
        ],
        of_grant,
    );
    taken(
        &[
            "permission: ticket.read, scope: all, condition: 'resource.amount > 1'",
            // Of both kinds one has it: what predicates do.
            "permissions: [ticket.read, report.read], scope: all, condition: 'resource.pages > 1 && resource.state == \"open\"'",
            "permission: '*', scope: all, condition: 'resource.pages > 1'",
            "permission: any.see, scope: all, condition: 'resource.pages > 1'",
            "permission: ticket.read, scope: all, condition: 'resource.place == \"Rome\" && subject.id in resource.owner'",
        ],
        of_grant,
    );
    let everywhere = |condition: &str| {
        vec![
            told(&catalog(condition, "resource.amount: 1", "subject.level > 1"), "", PEOPLE),
            told(
                &sound(),
                &format!(
                    "sharing: {{policies: [{{id: s, content: [note], outcome: hide, condition: {condition}}}]}}"
                ),
                PEOPLE,
            ),
            told(
                &sound(),
                &format!(
                    "sharing: {{overrides: [{{id: s, content: [note], outcome: hide, for: {{condition: {condition}}}}}]}}"
                ),
                PEOPLE,
            ),
            told(
                &sound(),
                "",
                &format!("users: [{{id: u, roles: [{{role: agent, condition: {condition}}}]}}]"),
            ),
            told(
                &sound(),
                "",
                &format!(
                    "users: [{{id: u, grants: [{{permission: ticket.read, scope: all, condition: {condition}}}]}}]"
                ),
            ),
            told(
                &format!("{}baseline: [{{role: agent, condition: {condition}}}]\n", sound()),
                "",
                PEOPLE,
            ),
        ]
    };
    for said in everywhere("'resource.pages > 1'") {
        assert!(said.contains("`resource.pages` is declared of no kind"), "{said}");
    }
    for said in everywhere("'resource.amount > 1'") {
        assert_eq!(said, "");
    }
    let program = |condition: &str| {
        told(
            &sound(),
            &format!(
                "programs: [{{id: p, match: {{condition: {condition}}}, gives: [{{kind: report, id: r, access: view}}]}}]"
            ),
            PEOPLE,
        )
    };
    assert!(program("'resource.amount > 1'").contains("no kind"));
    assert_eq!(program("'resource.pages > 1'"), "");
    let team = |condition: &str| {
        let tenant = TENANT.replace(
            "support]",
            &format!("{{path: support, roles: [{{role: agent, condition: {condition}}}]}}]"),
        );
        match common::build(&sound(), &tenant, PEOPLE, &FamilySet::default()) {
            Ok(_) => String::new(),
            Err(found) => found.to_string(),
        }
    };
    assert!(team("'resource.pages > 1'").contains("teams.support.roles.condition"));
    assert_eq!(team("'resource.amount > 1'"), "");
}

#[test]
fn a_text_that_no_value_is_like_is_refused_in_every_form() {
    let of = |condition: &str| {
        of_grant(&format!("permission: ticket.read, scope: all, condition: '{condition}'"))
    };
    refused(
        &[
            ("resource.state == \"opne\"", &["`resource.state` is never `opne`", "open"]),
            ("\"clsoed\" != resource.state", &["closed"]),
            ("resource.state in [\"open\", \"clsoed\"]", &["closed"]),
            ("resource.state !in [\"open\", \"clsoed\"]", &["closed"]),
            ("resource.state in [\"open\", resource.place, \"clsoed\"]", &["closed"]),
            ("\"opne\" in [resource.state, resource.state]", &["open"]),
            ("contains(resource.state, \"opne\")", &["never holds `opne`", "open"]),
            ("starts_with(resource.state, \"opne\")", &["never begins with `opne`", "open"]),
            ("ends_with(resource.state, \"opne\")", &["never ends with `opne`", "open"]),
            ("lower(resource.state) == \"opne\"", &["open"]),
            ("starts_with(lower(resource.state), \"opne\")", &["open"]),
            ("lower(resource.state) in [\"opne\"]", &["open"]),
            ("(resource.state ?? \"opne\") == \"open\"", &["open"]),
            ("overlaps((resource.labels ?? [\"urgnet\"]), [\"spam\"])", &["urgent"]),
            ("\"urgnet\" in resource.labels", &["urgent"]),
            ("contains(resource.labels, \"urgnet\")", &["urgent"]),
            ("\"urgnet\" !in resource.labels", &["urgent"]),
            ("overlaps(resource.labels, [\"spam\", \"urgnet\"])", &["urgent"]),
            ("overlaps([\"spam\", \"urgnet\"], resource.labels)", &["urgent"]),
            ("overlaps(lower(resource.labels), [\"urgnet\"])", &["urgent"]),
            ("subject.grade == \"snior\"", &["senior"]),
            ("subject.status == \"actve\"", &["active"]),
            ("contains(subject.grade, \"sen.\")", &["never holds `sen.`"]),
            ("contains(subject.grade, \"x\")", &["junior, senior"]),
            ("resource.kind == \"tiket\"", &["ticket"]),
            ("starts_with(resource.kind, \"tik\")", &["never begins with"]),
        ],
        of,
    );
    taken(
        &[
            "contains(resource.state, \"pe\")",
            "starts_with(resource.state, \"cl\") || ends_with(resource.state, \"en\")",
            "lower(resource.state) == \"open\"",
            "resource.state in [resource.place, \"open\"]",
            "overlaps(resource.labels, [\"spam\"])",
            "resource.place == \"anything\" || starts_with(resource.place, \"x\")",
        ],
        of,
    );
}

#[test]
fn a_team_or_policy_that_a_condition_names_in_whatever_form_has_to_be_there() {
    let of = |condition: &str| {
        of_grant(&format!("permission: ticket.read, scope: all, condition: '{condition}'"))
    };
    refused(
        &[
            ("\"suport\" in resource.team", &["the team `suport`", "`support`"]),
            ("overlaps(resource.team, [\"support\", \"suport\"])", &["`support`"]),
            ("contains(resource.team, \"suport\")", &["`support`"]),
            ("overlaps(lower(resource.team), [\"suport\"])", &["`support`"]),
            ("\"extar\" in subject.policies", &["the policy `extar`", "`extra`"]),
            ("\"nihgt\" in subject.tags", &["`night`"]),
            ("in_team(\"support/\")", &["has an empty part"]),
            ("\"a//b\" in subject.teams", &["has an empty part"]),
        ],
        of,
    );
    taken(
        &[
            "\"support\" in resource.team || \"sales\" in resource.team",
            "\"extra\" in subject.policies",
        ],
        of,
    );
    // A team that is one text.
    let text = |condition: &str| {
        let catalog =
            sound().replace("resource.place: text", "resource.place: text\n  resource.team: text");
        let tenant = TENANT.replace("roles:\n", &format!("roles:\n  - {{id: tried, grants: [{{permission: ticket.read, scope: all, condition: '{condition}'}}]}}\n"));
        match common::build(&catalog, &tenant, PEOPLE, &FamilySet::default()) {
            Ok(_) => String::new(),
            Err(found) => found.to_string(),
        }
    };
    refused(
        &[
            ("resource.team == \"suport\"", &["`support`"]),
            ("\"suport\" != resource.team", &["`support`"]),
            ("resource.team in [\"suport\"]", &["`support`"]),
            ("starts_with(resource.team, \"suport\")", &["a team that begins with `suport`"]),
            ("contains(resource.team, \"eats\")", &["a team that holds `eats`"]),
        ],
        text,
    );
    taken(
        &[
            "resource.team != \"\"",
            "starts_with(resource.team, \"sales/\")",
            "contains(resource.team, \"east\")",
            "resource.team == \"sales\"",
        ],
        text,
    );
}

#[test]
fn what_is_said_of_a_user_has_to_be_declared_in_a_closed_catalog() {
    let of = |attributes: &str| {
        told(&sound(), "", &format!("users: [{{id: u, attributes: {{{attributes}}}}}]"))
    };
    refused(
        &[
            ("levl: 3", &["people.yaml", "users.u.attributes", "`levl`", "`level`"]),
            ("shoe: 41", &["`shoe`", "leave it out"]),
            ("address: {ctiy: Rome}", &["`address.ctiy`", "`address.city`"]),
            ("adress: {city: Rome}", &["`adress`"]),
            ("address.ctiy: Rome", &["`address.ctiy`"]),
            ("grade: snior", &["junior, senior"]),
        ],
        of,
    );
    taken(&["level: 3, grade: senior", "address: {city: Rome}", "address.city: Rome", ""], of);
    // An open catalog knows nothing of them.
    let open = "product: desk\nversion: 1.0.0\ncategories: []\n";
    let tenant = "{tenant: acme, product: desk}";
    assert!(
        common::build(open, tenant, "users: [{id: u, attributes: {x: 1}}]", &FamilySet::default())
            .is_ok()
    );
}
