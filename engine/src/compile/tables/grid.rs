//! One table: its kinds, its actions, and the cells that are permissions.

use super::super::patterns::{nothing, pattern};
use crate::diagnostic::Reporter;
use crate::model::{
    Action, Category, Constraint, Guard, Kinds, Pattern, Permission, ResourceKind, Text,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A category with its table; one that has none has no cells.
pub(super) struct Grid {
    field: String,
    actions: Vec<Permission>,
    /// Each cell by its kind and by the number of its action, in the order of permissions.
    cells: Vec<(Text, usize)>,
    /// The names of the cells, whether or not they are another's already.
    names: HashSet<String>,
}

impl Grid {
    /// Looks at a table. The names of its cells are added to those that are known, and taken from
    /// the room that is left for them.
    pub(super) fn new(
        category: &Category,
        kinds: &BTreeMap<String, ResourceKind>,
        ids: &mut HashSet<String>,
        room: &mut usize,
        report: &mut Reporter<'_>,
    ) -> Self {
        let field = format!("categories.{}", category.id);
        let mut grid =
            Self { field, actions: Vec::new(), cells: Vec::new(), names: HashSet::new() };
        if category.actions.is_empty() {
            if let Some(name) = category.except.first() {
                let help = Some("give it `actions`, or delete `except`".to_owned());
                let message = "there is no table that anything could be left out of";
                report.fault(name.at(), format!("{}.except", grid.field), message, help);
            }
            return grid;
        }
        let Some(kinds) = grid.kinds(category, kinds, report) else { return grid };
        let on = grid.actions(&category.actions, &kinds, report);
        let size = kinds.len().saturating_mul(grid.actions.len());
        if size > *room {
            let message = format!(
                "the table has {size} permissions, and a catalog holds at most {}",
                super::MOST_PERMISSIONS
            );
            let help = Some("list fewer kinds or fewer actions".to_owned());
            report.fault(category.id.at(), format!("{}.actions", grid.field), message, help);
            return grid;
        }
        *room -= size;
        for kind in &kinds {
            for (number, on) in on.iter().enumerate() {
                if on.as_ref().is_none_or(|on| on.contains(kind.as_str())) {
                    grid.cells.push(((*kind).clone(), number));
                }
            }
        }
        grid.leave_out(&category.except, report);
        grid.names = grid.cells.iter().map(|cell| grid.name(cell)).collect();
        grid.refuse_twins(ids, report);
        grid
    }

    /// The kinds of the table, each once.
    fn kinds<'c>(
        &self,
        category: &'c Category,
        known: &BTreeMap<String, ResourceKind>,
        report: &mut Reporter<'_>,
    ) -> Option<Vec<&'c Text>> {
        let field = format!("{}.kinds", self.field);
        let Some(Kinds::Only(listed)) = &category.kinds else {
            let at = category.actions.first().map(|Action(first)| first.id.at());
            let help = Some("list them on the category: `kinds: [invoice, letter]`".to_owned());
            let message = "nothing says on which kinds of resources the actions are";
            report.fault(at.unwrap_or_default(), field, message, help);
            return None;
        };
        let (mut kinds, mut seen) = (Vec::with_capacity(listed.len()), HashSet::new());
        for kind in listed {
            if !seen.insert(kind.as_str()) {
                let help = Some("delete one of the two".to_owned());
                report.fault(kind.at(), &field, format!("`{kind}` stands here twice"), help);
            } else if !known.contains_key(kind.as_str()) {
                let names = known.keys().map(String::as_str);
                report.unknown("kind of resource", kind, &field, names);
            } else {
                kinds.push(kind);
            }
        }
        Some(kinds)
    }

    /// Takes the actions over, and answers which kinds each is on; none where it is on all.
    fn actions<'c>(
        &mut self,
        listed: &'c [Action],
        kinds: &[&Text],
        report: &mut Reporter<'_>,
    ) -> Vec<Option<HashSet<&'c str>>> {
        let (mut on, mut seen) = (Vec::with_capacity(listed.len()), HashSet::new());
        let known: HashSet<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        for Action(action) in listed {
            let (id, field) = (&action.id, format!("{}.actions.{}", self.field, action.id));
            if id.is_empty() || id.contains('*') {
                let help = Some("give it a name without `*`".to_owned());
                report.fault(id.at(), field, "an action needs a name", help);
                continue;
            }
            if !seen.insert(id.as_str()) {
                let help = Some("delete one of the two".to_owned());
                report.fault(id.at(), field, "two actions of the table have this name", help);
                continue;
            }
            on.push(match &action.kinds {
                None => None,
                Some(Kinds::Any) => {
                    let help = Some("delete it, or list some of them".to_owned());
                    let message = "an action is on the kinds that the table lists";
                    report.fault(id.at(), format!("{field}.kinds"), message, help);
                    None
                }
                Some(Kinds::Only(some)) => {
                    for kind in some.iter().filter(|kind| !known.contains(kind.as_str())) {
                        let names = kinds.iter().map(|kind| kind.as_str());
                        report.unknown("kind of the table", kind, format!("{field}.kinds"), names);
                    }
                    Some(some.iter().map(|kind| kind.as_str()).collect())
                }
            });
            self.actions.push(action.clone());
        }
        on
    }

    fn name(&self, (kind, action): &(Text, usize)) -> String {
        let action = self.actions.get(*action).map_or("", |action| action.id.as_str());
        format!("{kind}.{action}")
    }

    fn leave_out(&mut self, except: &[Text], report: &mut Reporter<'_>) {
        let field = format!("{}.except", self.field);
        let names: HashSet<String> = self.cells.iter().map(|cell| self.name(cell)).collect();
        let mut out: HashSet<String> = HashSet::new();
        for name in except {
            let known = || names.iter().map(String::as_str);
            match pattern(name, &field, report) {
                Some(Err(())) => {}
                None if names.contains(name.as_str()) => {
                    out.insert(name.to_string());
                }
                None => report.unknown("permission of the table", name, &field, known()),
                Some(Ok(pattern)) => {
                    let before = out.len();
                    let matching = names.iter().filter(|id| pattern.matches(id));
                    let matching: Vec<&String> = matching.collect();
                    if matching.is_empty() {
                        nothing(name, pattern, known(), &field, report);
                    }
                    out.reserve(matching.len().saturating_sub(before));
                    out.extend(matching.into_iter().cloned());
                }
            }
        }
        let mut cells = std::mem::take(&mut self.cells);
        cells.retain(|cell| !out.contains(&self.name(cell)));
        self.cells = cells;
    }

    /// Refuses cells that have the name of something else.
    fn refuse_twins(&mut self, ids: &mut HashSet<String>, report: &mut Reporter<'_>) {
        let mut cells = std::mem::take(&mut self.cells);
        cells.retain(|cell| {
            let name = self.name(cell);
            let new = ids.insert(name.clone());
            if !new {
                let at = self.actions.get(cell.1).map(|action| action.id.at());
                let field = format!("{}.actions", self.field);
                let help = format!("leave it out of the table: `except: [{name}]`");
                let message = format!("`{name}` is a permission of the catalog already");
                report.fault(at.unwrap_or_default(), field, message, Some(help));
            }
            new
        });
        self.cells = cells;
    }

    /// The permissions of the table.
    pub(super) fn permissions(
        &self,
        labels: &HashMap<String, String>,
        ids: &HashSet<String>,
        report: &mut Reporter<'_>,
    ) -> Vec<Permission> {
        let actions: HashSet<&str> = self.actions.iter().map(|it| it.id.as_str()).collect();
        let unknown = self.unknown(&actions, ids, report);
        let mut told = HashSet::new();
        let mut all = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            let (kind, Some(action)) = (&cell.0, self.actions.get(cell.1)) else { continue };
            let label = labels.get(kind.as_str()).map_or(kind.as_str(), String::as_str);
            let mut permission = action.clone();
            permission.id = Text::new(self.name(cell), action.id.at());
            permission.kinds = Some(Kinds::Only(vec![kind.clone()]));
            permission.label = action.label.replace("{kind}", label);
            permission.meaning = action.meaning.replace("{kind}", label);
            let here = Here { grid: self, kind, actions: &actions, unknown: &unknown };
            permission.requires.retain_mut(|name| {
                let there = here.mean(name);
                if !there && !unknown.contains(name.as_str()) && told.insert((cell.1, name.at())) {
                    let (field, id) = (format!("{}.actions.{}", self.field, action.id), &action.id);
                    let message = format!("`{kind}` has no `{name}`, which `{id}` requires");
                    let help = format!("leave `{kind}.{id}` out too, or do not leave `{name}` out");
                    report.fault(name.at(), format!("{field}.requires"), message, Some(help));
                }
                there
            });
            permission.implies.retain_mut(|implied| here.mean(&mut implied.permission));
            if let Some(Constraint { forbids, obliges, .. }) = &mut permission.constraint {
                forbids.retain_mut(|name| here.mean(name));
                obliges.iter_mut().for_each(|it| it.on.retain_mut(|name| here.mean(name)));
            }
            all.push(permission);
        }
        all
    }

    /// Reports the names in what is said of actions that are nothing, and patterns; they are told
    /// once. What is said of an action is said of each kind by itself, so a name there means the
    /// action on the same kind. A pattern would mean it on all of them: each kind of a table would
    /// require, or bring along, what is another's.
    fn unknown(
        &self,
        actions: &HashSet<&str>,
        ids: &HashSet<String>,
        report: &mut Reporter<'_>,
    ) -> HashSet<String> {
        let mut unknown = HashSet::new();
        for action in &self.actions {
            let implied = action.implies.iter().map(|implied| &implied.permission);
            let constraint = action.constraint.iter();
            let forbids = constraint.clone().flat_map(|it| &it.forbids);
            let obliges = constraint.flat_map(|it| &it.obliges).flat_map(|oblige| &oblige.on);
            let names = action.requires.iter().chain(implied).chain(forbids).chain(obliges);
            for name in names {
                if let Some(pattern) = Pattern::of(name) {
                    let field = format!("{}.actions.{}", self.field, action.id);
                    let message = format!(
                        "`{name}` stands for permissions of several kinds, and what is said of an \
                         action is said of each kind by itself"
                    );
                    let help = match pattern {
                        Pattern::Doing(same) if actions.contains(same) => {
                            format!("write `{same}` for `{same}` on the same kind, or whole names")
                        }
                        _ => "name an action of the table, which is meant on the same kind, or \
                              whole names"
                            .to_owned(),
                    };
                    report.fault(name.at(), field, message, Some(help));
                    unknown.insert(name.to_string());
                    continue;
                }
                let there = actions.contains(name.as_str()) || ids.contains(name.as_str());
                if !there {
                    let known = actions.iter().copied().chain(ids.iter().map(String::as_str));
                    let field = format!("{}.actions.{}", self.field, action.id);
                    report.unknown("action or permission", name, field, known);
                    unknown.insert(name.to_string());
                }
            }
        }
        unknown
    }

    /// A guard of the category, with whole names.
    pub(super) fn guard(
        &self,
        mut guard: Guard,
        ids: &HashSet<String>,
        report: &mut Reporter<'_>,
    ) -> Guard {
        let mut on = Vec::with_capacity(guard.on.len());
        for name in std::mem::take(&mut guard.on) {
            if let Some(at) = self.actions.iter().position(|action| action.id == name) {
                let cells = self.cells.iter().filter(|(_, action)| *action == at);
                on.extend(cells.map(|cell| Text::new(self.name(cell), name.at())));
            } else if Pattern::of(&name).is_some() || ids.contains(name.as_str()) {
                on.push(name);
            } else {
                let actions = self.actions.iter().map(|action| action.id.as_str());
                let known = actions.chain(ids.iter().map(String::as_str));
                let field = format!("guards.{}.on", guard.id);
                report.unknown("action or permission", &name, field, known);
            }
        }
        guard.on = on;
        guard
    }
}

/// One kind of a table, for which names of actions are meant.
struct Here<'g> {
    grid: &'g Grid,
    kind: &'g Text,
    actions: &'g HashSet<&'g str>,
    unknown: &'g HashSet<String>,
}

impl Here<'_> {
    /// Makes the name of an action one of a permission; `false` where there is none.
    fn mean(&self, name: &mut Text) -> bool {
        if !self.actions.contains(name.as_str()) {
            return !self.unknown.contains(name.as_str());
        }
        let whole = format!("{}.{name}", self.kind);
        let there = self.grid.names.contains(&whole);
        if there {
            *name = Text::new(whole, name.at());
        }
        there
    }
}
