//! What conditions may read, and of which type each of it is.
//!
//! A script language answers a misspelt attribute with nothing and a comparison of a text with a
//! number with `false`, so that `!(subject.level > 5)` holds for everybody whose level is a text.
//! An attribute schema ends both: a condition that reads what is not in the schema, or compares
//! it with what it can never be, is refused when it is saved.

use super::sought::Among;
use crate::model::{
    AttributeDeclarations, AttributeRule, AttributeType, InputPath, built_in, writable,
};
use std::collections::{BTreeMap, BTreeSet};

/// The paths that conditions may read.
#[derive(Debug, Clone)]
pub struct AttributeSchema {
    paths: BTreeMap<String, Attribute>,
    /// The permissions that may be asked for, by id.
    held: BTreeMap<String, Attribute>,
    /// The paths that are declared and have no type, which no condition reads.
    untyped: BTreeSet<String>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) path: InputPath,
    pub(super) kind: AttributeType,
    /// The only values it can have; empty if it can have any.
    pub(super) values: Vec<String>,
    /// What a tenant has of that name, where it is one.
    pub(super) names: Option<Among>,
}

impl Attribute {
    /// The only values it can have; empty if it can have any.
    pub(super) fn values(&self) -> &[String] {
        &self.values
    }

    /// What of a resource it is, where not all kinds need have it alike.
    pub(super) fn of_resource(&self) -> Option<Among> {
        match &self.path {
            InputPath::ResourceAttribute(name) => Some(Among::Resource(name.clone())),
            InputPath::ResourceKind => Some(Among::Kind),
            _ => None,
        }
    }
}

impl Default for AttributeSchema {
    fn default() -> Self {
        Self::new(&AttributeDeclarations::default())
    }
}

impl AttributeSchema {
    /// What is built in, and what a catalog declares besides.
    #[must_use]
    pub fn new(declared: &AttributeDeclarations) -> Self {
        let mut schema =
            Self { paths: BTreeMap::new(), held: BTreeMap::new(), untyped: BTreeSet::new() };
        built_in().for_each(|(path, kind)| schema.add(path, kind));
        declared.rules().for_each(|(path, rule)| schema.add_rule(path, rule));
        for (path, names) in [
            ("subject.roles", Among::Roles),
            ("subject.policies", Among::Policies),
            ("subject.teams", Among::Teams),
            ("subject.tags", Among::Tags),
        ] {
            schema = schema.with_names(path, names);
        }
        schema
            .with_values("subject.status", ["active", "inactive", "deleted"])
            .with_values("subject.invitation", ["pending", "accepted"])
    }

    /// Lets conditions read these attributes of resources. Those whose name cannot be written in
    /// a condition are left out.
    #[must_use]
    pub(crate) fn with_kinds(mut self, attributes: &BTreeMap<String, AttributeRule>) -> Self {
        let writable = |name: &&String| name.split('.').all(writable);
        for name in attributes.keys().filter(writable) {
            if let Some(rule) = attributes.get(name) {
                self.add_rule(&format!("resource.{name}"), rule);
            }
        }
        self
    }

    /// Lets conditions ask for these permissions: `subject.holds("id")`, and
    /// `subject.holds.<id>` of those whose id can be written so.
    #[must_use]
    pub fn with_permissions<'p>(mut self, ids: impl IntoIterator<Item = &'p str>) -> Self {
        for id in ids {
            if id.split('.').all(writable) {
                self.add(&format!("subject.holds.{id}"), AttributeType::Boolean);
            }
            let (path, kind) = (InputPath::SubjectHolds(id.into()), AttributeType::Boolean);
            let values = Vec::new();
            self.held.insert(id.to_owned(), Attribute { path, kind, values, names: None });
        }
        self
    }

    /// Says that a path has one of these values and no other, so that a condition that compares
    /// it with another one is refused. A path that the schema does not have is left alone.
    #[must_use]
    pub fn with_values<'v>(
        mut self,
        path: &str,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Self {
        if let Some(attribute) = self.paths.get_mut(path) {
            attribute.values = values.into_iter().map(str::to_owned).collect();
        }
        self
    }

    /// Says that what a path says are names that a tenant has.
    fn with_names(mut self, path: &str, names: Among) -> Self {
        if let Some(attribute) = self.paths.get_mut(path) {
            attribute.names = Some(names);
        }
        self
    }

    /// Says by which attribute of its own a resource names its teams.
    #[must_use]
    pub(crate) fn with_team(self, attribute: &str) -> Self {
        self.with_names(&format!("resource.{attribute}"), Among::RecordTeams)
    }

    /// The type of a path; `None` if conditions may not read it.
    #[must_use]
    pub fn kind(&self, path: &str) -> Option<AttributeType> {
        self.get(path).map(|attribute| attribute.kind)
    }

    /// The paths with their types, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, AttributeType)> {
        self.paths.iter().map(|(path, attribute)| (path.as_str(), attribute.kind))
    }

    pub(super) fn get(&self, path: &str) -> Option<&Attribute> {
        self.paths.get(path)
    }

    /// Whether a path is declared and has no type.
    pub(super) fn is_untyped(&self, path: &str) -> bool {
        self.untyped.contains(path)
    }

    /// The permissions that may be asked for.
    pub(super) fn held(&self) -> &BTreeMap<String, Attribute> {
        &self.held
    }

    fn add_rule(&mut self, path: &str, rule: &AttributeRule) {
        // Of what has no type nothing can be said.
        if rule.kind == AttributeType::Any {
            self.untyped.insert(path.to_owned());
            return;
        }
        self.add(path, rule.kind);
        if let Some(attribute) = self.paths.get_mut(path) {
            attribute.values.clone_from(&rule.one_of);
        }
    }

    fn add(&mut self, path: &str, kind: AttributeType) {
        // Every path that gets here has been parsed or is built in.
        if let Ok(parsed) = path.parse() {
            let attribute = Attribute { path: parsed, kind, values: Vec::new(), names: None };
            self.paths.insert(path.to_owned(), attribute);
        }
    }
}
