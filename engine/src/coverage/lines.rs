//! The lines of the documents that a decision can look at.
//!
//! Read from the documents, not from what they are compiled to: a line that the compiler drops,
//! such as a grant whose scope its permission cannot have, is one that nothing ever exercises,
//! and that is worth knowing.

use super::{Line, LineKind};
use crate::compile::Definition;
use crate::decision::Stage;
use crate::model::{
    Catalog, Cells, Document, Grant, GrantedBy, Matchers, Pattern, Place, Position, Scope, Several,
    SharingRule, Text,
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that can be exercised, by where it stands.
pub(super) fn list(definition: &Definition<'_>) -> BTreeMap<(Place, LineKind), Line> {
    let permissions =
        definition.catalog.source.value.permissions().map(|(_, permission)| permission);
    let toggles = permissions.filter(|permission| permission.constraint.is_some());
    let toggles = toggles.map(|permission| permission.id.as_str()).collect();
    let mut lister = Lister { definition, toggles, lines: BTreeMap::new() };
    lister.catalog();
    lister.tenant();
    for user in definition.directory().iter().flat_map(|directory| &directory.value.users) {
        lister.grants(Document::Directory, &format!("user `{}`", user.id), &user.grants);
    }
    lister.lines
}

struct Lister<'d> {
    definition: &'d Definition<'d>,
    toggles: BTreeSet<&'d str>,
    lines: BTreeMap<(Place, LineKind), Line>,
}

impl Lister<'_> {
    fn catalog(&mut self) {
        let (catalog, tenant) =
            (&self.definition.catalog.source.value, &self.definition.tenant.value);
        // Where the tenant has a role of that id, the standard one is nobody's.
        let edited: BTreeSet<&str> = tenant.roles.iter().map(|role| role.id.as_str()).collect();
        for role in &catalog.standard_roles {
            if !edited.contains(role.id.as_str()) {
                self.grants(Document::Catalog, &format!("role `{}`", role.id), &role.grants);
            }
        }
        for guard in &catalog.guards {
            let label = format!("guard `{}`", guard.id);
            let document = Document::Catalog;
            self.condition(document, guard.condition.as_ref(), &label, Stage::Guards);
            self.add(LineKind::Guard, document, guard.id.at(), label, Stage::Guards);
        }
    }

    fn tenant(&mut self) {
        let tenant = &self.definition.tenant.value;
        for role in &tenant.roles {
            self.grants(Document::Tenant, &format!("role `{}`", role.id), &role.grants);
        }
        for policy in &tenant.policies {
            self.grants(Document::Tenant, &format!("policy `{}`", policy.id), &policy.grants);
        }
        for program in &tenant.programs {
            let label = format!("program `{}`", program.id);
            self.matchers(&program.matchers, &label, Stage::Exclusive);
            self.add(LineKind::Program, Document::Tenant, program.id.at(), label, Stage::Exclusive);
        }
        for rule in &tenant.sharing.policies {
            self.sharing(rule, "sharing policy");
        }
        for rule in &tenant.sharing.overrides {
            self.sharing(rule, "sharing override");
        }
    }

    fn grants(&mut self, document: Document, holder: &str, grants: &[Grant]) {
        for grant in grants {
            let Some(at) = grant.named_at() else { continue };
            let label = format!("{holder}: {}", describe(grant));
            // A restricting toggle does nothing before the step in which it restricts.
            let toggle = |name: &Text| self.toggles.contains(name.as_str());
            let stage = match grant.permission.as_ref().is_some_and(toggle) {
                true => Stage::Constraints,
                false => Stage::Grants,
            };
            self.condition(document, grant.condition.as_ref(), &label, stage);
            let label = format!("{label}{}", limits(grant));
            self.add(LineKind::Grant, document, at, label, stage);
            let wide = wide(&self.definition.catalog.source.value, grant);
            let place = Place { document, at };
            if let (Some(wide), Some(line)) = (wide, self.lines.get_mut(&(place, LineKind::Grant)))
            {
                line.wide = Some(wide.into_iter().map(|id| (id, false)).collect());
            }
        }
    }

    fn sharing(&mut self, rule: &SharingRule, what: &str) {
        let label = format!("{what} `{}`", rule.id);
        self.matchers(&rule.viewers, &label, Stage::Sharing);
        self.condition(Document::Tenant, rule.condition.as_ref(), &label, Stage::Sharing);
        self.add(LineKind::Sharing, Document::Tenant, rule.id.at(), label, Stage::Sharing);
    }

    fn matchers(&mut self, matchers: &Matchers, of: &str, stage: Stage) {
        let of = format!("the matchers of {of}");
        self.condition(Document::Tenant, matchers.condition.as_ref(), &of, stage);
    }

    fn condition(&mut self, document: Document, condition: Option<&Text>, of: &str, stage: Stage) {
        if let Some(condition) = condition {
            let label = format!("condition of {of}");
            self.add(LineKind::Condition, document, condition.at(), label, stage);
        }
    }

    /// Adds a line. One that is written once and referred to elsewhere is one line.
    fn add(
        &mut self,
        kind: LineKind,
        document: Document,
        at: Position,
        label: String,
        stage: Stage,
    ) {
        if at.line == 0 {
            return;
        }
        let file = match document {
            Document::Catalog => &self.definition.catalog.source.file,
            Document::Tenant => &self.definition.tenant.file,
            Document::Directory => match self.definition.directory() {
                Some(directory) => &directory.file,
                None => return,
            },
        };
        let file = file.clone();
        let line = Line { file, label, stage, exercised: BTreeSet::new(), wide: None };
        self.lines.entry((Place { document, at }, kind)).or_insert(line);
    }
}

/// What a grant gives, and how far.
fn describe(grant: &Grant) -> String {
    let what = match (&grant.permission, &grant.permissions, &grant.category) {
        (Some(permission), _, _) => permission.to_string(),
        (None, Some(several), _) => several.to_string(),
        (None, None, Some(category)) => format!("category `{category}`"),
        (None, None, None) => String::new(),
    };
    let except = match names(&grant.except) {
        except if except.is_empty() => except,
        except => format!(" except {except}"),
    };
    format!("{what}{except} at {}", grant.scope)
}

/// What narrows a grant, in short.
fn limits(grant: &Grant) -> String {
    let mut text = String::new();
    if !grant.teams.is_empty() {
        text.push_str(&format!(", in {}", names(&grant.teams)));
    }
    if !grant.exact_teams.is_empty() {
        text.push_str(&format!(", in exactly {}", names(&grant.exact_teams)));
    }
    if grant.valid_from.is_some() || grant.valid_until.is_some() {
        text.push_str(", for a time");
    }
    if grant.condition.is_some() {
        text.push_str(", on a condition");
    }
    text
}

fn names(names: &[Text]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    names.join(", ")
}

/// The permissions that a grant of several gives; `None` for one that names one.
fn wide(catalog: &Catalog, grant: &Grant) -> Option<BTreeSet<String>> {
    let named: Vec<Named<'_>> = match (&grant.permission, &grant.permissions, &grant.category) {
        (Some(name), None, None) => match Named::one(name) {
            Named::Whole(_) => return None,
            pattern => vec![pattern],
        },
        (None, Some(several), None) => match &**several {
            Several::List(names) => names.iter().map(Named::one).collect(),
            Several::Table(Cells { kinds, actions }) => {
                let cells = kinds.iter().flat_map(|kind| {
                    actions.iter().map(move |action| Named::Whole(format!("{kind}.{action}")))
                });
                cells.collect()
            }
        },
        (None, None, Some(category)) => vec![Named::Category(category)],
        _ => return None,
    };
    let whole = |named: &&Named<'_>| matches!(named, Named::Whole(_));
    let whole: BTreeSet<&str> = named.iter().filter(whole).map(Named::name).collect();
    let except: BTreeSet<&str> = grant.except.iter().map(|name| name.as_str()).collect();
    let patterns: Vec<Pattern<'_>> = except.iter().filter_map(|name| Pattern::of(name)).collect();
    let given = catalog.permissions().filter(|(of, permission)| {
        let id = permission.id.as_str();
        let handed = permission.granted_by == GrantedBy::Roles;
        let plain = handed && permission.constraint.is_none();
        let swept = plain && !permission.owner_only && permission.wildcard.unwrap_or(true);
        let swept = |named: &Named<'_>| match named {
            Named::Whole(_) => false,
            Named::Pattern(pattern) => swept && pattern.matches_own(id),
            Named::Category(category) => plain && of.id == **category,
        };
        let reach = permission.reach.unwrap_or(Scope::ALL);
        (handed && whole.contains(id) || named.iter().any(swept))
            && !grant.scope.intersection(reach).is_none()
            && !except.contains(id)
            && !patterns.iter().any(|pattern| pattern.matches(id))
    });
    Some(given.map(|(_, permission)| permission.id.to_string()).collect())
}

/// What one entry of a grant names.
enum Named<'g> {
    Whole(String),
    Pattern(Pattern<'g>),
    Category(&'g Text),
}

impl<'g> Named<'g> {
    fn one(name: &'g Text) -> Self {
        match Pattern::of(name) {
            None => Self::Whole(name.to_string()),
            Some(pattern) => Self::Pattern(pattern),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Whole(name) => name,
            Self::Pattern(_) | Self::Category(_) => "",
        }
    }
}
