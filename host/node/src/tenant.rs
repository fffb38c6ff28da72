//! One realm as a node has it: its documents at a revision, and what they compile to.

use crate::document::{self, CatalogPin};
use crate::error::ChangeError;
use crate::kind::Kind;
use crate::operation::serving::Component;
use arc_swap::ArcSwap;
use permesso_auth::KeyRecord;
use permesso_engine::compile::Compiled;
use permesso_engine::compile::subjects::{Need, Subjects};
use permesso_engine::load::Source;
use permesso_engine::model::{Catalog, Tenant};
use permesso_store::{Body, Changes, Contents, Edit, Object, Realm, feed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::{Mutex, watch};

/// The documents of a realm that are not read one by one, at one revision. What one revision
/// leaves as it was it shares with the one before: there may be ten thousand roles, and most
/// changes are about a user.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) revision: u64,
    documents: BTreeMap<Kind, Arc<BTreeMap<String, Arc<Object>>>>,
    pub(crate) tenant: Arc<Source<Tenant>>,
    pub(crate) catalog: Arc<Source<Catalog>>,
    /// None for the platform, and for a tenant that was deleted.
    pub(crate) compiled: Option<Arc<Compiled>>,
}

/// A realm that is followed.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) realm: Realm,
    pub(crate) state: ArcSwap<State>,
    /// Held by whoever changes it, so that writers of one process wait for one another instead of
    /// trying again.
    pub(crate) writing: Mutex<()>,
    /// Held by whoever takes over what the log says.
    pub(crate) following: Mutex<()>,
    /// The revision that is decided on.
    pub(crate) reached: watch::Sender<u64>,
    /// When the log was last known to be no further, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) fresh_at: AtomicI64,
}

impl Live {
    pub(crate) fn new(realm: Realm, now: i64) -> Self {
        Self {
            realm,
            state: ArcSwap::default(),
            writing: Mutex::default(),
            following: Mutex::default(),
            reached: watch::channel(0).0,
            fresh_at: AtomicI64::new(now),
        }
    }

    pub(crate) fn is_fresh_as_of(&self, at: i64) {
        self.fresh_at.fetch_max(at, Ordering::Relaxed);
    }
}

/// What a change of documents touches.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Whether the policy has to be compiled again.
    pub(crate) policy: bool,
    /// Whether keys came, changed or went.
    pub(crate) keys: bool,
    /// What of the directory is no longer what it was.
    pub(crate) directory: BTreeSet<Need>,
}

impl State {
    /// The documents of a realm, not compiled.
    pub(crate) fn of(contents: Contents) -> Result<Self, ChangeError> {
        let realm = contents.head.realm;
        let mut tenant = Source::new(realm.to_string(), Tenant::default());
        tenant.value.tenant = realm.tenant_id().unwrap_or_default().into();
        let mut documents: BTreeMap<Kind, BTreeMap<String, Arc<Object>>> = BTreeMap::new();
        for object in contents.objects {
            let Some(kind) = Kind::from_name(&object.kind) else { continue };
            document::apply(&mut tenant.value, kind, &object.id, Some(&object.body))?;
            documents.entry(kind).or_default().insert(object.id.clone(), Arc::new(object));
        }
        Ok(Self {
            revision: contents.head.revision,
            documents: documents.into_iter().map(|(kind, of)| (kind, Arc::new(of))).collect(),
            tenant: Arc::new(tenant),
            ..Self::default()
        })
    }

    /// The same after the log went on, not compiled.
    pub(crate) fn after(&self, changes: &Changes) -> Result<(Self, Touched), ChangeError> {
        let mut state = self.clone();
        state.revision = changes.head.revision;
        let mut touched = Touched::default();
        for record in changes.records.iter().flatten() {
            for edit in &record.edits {
                state.edit(edit, record.revision)?;
                touched.note(edit);
            }
        }
        touched.directory.extend(changes.delegates.iter().cloned().map(Need::User));
        Ok((state, touched))
    }

    /// The same if these documents became something else, not compiled.
    pub(crate) fn with(&self, edits: &[(Kind, String, Option<Body>)]) -> Result<Self, ChangeError> {
        let mut state = self.clone();
        state.revision += 1;
        for (kind, id, after) in edits {
            state.put(*kind, id, after.as_ref(), state.revision)?;
        }
        Ok(state)
    }

    fn edit(&mut self, edit: &Edit, revision: u64) -> Result<(), ChangeError> {
        match Kind::from_name(&edit.kind) {
            Some(kind) => self.put(kind, &edit.id, edit.after.as_ref(), revision),
            // Of a newer version of this program. What it means nobody here knows.
            None => Err(ChangeError::Request {
                field: "log".to_owned(),
                message: format!("a document of the kind `{}` is not known here", edit.kind),
            }),
        }
    }

    fn put(
        &mut self,
        kind: Kind,
        id: &str,
        after: Option<&Body>,
        revision: u64,
    ) -> Result<(), ChangeError> {
        if kind.is_directory() {
            return Ok(());
        }
        if kind.is_policy() {
            document::apply(&mut Arc::make_mut(&mut self.tenant).value, kind, id, after)?;
        }
        let documents = Arc::make_mut(self.documents.entry(kind).or_default());
        match after {
            Some(body) => {
                let object = Object {
                    kind: kind.name().to_owned(),
                    id: id.to_owned(),
                    body: body.clone(),
                    revision,
                };
                documents.insert(id.to_owned(), Arc::new(object));
            }
            None => {
                documents.remove(id);
            }
        }
        Ok(())
    }

    /// The documents of a kind, by id.
    pub(crate) fn documents(&self, kind: Kind) -> impl Iterator<Item = (&str, &Object)> {
        let documents = self.documents.get(&kind).into_iter().flat_map(|of| of.iter());
        documents.map(|(id, object)| (id.as_str(), &**object))
    }

    pub(crate) fn document(&self, kind: Kind, id: &str) -> Option<&Object> {
        self.documents.get(&kind)?.get(id).map(|object| &**object)
    }

    /// The version of the catalog that the tenant is on; none where it is no tenant, or no more.
    pub(crate) fn pin(&self) -> Result<Option<CatalogPin>, ChangeError> {
        match (self.document(Kind::Settings, "tenant"), self.document(Kind::Catalog, "product")) {
            (Some(_), Some(pin)) => document::read(Kind::Catalog, "product", &pin.body).map(Some),
            _ => Ok(None),
        }
    }

    /// The components that answer, as the log says: each family with its digest.
    pub(crate) fn served(&self) -> Result<Vec<(String, Option<String>)>, ChangeError> {
        self.documents(Kind::Serving)
            .map(|(family, object)| {
                let component: Component = document::read(Kind::Serving, family, &object.body)?;
                Ok((family.to_owned(), component.digest))
            })
            .collect()
    }

    /// The API keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = KeyRecord> {
        self.documents(Kind::Key)
            .filter_map(|(id, object)| document::read(Kind::Key, id, &object.body).ok())
    }

    pub(crate) fn subjects(&self) -> Option<&Arc<Subjects>> {
        self.compiled.as_ref().and_then(|compiled| compiled.subjects())
    }
}

impl Touched {
    fn note(&mut self, edit: &Edit) {
        let Some(kind) = Kind::from_name(&edit.kind) else { return };
        self.policy |= kind.is_policy();
        self.keys |= kind == Kind::Key;
        match kind {
            Kind::User => {
                self.directory.insert(Need::User(edit.id.clone()));
                let bodies = [&edit.before, &edit.after].into_iter().flatten();
                let roles = bodies.flat_map(feed::roles);
                self.directory.extend(roles.map(Need::Usage));
            }
            Kind::Delegation => {
                let bodies = [&edit.before, &edit.after].into_iter().flatten();
                let to = bodies.filter_map(feed::delegation).map(|(_, to)| to);
                self.directory.extend(to.map(Need::User));
            }
            _ => {}
        }
    }
}
