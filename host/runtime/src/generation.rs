//! The versions of the interface, side by side.
//!
//! A product does not rebuild its family because the host moved on, so each major version of
//! `permesso:family` keeps its own module with its own bindings and its own linker, and this is
//! the only place that knows how many there are. To add one: a folder under `wit/`, a module
//! like [`v1`](super::v1), a variant in each of the three enums here.

use super::config::Deadline;
use super::error::Refusal;
use super::manifest::RawManifest;
use super::store::{Limits, LogBuffer};
use super::v1;
use permesso_engine::family::ConfigDiagnostic;
use permesso_engine::family::{Answer, Case, Fault, Manifest, PlanQuestion, Question};
use semver::Version;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A major version of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    V1,
}

/// The compiled code of a family, ready to be started.
pub(super) enum Code {
    V1(v1::Code),
}

/// A running instance of a family, with the store that it lives in.
pub(super) enum Instance {
    V1(v1::Instance),
}

impl Generation {
    const ALL: [Self; 1] = [Self::V1];

    /// The generation that runs components built against `version`: of the same major version,
    /// and not knowing functions that this host has never heard of.
    pub(super) fn serving(version: &Version) -> Option<Self> {
        Self::ALL.into_iter().find(|generation| {
            let latest = generation.latest();
            version.pre.is_empty() && version.major == latest.major && version.minor <= latest.minor
        })
    }

    /// The latest version of each generation.
    pub(super) fn offered() -> Vec<Version> {
        Self::ALL.into_iter().map(Self::latest).collect()
    }

    /// Links a component that speaks this generation at `version`.
    pub(super) fn link(
        self,
        engine: &Engine,
        component: &Component,
        version: &Version,
    ) -> Result<Code, Refusal> {
        match self {
            Self::V1 => v1::Code::link(engine, component, version).map(Code::V1),
        }
    }

    const fn latest(self) -> Version {
        match self {
            Self::V1 => v1::VERSION,
        }
    }
}

impl Code {
    /// Starts an instance that has so much time for everything it does until
    /// [`Instance::rearm`].
    pub(super) fn start(&self, limits: &Limits, deadline: Deadline) -> Result<Instance, Fault> {
        match self {
            Self::V1(code) => code.start(limits, deadline).map(Instance::V1),
        }
    }
}

impl Instance {
    /// Makes the instance ready for its next call, which gets so much time.
    pub(super) fn rearm(&mut self, deadline: Deadline) {
        match self {
            Self::V1(instance) => instance.rearm(deadline),
        }
    }

    /// What the last call used: fuel, where it is counted, and bytes of memory.
    pub(super) fn used(&self) -> (u64, usize) {
        match self {
            Self::V1(instance) => instance.used(),
        }
    }

    /// The lines that the last call logged.
    pub(super) fn log(&mut self) -> &mut LogBuffer {
        match self {
            Self::V1(instance) => instance.log(),
        }
    }

    /// Whether all functions are there and of the right type; says what is wrong.
    pub(super) fn check_types(&mut self) -> Result<(), String> {
        match self {
            Self::V1(instance) => instance.check_types(),
        }
    }

    pub(super) fn describe(&mut self) -> Result<RawManifest, Fault> {
        match self {
            Self::V1(instance) => instance.describe(),
        }
    }

    pub(super) fn validate(&mut self, config: &str) -> Result<Vec<ConfigDiagnostic>, Fault> {
        match self {
            Self::V1(instance) => instance.validate(config),
        }
    }

    pub(super) fn evaluate(&mut self, question: &Question<'_>) -> Result<Answer, Fault> {
        match self {
            Self::V1(instance) => instance.evaluate(question),
        }
    }

    pub(super) fn evaluate_batch(
        &mut self,
        questions: &[Question<'_>],
    ) -> Result<Vec<Answer>, Fault> {
        match self {
            Self::V1(instance) => instance.evaluate_batch(questions),
        }
    }

    pub(super) fn plan(
        &mut self,
        question: &PlanQuestion<'_>,
        manifest: &Manifest,
    ) -> Result<Option<Vec<Case>>, Fault> {
        match self {
            Self::V1(instance) => instance.plan(question, manifest),
        }
    }
}
