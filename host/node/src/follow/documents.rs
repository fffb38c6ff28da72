//! The documents of a realm that are not read one by one, at one revision.
//!
//! What one revision leaves as it was it shares with the one before: there may be ten thousand
//! roles, and an edit is about one of them. So the documents of a kind lie in blocks, of which an
//! edit makes one anew.

use crate::document::{self, CatalogPin};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::operation::Intended;
use crate::operation::serving::Component;
use permesso_auth::KeyRecord;
use permesso_engine::load::Source;
use permesso_engine::model::Tenant;
use permesso_store::{Body, Changes, Contents, DocumentEdit, Object, Realm};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The documents of a realm, and the tenant that they add up to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents {
    kinds: BTreeMap<DocumentKind, Blocks>,
    pub(crate) tenant: Arc<Source<Tenant>>,
    /// Bytes of those that are a policy.
    pub(crate) bytes: usize,
}

/// So many documents lie in one block; twice as many where others came in between.
const BLOCK: usize = 128;

/// Documents of one kind, in the order of their ids.
#[derive(Debug, Clone, Default)]
struct Blocks(Vec<Arc<Vec<Arc<Object>>>>);

impl Blocks {
    fn iter(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.0.iter().flat_map(|block| block.iter())
    }

    /// The block that has or would have a document.
    fn block(&self, id: &str) -> usize {
        let after = self.0.partition_point(|block| block.first().is_some_and(|one| *one.id <= *id));
        after.saturating_sub(1)
    }

    fn get(&self, id: &str) -> Option<&Arc<Object>> {
        let block = self.0.get(self.block(id))?;
        let place = block.binary_search_by(|one| one.id.as_str().cmp(id)).ok()?;
        block.get(place)
    }

    /// Puts a document in, or takes it out; the one that was there.
    fn put(&mut self, id: &str, object: Option<Arc<Object>>) -> Option<Arc<Object>> {
        if self.0.is_empty() {
            self.0.push(Arc::default());
        }
        let at = self.block(id);
        let block = Arc::make_mut(self.0.get_mut(at)?);
        let place = block.binary_search_by(|one| one.id.as_str().cmp(id));
        let before = match (place, object) {
            (Ok(place), Some(object)) => {
                block.get_mut(place).map(|slot| std::mem::replace(slot, object))
            }
            (Ok(place), None) => Some(block.remove(place)),
            (Err(place), Some(object)) => {
                block.insert(place, object);
                None
            }
            (Err(_), None) => None,
        };
        if block.len() > 2 * BLOCK {
            let rest = block.split_off(BLOCK);
            self.0.insert(at + 1, Arc::new(rest));
        } else if block.is_empty() {
            self.0.remove(at);
        }
        before
    }
}

impl Documents {
    /// The documents of a realm.
    pub(crate) fn of(contents: Contents) -> Result<Self, ChangeError> {
        let mut documents = Self::empty(&contents.head.realm);
        for object in contents.objects {
            // Of a newer version of this program. What it means nobody here knows.
            let Some(kind) = DocumentKind::from_name(&object.kind) else { continue };
            documents.place(kind, object)?;
        }
        Ok(documents)
    }

    /// A realm without documents.
    pub(crate) fn empty(realm: &Realm) -> Self {
        let mut tenant = Source::new(realm.to_string(), Tenant::default());
        tenant.value.tenant = realm.tenant_id().unwrap_or_default().into();
        Self { tenant: Arc::new(tenant), ..Self::default() }
    }

    /// The same after the log went on.
    pub(crate) fn after(&self, changes: &Changes) -> Result<Self, ChangeError> {
        let mut next = self.clone();
        for record in changes.records.iter().flatten() {
            for edit in &record.edits {
                next.edit(edit, record.revision)?;
            }
        }
        Ok(next)
    }

    /// The same if these documents became something else at a revision.
    pub(crate) fn with(&self, edits: &[Intended], revision: u64) -> Result<Self, ChangeError> {
        let mut next = self.clone();
        for (kind, id, after) in edits {
            next.put(*kind, id, after.as_ref(), revision)?;
        }
        Ok(next)
    }

    fn edit(&mut self, edit: &DocumentEdit, revision: u64) -> Result<(), ChangeError> {
        match DocumentKind::from_name(&edit.kind) {
            Some(kind) => self.put(kind, &edit.id, edit.after.as_ref(), revision),
            None => Err(ChangeError::Request {
                field: "log".to_owned(),
                message: format!("a document of the kind `{}` is not known here", edit.kind),
            }),
        }
    }

    fn put(
        &mut self,
        kind: DocumentKind,
        id: &str,
        after: Option<&Body>,
        revision: u64,
    ) -> Result<(), ChangeError> {
        if let Some(body) = after {
            let (kind_name, body) = (kind.name().to_owned(), body.clone());
            let object = Object { kind: kind_name, id: id.to_owned(), body, revision };
            return self.place(kind, object);
        }
        if kind.is_directory() {
            return Ok(());
        }
        if kind.is_policy() {
            document::apply(&mut Arc::make_mut(&mut self.tenant).value, kind, id, None)?;
        }
        let before = self.kinds.entry(kind).or_default().put(id, None);
        self.count(kind, before.as_deref(), None);
        Ok(())
    }

    fn place(&mut self, kind: DocumentKind, object: Object) -> Result<(), ChangeError> {
        if kind.is_directory() {
            return Ok(());
        }
        let (id, body) = (object.id.clone(), Some(&object.body));
        if kind.is_policy() {
            document::apply(&mut Arc::make_mut(&mut self.tenant).value, kind, &id, body)?;
        }
        let object = Arc::new(object);
        let before = self.kinds.entry(kind).or_default().put(&id, Some(Arc::clone(&object)));
        self.count(kind, before.as_deref(), Some(&object));
        Ok(())
    }

    fn count(&mut self, kind: DocumentKind, before: Option<&Object>, after: Option<&Object>) {
        if kind.is_policy() {
            let size = |object: Option<&Object>| object.map_or(0, |object| object.body.get().len());
            self.bytes = (self.bytes + size(after)).saturating_sub(size(before));
        }
    }

    /// The documents of a kind, by id.
    pub(crate) fn all(&self, kind: DocumentKind) -> impl Iterator<Item = (&str, &Object)> {
        let documents = self.kinds.get(&kind).into_iter().flat_map(Blocks::iter);
        documents.map(|object| (object.id.as_str(), &**object))
    }

    pub(crate) fn get(&self, kind: DocumentKind, id: &str) -> Option<&Object> {
        self.kinds.get(&kind)?.get(id).map(|object| &**object)
    }

    /// The version of the catalog that the tenant is on; none where it is no tenant, or no more.
    pub(crate) fn pin(&self) -> Result<Option<CatalogPin>, ChangeError> {
        match (
            self.get(DocumentKind::Settings, "tenant"),
            self.get(DocumentKind::Catalog, "product"),
        ) {
            (Some(_), Some(pin)) => {
                document::read(DocumentKind::Catalog, "product", &pin.body).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The components that answer, as the log says: each family with its digest.
    pub(crate) fn served(&self) -> Result<Vec<(String, Option<String>)>, ChangeError> {
        self.all(DocumentKind::Serving)
            .map(|(family, object)| {
                let component: Component =
                    document::read(DocumentKind::Serving, family, &object.body)?;
                Ok((family.to_owned(), component.digest))
            })
            .collect()
    }

    /// The API keys, by id. One that cannot be read is good for nothing.
    pub(crate) fn keys(&self) -> BTreeMap<String, Arc<KeyRecord>> {
        let keys = self.all(DocumentKind::Key);
        let keys = keys.filter_map(|(id, object)| {
            let key: KeyRecord = document::read(DocumentKind::Key, id, &object.body).ok()?;
            Some((id.to_owned(), Arc::new(key)))
        });
        keys.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn object(id: u16, says: u8) -> Object {
        let id = format!("{id}");
        Object { kind: "key".to_owned(), id, body: Body::of(&says).unwrap(), revision: 1 }
    }

    proptest! {
        #[test]
        fn blocks_hold_what_a_map_of_the_same_edits_holds(
            edits in prop::collection::vec((0_u16..900, prop::option::weighted(0.8, 0_u8..9)), 0..2000)
        ) {
            let mut blocks = Blocks::default();
            let mut map = BTreeMap::new();
            for (id, says) in edits {
                let new = says.map(|says| Arc::new(object(id, says)));
                let before = blocks.put(&id.to_string(), new.clone());
                let was = match new {
                    Some(new) => map.insert(id.to_string(), new),
                    None => map.remove(&id.to_string()),
                };
                prop_assert_eq!(before, was);
                prop_assert_eq!(blocks.get(&id.to_string()), map.get(&id.to_string()));
            }
            let held: Vec<_> = blocks.iter().cloned().collect();
            let wanted: Vec<_> = map.into_values().collect();
            prop_assert_eq!(held, wanted);
            prop_assert!(blocks.0.iter().all(|block| !block.is_empty() && block.len() <= 2 * BLOCK));
        }

        #[test]
        fn an_edit_makes_one_block_anew(count in 1_u16..2000, which in 0_u16..2000) {
            let mut blocks = Blocks::default();
            for id in 0..count {
                blocks.put(&id.to_string(), Some(Arc::new(object(id, 0))));
            }
            let before = blocks.clone();
            blocks.put(&(which % count).to_string(), Some(Arc::new(object(which % count, 1))));
            let same = |(one, other): (&Arc<Vec<_>>, &Arc<Vec<_>>)| Arc::ptr_eq(one, other);
            let shared = before.0.iter().zip(&blocks.0).filter(|pair| same(*pair)).count();
            prop_assert_eq!(shared + 1, before.0.len());
        }
    }
}
