//! `permesso explain`: everything that was looked at as a tree, and what would flip the answer.

use super::ask::{Asked, QuestionArgs, exit, print_json, verdict};
use super::{Failure, wording};
use clap::Args;
use permesso_engine::decision::{Outcome, Stage, Step};
use permesso_engine::flip::{Flip, Flips, flips};
use permesso_engine::model::{Document, Place};
use permesso_folders::TenantFolder;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// How many other things a change may open before they are only counted.
const NAMED: usize = 6;

/// One question, to be explained.
#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    ask: QuestionArgs,
    /// How many changes that would flip the decision to look for; 0 for none
    #[arg(long, value_name = "N", default_value_t = 5)]
    flips: usize,
}

impl Explain {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        self.ask.with(|Asked { point, folder, request, explanation }| {
            let tenant = folder.tenant.value.tenant.as_str();
            let found = match point.authorizer().tenant(tenant) {
                Some(compiled) if self.flips > 0 => flips(&compiled, request, self.flips),
                _ => Flips::default(),
            };
            let decision = &explanation.decision;
            if self.ask.json {
                print_json(tenant, decision, Some((&explanation.trace, &found)))?;
                return Ok(exit(decision));
            }
            let resource = match request.resource.id {
                Some(id) => format!("{}:{id}", request.resource.kind),
                None => request.resource.kind.to_owned(),
            };
            println!("may `{}` do `{}` on {resource}?", request.subject, request.action);
            print!("{}", tree(&explanation.trace, Some(folder)));
            println!("{}", verdict(decision));
            if self.flips > 0 {
                print!("{}", advice(&found, decision.is_allow()));
            }
            Ok(exit(decision))
        })
    }
}

/// The trace by step, with the lines of the folder's documents that it is about.
pub(super) fn tree(trace: &[Step], folder: Option<&TenantFolder>) -> String {
    let mut stages: Vec<(Stage, Vec<&Step>)> = Vec::new();
    for step in trace {
        match stages.iter_mut().find(|(stage, _)| *stage == step.stage) {
            Some((_, steps)) => steps.push(step),
            None => stages.push((step.stage, vec![step])),
        }
    }
    let mut text = String::new();
    let last = stages.len().saturating_sub(1);
    for (n, (stage, steps)) in stages.iter().enumerate() {
        let denies = steps.iter().any(|step| step.outcome == Outcome::Deny);
        let (branch, trunk) = if n == last { ("└─", "   ") } else { ("├─", "│  ") };
        let verdict = if denies { "  DENY" } else { "" };
        let name = format!("{stage:?}").to_lowercase();
        let _ = writeln!(text, "{branch} {name}{verdict}");
        for (n, step) in steps.iter().enumerate() {
            let branch = if n + 1 == steps.len() { "└─" } else { "├─" };
            let mark = match step.outcome {
                Outcome::Pass => "+",
                Outcome::Deny => "-",
                Outcome::Skip => "·",
            };
            let _ = writeln!(text, "{trunk}{branch} {mark} {}{}", step.text, at(step, folder));
            if let Some(family) = &step.family {
                let digest: String = family.digest.chars().take(19).collect();
                let took = Duration::from_nanos(family.nanos);
                let under = if n + 1 == steps.len() { "  " } else { "│ " };
                let _ = writeln!(
                    text,
                    "{trunk}{under}     {} {} {digest}… in {took:.1?}",
                    family.id, family.version
                );
            }
        }
    }
    text
}

fn at(step: &Step, folder: Option<&TenantFolder>) -> String {
    let Some(folder) = folder else { return String::new() };
    let known = step.places.iter().filter(|place| place.at.line > 0);
    let names: Vec<String> = known.map(|place| name(place, folder)).collect();
    if names.is_empty() { String::new() } else { format!("  ({})", names.join(", ")) }
}

fn name(place: &Place, folder: &TenantFolder) -> String {
    let file = match place.document {
        Document::Catalog => &folder.catalog.source().file,
        Document::Tenant => &folder.tenant.file,
        Document::Directory => &folder.directory.file,
    };
    format!("{file}:{}:{}", place.at.line, place.at.column)
}

fn advice(found: &Flips, allowed: bool) -> String {
    let to = if allowed { "denied" } else { "allowed" };
    if found.flips.is_empty() {
        return match found.cut {
            true => format!("\nNo small change was found after which it would be {to}.\n"),
            false => format!("\nNo change of the user or the resource makes it {to}.\n"),
        };
    }
    let mut text = format!("\nIt would be {to} after any one of these:\n");
    for (n, Flip { edits, opens, closes, follows }) in found.flips.iter().enumerate() {
        let edits: Vec<String> = edits.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "{:>3}. {}", n + 1, edits.join(", and "));
        for (word, others) in [("opens", opens), ("closes", closes)] {
            if !others.is_empty() {
                let _ = writeln!(text, "     also {word} {}", bounded(others));
            }
        }
        for follows in wording::follows(follows) {
            let _ = writeln!(text, "     {follows}");
        }
    }
    if found.cut {
        text.push_str("  …  there are more; ask for them with --flips\n");
    }
    text
}

fn bounded(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
