//! Which inputs rules read, so that tests find those that are declared in vain. Natively only: a
//! component keeps nothing.

use std::cell::Cell;

thread_local! {
    /// A bit for each of the first 64 inputs, by position.
    static READ: Cell<u64> = const { Cell::new(0) };
}

/// Notes that an input was read.
pub(crate) fn note(index: usize) {
    READ.set(READ.get() | 1 << index);
}

/// Forgets what was read.
pub(crate) fn forget() {
    READ.set(0);
}

/// Whether an input was read since.
pub(crate) fn was_read(index: u32) -> bool {
    READ.get() >> index & 1 == 1
}
