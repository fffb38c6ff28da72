//! What holds of every tenant: rights say neither more nor less than decisions, and an impact
//! lists exactly what differs.

use super::worlds::{GUARDED, PERMISSIONS, REQUIRING, Random, TEAMS, TOGGLES, USERS, World, name};
use super::*;
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Decision, Reason, Request};
use permesso_engine::inspect::{
    Gate, Proposal, Right, UserRights, Warning, impact, items, memberships, rights,
};
use permesso_engine::model::{Access, Status, Value};
use std::collections::BTreeSet;

/// How many worlds are looked at; more on demand.
fn seeds(usual: u64) -> u64 {
    std::env::var("PERMESSO_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// After every window that begins and before or after every one that ends.
const LATER: i64 = 5_000;

fn decide(
    tenant: &Compiled,
    user: &str,
    action: &str,
    attributes: &Attributes<'_>,
    now: i64,
) -> Decision {
    let resource = Resource { kind: "record", id: Some("r1"), attributes };
    decide_alone(
        tenant,
        &Request { subject: user, action, resource, context: EMPTY, asserted: Asserted::NONE, now },
    )
}

/// Records that are nobody's own: of each team, none and all, of each amount, with and without
/// sso.
fn foreign() -> Vec<Attributes<'static>> {
    let mut all = Vec::new();
    let teams = TEAMS.into_iter().chain(["elsewhere"]).map(Value::from);
    for team in teams.chain([Value::List(TEAMS.map(Value::from).into())]) {
        for amount in [None, Some(50), Some(500)] {
            for sso in [false, true] {
                let mut record: Attributes<'_> = [("team", team.clone())].into_iter().collect();
                if let Some(amount) = amount {
                    record.set("amount", Value::Int(amount));
                }
                if sso {
                    record.set("sso", Value::Bool(true));
                }
                all.push(record);
            }
        }
    }
    all
}

fn own(user: &str) -> Attributes<'_> {
    [("author", Value::from(user)), ("team", Value::from("elsewhere"))].into_iter().collect()
}

#[test]
fn rights_say_neither_more_nor_less_than_decisions() {
    let foreign = foreign();
    let (mut everywhere, mut void, mut absent, mut partly) = (0, 0, 0, 0);
    for seed in 0..seeds(50) {
        let tenant = World::new(&mut Random(seed)).compile();
        for (user, now) in (0..USERS).flat_map(|user| [(name(user), LATER), (name(user), NOW)]) {
            let rights = rights(&tenant, &user, now).unwrap();
            let acts = !rights.delegated.is_empty();
            let asked = PERMISSIONS.iter().filter(|it| !it.starts_with("gate") && **it != "mail");
            for action in asked.chain(&["theirs"]) {
                let allowed = |record: &Attributes<'_>| {
                    decide(&tenant, &user, action, record, now).is_allow()
                };
                let whole = foreign.iter().all(allowed);
                let some = whole || foreign.iter().chain([&own(&user)]).any(allowed);
                let told = format!("seed {seed}, {user} {action} at {now}: {rights:#?}");
                let right: Option<&Right<'_>> = rights.of(action);
                let is_void = rights.void.iter().any(|it| it.permission == *action);
                assert!(right.is_none() || !is_void, "{told}");
                if let Some(right) = right {
                    let alone = right.depends.is_empty();
                    if right.is_everywhere() {
                        everywhere += 1;
                        assert!(whole && allowed(&own(&user)), "{told}");
                    }
                    if right.scope.has_own() && alone {
                        assert!(allowed(&own(&user)), "{told}");
                    }
                    partly += usize::from(!right.is_everywhere() && some);
                } else if is_void {
                    void += 1;
                    assert!(!some, "{told}");
                } else if !acts {
                    absent += 1;
                    assert!(!some, "{told}");
                }
                // Before a window ends it lets pass what rights list as limited; and where one
                // limit binds, the same one may lift.
                let both = right.is_some_and(|it| it.depends.bound_by.contains(&"no.deep"));
                if whole && now == LATER && !acts && !both {
                    assert!(right.is_some_and(Right::is_everywhere), "{told}");
                }
            }
        }
    }
    let seen = [everywhere, void, absent, partly];
    assert!(seen.iter().all(|count| *count > 200), "{seen:?}");
}

fn is_toggle(permission: &str) -> bool {
    TOGGLES.contains(&permission)
}

/// What can be told of one user, one line each.
fn lines_of(tenant: &Compiled, user: &str, gates: &BTreeSet<Gate<'_>>) -> Lines {
    let closed = gates.iter().map(|_| Openness::No).collect();
    let mut lines = Lines { gates: closed, ..Lines::default() };
    let Ok(rights) = rights(tenant, user, LATER) else { return lines };
    lines.takes_part = rights.status == Status::Active;
    lines.teams = rights.teams.iter().map(|team| (*team).to_owned()).collect();
    for right in &rights.held {
        let limited = right.limited.iter().map(|it| it.limits.clone()).collect();
        lines.rights.push((right.permission.to_owned(), right.scope, limited));
    }
    for it in &rights.restrictions {
        // A toggle binds at any scope.
        let scope = if it.sources.is_empty() { Scope::NONE } else { Scope::ALL };
        let limited = it.limited.iter().map(|it| it.limits.clone());
        let limited = limited.map(|it| Limits { scope: Scope::ALL, ..it }).collect();
        lines.rights.push((it.toggle.to_owned(), scope, limited));
    }
    if lines.takes_part {
        let programs = memberships(tenant, user, LATER).unwrap();
        let programs = programs.into_iter().filter(|it| it.member != Openness::No);
        lines.programs = programs.map(|it| (it.program.to_owned(), it.member)).collect();
        lines.gates = gates.iter().map(|gate| passes(tenant, user, *gate)).collect();
    }
    lines.delegated = format!("{:?}", rights.delegated);
    // A scope of teams is that of whoever delegated.
    for from in rights.delegated.iter().map(|it| it.from) {
        let theirs = self::rights(tenant, from, LATER).map(|it| it.teams);
        lines.delegated += &format!(" {from} {:?}", theirs.unwrap_or_default());
    }
    lines
}

#[derive(Default)]
struct Lines {
    takes_part: bool,
    teams: Vec<String>,
    rights: Vec<(String, Scope, Vec<Limits>)>,
    programs: Vec<(String, Openness)>,
    gates: Vec<Openness>,
    delegated: String,
}

impl Lines {
    fn right(&self, permission: &str) -> Told<'_> {
        let found = self.rights.iter().find(|(name, ..)| name == permission);
        found.map_or((Scope::NONE, &[], &[]), |(_, scope, limited)| (*scope, limited, &self.teams))
    }

    fn program(&self, program: &str) -> Openness {
        let found = self.programs.iter().find(|(name, _)| name == program);
        found.map_or(Openness::No, |(_, open)| *open)
    }
}

/// Whether a gate is open, by a decision that nothing but the gate can deny to who takes part.
fn passes(tenant: &Compiled, user: &str, gate: Gate<'_>) -> Openness {
    let action = if gate.access == Access::View { "gate.view" } else { "gate.edit" };
    let resource = Resource { kind: gate.kind, id: Some(gate.id), attributes: EMPTY };
    let request = Request {
        subject: user,
        action,
        resource,
        context: EMPTY,
        asserted: Asserted::NONE,
        now: LATER,
    };
    match decide_alone(tenant, &request).reason {
        Reason::Granted => Openness::Yes,
        Reason::Exclusive { id, .. } if id.is_empty() => Openness::Depends,
        Reason::Exclusive { .. } => Openness::No,
        reason => panic!("{reason}"),
    }
}

/// A scope, grants within limits, and the teams of whoever holds them.
type Told<'t> = (Scope, &'t [Limits], &'t [String]);

/// Whether one set of grants reaches everything that another one does, said once more.
fn covers(a: Told<'_>, b: Told<'_>) -> bool {
    let below = |team: &str, of: &str| team == of || team.starts_with(&format!("{of}/"));
    let reaches = |mine: Scope, given: Scope| {
        let team = |team: &String| {
            a.2.contains(team) || mine.has_below() && a.2.iter().any(|own| below(team, own))
        };
        let branch = |team: &String| a.2.iter().any(|own| below(team, own));
        mine.is_all()
            || mine.covers(given)
                && (!given.has_team() || b.2.iter().all(team))
                && (!given.has_below() || b.2.iter().all(branch))
    };
    let part_as_wide = |mine: &Limits, given: &Limits| {
        let everywhere = mine.teams.is_empty() && mine.exact_teams.is_empty();
        let anywhere = given.teams.is_empty() && given.exact_teams.is_empty();
        let branch = |team: &String| mine.teams.iter().any(|of| below(team, of));
        let teams = everywhere
            || !anywhere
                && given.teams.iter().all(branch)
                && given.exact_teams.iter().all(|it| branch(it) || mine.exact_teams.contains(it));
        [
            teams,
            mine.valid_from <= given.valid_from,
            mine.valid_until.is_none()
                || given.valid_until.is_some_and(|it| Some(it) <= mine.valid_until),
            mine.condition.is_none() || mine.condition == given.condition,
        ]
    };
    // Each limit of each part has to be met by some part of the other.
    let parts = |limits: &'_ Limits| -> Vec<Limits> {
        let mut parts = vec![limits.clone()];
        while let Some(and) = parts.last().and_then(|last| last.and.clone()) {
            parts.push(*and);
        }
        parts
    };
    let as_wide = |mine: &Limits, given: &Limits| {
        let given = parts(given);
        parts(mine).iter().all(|mine| {
            (0..4).all(|limit| given.iter().any(|given| part_as_wide(mine, given)[limit]))
        })
    };
    let given = b.1.iter().map(|given| {
        let wide = a.1.iter().filter(|mine| as_wide(mine, given));
        reaches(wide.fold(a.0, |sum, mine| sum.union(mine.scope)), given.scope)
    });
    reaches(a.0, b.0) && given.into_iter().all(|covered| covered)
}

fn gates<'t>(tenant: &'t Compiled) -> BTreeSet<Gate<'t>> {
    let users = (0..USERS).map(name);
    let first = users.filter_map(|user| items(tenant, &user, LATER).ok()).next();
    first.unwrap().into_iter().map(|it| it.gate).collect()
}

/// Everything that differs, by brute force.
fn brute(before: &Compiled, after: &Compiled) -> Vec<(String, BTreeSet<String>)> {
    let gates: BTreeSet<Gate<'_>> = gates(before).union(&gates(after)).copied().collect();
    let mut all = Vec::new();
    for user in (0..USERS).map(name) {
        let (was, is) = (lines_of(before, &user, &gates), lines_of(after, &user, &gates));
        let mut found = BTreeSet::new();
        for permission in PERMISSIONS.iter().chain(&GUARDED).chain(&TOGGLES).chain(&["theirs"]) {
            let void = is_toggle(permission) && !(was.takes_part && is.takes_part);
            // What requires another permission, or is guarded by what reads the user, is told by
            // what it comes to: decisions say what has to be told of that.
            if void || REQUIRING.contains(permission) || GUARDED.contains(permission) {
                continue;
            }
            let (a, b) = (was.right(permission), is.right(permission));
            if !covers(a, b) || !covers(b, a) {
                found.insert((*permission).to_owned());
            }
        }
        for n in 0..5 {
            let program = format!("g{n}");
            if was.program(&program) != is.program(&program) {
                found.insert(program);
            }
        }
        for ((gate, a), b) in gates.iter().zip(&was.gates).zip(&is.gates) {
            if a != b {
                found.insert(format!("{gate:?}"));
            }
        }
        if was.delegated != is.delegated {
            found.insert("perhaps delegated".to_owned());
        }
        all.push((user, found));
    }
    all
}

fn listed(before: &Compiled, after: &Compiled, limit: usize) -> Vec<(String, BTreeSet<String>)> {
    let proposal = Proposal { before, after, now: LATER, acting: None, questions: &[], limit };
    let impact = impact(&proposal).unwrap();
    let listed = impact.map(|it| {
        let rights = it.rights.iter().map(|it| it.permission);
        let rights = rights.filter(|it| !REQUIRING.contains(it) && !GUARDED.contains(it));
        let mut found: BTreeSet<String> = rights.map(str::to_owned).collect();
        found.extend(it.programs.iter().map(|it| it.program.to_owned()));
        found.extend(it.items.iter().map(|it| format!("{:?}", it.gate)));
        if !it.delegated.is_empty() {
            found.insert("delegated".to_owned());
        }
        (it.user.to_owned(), found)
    });
    listed.collect()
}

/// Who holds something of a permission.
fn holders(tenant: &Compiled, permission: &str) -> usize {
    let all = (0..USERS).map(name).filter_map(|user| {
        let rights: UserRights<'_> = rights(tenant, &user, LATER).ok()?;
        rights.of(permission).is_some().then_some(())
    });
    all.count()
}

#[test]
fn an_impact_lists_exactly_what_differs() {
    let (mut users, mut handed, mut last) = (0, 0, 0);
    for seed in 0..seeds(120) {
        let mut random = Random(1_000 + seed);
        let world = World::new(&mut random);
        let edited = world.edited(&mut random);
        let (before, after) = (world.compile(), edited.compile());
        // Where a record has a say, a gate can be less than open and more than closed.
        let by_record = world.admits_by_record() || edited.admits_by_record();
        let all = listed(&before, &after, 1_000);
        assert!(all.is_sorted_by_key(|(user, _)| user.clone()));
        for (user, mut expected) in brute(&before, &after) {
            let found = all.iter().find(|(listed, _)| *listed == user);
            let mut found = found.map(|(_, found)| found.clone()).unwrap_or_default();
            // Two delegations can be told differently and come to the same.
            let perhaps = expected.remove("perhaps delegated");
            let surely = found.remove("delegated");
            assert!(perhaps || !surely, "seed {seed}, {user}");
            handed += usize::from(surely);
            if by_record {
                found.retain(|it| !it.starts_with("Gate"));
                expected.retain(|it| !it.starts_with("Gate"));
            }
            users += usize::from(!expected.is_empty());
            assert_eq!(found, expected, "seed {seed}, {user}");
        }
        for limit in [0, 1, 3] {
            let some = listed(&before, &after, limit);
            assert_eq!(some, all[..limit.min(all.len())], "seed {seed}");
        }
        let proposal = Proposal {
            before: &before,
            after: &after,
            now: LATER,
            acting: None,
            questions: &[],
            limit: 2,
        };
        let bounded = impact(&proposal).unwrap();
        assert_eq!(bounded.totals().affected, all.len(), "seed {seed}");
        assert_eq!(bounded.totals().cut, all.len() > 2, "seed {seed}");
        let warned: Vec<&str> = bounded
            .warnings()
            .iter()
            .filter_map(|it| match it {
                Warning::NobodyLeft { permission } => Some(*permission),
                _ => None,
            })
            .collect();
        let left = PERMISSIONS.iter().chain(&GUARDED).chain(&["theirs"]).filter(|permission| {
            holders(&before, permission) > 0 && holders(&after, permission) == 0
        });
        let (mut left, mut warned): (Vec<&str>, _) = (left.copied().collect(), warned);
        left.sort_unstable();
        warned.sort_unstable();
        assert_eq!(warned, left, "seed {seed}");
        last += left.len();
        let opened: BTreeSet<Gate<'_>> =
            bounded.exposed().iter().filter(|it| it.opens).map(|it| it.gate).collect();
        assert_eq!(opened, gates(&before).difference(&gates(&after)).copied().collect());
    }
    assert!(users > 300 && handed > 3 && last > 3, "{users} {handed} {last}");
}
