//! The people of a bundle against the people of a tenant, a thousand at a time.
//!
//! Of those who were passed nothing is kept but their ids, so that two of one id are told and
//! those are found who are not in the bundle.

use super::canonical::same;
use super::compare_policy::Goal;
use super::people::{Ids, Pass};
use super::read::{Listed, Lists, Person};
use crate::document;
use crate::edit::Edited;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::operation::body;
use permesso_engine::compile::{check_delegation, check_user};
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::load::Source;
use permesso_engine::model::{Delegation, Invitation, Position, Status, Text, User};
use permesso_engine::names::twin_of;
use permesso_names::folded;
use permesso_store::{Body, Object, Which, check_name};
use std::collections::{BTreeMap, HashMap, HashSet};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How many are looked at together.
pub(super) const AT_ONCE: usize = 1000;
/// So many faults are told; whoever has more has one that occurs everywhere.
const FAULTS: usize = 100;

/// The people of a bundle, on the way past those of a tenant.
pub(super) struct Walk<'g> {
    goal: &'g Goal<'g>,
    coming: mpsc::Receiver<Vec<(u32, Person)>>,
    reading: Option<JoinHandle<Result<Pass, Diagnostics>>>,
    stage: Stage,
    faults: Diagnostics,
    ids: Ids,
    users: HashSet<Box<str>>,
    /// Those whose ids look otherwise than they are written, by how they look.
    folded: HashMap<Box<str>, Box<str>>,
    /// Of whom the file says that they are two.
    apart: HashSet<(Box<str>, Box<str>)>,
    delegations: HashSet<Box<str>>,
    /// Sides of delegations who had not been seen when the delegation was.
    unseen: Vec<(Text, String)>,
    /// Whether the tenant has nobody yet, and nothing need be looked up.
    nobody: bool,
    user: Source<User>,
    /// How many were read.
    pub(super) seen: u64,
    /// What was read, once it was.
    pub(super) pass: Option<Pass>,
    /// Documents that say the same in other words. They are left as they are.
    pub(super) reworded: HashSet<(DocumentKind, String)>,
}

enum Stage {
    Reading,
    Pruning(DocumentKind, String),
    Done,
}

impl<'g> Walk<'g> {
    pub(super) async fn of(goal: &'g Goal<'g>) -> Result<Self, ChangeError> {
        let people = goal.bundle.people.clone();
        let (send, coming) = mpsc::channel(2);
        let file = people.file.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let mut chunk = Vec::with_capacity(AT_ONCE);
            let pass = people.each(&mut |line, found| {
                chunk.push((line, found));
                chunk.len() < AT_ONCE
                    || send
                        .blocking_send(std::mem::replace(&mut chunk, Vec::with_capacity(AT_ONCE)))
                        .is_ok()
            });
            // What came before a fault is looked at as well.
            let _ = send.blocking_send(chunk);
            pass
        });
        let mut nobody = true;
        for kind in [DocumentKind::User, DocumentKind::Delegation] {
            let which = Which::All(kind.name());
            let page = goal.view.store().page(goal.view.realm(), which, "", 1).await?;
            nobody &= page.is_empty();
        }
        Ok(Self {
            goal,
            coming,
            reading: Some(reading),
            stage: Stage::Reading,
            faults: Diagnostics::default(),
            ids: Ids::default(),
            users: HashSet::new(),
            folded: HashMap::new(),
            apart: HashSet::new(),
            delegations: HashSet::new(),
            unseen: Vec::new(),
            nobody,
            user: Source::new(file, User::default()),
            seen: 0,
            pass: None,
            reworded: HashSet::new(),
        })
    }

    /// The next documents that become something else, perhaps none; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Edited>>, ChangeError> {
        match &self.stage {
            Stage::Reading => match self.coming.recv().await {
                Some(chunk) => self.chunk(chunk).await.map(Some),
                None => {
                    self.end().await?;
                    Ok(Some(Vec::new()))
                }
            },
            Stage::Pruning(kind, after) => {
                let (kind, after) = (*kind, after.clone());
                self.prune(kind, &after).await.map(Some)
            }
            Stage::Done => Ok(None),
        }
    }

    async fn chunk(&mut self, chunk: Vec<(u32, Person)>) -> Result<Vec<Edited>, ChangeError> {
        let mut users = Vec::new();
        let mut delegations = Vec::new();
        for (line, found) in chunk {
            self.seen += 1;
            match found {
                Person::User(user) => users.extend(self.user(line, user)?),
                Person::Delegation(listed) => delegations.extend(self.delegation(line, listed)?),
                Person::Fault(fault) => self.faults.push(fault),
            }
            if self.faults.len() >= FAULTS {
                return Err(std::mem::take(&mut self.faults).into());
            }
        }
        let mut edited = Vec::new();
        // What is wrong is not compared.
        if !self.faults.is_empty() {
            return Ok(edited);
        }
        self.compare_users(users, &mut edited).await?;
        for (id, after) in delegations {
            let before = match self.nobody {
                true => None,
                false => self.goal.view.object(DocumentKind::Delegation, &id).await?,
            };
            let before = before.map(|object| object.body);
            self.compare(DocumentKind::Delegation, id, before, after, &mut edited)?;
        }
        Ok(edited)
    }

    /// A user who is right, as a document.
    fn user(&mut self, line: u32, user: User) -> Result<Option<(String, Body)>, ChangeError> {
        let id = user.id.to_string();
        let at = place(line, user.id.at());
        let field = format!("users.{id}");
        // Whoever is not right is there all the same, for delegations.
        let first = self.users.insert(id.as_str().into());
        self.user.value = user;
        let goal = self.goal;
        if let Err(found) = check_user(&goal.compiled, None, &self.user) {
            self.faults.extend(found.into_iter().map(|fault| at_least(fault, line)));
            return Ok(None);
        }
        let unfit = permesso_names::check_id(&id).map_err(|unfit| unfit.to_string());
        if !self.named(&id, unfit, at, &field) {
            return Ok(None);
        }
        let apart = std::mem::take(&mut self.user.value.distinct_from);
        let is_apart = |twin: &str| apart.iter().any(|other| **other == *twin);
        if let Some(twin) = self.twin(&id)
            && !is_apart(&twin)
            && !self.apart.contains(&(twin.clone(), id.as_str().into()))
        {
            let (message, help) = twin_of(&id, &twin);
            let file = self.user.file.clone();
            self.faults.push(Diagnostic { file, at, field, message, help });
            return Ok(None);
        }
        let pairs = apart.iter().map(|other| (id.as_str().into(), other.as_str().into()));
        self.apart.extend(pairs);
        self.user.value.distinct_from = apart;
        if !first {
            self.fault(at, field, "two users have this id".to_owned());
            return Ok(None);
        }
        let body = body(DocumentKind::User, &id, &self.user.value)?;
        Ok(Some((id, body)))
    }

    /// A delegation that is right, as a document.
    fn delegation(
        &mut self,
        line: u32,
        listed: Listed,
    ) -> Result<Option<(String, Body)>, ChangeError> {
        let (id, delegation) = listed.into_parts();
        let at = place(line, delegation.from.at());
        let field = format!("delegations.{}", delegation.from);
        let derived = self.ids.next(&delegation);
        let id = id.map_or(derived, |id| id.to_string());
        for side in [&delegation.from, &delegation.to] {
            if !self.users.contains(side.as_str()) {
                let side = Text::new(side.to_string(), place(line, side.at()));
                self.unseen.push((side, field.clone()));
            }
        }
        let source = Source::new(self.user.file.clone(), delegation);
        let goal = self.goal;
        if let Err(found) = check_delegation(&goal.compiled, &source) {
            self.faults.extend(found.into_iter().map(|fault| at_least(fault, line)));
            return Ok(None);
        }
        let unseen = permesso_names::check(&id).map_err(|unseen| unseen.to_string());
        if !self.named(&id, unseen, at, &field) {
            return Ok(None);
        }
        if !self.delegations.insert(id.as_str().into()) {
            self.fault(at, field, format!("two delegations have the id `{id}`"));
            return Ok(None);
        }
        let body = body(DocumentKind::Delegation, &id, &source.value)?;
        Ok(Some((id, body)))
    }

    /// Whether a document can be called so; `fits` says whether anybody may.
    fn named(&mut self, id: &str, fits: Result<(), String>, at: Position, field: &str) -> bool {
        let wrong = match (check_name(id), fits) {
            (Ok(()), Ok(())) => return true,
            (Err(error), _) => error.to_string(),
            (_, Err(unfit)) => format!("the id {unfit}"),
        };
        self.fault(at, field.to_owned(), wrong);
        false
    }

    /// Somebody of whom the file told before and whose id looks like this one.
    fn twin(&mut self, id: &str) -> Option<Box<str>> {
        let looks = folded(id);
        let twin = match looks == id {
            true => None,
            false => self.users.get(&*looks).cloned(),
        };
        let twin = twin.or_else(|| self.folded.get(&*looks).filter(|twin| ***twin != *id).cloned());
        if looks != id {
            self.folded.insert((&*looks).into(), id.into());
        }
        twin
    }

    fn fault(&mut self, at: Position, field: String, message: String) {
        let file = self.user.file.clone();
        self.faults.push(Diagnostic { file, at, field, message, help: None });
    }

    async fn compare_users(
        &mut self,
        users: Vec<(String, Body)>,
        edited: &mut Vec<Edited>,
    ) -> Result<(), ChangeError> {
        let view = self.goal.view;
        let mut current = match self.nobody || users.is_empty() {
            true => BTreeMap::new(),
            false => {
                let ids: Vec<String> = users.iter().map(|(id, _)| id.clone()).collect();
                view.store().directory(view.realm(), &ids, &[]).await?.users
            }
        };
        for (id, after) in users {
            let before = current.remove(&id).map(|object| object.body);
            let first = edited.len();
            self.compare(DocumentKind::User, id, before, after, edited)?;
            if let Some(Edited { id, before: Some(before), after: Some(after), .. }) =
                edited.get(first)
                && is_invited(id, before)?
                && !is_invited(id, after)?
            {
                // The link in the invitation must not work once more.
                let id = id.clone();
                self.uninvite(id, edited).await?;
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        kind: DocumentKind,
        id: String,
        before: Option<Body>,
        after: Body,
        edited: &mut Vec<Edited>,
    ) -> Result<(), ChangeError> {
        if !same(kind, &id, before.as_ref(), Some(&after))? {
            edited.push(Edited { kind, id, before, after: Some(after) });
        } else if before.as_ref() != Some(&after) {
            self.reworded.insert((kind, id));
        }
        Ok(())
    }

    async fn uninvite(&self, id: String, edited: &mut Vec<Edited>) -> Result<(), ChangeError> {
        let kind = DocumentKind::Invitation;
        if let Some(object) = self.goal.view.object(kind, &id).await? {
            edited.push(Edited { kind, id, before: Some(object.body), after: None });
        }
        Ok(())
    }

    /// Everything was read.
    async fn end(&mut self) -> Result<(), ChangeError> {
        if let Some(reading) = self.reading.take() {
            match reading.await {
                Ok(Ok(pass)) => self.pass = Some(pass),
                Ok(Err(found)) => self.faults.extend(found),
                Err(error) => {
                    let message = format!("was not read to its end: {error}");
                    self.fault(Position::default(), String::new(), message);
                }
            }
        }
        for (side, field) in std::mem::take(&mut self.unseen) {
            if self.faults.len() >= FAULTS || self.users.contains(side.as_str()) {
                continue;
            }
            let known = !self.prunes().users
                && self.goal.view.object(DocumentKind::User, &side).await?.is_some();
            if !known {
                self.fault(side.at(), field, format!("unknown user `{side}`"));
            }
        }
        std::mem::take(&mut self.faults).or(())?;
        let prunes = self.prunes();
        self.stage = match prunes.users || prunes.delegations {
            true => Stage::Pruning(DocumentKind::User, String::new()),
            false => Stage::Done,
        };
        Ok(())
    }

    /// The users that were read; none where all others go.
    pub(super) fn told(&mut self) -> Option<HashSet<Box<str>>> {
        (!self.prunes().users).then(|| std::mem::take(&mut self.users))
    }

    /// The lists whose documents go where the bundle does not have them.
    fn prunes(&self) -> Lists {
        match &self.pass {
            Some(pass) if self.goal.how.prune => pass.lists,
            _ => Lists::default(),
        }
    }

    async fn prune(&mut self, kind: DocumentKind, after: &str) -> Result<Vec<Edited>, ChangeError> {
        let mut edited = Vec::new();
        let prunes = self.prunes();
        let view = self.goal.view;
        let next = if kind == DocumentKind::User {
            Stage::Pruning(DocumentKind::Delegation, String::new())
        } else {
            Stage::Done
        };
        if kind == DocumentKind::User && !prunes.users {
            self.stage = next;
            return Ok(edited);
        }
        let limit = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        let page = view.store().page(view.realm(), Which::All(kind.name()), after, limit).await?;
        self.stage = match page.last() {
            Some(last) if page.len() == AT_ONCE => Stage::Pruning(kind, last.id.clone()),
            _ => next,
        };
        for object in page {
            let goes = match kind {
                DocumentKind::User => !self.users.contains(object.id.as_str()),
                _ => self.delegation_goes(&object, prunes)?,
            };
            if goes {
                let id = object.id.clone();
                let before = Some(object.body);
                edited.push(Edited { kind, id: object.id, before, after: None });
                if kind == DocumentKind::User {
                    self.uninvite(id, &mut edited).await?;
                }
            }
        }
        Ok(edited)
    }

    /// A delegation goes with either side of it, whether delegations are listed or not.
    fn delegation_goes(&self, object: &Object, prunes: Lists) -> Result<bool, ChangeError> {
        if self.delegations.contains(object.id.as_str()) {
            return Ok(false);
        }
        let delegation: Delegation =
            document::read(DocumentKind::Delegation, &object.id, &object.body)?;
        let gone = |side: &Text| prunes.users && !self.users.contains(side.as_str());
        Ok(prunes.delegations || gone(&delegation.from) || gone(&delegation.to))
    }
}

fn is_invited(id: &str, body: &Body) -> Result<bool, ChangeError> {
    let user: User = document::read(DocumentKind::User, id, body)?;
    Ok(user.status == Status::Active && user.invitation == Invitation::Pending)
}

/// The place of something, which in a file of lines is the line.
fn place(line: u32, at: Position) -> Position {
    if at.line == 0 { Position { line, column: u32::from(line > 0) } } else { at }
}

fn at_least(mut fault: Diagnostic, line: u32) -> Diagnostic {
    fault.at = place(line, fault.at);
    fault
}
