//! What an edit changes about the questions that a catalog knows. A question that was denied for
//! its kind or its attributes may be allowed afterwards, or the other way round, for everybody.

use super::matching::Matching;
use super::report::RuleChange;
use crate::snapshot::{AllowedKinds, Contract, KindContract, PermissionRule, Snapshot};
use std::collections::BTreeSet;

pub(super) fn changed<'a>(
    was: &'a Snapshot,
    is: &'a Snapshot,
    matching: &Matching<'a>,
    found: &mut Vec<RuleChange<'a>>,
) {
    let (before, after) = (&was.catalog.contract, &is.catalog.contract);
    for slot in &matching.slots {
        let (Some((_, a)), Some((_, b))) = (slot.before, slot.after) else { continue };
        if about(before, a) != about(after, b) {
            found.push(RuleChange::About(slot.name));
        }
    }
    for kind in &before.kinds {
        let same = |other: &KindContract| other.attributes == kind.attributes;
        if named(after, &kind.name).is_some_and(|other| !same(other)) {
            found.push(RuleChange::Kind(&kind.name));
        }
    }
    // An open catalog holds no question against what it declares.
    let closed = before.closed || after.closed;
    let roots = [
        ("context", closed && before.context != after.context),
        ("action", closed && before.action != after.action),
        ("subject", before.subject != after.subject),
    ];
    found.extend(
        roots.into_iter().filter(|(_, moved)| *moved).map(|(root, _)| RuleChange::Asked(root)),
    );
    if before.subject_types != after.subject_types {
        found.push(RuleChange::SubjectTypes);
    }
}

/// The kinds that a permission is about, by name; `None` where a question may name any.
fn about<'c>(contract: &'c Contract, rule: &PermissionRule) -> Option<BTreeSet<&'c str>> {
    let name = |kind: &'c KindContract| &*kind.name;
    match &rule.kinds {
        AllowedKinds::Open => None,
        AllowedKinds::Any => Some(contract.kinds.iter().map(name).collect()),
        AllowedKinds::Only(kinds) => {
            let kinds = kinds.iter().filter_map(|at| contract.kinds.get(usize::from(*at)));
            Some(kinds.map(name).collect())
        }
    }
}

fn named<'c>(contract: &'c Contract, kind: &str) -> Option<&'c KindContract> {
    contract.kinds.get(usize::from(*contract.ids.get(kind)?))
}
