//! What moves between this machine and a registry, with a bar to watch it.

use super::{Failure, failure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use permesso_supply::{Progress, Registry};
use std::time::Duration;
use tokio::runtime::Builder;

/// How registries are spoken to.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// The user's name at the registry; the password is read from $PERMESSO_REGISTRY_PASSWORD
    #[arg(long, value_name = "NAME", env = "PERMESSO_REGISTRY_USER")]
    user: Option<String>,
    /// Speak to the registry without TLS: whoever is on the way can read and change everything.
    /// Never needed for a registry on this machine
    #[arg(long)]
    plain_http: bool,
}

impl Access {
    pub(super) fn registry(&self) -> Result<Registry, Failure> {
        let credentials = match &self.user {
            None => None,
            Some(user) => {
                let password = std::env::var("PERMESSO_REGISTRY_PASSWORD").map_err(|_| {
                    Failure(
                        "error: a user is named and there is no password; set \
                         PERMESSO_REGISTRY_PASSWORD"
                            .to_owned(),
                    )
                })?;
                Some((user.clone(), password))
            }
        };
        Registry::new(credentials, self.plain_http).map_err(|error| failure(&error))
    }
}

/// Runs what waits for the network.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| failure(&error))?.block_on(work))
}

/// A bar that fills as bytes move. Drawn on a terminal only.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(what: &str) -> Self {
        let bar = ProgressBar::new(0);
        let style =
            ProgressStyle::with_template("{msg} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_message(what.to_owned());
        Self(bar)
    }
}

impl Progress for Bar {
    fn begin(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Something that takes a while, with no end in sight: a spinner on a terminal.
pub(super) fn spin<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let spinner = ProgressBar::new_spinner();
    spinner.set_message(what.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(100));
    let done = work();
    spinner.finish_and_clear();
    done
}
