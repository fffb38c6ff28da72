//! Keeping a running server up to date with what lies on disk.
//!
//! A thread of its own, because compiling takes its time and no request is to wait for it: it
//! looks at the depot a few times a second, and at the tenants' folders when the process is sent
//! a SIGHUP.

use super::Failure;
use permesso_folders::{DecisionPoint, Update};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often the depot is looked at: well within the second after which a change is promised.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The thread.
pub(super) struct Refresher {
    reread: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Refresher {
    /// `changed` is told when other families are installed.
    pub(super) fn start(
        point: DecisionPoint,
        changed: impl FnMut(&DecisionPoint) + Send + 'static,
    ) -> Result<Self, Failure> {
        let (reread, asked) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("permesso-refresh".to_owned())
            .spawn(move || run(point, &asked, changed))
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

fn run(mut point: DecisionPoint, asked: &Receiver<()>, mut changed: impl FnMut(&DecisionPoint)) {
    let mut told = String::new();
    loop {
        let update = match asked.recv_timeout(LOOK_EVERY) {
            Ok(()) => Ok(point.reread()),
            Err(RecvTimeoutError::Timeout) => point.follow(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        match update {
            Ok(update) => {
                told.clear();
                report(&update);
                if !update.families.is_empty() {
                    changed(&point);
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

fn report(update: &Update) {
    for problem in &update.problems {
        tracing::error!(%problem, "a change was not taken over");
    }
    if !update.families.is_empty() {
        tracing::info!(families = ?update.families, "families changed");
    }
    for (tenant, revision) in &update.tenants {
        tracing::info!(tenant, revision, "a tenant is decided on anew");
    }
}
