//! A catalog comes without a role that users hold: they hold another one from then on.

use super::policy::move_to;
use super::{Intended, Operation, Plan, PublishProduct, body};
use crate::document;
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kind::DocumentKind;
use crate::operation::renaming::Renaming;
use crate::view::View;
use async_trait::async_trait;
use permesso_auth::KeyRecord;
use permesso_engine::condition::Named;
use permesso_engine::model::User;
use permesso_store::feed::Facet;
use permesso_store::{Realm, Which};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More holders in one tenant than this are not moved in one record.
const AT_ONCE: usize = 5_000;

/// A version of a catalog comes, and whoever holds a role that it has no longer is moved to
/// another one: users and the keys of tenants. What else names such a role, a program or a team,
/// is in the way.
#[derive(Debug, Clone)]
pub struct PublishMoving {
    /// The catalog, as YAML.
    pub text: String,
    /// From which role to which.
    pub move_to: BTreeMap<String, String>,
}

#[async_trait]
impl Operation for PublishMoving {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut plan = PublishProduct { text: self.text.clone() }.plan(view).await?;
        let (_, catalog) = view.node().parse_catalog(&self.text)?;
        for role in self.move_to.keys() {
            if catalog.source().value.standard_roles.iter().any(|it| *it.id == **role) {
                return Err(ChangeError::Request {
                    field: "move_to".to_owned(),
                    message: format!(
                        "the catalog has the role `{role}`; move those who hold it in their tenant"
                    ),
                });
            }
        }
        let mut moved = 0;
        for (realm, edits) in &mut plan.elsewhere {
            let version = view.node().version_of(realm).await?;
            moved += self.users(view, realm, &version, edits).await?;
            self.keys(&version, edits)?;
        }
        if let Value::Object(answer) = &mut plan.answer {
            answer.insert("moved".to_owned(), json!(moved));
        }
        Ok(plan)
    }
}

impl PublishMoving {
    /// The roles that go from a tenant, and where.
    fn gone<'s>(&'s self, version: &Version) -> Vec<(&'s str, &'s str)> {
        // What the tenant has made its own stays.
        let own = &version.documents.tenant.value.roles;
        let goes = |role: &str| own.iter().all(|it| *it.id != *role);
        let moves = self.move_to.iter().map(|(from, to)| (from.as_str(), to.as_str()));
        moves.filter(|(from, _)| goes(from)).collect()
    }

    async fn users(
        &self,
        view: &View<'_>,
        realm: &Realm,
        version: &Version,
        edits: &mut Vec<Intended>,
    ) -> Result<usize, ChangeError> {
        let mut users: BTreeMap<String, User> = BTreeMap::new();
        for (from, to) in self.gone(version) {
            let mut after = String::new();
            loop {
                let which = Which::Having(Facet::Role, from);
                let page = view.store().page(realm, which, &after, 1000).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.id);
                for object in page {
                    let read = document::read(DocumentKind::User, &object.id, &object.body)?;
                    let user = users.entry(object.id).or_insert(read);
                    move_to(&mut user.roles, from, to);
                }
                if users.len() > AT_ONCE {
                    return Err(ChangeError::Guarded {
                        guard: "too-many",
                        message: format!(
                            "more than {AT_ONCE} users of the tenant `{realm}` hold `{from}`; \
                             move them in portions first"
                        ),
                        users: None,
                    });
                }
            }
        }
        for (id, user) in &users {
            edits.push((DocumentKind::User, id.clone(), Some(body(DocumentKind::User, id, user)?)));
        }
        Ok(users.len())
    }

    fn keys(&self, version: &Version, edits: &mut Vec<Intended>) -> Result<(), ChangeError> {
        let kind = DocumentKind::Key;
        for (id, object) in version.documents.all(kind) {
            let mut key: KeyRecord = document::read(kind, id, &object.body)?;
            let moves = self.gone(version).into_iter().fold(false, |moved, (from, to)| {
                Renaming::new(Named::Role, from, to).key_roles(&mut key.roles) | moved
            });
            if moves {
                edits.push((kind, id.to_owned(), Some(body(kind, id, &key)?)));
            }
        }
        Ok(())
    }
}
