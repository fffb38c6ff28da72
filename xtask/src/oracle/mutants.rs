//! The bugs that are planted: at least one for each step of the pipeline, for the cache and for
//! conditions.

mod assigned;
mod contract;
mod several;
mod sharing;

/// One planted bug.
#[derive(Debug)]
pub(super) struct Mutant {
    /// What is wrong with the engine then.
    pub(super) name: &'static str,
    /// The file in `engine/src`.
    pub(super) file: &'static str,
    /// What stands there, exactly once.
    pub(super) from: &'static str,
    /// What is put in its place.
    pub(super) to: &'static str,
    /// Why it may go unnoticed.
    pub(super) accepted: Option<&'static str>,
}

const fn bug(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
) -> Mutant {
    Mutant { name, file, from, to, accepted: None }
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Mutant> {
    let contract = contract::CONTRACT.iter();
    let pipeline = contract.chain(PIPELINE).chain(several::SEVERAL);
    pipeline.chain(assigned::ASSIGNED).chain(sharing::SHARING)
}

/// Those of the steps but sharing, in the order of the pipeline, of the cache and of conditions.
const PIPELINE: &[Mutant] = &[
    bug(
        "subject: who was deleted takes part",
        "evaluate/mod.rs",
        "member.status != Status::Active",
        "member.status == Status::Inactive",
    ),
    bug(
        "subject: a pending invitation is enough",
        "evaluate/mod.rs",
        "member.invitation == Invitation::Pending && !rule.while_pending",
        "member.invitation == Invitation::Pending && rule.while_pending",
    ),
    bug(
        "subject: toggles can be exercised",
        "evaluate/mod.rs",
        "if rule.is_constraint {",
        "if false {",
    ),
    bug(
        "plan: everything is included",
        "evaluate/mod.rs",
        "Err(Reason::Plan(Arc::clone(name)))",
        "Ok(())",
    ),
    bug(
        "guards: what is required or what is checked",
        "evaluate/guards.rs",
        "&& guard.check.as_ref()",
        "|| guard.check.as_ref()",
    ),
    bug(
        "guards: what is of another type differs",
        "model/predicate.rs",
        "value => value.equals(other).map(|equal| !equal),",
        "value => Some(value.equals(other) != Some(true)),",
    ),
    bug(
        "guards: a number that is written as a decimal is another one",
        "model/compare.rs",
        "_ => Some(self.number()?.compare(other.number()?)? == Ordering::Equal),",
        "_ => (self.type_name() == other.type_name()).then(|| self == other),",
    ),
    bug(
        "guards: an unnamed role may be edited",
        "evaluate/roles.rs",
        "RoleCheck::Editable => named(|role| role.editable),",
        "RoleCheck::Editable => self.request.resource.id.is_none() || named(|r| r.editable),",
    ),
    bug(
        "guards: more than one holds is handed out",
        "evaluate/roles.rs",
        "|| self.held_as_wide(id, rule, given).covers(scope)",
        "|| self.granted(id, rule, &mut super::Silent).covers(scope)",
    ),
    bug(
        "grants: a sum leaves out the policies",
        "snapshot/member.rs",
        "let more = policies.iter().filter_map(",
        "let more = policies.iter().take(0).filter_map(",
    ),
    bug(
        "grants: a sum forgets what is within limits",
        "evaluate/summed.rs",
        "if extra.is_none() && !sum.is_limited(id) {",
        "if extra.is_none() {",
    ),
    bug(
        "grants: a sum counts what is outside of its limits",
        "evaluate/summed.rs",
        "limited.fold(granted, |granted, it| granted.and(it.scope, &self.within(&it.within)))",
        "limited.fold(granted, |granted, it| granted.and(it.scope, &Counts::Yes))",
    ),
    bug(
        "grants: a sum counts what was unticked",
        "evaluate/summed.rs",
        "if extra.is_some_and(|extra| !extra.adjusted.is_empty()) {",
        "if extra.is_some_and(|extra| extra.adjusted.len() > 99) {",
    ),
    bug(
        "grants: a sum leaves out what was ticked",
        "evaluate/summed.rs",
        "ticked.fold(granted, |granted, (_, scope)| granted.and(*scope, &Counts::Yes))",
        "ticked.fold(granted, |granted, _| granted)",
    ),
    bug("grants: a window includes its end", "evaluate/grants.rs", "now < until)", "now <= until)"),
    bug(
        "grants: below reaches the team itself",
        "evaluate/teams.rs",
        "**own != *team && lies_in(team, own)",
        "lies_in(team, own)",
    ),
    bug(
        "grants: a team's name is a beginning of another's",
        "evaluate/teams.rs",
        "rest.is_empty() || rest.starts_with('/')",
        "rest.is_empty() || !rest.is_empty()",
    ),
    bug(
        "grants: what was unticked counts",
        "evaluate/grants.rs",
        "adjusted.unwrap_or(&role.grants)",
        "adjusted.filter(|_| false).unwrap_or(&role.grants)",
    ),
    bug(
        "grants: an ill-typed team is nobody's no more",
        "evaluate/teams.rs",
        "Whereabouts::Unknown => false,",
        "Whereabouts::Unknown => self.snapshot.catalog.unassigned_is_everybodys,",
    ),
    bug(
        "grants: a toggle for some teams does not bind where nobody knows the team",
        "evaluate/grants.rs",
        "Counts::UnknownTeam => !self.is_ruled_out(via),",
        "Counts::UnknownTeam => false,",
    ),
    bug(
        "grants: one of several teams that is none is left aside",
        "evaluate/teams.rs",
        "items.iter().all(|item| item.as_str().is_some())",
        "items.iter().any(|item| item.as_str().is_some())",
    ),
    bug(
        "grants: of several teams all have to be one's own",
        "evaluate/teams.rs",
        "names(teams).any(|team| self.member.teams.iter().any(|own| **own == *team))",
        "names(teams).all(|team| self.member.teams.iter().any(|own| **own == *team))",
    ),
    bug(
        "grants: a delegation reaches the deputy's own",
        "evaluate/delegation.rs",
        "self.is_own(&rule.own, &delegation.from)",
        "self.is_own(&rule.own, self.member)",
    ),
    bug(
        "prerequisites: one of them is enough",
        "evaluate/guards.rs",
        "            if !self.is_held_here(need.permission) {",
        "            if !rule.needs.iter().any(|need| self.is_held_here(need.permission)) {",
    ),
    bug(
        "prerequisites: held somewhere is held here",
        "evaluate/grants.rs",
        "&& self.grants(id, rule, &mut Vec::new(), &mut Silent).is_ok()",
        "&& !self.granted(id, rule, &mut Silent).is_none()",
    ),
    bug(
        "exclusive: an item without an id is none",
        "evaluate/exclusive.rs",
        "return Err(Reason::Exclusive { kind: Arc::clone(&kind.name), id: \"\".into() });",
        "return Ok(());",
    ),
    bug(
        "exclusive: a part is shown without its whole",
        "evaluate/exclusive.rs",
        "item.and(self.wholes(kind, resource.id, record))",
        "item",
    ),
    bug(
        "exclusive: teams do not cover their branch",
        "evaluate/exclusive.rs",
        "lies_in(team, listed)",
        "(**team == **listed && lies_in(team, listed))",
    ),
    bug(
        "constraints: exemptions are turned round",
        "evaluate/guards.rs",
        "!constraint.unless.as_ref().is_some_and(",
        "constraint.unless.as_ref().is_none_or(",
    ),
    bug(
        "constraints: obligations are forgotten",
        "evaluate/guards.rs",
        "obligations.extend(constraint.obligations.iter().cloned());",
        "",
    ),
    bug(
        "family: a floor needs no consent",
        "compile/families.rs",
        "floor: consented && manifest.floors",
        "floor: manifest.floors",
    ),
    Mutant {
        name: "family: a floor without consent is taken for one",
        file: "evaluate/family.rs",
        from: "                if self.floor {\n",
        to: "                if self.floor || declared {\n",
        accepted: Some("consent is looked at before the family is asked, too"),
    },
    bug(
        "family: a demand is taken for an abstention",
        "evaluate/family.rs",
        "            decision.is_allow()\n",
        "            decision.is_allow() || true\n",
    ),
    bug(
        "family: an answer is kept beyond its end",
        "evaluate/family.rs",
        "earlier(decision.until, earlier(self.until, answer.until))",
        "earlier(decision.until, self.until)",
    ),
    bug(
        "cache: an edge of a window is not noted",
        "evaluate/grants.rs",
        ".filter(|edge| now < *edge)",
        ".filter(|edge| now > *edge)",
    ),
    bug(
        "cache: the resource's team is not part of the key",
        "compile/reads.rs",
        "        self.attribute(&teams.attribute);\n",
        "",
    ),
    bug(
        "cache: relations are not part of the key",
        "compile/reads.rs",
        "            self.attribute(relation);\n",
        "            let _ = relation;\n",
    ),
    bug(
        "cache: what a part is a part of is not part of the key",
        "compile/reads.rs",
        "                        self.attribute(name);\n",
        "                        let _ = name;\n",
    ),
    bug(
        "guards: a role that is only promised is not in use",
        "directory/people.rs",
        "            if member.status != Status::Deleted {\n                usage.listed",
        "            if member.takes_part() {\n                usage.listed",
    ),
    bug(
        "guards: the last holder can go",
        "evaluate/roles.rs",
        "|usage| usage.taking_part > 1",
        "|usage| usage.taking_part > 0",
    ),
    bug(
        "guards: a user whom nobody knows can go",
        "evaluate/roles.rs",
        "Found::Absent | Found::Broken(_) => return false,",
        "Found::Absent | Found::Broken(_) => return true,",
    ),
    bug(
        "guards: a condition that cannot be known holds",
        "evaluate/guards.rs",
        "self.clause_holds(clause, record) == Ok(true)",
        "self.clause_holds(clause, record) != Ok(false)",
    ),
    bug(
        "grants: a branch is its team alone",
        "evaluate/teams.rs",
        "limits.branches.iter().any(|listed| lies_in(team, listed))",
        "limits.branches.iter().any(|listed| **listed == *team)",
    ),
    bug(
        "grants: exactly a team is its branch",
        "evaluate/teams.rs",
        "limits.exact.iter().any(|listed| **listed == *team)",
        "limits.exact.iter().any(|listed| lies_in(team, listed))",
    ),
    bug(
        "grants: a branch is handed out by who holds exactly a team",
        "evaluate/grants.rs",
        "&& given.branches.iter().all(|team| branch(team))",
        "&& given.branches.iter().all(|team| in_limits(team, mine))",
    ),
    bug(
        "grants: a condition that cannot be known counts",
        "evaluate/grants.rs",
        "Err(error) => Counts::Unknown(error),",
        "Err(_) => Counts::Yes,",
    ),
    bug(
        "grants: a window is open before it begins",
        "evaluate/grants.rs",
        "from.is_none_or(|from| from <= now)",
        "from.is_none_or(|from| from <= now || from > now)",
    ),
    bug(
        "roles: grandparents grant nothing",
        "compile/roles.rs",
        "                    open.extend_from_slice(parents_of(next));\n",
        "",
    ),
    bug(
        "roles: parents grant nothing",
        "compile/roles.rs",
        "            granting.include(inherited);\n",
        "            let _ = inherited;\n",
    ),
    Mutant {
        name: "delegation: chains are followed",
        file: "evaluate/delegation.rs",
        from: "if self.alone || !(",
        to: "if !(",
        accepted: Some(
            "only after one user's change can it matter, which a test of the engine covers",
        ),
    },
    bug(
        "delegation: it holds beyond its window",
        "evaluate/delegation.rs",
        "&& self.is_open(delegation)",
        "&& (self.is_open(delegation) || true)",
    ),
    bug(
        "delegation: the delegator need not be able to do it",
        "evaluate/delegation.rs",
        "found.ungranted.is_none().then_some(found.obligations)",
        "Some(found.obligations)",
    ),
    bug(
        "delegation: what binds the delegator does not bind the delegate",
        "evaluate/grants.rs",
        "            obligations.extend(delegation.obligations);\n",
        "",
    ),
    Mutant {
        name: "delegation: who takes no part delegates",
        file: "compile/users.rs",
        from: "from.status == Status::Active",
        to: "from.status != Status::Deleted",
        accepted: Some("too rare for so few cases; a test of the engine covers it"),
    },
    bug(
        "exclusive: exactly a team covers its branch",
        "evaluate/exclusive.rs",
        "fits(&matchers.exact_teams, team)",
        "matchers.exact_teams.iter().any(|listed| lies_in(team, listed))",
    ),
    bug(
        "exclusive: a condition that cannot be known admits",
        "evaluate/exclusive.rs",
        "Some(Err(error)) => Fit::Unknown(error),",
        "Some(Err(_)) => Fit::By(\"condition\"),",
    ),
    bug(
        "exclusive: what is closed opens without a program",
        "evaluate/exclusive.rs",
        "programs.is_empty() && !closed",
        "programs.is_empty()",
    ),
    bug(
        "exclusive: what is closed to look at can be changed",
        "compile/exclusive.rs",
        "            rule.closed_edit = true;\n",
        "            rule.closed_edit |= item.access == Access::Edit;\n",
    ),
    Mutant {
        name: "cache: what a sharer holds is not part of the key",
        file: "cache.rs",
        from: "room.push(ProjectedRef::Flag(ask.sharer_redacts(content)));",
        to: "room.push(ProjectedRef::Flag(ask.sharer_redacts(content) && false));",
        accepted: Some("users do not change within a case; a test of the engine covers it"),
    },
    bug(
        "cache: what the condition of a grant reads is not part of the key",
        "snapshot/grants.rs",
        "paths.filter(|path| **path != InputPath::Now).map(",
        "paths.filter(|_| false).map(",
    ),
    Mutant {
        name: "cache: what a guard's or a program's condition reads is not part of the key",
        file: "compile/reads.rs",
        from: "        for path in inputs.filter(|path| **path != InputPath::Now) {\n",
        to: "        for path in inputs.filter(|_| false) {\n",
        accepted: Some("too rare before a family for so few cases; a test of the engine covers it"),
    },
    bug(
        "cache: an hour at which a condition changes is not noted",
        "evaluate/grants.rs",
        "            self.horizon.note(instant);\n",
        "            let _ = instant;\n",
    ),
    bug(
        "cache: marks of private records are not part of the key",
        "compile/reads.rs",
        "plan.private.iter().for_each(|mark| self.attribute(&mark.attribute));",
        "",
    ),
    bug(
        "cache: a record's own choice is not part of the key",
        "compile/reads.rs",
        "        self.attribute(&content.choice);\n",
        "",
    ),
    Mutant {
        name: "cache: decisions that depend on who else holds a role are kept",
        file: "compile/reads.rs",
        from: "!gathered.reads_now && !gathered.reads_directory",
        to: "!gathered.reads_now",
        accepted: Some("users do not change within a case; a test of the engine covers it"),
    },
    bug(
        "condition: a part that cannot be known is one that settles nothing",
        "condition/evaluate.rs",
        "unknown.map_or(Ok(!settles), Err)",
        "unknown.map_or(Ok(!settles), |_| Ok(!settles))",
    ),
    bug(
        "condition: what stands behind a part that cannot be known is not asked",
        "condition/evaluate.rs",
        "Err(error) => unknown = unknown.or(Some(error)),",
        "Err(error) => return Err(unknown.unwrap_or(error)),",
    ),
    bug(
        "condition: hours over midnight are none",
        "condition/calendar.rs",
        "minute >= self.from || minute < self.to",
        "minute >= self.from && minute < self.to",
    ),
    bug(
        "condition: the days between two dates are all others",
        "condition/dates.rs",
        "count() % 2 == 1",
        "count() % 2 == 0",
    ),
    bug(
        "condition: capitals count in what is lower",
        "condition/check/folding.rs",
        "Some(text) => Expr::StringConstant(folded(text).into_owned().into(), at),",
        "Some(text) => Expr::StringConstant(text.to_uppercase().into(), at),",
    ),
    Mutant {
        name: "condition: a division by zero has a result",
        file: "condition/engine.rs",
        from: "if number.is_finite() { Ok(number) }",
        to: "if !number.is_nan() { Ok(number) }",
        accepted: Some("too rare for so few cases; a test of the engine covers it"),
    },
];
