//! `permesso who-can`: everybody who may do something with one resource.

use super::ask::{About, folder};
use super::{Failure, Sources, compiled, wording, written};
use clap::Args;
use permesso_engine::decision::ANONYMOUS;
use permesso_engine::inspect::{SearchTally, UserDecision, who_can};
use permesso_folders::TenantFolder;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

/// What to look for.
#[derive(Debug, Args)]
pub(super) struct WhoCan {
    #[command(flatten)]
    sources: Sources,
    /// The tenant, where the folders hold more than one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// A permission of the product's catalog
    action: String,
    /// The resource's kind, and after a colon its id
    #[arg(value_name = "KIND[:ID]")]
    resource: String,
    #[command(flatten)]
    about: About,
    /// How many users to list at most
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    /// Print JSON, one user a line, and a summary on the last line
    #[arg(long)]
    json: bool,
}

impl WhoCan {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let point = self.sources.build()?;
        let folder = folder(self.tenant.as_deref(), &point)?;
        let tenant = compiled(&point, folder)?;
        self.about.with(&self.resource, |about| {
            let mut search = who_can(&tenant, &self.action, about, self.limit)?;
            let mut out = io::stdout().lock();
            if let Some(anybody) = search.anybody() {
                let printed = match self.json {
                    true => writeln!(out, "{}", view(anybody)),
                    false => writeln!(out, "anybody, asking anonymously  {}", why(anybody, folder)),
                };
                written(printed)?;
            }
            let printed = search.by_ref().try_for_each(|answer| match self.json {
                true => writeln!(out, "{}", view(&answer)),
                false => writeln!(out, "{}  {}", answer.user, why(&answer, folder)),
            });
            let tally = search.tally();
            let printed = printed.and_then(|()| match self.json {
                true => writeln!(out, "{}", summary(tally)),
                false => writeln!(out, "{}", summary_text(tally, self.limit)),
            });
            written(printed)?;
            Ok(if tally.allowed > 0 || tally.anonymous {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        })
    }
}

fn summary(tally: SearchTally) -> Value {
    let SearchTally { users, asked, allowed, cut, anonymous } = tally;
    json!({
        "cut": cut,
        "users": users,
        "asked": asked,
        "allowed": allowed,
        "anonymous": anonymous,
    })
}

fn summary_text(tally: SearchTally, limit: usize) -> String {
    let SearchTally { users, asked, allowed, cut, anonymous: _ } = tally;
    if cut {
        let asked = wording::count(asked, "user was", "users were");
        return format!(
            "cut at {limit}: {asked} asked about of {users}, and at least {allowed} may; raise --limit"
        );
    }
    format!("{allowed} of {} may", wording::count(users, "user", "users"))
}

/// An answer as programs read it.
pub(super) fn view(answer: &UserDecision<'_>) -> Value {
    let decision = &answer.decision;
    let mut view = json!({
        "user": answer.user,
        "permission": answer.permission,
        "decision": decision.is_allow(),
        "reason": {
            "code": decision.reason.code(),
            "detail": decision.reason.detail(),
            "message": decision.reason.to_string(),
        },
    });
    let mut set = |name: &str, value: Value| {
        if let Some(fields) = view.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    if answer.anonymous {
        set("type", json!(ANONYMOUS));
    }
    if !answer.sources.is_empty() {
        set("sources", json!(answer.sources));
    }
    if let Some(from) = answer.delegated_by {
        set("delegated_by", json!(from));
    }
    if !decision.obligations.is_empty() {
        let obligations: Vec<_> = decision.obligations.iter().map(|it| &**it).collect();
        set("obligations", json!(obligations));
    }
    view
}

/// Why it was decided so.
pub(super) fn why(answer: &UserDecision<'_>, folder: &TenantFolder) -> String {
    let decision = &answer.decision;
    let mut parts: Vec<String> = answer
        .sources
        .iter()
        .map(|source| format!("{}: {}", source.scope, wording::source(source, folder)))
        .collect();
    if let Some(from) = answer.delegated_by {
        parts.push(format!("delegated by `{from}`"));
    }
    if parts.is_empty() {
        parts.push(format!("{} [{}]", decision.reason, decision.reason.code()));
    }
    let obliged = decision.obligations.iter();
    parts.extend(obliged.map(|it| format!("obliged to {}", wording::obligation(it))));
    parts.join("; ")
}
