//! What the conditions on the grants of roles and policies read: taken over from the tenant
//! before, less what went and with what came.

use super::Before;
use crate::snapshot::{GrantReads, PolicyRule, RoleRule};
use std::collections::HashSet;
use std::sync::Arc;

/// What the conditions on the grants of roles and policies read, and whether that is what it
/// was.
pub(super) fn reads(
    roles: &[Arc<RoleRule>],
    policies: &[Arc<PolicyRule>],
    before: Option<Before<'_>>,
) -> (Arc<GrantReads>, bool) {
    let mut reads =
        before.map(|before| Arc::clone(&before.snapshot.grant_reads)).unwrap_or_default();
    let mut same = before.is_some();
    let (went, came) = difference(before.map_or(&[], |before| &before.snapshot.roles), roles);
    let (less, more) = difference(before.map_or(&[], |before| &before.snapshot.policies), policies);
    let went = went.iter().map(|role| &role.grants).chain(less.iter().map(|it| &it.grants));
    let came = came.iter().map(|role| &role.grants).chain(more.iter().map(|it| &it.grants));
    // First what comes, so that what stays is never taken for gone.
    for grants in came.filter(|grants| grants.conditional) {
        same &= !Arc::make_mut(&mut reads).add(grants);
    }
    for grants in went.filter(|grants| grants.conditional) {
        same &= !Arc::make_mut(&mut reads).remove(grants);
    }
    (reads, same)
}

/// What stands in one list only, for each of both. What merely moved may stand in both.
fn difference<'a, T>(before: &'a [Arc<T>], after: &'a [Arc<T>]) -> (Vec<&'a T>, Vec<&'a T>) {
    fn without<'a, T>(all: &'a [Arc<T>], others: &[Arc<T>]) -> Vec<&'a T> {
        if others.len() == all.len() {
            let pairs = all.iter().zip(others);
            return pairs
                .filter(|(one, it)| !Arc::ptr_eq(one, it))
                .map(|(one, _)| &**one)
                .collect();
        }
        let others: HashSet<*const T> = others.iter().map(Arc::as_ptr).collect();
        let left = all.iter().filter(|one| !others.contains(&Arc::as_ptr(one)));
        left.map(|one| &**one).collect()
    }
    (without(before, after), without(after, before))
}
