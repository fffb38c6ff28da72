//! A tenant becomes what a bundle says, however many people it has.
//!
//! What does not fit into one record is written as many, in one transaction: a reader sees all
//! of them or none, and the file is read past once more instead of being held. The first reading
//! checks everybody, so that nothing is written of a file with a fault in it; the second one
//! writes, and is taken back where it did not find what the first one did.

use super::apply::{Apply, IN_ONE_RECORD};
use super::compare_people::{AT_ONCE, Walk};
use super::compare_policy::{Compare, Goal};
use super::parsed::Bundle;
use super::people::{Ids, Pass, People};
use super::read::Person;
use crate::caller::Caller;
use crate::edit::administration::UNBOUNDED;
use crate::edit::{Edited, Options};
use crate::edit::{
    authority,
    integrity::{self, Shift},
    names,
};
use crate::error::ChangeError;
use crate::follow::load::LoadFor;
use crate::kind::DocumentKind;
use crate::node::{Node, now};
use crate::operation::body;
use crate::operation::tenants::begins_empty;
use crate::view::View;
use permesso_engine::diagnostic::Diagnostics;
use permesso_store::{Append, Appended, Body, NewRecord, Realm, Stamp};
use std::collections::HashSet;
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// What the records of an import are called in the log.
const OPERATION: &str = "code.import";

/// How a bundle is imported.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// How the two are compared.
    pub how: Compare,
    /// Only say what it would do.
    pub dry_run: bool,
    /// The id of the request, for the log.
    pub request: String,
}

/// What became of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// The revision that it led to; the one that it was tried against where nothing was written.
    pub revision: u64,
    /// How many documents came.
    pub added: u64,
    /// How many say something else.
    pub changed: u64,
    /// How many went.
    pub removed: u64,
}

/// Tells how far an import is: how many people are done, and of how many where that is known.
/// They are checked first, of nobody knows how many, and then written.
pub type Progress<'p> = &'p mut (dyn FnMut(u64, Option<u64>) + Send);

/// Makes a tenant be what a bundle says.
///
/// Up to 2,000 documents are one change, as with [`Apply`](super::Apply). More are for operators
/// and for whoever holds `permesso.unbounded`: records of 1,000 each, in one transaction. Other
/// writers of this process wait that long.
///
/// # Errors
///
/// Everything that is wrong with the bundle, up to 100 faults; that the tenant is not at the
/// revision that was expected, or somebody else wrote meanwhile; and whatever keeps a change from
/// being made. Nothing was written then, but for
/// [`StoreError::Unknown`](permesso_store::StoreError::Unknown).
pub async fn import(
    node: &Node,
    realm: &Realm,
    caller: &Caller,
    bundle: &Arc<Bundle>,
    options: &ImportOptions,
    progress: Progress<'_>,
) -> Result<Imported, ChangeError> {
    let one = node.follow_realm(realm, LoadFor::Documents).await?;
    let writing = one.writing.lock().await;
    if realm.tenant_id().is_some() {
        node.is_fresh(&one)?;
    }
    node.catch_up(&one).await?;
    let version = node.version(&one).await?;
    let view = View { node, realm, version: &version, now: now() };
    let goal = Goal::of(view, bundle, options.how).await?;
    names::distinct(&view, &goal.edited).await?;
    let mut survey = Survey::default();
    survey.policy(&goal)?;
    let pass = survey.people(node, &goal, caller, progress).await?;
    let mut imported = survey.imported;
    imported.revision = view.revision();
    if survey.count == 0 {
        return Ok(imported);
    }
    if survey.count <= IN_ONE_RECORD {
        drop(writing);
        return small(node, realm, caller, bundle, options).await;
    }
    let made = goal.edited.iter().map(|edit| (edit.kind, edit.after.as_ref()));
    begins_empty(&view, made).await?;
    let edits: Vec<_> =
        goal.edited.iter().map(|edit| (edit.kind, edit.id.clone(), edit.after.clone())).collect();
    let candidate = integrity::with(&view, &edits)?;
    // The users of the bundle were held against it as they were read.
    let told = |id: &str| survey.told.as_ref().is_none_or(|told| told.contains(id));
    integrity::named_by_nobody(&view, &candidate, &goal.edited, &told).await?;
    let candidate = integrity::compiled(node, candidate, &goal.edited).await?;
    integrity::held(&view, &candidate, &goal.edited, &[], &survey.shift).await?;
    if options.dry_run {
        return Ok(imported);
    }
    let total = pass.map(|(_, seen)| seen);
    let mut records = Records::of(&goal, survey, pass.map(|(pass, _)| pass));
    let mut reported = Reported { records: &mut records, progress, total };
    let batch = Append {
        realm: realm.clone(),
        expected: view.revision(),
        stamp: Stamp { actor: caller.name(), request: options.request.clone(), at: view.now },
        changes: &mut reported,
    };
    let written = node.store().append(vec![batch], None).await;
    if let Some(faults) = records.failed.take() {
        return Err(faults.into());
    }
    if let Appended::Now(heads) = written? {
        imported.revision = heads.first().map_or(imported.revision, |head| head.revision);
    }
    node.written(node.catch_up(&one).await, &one);
    Ok(imported)
}

/// What fits into one record is one.
async fn small(
    node: &Node,
    realm: &Realm,
    caller: &Caller,
    bundle: &Arc<Bundle>,
    options: &ImportOptions,
) -> Result<Imported, ChangeError> {
    let apply = Apply { bundle: Arc::clone(bundle), how: options.how };
    let change = Options {
        dry_run: options.dry_run,
        request: options.request.clone(),
        ..Options::default()
    };
    let done = node.perform(realm, caller, &apply, &change).await?;
    let mut imported = Imported { revision: done.revision, ..Imported::default() };
    done.edited.iter().for_each(|edit| imported.count(edit));
    Ok(imported)
}

impl Imported {
    fn count(&mut self, edit: &Edited) {
        match (&edit.before, &edit.after) {
            (None, _) => self.added += 1,
            (Some(_), Some(_)) => self.changed += 1,
            (Some(_), None) => self.removed += 1,
        }
    }
}

/// What the first reading finds out.
#[derive(Default)]
struct Survey {
    imported: Imported,
    count: usize,
    shift: Shift,
    /// What becomes something else, as long as it fits into one record.
    held_back: Vec<Edited>,
    /// What goes.
    gone: Vec<(DocumentKind, String)>,
    reworded: HashSet<(DocumentKind, String)>,
    /// The users that the bundle gives; none where those are all that there will be.
    told: Option<HashSet<Box<str>>>,
}

impl Survey {
    fn policy(&mut self, goal: &Goal<'_>) -> Result<(), ChangeError> {
        self.note(&goal.edited)?;
        self.held_back = goal.edited.clone();
        Ok(())
    }

    fn note(&mut self, edited: &[Edited]) -> Result<(), ChangeError> {
        self.count += edited.len();
        for edit in edited {
            self.imported.count(edit);
            self.shift.add(edit)?;
        }
        Ok(())
    }

    /// Reads everybody; what was read, and of how many.
    async fn people(
        &mut self,
        node: &Node,
        goal: &Goal<'_>,
        caller: &Caller,
        progress: Progress<'_>,
    ) -> Result<Option<(Pass, u64)>, ChangeError> {
        let mut walk = Walk::of(goal).await?;
        let mut unbounded = false;
        while let Some(edited) = walk.next().await? {
            progress(walk.seen, None);
            names::distinct(&goal.view, &edited).await?;
            self.note(&edited)?;
            let gone = edited.iter().filter(|edit| edit.after.is_none());
            self.gone.extend(gone.map(|edit| (edit.kind, edit.id.clone())));
            if !caller.is_asked() {
                continue;
            }
            // In one record everything is asked when it is made.
            self.held_back.extend(edited);
            if self.count > IN_ONE_RECORD {
                if !mem::replace(&mut unbounded, true) {
                    authority::holds(node, &goal.view, caller, UNBOUNDED).await?;
                }
                let edited = mem::take(&mut self.held_back);
                authority::may(node, &goal.view, caller, &edited, &[], None).await?;
            }
        }
        self.reworded = mem::take(&mut walk.reworded);
        self.told = walk.told();
        Ok(walk.pass.map(|pass| (pass, walk.seen)))
    }
}

type Edits = Vec<(String, String, Option<Body>)>;

/// The records of an import, as they are read.
struct Records {
    first: std::vec::IntoIter<Edits>,
    coming: Receiver<Result<(Edits, u64), Diagnostics>>,
    /// How many people were written.
    done: u64,
    failed: Option<Diagnostics>,
}

impl Records {
    fn of(goal: &Goal<'_>, survey: Survey, pass: Option<Pass>) -> Self {
        let (send, coming) = sync_channel(2);
        let people = goal.bundle.people.clone();
        let reworded = survey.reworded;
        tokio::task::spawn_blocking(move || write(&people, pass, &reworded, &send));
        let policy = goal
            .edited
            .iter()
            .map(|edit| (edit.kind.name().to_owned(), edit.id.clone(), edit.after.clone()));
        let mut first: Vec<Edits> = vec![policy.collect()];
        first.extend(survey.gone.chunks(AT_ONCE).map(|chunk| {
            chunk.iter().map(|(kind, id)| (kind.name().to_owned(), id.clone(), None)).collect()
        }));
        Self { first: first.into_iter(), coming, done: 0, failed: None }
    }
}

impl Iterator for Records {
    type Item = NewRecord;

    fn next(&mut self) -> Option<NewRecord> {
        let change = |edits| Some(NewRecord { operation: OPERATION.to_owned(), edits });
        if let Some(edits) = self.first.next() {
            return change(edits);
        }
        if self.failed.is_some() {
            return None;
        }
        match self.coming.recv().ok()? {
            Ok((edits, done)) => {
                self.done = done;
                change(edits)
            }
            Err(faults) => {
                self.failed = Some(faults);
                // An iterator cannot fail. A document without a name is refused by every store,
                // and with it the transaction.
                change(vec![(DocumentKind::User.name().to_owned(), String::new(), None)])
            }
        }
    }
}

/// Tells how far it is whenever a record is written.
struct Reported<'r, 'p> {
    records: &'r mut Records,
    progress: Progress<'p>,
    total: Option<u64>,
}

impl Iterator for Reported<'_, '_> {
    type Item = NewRecord;

    fn next(&mut self) -> Option<NewRecord> {
        (self.progress)(self.records.done, self.total);
        self.records.next()
    }
}

/// The second reading.
fn write(
    people: &People,
    checked: Option<Pass>,
    reworded: &HashSet<(DocumentKind, String)>,
    send: &SyncSender<Result<(Edits, u64), Diagnostics>>,
) {
    let mut ids = Ids::default();
    let mut edits: Edits = Vec::with_capacity(AT_ONCE);
    let (mut done, mut failed) = (0, None);
    let pass = people.each(&mut |_, found| {
        match document(found, &mut ids) {
            Ok(Some(edit)) if !reworded.contains(&(edit.0, edit.1.clone())) => {
                edits.push((edit.0.name().to_owned(), edit.1, Some(edit.2)));
            }
            Ok(_) => {}
            Err(error) => failed = Some(error.to_string()),
        }
        done += 1;
        if edits.len() < AT_ONCE {
            return failed.is_none();
        }
        let full = mem::replace(&mut edits, Vec::with_capacity(AT_ONCE));
        failed.is_none() && send.send(Ok((full, done))).is_ok()
    });
    let failed = match (failed, pass) {
        (Some(error), _) => Some(people.at(0, error).into()),
        (None, Err(faults)) => Some(faults),
        (None, Ok(pass)) if Some(pass) != checked => {
            let message = "was changed while it was read; import it again".to_owned();
            Some(people.at(0, message).into())
        }
        _ => None,
    };
    // Nobody listens any more where the store has failed.
    let _ = send.send(failed.map_or(Ok((edits, done)), Err));
}

fn document(
    found: Person,
    ids: &mut Ids,
) -> Result<Option<(DocumentKind, String, Body)>, ChangeError> {
    Ok(match found {
        Person::User(user) => {
            let id = user.id.to_string();
            let body = body(DocumentKind::User, &id, &user)?;
            Some((DocumentKind::User, id, body))
        }
        Person::Delegation(listed) => {
            let (id, delegation) = listed.into_parts();
            let derived = ids.next(&delegation);
            let id = id.map_or(derived, |id| id.to_string());
            let body = body(DocumentKind::Delegation, &id, &delegation)?;
            Some((DocumentKind::Delegation, id, body))
        }
        Person::Fault(_) => None,
    })
}
