//! Which of many things lean on one another in a circle.

use std::collections::{BTreeMap, BTreeSet};

/// From each to those that it leans on.
pub(crate) type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The circles: sets of two and more, each of which is reached from each other of its set.
pub(crate) fn circles(arrows: &Arrows) -> Vec<BTreeSet<String>> {
    let mut back = Arrows::new();
    for (from, to) in arrows {
        for to in to {
            back.entry(to.clone()).or_default().insert(from.clone());
        }
    }
    let mut left: BTreeSet<&String> = arrows.keys().collect();
    let mut found = Vec::new();
    while let Some(one) = left.pop_first() {
        let both = &reached(arrows, one) & &reached(&back, one);
        left.retain(|other| !both.contains(*other));
        if both.len() > 1 {
            found.push(both);
        }
    }
    found
}

/// All that is reached from one, itself included.
pub(crate) fn reached(arrows: &Arrows, from: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([from.to_owned()]);
    let mut next = vec![from.to_owned()];
    while let Some(one) = next.pop() {
        for to in arrows.get(&one).into_iter().flatten() {
            if seen.insert(to.clone()) {
                next.push(to.clone());
            }
        }
    }
    seen
}

#[test]
fn a_circle_is_found_and_a_line_is_none() {
    let arrows: Arrows = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["b", "d"]), ("d", vec![])]
        .into_iter()
        .map(|(from, to)| (from.to_owned(), to.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(circles(&arrows), [BTreeSet::from(["b".to_owned(), "c".to_owned()])]);
}
