//! `permesso impact`: what an edit of a folder's documents changes, before it is saved.

mod questions;
pub(super) mod text;

use super::{Components, Failure, compiled, now, written};
use clap::Args;
use permesso_engine::decision::Decision;
use permesso_engine::inspect::{ChangedAnswer, Impact as Changes, Proposal, impact};
use permesso_engine::model::Instant;
use permesso_engine::{compile, load};
use permesso_folders::SetupError;
use permesso_folders::{FolderError, TenantFolder};
use questions::Questions;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// An edit to look at. At least one of the edited documents has to be named.
#[derive(Debug, Args)]
pub(super) struct Impact {
    /// The folder as it is: with product.yaml, tenant.yaml and people.yaml
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    edited: Edited,
    #[command(flatten)]
    components: Components,
    /// Who makes the edit: is warned of what they would lose themselves
    #[arg(long = "as", value_name = "USER")]
    acting: Option<String>,
    /// Questions whose answers to compare: a list as in examples/*/questions.json
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// How many users to list at most; the totals count all
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    /// The instant, such as 2026-12-31T18:00:00+01:00 [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,
    /// Print JSON, one user a line, and a summary on the last line
    #[arg(long)]
    json: bool,
}

/// The edited documents.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Edited {
    /// The tenant as it would be
    #[arg(long, value_name = "FILE")]
    tenant_file: Option<PathBuf>,
    /// Its people as they would be
    #[arg(long, value_name = "FILE")]
    people_file: Option<PathBuf>,
    /// The product's catalog as it would be
    #[arg(long, value_name = "FILE")]
    catalog_file: Option<PathBuf>,
}

impl Impact {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let point = self.components.build(std::slice::from_ref(&self.folder))?;
        let Some(folder) = point.folders().first() else {
            return Err(Failure("error: the folder holds no tenant".to_owned()));
        };
        let before = compiled(&point, folder)?;
        let edited = self.edited.folder(folder)?;
        let after = point.compile(&edited)?;
        let now = self.at.map_or_else(now, Instant::millis);
        let questions = self.questions.as_deref().map(Questions::read).transpose()?;
        let questions = questions.unwrap_or_default();
        let requests = questions.requests(now);
        let proposal = Proposal {
            before: &before,
            after: &after,
            now,
            acting: self.acting.as_deref(),
            questions: &requests,
            limit: self.limit,
        };
        let mut changes = impact(&proposal)?;
        let mut out = io::stdout().lock();
        let printed = match self.json {
            true => print_json(&mut out, &mut changes),
            false => text::print(&mut out, &mut changes),
        };
        written(printed)?;
        Ok(if changes.is_harmless() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Edited {
    /// The folder with the edited documents in the place of its own.
    fn folder(&self, folder: &TenantFolder) -> Result<TenantFolder, SetupError> {
        let mut edited = folder.clone();
        if let Some(path) = &self.catalog_file {
            let catalog = load::catalog(&path.display().to_string(), &read(path)?)?;
            edited.catalog = compile::catalog(catalog);
        }
        if let Some(path) = &self.tenant_file {
            edited.tenant = load::tenant(&path.display().to_string(), &read(path)?)?.into();
        }
        if let Some(path) = &self.people_file {
            edited.directory = load::directory(&path.display().to_string(), &read(path)?)?;
        }
        Ok(edited)
    }
}

fn read(path: &Path) -> Result<String, FolderError> {
    fs::read_to_string(path).map_err(|source| FolderError::Read { path: path.to_owned(), source })
}

fn print_json(out: &mut impl Write, changes: &mut Changes<'_>) -> io::Result<()> {
    for user in changes.by_ref() {
        writeln!(out, "{}", json!(user))?;
    }
    writeln!(out, "{}", summary(changes))
}

fn summary(changes: &Changes<'_>) -> Value {
    let totals = changes.totals();
    json!({
        "cut": totals.cut,
        "users": totals.users,
        "affected": totals.affected,
        "losing": totals.losing,
        "gaining": totals.gaining,
        "following": totals.following,
        "listed": totals.listed,
        "harmless": changes.is_harmless(),
        "touched": changes.touched(),
        "rules": changes.rules(),
        "exposed": changes.exposed(),
        "follows": changes.follows(),
        "more_follows": changes.more_follows(),
        "flips": changes.flips().iter().map(flip).collect::<Vec<_>>(),
        "warnings": changes.warnings(),
    })
}

fn flip(flip: &ChangedAnswer<'_>) -> Value {
    let request = flip.request;
    let side = |decision: &Decision| {
        json!({
            "decision": decision.is_allow(),
            "reason": decision.reason.code(),
            "message": decision.reason.to_string(),
        })
    };
    json!({
        "subject": request.subject,
        "action": request.action,
        "resource": {
            "type": request.resource.kind,
            "id": request.resource.id,
            "properties": request.resource.attributes,
        },
        "before": side(&flip.before),
        "after": side(&flip.after),
    })
}
