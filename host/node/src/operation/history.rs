//! Going back.

use super::{Intended, Operation, Plan, body};
use crate::document::{Settings, read};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_auth::KeyRecord;
use permesso_store::{Body, LogQuery, Record};
use serde_json::json;
use std::collections::BTreeMap;

/// More records than this are not gone back over at once.
const FARTHEST: u64 = 100_000;
/// More documents than this are not restored in one record.
const DOCUMENTS: usize = 20_000;

/// What is never brought back: a secret that was replaced or withdrawn stays so, a link that was
/// used stays used, and what a node serves is settled by the node.
const fn stays(kind: DocumentKind) -> bool {
    matches!(
        kind,
        DocumentKind::Key
            | DocumentKind::Invitation
            | DocumentKind::Serving
            | DocumentKind::Catalog
    )
}

/// One change is undone, as a new one. Only where nothing that it wrote was written since.
#[derive(Debug, Clone, Copy)]
pub struct Undo {
    /// Its revision.
    pub revision: u64,
}

#[async_trait]
impl Operation for Undo {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.history.restore"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let record = record(view, self.revision).await?;
        let mut plan = Plan::new("history.undo").answer(json!({"undone": self.revision}));
        for edit in record.edits {
            let Some(kind) = DocumentKind::from_name(&edit.kind) else { continue };
            if kind == DocumentKind::Key {
                plan.edits.extend(acting_as_before(view, &edit.id, edit.before.as_ref()).await?);
            }
            if stays(kind) {
                continue;
            }
            let is = view.object(kind, &edit.id).await?;
            if is.as_ref().map(|object| &object.body) != edit.after.as_ref() {
                let revision = is.map_or(0, |object| object.revision);
                return Err(ChangeError::Stale {
                    kind,
                    id: edit.id,
                    expected: self.revision,
                    is: revision,
                    by: "a later change".to_owned(),
                    change: None,
                });
            }
            plan.edits.push((kind, edit.id, edit.before));
        }
        let plan = whole(view, plan)?;
        if plan.edits.is_empty() {
            return Err(ChangeError::Request {
                field: "revision".to_owned(),
                message: format!(
                    "revision {} changed nothing that is ever brought back",
                    self.revision
                ),
            });
        }
        Ok(plan)
    }
}

/// A key as it is, acting with the roles that it acted with: they only became others where a role
/// was renamed, and that name goes.
async fn acting_as_before(
    view: &View<'_>,
    id: &str,
    was: Option<&Body>,
) -> Result<Option<Intended>, ChangeError> {
    let kind = DocumentKind::Key;
    let (Some(was), Some(is)) = (was, view.object(kind, id).await?) else { return Ok(None) };
    let (was, mut is): (KeyRecord, KeyRecord) = (read(kind, id, was)?, read(kind, id, &is.body)?);
    if was.roles == is.roles {
        return Ok(None);
    }
    is.roles = was.roles;
    Ok(Some((kind, id.to_owned(), Some(body(kind, id, &is)?))))
}

async fn record(view: &View<'_>, revision: u64) -> Result<Record, ChangeError> {
    let query = LogQuery {
        after: Some(revision.saturating_sub(1)),
        before: Some(revision.saturating_add(1)),
        limit: 1,
        ..LogQuery::default()
    };
    let found = view.store().log(view.realm(), &query).await?.pop();
    found.ok_or_else(|| ChangeError::Request {
        field: "revision".to_owned(),
        message: format!("{} has no revision {revision}", view.realm()),
    })
}

/// A tenant becomes what it was at a revision, as a new change.
#[derive(Debug, Clone, Copy)]
pub struct Rollback {
    /// The revision.
    pub to: u64,
}

#[async_trait]
impl Operation for Rollback {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.history.restore"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let Changed { before, began } = changed_since(view, self.to).await?;
        if let Some(began) = began {
            return Err(ChangeError::Request {
                field: "revision".to_owned(),
                message: format!(
                    "the tenant began at revision {began}; what was before belongs to another \
                     one that had its name"
                ),
            });
        }
        let mut plan = Plan::new("history.rollback").answer(json!({"to": self.to}));
        for ((kind, id), was) in before {
            if kind == DocumentKind::Key {
                plan.edits.extend(acting_as_before(view, &id, was.as_ref()).await?);
            }
            let is = view.object(kind, &id).await?.map(|object| object.body);
            if is != was && !stays(kind) {
                plan.edits.push((kind, id, was));
            }
        }
        whole(view, plan)
    }
}

/// A plan that neither makes nor leaves half a tenant. What ends a tenant takes everything of it
/// away: going back would leave what was written since, for whoever gets that name next. One that
/// comes back is on its product's catalog as that is now.
fn whole(view: &View<'_>, plan: Plan) -> Result<Plan, ChangeError> {
    let settings = plan.edits.iter().find(|(kind, _, _)| *kind == DocumentKind::Settings);
    match settings {
        None => Ok(plan),
        Some((_, _, None)) => Err(ChangeError::Guarded {
            guard: "tenant-end",
            message: "that would end the tenant; delete it instead, with everything that it has"
                .to_owned(),
            users: None,
        }),
        Some(_) if view.settings().is_ok() => Ok(plan),
        Some((kind, id, Some(body))) => {
            let settings: Settings = read(*kind, id, body)?;
            let pin = view.node().product(&settings.product)?;
            plan.put(DocumentKind::Catalog, "product", &pin)
        }
    }
}

/// What was otherwise at a revision.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// What each document that was written since said then.
    pub(crate) before: BTreeMap<(DocumentKind, String), Option<Body>>,
    /// The first revision since at which the tenant came to be.
    pub(crate) began: Option<u64>,
}

/// What every document said at a revision that was written since.
///
/// # Errors
///
/// Where there is no such revision, or it is too far away.
pub(crate) async fn changed_since(view: &View<'_>, revision: u64) -> Result<Changed, ChangeError> {
    let refuse = |message: String| ChangeError::Request { field: "revision".to_owned(), message };
    let head = view.revision();
    if revision == 0 || revision > head {
        return Err(refuse(format!("{} has revisions 1 to {head}", view.realm())));
    }
    if head - revision > FARTHEST {
        return Err(refuse(format!("more than {FARTHEST} changes were made since {revision}")));
    }
    let mut changed = Changed::default();
    let mut after = revision;
    while after < head {
        let query = LogQuery {
            after: Some(after),
            before: Some(head + 1),
            limit: 200,
            ..LogQuery::default()
        };
        let records = view.store().log(view.realm(), &query).await?;
        let Some(last) = records.last() else { break };
        after = last.revision;
        let edits = records.into_iter().flat_map(|record| {
            let revision = record.revision;
            record.edits.into_iter().map(move |edit| (revision, edit))
        });
        for (revision, edit) in edits {
            let Some(kind) = DocumentKind::from_name(&edit.kind) else { continue };
            if kind == DocumentKind::Settings && edit.before.is_none() && edit.after.is_some() {
                changed.began.get_or_insert(revision);
            }
            changed.before.entry((kind, edit.id)).or_insert(edit.before);
        }
        if changed.before.len() > DOCUMENTS {
            return Err(refuse(format!(
                "more than {DOCUMENTS} documents were written since {revision}; restore a backup, \
                 or import an export of that time"
            )));
        }
    }
    Ok(changed)
}
