//! Random instants and values, for whatever reads one.

use super::edge;
use crate::random::Random;
use serde_json::{Value as Json, json};

/// An instant just before, at or after an edge.
pub(crate) fn instant(random: &mut Random) -> i64 {
    edge(random) + [-1, 0, 1, 500][random.below(4)]
}

/// Instants in their order, most of them around a few edges: what is kept has to end there.
pub(crate) fn instants(random: &mut Random) -> Vec<i64> {
    let mut instants = Vec::new();
    for _ in 0..2 {
        let edge = edge(random);
        instants.push(edge - 1);
        instants.push(if random.chance(70) { edge } else { edge + 1 });
    }
    instants.push(instant(random));
    instants.sort_unstable();
    instants.dedup();
    instants
}

/// Any value, of types that fit and of some that do not.
pub(super) fn value(random: &mut Random) -> Json {
    match random.below(10) {
        0 => Json::Null,
        1 => json!(random.chance(50)),
        2..4 => json!(random.below(4)),
        4 => json!([1.5, 2.0][random.below(2)]),
        5..7 => json!("open"),
        7 => json!(random.name(&["", " ", "shut"])),
        8 => json!(["open", "i1"]),
        _ => json!({"a": ["open"]}),
    }
}
