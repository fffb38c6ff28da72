//! Answers and manifests on their way out of the guest, into the words of the engine.

use super::bindings::exports::permesso::family::family as wit;
use crate::manifest::RawManifest;
use permesso_engine::family::ConfigDiagnostic;
use permesso_engine::family::{Answer, Effect, InputKind, ObligationSpec, ReasonSpec};

impl From<wit::Answer> for Answer {
    fn from(answer: wit::Answer) -> Self {
        let wit::Answer { effect, obligations, until, note } = answer;
        let effect = match effect {
            wit::Effect::Abstain => Effect::Abstain,
            wit::Effect::Forbid(reason) => Effect::Forbid(reason),
            wit::Effect::Require(permission) => Effect::Require(permission),
            wit::Effect::Floor(reason) => Effect::Floor(reason),
        };
        Self { effect, obligations, until, note }
    }
}

impl From<wit::Diagnostic> for ConfigDiagnostic {
    fn from(diagnostic: wit::Diagnostic) -> Self {
        let wit::Diagnostic { pointer, message } = diagnostic;
        Self { pointer, message }
    }
}

impl From<wit::Manifest> for RawManifest {
    fn from(manifest: wit::Manifest) -> Self {
        let inputs = manifest.inputs.into_iter().map(|input| (input.path, kind(input.kind)));
        let reasons = manifest.reasons.into_iter();
        let obligations = manifest.obligations.into_iter();
        Self {
            id: manifest.id,
            version: manifest.version,
            title: manifest.title,
            permissions: manifest.permissions,
            kinds: manifest.kinds,
            inputs: inputs.collect(),
            reasons: reasons
                .map(|wit::ReasonSpec { code, text }| ReasonSpec { code, text })
                .collect(),
            obligations: obligations
                .map(|wit::ObligationSpec { code, values }| ObligationSpec { code, values })
                .collect(),
            requires: manifest.requires,
            floors: manifest.floors,
            config_schema: manifest.config_schema,
        }
    }
}

const fn kind(kind: wit::ValueKind) -> InputKind {
    match kind {
        wit::ValueKind::Boolean => InputKind::Boolean,
        wit::ValueKind::Integer => InputKind::Integer,
        wit::ValueKind::Decimal => InputKind::Decimal,
        wit::ValueKind::Text => InputKind::Text,
        wit::ValueKind::Texts => InputKind::Texts,
        wit::ValueKind::Table => InputKind::Table,
        wit::ValueKind::Instant => InputKind::Instant,
        wit::ValueKind::Any => InputKind::Any,
    }
}
