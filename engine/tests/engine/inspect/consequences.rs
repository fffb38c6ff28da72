//! What follows from single edits, and what is told of it.

use super::*;
use permesso_engine::decision::{Asserted, Request};
use permesso_engine::flip::flips;
use permesso_engine::inspect::{Impact, Proposal, Way, diff, impact};
use permesso_engine::model::Value;

const FILES: &str = "
product: files
version: 1.0.0
teams: {attribute: team}
relations: [owner]
own_means: [owner]
attributes: {resource.amount: integer, subject.level: integer}
sharing:
  by: [owner]
  unnamed: ignore
  contents:
    note: {default: share, withhold: [body], redact: {sharer: limit.quiet}}
categories:
  - id: files
    permissions:
      - {id: see}
      - {id: delete, requires: [see]}
      - {id: purge, requires: [delete]}
      - {id: manage, implies: [{permission: see}]}
      - {id: read, content: {kind: note}}
      - {id: sign}
      - {id: seal}
  - id: limits
    permissions:
      - {id: limit.freeze, constraint: {forbids: [seal], unless: {any: [{subject.holds.manage: true}, {resource.open: true}]}}}
      - {id: limit.quiet, constraint: {obliges: [{on: [seal], code: log}]}}
guards:
  - {id: senior, on: [sign], require: {any: [{subject.level: {at_least: 3}}, {resource.open: true}]}, message: only for seniors}
  - {id: grown, on: [seal], require: {subject.level: {at_least: 1}}, message: only for the grown}
";

const TENANT: &str = "
tenant: acme
product: files
teams: [north, south]
policies:
  - {id: deleting, grants: [{permission: delete, scope: all}]}
roles:
  - {id: viewer, adjustable: [files], grants: [{permission: see, scope: own}]}
  - {id: overseer, grants: [{permission: see, scope: all}]}
  - {id: local, grants: [{permission: see, scope: own}, {permission: see, scope: all, teams: [north]}]}
  - {id: manager, adjustable: [files], grants: [{permission: manage, scope: all}]}
  - {id: reader, grants: [{permission: read, scope: all}, {permission: sign, scope: all}, {permission: seal, scope: all}]}
  - {id: frozen, grants: [{permission: limit.freeze, scope: all}]}
  - {id: quiet, grants: [{permission: limit.quiet, scope: all}]}
sharing:
  policies:
    - {id: hush, outcome: hide, for: {tags: [guest], roles: [frozen]}, condition: resource.amount > 10}
";

fn files(people: &str) -> Compiled {
    edited_files(&[], people)
}

fn edited_files(edits: &[(&str, &str)], people: &str) -> Compiled {
    let mut texts = [FILES, TENANT].map(str::to_owned);
    for (old, new) in edits {
        let text = texts.iter_mut().find(|text| text.contains(old));
        let text = text.unwrap_or_else(|| panic!("no document holds {old}"));
        *text = text.replace(old, new);
    }
    let [catalog, tenant] = &texts;
    let people = format!("users: [{people}]");
    build(catalog, tenant, &people, &Default::default()).unwrap()
}

/// What is told of an edit, users first.
fn preview(before: &Compiled, after: &Compiled) -> String {
    let proposal = Proposal { before, after, now: NOW, acting: None, questions: &[], limit: 100 };
    let mut found: Impact<'_> = impact(&proposal).unwrap();
    let mut out = Vec::new();
    for it in found.by_ref() {
        let rights = it.rights.iter().map(|right| {
            let shift = format!("{:?}", right.shift).to_lowercase();
            let reach = |it: &permesso_engine::inspect::Reach| {
                format!("{}{}", reach(it.scope, &it.limited), required(&it.requires))
            };
            format!(
                "{shift} {} {} > {}",
                right.permission,
                reach(&right.before),
                reach(&right.after)
            )
        });
        let mut parts: Vec<String> = rights.collect();
        parts.extend(it.follows.listed.iter().map(follow));
        out.push(format!("{}: {}", it.user, parts.join("; ")));
    }
    out.extend(found.rules().iter().map(|rule| format!("rule {rule:?}")));
    let totals = found.totals();
    let harmless = if found.is_harmless() { ", harmless" } else { "" };
    out.push(format!("{} may follow for{harmless}", totals.following));
    out.join("\n")
}

/// The edit of a few users.
fn people_edit(before: &str, after: &str) -> String {
    preview(&files(before), &files(after))
}

/// What would flip a decision about somebody else's record.
fn flipping(tenant: &Compiled, user: &str, action: &str) -> Vec<String> {
    let attributes: Attributes<'_> =
        [("owner", Value::from("zoe")), ("amount", Value::Int(50))].into_iter().collect();
    let resource = Resource { kind: "file", id: Some("f1"), attributes: &attributes };
    let request = Request {
        subject: user,
        action,
        resource,
        context: EMPTY,
        asserted: Asserted::NONE,
        now: NOW,
    };
    let found = flips(tenant, &request, 50).flips;
    let text = |flip: permesso_engine::flip::Flip| {
        let edits: Vec<String> = flip.edits.iter().map(ToString::to_string).collect();
        let mut text = edits.join(" and ");
        for (word, names) in [("opens", &flip.opens), ("closes", &flip.closes)] {
            if !names.is_empty() {
                text += &format!("; {word} {}", names.join(", "));
            }
        }
        if !flip.follows.is_empty() {
            text += &format!("; {}", follows(&flip.follows));
        }
        text
    };
    found.into_iter().map(text).collect()
}

#[test]
fn a_grant_that_widens_a_prerequisite_opens_what_requires_it() {
    let tenant = files("{id: ann, roles: [viewer], policies: [deleting]}");
    let found = flipping(&tenant, "ann", "see");
    let role = "give the user the role `overseer`; opens delete".to_owned();
    assert!(found.contains(&role), "{found:#?}");
    let grant = "grant `see` to the user alone, at scope all; opens delete".to_owned();
    assert!(found.contains(&grant), "{found:#?}");
}

#[test]
fn a_prerequisite_that_is_taken_away_closes_what_requires_it_by_way_of_others_too() {
    let purge = "grants: [{permission: purge, scope: all}]";
    let tenant = files(&format!("{{id: ann, roles: [overseer], policies: [deleting], {purge}}}"));
    let found = flipping(&tenant, "ann", "see");
    let role = "take the role `overseer` from the user; closes delete, purge".to_owned();
    assert!(found.contains(&role), "{found:#?}");
}

#[test]
fn a_preview_names_what_requires_what_was_widened() {
    let people = "{id: ann, roles: [viewer], policies: [deleting]}, {id: ben, roles: [viewer]}";
    let wide = (
        "adjustable: [files], grants: [{permission: see, scope: own}]",
        "grants: [{permission: see, scope: all}]",
    );
    let (before, after) = (files(people), edited_files(&[wide], people));
    insta::assert_snapshot!(preview(&before, &after), @r"
    ann: widened see own > all; widened delete own > all
    ben: widened see own > all
    0 may follow for, harmless
    ");
    insta::assert_snapshot!(preview(&after, &before), @r"
    ann: narrowed see all > own; narrowed delete all > own
    ben: narrowed see all > own
    0 may follow for
    ");
}

#[test]
fn what_no_scope_says_is_told_with_the_prerequisite_beside_it() {
    let owned = "policies: [deleting], grants: [{permission: delete, scope: own}]";
    let narrow =
        "{id: ann, roles: [local], grants: [{permission: delete, scope: all, teams: [south]}]}";
    let wide =
        "{id: ann, roles: [overseer], grants: [{permission: delete, scope: all, teams: [south]}]}";
    insta::assert_snapshot!(people_edit(narrow, wide), @r"
    ann: widened see own + all in north > all; widened delete all in south as far as see own + all in north > all in south
    0 may follow for, harmless
    ");
    // Where the prerequisite reaches further than what requires it, nothing but itself changes.
    insta::assert_snapshot!(people_edit(
        &format!("{{id: ann, roles: [overseer], {}}}", owned.replace("policies: [deleting], ", "")),
        &format!("{{id: ann, roles: [local], {}}}", owned.replace("policies: [deleting], ", "")),
    ), @r"
    ann: narrowed see all > own + all in north
    0 may follow for
    ");
}

#[test]
fn what_is_unticked_or_no_longer_brought_along_closes_what_requires_it() {
    let ticked = "{id: ann, roles: [viewer], policies: [deleting]}";
    let unticked = "{id: ann, roles: [viewer], policies: [deleting], rights: {remove: [see]}}";
    insta::assert_snapshot!(people_edit(ticked, unticked), @r"
    ann: lost see own > none; lost delete own > none
    0 may follow for
    ");
    let managing = "{id: ann, roles: [manager], policies: [deleting]}";
    let unticked = "{id: ann, roles: [manager], policies: [deleting], rights: {remove: [manage]}}";
    insta::assert_snapshot!(people_edit(managing, unticked), @r"
    ann: lost see all > none; lost delete all > none; lost manage all > none
    0 may follow for
    ");
}

#[test]
fn users_who_hold_a_prerequisite_less_far_differ_in_what_requires_it() {
    let tenant = files(
        "{id: ann, roles: [viewer], policies: [deleting]}, {id: bob, roles: [overseer], policies: [deleting]}",
    );
    let found = diff(&tenant, "ann", "bob", NOW).unwrap();
    let names: Vec<&str> = found.permissions.iter().map(|it| it.permission).collect();
    assert_eq!(names, ["see", "delete"]);
    let delete = found.permissions.last().unwrap();
    assert_eq!(required(&delete.a.requires), " as far as see own");
    let changes = |way: &Way<'_>| way.changes.iter().map(change).collect::<Vec<_>>().join(" and ");
    let ways: Vec<String> = delete.ways.iter().map(changes).collect();
    assert_eq!(ways, ["grant see at all", "give role overseer"]);
    assert!(delete.ways.iter().all(|way| way.opens.permissions == ["see"]), "{found:#?}");
}

#[test]
fn who_comes_under_a_sharing_rule_is_told_that_it_may_hide_what_they_see() {
    let (plain, guest) =
        ("{id: ann, roles: [reader]}", "{id: ann, roles: [reader], tags: [guest]}");
    insta::assert_snapshot!(people_edit(plain, guest), @r"
    ann: sharing policy hush at tenant:17 reads subject.tags: perhaps read
    1 may follow for
    ");
    insta::assert_snapshot!(people_edit(guest, plain), @r"
    ann: sharing policy hush at tenant:17 reads subject.tags: perhaps read
    1 may follow for
    ");
    let tenant = files(&format!("{plain}, {}", guest.replace("ann", "ben")));
    let found = diff(&tenant, "ann", "ben", NOW).unwrap();
    assert!(!found.is_empty());
    assert_eq!(
        follows(&found.follows),
        "sharing policy hush at tenant:17 reads subject.tags: perhaps read"
    );
}

#[test]
fn what_a_rule_does_not_read_is_no_reason_to_name_it() {
    let (plain, tagged) =
        ("{id: ann, roles: [reader]}", "{id: ann, roles: [reader], tags: [other]}");
    insta::assert_snapshot!(people_edit(plain, tagged), @"0 may follow for, harmless");
    // Who is a guest by tag and by role stays one.
    let guest = "{id: ann, roles: [reader, frozen], tags: [guest]}";
    let by_role = "{id: ann, roles: [reader, frozen]}";
    insta::assert_snapshot!(people_edit(guest, by_role), @"0 may follow for, harmless");
    // Who cannot read anything does not come under it either.
    insta::assert_snapshot!(people_edit("{id: ann}", "{id: ann, tags: [guest]}"), @"0 may follow for, harmless");
}

#[test]
fn an_edit_of_a_sharing_rule_is_never_harmless() {
    let people = "{id: ann, roles: [reader]}";
    let before = files(people);
    for (old, new) in [
        ("outcome: hide", "outcome: redact"),
        ("tags: [guest]", "tags: [other]"),
        ("resource.amount > 10", "resource.amount > 20"),
    ] {
        let told = preview(&before, &edited_files(&[(old, new)], people));
        assert_eq!(told, "rule Sharing(\"policy `hush`\")\n0 may follow for");
    }
    let default = ("sharing:\n  policies", "sharing:\n  defaults: {note: redact}\n  policies");
    let told = preview(&before, &edited_files(&[default], people));
    assert_eq!(told, "rule Sharing(\"the default of `note`\")\n0 may follow for");
}

#[test]
fn who_begins_to_share_redacted_changes_what_others_see() {
    insta::assert_snapshot!(people_edit("{id: ann}", "{id: ann, roles: [quiet]}"), @r"
    ann: gained limit.quiet none > all; toggle limit.quiet at catalog:26 reads subject.holds.limit.quiet: perhaps read for others
    1 may follow for
    ");
}

#[test]
fn a_guard_that_reads_nothing_but_the_user_is_told_as_what_it_comes_to() {
    insta::assert_snapshot!(people_edit("{id: ann, roles: [reader]}", "{id: ann, roles: [reader], attributes: {level: 1}}"), @r"
    ann: gained seal none > all; guard senior at catalog:28 reads subject.level: perhaps sign
    1 may follow for
    ");
}

#[test]
fn what_a_toggle_leaves_alone_may_follow_from_what_is_held() {
    let frozen = "roles: [reader, frozen], attributes: {level: 1}";
    let managing = "roles: [reader, frozen, manager], attributes: {level: 1}";
    insta::assert_snapshot!(people_edit(&format!("{{id: ann, {frozen}}}"), &format!("{{id: ann, {managing}}}")), @r"
    ann: gained see none > all; gained manage none > all; toggle limit.freeze at catalog:25 reads subject.holds.manage: perhaps seal
    1 may follow for
    ");
}

#[test]
fn what_a_condition_asks_for_follows_as_what_a_predicate_does() {
    let of = |users: &str, rule: (&str, &str)| edited_files(&[rule], users);
    let (was, is) = ("{id: ann, roles: [reader]}", "{id: ann, roles: [reader, manager]}");
    let guard = |text: &'static str| {
        ("require: {any: [{subject.level: {at_least: 3}}, {resource.open: true}]}", text)
    };
    let sides = [
        guard("require: {any: [{subject.holds.manage: true}, {resource.open: true}]}"),
        guard("condition: 'subject.holds(\"manage\") || subject.holds.purge'"),
    ];
    for rule in sides {
        let told = preview(&of(was, rule), &of(is, rule));
        assert!(
            told.contains("guard senior at catalog:28 reads subject.holds.manage: perhaps sign")
                || told.contains("gained sign"),
            "{told}"
        );
    }
    let hush = ("condition: resource.amount > 10", "condition: '!subject.holds(\"manage\")'");
    let guest = |user: &str| user.replace("roles", "tags: [guest], roles");
    let told = preview(&of(&guest(was), hush), &of(&guest(is), hush));
    assert!(told.contains("hush") && told.contains("reads subject.holds.manage"), "{told}");
}

#[test]
fn what_may_follow_is_cut_and_counted() {
    let rules: String = (0..30)
        .map(|n| format!("    - {{id: h{n:02}, outcome: hide, for: {{tags: [guest]}}, condition: resource.amount > {n}}}\n"))
        .collect();
    let tenant = ("  policies:\n    - {id: hush", format!("  policies:\n{rules}    - {{id: hush"));
    let tenant = (tenant.0, tenant.1.as_str());
    let (before, after) =
        ("{id: ann, roles: [reader]}", "{id: ann, roles: [reader], tags: [guest]}");
    let (before, after) = (edited_files(&[tenant], before), edited_files(&[tenant], after));
    let proposal = Proposal {
        before: &before,
        after: &after,
        now: NOW,
        acting: None,
        questions: &[],
        limit: 10,
    };
    let mut found = impact(&proposal).unwrap();
    assert_eq!((found.follows().len(), found.more_follows()), (20, 11));
    let user = found.next().unwrap();
    assert_eq!((user.follows.listed.len(), user.follows.more), (20, 11));
}

#[test]
fn a_text_that_would_be_set_is_told_from_a_number() {
    let guard = |wanted: &str| {
        let edit = ("{resource.open: true}]}, message", "{resource.size: WANTED}]}, message");
        let wanted = edit.1.replace("WANTED", wanted);
        edited_files(&[(edit.0, &wanted)], "{id: ann, roles: [reader]}")
    };
    for (wanted, told) in
        [("\"5\"", "have `resource.size` be \"5\""), ("5", "have `resource.size` be 5")]
    {
        let found = flipping(&guard(wanted), "ann", "sign");
        assert!(found.contains(&told.to_owned()), "{found:#?}");
    }
}

#[test]
fn whether_a_toggle_is_held_cannot_be_known_where_it_only_might_bind() {
    let guard = (
        "{id: grown, on: [seal], require: {subject.level: {at_least: 1}}",
        "{id: loose, on: [seal], require: {subject.holds.limit.quiet: false}",
    );
    let quiet = (
        "{permission: limit.quiet, scope: all}",
        "{permission: limit.quiet, scope: all, condition: resource.amount > 10}",
    );
    let tenant = edited_files(&[guard, quiet], "{id: ann, roles: [reader, quiet]}");
    let may = |amount: Option<i64>| {
        let attributes: Attributes<'_> =
            amount.iter().map(|amount| ("amount", Value::Int(*amount))).collect();
        let resource = Resource { kind: "file", id: Some("f1"), attributes: &attributes };
        let request = Request {
            subject: "ann",
            action: "seal",
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now: NOW,
        };
        permesso_engine::decide_alone(&tenant, &request).is_allow()
    };
    assert!(may(Some(5)), "it does not bind");
    assert!(!may(Some(50)), "it binds");
    assert!(!may(None), "it might");
}
