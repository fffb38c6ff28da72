//! What a row says of its world, laid over the documents of a folder.

use super::row::{Row, RowError, RowSubject, attributes, said};
use crate::folder::TenantFolder;
use permesso_engine::model::{
    Delegation, Directory, Policy, Program, Role, Scope, Tenant, Text, User,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The tenant as a row would have it.
pub(super) fn tenant(folder: &TenantFolder, row: &Row) -> Result<Tenant, RowError> {
    let mut tenant = folder.tenant.value.clone();
    if let Some(id) = &row.subject.tenant {
        tenant.tenant = id.as_str().into();
    }
    if let Some(plan) = &row.context.plan {
        tenant.plan = Some(plan.as_str().into());
    }
    for (id, definition) in &row.context.role_definitions {
        let role = role(folder, &tenant, id, definition)?;
        tenant.roles.retain(|other| other.id != role.id);
        tenant.roles.push(Arc::new(role));
    }
    for (id, definition) in &row.context.policy_definitions {
        let mut policy: Policy = define("policy", id, definition, &["id", "label", "grants"])?;
        named_alike("policy", id, definition)?;
        policy.id = id.as_str().into();
        tenant.policies.retain(|other| other.id != policy.id);
        tenant.policies.push(Arc::new(policy));
    }
    if let Some(programs) = &row.context.eaps {
        tenant.programs = programs
            .iter()
            .map(|definition| {
                let id = definition.get("id").and_then(Value::as_str).unwrap_or_default();
                let known = ["id", "name", "description", "match", "gives"];
                define::<Program>("program", id, definition, &known).map(Arc::new)
            })
            .collect::<Result<_, _>>()?;
    }
    Ok(tenant)
}

/// A role of the row. One that is a duplicate begins with the grants of its original, less those
/// that it removes.
fn role(
    folder: &TenantFolder,
    tenant: &Tenant,
    id: &str,
    definition: &Value,
) -> Result<Role, RowError> {
    let known = [
        "id",
        "label",
        "description",
        "reach",
        "adjustable",
        "policies",
        "grants",
        "editable",
        "deletable",
        "duplicate_of",
    ];
    let mut role: Role = define("role", id, definition, &known)?;
    named_alike("role", id, definition)?;
    role.id = id.into();
    if let Some(original) = &role.duplicate_of {
        let standard = &folder.catalog.source().value.standard_roles;
        let mut roles = tenant.roles.iter().map(|role| &**role).chain(standard);
        let original = roles.find(|other| other.id == *original);
        let removed: Vec<&str> = definition
            .get("removes")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let mut grants = original.map(|role| role.grants.clone()).unwrap_or_default();
        for grant in &mut grants {
            grant.except.extend(removed.iter().map(|name| Text::from(*name)));
        }
        grants.retain(|grant| {
            !grant.permission.as_ref().is_some_and(|name| removed.contains(&name.as_str()))
        });
        grants.append(&mut role.grants);
        role.grants = grants;
    }
    Ok(role)
}

/// Refuses a definition under another name than it says itself.
fn named_alike(what: &str, id: &str, definition: &Value) -> Result<(), RowError> {
    match definition.get("id").and_then(Value::as_str).filter(|own| *own != id) {
        None => Ok(()),
        Some(own) => Err(RowError::Definition {
            definition: format!("the {what} `{id}`"),
            message: format!("says that its id is `{own}`; give it one name"),
        }),
    }
}

/// Reads a definition, leaving out members that are for people. A grant without a scope is one
/// of a toggle: on.
fn define<T: DeserializeOwned>(
    what: &str,
    id: &str,
    definition: &Value,
    known: &[&str],
) -> Result<T, RowError> {
    let error = |message: String| RowError::Definition {
        definition: format!("the {what} `{id}`"),
        message,
    };
    let Value::Object(map) = definition else {
        return Err(error("has to be an object".to_owned()));
    };
    let mut kept: Map<String, Value> = map
        .iter()
        .filter(|(name, value)| known.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(Value::Array(grants)) = kept.get_mut("grants") {
        for grant in grants.iter_mut().filter_map(Value::as_object_mut) {
            grant.entry("scope").or_insert_with(|| json!(Scope::ALL.to_string()));
        }
    }
    serde_json::from_value(Value::Object(kept)).map_err(|source| error(said(&source)))
}

/// Whether the subject of a row is the user whom the directory has, as it has them.
pub(super) fn is_as_known(row: &Row, is_user: impl Fn(&str) -> bool) -> bool {
    let subject = &row.subject;
    is_user(&subject.user) && subject.is_only_named() && row.context.copied_from.is_none()
}

/// Those whom the record of a row names, where the product shares what is theirs: the row says
/// that they are somebody.
pub(super) fn named<'r>(folder: &TenantFolder, row: &'r Row) -> Vec<&'r str> {
    let relations = folder.catalog.source().value.sharing.by.iter();
    relations.flat_map(|relation| texts_of(row.resource.attrs.get(relation.as_str()))).collect()
}

/// A text, or the texts of a list.
pub(super) fn texts_of(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The people as a row would have them.
pub(super) fn directory(folder: &TenantFolder, row: &Row) -> Directory {
    let mut directory = folder.directory.value.clone();
    let subject = &row.subject;
    let as_known = is_as_known(row, |id| directory.users.iter().any(|user| *user.id == *id));
    if !as_known {
        directory.users.retain(|user| *user.id != subject.user);
        directory.users.push(user(subject, row));
    }
    named(folder, row).into_iter().for_each(|id| ensure(&mut directory, id));
    if let Some(delegation) = &row.context.delegation {
        // The row states that the delegation exists, so both of its ends do.
        for id in [&delegation.from, &delegation.to] {
            ensure(&mut directory, id);
        }
        directory.delegations = vec![Delegation {
            from: delegation.from.as_str().into(),
            to: delegation.to.as_str().into(),
            permissions: texts(&delegation.grants),
            audiences: texts(&delegation.audiences),
            ..Delegation::default()
        }];
    } else if !as_known {
        directory.delegations.retain(|delegation| *delegation.to != subject.user);
    }
    directory
}

/// Adds a user of whom nothing but the id is known, if the directory does not have them.
fn ensure(directory: &mut Directory, id: &str) {
    if !directory.users.iter().any(|user| *user.id == *id) {
        directory.users.push(User { id: id.into(), ..User::default() });
    }
}

fn user(subject: &RowSubject, row: &Row) -> User {
    let copied = row.context.copied_from.as_deref();
    let said = |names: &Option<Vec<String>>| texts(names.as_deref().unwrap_or_default());
    let (mut roles, mut rights) =
        (subject.roles.clone().unwrap_or_default(), subject.rights.clone());
    if let Some(copied) = copied.filter(|_| roles.is_empty()) {
        roles = copied.roles.iter().map(|role| role.as_str().into()).collect();
        rights = Some(copied.rights.clone());
    }
    User {
        id: subject.user.as_str().into(),
        roles,
        rights: rights.unwrap_or_default(),
        policies: said(&subject.policies),
        teams: said(&subject.teams).into_iter().chain(said(&subject.sub_teams)).collect(),
        tags: said(&subject.tags),
        owner: subject.owner.unwrap_or_default(),
        status: subject.status.unwrap_or_default(),
        invitation: subject.invite.unwrap_or_default(),
        attributes: attributes(&subject.attributes),
        ..User::default()
    }
}

fn texts(names: &[String]) -> Vec<Text> {
    names.iter().map(|name| name.as_str().into()).collect()
}
