//! Who has to be left, whatever is changed.
//!
//! A tenant in which nobody can let others in any more is lost to its people. That is asked of a
//! store, where users are counted and never read, and of a folder, of which all users are at hand:
//! the rule is one, and how many there are is told to it.

use super::administration::{KEEPER, KEEPER_OF};
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kind::DocumentKind;
use permesso_engine::administration::asked;
use permesso_engine::compile::Compiled;
use permesso_engine::model::{Catalog, Directory, Role, Tenant};
use permesso_store::Body;
use permesso_store::feed::{self, Facet};
use std::collections::BTreeSet;

/// What somebody always has to have: the account, a role that wants a holder, a role that lets
/// edit roles.
pub(super) struct Keepers {
    facets: Vec<(Facet, String)>,
    /// So many of them need a holder each, and of the rest one is enough.
    each: usize,
    were_able: BTreeSet<String>,
    are_able: BTreeSet<String>,
}

/// A role of the product, which stays whatever a tenant does.
pub(super) fn standard<'a>(version: &'a Version, id: &str) -> Option<&'a Role> {
    version.catalog.source().value.standard_roles.iter().find(|role| role.id.as_str() == id)
}

/// The roles that let edit roles.
fn able(compiled: &Compiled) -> BTreeSet<String> {
    let snapshot = &compiled.snapshot;
    let administration = &snapshot.catalog().source().value.administration;
    let permission = asked(administration, KEEPER_OF).map_or(KEEPER, |asked| &asked.permission);
    snapshot.roles_letting(permission).map(str::to_owned).collect()
}

impl Keepers {
    /// Whether the same roles let edit roles before and after.
    pub(super) fn same(was: &Compiled, is: &Compiled) -> bool {
        able(was) == able(is)
    }

    /// What is looked at where a tenant becomes another one.
    pub(super) fn new(was: &Compiled, is: &Compiled, tenant: &Tenant, catalog: &Catalog) -> Self {
        let (were_able, are_able) = (able(was), able(is));
        let mut facets = vec![(Facet::Owner, "true".to_owned())];
        let own = tenant.roles.iter().map(|role| &**role);
        let kept: BTreeSet<String> = own
            .chain(&catalog.standard_roles)
            .filter(|role| role.keeps_holder)
            .map(|role| role.id.to_string())
            .collect();
        facets.extend(kept.into_iter().map(|role| (Facet::Role, role)));
        let each = facets.len();
        let all_able = were_able.union(&are_able);
        facets.extend(all_able.map(|role| (Facet::Role, role.clone())));
        Self { facets, each, were_able, are_able }
    }

    /// What has to be counted.
    pub(super) fn facets(&self) -> &[(Facet, String)] {
        &self.facets
    }

    /// Whether somebody is left of each who was there. How many there are stands beside each of
    /// the facets, before and after: listed, taking part.
    pub(super) fn hold(&self, counts: &[[(i64, i64); 2]]) -> Result<(), ChangeError> {
        let mut counted = self.facets.iter().zip(counts);
        for ((facet, value), [(_, before), (_, after)]) in counted.by_ref().take(self.each) {
            if *before > 0 && *after <= 0 {
                let what = match facet {
                    Facet::Owner => "owns the account".to_owned(),
                    _ => format!("holds the role `{value}`"),
                };
                return Err(ChangeError::Guarded {
                    guard: "last-holder",
                    message: format!("nobody would be left who {what}; let somebody else first"),
                    users: None,
                });
            }
        }
        let mut left = (0, 0);
        for ((_, role), [(_, before), (_, after)]) in counted {
            left.0 += if self.were_able.contains(role) { *before } else { 0 };
            left.1 += if self.are_able.contains(role) { *after } else { 0 };
        }
        if left.0 > 0 && left.1 <= 0 {
            return Err(ChangeError::Guarded {
                guard: "last-administrator",
                message: "nobody would be left who can edit roles; let somebody else first"
                    .to_owned(),
                users: None,
            });
        }
        Ok(())
    }
}

/// Whether somebody is left who can let others in, where all people of a tenant become others
/// at once, as in a folder: what is asked of every change in a store.
///
/// # Errors
///
/// Who would be missing.
pub fn check_left(
    tenant: &Tenant,
    catalog: &Catalog,
    compiled: [&Compiled; 2],
    people: [&Directory; 2],
) -> Result<(), ChangeError> {
    let [was, is] = compiled;
    let keepers = Keepers::new(was, is, tenant, catalog);
    let mut counts = vec![[(0, 0); 2]; keepers.facets().len()];
    for (side, directory) in people.into_iter().enumerate() {
        for user in &directory.users {
            let fault = |error: serde_json::Error| ChangeError::Document {
                kind: DocumentKind::User,
                id: user.id.to_string(),
                why: error.to_string(),
            };
            let body = Body::of(user).map_err(fault)?;
            for (has, takes_part) in feed::counted(&body).map_err(fault)? {
                for (facet, count) in keepers.facets().iter().zip(&mut counts) {
                    if let Some(count) = count.get_mut(side).filter(|_| *facet == has) {
                        count.0 += 1;
                        count.1 += i64::from(takes_part);
                    }
                }
            }
        }
    }
    keepers.hold(&counts)
}
