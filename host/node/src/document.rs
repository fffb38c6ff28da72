//! What the documents of a tenant say, and the tenant that they add up to.

use crate::error::ChangeError;
use crate::kept;
use crate::kind::DocumentKind;
use permesso_engine::load;
use permesso_engine::model::{
    self, Access, Assignment, Exposure, FamilySettings, Item, Policy, Program, Role, SharingRule,
    Tag, Tenant, Text,
};
use permesso_store::Body;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a tenant is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The product that it uses.
    pub product: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The plan, one of the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// What was bought on top of the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addons: Vec<String>,
    /// The roles that every user holds, in place of the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Vec<Assignment>>,
    /// The tags that users may carry. Where they are listed there are no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Tag>>,
    /// Other tenants whose ids look like this one's, and are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
}

/// Which version of its product's catalog a tenant is on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogPin {
    /// The version, as the catalog says it.
    pub version: String,
    /// The SHA-256 of its text, in hexadecimal.
    pub digest: String,
}

/// One version of a catalog, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogText {
    /// The product.
    pub product: String,
    /// The version.
    pub version: String,
    /// The YAML, with its comments.
    pub text: String,
}

/// A team. Its path is its id: `US/South` lies below `US`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The roles that its members hold, and those of the teams below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Assignment>,
    /// Others that look like this one, and are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distinct_from: Vec<Text>,
}

/// What a kind of content shares where a record does not say so itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharingDefault {
    /// How much.
    pub outcome: Exposure,
}

/// What a document says.
///
/// # Errors
///
/// What is wrong with it, with its place in the text.
pub(crate) fn read<T: DeserializeOwned>(
    kind: DocumentKind,
    id: &str,
    body: &Body,
) -> Result<T, ChangeError> {
    kept::read(body).map_err(|error| ChangeError::Document {
        kind,
        id: id.to_owned(),
        why: load::plain(&error.to_string()).in_json().to_string(),
    })
}

/// Puts one document in its place in a tenant, or takes it out.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn apply(
    tenant: &mut Tenant,
    kind: DocumentKind,
    id: &str,
    body: Option<&Body>,
) -> Result<(), ChangeError> {
    match kind {
        DocumentKind::Settings => {
            let settings: Settings = match body {
                Some(body) => read(kind, id, body)?,
                None => Settings::default(),
            };
            tenant.product = settings.product.into();
            tenant.title = settings.title;
            tenant.plan = settings.plan.map(Text::from);
            tenant.addons = settings.addons.into_iter().map(Text::from).collect();
            tenant.baseline = settings.baseline;
            tenant.tags = settings.tags;
            tenant.distinct_from = settings.distinct_from;
        }
        DocumentKind::Team => {
            let team = body.map(|body| read::<Team>(kind, id, body)).transpose()?;
            let team = team.map(|Team { title, roles, distinct_from }| model::Team {
                path: id.into(),
                title,
                roles,
                distinct_from,
            });
            put(&mut tenant.teams, id, team, |team| &team.path);
        }
        DocumentKind::Role => {
            let mut role: Option<Role> = named(kind, id, body, |role: &Role| &role.id)?;
            role.iter_mut().for_each(Role::shrink_to_fit);
            put(&mut tenant.roles, id, role.map(Arc::new), |role| &role.id);
        }
        DocumentKind::Policy => {
            let policy: Option<Policy> = named(kind, id, body, |policy: &Policy| &policy.id)?;
            put(&mut tenant.policies, id, policy.map(Arc::new), |policy| &policy.id);
        }
        DocumentKind::Program => {
            let program: Option<Program> = named(kind, id, body, |program: &Program| &program.id)?;
            put(&mut tenant.programs, id, program.map(Arc::new), |program| &program.id);
        }
        DocumentKind::Closed => {
            let item: Option<Item> = body.map(|body| read(kind, id, body)).transpose()?;
            if let Some(item) = &item
                && closed_id(item) != id
            {
                return Err(misnamed(kind, id, &closed_id(item)));
            }
            tenant.closed.retain(|item| closed_id(item) != id);
            tenant.closed.extend(item);
            tenant.closed.sort_by_key(closed_id);
        }
        DocumentKind::SharingDefault => match body {
            Some(body) => {
                let default: SharingDefault = read(kind, id, body)?;
                Arc::make_mut(&mut tenant.sharing).defaults.insert(id.to_owned(), default.outcome);
            }
            None => {
                Arc::make_mut(&mut tenant.sharing).defaults.remove(id);
            }
        },
        DocumentKind::SharingPolicy | DocumentKind::SharingOverride => {
            let rule = named(kind, id, body, |rule: &SharingRule| &rule.id)?;
            let sharing = Arc::make_mut(&mut tenant.sharing);
            let rules = match kind {
                DocumentKind::SharingPolicy => &mut sharing.policies,
                _ => &mut sharing.overrides,
            };
            put(rules, id, rule, |rule| &rule.id);
        }
        DocumentKind::Family => match body {
            Some(body) => {
                let settings: FamilySettings = read(kind, id, body)?;
                tenant.families.insert(id.to_owned(), Arc::new(settings));
            }
            None => {
                tenant.families.remove(id);
            }
        },
        DocumentKind::Catalog
        | DocumentKind::Serving
        | DocumentKind::Key
        | DocumentKind::User
        | DocumentKind::Delegation
        | DocumentKind::Invitation
        | DocumentKind::Product
        | DocumentKind::CatalogText => {}
    }
    Ok(())
}

/// By what an item that stays closed is found.
#[must_use]
pub(crate) fn closed_id(item: &Item) -> String {
    let access = match item.access {
        Access::View => "view",
        Access::Edit => "edit",
    };
    format!("{}/{}/{access}", item.kind, item.id)
}

/// A document that says its own id, which has to be the one that it is kept under.
pub(crate) fn named<T: DeserializeOwned>(
    kind: DocumentKind,
    id: &str,
    body: Option<&Body>,
    name: impl Fn(&T) -> &str,
) -> Result<Option<T>, ChangeError> {
    let value: Option<T> = body.map(|body| read(kind, id, body)).transpose()?;
    match &value {
        Some(value) if name(value) != id => Err(misnamed(kind, id, name(value))),
        _ => Ok(value),
    }
}

fn misnamed(kind: DocumentKind, id: &str, says: &str) -> ChangeError {
    let why = format!("it says that its id is `{says}`");
    ChangeError::Document { kind, id: id.to_owned(), why }
}

/// Lists are kept in the order of their ids, so that nothing depends on the order of edits.
fn put<T>(list: &mut Vec<T>, id: &str, value: Option<T>, name: impl Fn(&T) -> &str) {
    let place = list.binary_search_by(|item| name(item).cmp(id));
    match (place, value) {
        (Ok(place), Some(value)) => {
            if let Some(slot) = list.get_mut(place) {
                *slot = value;
            }
        }
        (Ok(place), None) => {
            list.remove(place);
        }
        (Err(place), Some(value)) => list.insert(place, value),
        (Err(_), None) => {}
    }
}
