//! Tests that measure, flood or kill are not disturbed by one another, though one program holds
//! them all. Those of one module were written to run side by side, and still do; those of another
//! wait for their turn.

use std::sync::{Condvar, Mutex, PoisonError};

/// Whose turn it is, and how many of its tests run.
static TURN: Mutex<(&str, usize)> = Mutex::new(("", 0));
static OVER: Condvar = Condvar::new();

/// Lasts as long as the test.
#[derive(Debug)]
#[must_use = "it is over at once"]
pub struct Turn(());

/// Waits until no test of another module has its turn. Called first in a test, with
/// `module_path!()`.
pub fn turn(module: &'static str) -> Turn {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let others = |turn: &mut (&str, usize)| turn.1 > 0 && turn.0 != module;
    let mut turn = OVER.wait_while(turn, others).unwrap_or_else(PoisonError::into_inner);
    *turn = (module, turn.1 + 1);
    Turn(())
}

impl Drop for Turn {
    fn drop(&mut self) {
        TURN.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
        OVER.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn tests_of_one_module_run_together_and_those_of_two_never_do() {
        let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let met = AtomicUsize::new(0);
        thread::scope(|scope| {
            for n in 0..40_usize {
                let (counts, met) = (&counts, &met);
                scope.spawn(move || {
                    let own = usize::from(n >= 20);
                    let _turn = turn(["one", "two"][own]);
                    counts[own].fetch_add(1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(5));
                    met.fetch_max(counts[own].load(Ordering::SeqCst), Ordering::SeqCst);
                    assert_eq!(counts[1 - own].load(Ordering::SeqCst), 0);
                    counts[own].fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!(met.into_inner() > 1, "they waited for one another");
    }
}
