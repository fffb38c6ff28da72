//! `permesso family publish`: into a registry.

use super::transfer::{Access, Bar, block_on};
use super::{Failure, Target, clock, failure, workbench};
use clap::Args;
use permesso_engine::family::Family as _;
use permesso_supply::Reference;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What to publish and where.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// A component, or the folder of a project that has been built
    #[arg(value_name = "COMPONENT")]
    path: PathBuf,
    /// Where: oci://registry/name:tag
    #[arg(value_name = "REFERENCE")]
    reference: Reference,
    /// The signature [default: COMPONENT.sig]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Publish it without a signature; hardly any platform will install it
    #[arg(long)]
    unsigned: bool,
    #[command(flatten)]
    access: Access,
}

impl Publish {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let component = Target { path: self.path.clone() }.read()?;
        let signature = component.signature(self.signature.as_deref())?;
        if signature.is_none() && !self.unsigned {
            return Err(Failure(format!(
                "error: `{}` is not signed; sign it with `permesso family sign`, or publish it \
                 with --unsigned",
                component.name()
            )));
        }
        let family = component.load(&workbench(None)?)?;
        let manifest = family.manifest();
        if let Some(signature) = &signature
            && (signature.digest != component.component.digest() || signature.family != manifest.id)
        {
            return Err(Failure(format!(
                "error: the signature is not of `{}`; sign it again with `permesso family sign`",
                component.name()
            )));
        }
        let registry = self.access.registry()?;
        let about = (manifest.id.as_str(), manifest.version.as_str());
        let push = registry.push(
            &self.reference,
            component.component,
            signature.as_ref(),
            about,
            clock(),
            Arc::new(Bar::new(&manifest.id)),
        );
        let source = block_on(push)?.map_err(|error| failure(&error))?;
        println!("{} {} is at {}", manifest.id, manifest.version, self.reference);
        println!("  by digest  {source}");
        Ok(ExitCode::SUCCESS)
    }
}
