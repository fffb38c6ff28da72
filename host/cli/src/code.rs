//! `permesso publish`, `export`, `import`, `apply`: policy as code.
//!
//! Each works on the store itself, whether a server runs on it or not: servers follow.

use super::stored::{operator, wait_for};
use super::{Components, Failure, Stored, print_pretty, written};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use permesso_engine::diagnostic::Diagnostics;
use permesso_node::bundle::{
    Apply as Applying, Bundle, Compare, Differences, Export as Exporting, ExportPart,
    ImportOptions, diff, import,
};
use permesso_node::operation::PublishProduct;
use permesso_node::{ChangeError, Node, Options};
use permesso_store::Realm;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Which tenant of which store.
#[derive(Debug, Args)]
struct Tenant {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    components: Components,
    /// The tenant
    #[arg(long, value_name = "ID")]
    tenant: String,
}

impl Tenant {
    fn realm(&self) -> Result<Realm, Failure> {
        Realm::tenant(&*self.tenant).map_err(|error| Failure(format!("error: {error}")))
    }

    async fn node(&self) -> Result<Arc<Node>, Failure> {
        self.stored.node(&self.components).await
    }
}

/// What the tenant is to be.
#[derive(Debug, Args)]
struct Wanted {
    /// A file, or a folder with tenant.yaml and people.yaml or people.jsonl
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Also delete users and delegations that it does not have
    #[arg(long)]
    prune: bool,
    /// Take it although it says that it is of another tenant
    #[arg(long)]
    any_tenant: bool,
    /// Only where the tenant is at this revision
    #[arg(long, value_name = "REVISION")]
    at_revision: Option<u64>,
}

impl Wanted {
    fn bundle(&self) -> Result<Arc<Bundle>, Failure> {
        Ok(Arc::new(bundle(&self.path)?))
    }

    const fn how(&self) -> Compare {
        Compare { prune: self.prune, any_tenant: self.any_tenant, expected: self.at_revision }
    }
}

fn bundle(path: &Path) -> Result<Bundle, Failure> {
    Bundle::read(path).map_err(|found| faults(&found))
}

fn faults(found: &Diagnostics) -> Failure {
    super::report::diagnostics(found)
}

/// What of a tenant is written.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    tenant: Tenant,
    /// What to write
    #[arg(long, value_enum, default_value_t = Written::All)]
    part: Written,
    /// Where to [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Written {
    /// Everything in one file of YAML
    All,
    /// What stands in a tenant.yaml
    Tenant,
    /// What stands in a people.yaml
    People,
    /// What stands in a people.jsonl
    Lines,
}

impl Export {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        wait_for(async {
            let node = self.tenant.node().await?;
            let part = match self.part {
                Written::All => ExportPart::All,
                Written::Tenant => ExportPart::Tenant,
                Written::People => ExportPart::People,
                Written::Lines => ExportPart::Lines,
            };
            let mut export = Exporting::of(&node, &self.tenant.realm()?, part).await?;
            let cannot = |error: io::Error| Failure(format!("error: cannot write: {error}"));
            let mut out: Box<dyn Write> = match &self.out {
                Some(path) => Box::new(BufWriter::new(File::create(path).map_err(cannot)?)),
                None => Box::new(io::stdout().lock()),
            };
            let bar = spinner("users");
            while let Some(piece) = export.next().await? {
                written(out.write_all(piece.as_bytes()))?;
                bar.set_position(export.so_far().users);
            }
            written(out.flush())?;
            bar.finish_and_clear();
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn spinner(what: &str) -> ProgressBar {
    let bar = match io::stderr().is_terminal() {
        true => ProgressBar::new_spinner(),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template("{spinner} {pos} {msg} {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A tenant from files, with as many users as there are.
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    tenant: Tenant,
    #[command(flatten)]
    wanted: Wanted,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
}

impl Import {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        wait_for(async {
            let bundle = self.wanted.bundle()?;
            let node = self.tenant.node().await?;
            let options = ImportOptions {
                how: self.wanted.how(),
                dry_run: self.dry_run,
                ..ImportOptions::default()
            };
            let bar = spinner("people");
            let mut progress = |done: u64, total: Option<u64>| {
                bar.set_message(match total {
                    Some(total) => format!("of {total} people written"),
                    None => "people checked".to_owned(),
                });
                bar.set_position(done);
            };
            let realm = self.tenant.realm()?;
            let done = import(&node, &realm, &operator(), &bundle, &options, &mut progress).await;
            bar.finish_and_clear();
            let done = done.map_err(refused)?;
            println!(
                "{}revision {}: {} added, {} changed, {} removed",
                if self.dry_run { "nothing was written; against " } else { "" },
                done.revision,
                done.added,
                done.changed,
                done.removed
            );
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn refused(error: ChangeError) -> Failure {
    match error {
        ChangeError::Invalid(found) => faults(&found),
        error => error.into(),
    }
}

/// A tenant from files, as one change.
#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    tenant: Tenant,
    #[command(flatten)]
    wanted: Wanted,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
}

impl Apply {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        wait_for(async {
            let bundle = self.wanted.bundle()?;
            let node = self.tenant.node().await?;
            let apply = Applying { bundle, how: self.wanted.how() };
            let options = Options { dry_run: self.dry_run, ..Options::default() };
            let realm = self.tenant.realm()?;
            let done = node.perform(&realm, &operator(), &apply, &options).await;
            let done = done.map_err(refused)?;
            let count = done.edited.len();
            match self.dry_run {
                true => {
                    println!("{count} documents would change; against revision {}", done.revision)
                }
                false => println!("revision {}: {count} documents changed", done.revision),
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// How a tenant differs from files, where the store and the tenant are known.
pub(super) fn differences(
    stored: &Stored,
    components: &Components,
    tenant: &str,
    path: &Path,
) -> Result<Differences, Failure> {
    wait_for(async {
        let bundle = bundle(path)?;
        let node = stored.node(components).await?;
        let realm = Realm::tenant(tenant).map_err(|error| Failure(format!("error: {error}")))?;
        let look = node.look(&realm).await?;
        let how = Compare { prune: true, any_tenant: true, expected: None };
        diff(&look.view(&node), &bundle, &how).await.map_err(refused)
    })
}

/// A product's catalog.
#[derive(Debug, Args)]
pub(super) struct Publish {
    #[command(flatten)]
    stored: Stored,
    #[command(flatten)]
    components: Components,
    /// The product.yaml
    #[arg(value_name = "FILE")]
    path: PathBuf,
}

impl Publish {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        wait_for(async {
            let text = std::fs::read_to_string(&self.path).map_err(|error| {
                Failure(format!("error: cannot read `{}`: {error}", self.path.display()))
            })?;
            let node = self.stored.node(&self.components).await?;
            let publish = PublishProduct { text };
            let realm = Realm::platform();
            let done = node.perform(&realm, &operator(), &publish, &Options::default()).await;
            let done = done.map_err(refused)?;
            print_pretty(&done.answer)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
