//! One random world with its questions, as documents.

use crate::family::Chance;
use crate::reference;
use permesso_engine::compile::{
    self, Compiled, CompiledCatalog, Definition, FamilySet, PeopleFrom, compile,
};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Attributes, Catalog, Directory, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The revision under which every case is compiled.
pub const REVISION: u64 = 7;
/// The tenant's name in every case.
pub const TENANT: &str = "acme";

/// A world and what is asked about it. Whatever is left out is empty, so that a case stays one
/// while it is made smaller.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Case {
    /// Whether what can do no harm is let stand.
    pub lenient: bool,
    /// The product.
    pub catalog: Json,
    /// The tenant.
    pub tenant: Json,
    /// Its people.
    pub people: Json,
    /// What is installed.
    pub families: BTreeMap<String, Chance>,
    /// What is asked.
    pub questions: Vec<Json>,
}

/// A case that can be asked.
#[derive(Debug)]
pub struct World {
    lenient: bool,
    /// The product.
    pub catalog: Arc<CompiledCatalog>,
    /// The catalog without tables and patterns, as the naive evaluator reads it.
    pub written: Catalog,
    /// The tenant.
    pub tenant: Arc<Source<Tenant>>,
    /// Its people.
    pub directory: Source<Directory>,
    /// What is installed.
    pub families: FamilySet,
    /// What is asked.
    pub questions: Vec<Question>,
}

/// A question that owns what it says.
#[derive(Debug, Clone)]
pub struct Question {
    subject: String,
    subject_type: String,
    action: String,
    kind: String,
    id: Option<String>,
    attributes: Attributes<'static>,
    context: Attributes<'static>,
    /// The instant at which it is asked first.
    pub now: i64,
}

/// A case that the engine does not accept.
#[derive(Debug, thiserror::Error)]
#[error("the case is not accepted: {0}")]
pub struct Refused(String);

impl Refused {
    fn by(error: impl fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl Case {
    /// Reads the documents.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn read(&self) -> Result<World, Refused> {
        let mut families = FamilySet::new();
        for (id, chance) in &self.families {
            families.insert(id.clone(), chance.clone().install(id).map_err(Refused)?);
        }
        let source = load::catalog("catalog", &self.catalog.to_string()).map_err(Refused::by)?;
        Ok(World {
            lenient: self.lenient,
            written: reference::written_out(&source.value),
            catalog: compile::catalog(source),
            tenant: Arc::new(
                load::tenant("tenant", &self.tenant.to_string()).map_err(Refused::by)?,
            ),
            directory: load::directory("people", &self.people.to_string()).map_err(Refused::by)?,
            families,
            questions: self.questions.iter().map(Question::read).collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "lenient: {}", self.lenient)?;
        for (name, document) in
            [("catalog", &self.catalog), ("tenant", &self.tenant), ("people", &self.people)]
        {
            writeln!(f, "--- # {name}")?;
            let Json::Object(members) = document else { continue };
            for (key, value) in members {
                write_member(f, key, value)?;
            }
        }
        writeln!(f, "--- # families, which answer by chance")?;
        for (id, chance) in &self.families {
            writeln!(f, "{id}: {}", serde_json::to_string(chance).unwrap_or_default())?;
        }
        writeln!(f, "--- # questions")?;
        self.questions.iter().try_for_each(|question| writeln!(f, "- {question}"))
    }
}

/// One member a line, its items a line each.
fn write_member(f: &mut fmt::Formatter<'_>, key: &str, value: &Json) -> fmt::Result {
    match value {
        Json::Array(items) if items.iter().any(Json::is_object) => {
            writeln!(f, "{key}:")?;
            items.iter().try_for_each(|item| writeln!(f, "  - {item}"))
        }
        value => writeln!(f, "{key}: {value}"),
    }
}

impl World {
    /// The world as the engine compiles it.
    ///
    /// # Errors
    ///
    /// What is wrong with the documents.
    pub fn compile(&self) -> Result<Compiled, Refused> {
        compile(&Definition {
            catalog: &self.catalog,
            tenant: &self.tenant,
            people: PeopleFrom::Directory(&self.directory),
            families: &self.families,
            revision: REVISION,
            lenient: self.lenient,
            before: None,
        })
        .map_err(Refused::by)
    }

    /// The world as the naive evaluator walks it.
    #[must_use]
    pub fn reference(&self) -> reference::Evaluator<'_> {
        reference::Evaluator {
            catalog: &self.written,
            tenant: &self.tenant.value,
            directory: &self.directory.value,
            families: &self.families,
            seen: reference::Seen::default(),
        }
    }
}

impl Question {
    fn read(json: &Json) -> Result<Self, Refused> {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let attributes = |key: &str| match json.get(key) {
            None => Ok(Attributes::new()),
            Some(map) => Attributes::deserialize(map.clone())
                .map(Attributes::into_owned)
                .map_err(Refused::by),
        };
        Ok(Self {
            subject: text("subject").unwrap_or_default(),
            subject_type: text("subject_type").unwrap_or_else(|| "user".to_owned()),
            action: text("action").unwrap_or_default(),
            kind: text("kind").unwrap_or_default(),
            id: text("id"),
            attributes: attributes("attributes")?,
            context: attributes("context")?,
            now: json.get("now").and_then(Json::as_i64).unwrap_or_default(),
        })
    }

    /// The question at an instant.
    #[must_use]
    pub fn at(&self, now: i64) -> Request<'_> {
        Request {
            subject: &self.subject,
            action: &self.action,
            resource: Resource {
                kind: &self.kind,
                id: self.id.as_deref(),
                attributes: &self.attributes,
            },
            context: &self.context,
            asserted: Asserted { subject_type: &self.subject_type, ..Asserted::NONE },
            now,
        }
    }
}
