//! A tenant as files, of one revision however long it takes.
//!
//! Users are read in pages while others go on writing. Whatever the log says of a document since
//! the revision of the export is put back as it was, page by page, so an export never begins
//! again and never holds more than a page and what was written meanwhile.

use super::canonical::{canonical, tree};
use super::emit;
use super::people::Ids;
use super::tree::Tree;
use crate::document;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::node::{Look, Node};
use crate::view::View;
use permesso_engine::model::Delegation;
use permesso_store::{Body, LogQuery, Realm, Which};
use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::sync::Arc;

/// How many documents are read together.
const PAGE: u32 = 1000;
/// How many records are looked at together. Each may hold a thousand documents.
const RECORDS: u32 = 50;
/// More documents than this are not put back: somebody writes faster than this reads.
const PUT_BACK: usize = 100_000;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportPart {
    /// Everything, as one file of YAML.
    All,
    /// What stands in a `tenant.yaml`.
    Tenant,
    /// What stands in a `people.yaml`.
    People,
    /// What stands in a `people.jsonl`: a user each, or `{"delegation": {...}}`.
    Lines,
}

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The tenant cannot be read.
    #[error(transparent)]
    Tenant(#[from] ChangeError),
    /// What was read cannot be written.
    #[error("cannot write the export: {0}")]
    Write(#[from] io::Error),
}

/// What was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// The revision that it is of.
    pub revision: u64,
    /// How many users.
    pub users: u64,
    /// How many delegations.
    pub delegations: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// A tenant on its way into a file, piece by piece.
#[derive(Debug)]
pub struct Export {
    node: Arc<Node>,
    realm: Realm,
    look: Look,
    part: ExportPart,
    stage: Stage,
    /// What documents were that became something else since.
    was: BTreeMap<(DocumentKind, String), Option<Body>>,
    /// The revision up to which the log was looked at.
    followed: u64,
    ids: Ids,
    done: Exported,
}

#[derive(Debug)]
enum Stage {
    Policy,
    /// After an id of a kind, and whether its list has begun.
    People(DocumentKind, String, bool),
    Done,
}

impl Export {
    /// Of a tenant as it is on this node.
    ///
    /// # Errors
    ///
    /// Where there is no such tenant.
    pub async fn of(
        node: &Arc<Node>,
        realm: &Realm,
        part: ExportPart,
    ) -> Result<Self, ChangeError> {
        let look = node.look(realm).await?;
        look.view(node).settings()?;
        Ok(Self::at(node, realm, look, part))
    }

    /// Another part of the same tenant, at the same revision.
    #[must_use]
    pub fn and(&self, part: ExportPart) -> Self {
        Self::at(&self.node, &self.realm, self.look.clone(), part)
    }

    fn at(node: &Arc<Node>, realm: &Realm, look: Look, part: ExportPart) -> Self {
        let revision = look.view(node).revision();
        let stage = match part {
            ExportPart::All | ExportPart::Tenant => Stage::Policy,
            ExportPart::People | ExportPart::Lines => {
                Stage::People(DocumentKind::User, String::new(), false)
            }
        };
        Self {
            node: Arc::clone(node),
            realm: realm.clone(),
            look,
            part,
            stage,
            was: BTreeMap::new(),
            followed: revision,
            ids: Ids::default(),
            done: Exported { revision, ..Exported::default() },
        }
    }

    /// What was exported so far.
    #[must_use]
    pub const fn so_far(&self) -> Exported {
        self.done
    }

    /// The next piece of the text; nothing at the end.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read, or others write faster than this reads.
    pub async fn next(&mut self) -> Result<Option<String>, ChangeError> {
        loop {
            let mut out = String::new();
            match mem::replace(&mut self.stage, Stage::Done) {
                Stage::Done => return Ok(None),
                Stage::Policy => {
                    policy(&mut out, &self.look.view(&self.node))?;
                    if self.part == ExportPart::All {
                        self.stage = Stage::People(DocumentKind::User, String::new(), false);
                    }
                }
                Stage::People(kind, after, begun) => {
                    self.page(&mut out, kind, &after, begun).await?;
                }
            }
            if !out.is_empty() {
                self.done.bytes += out.len() as u64;
                return Ok(Some(out));
            }
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next), and where it cannot be written.
    pub async fn write(mut self, to: &mut (dyn io::Write + Send)) -> Result<Exported, ExportError> {
        while let Some(piece) = self.next().await? {
            to.write_all(piece.as_bytes())?;
        }
        to.flush()?;
        Ok(self.done)
    }

    async fn page(
        &mut self,
        out: &mut String,
        kind: DocumentKind,
        after: &str,
        mut begun: bool,
    ) -> Result<(), ChangeError> {
        let store = self.node.store();
        let page = store.page(&self.realm, Which::All(kind.name()), after, PAGE).await?;
        let last = page.last().filter(|_| page.len() == PAGE as usize);
        let last = last.map(|object| object.id.clone());
        let mut found: BTreeMap<String, Body> =
            page.into_iter().map(|object| (object.id, object.body)).collect();
        self.follow().await?;
        // As it was, as far as this page goes.
        for ((of, id), body) in self.was.range((kind, after.to_owned())..) {
            let here =
                *of == kind && id.as_str() > after && last.as_ref().is_none_or(|last| id <= last);
            match body {
                Some(body) if here => found.insert(id.clone(), body.clone()),
                None if here => found.remove(id),
                _ => None,
            };
        }
        for (id, body) in &found {
            self.person(out, kind, id, body, &mut begun)?;
        }
        self.stage = match (last, kind) {
            (Some(last), _) => Stage::People(kind, last, begun),
            (None, DocumentKind::User) => {
                Stage::People(DocumentKind::Delegation, String::new(), false)
            }
            (None, _) => Stage::Done,
        };
        Ok(())
    }

    fn person(
        &mut self,
        out: &mut String,
        kind: DocumentKind,
        id: &str,
        body: &Body,
        begun: &mut bool,
    ) -> Result<(), ChangeError> {
        // What the id is made of when it is read back is not written down.
        let id_needed = match kind {
            DocumentKind::Delegation => {
                let delegation: Delegation = document::read(kind, id, body)?;
                self.done.delegations += 1;
                self.ids.next(&delegation) != id
            }
            _ => {
                self.done.users += 1;
                false
            }
        };
        if self.part == ExportPart::Lines {
            line(out, kind, id_needed.then_some(id), &canonical(kind, id, body)?);
            return Ok(());
        }
        if !mem::replace(begun, true) {
            emit::key(out, if kind == DocumentKind::User { "users" } else { "delegations" });
        }
        let mut tree = tree(kind, id, body)?;
        if id_needed && let Tree::Map(entries) = &mut tree {
            entries.insert(0, ("id".to_owned(), Tree::text(id)));
        }
        emit::item(out, &tree);
        Ok(())
    }

    /// Finds out what became something else since, up to now.
    async fn follow(&mut self) -> Result<(), ChangeError> {
        let store = self.node.store();
        let head = store.head(&self.realm).await?.revision;
        while self.followed < head {
            let query = LogQuery {
                after: Some(self.followed),
                before: Some(head + 1),
                limit: RECORDS,
                ..LogQuery::default()
            };
            let records = store.log(&self.realm, &query).await?;
            let Some(last) = records.last() else { break };
            self.followed = last.revision;
            for edit in records.into_iter().flat_map(|record| record.edits) {
                let kind = DocumentKind::from_name(&edit.kind);
                if let Some(kind @ (DocumentKind::User | DocumentKind::Delegation)) = kind {
                    self.was.entry((kind, edit.id)).or_insert(edit.before);
                }
            }
            if self.was.len() > PUT_BACK {
                return Err(ChangeError::Busy(self.realm.clone()));
            }
        }
        Ok(())
    }
}

fn line(out: &mut String, kind: DocumentKind, id: Option<&str>, body: &Body) {
    if kind != DocumentKind::Delegation {
        out.push_str(body.get());
        out.push('\n');
        return;
    }
    out.push_str("{\"delegation\":");
    match id {
        Some(id) => {
            out.push_str("{\"id\":");
            out.push_str(&serde_json::Value::from(id).to_string());
            out.push(',');
            out.push_str(body.get().get(1..).unwrap_or_default());
        }
        None => out.push_str(body.get()),
    }
    out.push_str("}\n");
}

/// What stands in a `tenant.yaml`.
fn policy(out: &mut String, view: &View<'_>) -> Result<(), ChangeError> {
    emit::entry(out, "tenant", &Tree::text(view.realm().tenant_id().unwrap_or_default()));
    let of = |kind: DocumentKind| -> Result<Vec<(String, Tree)>, ChangeError> {
        let documents = view.documents(kind);
        documents.map(|(id, object)| Ok((id.to_owned(), tree(kind, id, &object.body)?))).collect()
    };
    for (_, settings) in of(DocumentKind::Settings)? {
        if let Tree::Map(entries) = settings {
            entries.iter().for_each(|(key, value)| emit::entry(out, key, value));
        }
    }
    for (_, pin) in of(DocumentKind::Catalog)? {
        emit::entry(out, "catalog", &pin);
    }
    let teams = of(DocumentKind::Team)?.into_iter().map(|(path, mut team)| {
        let more = ["title", "roles", "distinct_from"].into_iter().filter_map(|key| {
            let value = team.take(key)?;
            Some((key.to_owned(), value))
        });
        let more: Vec<(String, Tree)> = more.collect();
        if more.is_empty() {
            return Tree::Text(path);
        }
        let path = ("path".to_owned(), Tree::Text(path));
        Tree::Map(std::iter::once(path).chain(more).collect())
    });
    some(out, "teams", Tree::List(teams.collect()));
    let list = |kind: DocumentKind| -> Result<Tree, ChangeError> {
        Ok(Tree::List(of(kind)?.into_iter().map(|(_, value)| value).collect()))
    };
    for (key, kind) in [
        ("roles", DocumentKind::Role),
        ("policies", DocumentKind::Policy),
        ("programs", DocumentKind::Program),
        ("closed", DocumentKind::Closed),
    ] {
        some(out, key, list(kind)?);
    }
    let defaults = of(DocumentKind::SharingDefault)?.into_iter();
    let defaults = defaults.map(|(id, mut default)| {
        let outcome = default.take("outcome").unwrap_or(Tree::Null);
        (id, outcome)
    });
    let sharing = [
        ("defaults", Tree::Map(defaults.collect())),
        ("policies", list(DocumentKind::SharingPolicy)?),
        ("overrides", list(DocumentKind::SharingOverride)?),
    ];
    let sharing = sharing.into_iter().filter(|(_, value)| !value.is_empty());
    let sharing = sharing.map(|(key, value)| (key.to_owned(), value));
    some(out, "sharing", Tree::Map(sharing.collect()));
    some(out, "families", Tree::Map(of(DocumentKind::Family)?));
    Ok(())
}

fn some(out: &mut String, key: &str, value: Tree) {
    if !value.is_empty() {
        emit::entry(out, key, &value);
    }
}
