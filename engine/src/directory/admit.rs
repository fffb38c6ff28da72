//! Taking in what was read: compiled for the tenant that asked, kept for all where it is known not
//! to have changed on the way, and handed to the one who asked in any case.

use super::kept::{Counted, Slot};
use super::people::People;
use super::{Compiled, Loaded, Need, Needs, Pins, Subjects};
use std::sync::Arc;

/// What became of things that were read.
#[derive(Debug, Clone, Default)]
pub struct Admitted {
    /// What was read, for the one who asked.
    pub pins: Pins,
    /// What is not kept for anybody else, because it may have changed since it was read.
    pub refused: Needs,
}

impl Admitted {
    fn refused(needs: impl Iterator<Item = Need>) -> Self {
        Self { pins: Pins::default(), refused: needs.collect() }
    }
}

impl Subjects {
    /// Keeps what was read for a tenant of these subjects.
    ///
    /// `as_of` is a revision of the tenant at which all of it was as it is given here. The
    /// revision of the tenant that is decided under is best; a later one serves later decisions
    /// only.
    ///
    /// What may have changed since is not kept; nothing is, where `compiled` is not a tenant of
    /// these subjects. What was kept can be dropped again at any time, so ask while
    /// [holding](crate::Authorizer::holding) the [`Pins`] that this returns: they serve every
    /// revision at which it is certain that nothing had changed, at least `as_of` itself. A
    /// decision that turns on more users than there is room for would otherwise never be made.
    pub fn admit(&self, compiled: &Compiled, as_of: u64, loaded: Vec<Loaded>) -> Admitted {
        let open = match &compiled.people {
            People::Open(open) if std::ptr::eq(&*open.subjects, self) => open,
            _ => return Admitted::refused(loaded.iter().map(Loaded::need)),
        };
        // Compiling takes the longest by far and so is done before anybody is held up.
        let mut arrived = Vec::with_capacity(loaded.len());
        let mut counted = Vec::new();
        for loaded in loaded {
            let need = loaded.need();
            match loaded {
                Loaded::User(record) => {
                    let slot = open.compile(Arc::from(record), as_of, &compiled.snapshot);
                    arrived.push((need, slot));
                }
                Loaded::Absent(_) => arrived.push((need, Slot::Absent(as_of))),
                Loaded::Usage { usage, .. } => counted.push((need, Counted { as_of, usage })),
            }
        }
        let mut admitted = Admitted::default();
        let mut refused = Vec::new();
        let history = self.history();
        let applied = history.applied().max(as_of);
        for (need, slot) in arrived {
            let Need::User(id) = &need else { continue };
            let id: Arc<str> = match &slot {
                Slot::Known(member) => Arc::clone(&member.id),
                _ => id.as_str().into(),
            };
            let untouched = history.is_untouched(&need, as_of);
            if untouched {
                self.users.insert(Arc::clone(&id), slot.clone());
            } else {
                refused.push(need);
            }
            admitted.pins.user(id, slot, if untouched { applied } else { as_of });
        }
        for (need, counted) in counted {
            let Need::Usage(role) = &need else { continue };
            let role: Arc<str> = role.as_str().into();
            let untouched = history.is_untouched(&need, as_of);
            if untouched {
                self.usages.insert(Arc::clone(&role), counted);
            } else {
                refused.push(need);
            }
            admitted.pins.usage(role, counted, if untouched { applied } else { as_of });
        }
        drop(history);
        admitted.refused = refused.into_iter().collect();
        admitted
    }
}
