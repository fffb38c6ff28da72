//! Making a disagreement small enough to read.

use crate::case::Case;
use crate::compare::{Disagreement, check};
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
            let mut candidate = json.clone();
            if !take(&mut candidate, &path) {
                continue;
            }
            let Ok(tried) = serde_json::from_value::<Case>(candidate.clone()) else { continue };
            if let Ok(Some(still)) = check(&tried, seed, &mut Tally::default())
                && still.is_like(&found)
            {
                (json, case, found, smaller) = (candidate, tried, still, true);
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

fn take(json: &mut Json, path: &[Step]) -> bool {
    match (path, json) {
        ([Step::Key(key)], Json::Object(map)) => map.remove(key).is_some(),
        ([Step::Index(n)], Json::Array(items)) if *n < items.len() => {
            items.remove(*n);
            true
        }
        ([Step::Key(key), rest @ ..], Json::Object(map)) => {
            map.get_mut(key).is_some_and(|inner| take(inner, rest))
        }
        ([Step::Index(n), rest @ ..], Json::Array(items)) => {
            items.get_mut(*n).is_some_and(|inner| take(inner, rest))
        }
        _ => false,
    }
}
