//! `permesso replay`: what would have been decided at a revision that is past.

use super::ask::{About, exit, verdict};
use super::explain::tree;
use super::stored::wait_for;
use super::{Components, Failure, Stored, print_pretty};
use clap::Args;
use permesso_engine::decision::Request;
use permesso_engine::inspect::Circumstances;
use permesso_store::Realm;
use std::process::ExitCode;

/// A question, and when.
#[derive(Debug, Args)]
pub(super) struct Replay {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    components: Components,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
    /// The revision, as the decision named it
    #[arg(long, value_name = "REVISION")]
    revision: u64,
    /// Who asked: a user's id
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
    json: bool,
}

impl Replay {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let realm = Realm::tenant(&*self.tenant);
        let realm = realm.map_err(|error| Failure(format!("error: {error}")))?;
        self.about.with(&self.resource, |Circumstances { resource, context, asserted, now }| {
            let (subject, action) = (&*self.subject, &*self.action);
            let request = Request { subject, action, resource, context, asserted, now };
            let replayed = wait_for(async {
                let node = self.stored.node(&self.components).await?;
                Ok(node.replay(&realm, self.revision, &request).await?)
            })?;
            let decision = &replayed.explanation.decision;
            if self.json {
                print_pretty(&replayed)?;
                return Ok(exit(decision));
            }
            println!(
                "at revision {} of `{}`, under version {} of the catalog ({})",
                replayed.revision, self.tenant, replayed.catalog.version, replayed.catalog.digest
            );
            for family in &replayed.families {
                let digest = family.digest.as_deref().unwrap_or("no component");
                let here = if family.here { "" } else { ", which is not here: denied" };
                println!("family {}: {digest}{here}", family.family);
            }
            print!("{}", tree(&replayed.explanation.trace, None));
            println!("{}", verdict(decision));
            Ok(exit(decision))
        })
    }
}
