//! What a user may do with a resource, and who may do something with it.

use super::*;
use insta::assert_snapshot;
use permesso_engine::decide_alone;
use permesso_engine::decision::Request;
use permesso_engine::inspect::{Unasked, UserDecision, what_can, who_can};
use permesso_engine::model::Value;

fn told(answer: &UserDecision<'_>, first: &str) -> String {
    let sources: Vec<String> = answer
        .sources
        .iter()
        .map(|it| format!("{} by {}{}", it.scope, giver(&it.giver), lines(&it.places)))
        .collect();
    let from = answer.delegated_by.map(|from| format!(" delegated by {from}")).unwrap_or_default();
    let text = format!("{first}: {} {}", answer.decision.reason.code(), sources.join(", "));
    format!("{}{from}", text.trim_end())
}

fn all(tenant: &Compiled, permission: &str, attributes: &Attributes<'_>) -> String {
    let search = who_can(tenant, permission, about("record", attributes), 1_000).unwrap();
    search.map(|answer| told(&answer, answer.user)).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_user_may_do_with_a_record_is_what_decisions_say() {
    let tenant = tenant();
    let attributes = [("author", Value::from("ann")), ("team", Value::from("north"))];
    let attributes: Attributes<'_> = attributes.into_iter().collect();
    let answers: Vec<String> = what_can(&tenant, "ann", about("record", &attributes))
        .unwrap()
        .map(|answer| told(&answer, answer.permission))
        .collect();
    assert_snapshot!(answers.join("\n"), @r#"
    record.view: granted all by role editor at tenant:9
    record.edit: granted team by role editor at tenant:13 tenant:6
    record.delete: not-granted
    record.export: plan
    record.sign: not-granted
    record.approve: not-granted
    record.oversee: not-granted
    timeline.read: granted all by role editor at tenant:9
    segment.open: granted all by baseline
    shelf.change: not-granted
    user.invite: guard
    user.accept: out-of-scope
    account.close: not-granted
    act.send: not-granted
    help.read: granted all by baseline
    "#);
}

#[test]
fn restricting_toggles_are_no_actions() {
    let tenant = tenant();
    let mut answers = what_can(&tenant, "admin", about("record", EMPTY)).unwrap();
    assert!(!answers.any(|answer| answer.permission.starts_with("limit.")));
}

#[test]
fn whoever_may_is_found_by_id_with_the_source_that_reaches_the_record() {
    let tenant = tenant();
    let north: Attributes<'_> = [("team", Value::from("north/coast"))].into_iter().collect();
    assert_snapshot!(all(&tenant, "record.view", &north), @r#"
    admin: granted all by role admin at catalog:48
    ann: granted all by role editor at tenant:9
    ben: granted all by role editor at tenant:9
    dora: granted all by role lead at tenant:16
    emil: granted all by role lead at tenant:16
    "#);
}

#[test]
fn a_delegation_is_told_where_nothing_else_reaches() {
    let tenant = tenant();
    let small: Attributes<'_> = [("amount", Value::Int(100))].into_iter().collect();
    assert_snapshot!(all(&tenant, "record.approve", &small), @r#"
    admin: granted all by role admin at catalog:48
    dora: granted all by role lead at tenant:18
    emil: granted all by role lead at tenant:18
    lena: granted delegated by dora
    "#);
    let large: Attributes<'_> = [("amount", Value::Int(101))].into_iter().collect();
    assert_snapshot!(all(&tenant, "record.approve", &large), @"admin: granted all by role admin at catalog:48");
}

#[test]
fn families_are_asked() {
    let tenant = build(CATALOG, TENANT, PEOPLE, &Default::default()).unwrap();
    let mut search = who_can(&tenant, "record.sign", about("record", EMPTY), 10).unwrap();
    assert_eq!(search.next(), None, "its family is not installed");
    assert_snapshot!(all(&super::tenant(), "record.sign", EMPTY), @r#"
    admin: granted all by role admin at catalog:48
    dora: granted all by role lead at tenant:19
    "#);
}

#[test]
fn a_list_that_was_cut_says_so_and_a_complete_one_does_not() {
    let tenant = tenant();
    let ask = |limit| {
        let mut search = who_can(&tenant, "help.read", about("record", EMPTY), limit).unwrap();
        let users: Vec<&str> = search.by_ref().map(|answer| answer.user).collect();
        (users, search.tally())
    };
    let (everybody, whole) = ask(1_000);
    assert_eq!((whole.users, whole.asked, whole.allowed, whole.cut), (15, 15, 13, false));
    assert!(everybody.is_sorted());
    let (exactly, tally) = ask(13);
    assert_eq!((exactly.as_slice(), tally.cut), (everybody.as_slice(), false));
    let (some, tally) = ask(4);
    assert_eq!(some.as_slice(), &everybody[..4]);
    assert_eq!((tally.asked, tally.allowed, tally.cut), (5, 5, true));
    let (none, tally) = ask(0);
    assert_eq!((none.len(), tally.cut), (0, true));
}

#[test]
fn who_may_is_whoever_the_engine_lets() {
    let tenant = tenant();
    let own: Attributes<'_> = [("owner", Value::from("hugo"))].into_iter().collect();
    for action in ["record.view", "record.delete", "user.accept", "help.read", "act.send"] {
        let about = about("record", &own);
        let found: Vec<&str> =
            who_can(&tenant, action, about, 100).unwrap().map(|answer| answer.user).collect();
        let everybody = who_can(&tenant, "help.read", about, 100).unwrap().map(|it| it.user);
        let asked = everybody.chain(["hugo", "ida"]).filter(|user| {
            let Circumstances { resource, context, asserted, now } = about;
            let request = Request { subject: user, action, resource, context, asserted, now };
            decide_alone(&tenant, &request).is_allow()
        });
        let mut asked: Vec<&str> = asked.collect();
        asked.sort_unstable();
        assert_eq!(found, asked, "{action}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_nearest_name() {
    let tenant = tenant();
    let unknown = what_can(&tenant, "dorra", about("record", EMPTY)).err().unwrap();
    assert_snapshot!(unknown, @"the directory of `acme` has no user `dorra`; did you mean `dora`?");
    let unknown = who_can(&tenant, "record.veiw", about("record", EMPTY), 1).err().unwrap();
    assert_snapshot!(unknown, @"the catalog of works has no permission `record.veiw`; did you mean `record.view`?");
    let toggle = who_can(&tenant, "limit.sso", about("record", EMPTY), 1).err().unwrap();
    assert_eq!(toggle, Unasked::Toggle("limit.sso".to_owned()));
    assert_snapshot!(toggle, @"`limit.sso` restricts those who hold it; ask about what it forbids instead");
}
