//! Whoever asks anonymously holds one role and nothing besides, whatever id the question bears.

use crate::common::{self, EMPTY};
use permesso_engine::compile::{Compiled, FamilySet};
use permesso_engine::decision::{Asserted, Decision, Request, Resource};
use permesso_engine::flip::flips;
use permesso_engine::inspect::{
    Circumstances, Proposal, RuleChange, Unasked, anonymous_rights, impact, what_can, who_can,
};
use permesso_engine::model::{Attributes, Scope, Value};
use permesso_engine::{decide_alone, explain_alone};

const CATALOG: &str = "
product: museum
version: 1.0.0
relations: [owner]
own_means: [owner]
attributes: {subject.device: {type: text, trusted: true}, resource.open: boolean, subject.grade: integer}
subject_types:
  ANONYMOUS
resource_kinds: {picture: {exclusive: [view]}}
sharing: {by: [owner], private: [{attribute: private}], contents: {note: {default: share}}}
categories:
  - id: pictures
    permissions:
      - {id: see}
      - {id: buy, baseline: all}
      - {id: draw}
      - {id: own_only, baseline: own}
      - {id: note, content: {kind: note}}
      - {id: enter, exclusive: view}
      - {id: leave}
      - {id: steal}
      - {id: touch}
guards:
  - {id: device, on: [leave], require: {subject.device: kiosk}, message: Use the kiosk.}
  - {id: nobody, on: [steal], condition: 'subject.id != \"thief\"', message: Thieves.}
  - {id: mine, on: [touch], require: {own: [owner]}, message: Not yours.}
standard_roles:
  - {id: visitor, parents: [guest], grants: [{permission: see, scope: all}, {permission: note, scope: all}, {permission: enter, scope: all}, {permission: leave, scope: all}, {permission: steal, scope: all}, {permission: touch, scope: all}]}
  - {id: guest}
  - {id: everybody, grants: [{permission: draw, scope: all}]}
  - {id: curator, grants: [{permission: '*', scope: all}]}
baseline: [everybody]
";
const TENANT: &str = "
tenant: uffizi
product: museum
teams: [{path: anonymous, roles: [curator]}]
programs: [{id: club, match: {roles: [visitor], teams: [anonymous], tags: [anonymous], condition: '!is_set(subject.grade)'}, gives: [{kind: picture, id: p, access: view}]}]
";
const PEOPLE: &str = "
users:
  - {id: ann, roles: [curator], attributes: {device: kiosk}}
  - {id: anonymous, roles: [curator], teams: [anonymous], tags: [anonymous]}
  - {id: bea, roles: [visitor]}
delegations: []
";

fn catalog(anonymous: &str) -> String {
    CATALOG.replace("ANONYMOUS", anonymous)
}

fn museum_of(catalog: &str, tenant: &str) -> Result<Compiled, String> {
    let none = FamilySet::default();
    common::build(catalog, tenant, PEOPLE, &none).map_err(|found| found.to_string())
}

fn museum() -> Compiled {
    museum_of(&catalog("anonymous: {role: visitor}"), TENANT).unwrap()
}

/// Asks silently and explained.
fn ask(
    museum: &Compiled,
    (kind, id): (&str, &str),
    action: &str,
    resource: Option<&str>,
    attributes: &[(&'static str, Value<'static>)],
) -> Decision {
    let attributes: Attributes<'_> = attributes.iter().cloned().collect();
    let device: Attributes<'_> = [("device", Value::from("kiosk"))].into_iter().collect();
    let request = Request {
        subject: id,
        action,
        resource: Resource { kind: "picture", id: resource, attributes: &attributes },
        context: EMPTY,
        asserted: Asserted { subject_type: kind, subject: &device, action: EMPTY },
        now: 0,
    };
    let decision = decide_alone(museum, &request);
    assert_eq!(explain_alone(museum, &request).decision.reason, decision.reason, "{action}");
    decision
}

#[test]
fn whoever_asks_anonymously_holds_the_role_and_nothing_that_users_have() {
    let museum = museum();
    let owned = |by: &'static str| vec![("owner", Value::from(by))];
    let private =
        |by: &'static str| vec![("owner", Value::from(by)), ("private", Value::Bool(true))];
    for id in ["anonymous", "ann", "", "bea", "nobody"] {
        let who = ("anonymous", id);
        for (action, attributes, code) in [
            ("see", vec![], "granted"),
            ("note", vec![], "granted"),
            // What every user has, by a permission and by a role.
            ("buy", vec![], "not-granted"),
            ("draw", vec![], "not-granted"),
            ("own_only", owned("ann"), "not-granted"),
            ("own_only", owned("anonymous"), "not-granted"),
            // Records of somebody who bears the same id are somebody's.
            ("note", private("ann"), "private"),
            ("note", private("anonymous"), "private"),
            ("note", private(""), "private"),
            ("touch", owned("ann"), "guard"),
            ("touch", owned("anonymous"), "guard"),
            // What a caller is trusted to say of the subject it says of this one.
            ("leave", vec![], "granted"),
            // It is not known who it is not.
            ("steal", vec![], "guard"),
        ] {
            let decision = ask(&museum, who, action, None, &attributes);
            assert_eq!(decision.reason.code(), code, "{id} {action} {attributes:?}");
        }
        // No program admits it, by whatever it has in common with members.
        assert_eq!(ask(&museum, who, "enter", Some("p"), &[]).reason.code(), "exclusive");
        assert_eq!(ask(&museum, who, "enter", Some("q"), &[]).reason.code(), "granted");
    }
}

#[test]
fn a_user_who_is_called_so_is_somebody_else() {
    let museum = museum();
    assert!(ask(&museum, ("user", "anonymous"), "draw", None, &[]).is_allow());
    assert!(ask(&museum, ("user", "anonymous"), "enter", Some("p"), &[]).is_allow());
    assert!(!ask(&museum, ("anonymous", "anonymous"), "draw", None, &[]).is_allow());
    assert!(!ask(&museum, ("user", ""), "see", None, &[]).is_allow());
    // Of a user who is looked at on the way a question about the anonymous says nothing.
    assert!(ask(&museum, ("user", "bea"), "leave", None, &[]).is_allow());
}

#[test]
fn a_catalog_that_knows_nobody_anonymous_denies() {
    let museum = museum_of(&catalog("service: {}"), TENANT).unwrap();
    for kind in ["anonymous", "anyone", "service"] {
        assert!(!ask(&museum, (kind, "anonymous"), "see", None, &[]).is_allow(), "{kind}");
    }
    let about = Circumstances {
        resource: Resource { kind: "picture", id: None, attributes: EMPTY },
        context: EMPTY,
        asserted: Asserted::NONE,
        now: 0,
    };
    assert!(who_can(&museum, "see", about, 10).unwrap().anybody().is_none());
    assert!(matches!(anonymous_rights(&museum, 0), Err(Unasked::Anonymous(_))));
}

#[test]
fn what_the_anonymous_may_is_shown_wherever_somebody_asks_who_may() {
    let museum = museum();
    let about = Circumstances {
        resource: Resource { kind: "picture", id: None, attributes: EMPTY },
        context: EMPTY,
        asserted: Asserted::NONE,
        now: 0,
    };
    let mut search = who_can(&museum, "see", about, 10).unwrap();
    let users: Vec<&str> = search.by_ref().map(|it| it.user).collect();
    assert_eq!(users, ["ann", "anonymous", "bea"]);
    assert!(search.tally().anonymous && search.anybody().is_some_and(|it| it.anonymous));
    assert!(who_can(&museum, "draw", about, 10).unwrap().anybody().is_none());
    let anonymous = Asserted { subject_type: "anonymous", ..Asserted::NONE };
    let about = Circumstances { asserted: anonymous, ..about };
    let only = who_can(&museum, "see", about, 10).unwrap();
    assert_eq!(only.tally().users, 0);
    let allowed = what_can(&museum, "ann", about).unwrap().filter(|it| it.decision.is_allow());
    let allowed: Vec<&str> = allowed.map(|it| it.permission).collect();
    assert_eq!(allowed, ["see", "note"]);
    let rights = anonymous_rights(&museum, 0).unwrap();
    assert_eq!(rights.roles, ["visitor"]);
    assert_eq!(rights.of("see").map(|it| it.scope), Some(Scope::ALL));
    assert!(rights.of("buy").is_none());
}

#[test]
fn no_edit_of_a_user_of_the_same_id_is_proposed() {
    let museum = museum();
    let request = |kind| Request {
        subject: "bea",
        action: "draw",
        resource: Resource { kind: "picture", id: None, attributes: EMPTY },
        context: EMPTY,
        asserted: Asserted { subject_type: kind, ..Asserted::NONE },
        now: 0,
    };
    assert!(flips(&museum, &request("anonymous"), 5).flips.is_empty());
    assert!(!flips(&museum, &request("user"), 5).flips.is_empty());
}

#[test]
fn an_edit_that_lets_everybody_in_is_told() {
    let before = museum();
    let edited =
        format!("{TENANT}roles: [{{id: visitor, grants: [{{permission: draw, scope: all}}]}}]\n");
    let catalog = catalog("anonymous: {role: visitor}")
        .replace("{id: visitor, ", "{id: visitor, editable: true, ");
    let after = museum_of(&catalog, &edited).unwrap();
    let proposal = Proposal {
        before: &before,
        after: &after,
        now: 0,
        acting: None,
        questions: &[],
        limit: 10,
    };
    let changes = impact(&proposal).unwrap();
    assert!(changes.rules().contains(&RuleChange::Anonymous("draw")), "{:?}", changes.rules());
    assert!(changes.rules().contains(&RuleChange::Anonymous("see")));
    assert!(!changes.rules().contains(&RuleChange::Anonymous("buy")));
}

#[test]
fn what_cannot_be_meant_of_the_anonymous_is_refused() {
    for (anonymous, told) in [
        ("anonymous: {}", "needs a role"),
        ("anonymous: {role: vistor}", "did you mean `visitor`?"),
        ("anonymous: {role: visitor, same_as: user}", "is nobody else"),
        ("service: {role: visitor}", "only `anonymous` has a role"),
    ] {
        let refused = museum_of(&catalog(anonymous), TENANT).unwrap_err();
        assert!(refused.contains(told), "{anonymous}: {refused}");
    }
    let whole = catalog("anonymous: {role: visitor}");
    for (was, is, told) in [
        ("{id: guest}", "{id: guest, grants: [{permission: draw, scope: own}]}", "`own` never"),
        ("{id: guest}", "{id: guest, grants: [{permission: draw, scope: team}]}", "`team` never"),
        ("{id: visitor, ", "{id: visitor, keeps_holder: true, ", "always has a holder"),
    ] {
        let refused = museum_of(&whole.replace(was, is), TENANT).unwrap_err();
        assert!(refused.contains(told), "{is}: {refused}");
    }
    // What a tenant makes of the roles is looked at likewise.
    for roles in [
        "roles: [{id: guest, grants: [{permission: draw, scope: own}]}]",
        "policies: [{id: more, grants: [{permission: draw, scope: own}]}]\nroles: [{id: guest, policies: [more]}]",
    ] {
        let refused = museum_of(&whole, &format!("{TENANT}{roles}\n")).unwrap_err();
        assert!(refused.contains("`own` never"), "{roles}: {refused}");
    }
    let people = "users: [{id: x, type: anonymous}]";
    let none = FamilySet::default();
    let refused = common::build(&whole, TENANT, people, &none).unwrap_err().to_string();
    assert!(refused.contains("nobody in a directory is anonymous"), "{refused}");
}

#[test]
fn whoever_asks_anonymously_never_administers() {
    for grant in [
        "{permission: permesso.keys.edit, scope: all}",
        "{category: permesso.administration, scope: all}",
        "{permission: 'permesso.*', scope: all}",
        "{permissions: [see, permesso.keys.edit], scope: all}",
    ] {
        let tenant = format!("{TENANT}roles: [{{id: visitor, grants: [{grant}]}}]\n");
        let refused = museum_of(&catalog("anonymous: {role: visitor}"), &tenant).unwrap_err();
        assert!(refused.contains("is of the administration"), "{grant}: {refused}");
    }
    let refused = museum_of(&catalog("anonymous: {role: permesso.platform}"), TENANT);
    assert!(refused.unwrap_err().contains("permesso.platform"));
}
