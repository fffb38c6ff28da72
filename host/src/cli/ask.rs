//! `permesso check` and `permesso explain`: one question from the command line.

use super::{Failure, Sources, now};
use crate::pdp::Pdp;
use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use permesso_engine::decision::{
    Decision, Explanation, Obligation, Outcome, Request, Resource, Step,
};
use permesso_engine::model::{Attributes, Value};
use serde::Serialize;
use std::process::ExitCode;

/// One question.
#[derive(Debug, Args)]
pub(super) struct Ask {
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
    /// An attribute of the resource; the value is read as JSON, or else as text
    #[arg(short = 'a', long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<String>,
    /// An attribute of the request's context, as above
    #[arg(short = 'c', long = "context", value_name = "NAME=VALUE")]
    context: Vec<String>,
    /// The instant of the decision, in milliseconds since 1970-01-01T00:00:00Z [default: now]
    #[arg(long, value_name = "MILLISECONDS")]
    at: Option<i64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// An answer as programs read it.
#[derive(Serialize)]
struct Answer<'a> {
    tenant: &'a str,
    decision: bool,
    reason: ReasonView<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obligations: Vec<&'a Obligation>,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a [Step]>,
}

#[derive(Serialize)]
struct ReasonView<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    message: String,
}

impl Ask {
    pub(super) fn check(&self) -> Result<ExitCode, Failure> {
        let (tenant, explanation) = self.ask()?;
        if self.json {
            print_json(&tenant, &explanation.decision, None)?;
        } else {
            println!("{}", verdict(&explanation.decision));
        }
        Ok(exit(&explanation.decision))
    }

    pub(super) fn explain(&self) -> Result<ExitCode, Failure> {
        let (tenant, explanation) = self.ask()?;
        if self.json {
            print_json(&tenant, &explanation.decision, Some(&explanation.trace))?;
        } else {
            println!("{}", trace_table(&explanation.trace));
            println!("{}", verdict(&explanation.decision));
        }
        Ok(exit(&explanation.decision))
    }

    fn ask(&self) -> Result<(String, Explanation), Failure> {
        let pdp = self.sources.build()?;
        let tenant = self.tenant(&pdp)?;
        let (kind, id) = match self.resource.split_once(':') {
            Some((kind, id)) => (kind, Some(id)),
            None => (self.resource.as_str(), None),
        };
        let (resource, context) = (pairs(&self.attributes)?, pairs(&self.context)?);
        let request = Request {
            subject: &self.subject,
            action: &self.action,
            resource: Resource { kind, id, attributes: &resource },
            context: &context,
            now: self.at.unwrap_or_else(now),
        };
        let explanation = pdp.explain(&tenant, &request);
        Ok((tenant, explanation))
    }

    fn tenant(&self, pdp: &Pdp) -> Result<String, Failure> {
        let served: Vec<&str> =
            pdp.folders().iter().map(|folder| folder.tenant.value.tenant.as_str()).collect();
        match (&self.tenant, served.as_slice()) {
            (Some(named), served) if served.contains(&named.as_str()) => Ok(named.clone()),
            (None, [only]) => Ok((*only).to_owned()),
            (Some(named), served) => Err(Failure(format!(
                "error: no tenant `{named}`; the folders hold {}",
                served.join(", ")
            ))),
            (None, served) => Err(Failure(format!(
                "error: the folders hold several tenants; name one with --tenant: {}",
                served.join(", ")
            ))),
        }
    }
}

fn pairs(texts: &[String]) -> Result<Attributes<'static>, Failure> {
    let mut attributes = Attributes::new();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure(format!("error: `{text}` is no attribute; write NAME=VALUE")))?;
        let value = serde_json::from_str::<Value<'_>>(value)
            .map_or_else(|_| Value::from(value.to_owned()), Value::into_owned);
        attributes.set(name.to_owned(), value);
    }
    Ok(attributes)
}

fn exit(decision: &Decision) -> ExitCode {
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

/// The trace as a table.
pub(super) fn trace_table(trace: &[Step]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header([
        "step",
        "",
        "looked at",
    ]);
    for step in trace {
        let mark = match step.outcome {
            Outcome::Pass => "+",
            Outcome::Deny => "DENY",
            Outcome::Skip => "·",
        };
        let mut text = step.text.clone();
        if let Some(family) = &step.family {
            let digest: String = family.digest.chars().take(19).collect();
            let micros = std::time::Duration::from_nanos(family.nanos);
            text.push_str(&format!("\n{} {} {digest}… in {micros:.1?}", family.id, family.version));
        }
        let stage = format!("{:?}", step.stage).to_lowercase();
        table.add_row([stage, mark.to_owned(), text]);
    }
    table
}

fn print_json(tenant: &str, decision: &Decision, trace: Option<&[Step]>) -> Result<(), Failure> {
    let answer = Answer {
        tenant,
        decision: decision.is_allow(),
        reason: ReasonView {
            code: decision.reason.code(),
            detail: decision.reason.detail(),
            message: decision.reason.to_string(),
        },
        obligations: decision.obligations.iter().map(|obligation| &**obligation).collect(),
        revision: decision.revision,
        trace,
    };
    let text = serde_json::to_string_pretty(&answer).map_err(|e| Failure(format!("error: {e}")))?;
    println!("{text}");
    Ok(())
}
