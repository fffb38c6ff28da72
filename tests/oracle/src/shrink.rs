//! Making a disagreement small enough to read.

use crate::case::Case;
use crate::compare::{Disagreement, check};
use crate::reference::condition::parse;
use crate::tally::Tally;
use serde_json::Value as Json;

/// Takes away whatever can go while the two still disagree in the same sort of way.
#[must_use]
pub fn shrink(case: &Case, seed: u64, found: Disagreement) -> (Case, Disagreement) {
    let (mut case, mut found) = (case.clone(), found);
    let Ok(mut json) = serde_json::to_value(&case) else { return (case, found) };
    loop {
        let mut smaller = false;
        let mut path = Vec::new();
        let mut paths = Vec::new();
        places(&json, &mut path, &mut paths);
        // Later places first: taking one away leaves the earlier ones where they are.
        for path in paths.into_iter().rev() {
            for candidate in smaller_at(&json, &path) {
                let Ok(tried) = serde_json::from_value::<Case>(candidate.clone()) else { continue };
                if let Ok(Some(still)) = check(&tried, seed, &mut Tally::default())
                    && still.is_like(&found)
                {
                    (json, case, found, smaller) = (candidate, tried, still, true);
                    break;
                }
            }
        }
        if !smaller {
            return (case, found);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

fn places(json: &Json, path: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    let mut visit = |step: Step, inner: &Json| {
        path.push(step);
        all.push(path.clone());
        places(inner, path, all);
        path.pop();
    };
    match json {
        Json::Object(map) => map.iter().for_each(|(key, it)| visit(Step::Key(key.clone()), it)),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(n, it)| visit(Step::Index(n), it))
        }
        _ => {}
    }
}

/// The same without what stands at a place, and with a part of the condition that does.
fn smaller_at(json: &Json, path: &[Step]) -> Vec<Json> {
    let mut smaller = Vec::new();
    let mut without = json.clone();
    if let Some((last, outer)) = path.split_last()
        && let Some(outer) = at(&mut without, outer)
    {
        match (last, outer) {
            (Step::Key(key), Json::Object(map)) => drop(map.remove(key)),
            (Step::Index(n), Json::Array(items)) if *n < items.len() => drop(items.remove(*n)),
            _ => return smaller,
        }
        smaller.push(without);
    }
    for part in parts(json, path) {
        let mut with = json.clone();
        if let Some(place) = at(&mut with, path) {
            *place = Json::String(part);
            smaller.push(with);
        }
    }
    smaller
}

/// The parts of a condition. One that is none by itself is refused when it is tried.
fn parts(json: &Json, path: &[Step]) -> Vec<String> {
    let condition = match path {
        [.., Step::Key(key)] if key == "condition" => at(&mut json.clone(), path).cloned(),
        _ => None,
    };
    let Some(Json::String(text)) = condition else { return Vec::new() };
    let mut parts = Vec::new();
    if let Ok(node) = parse(&text) {
        node.visit_places(&mut |from, to| parts.extend(text.get(from..to).map(str::to_owned)));
    }
    parts.retain(|part| part.len() < text.len());
    parts
}

fn at<'j>(json: &'j mut Json, path: &[Step]) -> Option<&'j mut Json> {
    path.iter().try_fold(json, |json, step| match (step, json) {
        (Step::Key(key), Json::Object(map)) => map.get_mut(key),
        (Step::Index(n), Json::Array(items)) => items.get_mut(*n),
        _ => None,
    })
}
