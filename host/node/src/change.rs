//! Making a change.
//!
//! A change is settled against one revision: what it would be is planned, what has to be held for
//! it is asked, the result is checked as a whole, and it is appended only if the log is still
//! where it was. Where it is not, everything is done again from the start. So a guard that holds
//! when it is checked holds when it is written, whoever else writes on whichever node.

use crate::caller::Caller;
use crate::checks;
use crate::error::ChangeError;
use crate::kind::Kind;
use crate::node::{Node, now};
use crate::operation::serving::Component;
use crate::operation::{Intended, Operation, Plan, body};
use crate::tenant::{Live, State};
use crate::view::View;
use permesso_engine::compile::Compiled;
use permesso_store::{
    Batch, Body, Change, LogQuery, Realm, Remembered, Stamp, StoreError, Written,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// How often others may write first before it is given up.
const ATTEMPTS: u32 = 32;

/// What a caller demands of the document that it edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// The document.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The revision that it has to be at; any, but there, where none is said.
    pub revision: Option<u64>,
}

/// How a change is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only say what it would do.
    pub dry_run: bool,
    /// What the caller demands.
    pub preconditions: Vec<Precondition>,
    /// The caller's own key and what the request is, so that it is done once however often it
    /// comes.
    pub idempotency: Option<(String, String)>,
    /// The id of the request, for the log.
    pub request: String,
}

/// One document that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// What it said.
    pub before: Option<Body>,
    /// What it says.
    pub after: Option<Body>,
}

/// What became of a change.
#[derive(Debug, Clone)]
pub struct Done {
    /// The revision that it led to; for a dry run the one that it was tried against.
    pub revision: u64,
    /// The documents of the tenant that it changed.
    pub edited: Vec<Edited>,
    /// What the operation says besides.
    pub answer: Value,
    /// Whether it had been done before, under the same idempotency key.
    pub replayed: bool,
    /// For a dry run: the tenant as it is and as it would be.
    pub tried: Option<Tried>,
}

/// A tenant as it is and as it would be.
#[derive(Debug, Clone)]
pub struct Tried {
    pub(crate) before: Arc<State>,
    pub(crate) after: Arc<State>,
}

/// A realm with what is to become of it.
struct Part {
    live: Arc<Live>,
    state: Arc<State>,
    edits: Vec<Intended>,
}

impl Node {
    /// Does something to a tenant in somebody's name.
    ///
    /// # Errors
    ///
    /// Why it was not done. Nothing was written then, but for [`StoreError::Unknown`].
    pub async fn perform(
        self: &Arc<Self>,
        realm: &Realm,
        caller: &Caller,
        operation: &dyn Operation,
        options: &Options,
    ) -> Result<Done, ChangeError> {
        if let Some(done) = self.done_before(realm, options).await? {
            return Ok(done);
        }
        let live = self.live_or_new(realm);
        let _writing = live.writing.lock().await;
        for _ in 0..ATTEMPTS {
            if let Some(tenant) = realm.tenant_id() {
                self.is_fresh(tenant, &live)?;
            }
            let state = live.state.load_full();
            let view = View { node: self, realm, state: &state, now: now() };
            // What is wrong may be so only because others have written meanwhile.
            let attempt = self.attempt(&live, view, caller, operation, options).await;
            match attempt {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) => {
                    if matches!(error, ChangeError::Store(_)) {
                        return Err(error);
                    }
                    let was = state.revision;
                    self.catch_up(&live).await?;
                    if live.state.load().revision == was {
                        return Err(error);
                    }
                }
            }
        }
        Err(ChangeError::Busy(realm.clone()))
    }

    /// One attempt; nothing where the log went on meanwhile.
    async fn attempt(
        self: &Arc<Self>,
        live: &Arc<Live>,
        view: View<'_>,
        caller: &Caller,
        operation: &dyn Operation,
        options: &Options,
    ) -> Result<Option<Done>, ChangeError> {
        let plan = operation.plan(&view).await?;
        for wanted in &options.preconditions {
            precondition(&view, wanted).await?;
        }
        let Plan { operation: name, mut edits, elsewhere, answer } = plan;
        let mut edited = Vec::with_capacity(edits.len());
        for (kind, id, after) in &edits {
            permesso_store::check_name(id)?;
            let before = view.object(*kind, id).await?.map(|object| object.body);
            if before != *after {
                let (kind, id, after) = (*kind, id.clone(), after.clone());
                edited.push(Edited { kind, id, before, after });
            }
        }
        checks::may(self, &view, caller, &edited).await?;
        let candidate = Arc::new(view.state.with(&edits)?);
        let candidate = checks::whole(self, &view, candidate, &edited).await?;
        edits.extend(serving(&view, &candidate, &edits)?);
        let mut parts =
            vec![Part { live: Arc::clone(live), state: Arc::new(view.state.clone()), edits }];
        for (realm, mut edits) in elsewhere {
            let live = self.live_or_new(&realm);
            let state = live.state.load_full();
            let view = View { node: self, realm: &realm, state: &state, now: view.now };
            let edited: Vec<Edited> = edits
                .iter()
                .map(|(kind, id, after)| Edited {
                    kind: *kind,
                    id: id.clone(),
                    before: view.before(*kind, id).cloned(),
                    after: after.clone(),
                })
                .collect();
            let candidate = Arc::new(state.with(&edits)?);
            let candidate = checks::whole(self, &view, candidate, &edited).await?;
            edits.extend(serving(&view, &candidate, &edits)?);
            parts.push(Part { live, state, edits });
        }
        if options.dry_run {
            let before = Arc::new(view.state.clone());
            let tried = Some(Tried { before, after: candidate });
            let revision = view.revision();
            // Nothing secret was made that anybody could use.
            return Ok(Some(Done {
                revision,
                edited,
                answer: Value::Null,
                replayed: false,
                tried,
            }));
        }
        let at = view.now;
        let written = self.append(&name, caller, options, at, &parts, &edited).await;
        match written {
            Ok(Written::Before(remembered)) => Ok(Some(replayed(&remembered, options)?)),
            Ok(Written::Now(heads)) => {
                let revision = heads.first().map_or(0, |head| head.revision);
                for part in &parts {
                    // It is written. Where this node cannot read it back yet it will follow.
                    if let Err(error) = self.catch_up(&part.live).await {
                        tracing::warn!(%error, realm = %part.live.realm, "written and not followed");
                    }
                }
                Ok(Some(Done { revision, edited, answer, replayed: false, tried: None }))
            }
            Err(StoreError::Conflict { .. }) => {
                for part in &parts {
                    self.catch_up(&part.live).await?;
                }
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn append(
        &self,
        name: &str,
        caller: &Caller,
        options: &Options,
        at: i64,
        parts: &[Part],
        edited: &[Edited],
    ) -> Result<Written, StoreError> {
        let stamp = Stamp { actor: caller.name(), request: options.request.clone(), at };
        let mut changes: Vec<std::option::IntoIter<Change>> = parts
            .iter()
            .map(|part| {
                let edits = part.edits.iter();
                let edits = edits
                    .map(|(kind, id, after)| (kind.name().to_owned(), id.clone(), after.clone()));
                Some(Change { operation: name.to_owned(), edits: edits.collect() }).into_iter()
            })
            .collect();
        let batches = parts.iter().zip(&mut changes).map(|(part, changes)| Batch {
            realm: part.live.realm.clone(),
            expected: part.state.revision,
            stamp: stamp.clone(),
            changes,
        });
        let remember = options.idempotency.as_ref().zip(parts.first());
        let remember = remember.map(|((key, fingerprint), part)| Remembered {
            realm: part.live.realm.clone(),
            key: key.clone(),
            fingerprint: fingerprint.clone(),
            answer: remembered(edited),
            at,
        });
        self.store().append(batches.collect(), remember).await
    }

    async fn done_before(
        &self,
        realm: &Realm,
        options: &Options,
    ) -> Result<Option<Done>, ChangeError> {
        let Some((key, _)) = &options.idempotency else { return Ok(None) };
        let before = self.store().recall(realm, key).await?;
        before.map(|before| replayed(&before, options)).transpose()
    }
}

/// With a policy the log says which components answer under it, where it says otherwise.
fn serving(
    view: &View<'_>,
    candidate: &State,
    edits: &[Intended],
) -> Result<Vec<Intended>, ChangeError> {
    let mut serving = Vec::new();
    let policy = edits.iter().any(|(kind, _, _)| kind.is_policy());
    let compiled = candidate.compiled.iter().filter(|_| policy);
    for (family, digest) in compiled.flat_map(|compiled| compiled.snapshot.families()) {
        let component = Component { digest: digest.map(str::to_owned) };
        let after = body(Kind::Serving, family, &component)?;
        if view.before(Kind::Serving, family) != Some(&after) {
            serving.push((Kind::Serving, family.to_owned(), Some(after)));
        }
    }
    Ok(serving)
}

/// What is remembered of an answer: which documents it was about, and never a secret.
fn remembered(edited: &[Edited]) -> String {
    let edited: Vec<Value> = edited
        .iter()
        .map(|edit| json!({"kind": edit.kind.name(), "id": edit.id, "gone": edit.after.is_none()}))
        .collect();
    json!({"revision": "{revision}", "edited": edited}).to_string()
}

fn replayed(before: &Remembered, options: &Options) -> Result<Done, ChangeError> {
    let fingerprint = options.idempotency.as_ref().map(|(_, fingerprint)| fingerprint);
    if fingerprint != Some(&before.fingerprint) {
        return Err(ChangeError::OtherRequest);
    }
    let answer: Value = serde_json::from_str(&before.answer).unwrap_or_default();
    let revision = answer.get("revision").and_then(Value::as_u64).unwrap_or(0);
    let edited = answer.get("edited").and_then(Value::as_array).into_iter().flatten();
    let edited = edited.filter_map(|edit| {
        let text = |name: &str| edit.get(name).and_then(Value::as_str);
        let id = text("id")?.to_owned();
        Some(Edited { kind: Kind::from_name(text("kind")?)?, id, before: None, after: None })
    });
    let edited = edited.collect();
    Ok(Done { revision, edited, answer: Value::Null, replayed: true, tried: None })
}

/// Whether a document is as the caller has read it.
async fn precondition(view: &View<'_>, wanted: &Precondition) -> Result<(), ChangeError> {
    let Precondition { kind, id, revision } = wanted;
    let found = view.object(*kind, id).await?;
    let is = found.map_or(0, |object| object.revision);
    match revision {
        None if is > 0 => return Ok(()),
        // A role of the product is there before the tenant has its own of it.
        None if *kind == Kind::Role && view.role(id).is_some() => return Ok(()),
        None => return Err(view.missing(*kind, id)),
        Some(expected) if *expected == is => return Ok(()),
        Some(_) => {}
    }
    let query = LogQuery {
        kind: Some(kind.name().to_owned()),
        id: Some(id.clone()),
        newest_first: true,
        limit: 1,
        ..LogQuery::default()
    };
    let change = view.store().log(view.realm(), &query).await?.pop();
    Err(ChangeError::Stale {
        kind: *kind,
        id: id.clone(),
        expected: revision.unwrap_or(0),
        is,
        by: change.as_ref().map_or_else(|| "nobody".to_owned(), |change| change.actor.clone()),
        change: change.map(Box::new),
    })
}

impl Tried {
    /// The tenant as it is, without its directory.
    #[must_use]
    pub fn before(&self) -> Option<&Arc<Compiled>> {
        self.before.compiled.as_ref()
    }

    /// The tenant as it would be, without its directory.
    #[must_use]
    pub fn after(&self) -> Option<&Arc<Compiled>> {
        self.after.compiled.as_ref()
    }
}
