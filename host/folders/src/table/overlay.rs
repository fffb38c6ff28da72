//! The world of a row, laid over the tenant of a folder.

use super::names;
use super::row::{Row, RowError, RowSubject, attributes, said};
use crate::folder::TenantFolder;
use permesso_engine::Authorizer;
use permesso_engine::compile::{Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Explanation, Request, Resource, Verdict};
use permesso_engine::load::Source;
use permesso_engine::model::{
    Delegation, Directory, Instant, Policy, Program, Role, Scope, Tenant, Text, User,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Decides a row.
pub(super) fn decide(
    folder: &TenantFolder,
    families: &FamilySet,
    row: &Row,
    now: i64,
) -> Result<Explanation, RowError> {
    let product = &folder.catalog.source().value.product;
    if let Some(named) = row.product.as_ref().filter(|named| *named != &**product) {
        return Err(RowError::Product { row: named.clone(), folder: product.to_string() });
    }
    let tenant = Arc::new(Source::new(&folder.tenant.file, tenant(folder, row)?));
    let directory = directory(folder, row);
    let catalog = &folder.catalog.source().value;
    names::check(row, catalog, &tenant.value, &folder.directory.value)?;
    names::check_contract(row, &folder.catalog)?;
    let directory = Source::new(&folder.directory.file, directory);
    let compiled = compile(&Definition {
        catalog: &folder.catalog,
        tenant: &tenant,
        people: PeopleFrom::Directory(&directory),
        families,
        revision: 1,
        lenient: true,
        before: None,
    })
    .map_err(|found| RowError::Definition {
        definition: "the world".to_owned(),
        message: found.to_string(),
    })?;
    let resource = attributes(&row.resource.attrs);
    let context = attributes(&row.context.attributes);
    let request = Request {
        subject: &row.subject.user,
        action: &row.action,
        resource: Resource {
            kind: &row.resource.kind,
            id: row.resource.attrs.get("id").and_then(Value::as_str),
            attributes: &resource,
        },
        context: &context,
        asserted: Asserted::NONE,
        now: row.context.now.map_or(now, Instant::millis),
    };
    let authorizer = Authorizer::new(0);
    authorizer.install(compiled);
    let asked = asked_of(folder, row).unwrap_or(&tenant.value.tenant);
    let explanation = authorizer.explain(asked, &request);
    names::check_action(row, catalog, &explanation.decision)?;
    let silent = authorizer.decide(asked, &request);
    let (silent, traced) = ((silent.verdict, silent.reason), &explanation.decision);
    if (silent.0, &silent.1) != (traced.verdict, &traced.reason) {
        let name =
            |verdict: Verdict, reason: &dyn std::fmt::Display| format!("{verdict:?} ({reason})");
        return Err(RowError::Differs {
            silent: name(silent.0, &silent.1),
            traced: name(traced.verdict, &traced.reason),
        });
    }
    Ok(explanation)
}

/// The tenant that a row says its resource is in, where the product has no attribute of that
/// name: a question about what is elsewhere is asked there, where nobody knows the subject.
fn asked_of<'r>(folder: &TenantFolder, row: &'r Row) -> Option<&'r str> {
    let known = folder.catalog.attributes_of(&row.resource.kind);
    let own = known.into_iter().flatten().any(|attribute| attribute.name == "tenant");
    row.resource.attrs.get("tenant").and_then(Value::as_str).filter(|_| !own)
}

fn tenant(folder: &TenantFolder, row: &Row) -> Result<Tenant, RowError> {
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

fn directory(folder: &TenantFolder, row: &Row) -> Directory {
    let mut directory = folder.directory.value.clone();
    let subject = &row.subject;
    let is_known = directory.users.iter().any(|user| *user.id == subject.user);
    let as_known = is_known && subject.is_only_named() && row.context.copied_from.is_none();
    if !as_known {
        directory.users.retain(|user| *user.id != subject.user);
        directory.users.push(user(subject, row));
    }
    // Whose the record is is somebody: the row names them.
    for relation in &folder.catalog.source().value.sharing.by {
        let named = match row.resource.attrs.get(relation.as_str()) {
            Some(Value::String(id)) => std::slice::from_ref(id).to_vec(),
            Some(Value::Array(ids)) => {
                ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => continue,
        };
        named.iter().for_each(|id| ensure(&mut directory, id));
    }
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
