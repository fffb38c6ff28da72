//! What random documents say that would be refused, taken out of them: lists with nothing in them,
//! and exceptions that leave out nothing or all.

use super::several::{Known, OF, fits, known};
use serde_json::{Map, Value as Json, json};

/// Lists that are left out where there is nothing in them.
const NEVER_EMPTY: [&str; 14] = [
    "sub_teams",
    "exact_sub_teams",
    "teams",
    "exact_teams",
    "roles",
    "tags",
    "content",
    "own_means",
    "forbids",
    "obliges",
    "one_of",
    "permissions",
    "audiences",
    "is",
];

/// Takes it out of a catalog, a tenant and its people.
pub(super) fn tidy(documents: [&mut Json; 3]) {
    let [catalog, tenant, people] = documents;
    requirements(catalog);
    let known = known(catalog);
    for document in [catalog, tenant, people] {
        grants(&known, document);
        empty(document, "");
    }
}

/// The kinds that a permission is about; none where it is any.
type Kinds = Option<Vec<String>>;

/// Leaves out what a permission requires that is never about the same kind: nobody could use it.
fn requirements(catalog: &mut Json) {
    let listed = |it: &Json| -> Kinds {
        let names = it.as_array()?.iter();
        Some(names.filter_map(|name| Some(name.as_str()?.to_owned())).collect())
    };
    let Some(categories) = catalog["categories"].as_array_mut() else { return };
    let mut all: Vec<(String, Kinds)> = Vec::new();
    for category in categories.iter() {
        let common = listed(&category["kinds"]);
        for it in category["permissions"].as_array().into_iter().flatten() {
            let own = it.get("kinds").filter(|kinds| !kinds.is_null());
            let kinds = own.map_or(common.clone(), listed);
            all.push((it["id"].as_str().unwrap_or_default().to_owned(), kinds));
        }
        for it in category.get("actions").and_then(Json::as_array).into_iter().flatten() {
            let name = it.as_str().or_else(|| it["id"].as_str()).unwrap_or_default();
            for kind in OF {
                all.push((format!("{kind}.{name}"), Some(vec![kind.to_owned()])));
            }
        }
    }
    let apart = |own: &Kinds, name: &str| {
        let meant = |id: &str| id == name || name.contains('*') && fits(name, id);
        all.iter().filter(|(id, _)| meant(id)).any(|(_, of)| match (own, of) {
            (Some(own), Some(of)) => !own.iter().any(|kind| of.contains(kind)),
            _ => false,
        })
    };
    let clean = |own: &[Kinds], it: &mut Json| {
        if let Some(requires) = it.get_mut("requires").and_then(Json::as_array_mut) {
            let apart = |name: &Json| own.iter().any(|own| apart(own, name.as_str().unwrap_or("")));
            requires.retain(|name| !apart(name));
        }
    };
    for category in categories.iter_mut() {
        let common = listed(&category["kinds"]);
        for it in category["permissions"].as_array_mut().into_iter().flatten() {
            let own = it.get("kinds").filter(|kinds| !kinds.is_null());
            let own = own.map_or(common.clone(), listed);
            clean(&[own], it);
        }
        let actions = category.get_mut("actions").and_then(Json::as_array_mut);
        for it in actions.into_iter().flatten() {
            clean(&OF.map(|kind| Some(vec![kind.to_owned()])), it);
        }
    }
}

/// Leaves out what is empty; `within` is the name that the document has in the one around it.
fn empty(document: &mut Json, within: &str) {
    match document {
        Json::Array(items) => {
            // What is on nothing is nothing.
            items
                .retain(|it| it.get("on").and_then(Json::as_array).is_none_or(|on| !on.is_empty()));
            items.iter_mut().for_each(|it| empty(it, within));
        }
        Json::Object(members) => {
            members.iter_mut().for_each(|(name, value)| empty(value, name));
            // A comparison with nothing never holds: with one value it seldom does.
            if let Some(Json::Array(values)) = members.get_mut("in")
                && values.is_empty()
            {
                values.push(json!("box"));
            }
            members.retain(|name, value| {
                let never = NEVER_EMPTY.contains(&name.as_str())
                    && !matches!(within, "categories" | "attributes" | "families" | "config")
                    // What a tenant lists has a meaning when it is empty as well.
                    && !(within.is_empty() && name == "tags");
                let is_nothing = match value {
                    Json::Array(items) => never && items.is_empty(),
                    Json::Object(members) => name == "for" && members.is_empty(),
                    _ => false,
                };
                !is_nothing
            });
        }
        _ => {}
    }
}

fn grants(known: &[Known], document: &mut Json) {
    match document {
        Json::Array(items) => items.iter_mut().for_each(|it| grants(known, it)),
        Json::Object(members) => {
            if let Some(Json::Array(list)) = members.get_mut("grants") {
                list.iter_mut().filter_map(Json::as_object_mut).for_each(|it| grant(known, it));
            }
            members.values_mut().for_each(|it| grants(known, it));
        }
        _ => {}
    }
}

/// Keeps the exceptions that leave out some of what a grant gives.
fn grant(known: &[Known], grant: &mut Map<String, Json>) {
    let Some(Json::Array(except)) = grant.get("except").cloned() else { return };
    let names = |grant: &Map<String, Json>| -> Vec<String> {
        let one = grant.get("permission").into_iter();
        let several = grant.get("permissions").and_then(Json::as_array).into_iter().flatten();
        let cells = |part: &str| {
            let cells = grant.get("permissions").and_then(|it| it.get(part));
            cells.and_then(Json::as_array).cloned().unwrap_or_default()
        };
        let mut names: Vec<String> =
            one.chain(several).filter_map(|name| Some(name.as_str()?.to_owned())).collect();
        for kind in cells("kinds") {
            for action in cells("actions") {
                let part = |it: &Json| it.as_str().unwrap_or_default().to_owned();
                names.push(format!("{}.{}", part(&kind), part(&action)));
            }
        }
        names
    };
    let names = names(grant);
    let category = grant.get("category").cloned();
    let whole = |it: &Known| names.contains(&it.id);
    let matched = |it: &Known| {
        names.iter().any(|name| name.contains('*') && fits(name, &it.id))
            || category.as_ref().is_some_and(|category| *category == json!(it.category))
    };
    let hits = |name: &Json, it: &Known| {
        let name = name.as_str().unwrap_or_default();
        name == it.id || name.contains('*') && fits(name, &it.id)
    };
    let some: Vec<Json> = except
        .into_iter()
        .filter(|name| known.iter().any(|it| (whole(it) || matched(it)) && hits(name, it)))
        .collect();
    let left = known.iter().any(|it| {
        (whole(it) || matched(it) && it.swept) && !some.iter().any(|name| hits(name, it))
    });
    if some.is_empty() || !left {
        grant.remove("except");
    } else {
        grant.insert("except".to_owned(), Json::Array(some));
    }
}
