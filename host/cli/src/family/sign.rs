//! `permesso family keygen`, `sign` and `verify`.

use super::{Failure, Target, clock, failure, workbench};
use clap::Args;
use permesso_engine::family::Family as _;
use permesso_supply::{SecretKey, Signature, Trust, Validity};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where to put a key.
#[derive(Debug, Args)]
pub(super) struct Keygen {
    /// The file for the secret key; it must not exist yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What to sign and with what.
#[derive(Debug, Args)]
pub(super) struct Sign {
    #[command(flatten)]
    target: Target,
    /// The secret key, made with `keygen`
    #[arg(long, value_name = "FILE", env = "PERMESSO_SIGNING_KEY")]
    key: PathBuf,
    /// For how many days the signature counts
    #[arg(long, value_name = "DAYS", default_value_t = 365)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

/// What to check and against what.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    target: Target,
    /// Whose signatures are taken
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The signature [default: COMPONENT.sig]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

impl Keygen {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let key = SecretKey::generate().map_err(|error| failure(&error))?;
        key.write(&self.file).map_err(|error| failure(&error))?;
        let public = key.public();
        eprintln!(
            "the secret key {} is in `{}`; keep it where nobody else gets at it.\nPlatforms that \
             trust you write this into their trust.yaml:\n",
            public.id(),
            self.file.display()
        );
        println!("publishers:\n  - id: YOUR-NAME\n    key: {public}\n    families: [YOUR-FAMILY]");
        Ok(ExitCode::SUCCESS)
    }
}

impl Sign {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let component = self.target.read()?;
        let key = SecretKey::read(&self.key).map_err(|error| failure(&error))?;
        // What is signed is what the component says that it is.
        let family = component.load(&workbench(None)?)?;
        let validity = Validity::days(clock(), self.days)
            .map_err(|error| Failure(format!("error: {error}")))?;
        let signature =
            Signature::new(&key, component.component.digest(), &family.manifest().id, validity);
        let path = component.signature_path();
        fs::write(&path, signature.document()).map_err(|error| {
            Failure(format!("error: cannot write `{}`: {error}", path.display()))
        })?;
        println!("{}", path.display());
        println!("  family  {} {}", family.manifest().id, family.manifest().version);
        println!("  digest  {}", signature.digest);
        println!("  key     {}", signature.key_id);
        println!("  counts  from {} to {}", signature.valid_from, signature.valid_until);
        Ok(ExitCode::SUCCESS)
    }
}

impl Verify {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let component = self.target.read()?;
        let trust = Trust::read(&self.trust).map_err(|error| failure(&error))?;
        let signature = component.signature(self.signature.as_deref())?;
        match trust.check(component.component.digest(), signature.as_ref(), Some(clock())) {
            Ok(Some(publisher)) => {
                println!("{}: signed by `{publisher}`", component.name());
                Ok(ExitCode::SUCCESS)
            }
            Ok(None) => {
                println!("{}: not signed, and the trust file asks for none", component.name());
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("{}: {error}", component.name());
                Ok(ExitCode::from(1))
            }
        }
    }
}
