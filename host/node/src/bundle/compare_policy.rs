//! The policy of a bundle against the policy of a tenant.
//!
//! The checks of a change know documents; whoever wrote a file wants to know the line. So a
//! bundle is compiled as it stands in its files before anything is made of it, and every fault
//! is found there first.

use super::canonical::same;
use super::parsed::Bundle;
use crate::document::CatalogPin;
use crate::edit::Edited;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::operation::body;
use crate::view::View;
use permesso_engine::compile::{Compiled, Definition, PeopleFrom, compile};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load::Source;
use permesso_engine::model::Directory;
use permesso_store::{Body, LogQuery};
use std::collections::BTreeMap;

/// How a bundle is compared with a tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compare {
    /// Whether users and delegations that the bundle does not have are removed. Those of a list
    /// that the bundle does not give at all are left alone in any case; of the policy everything
    /// goes that it does not have.
    pub prune: bool,
    /// Whether the bundle may be one of a tenant with another name.
    pub any_tenant: bool,
    /// The revision that the tenant has to be at.
    pub expected: Option<u64>,
}

/// The kinds of documents that make up the policy of a bundle.
pub(super) const POLICY: [DocumentKind; 10] = [
    DocumentKind::Settings,
    DocumentKind::Team,
    DocumentKind::Role,
    DocumentKind::Policy,
    DocumentKind::Program,
    DocumentKind::Closed,
    DocumentKind::SharingDefault,
    DocumentKind::SharingPolicy,
    DocumentKind::SharingOverride,
    DocumentKind::Family,
];

/// What a tenant is to be.
pub(super) struct Goal<'a> {
    pub(super) view: View<'a>,
    pub(super) bundle: &'a Bundle,
    pub(super) how: Compare,
    /// The documents of the policy that become something else.
    pub(super) edited: Vec<Edited>,
    /// The bundle's policy; its people are checked against it.
    pub(super) compiled: Compiled,
}

impl<'a> Goal<'a> {
    pub(super) async fn of(
        view: View<'a>,
        bundle: &'a Bundle,
        how: Compare,
    ) -> Result<Self, ChangeError> {
        expect(&view, how.expected).await?;
        check_name(&view, bundle, how)?;
        let was = view.settings().ok();
        let mut edited = Vec::new();
        // With another product, or where there is nothing yet, the catalog is the current one.
        let stays = was.is_some_and(|was| was.product == *bundle.tenant.value.product);
        let pin: CatalogPin = match stays {
            true => view.pin()?,
            false => {
                let pin = view.node.product(&bundle.tenant.value.product)?;
                let after = body(DocumentKind::Catalog, "product", &pin)?;
                push(&view, &mut edited, DocumentKind::Catalog, "product", Some(after))?;
                pin
            }
        };
        let catalog = view.node.catalog(&pin).await?;
        let compiled = compile(&Definition {
            catalog: &catalog,
            tenant: &bundle.tenant,
            people: PeopleFrom::Directory(&Source::<Directory>::default()),
            families: &view.node.components().families(),
            revision: view.revision() + 1,
            lenient: false,
            before: None,
        })?;
        let wanted = wanted(bundle)?;
        for kind in POLICY {
            let wanted = wanted.get(&kind);
            for (id, after) in wanted.into_iter().flatten() {
                push(&view, &mut edited, kind, id, Some(after.clone()))?;
            }
            let goes = |id: &str| wanted.is_none_or(|wanted| !wanted.contains_key(id));
            for (id, _) in view.documents(kind).filter(|(id, _)| goes(id)) {
                push(&view, &mut edited, kind, id, None)?;
            }
        }
        Ok(Self { view, bundle, how, edited, compiled })
    }
}

/// Whether the tenant is where the caller thinks that it is.
async fn expect(view: &View<'_>, expected: Option<u64>) -> Result<(), ChangeError> {
    let is = view.revision();
    let Some(expected) = expected.filter(|expected| *expected != is) else { return Ok(()) };
    let query = LogQuery {
        before: Some(is.saturating_add(1)),
        newest_first: true,
        limit: 1,
        ..LogQuery::default()
    };
    let change = view.store().log(view.realm, &query).await?.pop().map(Box::new);
    Err(ChangeError::Moved { realm: view.realm.clone(), expected, is, change })
}

/// Whether it is the tenant that the bundle is of: the wrong file would replace everything.
fn check_name(view: &View<'_>, bundle: &Bundle, how: Compare) -> Result<(), ChangeError> {
    let says = &bundle.tenant.value.tenant;
    match view.realm.tenant_id() {
        Some(id) if how.any_tenant || says.as_str() == id => Ok(()),
        Some(id) => {
            let message = format!(
                "this is `{says}` and not `{id}`; take the other one's file, or say that the \
                 tenant may have another name"
            );
            Err(Diagnostics::from(bundle.fault(says.at(), "tenant", message)).into())
        }
        None => Err(ChangeError::Request {
            field: "tenant".to_owned(),
            message: "the platform is no tenant".to_owned(),
        }),
    }
}

/// The documents of the bundle, by kind and id.
fn wanted(bundle: &Bundle) -> Result<BTreeMap<DocumentKind, BTreeMap<String, Body>>, ChangeError> {
    let mut found = Diagnostics::default();
    let mut wanted: BTreeMap<DocumentKind, BTreeMap<String, Body>> = BTreeMap::new();
    for document in bundle.documents()? {
        let field = format!("{}.{}", document.kind, document.id);
        if let Err(error) = permesso_store::check_name(&document.id) {
            found.push(bundle.fault(document.at, &field, error.to_string()));
            continue;
        }
        let of = wanted.entry(document.kind).or_default();
        if of.insert(document.id.clone(), document.body).is_some() {
            let message = format!("there are two of the kind `{}` with this id", document.kind);
            found.push(bundle.fault(document.at, &field, message));
        }
    }
    Ok(found.or(wanted)?)
}

fn push(
    view: &View<'_>,
    edited: &mut Vec<Edited>,
    kind: DocumentKind,
    id: &str,
    after: Option<Body>,
) -> Result<(), ChangeError> {
    let before = view.before(kind, id).cloned();
    if !same(kind, id, before.as_ref(), after.as_ref())? {
        edited.push(Edited { kind, id: id.to_owned(), before, after });
    }
    Ok(())
}
