//! `permesso family install`, `list`, `disable`, `enable`, `rollback` and `remove`.
//!
//! A server that was started with the same depot takes each of them over within a second, without
//! dropping a request.

use super::super::{print_pretty, written};
use super::transfer::{Access, Bar, block_on, spin};
use super::{DepotAt, Failure, Target, clock, failure, size, workbench};
use clap::Args;
use comfy_table::{Table, presets};
use permesso_runtime::{Digest, RuntimeConfig};
use permesso_supply::{Candidate, FamilyLimits, InstallOptions, Reference};
use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to install and how.
#[derive(Debug, Args)]
pub(super) struct Install {
    /// A component, the folder of a project, or oci://registry/name:tag or @sha256:…
    #[arg(value_name = "COMPONENT")]
    from: String,
    #[command(flatten)]
    at: DepotAt,
    /// The digest that the component has to have
    #[arg(long, value_name = "SHA256")]
    digest: Option<Digest>,
    /// The signature of a file [default: COMPONENT.sig]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// An input that it may see; may be given several times. What it declares besides is never
    /// sent to it [default: what it declares at its first installation, what it had afterwards]
    #[arg(long, value_name = "INPUT")]
    grant: Vec<String>,
    /// Let it see everything that it declares
    #[arg(long, conflicts_with = "grant")]
    grant_declared: bool,
    /// Take it although nobody signed it
    #[arg(long)]
    allow_unsigned: bool,
    /// Take it although it came from somebody else before
    #[arg(long)]
    allow_other_publisher: bool,
    /// Memory of one instance in MiB [default: what it had, or 16]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=4096))]
    memory_mib: Option<u32>,
    /// Time of one call in milliseconds [default: what it had, or 10]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    deadline_ms: Option<u32>,
    /// Keep its instances for so many calls; interpreted languages need it [default: what it had,
    /// or one for each call]
    #[arg(long, value_name = "CALLS")]
    reuse: Option<NonZeroU32>,
    /// The largest component that is taken, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 32)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_component_mib: u32,
    #[command(flatten)]
    access: Access,
}

/// Which depot.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    at: DepotAt,
    /// Print JSON, with every generation
    #[arg(long)]
    json: bool,
}

/// Which family.
#[derive(Debug, Args)]
struct Which {
    /// The family's id
    #[arg(value_name = "FAMILY")]
    family: String,
    #[command(flatten)]
    at: DepotAt,
}

/// Which family to switch off.
#[derive(Debug, Args)]
pub(super) struct Disable {
    #[command(flatten)]
    which: Which,
}

/// Which family to switch on.
#[derive(Debug, Args)]
pub(super) struct Enable {
    #[command(flatten)]
    which: Which,
}

/// Which family to take back, and how far.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    which: Which,
    /// The number of the generation, as `list --json` shows it [default: the one before]
    #[arg(long, value_name = "NUMBER")]
    to: Option<u32>,
}

/// Which family to take out.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    which: Which,
}

impl Install {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let depot = self.at.open()?;
        let limit = usize::try_from(self.max_component_mib).unwrap_or(32) << 20;
        let candidate = self.candidate(limit)?;
        let runtime = workbench(Some(limit))?;
        let options = InstallOptions {
            pin: self.digest,
            allow_unsigned: self.allow_unsigned,
            allow_other_publisher: self.allow_other_publisher,
            grant: self.grant(),
            grant_declared: self.grant_declared,
            limits: self.limits()?,
        };
        let installed =
            spin("compiling", || depot.install(&runtime, &candidate, &options, clock()))
                .map_err(|error| failure(&error))?;
        let list = |names: &[String]| match names {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        println!(
            "{} {} {}",
            installed.family,
            installed.version,
            if installed.unchanged { "was installed already" } else { "is installed" }
        );
        println!("  digest     {}", installed.digest);
        println!(
            "  publisher  {}",
            installed.publisher.as_deref().unwrap_or("nobody (not signed)")
        );
        if let Some(replaced) = installed.replaced.filter(|_| !installed.unchanged) {
            // A tag that was moved back can bring a fault back as well.
            let older = is_older(&installed.version, &replaced);
            let newer = if older { ", which is newer" } else { "" };
            println!("  replaces   {replaced}{newer}; `permesso family rollback` goes back to it");
        }
        println!("  may see    {}", list(&installed.granted));
        if !installed.withheld.is_empty() {
            println!("  withheld   {}", list(&installed.withheld));
        }
        if !installed.floors.is_empty() {
            println!("  may lift   {}, where a tenant consents", list(&installed.floors));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn candidate(&self, limit: usize) -> Result<Candidate, Failure> {
        if !self.from.starts_with("oci://") {
            let component = Target { path: PathBuf::from(&self.from) }.read()?;
            let signature = component.signature(self.signature.as_deref())?;
            let source = component.name();
            return Ok(Candidate { component: component.component, source, signature });
        }
        let reference: Reference = self.from.parse().map_err(|error| failure(&error))?;
        let registry = self.access.registry()?;
        let bar = Bar::new(&self.from);
        block_on(registry.pull(&reference, limit, &bar))?.map_err(|error| failure(&error))
    }

    fn grant(&self) -> Option<BTreeSet<String>> {
        (!self.grant.is_empty()).then(|| self.grant.iter().cloned().collect())
    }

    fn limits(&self) -> Result<FamilyLimits, Failure> {
        let Self { memory_mib, deadline_ms, reuse, .. } = *self;
        let ceiling = RuntimeConfig::default().memory_ceiling >> 20;
        if memory_mib.is_some_and(|mib| usize::try_from(mib).unwrap_or(usize::MAX) > ceiling) {
            return Err(Failure(format!(
                "error: --memory-mib is more than the {ceiling} MiB that any family can be given"
            )));
        }
        Ok(FamilyLimits { memory_mib, deadline_ms, reuse })
    }
}

fn is_older(version: &str, than: &str) -> bool {
    let parse = |text: &str| text.parse::<semver::Version>().ok();
    parse(version).zip(parse(than)).is_some_and(|(version, than)| version < than)
}

impl List {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let state = self.at.open()?.state().map_err(|error| failure(&error))?;
        if self.json {
            print_pretty(&state)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["family", "version", "state", "publisher", "size", "digest", "before"]);
        for (id, family) in &state.families {
            let Some(current) = family.generation() else { continue };
            table.add_row([
                id.as_str(),
                &current.version,
                if family.disabled { "disabled" } else { "answers" },
                current.publisher.as_deref().unwrap_or("-"),
                &size(usize::try_from(current.size).unwrap_or(usize::MAX)),
                &current.digest.to_string(),
                family.previous().map_or("-", |previous| &previous.version),
            ]);
        }
        written(writeln!(io::stdout().lock(), "{table}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Disable {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let Which { family, at } = &self.which;
        at.open()?.disable(family, true).map_err(|error| failure(&error))?;
        println!("{family} is disabled: what it governs is denied");
        Ok(ExitCode::SUCCESS)
    }
}

impl Enable {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let Which { family, at } = &self.which;
        at.open()?.disable(family, false).map_err(|error| failure(&error))?;
        println!("{family} answers again");
        Ok(ExitCode::SUCCESS)
    }
}

impl Rollback {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let Which { family, at } = &self.which;
        let version = at.open()?.roll_back(family, self.to).map_err(|error| failure(&error))?;
        println!("{family} is {version} again");
        Ok(ExitCode::SUCCESS)
    }
}

impl Remove {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let Which { family, at } = &self.which;
        at.open()?.remove(family).map_err(|error| failure(&error))?;
        println!("{family} is removed");
        Ok(ExitCode::SUCCESS)
    }
}
