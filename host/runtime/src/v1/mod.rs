//! Version 1 of the interface.
//!
//! A component of an older minor version lacks the functions that came later and is told apart
//! by nothing else, so one set of bindings, of the latest one, serves all of them.
//!
//! The bindings are made from the released text of the interface, and lists and texts in them
//! are borrowed, so that a question crosses into the guest without being copied on the host's
//! side first. The functions are looked up one by one: checking the type of a function takes a
//! good part of starting an instance, and a fresh instance is asked only one.

mod convert;
mod lower;
mod plan;

use self::bindings::exports::permesso::family::family::{
    Answer, Diagnostic, Manifest, PlanCase, PlanQuestion, Question,
};
use super::config::Deadline;
use super::error::Refusal;
use super::fault;
use super::manifest::RawManifest;
use super::store::{InstanceLimits, Level, LogBuffer, StoreData};
use permesso_engine::family::ConfigDiagnostic;
use permesso_engine::family::{self as engine, Fault, FaultKind};
use semver::Version;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance as Guest, InstancePre, Lift,
    Linker, Lower, TypedFunc, WasmStr,
};
use wasmtime::{Engine, Store, StoreContextMut};

/// The latest version that this module speaks.
pub(super) const VERSION: Version = Version::new(1, 1, 0);

/// The version that brought `plan`.
const PLAN_SINCE: Version = Version::new(1, 1, 0);

mod bindings {
    #![allow(missing_docs, reason = "the interface documents itself")]
    wasmtime::component::bindgen!({
        path: "../../wit/1.1.0",
        world: "permesso:family/permission-family",
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

/// Lowers questions into `$inputs`; the buffers live in the scope of the caller.
macro_rules! lowered {
    ($questions:expr => $inputs:ident) => {
        let questions = $questions;
        let mut texts = lower::Texts::new();
        let row_count = lower::texts(questions, &mut texts);
        let mut rows = lower::Rows::new();
        if row_count > 0 {
            lower::rows(questions, &texts, &mut rows);
        }
        let mut $inputs = lower::Inputs::new();
        lower::inputs(questions, &texts, &rows, &mut $inputs);
    };
}

type Evaluate<'q> = TypedFunc<(Question<'q>,), (Answer,)>;
type Planned = Option<Vec<PlanCase>>;
type EvaluateBatch<'q> = TypedFunc<(&'q [Question<'q>],), (Vec<Answer>,)>;

/// A compiled family with its imports resolved and its exports found.
pub(crate) struct Linked {
    pre: InstancePre<StoreData>,
    exports: Exports,
}

/// Where the functions are.
#[derive(Clone, Copy)]
struct Exports {
    describe: ComponentExportIndex,
    validate: ComponentExportIndex,
    evaluate: ComponentExportIndex,
    evaluate_batch: ComponentExportIndex,
    /// Since 1.1.
    plan: Option<ComponentExportIndex>,
}

/// A running instance in a store of its own.
pub(crate) struct Instance {
    store: Store<StoreData>,
    guest: Guest,
    exports: Exports,
    evaluate: Option<Evaluate<'static>>,
    evaluate_batch: Option<EvaluateBatch<'static>>,
}

impl Linked {
    /// Links a component whose exports were seen to speak `version`.
    pub(crate) fn new(
        engine: &Engine,
        component: &Component,
        version: &Version,
    ) -> Result<Self, Refusal> {
        let interface = |detail| Refusal::Interface { version: version.clone(), detail };
        let exports = Exports::find(component, version).map_err(interface)?;
        let pre = linker(engine)
            .and_then(|linker| linker.instantiate_pre(component))
            .map_err(|error| interface(format!("{error:#}")))?;
        Ok(Self { pre, exports })
    }

    /// Starts an instance that has so much time until it is rearmed.
    pub(crate) fn start(
        &self,
        limits: &InstanceLimits,
        deadline: Deadline,
    ) -> Result<Instance, Fault> {
        let mut store = limits.store(self.pre.engine(), deadline);
        match self.pre.instantiate(&mut store) {
            Ok(guest) => Ok(Instance {
                store,
                guest,
                exports: self.exports,
                evaluate: None,
                evaluate_batch: None,
            }),
            Err(error) => Err(fault::of_start(&error, store.data())),
        }
    }
}

impl Exports {
    fn find(component: &Component, version: &Version) -> Result<Self, String> {
        let name = format!("permesso:family/family@{version}");
        let interface = component
            .get_export_index(None, &name)
            .ok_or_else(|| format!("`{name}` is no interface"))?;
        let function = |name| {
            component
                .get_export_index(Some(&interface), name)
                .ok_or_else(|| format!("the function `{name}` is missing"))
        };
        Ok(Self {
            describe: function("describe")?,
            validate: function("validate")?,
            evaluate: function("evaluate")?,
            evaluate_batch: function("evaluate-batch")?,
            plan: (*version >= PLAN_SINCE).then(|| function("plan")).transpose()?,
        })
    }
}

impl Instance {
    pub(crate) fn rearm(&mut self, deadline: Deadline) {
        self.store.set_epoch_deadline(deadline.ticks);
        let limits = self.store.data().limits;
        limits.refuel(&mut self.store);
        self.store.data_mut().refused = None;
    }

    /// Fuel since the last call to `rearm`, and memory in bytes.
    pub(crate) fn used(&self) -> (u64, usize) {
        let data = self.store.data();
        (data.limits.used(&self.store), data.peak_memory)
    }

    pub(crate) fn log(&mut self) -> &mut LogBuffer {
        &mut self.store.data_mut().log
    }

    pub(crate) fn check_types(&mut self) -> Result<(), String> {
        let Exports { describe, validate, evaluate, evaluate_batch, plan } = self.exports;
        self.check_type::<(), (Manifest,)>("describe", describe)?;
        self.check_type::<(&str,), (Vec<Diagnostic>,)>("validate", validate)?;
        self.check_type::<(Question<'_>,), (Answer,)>("evaluate", evaluate)?;
        self.check_type::<(&[Question<'_>],), (Vec<Answer>,)>("evaluate-batch", evaluate_batch)?;
        match plan {
            Some(plan) => self.check_type::<(PlanQuestion<'_>,), (Planned,)>("plan", plan),
            None => Ok(()),
        }
    }

    pub(crate) fn describe(&mut self) -> Result<RawManifest, Fault> {
        let describe = self.function::<(), (Manifest,)>(self.exports.describe)?;
        let (manifest,) = self.call(describe, ())?;
        Ok(manifest.into())
    }

    pub(crate) fn validate(&mut self, config: &str) -> Result<Vec<ConfigDiagnostic>, Fault> {
        let validate = self.function::<(&str,), (Vec<Diagnostic>,)>(self.exports.validate)?;
        let (diagnostics,) = self.call(validate, (config,))?;
        Ok(diagnostics.into_iter().map(Into::into).collect())
    }

    pub(crate) fn evaluate(
        &mut self,
        question: &engine::Question<'_>,
    ) -> Result<engine::Answer, Fault> {
        let evaluate: Evaluate<'_> = match self.evaluate {
            Some(evaluate) => evaluate,
            None => {
                let found = self.function(self.exports.evaluate)?;
                *self.evaluate.insert(found)
            }
        };
        lowered!(std::slice::from_ref(question) => inputs);
        let (answer,) = self.call(evaluate, (lower::question(question, &inputs),))?;
        Ok(answer.into())
    }

    pub(crate) fn evaluate_batch(
        &mut self,
        questions: &[engine::Question<'_>],
    ) -> Result<Vec<engine::Answer>, Fault> {
        let evaluate: EvaluateBatch<'_> = match self.evaluate_batch {
            Some(evaluate) => evaluate,
            None => {
                let found = self.function(self.exports.evaluate_batch)?;
                *self.evaluate_batch.insert(found)
            }
        };
        lowered!(questions => inputs);
        let questions = lower::questions(questions, &inputs);
        let (answers,) = self.call(evaluate, (&questions,))?;
        Ok(answers.into_iter().map(Into::into).collect())
    }

    /// `None` also where the component is older than the function.
    pub(crate) fn plan(
        &mut self,
        asked: &engine::PlanQuestion<'_>,
        manifest: &engine::Manifest,
    ) -> Result<Option<Vec<engine::Case>>, Fault> {
        let Some(plan) = self.exports.plan else { return Ok(None) };
        let plan = self.function::<(PlanQuestion<'_>,), (Planned,)>(plan)?;
        lowered!(std::slice::from_ref(&asked.question) => inputs);
        let question = lower::plan_question(asked, &inputs);
        let (planned,) = self.call(plan, (question,))?;
        planned.map(|cases| plan::cases(cases, asked, manifest)).transpose()
    }

    fn check_type<P, R>(&mut self, name: &str, index: ComponentExportIndex) -> Result<(), String>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        match self.guest.get_typed_func::<P, R>(&mut self.store, index) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("the function `{name}` differs: {error:#}")),
        }
    }

    fn function<P, R>(&mut self, index: ComponentExportIndex) -> Result<TypedFunc<P, R>, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        self.guest.get_typed_func(&mut self.store, index).map_err(|error| {
            // Checked when the component was loaded.
            Fault::new(FaultKind::BadResult, format!("a function differs: {error:#}"))
        })
    }

    fn call<P, R>(&mut self, function: TypedFunc<P, R>, params: P) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        // What the guest wants to have called after a result was read is called here as well.
        function
            .call(&mut self.store, params)
            .map_err(|error| fault::of_call(&error, self.store.data()))
    }
}

/// What a family may import.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<StoreData>> {
    use self::bindings::permesso::family::log;
    let mut linker = Linker::new(engine);
    linker.instance(&format!("permesso:family/log@{VERSION}"))?.func_wrap(
        "write",
        |mut store: StoreContextMut<'_, StoreData>, (level, line): (log::Level, WasmStr)| {
            // A line over the limit is not even read.
            if !store.data_mut().may_log() {
                return Ok(());
            }
            let line = line.to_str(&store)?.into_owned();
            let level = match level {
                log::Level::Debug => Level::Debug,
                log::Level::Info => Level::Info,
                log::Level::Warn => Level::Warn,
                log::Level::Error => Level::Error,
            };
            store.data_mut().log(level, &line);
            Ok(())
        },
    )?;
    Ok(linker)
}
