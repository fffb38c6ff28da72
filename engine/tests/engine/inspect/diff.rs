//! How two users differ, and what would make them equal.

use super::*;
use crate::common::written::write;
use insta::assert_snapshot;
use permesso_engine::inspect::{Besides, Possession, Proposal, Way, diff, impact};
use permesso_engine::load;

fn besides(it: &Besides<'_>) -> String {
    let mut names: Vec<String> = it.permissions.iter().map(|name| (*name).to_owned()).collect();
    let delegated = it.delegated.iter();
    names.extend(delegated.map(|it| format!("{} delegated by {}", it.permission, it.from)));
    names.extend(it.restrictions.iter().map(|name| format!("restriction {name}")));
    names.extend(it.programs.iter().map(|name| format!("program {name}")));
    names
        .extend(it.items.iter().map(|gate| format!("{} {} {:?}", gate.kind, gate.id, gate.access)));
    if it.more > 0 {
        names.push(format!("{} more", it.more));
    }
    names.join(", ")
}

fn way(way: &Way<'_>) -> String {
    let changes: Vec<String> = way.changes.iter().map(change).collect();
    let mut text = format!("  {}: {}", way.user, changes.join(" and "));
    if way.opens.count() > 0 {
        text += &format!("; also opens {}", besides(&way.opens));
    }
    if way.closes.count() > 0 {
        text += &format!("; closes {}", besides(&way.closes));
    }
    if !way.follows.is_empty() {
        text += &format!("; {}", follows(&way.follows));
    }
    text
}

fn held(it: &Possession<'_>) -> String {
    let givers: Vec<String> = it.givers.iter().map(giver).collect();
    let void = it.void.map(|it| format!(" ({})", void(&it))).unwrap_or_default();
    let teams = of(&it.teams);
    let (reach, requires) = (reach(it.scope, &it.limited), required(&it.requires));
    format!("{reach}{teams}{requires} by [{}]{void}", givers.join(", "))
}

fn told(tenant: &Compiled, a: &str, b: &str) -> String {
    let diff = diff(tenant, a, b, NOW).unwrap();
    let mut out = Vec::new();
    for it in &diff.permissions {
        let toggle = if it.restricts { " (restricts)" } else { "" };
        out.push(format!(
            "{}{toggle}: {} / {}, less {:?}",
            it.permission,
            held(&it.a),
            held(&it.b),
            it.less
        ));
        out.extend(it.ways.iter().map(way));
    }
    for it in &diff.delegated {
        out.push(format!("delegated {} by {}, less {:?}", it.permission, it.from, it.less));
    }
    for it in &diff.programs {
        out.push(format!("{} / {}, less {:?}", membership(&it.a), membership(&it.b), it.less));
        out.extend(it.ways.iter().map(way));
    }
    for it in &diff.items {
        let gate = it.gate;
        out.push(format!(
            "{} {} {:?}: {} / {}, less {:?}",
            gate.kind,
            gate.id,
            gate.access,
            open(it.a.open),
            open(it.b.open),
            it.less
        ));
        out.extend(it.ways.iter().map(way));
    }
    out.extend(diff.follows.listed.iter().map(follow));
    assert_eq!(diff.untried, 0);
    out.join("\n")
}

#[test]
fn a_user_does_not_differ_from_themself() {
    assert!(diff(&tenant(), "ann", "ann", NOW).unwrap().is_empty());
}

#[test]
fn a_role_a_policy_or_a_grant_makes_up_for_a_permission() {
    assert_snapshot!(told(&tenant(), "ann", "fay"), @r#"
    record.view: all by [role editor] / none by [], less B
      fay: grant record.view at all; also opens record.edit
      fay: give role editor; also opens record.edit, timeline.read
    record.edit: team of north by [role editor] / own by [policy drafting] (without record.view), less B
      fay: grant record.edit at team and grant record.view at all and join team north; also opens record.view, program luxury, segment gold View
      fay: give role editor and join team north; also opens record.view, timeline.read, program luxury, segment gold View
    record.delete: none by [] / all by [policy deleting], less A
      ann: grant record.delete at all
      ann: attach policy deleting
    timeline.read: all by [role editor] / none by [], less B
      fay: grant timeline.read at all
      fay: give role editor; also opens record.view, record.edit
    limit.sso (restricts): none by [] / all by [user], less B
      fay: revoke limit.sso; toggle limit.sso at catalog:39 reads subject.holds.limit.sso: perhaps record.delete
    luxury yes: by [team north] not by [role lead, tag luxury] perhaps by [] / luxury no: by [] not by [role lead, team north, tag luxury] perhaps by [], less B
      fay: add tag luxury; also opens segment gold View
      fay: join team north; also opens segment gold View
      fay: give role lead; also opens record.view, record.edit, record.approve, segment gold View
    segment gold View: yes / no, less B
      fay: add tag luxury; also opens program luxury
      fay: join team north; also opens program luxury
      fay: give role lead; also opens record.view, record.edit, record.approve, program luxury
    "#);
}

#[test]
fn a_toggle_is_taken_away_to_make_up_for_what_it_forbids() {
    assert_snapshot!(told(&tenant(), "ann", "ben"), @r#"
    record.edit: team of north by [role editor] / team by [role editor] (bound by limit.read_only), less B
      ben: take role capped and join team north; also opens restriction limit.read_only
    limit.read_only (restricts): none by [] / all by [role capped], less B
      ben: take role capped; also opens record.edit
    luxury_steps no: by [] not by [tag steps] perhaps by [] / luxury_steps yes: by [tag steps] not by [] perhaps by [], less A
      ann: add tag steps; also opens steps gold View
    steps gold View: no / yes, less A
      ann: add tag steps; also opens program luxury_steps
    "#);
}

#[test]
fn an_unticked_right_is_ticked_again_and_an_adjustable_one_ticked() {
    let people =
        PEOPLE.replace("  - {id: lena}", "  - {id: clerk, roles: [clerk]}\n  - {id: lena}");
    assert_snapshot!(told(&edited(CATALOG, TENANT, &people), "clerk", "cleo"), @r#"
    record.view: branch by [role clerk] / team by [role clerk], less B
      cleo: grant record.view at branch
      cleo: tick record.oversee again; also opens record.oversee
    record.delete: none by [] / own by [ticked], less A
      clerk: tick record.delete
      clerk: grant record.delete at own
      clerk: attach policy deleting
    record.oversee: own by [role clerk] / none by [], less B
      cleo: tick record.oversee again; also opens record.view
      cleo: grant record.oversee at own; also opens record.view
    "#);
}

#[test]
fn segment_steps_need_their_segment_and_perhaps_two_changes() {
    assert_snapshot!(told(&tenant(), "ben", "lena"), @r#"
    record.view: all by [role editor] / none by [], less B
      lena: grant record.view at all
      lena: give role editor; also opens record.edit, timeline.read
    timeline.read: all by [role editor] / none by [], less B
      lena: grant timeline.read at all
      lena: give role editor; also opens record.view, record.edit
    limit.read_only (restricts): all by [role capped] / none by [], less A
      ben: take role capped; also opens record.edit
    delegated record.approve by dora, less A
    delegated act.send by dora, less A
    luxury yes: by [tag luxury] not by [role lead, team north] perhaps by [] / luxury no: by [] not by [role lead, team north, tag luxury] perhaps by [], less B
      lena: add tag luxury; also opens segment gold View
      lena: join team north; also opens segment gold View
      lena: give role lead; also opens record.view, record.delete, record.approve, segment gold View
    luxury_steps yes: by [tag steps] not by [] perhaps by [] / luxury_steps no: by [] not by [tag steps] perhaps by [], less B
      lena: add tag steps
    segment gold View: yes / no, less B
      lena: add tag luxury; also opens program luxury
      lena: join team north; also opens program luxury
      lena: give role lead; also opens record.view, record.delete, record.approve, program luxury
    steps gold View: yes / no, less B
      lena: add tag luxury and add tag steps; also opens program luxury, program luxury_steps, segment gold View
      lena: join team north and add tag steps; also opens program luxury, program luxury_steps, segment gold View
      lena: give role lead and add tag steps; also opens record.view, record.delete, record.approve, program luxury, program luxury_steps, segment gold View
    "#);
}

#[test]
fn who_does_not_take_part_has_to_first() {
    assert_snapshot!(told(&tenant(), "hugo", "ida"), @r#"
    user.accept: own by [baseline] / own by [baseline] (inactive), less B
      ida: activate; also opens record.view, timeline.read, segment.open, help.read, program big, segment silver View
    "#);
}

#[test]
fn limits_are_granted_with_the_permission() {
    assert_snapshot!(told(&tenant(), "dora", "lena"), @r#"
    record.view: all in north by [role lead] / none by [], less B
      lena: grant record.view at all in north
      lena: give role lead; also opens record.delete, record.approve, program luxury, segment gold View
    record.delete: all in exactly south until 5000 by [role lead] / none by [], less B
      lena: grant record.delete at all in exactly south until 5000
      lena: attach policy deleting
      lena: give role lead; also opens record.view, record.approve, program luxury, segment gold View
    record.sign: all by [role lead] / none by [], less B
      lena: grant record.sign at all
    record.approve: all if resource.amount <= 100 by [role lead] / none by [], less B
      lena: grant record.approve at all if resource.amount <= 100
      lena: give role lead; also opens record.view, record.delete, program luxury, segment gold View
    delegated record.approve by dora, less A
    delegated act.send by dora, less A
    luxury yes: by [role lead, team north] not by [tag luxury] perhaps by [] / luxury no: by [] not by [role lead, team north, tag luxury] perhaps by [], less B
      lena: add tag luxury; also opens segment gold View
      lena: join team north; also opens segment gold View
      lena: give role lead; also opens record.view, record.delete, record.approve, segment gold View
    archive yes: by [exactly north/coast, `subject.level >= 3`] not by [] perhaps by [] / archive no: by [] not by [exactly north/coast, `subject.level >= 3`] perhaps by [], less B
      lena: join team north/coast; also opens program luxury, book atlas View, segment gold View, shelf rare View, shelf rare Edit
    book atlas View: depends / no, less B
      lena: join team north/coast; also opens program luxury, program archive, segment gold View, shelf rare View, shelf rare Edit
    segment gold View: yes / no, less B
      lena: add tag luxury; also opens program luxury
      lena: join team north; also opens program luxury
      lena: give role lead; also opens record.view, record.delete, record.approve, program luxury
    shelf rare View: yes / no, less B
      lena: join team north/coast; also opens program luxury, program archive, book atlas View, segment gold View, shelf rare Edit
    shelf rare Edit: yes / no, less B
      lena: join team north/coast; also opens program luxury, program archive, book atlas View, segment gold View, shelf rare View
    "#);
}

#[test]
fn the_same_scope_of_other_teams_is_not_the_same() {
    let people =
        PEOPLE.replace("  - {id: lena}", "  - {id: lena, roles: [editor], teams: [south]}");
    assert_snapshot!(told(&edited(CATALOG, TENANT, &people), "ann", "lena"), @r#"
    record.edit: team of north by [role editor] / team of south by [role editor], less Both
      ann: join team south
      lena: join team north; also opens program luxury, segment gold View
    delegated record.approve by dora, less A
    delegated act.send by dora, less A
    luxury yes: by [team north] not by [role lead, tag luxury] perhaps by [] / luxury no: by [] not by [role lead, team north, tag luxury] perhaps by [], less B
      lena: add tag luxury; also opens segment gold View
      lena: join team north; also opens record.edit, segment gold View
      lena: give role lead; also opens record.delete, record.approve, segment gold View
    segment gold View: yes / no, less B
      lena: add tag luxury; also opens program luxury
      lena: join team north; also opens record.edit, program luxury
      lena: give role lead; also opens record.delete, record.approve, program luxury
    "#);
}

#[test]
fn what_a_change_opens_besides_is_cut_and_counted() {
    let more: String = (0..12).map(|n| format!("      - {{id: more.p{n}}}\n")).collect();
    let catalog =
        CATALOG.replace("      - {id: user.invite}\n", &(more + "      - {id: user.invite}\n"));
    let tenant = edited(&catalog, TENANT, PEOPLE);
    let diff = diff(&tenant, "admin", "max", NOW).unwrap();
    for it in &diff.permissions {
        // The grant of one permission opens less, so it comes first and the role after it.
        assert!(matches!(it.ways[0].changes[..], [Edit::Grant { .. }, ..]), "{it:?}");
        let role = it.ways.iter().find(|way| way.changes == [give_admin()]).unwrap();
        assert_eq!((role.opens.permissions.len(), role.opens.more), (10, 11));
        assert_eq!(role.opens.count(), diff.permissions.len() - 1);
    }
}

#[test]
fn every_way_does_what_it_says_once_it_is_written_into_the_directory() {
    let before = tenant();
    let people = load::directory("people.yaml", PEOPLE).unwrap();
    let ids: Vec<&str> = people.value.users.iter().map(|user| user.id.as_str()).collect();
    let mut tried = 0;
    let mut check = |way: &Way<'_>, target: &str| {
        tried += 1;
        let mut people = people.clone();
        let mut changes = way.changes.iter();
        assert!(changes.all(|edit| write(&mut people.value, way.user, edit)));
        let after = compiled(CATALOG, TENANT, &people);
        let proposal = Proposal {
            before: &before,
            after: &after,
            now: NOW,
            acting: None,
            questions: &[],
            limit: 10,
        };
        let mut found: Vec<String> = Vec::new();
        for user in impact(&proposal).unwrap().filter(|it| it.user == way.user) {
            let gained = user.rights.iter().filter(|it| it.shift.gives() != it.restricts);
            found.extend(gained.map(|it| it.permission.to_owned()));
            let joined = user.programs.iter().filter(|it| it.before < it.after);
            found.extend(joined.map(|it| format!("program {}", it.program)));
            let opened = user.items.iter().filter(|it| it.before < it.after);
            found.extend(opened.map(|it| format!("{:?}", it.gate)));
            let handed = user.delegated.iter().filter(|it| it.shift.gives());
            let mut handed: Vec<_> =
                handed.map(|it| format!("{} by {}", it.permission, it.from)).collect();
            handed.sort_unstable();
            handed.dedup();
            found.extend(handed);
        }
        let opens = &way.opens;
        let mut told: Vec<String> = opens.permissions.iter().map(|it| (*it).to_owned()).collect();
        told.extend(opens.restrictions.iter().map(|it| (*it).to_owned()));
        told.extend(opens.programs.iter().map(|it| format!("program {it}")));
        told.extend(opens.items.iter().map(|it| format!("{it:?}")));
        told.extend(opens.delegated.iter().map(|it| format!("{} by {}", it.permission, it.from)));
        told.push(target.to_owned());
        assert_eq!(told.len() + opens.more, found.len(), "{way:?}");
        assert!(told.iter().all(|it| found.contains(it)), "{way:?}: {found:?}");
    };
    let pairs = (0..ids.len()).flat_map(|a| (a + 1..ids.len()).map(move |b| (a, b)));
    // A third of them has everything in it.
    for (a, b) in pairs.filter(|(a, b)| (a + b) % 3 == 0).map(|(a, b)| (ids[a], ids[b])) {
        let diff = diff(&before, a, b, NOW).unwrap();
        for it in &diff.permissions {
            assert!(!it.ways.is_empty(), "{a} and {b}: {}", it.permission);
            it.ways.iter().for_each(|way| check(way, it.permission));
        }
        for it in &diff.programs {
            it.ways.iter().for_each(|way| check(way, &format!("program {}", it.a.program)));
        }
        for it in &diff.items {
            it.ways.iter().for_each(|way| check(way, &format!("{:?}", it.gate)));
        }
    }
    assert!(tried > 150, "{tried}");
}

fn give_admin() -> Edit {
    Edit::GiveRole { role: "admin".to_owned() }
}
