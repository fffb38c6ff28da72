//! Keeping away from what fails again and again.
//!
//! A fault costs its tenant a denial and everybody else the time that it took. A family that
//! fails once may have met an odd question; one that fails five times in ten seconds will fail
//! the sixth time, and its deadline is better spent on others. So a family is quarantined for
//! that tenant: its questions are denied at once, and after a pause, which doubles each time, a
//! single one is let through to see whether it has recovered. A family that is quarantined for
//! several tenants is quarantined for all.
//!
//! As long as nothing fails, this costs one look at a number.

use super::config::QuarantineConfig;
use permesso_engine::family::{Fault, FaultKind};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The wards of one family.
#[derive(Debug)]
pub(super) struct Quarantine {
    config: QuarantineConfig,
    /// How many wards there are, so that a healthy family takes no lock.
    troubled: AtomicUsize,
    wards: Mutex<Wards>,
}

#[derive(Debug, Default)]
struct Wards {
    /// By tenant.
    tenants: HashMap<Box<str>, Ward>,
    /// For all of them.
    everybody: Ward,
}

/// What is known of a family that failed.
#[derive(Debug, Default)]
struct Ward {
    /// Faults since `since`.
    faults: u32,
    since: Option<Instant>,
    closed: Option<Closed>,
}

/// A family that is not asked.
#[derive(Debug, Clone, Copy)]
struct Closed {
    /// Until then nothing is let through.
    until: Instant,
    /// How long the pause was; the next one is twice as long.
    pause: Duration,
    /// Since when one question is under way.
    probing: Option<Instant>,
}

/// Leave to ask a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) struct Leave {
    /// Whether the call is to find out if the family has recovered, for the tenant or for all.
    probes_tenant: bool,
    probes_everybody: bool,
}

impl Quarantine {
    pub(super) fn new(config: QuarantineConfig) -> Self {
        Self { config, troubled: AtomicUsize::new(0), wards: Mutex::default() }
    }

    /// Leave to ask for a tenant, now.
    pub(super) fn admit(
        &self,
        tenant: &str,
        now: impl FnOnce() -> Instant,
    ) -> Result<Leave, Fault> {
        let mut leave = Leave { probes_tenant: false, probes_everybody: false };
        if self.troubled.load(Ordering::Relaxed) == 0 {
            return Ok(leave);
        }
        let now = now();
        let patience = self.config.probe_patience;
        let mut wards = self.lock();
        let wards = &mut *wards;
        let own = wards.tenants.get_mut(tenant).and_then(|ward| ward.closed.as_mut());
        let all = wards.everybody.closed.as_mut();
        for closed in [&own, &all].into_iter().flatten() {
            if !closed.opens(now, patience) {
                return Err(quarantined());
            }
        }
        if let Some(closed) = own {
            closed.probing = Some(now);
            leave.probes_tenant = true;
        }
        if let Some(closed) = all {
            closed.probing = Some(now);
            leave.probes_everybody = true;
        }
        Ok(leave)
    }

    /// Takes note of how a call ended. `fault` is the kind where it failed.
    pub(super) fn note(
        &self,
        tenant: &str,
        leave: Leave,
        fault: Option<FaultKind>,
        now: impl FnOnce() -> Instant,
    ) {
        let failed = fault.is_some_and(counts);
        if !failed && self.troubled.load(Ordering::Relaxed) == 0 {
            return;
        }
        let now = now();
        let mut wards = self.lock();
        if failed {
            self.failed(&mut wards, tenant, leave, now);
        } else if fault.is_none() {
            if leave.probes_tenant {
                wards.tenants.remove(tenant);
            }
            if leave.probes_everybody {
                wards.everybody = Ward::default();
            }
        } else {
            // Nothing was learned: the next one probes.
            let own = wards.tenants.get_mut(tenant).and_then(|ward| ward.closed.as_mut());
            if let Some(closed) = own.filter(|_| leave.probes_tenant) {
                closed.probing = None;
            }
            if let Some(closed) = wards.everybody.closed.as_mut().filter(|_| leave.probes_everybody)
            {
                closed.probing = None;
            }
        }
        self.tidy(&mut wards, now);
    }

    fn failed(&self, wards: &mut Wards, tenant: &str, leave: Leave, now: Instant) {
        let config = &self.config;
        let ward = wards.tenants.entry(tenant.into()).or_default();
        ward.fault(config, leave.probes_tenant, now);
        let closed = wards.tenants.values().filter(|ward| ward.closed.is_some()).count();
        let everybody = &mut wards.everybody;
        let spread = everybody.closed.is_none() && closed >= config.tenants as usize;
        if spread || leave.probes_everybody {
            everybody.close(config, now);
        }
    }

    /// Shuts the family off for all at once: it did what no sound family does.
    pub(super) fn condemn(&self, now: Instant) {
        let mut wards = self.lock();
        wards.everybody.close(&self.config, now);
        self.tidy(&mut wards, now);
    }

    /// Whether questions of a tenant are denied without being asked.
    pub(super) fn holds(&self, tenant: &str, now: Instant) -> bool {
        let wards = self.lock();
        let own = wards.tenants.get(tenant).and_then(|ward| ward.closed);
        [own, wards.everybody.closed].into_iter().flatten().any(|closed| now < closed.until)
    }

    /// Forgets a tenant.
    pub(super) fn forget(&self, tenant: &str) {
        let mut wards = self.lock();
        wards.tenants.remove(tenant);
        self.tidy(&mut wards, Instant::now());
    }

    /// Drops what is over, so that a family that has recovered costs nothing again.
    fn tidy(&self, wards: &mut Wards, now: Instant) {
        let window = self.config.window;
        wards.tenants.retain(|_, ward| {
            ward.closed.is_some() || ward.since.is_some_and(|since| now < since + window)
        });
        let troubled = wards.tenants.len() + usize::from(wards.everybody.closed.is_some());
        self.troubled.store(troubled, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Wards> {
        self.wards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ward {
    fn fault(&mut self, config: &QuarantineConfig, probing: bool, now: Instant) {
        if probing {
            self.close(config, now);
            return;
        }
        if self.since.is_none_or(|since| now >= since + config.window) {
            (self.since, self.faults) = (Some(now), 0);
        }
        self.faults += 1;
        if self.closed.is_none() && self.faults >= config.faults {
            self.close(config, now);
        }
    }

    fn close(&mut self, config: &QuarantineConfig, now: Instant) {
        let pause = match self.closed {
            Some(closed) => (closed.pause * 2).min(config.longest),
            None => config.first,
        };
        self.closed = Some(Closed { until: now + pause, pause, probing: None });
    }
}

impl Closed {
    /// Whether a question may be let through to probe. A probe that never came back counts for
    /// so long only.
    fn opens(&self, now: Instant, patience: Duration) -> bool {
        now >= self.until && self.probing.is_none_or(|since| now >= since + patience)
    }
}

/// Faults of the family itself; the others are those of the question or of the machine.
const fn counts(kind: FaultKind) -> bool {
    match kind {
        FaultKind::Timeout
        | FaultKind::Memory
        | FaultKind::Trap
        | FaultKind::BadResult
        | FaultKind::Impure => true,
        FaultKind::Unavailable
        | FaultKind::Saturated
        | FaultKind::InputType
        | FaultKind::Quarantined => false,
    }
}

fn quarantined() -> Fault {
    Fault::new(FaultKind::Quarantined, "it failed too often and is not asked for now")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        quarantine: Quarantine,
        now: Instant,
    }

    impl Bench {
        fn new() -> Self {
            Self { quarantine: Quarantine::new(QuarantineConfig::default()), now: Instant::now() }
        }

        fn wait(&mut self, millis: u64) {
            self.now += Duration::from_millis(millis);
        }

        /// Asks, and tells how it went; `None` if it was not let through.
        fn ask(&self, tenant: &str, fault: Option<FaultKind>) -> Option<Leave> {
            let leave = self.quarantine.admit(tenant, || self.now).ok()?;
            self.quarantine.note(tenant, leave, fault, || self.now);
            Some(leave)
        }

        fn fail(&self, tenant: &str, times: usize) -> usize {
            (0..times).filter(|_| self.ask(tenant, Some(FaultKind::Trap)).is_some()).count()
        }
    }

    #[test]
    fn the_sixth_fault_in_a_row_is_not_waited_for_and_other_tenants_go_on() {
        let bench = Bench::new();
        assert_eq!(bench.fail("a", 20), 5);
        let denied = bench.quarantine.admit("a", || bench.now).unwrap_err();
        assert_eq!(denied.kind, FaultKind::Quarantined);
        assert!(bench.ask("b", None).is_some());
        assert!(bench.quarantine.holds("a", bench.now) && !bench.quarantine.holds("b", bench.now));
    }

    #[test]
    fn faults_that_lie_far_apart_are_none_of_its_business() {
        let mut bench = Bench::new();
        for _ in 0..20 {
            assert_eq!(bench.fail("a", 4), 4);
            bench.wait(10_000);
        }
    }

    #[test]
    fn one_question_probes_and_a_success_opens() {
        let mut bench = Bench::new();
        bench.fail("a", 5);
        bench.wait(999);
        assert_eq!(bench.ask("a", None), None);
        bench.wait(1);
        let probe = bench.quarantine.admit("a", || bench.now).unwrap();
        assert!(probe.probes_tenant);
        assert!(bench.quarantine.admit("a", || bench.now).is_err(), "one at a time");
        bench.quarantine.note("a", probe, None, || bench.now);
        assert_eq!(bench.ask("a", None).map(|leave| leave.probes_tenant), Some(false));
        assert_eq!(bench.quarantine.troubled.load(Ordering::Relaxed), 0, "and costs nothing");
    }

    #[test]
    fn the_pause_doubles_with_each_probe_that_fails_up_to_a_bound() {
        let mut bench = Bench::new();
        bench.fail("a", 5);
        let mut pause = 1_000;
        for _ in 0..12 {
            bench.wait(pause - 1);
            assert_eq!(bench.ask("a", None), None, "after {pause} ms");
            bench.wait(1);
            assert!(bench.ask("a", Some(FaultKind::Timeout)).is_some());
            pause = (pause * 2).min(300_000);
        }
    }

    #[test]
    fn a_probe_that_never_comes_back_is_given_up() {
        let mut bench = Bench::new();
        bench.fail("a", 5);
        bench.wait(1_000);
        let _lost = bench.quarantine.admit("a", || bench.now).unwrap();
        bench.wait(9_999);
        assert!(bench.quarantine.admit("a", || bench.now).is_err());
        bench.wait(1);
        assert!(bench.quarantine.admit("a", || bench.now).is_ok());
    }

    #[test]
    fn a_probe_that_finds_no_room_has_learned_nothing() {
        let mut bench = Bench::new();
        bench.fail("a", 5);
        bench.wait(1_000);
        assert!(bench.ask("a", Some(FaultKind::Saturated)).is_some());
        assert!(bench.ask("a", None).is_some_and(|leave| leave.probes_tenant), "the next one does");
    }

    #[test]
    fn a_family_that_fails_for_three_tenants_fails_for_all() {
        let mut bench = Bench::new();
        for tenant in ["a", "b"] {
            bench.fail(tenant, 5);
        }
        assert!(bench.ask("d", None).is_some());
        bench.fail("c", 5);
        assert_eq!(bench.ask("d", None), None);
        bench.wait(1_000);
        assert!(bench.ask("d", None).is_some_and(|leave| leave.probes_everybody));
        assert!(bench.ask("e", None).is_some());
        assert!(bench.ask("a", None).is_some_and(|leave| leave.probes_tenant), "still its own");
    }

    #[test]
    fn what_is_the_questions_fault_or_the_machines_does_not_count() {
        let bench = Bench::new();
        for kind in [FaultKind::InputType, FaultKind::Saturated, FaultKind::Unavailable] {
            for _ in 0..20 {
                assert!(bench.ask("a", Some(kind)).is_some());
            }
        }
    }
}
