//! What changed lately.
//!
//! A record is on its way from the store while the feed goes on. When it arrives it must not be
//! kept if it changed on the way, and this is where that is known.

use super::Need;
use std::collections::{HashMap, VecDeque};

/// How many changes are remembered. A record that was under way for longer is read again.
const REMEMBERED: usize = 4_096;

/// The last changes of a directory.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The revision up to which changes were applied; `None` before the first.
    applied: Option<u64>,
    /// Every change after this revision is remembered.
    since: u64,
    order: VecDeque<(u64, Need)>,
    last: HashMap<Need, u64>,
}

impl History {
    /// The revision up to which changes were applied.
    pub(super) fn applied(&self) -> u64 {
        self.applied.unwrap_or(0)
    }

    /// Notes what changed on the way to a revision. What comes late counts as having changed
    /// at the last one: it can only be read once too often.
    pub(super) fn apply<'n>(&mut self, revision: u64, touched: impl Iterator<Item = &'n Need>) {
        let revision = match self.applied {
            // Whatever changed before is unknown.
            None => {
                self.since = revision;
                revision
            }
            Some(applied) => applied.max(revision),
        };
        self.applied = Some(revision);
        for need in touched {
            self.last.insert(need.clone(), revision);
            self.order.push_back((revision, need.clone()));
        }
        while self.order.len() > REMEMBERED {
            let Some((at, need)) = self.order.pop_front() else { break };
            self.since = self.since.max(at);
            if self.last.get(&need) == Some(&at) {
                self.last.remove(&need);
            }
        }
    }

    /// Whether what was read at a revision is known to have stayed as it was.
    pub(super) fn is_untouched(&self, need: &Need, as_of: u64) -> bool {
        as_of >= self.applied()
            || as_of >= self.since && self.last.get(need).is_none_or(|at| *at <= as_of)
    }
}

#[cfg(test)]
mod tests {
    use super::{History, Need, REMEMBERED};

    fn user(id: usize) -> Need {
        Need::User(id.to_string())
    }

    #[test]
    fn what_changed_after_it_was_read_is_known_to_have() {
        let mut history = History::default();
        history.apply(10, [].iter());
        history.apply(12, [user(1)].iter());
        assert!(!history.is_untouched(&user(1), 10));
        assert!(history.is_untouched(&user(1), 12));
        assert!(history.is_untouched(&user(2), 10));
    }

    #[test]
    fn what_was_read_before_the_history_begins_may_have_changed() {
        let mut history = History::default();
        history.apply(10, [].iter());
        assert!(!history.is_untouched(&user(1), 9));
        assert!(history.is_untouched(&user(1), 10));
    }

    #[test]
    fn what_was_forgotten_may_have_been_about_anybody() {
        let mut history = History::default();
        history.apply(1, [].iter());
        history.apply(2, [user(0)].iter());
        for n in 0..REMEMBERED {
            history.apply(3 + n as u64, [user(n % 7 + 1)].iter());
        }
        assert!(!history.is_untouched(&user(0), 1));
        assert!(!history.is_untouched(&user(99), 1));
        assert!(history.is_untouched(&user(99), 2));
        assert!(history.last.len() <= 7, "{}", history.last.len());
    }

    #[test]
    fn a_change_that_comes_late_counts_as_the_last_one() {
        let mut history = History::default();
        history.apply(10, [].iter());
        history.apply(8, [user(1)].iter());
        assert!(!history.is_untouched(&user(1), 9));
        assert_eq!(history.applied(), 10);
    }
}
