//! Making a change.
//!
//! A change is settled against one revision: what it would be is planned, what has to be held for
//! it is asked, the result is checked as a whole, and it is appended only if the log is still
//! where it was. Where it is not, everything is done again from the start. So a guard that holds
//! when it is checked holds when it is written, whoever else writes on whichever node.

pub mod administration;
mod asked;
mod assigned;
pub(crate) mod authority;
mod bounds;
mod catalog;
mod concerned;
mod departed;
mod dry_run;
mod effect;
pub(crate) mod integrity;
pub(crate) mod keepers;
pub(crate) mod keys;
mod listed;
mod named;
pub(crate) mod names;
mod ownership;
mod refusals;

pub use self::concerned::Concerned;
use self::refusals::Refusals;
use crate::caller::Caller;
use crate::error::ChangeError;
use crate::follow::followed::{Followed, Version};
use crate::follow::load::LoadFor;
use crate::kind::DocumentKind;
use crate::node::{Node, now};
use crate::operation::serving::Component;
use crate::operation::tenants::begins_empty;
use crate::operation::{Intended, Operation, Plan, body};
use crate::view::View;
use permesso_engine::compile::Compiled;
use permesso_store::{
    Append, Appended, Body, Head, LogQuery, NewRecord, Realm, Remembered, Stamp, StoreError,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How often others may write first before it is given up.
const ATTEMPTS: u32 = 32;

/// What a caller demands of the document that it edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// The document.
    pub kind: DocumentKind,
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
    pub kind: DocumentKind,
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
    pub repeated: bool,
    /// For a dry run: the tenant as it is and as it would be.
    pub tried: Option<DryRun>,
}

/// A tenant as it is and as it would be.
#[derive(Debug, Clone)]
pub struct DryRun {
    pub(crate) before: Version,
    pub(crate) after: Version,
}

/// What a realm would be, tried.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) version: Version,
    /// How often other families had been installed when it was compiled.
    installed: u64,
    /// Where its log stands, once it was written.
    head: Option<Head>,
}

impl Candidate {
    /// Whether it is what a realm is where its log stands there.
    pub(crate) fn is(&self, head: &Head, node: &Node) -> bool {
        self.head.as_ref() == Some(head) && self.installed == node.installed.load(Ordering::Acquire)
    }
}

/// A realm with what is to be written of it.
struct Share {
    realm: Realm,
    expected: u64,
    edits: Vec<Intended>,
}

impl Node {
    /// Does something to a tenant in somebody's name.
    ///
    /// # Errors
    ///
    /// Why it was not done. Nothing was written then, but for [`StoreError::Unknown`].
    pub async fn perform(
        &self,
        realm: &Realm,
        caller: &Caller,
        operation: &dyn Operation,
        options: &Options,
    ) -> Result<Done, ChangeError> {
        if let Some(done) = self.done_before(realm, options).await? {
            return Ok(done);
        }
        let one = self.follow_realm(realm, LoadFor::Documents).await?;
        self.perform_on(&one, caller, operation, options).await
    }

    /// The same to a realm that is held.
    pub(crate) async fn perform_on(
        &self,
        one: &Arc<Followed>,
        caller: &Caller,
        operation: &dyn Operation,
        options: &Options,
    ) -> Result<Done, ChangeError> {
        let realm = &one.realm;
        let _writing = one.writing.lock().await;
        for _ in 0..ATTEMPTS {
            if realm.tenant_id().is_some() {
                self.is_fresh(one)?;
            }
            let version = self.version(one).await?;
            let view = View { node: self, realm, version: &version, now: now() };
            // What is wrong may be so only because others have written meanwhile.
            let attempt = self.attempt(one, view, caller, operation, options).await;
            match attempt {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) => {
                    if matches!(error, ChangeError::Store(_)) {
                        return Err(error);
                    }
                    self.catch_up(one).await?;
                    if one.state.load().revision == version.revision {
                        return Err(error);
                    }
                }
            }
        }
        Err(ChangeError::Busy(realm.clone()))
    }

    /// One attempt; nothing where the log went on meanwhile.
    async fn attempt(
        &self,
        one: &Arc<Followed>,
        view: View<'_>,
        caller: &Caller,
        operation: &dyn Operation,
        options: &Options,
    ) -> Result<Option<Done>, ChangeError> {
        // Whoever may do nothing of the kind is not told by it what is there.
        authority::needs(self, &view, caller, operation.needs()).await?;
        let Plan { operation: name, mut edits, elsewhere, answer, renamed } =
            operation.plan(&view).await?;
        begins_empty(&view, edits.iter().map(|(kind, _, after)| (*kind, after.as_ref()))).await?;
        for (_, id, _) in &edits {
            permesso_store::check_name(id)?;
        }
        let mut edited = becoming(&view, &edits).await?;
        edited.retain(|edit| edit.before != edit.after);
        let platform = self.of_platform(&view, &elsewhere).await?;
        authority::may(self, &view, caller, &edited, &platform, renamed.as_ref()).await?;
        for wanted in &options.preconditions {
            precondition(&view, wanted).await?;
        }
        let follows = departed::with_them(&view, &edited).await?;
        edits.extend(departed::intended(&follows));
        edited.extend(follows);
        // What was there once comes back under the name that it had.
        let comes_back = name.starts_with("history.");
        if !comes_back {
            names::distinct(&view, &edited).await?;
        }
        if view.realm.tenant_id().is_none() {
            keys::of_the_platform(self, &edited).await?;
        }
        let (mut candidate, share) = self.tried(&view, edits, &edited, &platform).await?;
        let mut shares = vec![share];
        let mut refusals = Refusals::default();
        for (realm, edits) in elsewhere {
            let version = self.version_of(&realm).await?;
            let view = View { node: self, realm: &realm, version: &version, now: view.now };
            let edited = becoming(&view, &edits).await?;
            if !comes_back {
                names::distinct(&view, &edited).await?;
            }
            match self.tried(&view, edits, &edited, &[]).await {
                Ok((_, share)) => shares.push(share),
                Err(error) => refusals.add(error)?,
            }
        }
        refusals.or()?;
        let tried = DryRun { before: view.version.clone(), after: candidate.version.clone() };
        effect::within_own_rights(self, &view, caller, &edited, &tried).await?;
        if options.dry_run {
            let tried = Some(tried);
            let revision = view.revision();
            // Nothing secret was made that anybody could use.
            let answer = Value::Null;
            return Ok(Some(Done { revision, edited, answer, repeated: false, tried }));
        }
        let written = self.append(&name, caller, options, view.now, &shares, &edited).await;
        match written {
            Ok(Appended::Before(remembered)) => Ok(Some(repeated(&remembered, options)?)),
            Ok(Appended::Now(heads)) => {
                let revision = heads.first().map_or(0, |head| head.revision);
                candidate.head = heads.first().cloned();
                self.written(self.catch_up_with(one, &candidate).await, one);
                for share in shares.iter().skip(1) {
                    if let Some(one) = self.followed(&share.realm).filter(|one| one.is_loaded()) {
                        self.written(self.catch_up(&one).await, &one);
                    }
                }
                Ok(Some(Done { revision, edited, answer, repeated: false, tried: None }))
            }
            Err(StoreError::Conflict { .. }) => {
                self.catch_up(one).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What becomes of keys of the platform by a change of a tenant.
    async fn of_platform(
        &self,
        view: &View<'_>,
        elsewhere: &[(Realm, Vec<Intended>)],
    ) -> Result<Vec<Edited>, ChangeError> {
        let mut edited = Vec::new();
        if view.realm.tenant_id().is_none() {
            return Ok(edited);
        }
        for (realm, edits) in elsewhere.iter().filter(|(realm, _)| realm.tenant_id().is_none()) {
            let version = self.version_of(realm).await?;
            let view = View { realm, version: &version, ..*view };
            edited.extend(becoming(&view, edits).await?);
        }
        Ok(edited)
    }

    /// It is written. Where this node cannot read it back yet it will follow.
    pub(crate) fn written(&self, followed: Result<(), ChangeError>, one: &Followed) {
        if let Err(error) = followed {
            tracing::warn!(%error, realm = %one.realm, "written and not followed");
            self.is_behind(&one.realm);
        }
    }

    /// What a realm would be, checked as a whole, and what is to be written of it.
    async fn tried(
        &self,
        view: &View<'_>,
        mut edits: Vec<Intended>,
        edited: &[Edited],
        elsewhere: &[Edited],
    ) -> Result<(Candidate, Share), ChangeError> {
        let installed = self.installed.load(Ordering::Acquire);
        let expected = view.revision();
        let mut version = integrity::whole(self, view, &edits, edited, elsewhere).await?;
        let serving = serving(view, &version, &edits)?;
        if !serving.is_empty() {
            version.documents = Arc::new(version.documents.with(&serving, version.revision)?);
            edits.extend(serving);
        }
        let share = Share { realm: view.realm.clone(), expected, edits };
        Ok((Candidate { version, installed, head: None }, share))
    }

    async fn append(
        &self,
        name: &str,
        caller: &Caller,
        options: &Options,
        at: i64,
        shares: &[Share],
        edited: &[Edited],
    ) -> Result<Appended, StoreError> {
        let stamp = Stamp { actor: caller.name(), request: options.request.clone(), at };
        let mut changes: Vec<std::option::IntoIter<NewRecord>> = shares
            .iter()
            .map(|share| {
                let edits = share.edits.iter();
                let edits = edits
                    .map(|(kind, id, after)| (kind.name().to_owned(), id.clone(), after.clone()));
                Some(NewRecord { operation: name.to_owned(), edits: edits.collect() }).into_iter()
            })
            .collect();
        let batches = shares.iter().zip(&mut changes).map(|(share, changes)| Append {
            realm: share.realm.clone(),
            expected: share.expected,
            stamp: stamp.clone(),
            changes,
        });
        let remember = options.idempotency.as_ref().zip(shares.first());
        let remember = remember.map(|((key, fingerprint), share)| Remembered {
            realm: share.realm.clone(),
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
        before.map(|before| repeated(&before, options)).transpose()
    }
}

/// Documents as they are and as they are to be.
async fn becoming(view: &View<'_>, edits: &[Intended]) -> Result<Vec<Edited>, ChangeError> {
    let mut edited = Vec::with_capacity(edits.len());
    for (kind, id, after) in edits {
        let before = view.object(*kind, id).await?.map(|object| object.body);
        edited.push(Edited { kind: *kind, id: id.clone(), before, after: after.clone() });
    }
    Ok(edited)
}

/// With a policy the log says which components answer under it, where it says otherwise.
fn serving(
    view: &View<'_>,
    candidate: &Version,
    edits: &[Intended],
) -> Result<Vec<Intended>, ChangeError> {
    let mut serving = Vec::new();
    let policy = edits.iter().any(|(kind, _, _)| kind.is_policy());
    let compiled = candidate.compiled.iter().filter(|_| policy);
    for (family, digest) in compiled.flat_map(|compiled| compiled.snapshot.families()) {
        let component = Component { digest: digest.map(str::to_owned) };
        let after = body(DocumentKind::Serving, family, &component)?;
        if view.before(DocumentKind::Serving, family) != Some(&after) {
            serving.push((DocumentKind::Serving, family.to_owned(), Some(after)));
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

fn repeated(before: &Remembered, options: &Options) -> Result<Done, ChangeError> {
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
        Some(Edited {
            kind: DocumentKind::from_name(text("kind")?)?,
            id,
            before: None,
            after: None,
        })
    });
    let edited = edited.collect();
    Ok(Done { revision, edited, answer: Value::Null, repeated: true, tried: None })
}

/// Whether a document is as the caller has read it.
async fn precondition(view: &View<'_>, wanted: &Precondition) -> Result<(), ChangeError> {
    let Precondition { kind, id, revision } = wanted;
    let found = view.object(*kind, id).await?;
    let is = found.map_or(0, |object| object.revision);
    match revision {
        None if is > 0 => return Ok(()),
        // A role of the product is there before the tenant has its own of it.
        None if *kind == DocumentKind::Role && view.role(id).is_some() => return Ok(()),
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

impl DryRun {
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
