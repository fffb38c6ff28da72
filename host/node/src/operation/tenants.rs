//! Products and tenants.

use super::{Operation, Plan, all, body};
use crate::document::{CatalogPin, CatalogText, Settings};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_engine::model::User;
use permesso_store::{Body, Realm, Which};
use serde_json::json;

/// A product's catalog comes, or a new version of it. Every tenant of the product moves with it,
/// in the same transaction; where one of them does not compile under it, nothing changes.
#[derive(Debug, Clone)]
pub struct PublishProduct {
    /// The catalog, as YAML.
    pub text: String,
}

#[async_trait]
impl Operation for PublishProduct {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let (pin, catalog) = view.node().parse_catalog(&self.text)?;
        let product = catalog.source().value.product.to_string();
        let text = CatalogText {
            product: product.clone(),
            version: pin.version.clone(),
            text: self.text.clone(),
        };
        let mut plan = Plan::new("product.publish")
            .put(DocumentKind::Product, product.clone(), &pin)?
            .put(DocumentKind::CatalogText, pin.digest.clone(), &text)?
            .answer(json!({"product": product, "version": pin.version, "digest": pin.digest}));
        for (realm, on) in view.node().tenants_of(&product).await? {
            if on != pin {
                let after = body(DocumentKind::Catalog, "product", &pin)?;
                let edits = vec![(DocumentKind::Catalog, "product".to_owned(), Some(after))];
                plan.elsewhere.push((realm, edits));
            }
        }
        Ok(plan)
    }
}

/// A product goes. Its catalogs stay, for whoever asks what was decided under them.
#[derive(Debug, Clone)]
pub struct WithdrawProduct {
    /// The product.
    pub product: String,
}

#[async_trait]
impl Operation for WithdrawProduct {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        view.policy::<CatalogPin>(DocumentKind::Product, &self.product)?;
        let tenants = view.node().tenants_of(&self.product).await?.len();
        if tenants > 0 {
            return Err(ChangeError::Guarded {
                guard: "in-use",
                message: format!("{tenants} tenants use `{}`; delete them first", self.product),
                users: None,
            });
        }
        Ok(Plan::new("product.withdraw").remove(DocumentKind::Product, self.product.clone()))
    }
}

/// A tenant comes, with its first user where one is given.
#[derive(Debug, Clone)]
pub struct CreateTenant {
    /// What it is.
    pub settings: Settings,
    /// Who is to administer it.
    pub owner: Option<User>,
}

#[async_trait]
impl Operation for CreateTenant {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        if view.settings().is_ok() {
            let (realm, id) = (view.realm().clone(), "tenant".to_owned());
            return Err(ChangeError::Exists { realm, kind: DocumentKind::Settings, id });
        }
        let pin = view.node().product(&self.settings.product)?;
        let mut plan = Plan::new("tenant.create")
            .put(DocumentKind::Settings, "tenant", &self.settings)?
            .put(DocumentKind::Catalog, "product", &pin)?;
        if let Some(owner) = &self.owner {
            plan = plan.put(DocumentKind::User, owner.id.to_string(), owner)?;
        }
        Ok(plan)
    }
}

/// What a tenant is becomes something else. With another product its catalog changes too.
#[derive(Debug, Clone)]
pub struct ChangeSettings {
    /// What it is to be.
    pub settings: Settings,
}

#[async_trait]
impl Operation for ChangeSettings {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.tenant.edit", "permesso.tenant.plan", "permesso.roles.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let was = view.settings()?;
        let mut plan =
            Plan::new("tenant.update").put(DocumentKind::Settings, "tenant", &self.settings)?;
        if was.product != self.settings.product {
            let pin = view.node().product(&self.settings.product)?;
            plan = plan.put(DocumentKind::Catalog, "product", &pin)?;
        }
        Ok(plan)
    }
}

/// The same, by a document that may leave the list of tags out: it stays then. Without a list any
/// word is a tag, so nobody ends one by saying nothing.
#[derive(Debug, Clone)]
pub struct PutSettings {
    /// What it is to be.
    pub settings: Settings,
    /// Whether the list of tags goes, where none is given.
    pub unlist_tags: bool,
}

#[async_trait]
impl Operation for PutSettings {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.tenant.edit", "permesso.tenant.plan", "permesso.roles.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut settings = self.settings.clone();
        if settings.tags.is_some() && self.unlist_tags {
            return Err(ChangeError::Request {
                field: "unlist_tags".to_owned(),
                message: "the body lists tags; leave one of the two out".to_owned(),
            });
        }
        if settings.tags.is_none() && !self.unlist_tags {
            settings.tags = view.settings()?.tags;
        }
        ChangeSettings { settings }.plan(view).await
    }
}

/// A tenant goes, with everything but its log.
#[derive(Debug, Clone, Copy)]
pub struct DeleteTenant;

/// More users than this are not deleted in one record.
const AT_ONCE: usize = 10_000;

#[async_trait]
impl Operation for DeleteTenant {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        view.settings()?;
        let mut plan = Plan::new("tenant.delete");
        for kind in DocumentKind::OF_TENANTS {
            if kind.is_directory() {
                for id in all(view, kind, AT_ONCE).await? {
                    plan = plan.remove(kind, id);
                }
            } else {
                let ids: Vec<String> = view.documents(kind).map(|(id, _)| id.to_owned()).collect();
                plan.edits.extend(ids.into_iter().map(|id| (kind, id, None)));
            }
        }
        Ok(plan)
    }
}

/// Whoever makes a tenant gets nothing of a former one. What ends a tenant takes everything away,
/// so there is something only where an older version of this program ended it.
///
/// # Errors
///
/// Where there is something.
pub(crate) async fn begins_empty<'e>(
    view: &View<'_>,
    mut edits: impl Iterator<Item = (DocumentKind, Option<&'e Body>)>,
) -> Result<(), ChangeError> {
    let makes = |(kind, after): (DocumentKind, Option<&Body>)| {
        kind == DocumentKind::Settings && after.is_some()
    };
    if view.realm().tenant_id().is_none() || view.settings().is_ok() || !edits.any(makes) {
        return Ok(());
    }
    for kind in DocumentKind::OF_TENANTS {
        let page = view.store().page(view.realm(), Which::All(kind.name()), "", 1).await?;
        if let Some(left) = page.first() {
            return Err(ChangeError::Guarded {
                guard: "left-over",
                message: format!(
                    "the {kind} `{}` of a former tenant of this name is still there; choose \
                     another name",
                    left.id
                ),
                users: None,
            });
        }
    }
    Ok(())
}

/// The realm of a tenant.
///
/// # Errors
///
/// Where nothing can be called so.
pub fn realm(tenant: &str) -> Result<Realm, ChangeError> {
    Ok(Realm::tenant(tenant)?)
}
