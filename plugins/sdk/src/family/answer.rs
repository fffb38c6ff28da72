//! One answer, as rules give it.

use super::Family;
use crate::bindings::exports::permesso::family::family as wit;
use crate::{Listed, Name, Obligation, Reason};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

/// The longest note that a host takes.
const MAX_NOTE: usize = 1024;

/// Forbids on a condition, in rules that return early:
/// `forbid_if(inputs.private().is(true), Reason::Private)?`. The family's `evaluate` turns the
/// error into an answer with `unwrap_or_else(Answer::forbid)`.
///
/// # Errors
///
/// The reason, if the condition holds.
pub fn forbid_if<R>(condition: bool, reason: R) -> Result<(), R> {
    if condition { Err(reason) } else { Ok(()) }
}

/// The answer of the family `F` to one question.
#[must_use]
pub struct Answer<F: Family> {
    // Positions, as the host wants them: nothing is converted or copied on the way out.
    effect: Effect,
    obligations: Vec<u32>,
    until: Option<i64>,
    note: Option<String>,
    family: PhantomData<F>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Abstain,
    Forbid(u32),
    Require(u32),
    Floor(u32),
}

impl<F: Family> Answer<F> {
    /// Nothing against it: what the engine found stands.
    pub const fn abstain() -> Self {
        Self::of(Effect::Abstain)
    }

    /// Deny, for that reason.
    pub fn forbid(reason: F::Reason) -> Self {
        Self::of(Effect::Forbid(reason.index()))
    }

    /// Deny unless the subject also holds that permission on the same resource.
    pub fn require(permission: F::Require) -> Self {
        Self::of(Effect::Require(permission.index()))
    }

    /// Pass even without a grant, for that reason. Only for permissions of
    /// [`Family::FLOORS`]; for any other the host takes it as a fault.
    pub fn floor(reason: F::Reason) -> Self {
        Self::of(Effect::Floor(reason.index()))
    }

    const fn of(effect: Effect) -> Self {
        Self { effect, obligations: Vec::new(), until: None, note: None, family: PhantomData }
    }

    /// The same answer with an obligation for callers who let the subject pass.
    pub fn oblige(mut self, obligation: F::Obligation) -> Self {
        self.obligations.push(obligation.index());
        self
    }

    /// The same answer, kept no longer than until that instant: the first at which it could
    /// change though no input but `now` does, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn until(mut self, instant: i64) -> Self {
        self.until = Some(instant);
        self
    }

    /// The same answer with a detail for the trace, cut at 1 KiB. Prefer coded reasons.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        let mut note = note.into();
        if note.len() > MAX_NOTE {
            let end = (0..=MAX_NOTE).rev().find(|&end| note.is_char_boundary(end));
            note.truncate(end.unwrap_or(0));
        }
        self.note = Some(note);
        self
    }

    /// Whether it denies, whatever the reason and whatever else the subject holds.
    #[must_use]
    pub fn forbids(&self) -> bool {
        matches!(self.effect, Effect::Forbid(_))
    }

    pub(crate) fn into_wit(self) -> wit::Answer {
        wit::Answer {
            effect: match self.effect {
                Effect::Abstain => wit::Effect::Abstain,
                Effect::Forbid(reason) => wit::Effect::Forbid(reason),
                Effect::Require(permission) => wit::Effect::Require(permission),
                Effect::Floor(reason) => wit::Effect::Floor(reason),
            },
            obligations: self.obligations,
            until: self.until,
            note: self.note,
        }
    }
}

impl<F: Family> Clone for Answer<F> {
    fn clone(&self) -> Self {
        Self {
            effect: self.effect,
            obligations: self.obligations.clone(),
            until: self.until,
            note: self.note.clone(),
            family: PhantomData,
        }
    }
}

impl<F: Family> PartialEq for Answer<F> {
    fn eq(&self, other: &Self) -> bool {
        self.effect == other.effect
            && self.obligations == other.obligations
            && self.until == other.until
            && self.note == other.note
    }
}

/// Shows codes, not positions: `forbid(private-record)`.
impl<F: Family> fmt::Debug for Answer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = |index| F::Reason::at(index).map_or("?", |reason| reason.spec().code);
        match self.effect {
            Effect::Abstain => f.write_str("abstain")?,
            Effect::Forbid(index) => write!(f, "forbid({})", reason(index))?,
            Effect::Require(index) => {
                write!(f, "require({})", F::Require::at(index).map_or("?", Name::name))?;
            }
            Effect::Floor(index) => write!(f, "floor({})", reason(index))?,
        }
        for &index in &self.obligations {
            let code = F::Obligation::at(index).map_or("?", |duty| duty.spec().code);
            write!(f, " oblige({code})")?;
        }
        if let Some(until) = self.until {
            write!(f, " until({until})")?;
        }
        if let Some(note) = &self.note {
            write!(f, " note({note:?})")?;
        }
        Ok(())
    }
}
