//! `permesso audit`: the log of a tenant, read and verified.

use super::stored::wait_for;
use super::{Failure, Stored, written};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use permesso_store::{Hash, LogQuery, Realm, Store, StoreError, verify};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// The log.
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Follow the chain of hashes and compare what it leads to with what is stored: exit code 1 if
    /// anything is not what was written
    Verify(Verify),
    /// Print records as JSON lines
    Log(Log),
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    stored: Stored,
    /// The tenant [default: all, and the platform]
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// The hash that the log of the tenant has to have at its head, as it was written down
    #[arg(long, value_name = "SHA-256", requires = "tenant")]
    head: Option<String>,
}

#[derive(Debug, Args)]
struct Log {
    #[command(flatten)]
    stored: Stored,
    /// The tenant [default: the platform]
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Only what this actor did
    #[arg(long)]
    actor: Option<String>,
    /// Only this operation; `role.*` for all that begin so
    #[arg(long)]
    operation: Option<String>,
    /// Only what was done to documents of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only what was done to this document
    #[arg(long, requires = "kind")]
    id: Option<String>,
    /// Only after this revision
    #[arg(long, value_name = "REVISION")]
    after: Option<u64>,
}

impl Audit {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Verify(verify) => wait_for(verify.run()),
            Command::Log(log) => wait_for(log.run()),
        }
    }
}

fn realm(tenant: Option<&str>) -> Result<Realm, Failure> {
    match tenant {
        None => Ok(Realm::platform()),
        Some(id) => Realm::tenant(id).map_err(|error| Failure(format!("error: {error}"))),
    }
}

impl Verify {
    async fn run(self) -> Result<ExitCode, Failure> {
        let store = self.stored.open().await?;
        let heads = match &self.tenant {
            Some(_) => vec![store.head(&realm(self.tenant.as_deref())?).await?],
            None => store.heads().await?,
        };
        let wanted: Option<Hash> = self
            .head
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| Failure(format!("error: --head: {error}")))?;
        let mut sound = true;
        for head in heads {
            let bar = ProgressBar::new(head.revision).with_style(
                ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.set_message(head.realm.to_string());
            let verified = verify(&*store, &head.realm, |revision| bar.set_position(revision));
            let verified = verified.await;
            bar.finish_and_clear();
            match verified {
                Ok(log) if wanted.is_none_or(|wanted| wanted == log.hash) => println!(
                    "{}: {} records, {} documents, head {}",
                    head.realm, log.revision, log.documents, log.hash
                ),
                Ok(log) => {
                    sound = false;
                    println!("{}: the head is {}, another one", head.realm, log.hash);
                }
                Err(error @ StoreError::Broken { .. }) => {
                    sound = false;
                    println!("{error}");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Log {
    async fn run(self) -> Result<ExitCode, Failure> {
        let store = self.stored.open().await?;
        let realm = realm(self.tenant.as_deref())?;
        let mut after = self.after.unwrap_or(0);
        loop {
            let query = LogQuery {
                after: Some(after),
                actor: self.actor.clone(),
                operation: self.operation.clone(),
                kind: self.kind.clone(),
                id: self.id.clone(),
                limit: 100,
                ..LogQuery::default()
            };
            let records = Store::log(&*store, &realm, &query).await?;
            let Some(last) = records.last() else { return Ok(ExitCode::SUCCESS) };
            after = last.revision;
            let mut out = io::stdout().lock();
            for record in records {
                let line = serde_json::to_string(&record)
                    .map_err(|error| Failure(format!("error: {error}")))?;
                written(writeln!(out, "{line}"))?;
            }
        }
    }
}
