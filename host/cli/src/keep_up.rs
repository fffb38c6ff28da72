//! Keeping a running server up to date with what lies on disk.
//!
//! A thread of its own, because compiling takes its time and no request is to wait for it: it
//! looks at the depot a few times a second, and at the tenants' folders when the process is sent
//! a SIGHUP.

use super::Failure;
use permesso_folders::pdp::{Change, Pdp};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often the depot is looked at: well within the second after which a change is promised.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The thread.
pub(super) struct KeepUp {
    reread: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl KeepUp {
    /// `changed` is told when other families are installed.
    pub(super) fn start(
        pdp: Pdp,
        changed: impl FnMut(&Pdp) + Send + 'static,
    ) -> Result<Self, Failure> {
        let (reread, asked) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("permesso-keep-up".to_owned())
            .spawn(move || run(pdp, &asked, changed))
            .map_err(|error| Failure(format!("error: cannot start a thread: {error}")))?;
        Ok(Self { reread, thread })
    }

    /// What asks for the folders to be read again.
    pub(super) fn reread(&self) -> SyncSender<()> {
        self.reread.clone()
    }

    /// Ends it once nobody can ask any more.
    pub(super) fn stop(self) {
        drop(self.reread);
        // A thread that panicked has nothing left to do.
        let _ = self.thread.join();
    }
}

fn run(mut pdp: Pdp, asked: &Receiver<()>, mut changed: impl FnMut(&Pdp)) {
    let mut told = String::new();
    loop {
        let change = match asked.recv_timeout(LOOK_EVERY) {
            Ok(()) => Ok(pdp.reread()),
            Err(RecvTimeoutError::Timeout) => pdp.follow(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        match change {
            Ok(change) => {
                told.clear();
                report(&change);
                if !change.families.is_empty() {
                    changed(&pdp);
                }
            }
            // The same trouble four times a second is one line, not four.
            Err(error) if error.to_string() != told => {
                told = error.to_string();
                tracing::error!(%error, "the depot cannot be followed; everything stays as it is");
            }
            Err(_) => {}
        }
    }
}

fn report(change: &Change) {
    for problem in &change.problems {
        tracing::error!(%problem, "a change was not taken over");
    }
    if !change.families.is_empty() {
        tracing::info!(families = ?change.families, "families changed");
    }
    for (tenant, revision) in &change.tenants {
        tracing::info!(tenant, revision, "a tenant is decided on anew");
    }
}
