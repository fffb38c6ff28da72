//! `permesso key`: API keys, made by whoever has the store in hand.
//!
//! The first key of an installation comes from here: before it there is nobody whom the server
//! would let make one.

use super::stored::{operator, wait_for};
use super::{Components, Failure, Stored, now, print_pretty};
use clap::{Args, Subcommand, ValueEnum};
use permesso_auth::key::{KeyRequest, KeyView, Tenants, Verb};
use permesso_node::administration::PLATFORM;
use permesso_node::operation::{CreateKey, RevokeKey};
use permesso_node::{DocumentKind, Options};
use permesso_store::Realm;
use serde_json::json;
use std::process::ExitCode;

/// API keys.
#[derive(Debug, Args)]
pub(super) struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key of the platform and print its token, this once
    Create(Create),
    /// List the keys of the platform
    List(List),
    /// Revoke a key of the platform
    Revoke(Revoke),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Allowed {
    Decide,
    Read,
    Write,
    Platform,
}

#[derive(Debug, Args)]
struct Create {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    components: Components,
    /// What it is for
    label: String,
    /// The tenants that it is good for [default: all]
    #[arg(long = "tenant", value_name = "ID")]
    tenants: Vec<String>,
    /// What it may do [default: everything; for some tenants all but `platform`]
    #[arg(long = "verb", value_name = "VERB")]
    verbs: Vec<Allowed>,
    /// The roles that it acts with inside of tenants [default: permesso.platform]
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// After how many days it ends [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    days: Option<u32>,
    /// Print nothing but the token
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    components: Components,
}

#[derive(Debug, Args)]
struct Revoke {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    components: Components,
    /// Which
    id: String,
}

impl Key {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Create(create) => wait_for(create.run()),
            Command::List(list) => wait_for(list.run()),
            Command::Revoke(revoke) => wait_for(revoke.run()),
        }
    }
}

impl Create {
    async fn run(self) -> Result<ExitCode, Failure> {
        let node = self.stored.node(&self.components).await?;
        let verbs: Vec<Verb> = match (self.verbs.is_empty(), self.tenants.is_empty()) {
            (true, true) => vec![Verb::Decide, Verb::Read, Verb::Write, Verb::Platform],
            (true, false) => vec![Verb::Decide, Verb::Read, Verb::Write],
            (false, _) => self.verbs.iter().map(|verb| verb.verb()).collect(),
        };
        let roles = match self.roles.is_empty() {
            true => vec![PLATFORM.to_owned()],
            false => self.roles,
        };
        let days = self.days.map(|days| now() + i64::from(days) * 24 * 60 * 60 * 1000);
        let create = CreateKey {
            request: KeyRequest {
                label: self.label,
                tenants: match self.tenants.is_empty() {
                    true => Tenants::All,
                    false => Tenants::Only(self.tenants.into_iter().collect()),
                },
                verbs: verbs.into_iter().collect(),
                roles: roles.into_iter().collect(),
                expires_at: days,
            },
            by: operator().name(),
        };
        let realm = Realm::platform();
        let done = node.perform(&realm, &operator(), &create, &Options::default()).await?;
        if self.quiet {
            let token = done.answer.get("token").and_then(|token| token.as_str());
            println!("{}", token.unwrap_or_default());
        } else {
            print_pretty(&done.answer)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Allowed {
    const fn verb(self) -> Verb {
        match self {
            Self::Decide => Verb::Decide,
            Self::Read => Verb::Read,
            Self::Write => Verb::Write,
            Self::Platform => Verb::Platform,
        }
    }
}

impl List {
    async fn run(self) -> Result<ExitCode, Failure> {
        let node = self.stored.node(&self.components).await?;
        let look = node.look(&Realm::platform()).await?;
        let view = look.view(&node);
        let mut keys = Vec::new();
        for (id, _) in view.documents(DocumentKind::Key) {
            keys.push(KeyView::from(&view.policy(DocumentKind::Key, id)?));
        }
        print_pretty(&json!(keys))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Revoke {
    async fn run(self) -> Result<ExitCode, Failure> {
        let node = self.stored.node(&self.components).await?;
        let revoke = RevokeKey { id: self.id };
        let realm = Realm::platform();
        let done = node.perform(&realm, &operator(), &revoke, &Options::default()).await?;
        println!("revoked with revision {} of the platform", done.revision);
        Ok(ExitCode::SUCCESS)
    }
}
