//! UserRights, programs and items of one user.

use super::*;
use insta::assert_snapshot;
use permesso_engine::inspect::{Depends, UserRights, items, memberships, rights};

fn depends(it: &Depends<'_>) -> String {
    let mut parts = Vec::new();
    let mut list = |what: &str, names: &[&str]| {
        if !names.is_empty() {
            parts.push(format!("{what} {}", names.join(" ")));
        }
    };
    list("guards", &it.guards);
    list("governed by", &it.governed_by.into_iter().collect::<Vec<_>>());
    list("shows", &it.contents);
    list("requires", &it.requires);
    list("bound by", &it.bound_by);
    if let Some(access) = it.exclusive {
        parts.push(format!("exclusive {access:?}").to_lowercase());
    }
    if parts.is_empty() { String::new() } else { format!(" | {}", parts.join(", ")) }
}

fn told(rights: &UserRights<'_>) -> String {
    let mut out = Vec::new();
    for right in &rights.held {
        out.push(format!("{} {}{}", right.permission, right.scope, depends(&right.depends)));
        for source in &right.sources {
            let (scope, places) = (source.scope, lines(&source.places));
            out.push(format!("  {scope} by {}{places}", giver(&source.giver)));
        }
        for limited in &right.limited {
            let (by, place) = (giver(&limited.giver), lines(&[limited.place]));
            out.push(format!("  {} by {by}{place}", limits(&limited.limits)));
        }
    }
    for it in &rights.void {
        out.push(format!("void {}: {}", it.permission, void(&it.why)));
    }
    for it in &rights.aside {
        let place = lines(&it.place.into_iter().collect::<Vec<_>>());
        let (by, why) = (giver(&it.giver), &it.why);
        out.push(format!("aside {} by {by}{place}: {why:?}", it.permission));
    }
    for it in &rights.restrictions {
        let obliges: Vec<String> =
            it.obliges.iter().map(|it| format!("{} on {}", it.obligation.code, it.on)).collect();
        out.push(format!(
            "restricted by {} ({:?}): forbids [{}] obliges [{}] sees redacted [{}]",
            it.toggle,
            it.binds,
            it.forbids.join(" "),
            obliges.join(" "),
            it.sees_redacted.join(" "),
        ));
    }
    for it in &rights.delegated {
        let void = it.void.map(|it| format!(": {} is {}", it.user, void(&it.why)));
        out.push(format!(
            "delegated {} by {} {}{}{}",
            it.permission,
            it.from,
            reach(it.scope, &it.limited),
            it.valid_until.map(|until| format!(" until {}", until.millis())).unwrap_or_default(),
            void.unwrap_or_default(),
        ));
    }
    out.join("\n")
}

fn of(user: &str) -> String {
    told(&rights(&tenant(), user, NOW).unwrap())
}

#[test]
fn a_role_tells_what_its_policies_and_parents_grant_and_where() {
    assert_snapshot!(of("ann"), @r#"
    record.view all
      all by role editor at tenant:9
    record.edit team
      team by role editor at tenant:13 tenant:6
    timeline.read all | shows timeline
      all by role editor at tenant:9
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    "#);
}

#[test]
fn a_toggle_that_binds_everywhere_makes_what_it_forbids_void() {
    assert_snapshot!(of("ben"), @r#"
    record.view all
      all by role editor at tenant:9
    timeline.read all | shows timeline
      all by role editor at tenant:9
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    void record.edit: bound by limit.read_only
    restricted by limit.read_only (Some(true)): forbids [record.edit] obliges [] sees redacted []
    "#);
}

#[test]
fn ticked_and_unticked_rights_are_told_apart_from_those_of_the_role() {
    assert_snapshot!(of("cleo"), @r#"
    record.view team
      team by role clerk at catalog:54
    record.delete own
      own by ticked
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    aside record.view by role clerk: Unticked
    aside record.oversee by role clerk: Unticked
    "#);
}

#[test]
fn limits_stay_and_conditions_about_the_user_alone_are_settled() {
    assert_snapshot!(of("dora"), @r#"
    record.view none
      all in north by role lead at tenant:16
    record.delete none
      all in exactly south until 5000 by role lead at tenant:17
    record.sign all | governed by docs
      all by role lead at tenant:19
    record.approve none
      all if resource.amount <= 100 by role lead at tenant:18
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    "#);
    assert_snapshot!(of("emil"), @r#"
    record.view none
      all in north by role lead at tenant:16
    record.delete none
      all in exactly south until 5000 by role lead at tenant:17
    record.approve none
      all if resource.amount <= 100 by role lead at tenant:18
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    aside record.sign by role lead at tenant:19: Condition
    "#);
}

#[test]
fn what_is_required_and_held_nowhere_makes_a_permission_void() {
    assert_snapshot!(of("fay"), @r#"
    record.delete all | bound by limit.sso
      all by policy deleting at tenant:7
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    void record.edit: without record.view
    restricted by limit.sso (None): forbids [record.delete] obliges [] sees redacted []
    "#);
}

#[test]
fn a_window_that_is_over_counts_for_nothing_and_one_to_come_is_a_limit() {
    assert_snapshot!(of("gus"), @r#"
    record.view none
      all from 2000 until 3000 by role early at tenant:20
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    aside record.view by role past at tenant:21: Ended
    restricted by limit.blur (Some(true)): forbids [] obliges [redact on record.view] sees redacted [timeline]
    "#);
    let later = told(&rights(&tenant(), "gus", 2_500).unwrap());
    assert!(later.contains("all until 3000 by role early"), "{later}");
    let over = told(&rights(&tenant(), "gus", 3_000).unwrap());
    assert!(over.contains("aside record.view by role early at tenant:20: Ended"), "{over}");
}

#[test]
fn who_does_not_take_part_holds_nothing_that_counts() {
    assert_snapshot!(of("hugo"), @r#"
    user.accept own
      own by baseline
    void record.view: pending
    void timeline.read: pending
    void segment.open: pending
    void help.read: pending
    "#);
    assert_snapshot!(of("ida"), @r#"
    void record.view: inactive
    void timeline.read: inactive
    void segment.open: inactive
    void user.accept: inactive
    void help.read: inactive
    "#);
}

#[test]
fn a_plan_and_guards_are_told() {
    assert_snapshot!(of("jon"), @r#"
    segment.open all | exclusive view
      all by baseline
    user.invite all | guards covered
      all by user at directory:13
    user.accept own
      own by baseline
    help.read all
      all by baseline
    void record.export: plan without exports
    "#);
}

#[test]
fn an_exemption_about_the_user_alone_is_settled() {
    assert_snapshot!(of("kim"), @r#"
    record.delete all
      all by policy deleting at tenant:7
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    restricted by limit.staff (Some(false)): forbids [record.delete] obliges [] sees redacted []
    "#);
}

#[test]
fn the_owner_holds_what_only_the_owner_holds() {
    assert_snapshot!(of("owner"), @r#"
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    account.close all
      all by owner
    help.read all
      all by baseline
    "#);
    assert!(!of("admin").contains("account.close"));
}

#[test]
fn a_delegation_goes_as_far_as_the_one_who_delegates_could_go() {
    assert_snapshot!(of("lena"), @r#"
    segment.open all | exclusive view
      all by baseline
    user.accept own
      own by baseline
    help.read all
      all by baseline
    delegated record.approve by dora all if resource.amount <= 100
    delegated act.send by dora own until 9000
    delegated record.approve by max none
    "#);
}

#[test]
fn who_is_not_in_the_directory_has_no_rights() {
    let tenant = tenant();
    assert!(rights(&tenant, "nobody", NOW).is_err());
    assert!(memberships(&tenant, "nobody", NOW).is_err());
    assert!(items(&tenant, "nobody", NOW).is_err());
}

fn exclusive(user: &str) -> String {
    let tenant = tenant();
    let mut out: Vec<String> =
        memberships(&tenant, user, NOW).unwrap().iter().map(membership).collect();
    for it in items(&tenant, user, NOW).unwrap() {
        let gate = it.gate;
        out.push(format!(
            "{} {} {:?} {}: by [{}] not by [{}] perhaps by [{}]{}",
            gate.kind,
            gate.id,
            gate.access,
            open(it.open),
            it.admitted_by.join(" "),
            it.not_by.join(" "),
            it.perhaps_by.join(" "),
            if it.closed { " closed" } else { "" },
        ));
    }
    out.join("\n")
}

#[test]
fn programs_tell_which_matcher_admits_and_items_whether_they_are_open() {
    assert_snapshot!(exclusive("dora"), @r#"
    luxury yes: by [role lead, team north] not by [tag luxury] perhaps by []
    luxury_steps no: by [] not by [tag steps] perhaps by []
    archive yes: by [exactly north/coast, `subject.level >= 3`] not by [] perhaps by []
    big depends: by [] not by [] perhaps by [`resource.amount > 10`]
    book atlas View depends: by [archive] not by [] perhaps by []
    segment gold View yes: by [luxury] not by [] perhaps by []
    segment silver View depends: by [] not by [] perhaps by [big]
    shelf rare View yes: by [archive] not by [] perhaps by []
    shelf rare Edit yes: by [archive] not by [] perhaps by []
    shelf vault Edit no: by [] not by [] perhaps by [] closed
    steps gold View no: by [] not by [luxury_steps] perhaps by []
    "#);
    assert_snapshot!(exclusive("emil"), @r#"
    luxury yes: by [role lead] not by [team north, tag luxury] perhaps by []
    luxury_steps no: by [] not by [tag steps] perhaps by []
    archive no: by [] not by [exactly north/coast, `subject.level >= 3`] perhaps by []
    big depends: by [] not by [] perhaps by [`resource.amount > 10`]
    book atlas View no: by [] not by [archive] perhaps by []
    segment gold View yes: by [luxury] not by [] perhaps by []
    segment silver View depends: by [] not by [] perhaps by [big]
    shelf rare View no: by [] not by [archive] perhaps by []
    shelf rare Edit no: by [] not by [archive] perhaps by []
    shelf vault Edit no: by [] not by [] perhaps by [] closed
    steps gold View no: by [] not by [luxury_steps] perhaps by []
    "#);
}

#[test]
fn a_part_is_not_open_without_its_whole() {
    assert_snapshot!(exclusive("ben"), @r#"
    luxury yes: by [tag luxury] not by [role lead, team north] perhaps by []
    luxury_steps yes: by [tag steps] not by [] perhaps by []
    archive no: by [] not by [exactly north/coast, `subject.level >= 3`] perhaps by []
    big depends: by [] not by [] perhaps by [`resource.amount > 10`]
    book atlas View no: by [] not by [archive] perhaps by []
    segment gold View yes: by [luxury] not by [] perhaps by []
    segment silver View depends: by [] not by [] perhaps by [big]
    shelf rare View no: by [] not by [archive] perhaps by []
    shelf rare Edit no: by [] not by [archive] perhaps by []
    shelf vault Edit no: by [] not by [] perhaps by [] closed
    steps gold View yes: by [luxury_steps] not by [] perhaps by []
    "#);
    let tenant = edited(CATALOG, &TENANT.replace("tags: [luxury], ", ""), PEOPLE);
    let of_ben = items(&tenant, "ben", NOW).unwrap();
    let steps = of_ben.iter().find(|it| it.gate.kind == "steps").unwrap();
    assert_eq!((steps.open, steps.admitted_by.as_slice()), (Openness::No, &["luxury_steps"][..]));
}

#[test]
fn what_a_record_may_well_have_is_not_known_to_be_missing() {
    for (condition, member) in [
        ("is_set(resource.amount)", Openness::Depends),
        ("!is_set(resource.amount)", Openness::Depends),
        ("(resource.amount ?? 0) > 10", Openness::Depends),
        ("(resource.amount ?? 11) > 10", Openness::Depends),
        ("resource.kind == \"segment\"", Openness::Depends),
        ("resource.kind != \"segment\"", Openness::Depends),
        ("is_set(resource.id)", Openness::Depends),
        // One part settles it, whatever the record is.
        ("!is_set(resource.amount) || subject.id == \"ben\"", Openness::Yes),
        ("is_set(resource.amount) && subject.id != \"ben\"", Openness::No),
        // What is of the user and nowhere is known to be.
        ("!is_set(subject.level)", Openness::Yes),
        ("(subject.level ?? 0) > 3", Openness::No),
    ] {
        let tenant = TENANT.replace("resource.amount > 10", &format!("'{condition}'"));
        assert_ne!(tenant, TENANT);
        let tenant = edited(CATALOG, &tenant, PEOPLE);
        let programs = memberships(&tenant, "ben", NOW).unwrap();
        let big = programs.iter().find(|it| it.program == "big").unwrap();
        assert_eq!(big.member, member, "{condition}");
    }
}
