//! What an edit changes about rules that a record decides on. Whom that concerns cannot be said
//! without records, so it is told as it is.

use super::contract;
use super::matching::{Matching, same_clause, same_guard, same_matchers};
use super::report::RuleChange;
use crate::directory::Compiled;
use crate::snapshot::{FamilyRule, MatcherRule, PermissionId, Redaction, SharingRule, Snapshot};

/// The rules that changed, sorted.
pub(super) fn changed<'a>(
    before: &'a Compiled,
    after: &'a Compiled,
    matching: &Matching<'a>,
) -> Vec<RuleChange<'a>> {
    let (was, is) = (&*before.snapshot, &*after.snapshot);
    let mut found = Vec::new();
    if was.catalog.teams != is.catalog.teams {
        found.push(RuleChange::Teams);
    }
    guards(was, is, &mut found);
    permissions(was, is, matching, &mut found);
    families(was, is, &mut found);
    sharing(was, is, &mut found);
    programs(matching, &mut found);
    parts(was, is, &mut found);
    attributes(was, is, &mut found);
    contract::changed(was, is, matching, &mut found);
    found.sort();
    found.dedup();
    found
}

fn guards<'a>(was: &'a Snapshot, is: &'a Snapshot, found: &mut Vec<RuleChange<'a>>) {
    for (these, those) in [(was, is), (is, was)] {
        for guard in &these.catalog.guards {
            let other = those.catalog.guards.iter().find(|other| other.id == guard.id);
            let moved = other.is_none_or(|other| !same_guard(guard, other))
                || guarded(these, &guard.id) != guarded(those, &guard.id);
            if moved {
                found.push(RuleChange::Guard(&guard.id));
            }
        }
    }
}

/// The permissions that a guard is on.
fn guarded<'s>(snapshot: &'s Snapshot, id: &str) -> Vec<&'s str> {
    let on = snapshot.each_permission().filter(|(_, rule)| {
        let mut guards = rule.guards.iter();
        guards
            .any(|at| snapshot.catalog.guards.get(usize::from(*at)).is_some_and(|it| *it.id == *id))
    });
    let mut names: Vec<&str> = on.map(|(_, rule)| &*rule.id).collect();
    names.sort_unstable();
    names
}

fn permissions<'a>(
    was: &'a Snapshot,
    is: &'a Snapshot,
    matching: &Matching<'a>,
    found: &mut Vec<RuleChange<'a>>,
) {
    for slot in &matching.slots {
        let (Some((old, a)), Some((new, b))) = (slot.before, slot.after) else { continue };
        if a.own != b.own {
            found.push(RuleChange::Own(slot.name));
        }
        if a.exclusive != b.exclusive || shown(was, old) != shown(is, new) {
            found.push(RuleChange::Shows(slot.name));
        }
        if obligations(was, old) != obligations(is, new) {
            found.push(RuleChange::Obligations(slot.name));
        }
    }
}

fn shown(snapshot: &Snapshot, id: PermissionId) -> Option<String> {
    // The kinds of content are numbered anew by each snapshot: what is shown is told by name.
    let shown = snapshot.permission(id)?.content.as_ref()?;
    let names = shown.all().filter_map(|at| snapshot.sharing.contents.get(usize::from(at)));
    let names: Vec<&str> = names.map(|content| &*content.kind).collect();
    let kinds = snapshot.kinds.keys().map(|kind| {
        let at = snapshot.sharing.contents.get(shown.of(kind));
        (&**kind, at.map(|content| &*content.kind))
    });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_unstable();
    Some(format!("{names:?} {kinds:?} {}", shown.denies))
}

fn obligations(snapshot: &Snapshot, id: PermissionId) -> Vec<String> {
    let rule = snapshot.permission(id);
    let constraints = rule.into_iter().flat_map(|rule| &rule.constraints);
    let constraints =
        constraints.filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)));
    let mut all: Vec<String> = constraints
        .flat_map(|rule| rule.obligations.iter().map(move |it| format!("{it:?} {:?}", rule.unless)))
        .collect();
    all.sort_unstable();
    all
}

fn families<'a>(was: &'a Snapshot, is: &'a Snapshot, found: &mut Vec<RuleChange<'a>>) {
    for (these, those) in [(was, is), (is, was)] {
        for (at, family) in (0..=u16::MAX).zip(these.families.iter()) {
            let other =
                (0..=u16::MAX).zip(those.families.iter()).find(|(_, other)| other.id == family.id);
            let same = other.is_some_and(|(to, other)| {
                settings(family) == settings(other) && governed(these, at) == governed(those, to)
            });
            if !same {
                found.push(RuleChange::Family(&family.id));
            }
        }
    }
}

/// The code of a family and what the tenant configured of it that it reads.
fn settings(family: &FamilyRule) -> Option<(&str, Vec<String>)> {
    let installed = family.installed.as_ref()?;
    let inputs = installed.inputs.iter();
    let values = inputs.map(|input| format!("{} {:?}", input.path, input.config));
    Some((installed.family.digest(), values.collect()))
}

/// The permissions that a family governs, and on which it may set a floor.
fn governed(snapshot: &Snapshot, family: u16) -> Vec<(&str, bool)> {
    let mut all: Vec<(&str, bool)> = snapshot
        .each_permission()
        .filter_map(|(_, rule)| {
            let governed = rule.family.filter(|governed| governed.family == family)?;
            Some((&*rule.id, governed.floor))
        })
        .collect();
    all.sort_unstable();
    all
}

/// The programs whose matchers changed and of whom they admit a record decides.
fn programs<'a>(matching: &Matching<'a>, found: &mut Vec<RuleChange<'a>>) {
    let by_record = |matchers: &MatcherRule| {
        let mut inputs = matchers.condition.iter().flat_map(|it| it.condition.inputs());
        inputs.any(|path| !path.to_string().starts_with("subject."))
    };
    for slot in &matching.programs {
        let (Some(a), Some(b)) = (slot.before, slot.after) else { continue };
        let asks = by_record(&a.matchers) || by_record(&b.matchers);
        if asks && !same_matchers(&a.matchers, &b.matchers) {
            found.push(RuleChange::Program(slot.name));
        }
    }
}

/// The kinds that are a part of something else than before, which may be exclusive.
fn parts<'a>(was: &'a Snapshot, is: &'a Snapshot, found: &mut Vec<RuleChange<'a>>) {
    for (these, those) in [(was, is), (is, was)] {
        let moved = these.kinds.values().filter(|kind| {
            let other = those.kinds.get(&*kind.name).map(|it| &*it.part_of);
            other.unwrap_or_default() != &*kind.part_of
        });
        found.extend(moved.map(|kind| RuleChange::Parts(&kind.name)));
    }
}

/// The attributes that conditions read as another type than before.
fn attributes<'a>(was: &'a Snapshot, is: &Snapshot, found: &mut Vec<RuleChange<'a>>) {
    let after = &is.catalog.permissions.schema;
    for (path, kind) in was.catalog.permissions.schema.iter() {
        if after.kind(path).is_some_and(|other| other != kind) {
            found.push(RuleChange::Attribute(path));
        }
    }
}

fn sharing(was: &Snapshot, is: &Snapshot, found: &mut Vec<RuleChange<'_>>) {
    let (a, b) = (&was.sharing, &is.sharing);
    let mut tell = |what: String| found.push(RuleChange::Sharing(what));
    let marks = |snapshot: &Snapshot| -> Vec<String> {
        snapshot.sharing.private.iter().map(|mark| format!("{mark:?}")).collect()
    };
    if a.by != b.by || a.unnamed_closes != b.unnamed_closes || marks(was) != marks(is) {
        tell("whose records are, and which are private".to_owned());
    }
    for (these, those) in [(was, is), (is, was)] {
        for content in &these.sharing.contents {
            let mut others = those.sharing.contents.iter();
            let redacts = |snapshot, redaction: Option<&Redaction>| {
                redaction.map(|it| (named(snapshot, it.toggle), it.unless.clone()))
            };
            let same = others.find(|other| other.kind == content.kind).is_some_and(|other| {
                content.base == other.base
                    && content.withhold == other.withhold
                    && content.account == other.account
                    && redacts(these, content.viewer.as_ref())
                        == redacts(those, other.viewer.as_ref())
                    && redacts(these, content.sharer.as_ref())
                        == redacts(those, other.sharer.as_ref())
            });
            if !same {
                tell(format!("the default of `{}`", content.kind));
            }
        }
        let layers: [(&str, Layer); 2] = [
            ("policy", |snapshot| &snapshot.sharing.policies),
            ("override", |snapshot| &snapshot.sharing.overrides),
        ];
        for (layer, rules) in layers {
            for (at, rule) in rules(these).iter().enumerate() {
                let same = rules(those).iter().enumerate().any(|(to, other)| {
                    rule.id == other.id
                        && rule.outcome == other.outcome
                        && rule.overridable == other.overridable
                        && same_matchers(&rule.viewers, &other.viewers)
                        && same_clause(rule.condition.as_ref(), other.condition.as_ref())
                        && about(these, layer, at) == about(those, layer, to)
                });
                if !same {
                    tell(format!("{layer} `{}`", rule.id));
                }
            }
        }
    }
}

/// One of the layers of sharing.
type Layer = fn(&Snapshot) -> &[SharingRule];

fn named(snapshot: &Snapshot, id: PermissionId) -> Option<String> {
    snapshot.permission(id).map(|rule| rule.id.to_string())
}

/// The kinds of content that a rule is about.
fn about<'s>(snapshot: &'s Snapshot, layer: &str, at: usize) -> Vec<&'s str> {
    let contents = snapshot.sharing.contents.iter().filter(|content| {
        let list = if layer == "policy" { &content.policies } else { &content.overrides };
        list.iter().any(|number| usize::from(*number) == at)
    });
    contents.map(|content| &*content.kind).collect()
}
