//! Questions in a file, as the examples have them: requests of the AuthZEN API, each perhaps
//! with what it asks in words.

use crate::Failure;
use permesso_engine::decision::{Asserted, Request, Resource, SUBJECT_TYPE};
use permesso_engine::load;
use permesso_engine::model::Attributes;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// The questions of a file.
#[derive(Debug, Default)]
pub(super) struct Questions(Vec<WrittenQuestion>);

/// With words, or bare.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a question is an object with `subject`, `action` and `resource`, \
                               perhaps under `request`"
)]
enum Written {
    Worded { request: WrittenQuestion },
    Bare(WrittenQuestion),
}

#[derive(Debug, Deserialize)]
struct WrittenQuestion {
    subject: Subject,
    action: Action,
    resource: Thing,
    #[serde(default, deserialize_with = "owned")]
    context: Attributes<'static>,
}

#[derive(Debug, Deserialize)]
struct Subject {
    #[serde(rename = "type", default = "user")]
    kind: String,
    id: String,
    #[serde(default, deserialize_with = "owned")]
    properties: Attributes<'static>,
}

fn user() -> String {
    SUBJECT_TYPE.to_owned()
}

#[derive(Debug, Deserialize)]
struct Action {
    name: String,
    #[serde(default, deserialize_with = "owned")]
    properties: Attributes<'static>,
}

#[derive(Debug, Deserialize)]
struct Thing {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default, deserialize_with = "owned")]
    properties: Attributes<'static>,
}

fn owned<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Attributes<'static>, D::Error> {
    Attributes::deserialize(from).map(Attributes::into_owned)
}

impl Questions {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Failure(format!("error: cannot read `{name}`: {error}")))?;
        let written: Vec<Written> = serde_json::from_str(&text).map_err(|error| {
            Failure(format!(
                "error: `{name}` holds no list of questions: line {}, column {}: {}",
                error.line(),
                error.column(),
                load::plain(&error.to_string()).in_json()
            ))
        })?;
        let asks = written.into_iter().map(|it| match it {
            Written::Worded { request } | Written::Bare(request) => request,
        });
        Ok(Self(asks.collect()))
    }

    /// The questions, as of an instant.
    pub(super) fn requests(&self, now: i64) -> Vec<Request<'_>> {
        let requests = self.0.iter().map(|ask| Request {
            subject: &ask.subject.id,
            action: &ask.action.name,
            resource: Resource {
                kind: &ask.resource.kind,
                id: ask.resource.id.as_deref(),
                attributes: &ask.resource.properties,
            },
            context: &ask.context,
            asserted: Asserted {
                subject_type: &ask.subject.kind,
                subject: &ask.subject.properties,
                action: &ask.action.properties,
            },
            now,
        });
        requests.collect()
    }
}
