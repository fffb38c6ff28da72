//! One row of a decision table.

use permesso_engine::load;
use permesso_engine::model::{Assignment, Attributes, Instant, Invitation, Rights, Status, Value};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value as Json};
use std::path::PathBuf;

/// One row: a question, the world that it is asked in, and the answer that it must get. What is
/// for people is named as well, so that a misspelt member is not taken for one of those.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Unique in its table.
    pub id: String,
    /// The product, where the row names it: it has to be the folder's.
    #[serde(default)]
    pub product: Option<String>,
    /// Who asks.
    pub subject: RowSubject,
    /// A permission of the catalog.
    pub action: String,
    /// What it is about.
    pub resource: RowResource,
    /// The request's context and the world of the row.
    #[serde(default)]
    pub context: RowContext,
    /// What has to come out.
    pub expect: Expect,
    /// Why, for people.
    #[serde(default)]
    pub because: String,
    #[serde(default, rename = "note", alias = "notes", alias = "comment")]
    _note: IgnoredAny,
    /// The document that says so.
    #[serde(default, rename = "seed", alias = "source")]
    _seed: IgnoredAny,
    /// What kind of a document that is.
    #[serde(default, rename = "basis")]
    _basis: IgnoredAny,
    /// How clearly it says so.
    #[serde(default, rename = "strength")]
    _strength: IgnoredAny,
    /// By what the answer comes about.
    #[serde(default, rename = "via")]
    _via: IgnoredAny,
}

/// What has to come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// The subject may.
    Allow,
    /// The subject may not.
    Deny,
}

/// The subject of a row. What is not named here becomes an attribute of the user. A subject of
/// which nothing but the id is said is the user whom the directory has.
#[derive(Debug, Clone, Deserialize)]
pub struct RowSubject {
    /// The user's id.
    pub user: String,
    pub(super) roles: Option<Vec<Assignment>>,
    pub(super) policies: Option<Vec<String>>,
    pub(super) teams: Option<Vec<String>>,
    pub(super) sub_teams: Option<Vec<String>>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) owner: Option<bool>,
    pub(super) status: Option<Status>,
    pub(super) invite: Option<Invitation>,
    pub(super) rights: Option<Rights>,
    pub(super) tenant: Option<String>,
    #[serde(flatten)]
    pub(super) attributes: Map<String, Json>,
}

impl RowSubject {
    /// Whether nothing but the id is said.
    pub(super) fn is_only_named(&self) -> bool {
        let Self {
            user: _,
            roles: None,
            policies: None,
            teams: None,
            sub_teams: None,
            tags: None,
            owner: None,
            status: None,
            invite: None,
            rights: None,
            tenant: None,
            attributes,
        } = self
        else {
            return false;
        };
        attributes.is_empty()
    }
}

/// The resource of a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowResource {
    /// Its kind.
    pub kind: String,
    /// Its attributes. A text `id` among them is the resource's id as well.
    #[serde(default)]
    pub(super) attrs: Map<String, Json>,
}

/// The context of a row. What is not named here is the context of the request.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RowContext {
    /// The instant of the question.
    #[serde(default)]
    pub(super) now: Option<Instant>,
    #[serde(default)]
    pub(super) plan: Option<String>,
    #[serde(default)]
    pub(super) role_definitions: Map<String, Json>,
    #[serde(default)]
    pub(super) policy_definitions: Map<String, Json>,
    #[serde(default)]
    pub(super) eaps: Option<Vec<Json>>,
    #[serde(default)]
    pub(super) delegation: Option<RowDelegation>,
    #[serde(default)]
    pub(super) copied_from: Option<Box<CopiedFrom>>,
    #[serde(flatten)]
    pub(super) attributes: Map<String, Json>,
}

/// A delegation of a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowDelegation {
    pub(super) from: String,
    pub(super) to: String,
    #[serde(default)]
    pub(super) grants: Vec<String>,
    #[serde(default)]
    pub(super) audiences: Vec<String>,
}

/// The user whose roles and rights the subject was given when it was invited. A copy is a
/// snapshot: it counts only where the row does not say what the subject holds now.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CopiedFrom {
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) rights: Rights,
}

/// A row that cannot be read or asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// It is not JSON, or a member is missing or of another type.
    #[error("not a row: {0}")]
    Malformed(String),
    /// A definition in it is wrong.
    #[error("{definition} of the row: {message}")]
    Definition {
        /// Which.
        definition: String,
        /// What is wrong with it.
        message: String,
    },
    /// It names what its world does not have.
    #[error("unknown {what} `{name}`; {help}")]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// How it is called.
        name: String,
        /// What to do.
        help: String,
    },
    /// Another row of the table asks the same.
    #[error(
        "the row of line {line}{} asks the same{}",
        elsewhere.as_ref().map(|table| format!(" of `{}`", table.display())).unwrap_or_default(),
        if *.contradicts {
            ", and expects the other answer; only one of them can be right"
        } else {
            "; delete one of the two"
        }
    )]
    Again {
        /// Where the other one stands, from 1.
        line: usize,
        /// In which table, where it is another one.
        elsewhere: Option<PathBuf>,
        /// Whether it expects another answer.
        contradicts: bool,
    },
    /// Another row of the table has its id.
    #[error("the row of line {line} has the id `{id}` as well; give each its own")]
    Twice {
        /// The id.
        id: String,
        /// Where the other one stands, from 1.
        line: usize,
    },
    /// It is about another product than the folder.
    #[error("the row is about `{row}`, the folder about `{folder}`")]
    Product {
        /// The product of the row.
        row: String,
        /// The product of the folder.
        folder: String,
    },
    /// The decision with a trace and the one without differ. This is a fault of the engine.
    #[error("the decision without a trace is {silent}, with a trace it is {traced}")]
    Differs {
        /// Without.
        silent: String,
        /// With.
        traced: String,
    },
}

impl RowError {
    pub(super) fn unknown(what: &'static str, name: &str, help: Option<String>) -> Self {
        let help = help.unwrap_or_else(|| match what {
            "role" | "policy" => format!("define the {what} in the row or in the tenant"),
            "team" => "the tenant does not list it".to_owned(),
            "user" => "say what the user holds, or name one of the directory".to_owned(),
            _ => "the catalog does not have it".to_owned(),
        });
        Self::Unknown { what, name: name.to_owned(), help }
    }
}

impl Row {
    /// Whether it asks in the world as it is: about somebody of the directory, and without roles,
    /// people or a plan of its own.
    pub(super) fn brings_nothing(&self) -> bool {
        let RowContext {
            now: _,
            plan: None,
            role_definitions,
            policy_definitions,
            eaps: None,
            delegation: None,
            copied_from: None,
            attributes: _,
        } = &self.context
        else {
            return false;
        };
        self.subject.is_only_named() && role_definitions.is_empty() && policy_definitions.is_empty()
    }

    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`RowError::Malformed`] with what is missing or wrong.
    pub fn parse(line: &str) -> Result<Self, RowError> {
        read(line)
    }
}

/// Reads a line as whatever is wanted.
pub(super) fn read<T: DeserializeOwned>(line: &str) -> Result<T, RowError> {
    serde_json::from_str(line).map_err(|error| RowError::Malformed(said(&error)))
}

/// What is wrong with JSON, in plain words.
pub(super) fn said(error: &serde_json::Error) -> String {
    let plain = load::plain(&error.to_string()).in_json();
    match error.column() {
        0 => plain.to_string(),
        column => format!("column {column}: {plain}"),
    }
}

/// JSON as the engine's attributes.
pub(super) fn attributes(map: &Map<String, Json>) -> Attributes<'static> {
    map.iter().map(|(name, value)| (name.clone(), self::value(value))).collect()
}

fn value(json: &Json) -> Value<'static> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::MAX)), Value::Int),
        Json::String(text) => Value::from(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => Value::Map(attributes(map)),
    }
}
