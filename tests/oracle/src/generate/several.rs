//! Tables in random catalogs, and names that stand for several permissions wherever they may.
//!
//! What is random already is rewritten, so that a world with tables has all that another one has.

use super::{Plan, put};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

/// The kinds before the dots of all names.
pub(super) const OF: [&str; 2] = ["box", "shelf"];

/// What can be said of a permission by naming several.
pub(super) struct Known {
    pub(super) id: String,
    pub(super) category: String,
    by_name: bool,
    pub(super) swept: bool,
}

/// Makes a table of some permissions of a closed catalog.
pub(super) fn tables(random: &mut Random, plan: &Plan, catalog: &mut Json) {
    let guards = catalog["guards"].as_array_mut().filter(|_| random.chance(40));
    let mut guard = guards.and_then(Vec::pop);
    let Some(categories) = catalog["categories"].as_array_mut() else { return };
    for category in categories {
        if category["id"] != "limits" && random.chance(60) {
            table(random, plan, category, &mut guard);
        }
    }
    if let (Some(guard), Some(guards)) = (guard, catalog["guards"].as_array_mut()) {
        guards.push(guard);
    }
}

/// Makes actions of some permissions of a category, on both kinds where the two are alike.
fn table(random: &mut Random, plan: &Plan, category: &mut Json, guard: &mut Option<Json>) {
    let old_kinds = category["kinds"].clone();
    let Some(permissions) = category["permissions"].as_array_mut() else { return };
    let ids: Vec<String> =
        permissions.iter().filter_map(|it| Some(it["id"].as_str()?.to_owned())).collect();
    let of =
        |id: &str| id.split_once('.').map(|(kind, action)| (kind.to_owned(), action.to_owned()));
    let firsts: Vec<String> = ids.iter().filter(|id| id.starts_with("shelf.")).cloned().collect();
    let chosen = random.some(70, &firsts);
    let names: Vec<String> = chosen.iter().filter_map(|id| Some(of(id)?.1)).collect();
    let both = |action: &str| {
        let act = |kind: &str| plan.acts.iter().find(|act| act.id == format!("{kind}.{action}"));
        let alike = act("box").zip(act("shelf")).is_some_and(|(one, other)| {
            one.category == other.category
                && one.granted_by == other.granted_by
                && one.owner_only == other.owner_only
                && one.family == other.family
                && one.delegable == other.delegable
                && one.content == other.content
        });
        alike && ids.contains(&format!("box.{action}"))
    };
    let (mut actions, mut except) = (Vec::new(), Vec::new());
    for (id, name) in chosen.iter().zip(&names) {
        let Some(at) = permissions.iter().position(|it| it["id"] == **id) else { continue };
        let mut action = permissions.remove(at);
        let on_both = both(name);
        // Of the same kind a name is said without it, where every kind has it.
        let short = |named: &str| match of(named) {
            Some((kind, other)) if kind == "shelf" && names.contains(&other) => {
                (both(&other) || !on_both).then_some(other)
            }
            _ => None,
        };
        if let Some(required) = action["requires"].as_array_mut() {
            for named in required {
                if let Some(short) = named.as_str().and_then(short) {
                    *named = json!(short);
                }
            }
        }
        if let Some(implied) = action["implies"].as_array_mut() {
            for named in implied {
                let whole = named["permission"].as_str().map(str::to_owned);
                if let Some(short) = whole.as_deref().and_then(short) {
                    named["permission"] = json!(short);
                }
            }
        }
        if let Json::Object(action) = &mut action {
            action.retain(|_, said| !said.is_null());
            action.remove("kinds");
            put(action, "id", name.as_str());
            if !on_both && random.chance(50) {
                put(action, "kinds", json!(["shelf"]));
            } else if !on_both {
                except.push(format!("box.{name}"));
            }
        }
        if on_both {
            permissions.retain(|it| it["id"] != format!("box.{name}"));
        }
        let bare = action.as_object().is_some_and(|said| said.len() == 1);
        actions.push(if bare { json!(name) } else { action });
    }
    if actions.is_empty() {
        return;
    }
    for permission in permissions {
        if permission["kinds"].is_null()
            && let Json::Object(permission) = permission
        {
            permission.retain(|_, said| !said.is_null());
            put(permission, "kinds", old_kinds.clone());
        }
    }
    let Json::Object(category) = category else { return };
    put(category, "kinds", json!(OF));
    put(category, "actions", actions);
    put(category, "except", except);
    if let Some(mut guard) = guard.take() {
        if let Some(on) = guard["on"].as_array_mut() {
            on.push(json!(random.pick(&names)));
        }
        put(category, "guards", vec![guard]);
    }
}

/// What a catalog has, its tables included.
pub(super) fn known(catalog: &Json) -> Vec<Known> {
    let mut all = Vec::new();
    let mut add = |id: String, category: &Json, it: &Json| {
        let by_name = it.get("granted_by").is_none_or(|by| by == "roles");
        let named_only = it.get("owner_only") == Some(&json!(true))
            || it.get("wildcard") == Some(&json!(false))
            || it.get("constraint").is_some();
        let category = category["id"].as_str().unwrap_or_default().to_owned();
        all.push(Known { id, category, by_name, swept: by_name && !named_only });
    };
    for category in catalog["categories"].as_array().into_iter().flatten() {
        for it in category["permissions"].as_array().into_iter().flatten() {
            add(it["id"].as_str().unwrap_or_default().to_owned(), category, it);
        }
        for it in category.get("actions").and_then(Json::as_array).into_iter().flatten() {
            let name = it.as_str().or_else(|| it["id"].as_str()).unwrap_or_default();
            for kind in OF {
                let id = format!("{kind}.{name}");
                let on = it.get("kinds").is_none_or(|on| on == &json!([kind]));
                let out = category["except"].as_array().is_some_and(|out| out.contains(&json!(id)));
                if on && !out {
                    add(id, category, it);
                }
            }
        }
    }
    all
}

pub(super) fn fits(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => id.starts_with(begin),
        None => pattern.strip_prefix('*').is_some_and(|end| id.ends_with(end)),
    }
}

/// Names several permissions where a catalog names them one by one.
pub(super) fn in_catalog(random: &mut Random, catalog: &mut Json) {
    let known = known(catalog);
    let any = |random: &mut Random, own: &str| {
        let pattern = pattern(random, &known);
        known.iter().any(|it| it.id != own && fits(&pattern, &it.id)).then_some(pattern)
    };
    let push = |list: &mut Json, pattern: Option<String>| {
        if let (Some(list), Some(pattern)) = (list.as_array_mut(), pattern) {
            list.push(json!(pattern));
        }
    };
    for guard in catalog["guards"].as_array_mut().into_iter().flatten() {
        if random.chance(15) {
            push(&mut guard["on"], any(random, ""));
        }
    }
    for category in catalog["categories"].as_array_mut().into_iter().flatten() {
        for permission in category["permissions"].as_array_mut().into_iter().flatten() {
            let id = permission["id"].as_str().unwrap_or_default().to_owned();
            // Nothing requires what requires it.
            let later = |it: &&Known| it.id > id && !it.id.contains(".t");
            if permission.get("requires").is_some() && random.chance(20) {
                let pattern = pattern(random, &known);
                let mut fit = known.iter().filter(|it| it.id != id && fits(&pattern, &it.id));
                let first = fit.clone().next().is_some();
                if first && fit.all(|it| later(&it)) {
                    push(&mut permission["requires"], Some(pattern));
                }
            }
            if permission.get("implies").is_some() && random.chance(20) {
                let pattern = pattern(random, &known);
                let swept = |it: &Known| it.id != id && it.swept && fits(&pattern, &it.id);
                if let (Some(list), true) =
                    (permission["implies"].as_array_mut(), known.iter().any(swept))
                {
                    list.push(json!({"permission": pattern}));
                }
            }
            if permission.get("constraint").is_some() && random.chance(25) {
                let pattern = any(random, &id);
                push(&mut permission["constraint"]["forbids"], pattern);
            }
        }
    }
    in_grants(random, &known, &mut catalog["standard_roles"]);
}

/// Names several permissions in the grants of a tenant and of its people.
pub(super) fn in_documents(random: &mut Random, catalog: &Json, documents: [&mut Json; 2]) {
    let known = known(catalog);
    for document in documents {
        in_grants(random, &known, document);
    }
}

fn in_grants(random: &mut Random, known: &[Known], document: &mut Json) {
    match document {
        Json::Array(items) => items.iter_mut().for_each(|it| in_grants(random, known, it)),
        Json::Object(members) => {
            for (name, value) in members.iter_mut() {
                match (name.as_str(), value) {
                    ("grants", Json::Array(grants)) => {
                        for grant in grants.iter_mut().filter_map(Json::as_object_mut) {
                            rewrite(random, known, grant);
                        }
                    }
                    (_, value) => in_grants(random, known, value),
                }
            }
        }
        _ => {}
    }
}

fn rewrite(random: &mut Random, known: &[Known], grant: &mut Map<String, Json>) {
    if random.chance(10) {
        let pattern = pattern(random, known);
        if known.iter().any(|it| fits(&pattern, &it.id)) {
            let except = grant.entry("except").or_insert_with(|| json!([]));
            if let Some(except) = except.as_array_mut() {
                except.push(json!(pattern));
            }
        }
    }
    if !random.chance(30) {
        return;
    }
    let one = |random: &mut Random| {
        let pattern = pattern(random, known);
        known.iter().any(|it| it.swept && fits(&pattern, &it.id)).then_some(pattern)
    };
    let several = match random.below(3) {
        0 => {
            if let Some(pattern) = one(random) {
                grant.remove("category");
                put(grant, "permission", pattern);
            }
            return;
        }
        1 => {
            let named = known.iter().filter(|it| it.by_name).map(|it| it.id.clone());
            let named: Vec<String> = named.collect();
            let mut list: Vec<String> = random.pick(&named).into_iter().collect();
            list.extend(one(random));
            list.extend(random.pick(&named));
            json!(list)
        }
        _ => {
            let mut kinds: Vec<&str> = OF.into_iter().filter(|_| random.chance(60)).collect();
            random.shuffle(&mut kinds);
            let has = |kind: &str, action: &str| {
                known.iter().any(|it| it.by_name && it.id == format!("{kind}.{action}"))
            };
            let actions = ["a", "b", "c", "d", "t0"].into_iter();
            let actions = actions.filter(|action| kinds.iter().all(|kind| has(kind, action)));
            let actions: Vec<&str> = actions.collect();
            let actions = random.some(70, &actions);
            if kinds.is_empty() || actions.is_empty() {
                return;
            }
            json!({"kinds": kinds, "actions": actions})
        }
    };
    if several.as_array().is_none_or(|list| !list.is_empty()) {
        grant.remove("category");
        grant.remove("permission");
        put(grant, "permissions", several);
    }
}

fn pattern(random: &mut Random, known: &[Known]) -> String {
    let id = random.pick(&known.iter().map(|it| it.id.as_str()).collect::<Vec<_>>());
    let (kind, action) = id.and_then(|id| id.split_once('.')).unwrap_or(("box", "a"));
    if random.chance(40) { format!("{kind}.*") } else { format!("*.{action}") }
}
