//! Asking a family.

use super::recorder::Recorder;
use super::{Ask, Findings, Horizon, MAX_DEPTH, Progress, run};
use crate::decision::{Decision, FamilyStep, Outcome, Reason};
use crate::family::{Answer, Effect, Family, Fault, FaultKind, Question};
use crate::snapshot::{Governed, Installed, PermissionId};
use std::sync::Arc;
use std::time::Instant;

/// A decision that waits for a family's answer.
pub(crate) struct Asked<'a> {
    ask: Ask<'a>,
    id: Arc<str>,
    installed: &'a Installed,
    question: Question<'a>,
    floor: bool,
    found: Findings,
    depth: u8,
    /// Whether everything that the decision follows from may be kept, and until when.
    keep: bool,
    until: Option<i64>,
    /// How long the call took, where it was measured.
    nanos: u64,
}

/// An answer that fits the manifest.
struct Checked {
    effect: CheckedEffect,
    obligations: Vec<Arc<crate::decision::Obligation>>,
    until: Option<i64>,
    note: Option<String>,
}

enum CheckedEffect {
    Abstain,
    Forbid(Reason),
    Require(PermissionId),
    RequireUnknown(Reason),
    Floor(Reason),
}

/// Leads up to the question.
pub(super) fn ask<'a, R: Recorder>(
    ask: Ask<'a>,
    asked: PermissionId,
    governed: Governed,
    mut found: Findings,
    depth: u8,
    record: &mut R,
) -> Progress<'a> {
    let Some(rule) = ask.snapshot.families.get(usize::from(governed.family)) else {
        let revision = ask.people.revision;
        return Progress::Decided(Decision::deny(Reason::UnknownAction, revision));
    };
    let fault = |kind| Reason::FamilyFault { family: Arc::clone(&rule.id), kind };
    let (Some(installed), Some(permission)) = (&rule.installed, governed.permission) else {
        let step = FamilyStep {
            id: rule.id.to_string(),
            version: String::new(),
            digest: String::new(),
            nanos: 0,
        };
        record.family(Outcome::Deny, step, || format!("the family `{}` is not installed", rule.id));
        found.fault(fault(FaultKind::Unavailable));
        return Progress::Decided(found.decide(ask.horizon, ask.people.revision));
    };
    let mut inputs = Vec::with_capacity(installed.inputs.len());
    for input in &installed.inputs {
        match ask.input(input, asked) {
            Ok(value) => inputs.push(value),
            Err(error) => {
                record.family(Outcome::Deny, step(installed, 0), || {
                    format!("the family `{}` was not asked: {error}", rule.id)
                });
                found.fault(fault(error.kind));
                return Progress::Decided(found.decide(ask.horizon, ask.people.revision));
            }
        }
    }
    // Everything but the family was looked at by now. Its answer would be of no use.
    if ask.horizon.is_unread() {
        record.family(Outcome::Deny, step(installed, 0), || {
            format!("the family `{}` was not asked: the directory has to be read first", rule.id)
        });
        return Progress::Decided(Decision::deny(Reason::DirectoryUnread, ask.people.revision));
    }
    let kind = installed.kinds.get(ask.request.resource.kind).copied();
    Progress::Ask(Asked {
        ask,
        id: Arc::clone(&rule.id),
        installed,
        question: Question { permission, kind, inputs },
        floor: governed.floor,
        found,
        depth,
        keep: true,
        until: None,
        nanos: 0,
    })
}

fn step(installed: &Installed, nanos: u64) -> FamilyStep {
    let manifest = installed.family.manifest();
    FamilyStep {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        digest: installed.family.digest().to_owned(),
        nanos,
    }
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

impl<'a> Asked<'a> {
    /// The family to ask.
    pub(crate) fn family(&self) -> &Arc<dyn Family> {
        &self.installed.family
    }

    /// The question, for asking several at once. Which permission it is about stays known.
    pub(crate) fn take_question(&mut self) -> Question<'a> {
        let (permission, kind) = (self.question.permission, self.question.kind);
        std::mem::replace(&mut self.question, Question { permission, kind, inputs: Vec::new() })
    }

    /// The tenant in whose name it is asked.
    pub(crate) fn tenant(&self) -> &str {
        &self.ask.snapshot.tenant
    }

    /// Asks it.
    pub(crate) fn call<R: Recorder>(&mut self, _record: &R) -> Result<Answer, Fault> {
        if !R::ON {
            return self.family().evaluate(self.tenant(), &self.question);
        }
        let start = Instant::now();
        let answer = self.family().evaluate(self.tenant(), &self.question);
        self.nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        answer
    }

    /// Takes the answer. A fault is a denial, whatever else was found.
    pub(crate) fn finish<R: Recorder>(
        mut self,
        answer: Result<Answer, Fault>,
        record: &mut R,
    ) -> Decision {
        let answer = match answer.and_then(|answer| self.check(answer)) {
            Ok(answer) => answer,
            Err(fault) => {
                record.family(Outcome::Deny, step(self.installed, self.nanos), || {
                    format!("the family `{}` gave no answer: {fault}", self.id)
                });
                self.found.fault(Reason::FamilyFault { family: self.id, kind: fault.kind });
                return self.found.decide(self.ask.horizon, self.ask.people.revision);
            }
        };
        let mut lifted = None;
        let note = answer.note.map(|note| format!(" ({note})")).unwrap_or_default();
        let step = step(self.installed, self.nanos);
        match answer.effect {
            CheckedEffect::Abstain => {
                record.family(Outcome::Pass, step, || {
                    format!("the family `{}` has nothing against it{note}", self.id)
                });
            }
            CheckedEffect::Forbid(reason) => {
                record.family(Outcome::Deny, step, || {
                    let code = reason.detail().unwrap_or_default();
                    format!("the family `{}` forbids it: {code}, {reason}{note}", self.id)
                });
                self.found.deny(reason);
            }
            CheckedEffect::RequireUnknown(reason) => {
                record.family(Outcome::Deny, step, || {
                    format!("the family `{}` requires what this product does not have", self.id)
                });
                self.found.deny(reason);
            }
            CheckedEffect::Require(id) => self.require(id, step, &note, record),
            CheckedEffect::Floor(reason) => {
                record.family(Outcome::Pass, step, || format!("{reason}{note}"));
                lifted = self.found.ungranted.is_some().then_some(reason);
            }
        }
        self.found.obligations.extend(answer.obligations);
        let mut decision = self.found.decide_above(lifted, self.ask);
        decision.until = earlier(decision.until, earlier(self.until, answer.until));
        decision.keep &= self.keep && (!self.installed.reads_now || answer.until.is_some());
        decision
    }

    /// The family demands another permission: the whole pipeline is asked about that one.
    fn require<R: Recorder>(
        &mut self,
        id: PermissionId,
        step: FamilyStep,
        note: &str,
        record: &mut R,
    ) {
        let Some(rule) = self.ask.snapshot.permission(id) else { return };
        let held = self.depth < MAX_DEPTH && {
            let request = crate::decision::Request { action: &rule.id, ..*self.ask.request };
            // It may spend as much as any, whatever was spent on what led to it.
            let horizon = Horizon::default();
            let ask = Ask { request: &request, horizon: &horizon, ..self.ask };
            let decision = run(ask, id, self.depth + 1, &mut super::Silent);
            self.ask.horizon.absorb(&horizon);
            self.keep &= decision.keep;
            self.until = earlier(self.until, decision.until);
            self.found.obligations.extend(decision.obligations.iter().cloned());
            decision.is_allow()
        };
        let outcome = if held { Outcome::Pass } else { Outcome::Deny };
        record.family(outcome, step, || {
            let result = if held { "is held" } else { "is not held here" };
            format!("the family `{}` requires `{}`, which {result}{note}", self.id, rule.id)
        });
        if !held {
            self.found.deny(Reason::FamilyRequires {
                family: Arc::clone(&self.id),
                permission: Arc::clone(&rule.id),
            });
        }
    }

    /// Follows the indices of an answer. One that leads nowhere is a fault.
    fn check(&self, answer: Answer) -> Result<Checked, Fault> {
        let bad = |detail| Fault::new(FaultKind::BadResult, detail);
        let reason = |index: u32| {
            self.installed
                .reasons
                .get(index as usize)
                .ok_or_else(|| bad("the answer names a reason that the manifest does not have"))
        };
        let effect = match answer.effect {
            Effect::Abstain => CheckedEffect::Abstain,
            Effect::Forbid(index) => {
                let (code, message) = reason(index)?;
                CheckedEffect::Forbid(Reason::Family {
                    family: Arc::clone(&self.id),
                    code: Arc::clone(code),
                    message: Arc::clone(message),
                })
            }
            Effect::Require(index) => match self.installed.requires.get(index as usize) {
                None => return Err(bad("the answer requires what the manifest does not list")),
                Some(Some(id)) => CheckedEffect::Require(*id),
                Some(None) => {
                    let manifest = self.installed.family.manifest();
                    let name = manifest.requires.get(index as usize).map_or("", String::as_str);
                    CheckedEffect::RequireUnknown(Reason::FamilyRequires {
                        family: Arc::clone(&self.id),
                        permission: name.into(),
                    })
                }
            },
            Effect::Floor(index) => {
                let (code, _) = reason(index)?;
                let declared = {
                    let manifest = self.installed.family.manifest();
                    manifest
                        .permissions
                        .get(self.question.permission as usize)
                        .is_some_and(|asked| manifest.floors.contains(asked))
                };
                if !declared {
                    return Err(bad("the answer lifts what the manifest declares no floor for"));
                }
                // Without the tenant's consent a floor lifts nothing, but it forbids nothing
                // either: whoever holds the grant passes.
                if self.floor {
                    CheckedEffect::Floor(Reason::Floor {
                        family: Arc::clone(&self.id),
                        code: Arc::clone(code),
                    })
                } else {
                    CheckedEffect::Abstain
                }
            }
        };
        let mut obligations = Vec::with_capacity(answer.obligations.len());
        for index in &answer.obligations {
            let obligation = self.installed.obligations.get(*index as usize);
            let obligation = obligation.ok_or_else(|| {
                bad("the answer names an obligation that the manifest does not have")
            })?;
            obligations.push(Arc::clone(obligation));
        }
        Ok(Checked { effect, obligations, until: answer.until, note: answer.note })
    }
}
