//! The worlds in which rows ask, each made once for the rows that share it.
//!
//! Compiling a tenant takes as long as a thousand decisions. Most rows ask about the tenant as it
//! is, and those that bring something mostly bring what the row before brought, so what was made
//! for one row is kept for the next: the policies that rows describe, and the people in them.

use super::names::{self, Beyond};
use super::overlay;
use super::question;
use super::row::{Row, RowError, attributes};
use crate::folder::TenantFolder;
use permesso_engine::compile::{
    Compiled, Definition, FamilySet, PeopleFrom, compile, recompile_users,
};
use permesso_engine::decision::{Asserted, Explanation, Request, Resource, Verdict};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load::Source;
use permesso_engine::model::{Instant, Tenant};
use permesso_engine::{Authorizer, decide_alone, explain_alone};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// So many policies and so many worlds are kept. A table in which every row brings another one
/// does not fill the memory with them.
const KEPT: usize = 64;

/// What a row brings: by which its world is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Brought {
    policy: String,
    people: String,
}

impl Brought {
    /// What the row of a line brings.
    pub(super) fn by(line: &Value) -> Self {
        Self { policy: question::policy(line), people: question::people(line) }
    }
}

/// The worlds of the rows of a table.
pub(super) struct Worlds<'a> {
    folder: &'a TenantFolder,
    families: &'a FamilySet,
    /// The users of the folder.
    users: HashSet<&'a str>,
    contract: names::Contract<'a>,
    policies: HashMap<String, World>,
    worlds: HashMap<(Brought, Vec<String>), World>,
    /// Where a question about another tenant is put: nobody is known there.
    elsewhere: Authorizer,
}

/// A tenant in which a row asks.
#[derive(Clone)]
struct World {
    tenant: Arc<Source<Tenant>>,
    compiled: Arc<Compiled>,
}

impl<'a> Worlds<'a> {
    pub(super) fn new(folder: &'a TenantFolder, families: &'a FamilySet) -> Self {
        Self {
            folder,
            families,
            users: folder.directory.value.users.iter().map(|user| user.id.as_str()).collect(),
            contract: names::Contract::new(folder),
            policies: HashMap::new(),
            worlds: HashMap::new(),
            elsewhere: Authorizer::new(0),
        }
    }

    /// What becomes of a row that tells more than the catalog declares.
    pub(super) fn beyond(&mut self, beyond: Beyond) {
        self.contract.beyond = beyond;
    }

    /// Decides a row.
    pub(super) fn decide(
        &mut self,
        row: &Row,
        brought: &Brought,
        now: i64,
    ) -> Result<Explanation, RowError> {
        let product = &self.folder.catalog.source().value.product;
        if let Some(named) = row.product.as_ref().filter(|named| *named != &**product) {
            return Err(RowError::Product { row: named.clone(), folder: product.to_string() });
        }
        let world = self.world(row, brought)?;
        self.contract.check(row, &world.tenant.value, &self.users)?;
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
        let asked = asked_of(self.folder, row);
        let (explanation, silent) = match asked
            .filter(|asked| **asked != *world.tenant.value.tenant)
        {
            Some(other) => {
                (self.elsewhere.explain(other, &request), self.elsewhere.decide(other, &request))
            }
            None => {
                let explanation = explain_alone(&world.compiled, &request);
                (explanation, decide_alone(&world.compiled, &request))
            }
        };
        names::check_action(row, &self.folder.catalog.source().value, &explanation.decision)?;
        let (silent, traced) = ((silent.verdict, silent.reason), &explanation.decision);
        if (silent.0, &silent.1) != (traced.verdict, &traced.reason) {
            let name = |verdict: Verdict, reason: &dyn std::fmt::Display| {
                format!("{verdict:?} ({reason})")
            };
            return Err(RowError::Differs {
                silent: name(silent.0, &silent.1),
                traced: name(traced.verdict, &traced.reason),
            });
        }
        Ok(explanation)
    }

    /// The world of a row, as it was made for another one or anew.
    fn world(&mut self, row: &Row, brought: &Brought) -> Result<World, RowError> {
        let named = overlay::named(self.folder, row).into_iter();
        let came: Vec<String> =
            named.filter(|id| !self.users.contains(id)).map(str::to_owned).collect();
        let as_known = overlay::is_as_known(row, |id| self.users.contains(id));
        if as_known && brought.people.is_empty() && came.is_empty() {
            return self.policy(row, brought);
        }
        let found_by = (brought.clone(), came);
        if let Some(world) = self.worlds.get(&found_by) {
            return Ok(world.clone());
        }
        let policy = self.policy(row, brought)?;
        let folder = &self.folder.directory.value;
        names::check(row, &self.folder.catalog.source().value, &policy.tenant.value, folder)?;
        let directory =
            Source::new(&self.folder.directory.file, overlay::directory(self.folder, row));
        // A delegation of a row takes the place of all that there are.
        let compiled = if row.context.delegation.is_some() {
            self.compiled(&policy.tenant, &directory, Some(&policy.compiled))
        } else {
            let mut changed: Vec<&str> = found_by.1.iter().map(String::as_str).collect();
            changed.extend((!as_known).then_some(&*row.subject.user));
            recompile_users(&policy.compiled, &directory, 1, &changed)
        };
        let compiled = Arc::new(compiled.map_err(|found| of_world(&found))?);
        let world = World { tenant: policy.tenant, compiled };
        if self.worlds.len() >= KEPT {
            self.worlds.clear();
        }
        self.worlds.insert(found_by, world.clone());
        Ok(world)
    }

    /// The policy of a row, with the people of the folder.
    fn policy(&mut self, row: &Row, brought: &Brought) -> Result<World, RowError> {
        if let Some(known) = self.policies.get(&brought.policy) {
            return Ok(known.clone());
        }
        let (tenant, before) = if brought.policy.is_empty() {
            (Arc::clone(&self.folder.tenant), None)
        } else {
            let tenant = overlay::tenant(self.folder, row)?;
            let tenant = Arc::new(Source::new(&self.folder.tenant.file, tenant));
            (tenant, self.policies.get("").map(|world| Arc::clone(&world.compiled)))
        };
        names::check(
            row,
            &self.folder.catalog.source().value,
            &tenant.value,
            &self.folder.directory.value,
        )?;
        let compiled = self.compiled(&tenant, &self.folder.directory, before.as_deref());
        let world =
            World { tenant, compiled: Arc::new(compiled.map_err(|found| of_world(&found))?) };
        if self.policies.len() >= KEPT {
            self.policies.retain(|policy, _| policy.is_empty());
        }
        self.policies.insert(brought.policy.clone(), world.clone());
        Ok(world)
    }

    fn compiled(
        &self,
        tenant: &Arc<Source<Tenant>>,
        directory: &Source<permesso_engine::model::Directory>,
        before: Option<&Compiled>,
    ) -> Result<Compiled, Diagnostics> {
        compile(&Definition {
            catalog: &self.folder.catalog,
            tenant,
            people: PeopleFrom::Directory(directory),
            families: self.families,
            revision: 1,
            lenient: true,
            before,
        })
    }
}

fn of_world(found: &Diagnostics) -> RowError {
    RowError::Definition { definition: "the world".to_owned(), message: found.to_string() }
}

/// The tenant that a row says its resource is in, where the product has no attribute of that
/// name: a question about what is elsewhere is asked there, where nobody knows the subject.
fn asked_of<'r>(folder: &TenantFolder, row: &'r Row) -> Option<&'r str> {
    let known = folder.catalog.attributes_of(&row.resource.kind);
    let own = known.into_iter().flatten().any(|attribute| attribute.name == "tenant");
    row.resource.attrs.get("tenant").and_then(Value::as_str).filter(|_| !own)
}
