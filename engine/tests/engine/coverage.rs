//! Coverage: everything that can be exercised is named until it was, each branch by itself.

use crate::common::{EMPTY, build};
use permesso_engine::Authorizer;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom};
use permesso_engine::coverage::{Branch, Coverage, LineKind, LineTally, Report};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use std::sync::Arc;

const CATALOG: &str = r#"
product: workshop
version: 1.0.0
relations: [maker]
own_means: [maker]
attributes: {resource.price: integer, resource.draft: boolean, subject.level: integer}
resource_kinds: {tool: {exclusive: [view]}}
sharing: {by: [maker], contents: {plan: {default: share, withhold: [notes]}}}
categories:
  - id: tools
    permissions:
      - {id: tool.view, exclusive: view}
      - {id: tool.use}
      - {id: tool.lend, reach: own}
  - id: plans
    permissions:
      - {id: plan.read, content: {kind: plan}}
      - {id: plan.sell, entitlement: shop}
  - id: limits
    permissions:
      - {id: limit.no_use, constraint: {forbids: [tool.use]}}
guards:
  - id: affordable
    on: [tool.lend]
    condition: resource.price <= 100
    message: too dear to lend
plans: {small: {}}
standard_roles:
  - {id: master, grants: [{permission: "*", scope: all}]}
  - {id: guest, grants: [{permission: tool.view, scope: all}]}
  - {id: helper, editable: true, grants: [{permission: tool.use, scope: all}]}
"#;

const TENANT: &str = r#"
tenant: acme
product: workshop
plan: small
teams: [north]
roles:
  - {id: helper, grants: [{permission: tool.view, scope: own}]}
  - id: smith
    policies: [reading]
    grants:
      - {category: tools, scope: below}
      - {permission: tool.use, scope: all, condition: resource.price < 50, valid_until: 1970-01-01T00:00:02Z}
  - id: novice
    grants:
      - {permission: tool.use, scope: all}
      - {permission: limit.no_use, scope: all}
policies:
  - {id: reading, grants: [{permission: plan.read, scope: all}]}
programs:
  - id: forge
    match: {condition: subject.level >= 3}
    gives: [{kind: tool, id: anvil, access: view}]
sharing:
  policies: [{id: drafts, outcome: hide, condition: resource.draft}]
  overrides: [{id: juniors, outcome: redact, for: {condition: subject.level < 3}}]
"#;

const PEOPLE: &str = r#"
users:
  - {id: mia, roles: [master], attributes: {level: 5}}
  - {id: sam, roles: [smith], attributes: {level: 1}}
  - {id: gil, roles: [guest], attributes: {level: 1}}
  - {id: hal, roles: [helper], attributes: {level: 1}}
  - {id: noa, roles: [novice]}
  - {id: off, roles: [guest], status: inactive}
  - id: pia
    grants: [{permission: tool.use, scope: all, exact_teams: [north]}]
"#;

struct Workshop {
    authorizer: Authorizer,
    coverage: Coverage,
}

impl Workshop {
    fn open() -> Self {
        let families = FamilySet::new();
        let authorizer = Authorizer::new(0);
        authorizer.install(build(CATALOG, TENANT, PEOPLE, &families).unwrap());
        let coverage = Coverage::new(&Definition {
            catalog: &compile::catalog(load::catalog("product.yaml", CATALOG).unwrap()),
            tenant: &Arc::new(load::tenant("tenant.yaml", TENANT).unwrap()),
            people: PeopleFrom::Directory(&load::directory("people.yaml", PEOPLE).unwrap()),
            families: &families,
            revision: 1,
            lenient: false,
            before: None,
        });
        Self { authorizer, coverage }
    }

    /// Asks, and answers with what is missing after that: the label and what it never did.
    fn ask(
        &mut self,
        subject: &str,
        action: &str,
        id: &str,
        attributes: &[(&str, Value<'_>)],
    ) -> Vec<String> {
        let attributes: Attributes<'_> = attributes.iter().cloned().collect();
        let resource = Resource { kind: "tool", id: Some(id), attributes: &attributes };
        let request = Request {
            subject,
            action,
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now: 1_000,
        };
        self.coverage.add(action, &self.authorizer.explain("acme", &request));
        missing(&self.coverage.report())
    }

    /// What one more question exercises.
    fn gains(
        &mut self,
        subject: &str,
        action: &str,
        id: &str,
        attributes: &[(&str, Value<'_>)],
    ) -> Vec<String> {
        let before = missing(&self.coverage.report());
        let after = self.ask(subject, action, id, attributes);
        assert!(after.iter().all(|line| before.contains(line)), "nothing is missing anew");
        before.into_iter().filter(|line| !after.contains(line)).collect()
    }
}

fn missing(report: &Report) -> Vec<String> {
    let lines = report.missing.iter();
    lines
        .flat_map(|missing| {
            missing.never.iter().map(|branch| format!("{}: {}", missing.label, branch.never()))
        })
        .collect()
}

fn tally(report: &Report, kind: LineKind) -> LineTally {
    *report.tallies.iter().find(|tally| tally.kind == kind).unwrap()
}

const PRICE: fn(i64) -> (&'static str, Value<'static>) = |price| ("price", Value::Int(price));

#[test]
fn everything_is_missing_before_the_first_question() {
    let workshop = Workshop::open();
    let report = workshop.coverage.report();
    let named: Vec<String> = report
        .missing
        .iter()
        .map(|missing| {
            let at = missing.place.at;
            format!("{}:{}:{}: {}", missing.file, at.line, at.column, missing.label)
        })
        .collect();
    insta::assert_snapshot!(named.join("\n"), @r"
    product.yaml:23:9: guard `affordable`
    product.yaml:25:16: condition of guard `affordable`
    product.yaml:29:40: role `master`: * at all
    product.yaml:30:39: role `guest`: tool.view at all
    tenant.yaml:7:40: role `helper`: tool.view at own
    tenant.yaml:11:20: role `smith`: category `tools` at below
    tenant.yaml:12:22: role `smith`: tool.use at all, for a time, on a condition
    tenant.yaml:12:55: condition of role `smith`: tool.use at all
    tenant.yaml:15:22: role `novice`: tool.use at all
    tenant.yaml:16:22: role `novice`: limit.no_use at all
    tenant.yaml:18:41: policy `reading`: plan.read at all
    tenant.yaml:20:9: program `forge`
    tenant.yaml:21:24: condition of the matchers of program `forge`
    tenant.yaml:24:19: sharing policy `drafts`
    tenant.yaml:24:53: condition of sharing policy `drafts`
    tenant.yaml:25:20: sharing override `juniors`
    tenant.yaml:25:63: condition of the matchers of sharing override `juniors`
    people.yaml:10:27: user `pia`: tool.use at all, in exactly north
    ");
    for missing in &report.missing {
        assert_eq!(missing.never, missing.kind.branches(), "{}", missing.label);
    }
    let totals = LineKind::ALL.map(|kind| tally(&report, kind).total);
    assert_eq!(totals, [9, 1, 5, 1, 2]);
    assert!(report.tallies.iter().all(|tally| tally.covered == 0 && tally.percent() == 0));
}

#[test]
fn a_standard_role_in_whose_place_the_tenant_put_its_own_has_no_lines() {
    let mut workshop = Workshop::open();
    let named = missing(&workshop.coverage.report());
    assert!(!named.iter().any(|line| line.starts_with("role `helper`: tool.use")));
    let gained = workshop.gains("hal", "tool.view", "saw", &[("maker", "hal".into())]);
    assert_eq!(gained, ["role `helper`: tool.view at own: never counted"]);
}

#[test]
fn a_grant_is_exercised_where_it_counts() {
    let mut workshop = Workshop::open();
    // Of another team.
    let south = [("team", "south".into())];
    assert_eq!(workshop.gains("pia", "tool.use", "saw", &south), [""; 0]);
    let north = [("team", "north".into())];
    let gained = workshop.gains("pia", "tool.use", "saw", &north);
    assert_eq!(gained, ["user `pia`: tool.use at all, in exactly north: never counted"]);
    // By way of a role.
    let gained = workshop.gains("mia", "tool.view", "saw", &[]);
    assert_eq!(gained, ["role `master`: * at all: never counted"]);
    assert_eq!(tally(&workshop.coverage.report(), LineKind::Grant).covered, 2);
}

#[test]
fn a_condition_has_two_branches_and_what_is_unknown_is_neither() {
    let mut workshop = Workshop::open();
    let grant = "role `smith`: tool.use at all";
    let unknown = workshop.gains("sam", "tool.use", "saw", &[]);
    assert_eq!(unknown, ["role `smith`: category `tools` at below: never counted"]);
    let dear = workshop.gains("sam", "tool.use", "saw", &[PRICE(80)]);
    assert_eq!(dear, [format!("condition of {grant}: never false")]);
    let cheap = workshop.gains("sam", "tool.use", "saw", &[PRICE(20)]);
    assert_eq!(
        cheap,
        [
            format!("{grant}, for a time, on a condition: never counted"),
            format!("condition of {grant}: never true"),
        ]
    );
    let conditions = tally(&workshop.coverage.report(), LineKind::Condition);
    assert_eq!((conditions.covered, conditions.partly), (1, 0));
}

#[test]
fn a_program_admits_and_keeps_out() {
    let mut workshop = Workshop::open();
    workshop.ask("mia", "tool.view", "saw", &[]);
    let gained = workshop.gains("mia", "tool.view", "anvil", &[]);
    assert_eq!(
        gained,
        [
            "program `forge`: never admitted anybody",
            "condition of the matchers of program `forge`: never true",
        ]
    );
    let programs = tally(&workshop.coverage.report(), LineKind::Program);
    assert_eq!((programs.covered, programs.partly, programs.percent()), (0, 1, 0));
    let gained = workshop.gains("gil", "tool.view", "anvil", &[]);
    assert_eq!(
        gained,
        [
            "role `guest`: tool.view at all: never counted",
            "program `forge`: never kept anybody out",
            "condition of the matchers of program `forge`: never false",
        ]
    );
    assert_eq!(tally(&workshop.coverage.report(), LineKind::Program).percent(), 100);
}

#[test]
fn a_guard_holds_and_fails() {
    let mut workshop = Workshop::open();
    let own = ("maker", Value::from("mia"));
    let gained = workshop.gains("mia", "tool.lend", "saw", &[own.clone(), PRICE(300)]);
    let failed =
        ["condition of guard `affordable`: never false", "guard `affordable`: never failed"];
    assert!(failed.iter().all(|line| gained.contains(&(*line).to_owned())), "{gained:?}");
    let gained = workshop.gains("mia", "tool.lend", "saw", &[own, PRICE(30)]);
    assert_eq!(
        gained,
        [
            "guard `affordable`: never held",
            "condition of guard `affordable`: never true",
            "role `master`: * at all: never counted",
        ]
    );
}

#[test]
fn a_sharing_rule_applies_and_does_not() {
    let mut workshop = Workshop::open();
    let gained = workshop.gains("sam", "plan.read", "p", &[("draft", false.into())]);
    assert_eq!(
        gained,
        [
            "policy `reading`: plan.read at all: never counted",
            "sharing policy `drafts`: never failed to apply",
            "condition of sharing policy `drafts`: never false",
            "sharing override `juniors`: never applied",
            "condition of the matchers of sharing override `juniors`: never true",
        ]
    );
    let gained = workshop.gains("mia", "plan.read", "p", &[("draft", true.into())]);
    assert_eq!(
        gained,
        [
            "role `master`: * at all: never counted",
            "sharing policy `drafts`: never applied",
            "condition of sharing policy `drafts`: never true",
            "sharing override `juniors`: never failed to apply",
            "condition of the matchers of sharing override `juniors`: never false",
        ]
    );
    assert_eq!(tally(&workshop.coverage.report(), LineKind::Sharing).covered, 2);
}

#[test]
fn what_comes_after_the_denial_is_not_exercised() {
    let mut workshop = Workshop::open();
    // Inactive: what the roles grant does not matter.
    assert_eq!(workshop.gains("off", "tool.view", "saw", &[]), [""; 0]);
    // Not in the plan.
    assert_eq!(workshop.gains("mia", "plan.sell", "p", &[]), [""; 0]);
    // Nothing grants it: whom the program admits does not matter.
    assert_eq!(workshop.gains("pia", "tool.view", "anvil", &[]), [""; 0]);
}

#[test]
fn to_ask_for_a_toggle_is_to_ask_whether_it_is_held() {
    let mut workshop = Workshop::open();
    let gained = workshop.gains("noa", "limit.no_use", "saw", &[]);
    assert_eq!(gained, ["role `novice`: limit.no_use at all: never counted"]);
}

#[test]
fn a_wide_grant_says_of_how_many_permissions_it_was_asked() {
    let mut workshop = Workshop::open();
    let wide = |workshop: &Workshop| -> Vec<(String, usize, usize)> {
        let wide = workshop.coverage.report().wide.into_iter();
        wide.map(|wide| (wide.label, wide.asked, wide.permissions)).collect()
    };
    // Neither gives a toggle, and nothing is lent below: that reach is own.
    let (all, tools) = ("role `master`: * at all", "role `smith`: category `tools` at below");
    assert_eq!(wide(&workshop), [(all.to_owned(), 0, 5), (tools.to_owned(), 0, 2)]);
    workshop.ask("mia", "tool.view", "saw", &[]);
    workshop.ask("mia", "tool.use", "saw", &[]);
    workshop.ask("mia", "tool.use", "axe", &[]);
    workshop.ask("sam", "tool.use", "axe", &[]);
    assert_eq!(wide(&workshop), [(all.to_owned(), 2, 5), (tools.to_owned(), 1, 2)]);
}

#[test]
fn documents_made_by_a_program_have_no_lines() {
    let families = FamilySet::new();
    let mut tenant = load::tenant("tenant.yaml", TENANT).unwrap();
    for role in &mut tenant.value.roles {
        for grant in &mut Arc::make_mut(role).grants {
            grant.permission = grant.permission.take().map(|name| name.into_inner().into());
            grant.category = None;
            grant.condition = None;
        }
    }
    let coverage = Coverage::new(&Definition {
        catalog: &compile::catalog(load::Source::default()),
        tenant: &Arc::new(tenant),
        people: PeopleFrom::Directory(&load::Source::default()),
        families: &families,
        revision: 1,
        lenient: true,
        before: None,
    });
    let report = coverage.report();
    let grants: Vec<_> =
        report.missing.iter().filter(|line| line.kind == LineKind::Grant).collect();
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].label, "policy `reading`: plan.read at all");
    assert_eq!(grants[0].never, [Branch::Counted]);
    assert_eq!(tally(&report, LineKind::Guard).percent(), 100, "of nothing nothing is missing");
}
