//! Families: which one governs which permission, and how to ask it.

use super::{Before, Definition, arc, readers};
use crate::decision::Obligation;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::family::{Family, Input, InputKind, InputSpec};
use crate::fast::Map;
use crate::model::{Document, FamilySettings, InputPath, Position, Text};
use crate::snapshot::{FamilyRule, Governed, InputRule, Installed, PermissionId, Permissions};
use std::sync::Arc;

/// The families that a catalog names.
pub(super) struct Families {
    pub(super) rules: Arc<[FamilyRule]>,
    /// The family of each permission, by permission.
    pub(super) governed: Vec<Option<Governed>>,
    /// Whether they are what they were.
    pub(super) same: bool,
}

pub(super) fn compile(
    definition: &Definition<'_>,
    before: Option<Before<'_>>,
    found: &mut Diagnostics,
) -> Families {
    if let Some(before) = before.filter(|before| is_same(definition, *before)) {
        let governed = before.snapshot.permissions.iter().map(|rule| rule.family).collect();
        return Families { rules: Arc::clone(&before.snapshot.families), governed, same: true };
    }
    let mut compiler = Compiler { definition, rules: Vec::new() };
    let permissions = &definition.catalog.permissions;
    let governed: Vec<_> = permissions
        .iter()
        .map(|(id, entry)| Some(compiler.govern(id, entry.family.as_ref()?, found)))
        .collect();
    readers::families(definition, &compiler.rules, &governed, found);
    let mut report = definition.reporter(Document::Tenant, found);
    for name in definition.tenant.value.families.keys() {
        if !compiler.rules.iter().any(|rule| *rule.id == **name) {
            let known = compiler.rules.iter().map(|rule| &*rule.id);
            report.unknown("family", &Text::from(name.as_str()), "families", known);
        }
    }
    Families { rules: compiler.rules.into(), governed, same: false }
}

/// Whether the very same components answer under the very same settings.
fn is_same(definition: &Definition<'_>, before: Before<'_>) -> bool {
    let (is, was) = (&definition.tenant.value.families, &before.tenant.families);
    let settings = is.len() == was.len()
        && is.iter().zip(was).all(|((id, is), (name, was))| id == name && Arc::ptr_eq(is, was));
    settings
        && before.snapshot.families.iter().all(|rule| {
            match (definition.families.get(&*rule.id), &rule.installed) {
                (Some(is), Some(was)) => Arc::ptr_eq(is, &was.family),
                (is, was) => is.is_none() && was.is_none(),
            }
        })
}

struct Compiler<'a> {
    definition: &'a Definition<'a>,
    rules: Vec<FamilyRule>,
}

impl Compiler<'_> {
    fn govern(&mut self, id: PermissionId, name: &Text, found: &mut Diagnostics) -> Governed {
        let definition = self.definition;
        let permissions = &definition.catalog.permissions;
        let position = self.rules.iter().position(|rule| *rule.id == ***name);
        let index = position.unwrap_or_else(|| {
            self.rules.push(bind(definition, name, found));
            self.rules.len() - 1
        });
        let family = u16::try_from(index).unwrap_or(u16::MAX);
        let installed = self.rules.get(index).and_then(|rule| rule.installed.as_ref());
        let Some(manifest) = installed.map(|installed| installed.family.manifest()) else {
            return Governed { family, permission: None, floor: false };
        };
        let asked = permissions.entry(id).map(|entry| entry.permission.id.as_str()).unwrap_or("");
        let place = manifest.permissions.iter().position(|known| known == asked);
        if place.is_none() {
            let mut report = definition.reporter(Document::Catalog, found);
            report.fault(
                name.at(),
                format!("permissions.{asked}.family"),
                format!("the family `{name}` {} knows nothing about `{asked}`", manifest.version),
                Some(
                    "take it off the family in the catalog, or install a version that knows it"
                        .into(),
                ),
            );
        }
        let consented =
            definition.tenant.value.families.get(name.as_str()).is_some_and(|settings| {
                settings.floors.iter().any(|floor| floor.as_str() == asked)
            });
        Governed {
            family,
            permission: place.and_then(|place| u32::try_from(place).ok()),
            floor: consented && manifest.floors.iter().any(|floor| floor == asked),
        }
    }
}

fn bind(definition: &Definition<'_>, name: &Text, found: &mut Diagnostics) -> FamilyRule {
    let empty = FamilySettings::default();
    let settings = definition.tenant.value.families.get(name.as_str());
    let settings = settings.map_or(&empty, |settings| &**settings);
    let permissions = &definition.catalog.permissions;
    let mut report = definition.reporter(Document::Tenant, found);
    let installed = definition
        .families
        .get(name.as_str())
        .map(|family| install(family, settings, permissions, &mut report));
    FamilyRule { id: arc(name), installed }
}

fn install(
    family: &Arc<dyn Family>,
    settings: &FamilySettings,
    permissions: &Permissions,
    report: &mut Reporter<'_>,
) -> Installed {
    let manifest = family.manifest();
    let field = format!("families.{}", manifest.id);
    for floor in &settings.floors {
        if !manifest.floors.iter().any(|declared| *declared == **floor) {
            let known = manifest.floors.iter().map(String::as_str);
            report.unknown("floor", floor, format!("{field}.floors"), known);
        }
    }
    let mut inputs = Vec::new();
    for spec in &manifest.inputs {
        if !fits(spec) {
            report.fault(
                Position::default(),
                &field,
                format!("the manifest declares `{}` with a type that it never has", spec.path),
                Some("the vendor of the family has to correct its manifest".to_owned()),
            );
        }
        let config = match &spec.path {
            InputPath::Config(path) => settings.config.at(path),
            _ => None,
        };
        let value = config.map(|value| spec.kind.accept(value).map(Input::into_owned));
        if let Some(None) = value {
            let message = format!("`{}` has another type than the family wants", spec.path);
            report.fault(Position::default(), format!("{field}.config"), message, None);
        }
        inputs.push(InputRule {
            path: spec.path.clone(),
            kind: spec.kind,
            config: value.flatten(),
            withheld: config.is_none() && !family.may_see(&spec.path),
            holds: match &spec.path {
                InputPath::SubjectHolds(id) => permissions.find(id),
                _ => None,
            },
        });
    }
    let mut kinds = Map::default();
    for (number, kind) in (0..).zip(&manifest.kinds) {
        kinds.insert(kind.as_str().into(), number);
    }
    Installed {
        family: Arc::clone(family),
        kinds,
        inputs: inputs.into(),
        reasons: manifest
            .reasons
            .iter()
            .map(|reason| (reason.code.as_str().into(), reason.text.as_str().into()))
            .collect(),
        obligations: manifest
            .obligations
            .iter()
            .map(|spec| {
                Arc::new(Obligation {
                    code: spec.code.clone(),
                    values: spec.values.clone(),
                    source: manifest.id.clone(),
                })
            })
            .collect(),
        reads_now: manifest.inputs.iter().any(|spec| spec.path == InputPath::Now),
        requires: manifest.requires.iter().map(|id| permissions.find(id)).collect(),
    }
}

/// Whether an input of a fixed type is declared with that type.
fn fits(spec: &InputSpec) -> bool {
    let natural = match spec.path {
        InputPath::SubjectId
        | InputPath::SubjectStatus
        | InputPath::SubjectInvitation
        | InputPath::DelegationFrom
        | InputPath::ResourceKind
        | InputPath::ResourceId => InputKind::Text,
        InputPath::SubjectRoles
        | InputPath::SubjectPolicies
        | InputPath::SubjectTeams
        | InputPath::SubjectTags
        | InputPath::DelegationPermissions
        | InputPath::DelegationAudiences => InputKind::Texts,
        InputPath::SubjectOwner | InputPath::SubjectHolds(_) => InputKind::Boolean,
        InputPath::Now => InputKind::Instant,
        InputPath::SubjectAttribute(_)
        | InputPath::ResourceAttribute(_)
        | InputPath::ActionAttribute(_)
        | InputPath::ContextAttribute(_)
        | InputPath::Config(_) => return true,
    };
    spec.kind == natural || spec.kind == InputKind::Any
}
