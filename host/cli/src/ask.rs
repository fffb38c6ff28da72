//! `permesso check`: one question from the command line.

use super::{Failure, Sources, now};
use clap::Args;
use permesso_engine::decision::{
    Asserted, Decision, Explanation, Obligation, Reason, Request, Resource, SUBJECT_TYPE, Step,
};
use permesso_engine::flip::Flips;
use permesso_engine::inspect::Circumstances;
use permesso_engine::model::{Attributes, Instant, Value};
use permesso_folders::DecisionPoint;
use permesso_folders::TenantFolder;
use serde::Serialize;
use std::process::ExitCode;

/// One question.
#[derive(Debug, Args)]
pub(super) struct QuestionArgs {
    #[command(flatten)]
    sources: Sources,
    /// The tenant, where the folders hold more than one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Who asks: a user's id
    subject: String,
    /// A permission of the product's catalog
    action: String,
    /// The resource's kind, and after a colon its id
    #[arg(value_name = "KIND[:ID]")]
    resource: String,
    #[command(flatten)]
    about: About,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// What is known of a resource and the circumstances.
#[derive(Debug, Args)]
pub(super) struct About {
    /// An attribute of the resource; the value is read as JSON, or else as text
    #[arg(short = 'a', long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// An attribute of the request's context, as above
    #[arg(short = 'c', long = "context", value_name = "NAME=VALUE")]
    context: Vec<String>,
    /// An attribute of the action, where the catalog declares it, as above
    #[arg(long = "action-attribute", value_name = "NAME=VALUE")]
    action_attributes: Vec<String>,
    /// An attribute of the subject, where the catalog trusts callers to say it, as above
    #[arg(long = "subject-attribute", value_name = "NAME=VALUE")]
    subject_attributes: Vec<String>,
    /// The type of the subject, where it is not a user
    #[arg(long, value_name = "TYPE", default_value = SUBJECT_TYPE, hide_default_value = true)]
    pub(super) subject_type: String,
    /// The instant of the decision, such as 2026-12-31T18:00:00+01:00 [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(super) at: Option<Instant>,
}

impl About {
    /// Hands over a resource, `KIND[:ID]`, with what is known of it.
    pub(super) fn with<T>(
        &self,
        resource: &str,
        then: impl FnOnce(Circumstances<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (kind, id) = match resource.split_once(':') {
            Some((kind, id)) => (kind, Some(id)),
            None => (resource, None),
        };
        let attributes = pairs("--attribute", &self.attributes)?;
        let context = pairs("--context", &self.context)?;
        let subject = pairs("--subject-attribute", &self.subject_attributes)?;
        let action = pairs("--action-attribute", &self.action_attributes)?;
        let asserted =
            Asserted { subject_type: &self.subject_type, subject: &subject, action: &action };
        let resource = Resource { kind, id, attributes: &attributes };
        let now = self.at.map_or_else(now, Instant::millis);
        then(Circumstances { resource, context: &context, asserted, now })
    }
}

/// An answer as programs read it.
#[derive(Serialize)]
struct Answer<'a> {
    tenant: &'a str,
    decision: bool,
    reason: &'a Reason,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obligations: Vec<&'a Obligation>,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a [Step]>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    flips: Option<&'a Flips>,
}

impl QuestionArgs {
    pub(super) fn check(&self) -> Result<ExitCode, Failure> {
        self.with(|asked| {
            let decision = &asked.explanation.decision;
            if self.json {
                print_json(&asked.folder.tenant.value.tenant, decision, None)?;
            } else {
                println!("{}", verdict(decision));
            }
            Ok(exit(decision))
        })
    }

    /// Asks the question and hands everything over.
    pub(super) fn with<T>(
        &self,
        then: impl FnOnce(Asked<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let point = self.sources.build()?;
        let folder = folder(self.tenant.as_deref(), &point)?;
        self.about.with(&self.resource, |Circumstances { resource, context, asserted, now }| {
            let (subject, action) = (&self.subject, &self.action);
            let request = Request { subject, action, resource, context, asserted, now };
            let explanation = point.explain(&folder.tenant.value.tenant, &request);
            then(Asked { point: &point, folder, request: &request, explanation })
        })
    }
}

/// The folder of a tenant, or the only one.
pub(super) fn folder<'p>(
    named: Option<&str>,
    point: &'p DecisionPoint,
) -> Result<&'p TenantFolder, Failure> {
    let id = |folder: &TenantFolder| folder.tenant.value.tenant.to_string();
    let served: Vec<String> = point.folders().iter().map(id).collect();
    let served = served.join(", ");
    match (named, point.folders()) {
        (Some(named), folders) => {
            folders.iter().find(|folder| id(folder) == named).ok_or_else(|| {
                Failure(format!("error: no tenant `{named}`; the folders hold {served}"))
            })
        }
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure(format!(
            "error: the folders hold several tenants; name one with --tenant: {served}"
        ))),
    }
}

/// A question, what it was put to, and the answer.
pub(super) struct Asked<'a> {
    pub(super) point: &'a DecisionPoint,
    pub(super) folder: &'a TenantFolder,
    pub(super) request: &'a Request<'a>,
    pub(super) explanation: Explanation,
}

/// Attributes as an option says them, each once: the second would silently stand for the first.
fn pairs(option: &str, texts: &[String]) -> Result<Attributes<'static>, Failure> {
    let mut attributes = Attributes::new();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure(format!("error: `{text}` is no attribute; write NAME=VALUE")))?;
        if attributes.get(name).is_some() {
            return Err(Failure(format!(
                "error: `{option}` says `{name}` twice; say it once, and several values as a list: \
                 {name}='[…]'"
            )));
        }
        let value = serde_json::from_str::<Value<'_>>(value)
            .map_or_else(|_| Value::from(value.to_owned()), Value::into_owned);
        attributes.set(name.to_owned(), value);
    }
    Ok(attributes)
}

pub(super) fn exit(decision: &Decision) -> ExitCode {
    if decision.is_allow() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One line for people.
pub(super) fn verdict(decision: &Decision) -> String {
    let word = if decision.is_allow() { "ALLOW" } else { "DENY" };
    let code = decision.reason.code();
    let detail = decision.reason.detail().map(|detail| format!(" `{detail}`")).unwrap_or_default();
    let mut text = format!("{word}  {} [{code}{detail}]", decision.reason);
    for obligation in &decision.obligations {
        let values = obligation.values.join(", ");
        text.push_str(&format!("\n       under the obligation {} {values}", obligation.code));
        text.push_str(&format!(" (from {})", obligation.source));
    }
    text
}

/// The answer, with what was looked at and what would flip it where that was asked for.
pub(super) fn print_json(
    tenant: &str,
    decision: &Decision,
    why: Option<(&[Step], &Flips)>,
) -> Result<(), Failure> {
    let answer = Answer {
        tenant,
        decision: decision.is_allow(),
        reason: &decision.reason,
        obligations: decision.obligations.iter().map(|obligation| &**obligation).collect(),
        revision: decision.revision,
        trace: why.map(|(trace, _)| trace),
        flips: why.map(|(_, flips)| flips),
    };
    let text = serde_json::to_string_pretty(&answer).map_err(|e| Failure(format!("error: {e}")))?;
    println!("{text}");
    Ok(())
}
