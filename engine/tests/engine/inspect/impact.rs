//! What an edit changes, before it is saved.

use super::*;
use insta::assert_snapshot;
use permesso_engine::compile::recompile_users;
use permesso_engine::decision::{Asserted, Request};
use permesso_engine::inspect::{Impact, Proposal, Reach, Unasked, UserImpact, Warning, impact};
use permesso_engine::model::{Status, Value};

fn proposal<'a>(before: &'a Compiled, after: &'a Compiled) -> Proposal<'a> {
    Proposal { before, after, now: NOW, acting: None, questions: &[], limit: 1_000 }
}

fn reaches(it: &Reach) -> String {
    let requires = required(&it.requires);
    format!("{}{}{requires}", reach(it.scope, &it.limited), of(&it.teams))
}

fn user(it: &UserImpact<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for right in &it.rights {
        let void = right.void.map(|it| format!(" ({})", void(&it))).unwrap_or_default();
        let (was, is) = (reaches(&right.before), reaches(&right.after));
        let shift = format!("{:?}", right.shift).to_lowercase();
        parts.push(format!("{shift} {} {was} > {is}{void}", right.permission));
    }
    for it in &it.delegated {
        let shift = format!("{:?}", it.shift).to_lowercase();
        parts.push(format!("{shift} {} delegated by {}", it.permission, it.from));
    }
    for it in &it.programs {
        parts.push(format!("program {} {} > {}", it.program, open(it.before), open(it.after)));
    }
    for it in &it.items {
        let everybody = if it.to_everybody { " to everybody" } else { "" };
        let (gate, was, is) = (it.gate, open(it.before), open(it.after));
        parts.push(format!("{} {} {:?} {was} > {is}{everybody}", gate.kind, gate.id, gate.access));
    }
    if !it.follows.is_empty() {
        parts.push(follows(&it.follows));
    }
    format!("{} ({:?}): {}", it.user, it.presence, parts.join("; "))
}

fn warning(it: &Warning<'_>) -> String {
    match it {
        Warning::SelfLockout { permission, shift } => format!("you: {permission} {shift:?}"),
        Warning::SelfShutOut(gate) => format!("you: {} {} {:?}", gate.kind, gate.id, gate.access),
        Warning::NobodyLeft { permission } => format!("nobody is left who holds {permission}"),
        Warning::OpensToEverybody(gate) => {
            format!("opens to everybody: {} {} {:?}", gate.kind, gate.id, gate.access)
        }
    }
}

fn told(impact: &mut Impact<'_>) -> String {
    let mut out: Vec<String> = Vec::new();
    for it in impact.touched() {
        let holders = it.holders.map(|count| format!(", held by {count}")).unwrap_or_default();
        out.push(format!("{} {} {:?}{holders}", it.what, it.id, it.how));
    }
    out.extend(impact.rules().iter().map(|rule| format!("rule {rule:?}")));
    for it in impact.exposed() {
        let how = if it.opens { "no longer exclusive" } else { "exclusive" };
        let gate = it.gate;
        out.push(format!("{} {} {:?} {how}: {}", gate.kind, gate.id, gate.access, it.users));
    }
    for flip in impact.flips() {
        let (was, is) = (&flip.before.reason, &flip.after.reason);
        let Request { subject, action, .. } = flip.request;
        out.push(format!("flips {subject} {action}: {} > {}", was.code(), is.code()));
    }
    for it in impact.follows() {
        let users = it.users.map(|users| format!(", by {users}")).unwrap_or_default();
        out.push(format!("{}{users}", follow(&it.follow)));
    }
    out.extend(impact.warnings().iter().map(warning));
    out.extend(impact.by_ref().map(|it| user(&it)));
    let totals = impact.totals();
    out.push(format!(
        "{} of {} affected, {} lose, {} gain{}",
        totals.affected,
        totals.users,
        totals.losing,
        totals.gaining,
        if impact.is_harmless() { ", harmless" } else { "" }
    ));
    out.join("\n")
}

/// The impact of replacing texts in the tenant and its people.
fn edit(edits: &[(&str, &str)]) -> String {
    let (before, after) = (tenant(), replaced(edits));
    told(&mut impact(&proposal(&before, &after)).unwrap())
}

fn replaced(edits: &[(&str, &str)]) -> Compiled {
    let mut texts = [CATALOG, TENANT, PEOPLE].map(str::to_owned);
    for (old, new) in edits {
        let text = texts.iter_mut().find(|text| text.contains(old));
        let text = text.unwrap_or_else(|| panic!("no document holds {old}"));
        *text = text.replace(old, new);
    }
    let [catalog, tenant, people] = &texts;
    edited(catalog, tenant, people)
}

#[test]
fn an_edit_of_nothing_changes_nothing() {
    assert_snapshot!(edit(&[]), @"0 of 15 affected, 0 lose, 0 gain, harmless");
}

#[test]
fn a_narrowed_role_concerns_its_holders() {
    assert_snapshot!(edit(&[("{permission: record.edit, scope: team}", "{permission: record.edit, scope: own}")]), @r#"
    role editor Changed, held by 2
    ann (Stays): narrowed record.edit team of north > own
    1 of 15 affected, 1 lose, 0 gain
    "#);
}

#[test]
fn what_requires_a_lost_permission_is_lost_with_it() {
    assert_snapshot!(edit(&[("{permission: record.view, scope: all}, {permission: timeline", "{permission: timeline")]), @r#"
    role viewer Changed, held by 2
    role editor Changed, held by 2
    ann (Stays): lost record.view all > none; lost record.edit team of north > none (without record.view)
    ben (Stays): lost record.view all > none
    2 of 15 affected, 2 lose, 0 gain
    "#);
}

#[test]
fn a_parent_and_a_policy_reach_through_the_roles_that_have_them() {
    assert_snapshot!(edit(&[("parents: [viewer]", "parents: []")]), @r#"
    role editor Changed, held by 2
    ann (Stays): lost record.view all > none; lost record.edit team of north > none (without record.view); lost timeline.read all > none
    ben (Stays): lost record.view all > none; lost timeline.read all > none
    2 of 15 affected, 2 lose, 0 gain
    "#);
    assert_snapshot!(edit(&[("{id: drafting, grants: [{permission: record.edit, scope: own}]}", "{id: drafting, grants: [{permission: record.edit, scope: all}]}")]), @r#"
    role editor Changed, held by 2
    policy drafting Changed
    ann (Stays): widened record.edit team of north > all
    1 of 15 affected, 0 lose, 1 gain, harmless
    "#);
}

#[test]
fn limits_are_compared_by_what_they_leave() {
    assert_snapshot!(edit(&[("teams: [north]}\n      - {permission: record.delete", "teams: [north/coast]}\n      - {permission: record.delete")]), @r#"
    role lead Changed, held by 2
    dora (Stays): narrowed record.view all in north > all in north/coast
    emil (Stays): narrowed record.view all in north > all in north/coast
    2 of 15 affected, 2 lose, 0 gain
    "#);
    assert_snapshot!(edit(&[("valid_until: 1970-01-01T00:00:05Z", "valid_until: 1970-01-01T00:00:06Z"), ("resource.amount <= 100", "resource.amount <= 90")]), @r#"
    role lead Changed, held by 2
    dora (Stays): widened record.delete all in exactly south until 5000 > all in exactly south until 6000; moved record.approve all if resource.amount <= 100 > all if resource.amount <= 90
    emil (Stays): widened record.delete all in exactly south until 5000 > all in exactly south until 6000; moved record.approve all if resource.amount <= 100 > all if resource.amount <= 90
    lena (Stays): moved record.approve delegated by dora
    3 of 15 affected, 3 lose, 3 gain
    "#);
}

#[test]
fn a_toggle_that_is_gained_is_a_loss() {
    assert_snapshot!(edit(&[("{id: capped, grants: [{permission: limit.read_only, scope: all}]}", "{id: capped, grants: [{permission: limit.blur, scope: all}]}")]), @r#"
    role capped Changed, held by 1
    toggle limit.blur at catalog:41 reads subject.holds.limit.blur: perhaps record.view timeline.read, by 1
    ben (Stays): gained record.edit none > team; lost limit.read_only all > none; gained limit.blur none > all; toggle limit.blur at catalog:41 reads subject.holds.limit.blur: perhaps record.view timeline.read
    1 of 15 affected, 1 lose, 1 gain
    "#);
}

#[test]
fn rights_that_users_change_by_themselves() {
    assert_snapshot!(edit(&[
        ("{id: ann, roles: [editor]", "{id: ann, roles: [viewer]"),
        ("{id: cleo, roles: [clerk], rights: {add: [record.delete], remove: [record.oversee]}}", "{id: cleo, roles: [clerk]}"),
        ("{id: ida, roles: [viewer], status: inactive}", "{id: ida, roles: [viewer]}"),
        ("{id: hugo, roles: [viewer], invitation: pending}", "{id: hugo, roles: [viewer]}"),
        ("{id: owner, owner: true}", "{id: owner}"),
        ("  - {id: gus, roles: [early, past, blurred]}\n", ""),
        ("  - {id: max}", "  - {id: max}\n  - {id: new, roles: [lead], tags: [steps]}"),
        ("level: 1", "level: 3"),
    ]), @r#"
    nobody is left who holds account.close
    ann (Stays): lost record.edit team of north > none
    cleo (Stays): widened record.view team > branch; lost record.delete own > none; gained record.oversee none > own
    emil (Stays): gained record.sign none > all; program archive no > yes; book atlas View no > depends; shelf rare View no > yes; shelf rare Edit no > yes
    gus (Leaves): lost record.view all from 2000 until 3000 > none; lost segment.open all > none; lost user.accept own > none; lost help.read all > none; program big depends > no; segment silver View depends > no
    hugo (Stays): gained record.view none > all; gained timeline.read none > all; gained segment.open none > all; gained help.read none > all
    ida (Stays): gained record.view none > all; gained timeline.read none > all; gained segment.open none > all; gained user.accept none > own; gained help.read none > all; program big no > depends; segment silver View no > depends
    new (Joins): gained record.view none > all in north; gained record.delete none > all in exactly south until 5000; gained record.approve none > all if resource.amount <= 100; gained segment.open none > all; gained user.accept none > own; gained help.read none > all; program luxury no > yes; program luxury_steps no > yes; program big no > depends; segment gold View no > yes; segment silver View no > depends; steps gold View no > yes
    owner (Stays): lost account.close all > none
    8 of 16 affected, 4 lose, 5 gain
    "#);
}

#[test]
fn who_acts_for_somebody_loses_what_they_lose() {
    assert_snapshot!(edit(&[("{permission: record.approve, scope: all, condition: resource.amount <= 100}", "{permission: record.approve, scope: own}")]), @r#"
    role lead Changed, held by 2
    dora (Stays): moved record.approve all if resource.amount <= 100 > own
    emil (Stays): moved record.approve all if resource.amount <= 100 > own
    lena (Stays): moved record.approve delegated by dora
    3 of 15 affected, 3 lose, 3 gain
    "#);
    assert_snapshot!(edit(&[("valid_until: 1970-01-01T00:00:09Z", "valid_until: 1970-01-01T00:00:08Z")]), @r#"
    lena (Stays): narrowed act.send delegated by dora
    1 of 15 affected, 1 lose, 0 gain
    "#);
}

#[test]
fn an_item_opens_to_everybody_when_the_last_program_that_names_it_goes() {
    let gone = ("gives: [{kind: steps, id: gold, access: view}]", "gives: []");
    assert_snapshot!(edit(&[gone]), @r#"
    program luxury_steps Changed
    steps gold View no longer exclusive: 3
    opens to everybody: steps gold View
    ann (Stays): steps gold View no > yes to everybody
    dora (Stays): steps gold View no > yes to everybody
    emil (Stays): steps gold View no > yes to everybody
    3 of 15 affected, 0 lose, 3 gain
    "#);
    let kept = ("closed:\n", "closed:\n  - {kind: steps, id: gold, access: view}\n");
    assert_snapshot!(edit(&[gone, kept]), @r#"
    program luxury_steps Changed
    steps gold Edit exclusive: 4
    ann (Stays): steps gold Edit yes > no
    ben (Stays): steps gold View yes > no; steps gold Edit yes > no
    dora (Stays): steps gold Edit yes > no
    emil (Stays): steps gold Edit yes > no
    4 of 15 affected, 4 lose, 0 gain
    "#);
}

#[test]
fn an_item_that_becomes_exclusive_closes_to_everybody_else() {
    assert_snapshot!(edit(&[("{kind: segment, id: silver", "{kind: segment, id: bronze")]), @r#"
    program big Changed
    segment bronze View exclusive: 14
    segment silver View no longer exclusive: 14
    opens to everybody: segment silver View
    admin (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    ann (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    ben (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    cleo (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    dora (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    emil (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    fay (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    gus (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    hugo (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    jon (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    kim (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    lena (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    max (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    owner (Stays): segment bronze View yes > depends; segment silver View depends > yes to everybody
    14 of 15 affected, 14 lose, 14 gain
    "#);
}

#[test]
fn a_changed_matcher_opens_what_the_program_gives_and_the_parts_of_it() {
    assert_snapshot!(edit(&[("{tags: [luxury], teams: [north], roles: [lead]}", "{tags: [steps], exact_teams: [north]}")]), @r#"
    program luxury Changed
    dora (Stays): program luxury yes > no; segment gold View yes > no
    emil (Stays): program luxury yes > no; segment gold View yes > no
    2 of 15 affected, 2 lose, 0 gain
    "#);
    assert_snapshot!(edit(&[("part_of: [{kind: segment, by: id}]", "part_of: []")]), @r#"
    rule Parts("steps")
    0 of 15 affected, 0 lose, 0 gain
    "#);
}

#[test]
fn rules_that_a_record_decides_on_are_told_as_they_are() {
    let sharing = "closed:\n";
    assert_snapshot!(edit(&[
        (sharing, "sharing:\n  defaults: {timeline: redact}\n  policies: [{id: hush, outcome: hide, for: {tags: [x]}}]\nclosed:\n"),
        ("on: [user.invite]", "on: [user.invite, record.delete]"),
        ("own_means: [owner], while", "own_means: [author], while"),
        ("values: [body]}]}}", "values: [subject]}]}}"),
        ("{id: record.sign, family: docs}", "{id: record.sign}"),
        ("{attribute: team}", "{attribute: team, unassigned: everybody}"),
    ]), @r#"
    rule Sharing("policy `hush`")
    rule Sharing("the default of `timeline`")
    rule Guard("covered")
    rule Own("user.accept")
    rule Obligations("record.view")
    rule Family("docs")
    rule Teams
    0 of 15 affected, 0 lose, 0 gain
    "#);
}

#[test]
fn a_plan_and_a_catalog_change_rights_for_everybody() {
    assert_snapshot!(edit(&[("plan: small", "plan: large")]), @r#"
    admin (Stays): gained record.export none > all
    jon (Stays): gained record.export none > all
    2 of 15 affected, 0 lose, 2 gain, harmless
    "#);
    assert_snapshot!(edit(&[("      - {id: help.read, baseline: all}\n", "      - {id: help.write, baseline: own}\n")]), @r#"
    role admin Changed, held by 1
    nobody is left who holds help.read
    admin (Stays): gained help.write none > all; lost help.read all > none
    ann (Stays): gained help.write none > own; lost help.read all > none
    ben (Stays): gained help.write none > own; lost help.read all > none
    cleo (Stays): gained help.write none > own; lost help.read all > none
    dora (Stays): gained help.write none > own; lost help.read all > none
    emil (Stays): gained help.write none > own; lost help.read all > none
    fay (Stays): gained help.write none > own; lost help.read all > none
    gus (Stays): gained help.write none > own; lost help.read all > none
    jon (Stays): gained help.write none > own; lost help.read all > none
    kim (Stays): gained help.write none > own; lost help.read all > none
    lena (Stays): gained help.write none > own; lost help.read all > none
    max (Stays): gained help.write none > own; lost help.read all > none
    owner (Stays): gained help.write none > own; lost help.read all > none
    13 of 15 affected, 13 lose, 13 gain
    "#);
}

#[test]
fn the_acting_user_is_told_what_they_lose_and_who_is_the_last() {
    let before = tenant();
    let after = replaced(&[
        (
            "{id: admin, grants: [{permission: \"*\", scope: all}]}",
            "{id: admin, grants: [{permission: record.view, scope: team}]}",
        ),
        (
            "{id: jon, grants: [{permission: record.export, scope: all}, {permission: user.invite, scope: all}]}",
            "{id: jon}",
        ),
    ]);
    let acting = Proposal { acting: Some("admin"), ..proposal(&before, &after) };
    assert_snapshot!(told(&mut impact(&acting).unwrap()), @r#"
    role admin Changed, held by 1
    you: record.edit Lost
    you: record.delete Lost
    you: record.sign Lost
    you: record.approve Lost
    you: record.oversee Lost
    you: timeline.read Lost
    you: shelf.change Lost
    you: user.invite Lost
    you: record.view Narrowed
    you: user.accept Narrowed
    nobody is left who holds record.oversee
    nobody is left who holds shelf.change
    nobody is left who holds user.invite
    admin (Stays): narrowed record.view all > team; lost record.edit all > none; lost record.delete all > none; lost record.sign all > none; lost record.approve all > none; lost record.oversee all > none; lost timeline.read all > none; lost shelf.change all > none; lost user.invite all > none; narrowed user.accept all > own
    jon (Stays): lost user.invite all > none
    2 of 15 affected, 2 lose, 0 gain
    "#);
    let unknown = Proposal { acting: Some("nobody"), ..proposal(&before, &after) };
    assert!(matches!(impact(&unknown), Err(Unasked::User { .. })));
}

#[test]
fn questions_whose_answers_flip_are_listed() {
    let before = tenant();
    let after = replaced(&[(
        "{permission: record.edit, scope: team}",
        "{permission: record.edit, scope: own}",
    )]);
    let north: Attributes<'_> = [("team", Value::from("north"))].into_iter().collect();
    let ask = |subject, action| {
        let resource = Resource { kind: "record", id: Some("r1"), attributes: &north };
        Request { subject, action, resource, context: EMPTY, asserted: Asserted::NONE, now: NOW }
    };
    let questions =
        [ask("ann", "record.view"), ask("ann", "record.edit"), ask("nobody", "record.edit")];
    let asked = Proposal { questions: &questions, ..proposal(&before, &after) };
    assert_snapshot!(told(&mut impact(&asked).unwrap()), @r#"
    role editor Changed, held by 2
    flips ann record.edit: granted > out-of-scope
    ann (Stays): narrowed record.edit team of north > own
    1 of 15 affected, 1 lose, 0 gain
    "#);
}

#[test]
fn a_bound_cuts_the_list_and_leaves_the_totals() {
    let (before, after) = (tenant(), replaced(&[("baseline: all, exclusive", "exclusive")]));
    let list = |limit| {
        let mut impact = impact(&Proposal { limit, ..proposal(&before, &after) }).unwrap();
        let users: Vec<String> = impact.by_ref().map(|it| it.user.to_owned()).collect();
        (users, impact.totals())
    };
    let (all, whole) = list(1_000);
    assert_eq!((whole.affected, whole.listed, whole.cut), (12, 12, false));
    for limit in 0..all.len() {
        let (some, totals) = list(limit);
        assert_eq!(some, all[..limit]);
        assert_eq!((totals.affected, totals.losing, totals.listed), (12, 12, limit));
        assert!(totals.cut);
    }
    assert!(!list(all.len()).1.cut);
}

#[test]
fn a_change_of_one_user_alone_is_compared_under_the_same_policy() {
    let before = tenant();
    let mut people = load::directory("people.yaml", PEOPLE).unwrap();
    let gone = people.value.users.iter_mut().find(|user| user.id.as_str() == "dora").unwrap();
    gone.status = Status::Inactive;
    let after = recompile_users(&before, &people, 8, &["dora"]).unwrap();
    assert_snapshot!(told(&mut impact(&proposal(&before, &after)).unwrap()), @r#"
    dora (Stays): lost record.view all in north > none (inactive); lost record.delete all in exactly south until 5000 > none (inactive); lost record.sign all > none (inactive); lost record.approve all if resource.amount <= 100 > none (inactive); lost segment.open all > none (inactive); lost user.accept own > none (inactive); lost help.read all > none (inactive); program luxury yes > no; program archive yes > no; program big depends > no; book atlas View depends > no; segment gold View yes > no; segment silver View depends > no; shelf rare View yes > no; shelf rare Edit yes > no
    lena (Stays): lost record.approve delegated by dora; lost act.send delegated by dora
    2 of 15 affected, 2 lose, 0 gain
    "#);
}

#[test]
fn a_user_who_changes_teams_reaches_other_records() {
    assert_snapshot!(edit(&[("{id: ann, roles: [editor], teams: [north]}", "{id: ann, roles: [editor], teams: [south]}")]), @r#"
    ann (Stays): moved record.edit team of north > team of south; program luxury yes > no; segment gold View yes > no
    1 of 15 affected, 1 lose, 1 gain
    "#);
    assert_snapshot!(edit(&[("{id: ann, roles: [editor], teams: [north]}", "{id: ann, roles: [editor], teams: [north, south]}")]), @r#"
    ann (Stays): widened record.edit team of north > team of north south
    1 of 15 affected, 0 lose, 1 gain, harmless
    "#);
}
