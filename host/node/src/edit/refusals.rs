//! What keeps a change from being made in several tenants at once.
//!
//! Whoever publishes a catalog mends what is in the way, so they hear of all of it and not of the
//! first tenant alone.

use crate::error::ChangeError;
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};

/// So many tenants are told.
const TENANTS: usize = 10;
/// So many faults are told.
const FAULTS: usize = 100;

/// What was refused so far.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    guards: Vec<(&'static str, String, Option<u64>)>,
    faults: Vec<Diagnostic>,
    tenants: usize,
}

impl Refusals {
    /// One more; what is no refusal of the documents ends everything at once.
    pub(super) fn add(&mut self, error: ChangeError) -> Result<(), ChangeError> {
        match error {
            ChangeError::Guarded { guard, message, users } => {
                self.guards.push((guard, message, users));
            }
            ChangeError::Invalid(found) => {
                let room = FAULTS.saturating_sub(self.faults.len());
                self.faults.extend(found.into_iter().take(room));
            }
            error => return Err(error),
        }
        self.tenants += 1;
        Ok(())
    }

    /// Nothing, or what is in the way.
    pub(super) fn or(self) -> Result<(), ChangeError> {
        let Self { guards, faults, tenants } = self;
        let Some((guard, first, only)) = guards.first().cloned() else {
            let mut found = Diagnostics::default();
            found.extend(faults);
            return Ok(found.or(())?);
        };
        if tenants == 1 {
            return Err(ChangeError::Guarded { guard, message: first, users: only });
        }
        let told = guards.iter().take(TENANTS).map(|(_, message, _)| message.as_str());
        let told: Vec<&str> = told.collect();
        let users = guards.iter().filter_map(|(_, _, users)| *users).reduce(u64::saturating_add);
        let message = format!("{tenants} tenants are in the way: {}", told.join(". "));
        Err(ChangeError::Guarded { guard, message, users })
    }
}
