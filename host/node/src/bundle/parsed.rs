//! What was parsed: a tenant as files say that it should be.

use super::people::People;
use super::read::{self, Lists, Policy};
use crate::document::{CatalogPin, Settings, SharingDefault, Team, closed_id};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::operation::body;
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::load::Source;
use permesso_engine::model::{self, Position, Tenant};
use permesso_store::Body;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A tenant as files say that it should be, parsed but not yet compiled.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its policy. Ids and references know where they stand.
    pub tenant: Arc<Source<Tenant>>,
    /// The version of the catalog that it was exported under. It is not imported: see
    /// [the module](crate::bundle).
    pub pin: Option<CatalogPin>,
    /// Its people.
    pub people: People,
}

/// A document of a policy and where it stands.
pub(super) struct Document {
    pub(super) kind: DocumentKind,
    pub(super) id: String,
    pub(super) at: Position,
    pub(super) body: Body,
}

impl Bundle {
    /// Reads YAML with a tenant in it, and with its `users` and `delegations` where they are
    /// given. `file` is what it is called in messages.
    ///
    /// # Errors
    ///
    /// The place and the fault where it cannot be parsed. What it refers to is looked up when it
    /// is compared, applied or imported.
    pub fn parse(file: &str, text: impl Into<Arc<str>>) -> Result<Self, Diagnostics> {
        let text = text.into();
        let (mut bundle, lists) = Self::policy(file, &text)?;
        if lists != Lists::default() {
            bundle.people = People::of(file, text);
        }
        Ok(bundle)
    }

    /// Reads a folder with a `tenant.yaml` and, where there is one, a `people.yaml` or a
    /// `people.jsonl`; or a file with everything in it.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and where a file cannot be read.
    pub fn read(path: &Path) -> Result<Self, Diagnostics> {
        if !path.is_dir() {
            return Self::parse(&path.display().to_string(), text(path)?);
        }
        let tenant = path.join("tenant.yaml");
        let bundle = Self::parse(&tenant.display().to_string(), text(&tenant)?)?;
        let people: Vec<_> = ["people.yaml", "people.jsonl"]
            .into_iter()
            .map(|name| path.join(name))
            .filter(|path| path.exists())
            .collect();
        match &*people {
            [] => Ok(bundle),
            [one] if bundle.people.is_none() => Ok(Self { people: People::file(one), ..bundle }),
            [one, ..] => {
                let other = people.get(1).unwrap_or(&tenant);
                let message =
                    format!("`{}` has people as well; keep one of the two", other.display());
                Err(fault(&one.display().to_string(), Position::default(), "", message).into())
            }
        }
    }

    /// The same policy with these people.
    #[must_use]
    pub fn with_people(self, people: People) -> Self {
        Self { people, ..self }
    }

    fn policy(file: &str, text: &str) -> Result<(Self, Lists), Diagnostics> {
        let Policy { tenant, pin, lists } = read::tenant(file, text, &mut |_, _| true)?;
        let tenant = Arc::new(Source::new(file, tenant));
        Ok((Self { tenant, pin, people: People::none() }, lists))
    }

    /// What the tenant is, as its document says it.
    pub(super) fn settings(&self) -> Settings {
        let tenant = &self.tenant.value;
        Settings {
            product: tenant.product.to_string(),
            title: tenant.title.clone(),
            plan: tenant.plan.as_ref().map(ToString::to_string),
            addons: tenant.addons.iter().map(ToString::to_string).collect(),
            baseline: tenant.baseline.clone(),
            tags: tenant.tags.clone(),
            distinct_from: tenant.distinct_from.clone(),
        }
    }

    /// The documents of the policy, but for the catalog's version.
    pub(super) fn documents(&self) -> Result<Vec<Document>, ChangeError> {
        let tenant = &self.tenant.value;
        let mut documents = Documents::default();
        let out = &mut documents;
        out.put(DocumentKind::Settings, "tenant", tenant.product.at(), &self.settings())?;
        for team in &tenant.teams {
            let model::Team { path, title, roles, distinct_from } = team.clone();
            let document = Team { title, roles, distinct_from };
            out.put(DocumentKind::Team, &path, path.at(), &document)?;
        }
        for role in &tenant.roles {
            out.put(DocumentKind::Role, &role.id, role.id.at(), role)?;
        }
        for policy in &tenant.policies {
            out.put(DocumentKind::Policy, &policy.id, policy.id.at(), policy)?;
        }
        for program in &tenant.programs {
            out.put(DocumentKind::Program, &program.id, program.id.at(), program)?;
        }
        for item in &tenant.closed {
            out.put(DocumentKind::Closed, &closed_id(item), item.id.at(), item)?;
        }
        for (content, outcome) in &tenant.sharing.defaults {
            let default = SharingDefault { outcome: *outcome };
            out.put(DocumentKind::SharingDefault, content, Position::default(), &default)?;
        }
        for rule in &tenant.sharing.policies {
            out.put(DocumentKind::SharingPolicy, &rule.id, rule.id.at(), rule)?;
        }
        for rule in &tenant.sharing.overrides {
            out.put(DocumentKind::SharingOverride, &rule.id, rule.id.at(), rule)?;
        }
        for (family, settings) in &tenant.families {
            out.put(DocumentKind::Family, family, Position::default(), settings)?;
        }
        Ok(documents.0)
    }

    /// What is wrong with it at a place of its policy.
    pub(super) fn fault(&self, at: Position, field: &str, message: String) -> Diagnostic {
        fault(&self.tenant.file, at, field, message)
    }
}

#[derive(Default)]
struct Documents(Vec<Document>);

impl Documents {
    fn put<T: Serialize>(
        &mut self,
        kind: DocumentKind,
        id: &str,
        at: Position,
        value: &T,
    ) -> Result<(), ChangeError> {
        let body = body(kind, id, value)?;
        self.0.push(Document { kind, id: id.to_owned(), at, body });
        Ok(())
    }
}

fn text(path: &Path) -> Result<String, Diagnostics> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot be read: {error}");
        fault(&path.display().to_string(), Position::default(), "", message).into()
    })
}

fn fault(file: &str, at: Position, field: &str, message: String) -> Diagnostic {
    Diagnostic { file: file.to_owned(), at, field: field.to_owned(), message, help: None }
}
