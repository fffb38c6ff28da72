//! The keys of one issuer, kept at hand. A token is checked without asking anybody, most of the
//! time, and an issuer that is away for an hour locks nobody out: the last good keys go on, up
//! to an age after which they are not believed any more, because one of them may have been
//! withdrawn since.
//!
//! Keys are looked after when tokens come, never in between: a cache nobody asks has nothing to
//! refresh. There is at most one attempt at a time, and after one that was made, whatever came
//! of it, tokens with strange key names wait: they must not be a way to hammer an issuer.

use super::config::{Algorithm, ConfigError, IssuerConfig};
use super::fault::SourceError;
use super::keyset::{KeySet, NoKey};
use super::origin::{Fetched, Origin, Stamp};
use crate::{Millis, Refusal};
use arc_swap::ArcSwap;
use jsonwebtoken::DecodingKey;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Between two attempts, where the last failed or a key is not known.
const AGAIN: u64 = 10_000;
/// Between two looks at a file.
const LOOK: u64 = 1_000;

/// How the keys of an issuer are doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceState {
    /// Whose.
    pub issuer: String,
    /// How many there are.
    pub keys: usize,
    /// When they were last known to be right.
    pub fetched_at: Option<Millis>,
    /// Why the last attempt failed, if it did.
    pub fault: Option<SourceError>,
}

/// The keys of one issuer.
pub(super) struct Cache {
    origin: Origin,
    times: Times,
    state: ArcSwap<State>,
    flight: Arc<Mutex<()>>,
}

/// In milliseconds.
struct Times {
    /// After a success.
    refresh: u64,
    /// After a failure, or for a key that is not known.
    again: u64,
    /// After so long without any attempt, a token waits for the keys: nobody has asked for a
    /// while, and what was right then says little.
    stale: u64,
    /// After so long without a success, no key is believed.
    keep: u64,
}

#[derive(Default)]
struct State {
    keys: Arc<KeySet>,
    stamp: Option<Stamp>,
    fetched_at: Option<Millis>,
    attempted_at: Option<Millis>,
    fault: Option<SourceError>,
}

/// How far apart, in either direction: a clock that was set back must make nothing last.
fn since(then: Option<Millis>, now: Millis) -> u64 {
    then.map_or(u64::MAX, |then| then.abs_diff(now))
}

impl Cache {
    pub(super) fn new(config: &IssuerConfig) -> Result<Self, ConfigError> {
        let origin = Origin::new(config)?;
        let keep = u64::from(config.keep_seconds) * 1000;
        let refresh = u64::from(config.refresh_seconds) * 1000;
        let times = if origin.is_file() {
            Times { refresh: LOOK, again: LOOK, stale: LOOK, keep }
        } else {
            Times { refresh, again: AGAIN, stale: refresh * 2, keep }
        };
        let state = ArcSwap::from_pointee(State::default());
        Ok(Self { origin, times, state, flight: Arc::default() })
    }

    pub(super) async fn warm(self: &Arc<Self>, now: Millis) {
        self.attempt_unless_just_made(self.times.again, now).await;
    }

    pub(super) fn state(&self, issuer: &str) -> SourceState {
        let state = self.state.load();
        SourceState {
            issuer: issuer.to_owned(),
            keys: state.keys.len(),
            fetched_at: state.fetched_at,
            fault: state.fault.clone(),
        }
    }

    /// The key that a token names.
    pub(super) async fn key(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Millis,
    ) -> Result<Arc<DecodingKey>, Refusal> {
        self.look_after(now).await;
        let refusal = match self.at_hand(kid, algorithm, now) {
            Ok(key) => return Ok(key),
            Err(refusal @ (Refusal::UnknownSigningKey | Refusal::KeysUnavailable)) => refusal,
            Err(refusal) => return Err(refusal),
        };
        if since(self.state.load().attempted_at, now) < self.times.again {
            return Err(refusal);
        }
        self.attempt_unless_just_made(self.times.again, now).await;
        self.at_hand(kid, algorithm, now)
    }

    fn at_hand(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Millis,
    ) -> Result<Arc<DecodingKey>, Refusal> {
        let state = self.state.load();
        if since(state.fetched_at, now) > self.times.keep {
            return Err(Refusal::KeysUnavailable);
        }
        state.keys.find(kid, algorithm).map_err(|reason| match reason {
            NoKey::Unknown => Refusal::UnknownSigningKey,
            NoKey::Unfit => Refusal::Algorithm,
        })
    }

    /// Refreshes keys that are there and due: beside, so that no token waits, except where
    /// nobody has tried for long.
    async fn look_after(self: &Arc<Self>, now: Millis) {
        let (passed, failed) = {
            let state = self.state.load();
            if state.attempted_at.is_none() {
                return;
            }
            (since(state.attempted_at, now), state.fault.is_some())
        };
        if passed >= self.times.stale {
            self.attempt_unless_just_made(self.times.again, now).await;
        } else if passed >= (if failed { self.times.again } else { self.times.refresh })
            && let Ok(turn) = Arc::clone(&self.flight).try_lock_owned()
        {
            tokio::spawn(Arc::clone(self).attempt(turn, now));
        }
    }

    /// Waits for the attempt that is under way, or makes one where there has been none within
    /// that time.
    async fn attempt_unless_just_made(self: &Arc<Self>, within: u64, now: Millis) {
        let turn = Arc::clone(&self.flight).lock_owned().await;
        if since(self.state.load().attempted_at, now) < within {
            return;
        }
        // On its own: a caller that hangs up must not take it from those that wait.
        let attempt = tokio::spawn(Arc::clone(self).attempt(turn, now));
        if let Err(error) = attempt.await {
            tracing::error!(%error, "an attempt to get keys broke off");
        }
    }

    async fn attempt(self: Arc<Self>, _turn: OwnedMutexGuard<()>, now: Millis) {
        let old = self.state.load_full();
        let fetched = self.origin.fetch(old.stamp).await;
        let new = match fetched {
            Ok(Fetched::Keys(keys, stamp)) => State {
                keys: Arc::new(keys),
                stamp,
                fetched_at: Some(now),
                attempted_at: Some(now),
                fault: None,
            },
            Ok(Fetched::Same) => State {
                keys: Arc::clone(&old.keys),
                stamp: old.stamp,
                fetched_at: Some(now),
                attempted_at: Some(now),
                fault: None,
            },
            Err(fault) => {
                tracing::warn!(%fault, "the keys of an issuer cannot be had; the last good ones go on");
                State {
                    keys: Arc::clone(&old.keys),
                    stamp: old.stamp,
                    fetched_at: old.fetched_at,
                    attempted_at: Some(now),
                    fault: Some(fault),
                }
            }
        };
        self.state.store(Arc::new(new));
    }
}
