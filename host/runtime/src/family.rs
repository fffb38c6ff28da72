//! A loaded family, as the engine asks it.
//!
//! Each call runs in an instance that is either fresh or belongs to the same tenant, under a
//! deadline and with bounded memory. Whatever goes wrong ends here as a [`Fault`] and with it
//! the instance: an instance is kept only when a call says so at its very end.

use super::answer::AnswerCheck;
use super::config::{Deadline, InstanceMode};
use super::idle::Idle;
use super::log::LogRate;
use super::quarantine::Quarantine;
use super::shared::Shared;
use super::stats::FamilyStats;
use super::store::InstanceLimits;
use super::v1::{Instance, Linked};
use permesso_engine::family::{
    Answer, Case, ConfigDiagnostic, Family, Fault, FaultKind, Input, Manifest, PlanQuestion,
    Question,
};
use permesso_engine::model::{Attributes, InputPath};
use semver::Version;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A permission family that runs as a WebAssembly component.
pub struct WasmFamily {
    shared: Arc<Shared>,
    loaded: Arc<Loaded>,
    settings: Settings,
    /// Where the mode keeps instances.
    idle: Option<Idle>,
    stats: FamilyStats,
    quarantine: Quarantine,
    /// Calls in reused instances, to sample them.
    sampled: AtomicU64,
    log_rate: LogRate,
}

/// What the platform has decided about a family.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) mode: InstanceMode,
    pub(super) limits: InstanceLimits,
    /// The inputs that it may see; all where nothing is said.
    pub(super) granted: Option<BTreeSet<String>>,
}

/// What is made once for each component.
pub(super) struct Loaded {
    pub(super) linked: Linked,
    pub(super) manifest: Manifest,
    pub(super) interface: Version,
    pub(super) digest: String,
    /// Bytes that an instance had once it had described itself.
    pub(super) memory: usize,
    pub(super) check: AnswerCheck,
}

impl WasmFamily {
    pub(super) fn new(shared: Arc<Shared>, loaded: Arc<Loaded>, settings: Settings) -> Self {
        let idle = match settings.mode {
            InstanceMode::PerRequest => None,
            InstanceMode::Reuse { max_calls } => {
                Some(Idle::new(shared.config.idle_per_family, max_calls, Arc::clone(&shared.idle)))
            }
        };
        let log_rate = LogRate::new(shared.config.log_lines_per_second);
        let quarantine = Quarantine::new(shared.config.quarantine.clone());
        let (stats, sampled) = (FamilyStats::default(), AtomicU64::new(0));
        Self { shared, loaded, settings, idle, stats, quarantine, sampled, log_rate }
    }

    /// The same family, its code shared, with instances that live as `mode` says. It has its
    /// own idle instances and its own counters.
    #[must_use]
    pub fn with_mode(&self, mode: InstanceMode) -> Arc<Self> {
        let settings = Settings { mode, ..self.settings.clone() };
        Arc::new(Self::new(Arc::clone(&self.shared), Arc::clone(&self.loaded), settings))
    }

    /// Bytes of linear memory that an instance had once it had described itself.
    #[must_use]
    pub fn memory_at_start(&self) -> usize {
        self.loaded.memory
    }

    /// The version of the interface that it was built against.
    #[must_use]
    pub fn interface(&self) -> &Version {
        &self.loaded.interface
    }

    /// How long its instances live.
    #[must_use]
    pub const fn mode(&self) -> InstanceMode {
        self.settings.mode
    }

    /// What it has done so far.
    #[must_use]
    pub const fn stats(&self) -> &FamilyStats {
        &self.stats
    }

    /// What the family has against a tenant's configuration, given as a JSON document; nothing
    /// if it accepts it. Always asked in a fresh instance, within the setup deadline.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the family gave no answer; the configuration is then refused.
    pub fn validate(&self, tenant: &str, config: &str) -> Result<Vec<ConfigDiagnostic>, Fault> {
        let deadline = self.settings.limits.setup_deadline;
        let result = self.run(tenant, deadline, None, |instance| instance.validate(config).into());
        self.counted(1, result)
    }

    /// Whether it failed too often and is not asked now, for a tenant or for all.
    #[must_use]
    pub fn is_quarantined(&self, tenant: &str) -> bool {
        self.quarantine.holds(tenant, Instant::now())
    }

    /// Makes a call unless the family is quarantined, and takes note of how it ended.
    fn watched<T>(
        &self,
        tenant: &str,
        call: impl FnOnce() -> Result<T, Fault>,
        fault: impl FnOnce(&T) -> Option<FaultKind>,
    ) -> Result<T, Fault> {
        let leave = self.quarantine.admit(tenant, Instant::now)?;
        let result = call();
        let kind = match &result {
            Ok(value) => fault(value),
            Err(error) => Some(error.kind),
        };
        self.quarantine.note(tenant, leave, kind, Instant::now);
        result
    }

    fn ask(&self, tenant: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        self.check_question(question)?;
        let ask = |idle| {
            self.run(tenant, self.settings.limits.deadline, idle, |instance| {
                let answer = instance.evaluate(question);
                answer.and_then(|answer| self.loaded.check.check(question, answer)).into()
            })
        };
        let answer = ask(self.idle.as_ref())?;
        if self.is_sampled() && ask(None).is_ok_and(|fresh| differ(&answer, &fresh)) {
            return Err(self.impure());
        }
        Ok(answer)
    }

    /// Whether an answer is to be compared with that of a fresh instance.
    fn is_sampled(&self) -> bool {
        let every = u64::from(self.shared.config.shadow_every);
        if self.idle.is_none() || every == 0 {
            return false;
        }
        let call = self.sampled.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let sampled = call.is_multiple_of(every);
        self.stats.shadowed.add(u64::from(sampled));
        sampled
    }

    /// What the family answered depended on something else than the question, so nobody knows
    /// what its other answers depended on.
    fn impure(&self) -> Fault {
        tracing::error!(
            family = self.loaded.manifest.id,
            digest = self.loaded.digest,
            "the family answered one question in two ways; it is not asked for any tenant now"
        );
        self.quarantine.condemn(Instant::now());
        Fault::new(FaultKind::Impure, "it answered the same question in two ways")
    }

    /// Asks as many questions as one call takes. The error is that of all of them.
    fn ask_batch(
        &self,
        tenant: &str,
        questions: &[Question<'_>],
    ) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        let answers = self.run_batch(tenant, questions, self.idle.as_ref())?;
        if self.is_sampled() {
            let fresh = self.run_batch(tenant, questions, None);
            let differ = |(one, other): (&Result<_, _>, &Result<_, _>)| match (one, other) {
                (Ok(one), Ok(other)) => differ(one, other),
                _ => false,
            };
            if fresh.is_ok_and(|fresh| answers.iter().zip(&fresh).any(differ)) {
                return Err(self.impure());
            }
        }
        Ok(answers)
    }

    /// Always asked in a fresh instance: plans are rare, and one that differed from time to time
    /// would be noticed by nobody.
    fn ask_plan(&self, tenant: &str, asked: &PlanQuestion<'_>) -> Result<Option<Vec<Case>>, Fault> {
        self.check_question(&asked.question)?;
        let Loaded { manifest, check, .. } = &*self.loaded;
        let cases = self.run(tenant, self.settings.limits.deadline, None, |instance| {
            instance.plan(asked, manifest).into()
        })?;
        cases
            .map(|cases| {
                let checked = cases.into_iter().map(|Case { condition, answer }| {
                    let answer = check.check(&asked.question, answer)?;
                    Ok(Case { condition, answer })
                });
                checked.collect()
            })
            .transpose()
    }

    fn run_batch(
        &self,
        tenant: &str,
        questions: &[Question<'_>],
        idle: Option<&Idle>,
    ) -> Result<Vec<Result<Answer, Fault>>, Fault> {
        self.run(tenant, self.settings.limits.deadline, idle, |instance| {
            let answers = match instance.evaluate_batch(questions) {
                Ok(answers) if answers.len() == questions.len() => answers,
                Ok(answers) => {
                    let (given, asked) = (answers.len(), questions.len());
                    let detail = format!("{given} answers to {asked} questions");
                    return Err(Fault::new(FaultKind::BadResult, detail)).into();
                }
                Err(fault) => return Err(fault).into(),
            };
            let answers: Vec<_> = questions
                .iter()
                .zip(answers)
                .map(|(question, answer)| self.loaded.check.check(question, answer))
                .collect();
            Ended { clean: answers.iter().all(Result::is_ok), result: Ok(answers) }
        })
    }

    /// Runs one call in an instance: an idle one of this tenant, or a fresh one.
    fn run<T>(
        &self,
        tenant: &str,
        deadline: Deadline,
        idle: Option<&Idle>,
        call: impl FnOnce(&mut Instance) -> Ended<T>,
    ) -> Result<T, Fault> {
        let Shared { running, bulkhead, .. } = &*self.shared;
        let limits = &self.settings.limits;
        let full = |detail| Fault { kind: FaultKind::Saturated, detail: Cow::Borrowed(detail) };
        // Both are held until the instance is idle or gone. The tenant's share comes first, so
        // that whoever waits for it takes nobody else's room.
        let _share = bulkhead
            .acquire(tenant, deadline.wall)
            .ok_or_else(|| full("the tenant's other calls did not end within the deadline"))?;
        let _permit = running
            .acquire(deadline.wall)
            .ok_or_else(|| full("no instance became free within the deadline"))?;
        let start = || {
            self.stats.created.add(1);
            self.loaded.linked.start(limits, deadline)
        };
        let Some(idle) = idle else {
            let mut instance = start()?;
            let outcome = call(&mut instance);
            self.after(tenant, &mut instance, outcome.clean);
            return outcome.result;
        };
        let mut owned = match idle.take(tenant) {
            Some(mut owned) => {
                self.stats.reused.add(1);
                owned.instance.rearm(deadline);
                owned
            }
            None => idle.own(start()?, tenant),
        };
        let outcome = call(&mut owned.instance);
        self.after(tenant, &mut owned.instance, outcome.clean);
        if outcome.clean {
            idle.put(owned);
        }
        outcome.result
    }

    /// The last gate before values reach a guest: the engine builds them from the manifest, and
    /// a question that does not fit it is the host's mistake, not the family's.
    fn check_question(&self, question: &Question<'_>) -> Result<(), Fault> {
        let fault = |detail: String| Err(Fault::new(FaultKind::InputType, detail));
        let manifest = &self.loaded.manifest;
        if question.inputs.len() != manifest.inputs.len() {
            let (given, declared) = (question.inputs.len(), manifest.inputs.len());
            return fault(format!("{given} inputs, the manifest declares {declared}"));
        }
        let limit = self.shared.config.text;
        for (input, spec) in question.inputs.iter().zip(&manifest.inputs) {
            let longest = match input {
                Some(Input::Text(text)) => text.len(),
                _ => 0,
            };
            if longest > limit {
                return fault(format!("`{}` has {longest} bytes, at most {limit}", spec.path));
            }
        }
        Ok(())
    }

    /// Writes what a call logged and counts an instance that its fault costs.
    fn after(&self, tenant: &str, instance: &mut Instance, clean: bool) {
        let log = instance.log();
        if !log.is_empty() {
            let (written, dropped) = self.log_rate.write(&self.loaded.manifest.id, tenant, log);
            self.stats.log_written.add(written);
            self.stats.log_dropped.add(dropped);
        }
        let (fuel, memory) = instance.used();
        self.stats.memory_peak.see(u64::try_from(memory).unwrap_or(u64::MAX));
        // Not counted where it serves, so that nothing is written there on each call.
        if fuel > 0 {
            self.stats.fuel.add(fuel);
            self.stats.fuel_peak.see(fuel);
        }
        if !clean {
            self.stats.discarded.add(1);
        }
    }

    /// Counts a call of so many questions and its fault.
    fn counted<T>(&self, questions: u64, result: Result<T, Fault>) -> Result<T, Fault> {
        self.stats.questions.add(questions);
        result.inspect_err(|fault| {
            self.stats.faults(fault.kind).add(questions);
        })
    }
}

impl Family for WasmFamily {
    fn manifest(&self) -> &Manifest {
        &self.loaded.manifest
    }

    fn digest(&self) -> &str {
        &self.loaded.digest
    }

    fn may_see(&self, input: &InputPath) -> bool {
        let granted = self.settings.granted.as_ref();
        granted.is_none_or(|granted| granted.contains(&input.to_string()))
    }

    fn evaluate(&self, tenant: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        let result = self.watched(tenant, || self.ask(tenant, question), |_| None);
        self.counted(1, result)
    }

    fn evaluate_batch(
        &self,
        tenant: &str,
        questions: &[Question<'_>],
    ) -> Vec<Result<Answer, Fault>> {
        let mut answers = Vec::with_capacity(questions.len());
        for chunk in questions.chunks(self.shared.config.batch) {
            if chunk.iter().any(|question| self.check_question(question).is_err()) {
                // One that is not passed on must not take the others with it.
                answers.extend(chunk.iter().map(|question| self.evaluate(tenant, question)));
                continue;
            }
            let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            let worst = |answers: &Vec<Result<Answer, Fault>>| {
                answers.iter().find_map(|answer| answer.as_ref().err().map(|fault| fault.kind))
            };
            let result = self.watched(tenant, || self.ask_batch(tenant, chunk), worst);
            match self.counted(count, result) {
                Ok(given) => {
                    for fault in given.iter().filter_map(|answer| answer.as_ref().err()) {
                        self.stats.faults(fault.kind).add(1);
                    }
                    answers.extend(given);
                }
                Err(fault) => answers.extend(chunk.iter().map(|_| Err(fault.clone()))),
            }
        }
        answers
    }

    fn plan(&self, tenant: &str, question: &PlanQuestion<'_>) -> Result<Option<Vec<Case>>, Fault> {
        let result = self.watched(tenant, || self.ask_plan(tenant, question), |_| None);
        self.counted(1, result)
    }

    fn check_config(
        &self,
        tenant: &str,
        config: &Attributes<'_>,
    ) -> Result<Vec<ConfigDiagnostic>, Fault> {
        let config = serde_json::to_string(config).map_err(|error| {
            Fault::new(FaultKind::InputType, format!("the configuration is no JSON: {error}"))
        })?;
        self.validate(tenant, &config)
    }

    /// Takes down the idle instances of a tenant as well, and with them whatever of its values
    /// they may still hold.
    fn forget(&self, tenant: &str) {
        if let Some(idle) = &self.idle {
            idle.forget(tenant);
        }
        self.quarantine.forget(tenant);
        self.shared.bulkhead.forget(tenant);
    }
}

impl fmt::Debug for WasmFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmFamily")
            .field("id", &self.loaded.manifest.id)
            .field("version", &self.loaded.manifest.version)
            .field("digest", &self.loaded.digest)
            .field("mode", &self.settings.mode)
            .finish_non_exhaustive()
    }
}

/// Whether two answers say different things. What they remark does not count.
fn differ(one: &Answer, other: &Answer) -> bool {
    one.effect != other.effect || one.obligations != other.obligations || one.until != other.until
}

/// How a call ended.
struct Ended<T> {
    result: Result<T, Fault>,
    /// Whether the instance may be asked again.
    clean: bool,
}

impl<T> From<Result<T, Fault>> for Ended<T> {
    fn from(result: Result<T, Fault>) -> Self {
        Self { clean: result.is_ok(), result }
    }
}
