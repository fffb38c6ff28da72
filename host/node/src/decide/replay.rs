//! What would have been decided at a revision that is past.
//!
//! Everything that a decision rests on is in the log: the documents, by going back over what was
//! written since; the users, one by one; the version of the catalog; and the digests of the
//! components that answered. So the same engine decides again on the same tenant.

use super::inquiry::{self, Inquiry};
use crate::document::{self, CatalogPin};
use crate::error::{ChangeError, Unserved};
use crate::follow::documents::Documents;
use crate::kind::DocumentKind;
use crate::node::Node;
use crate::operation::changed_since;
use crate::view::View;
use permesso_engine::Authorizer;
use permesso_engine::compile::{Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Explanation, Obligation, Reason, Request, Step};
use permesso_engine::directory::{Loaded, Need, Needs, Pins, StoredUser, Subjects, Usage};
use permesso_engine::model::{Delegation, Instant, User};
use permesso_store::feed::{self, Facet};
use permesso_store::{Body, Realm};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was decided, and under what. As programs read it, the decision is `true` or `false`, and
/// the reason, the obligations and the trace stand beside it.
#[derive(Debug)]
pub struct Replay {
    /// The decision, with everything that was looked at.
    pub explanation: Explanation,
    /// Of which tenant.
    pub tenant: String,
    /// Under which revision.
    pub revision: u64,
    /// When it was asked, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Which version of the catalog.
    pub catalog: CatalogPin,
    /// Which components answered.
    pub families: Vec<ReplayedFamily>,
}

/// A family of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayedFamily {
    /// The family.
    pub family: String,
    /// The digest of the component that answered at that time.
    pub digest: Option<String>,
    /// Whether it is here to answer again. Where it is not, what it governs is denied.
    pub here: bool,
}

impl Replay {
    /// A family whose component of that time is not here. What it would have said nobody knows,
    /// so the decision need not be the one of that time.
    #[must_use]
    pub fn missing(&self) -> Option<&ReplayedFamily> {
        self.families.iter().find(|family| !family.here)
    }
}

impl Serialize for Replay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            tenant: &'a str,
            revision: u64,
            at: Instant,
            catalog: &'a CatalogPin,
            families: &'a [ReplayedFamily],
            decision: bool,
            reason: &'a Reason,
            obligations: Vec<&'a Obligation>,
            trace: &'a [Step],
        }
        let Explanation { decision, trace, .. } = &self.explanation;
        let told = Told {
            tenant: &self.tenant,
            revision: self.revision,
            at: Instant::from_millis(self.at),
            catalog: &self.catalog,
            families: &self.families,
            decision: decision.is_allow(),
            reason: &decision.reason,
            obligations: decision.obligations.iter().map(|obligation| &**obligation).collect(),
            trace,
        };
        told.serialize(serializer)
    }
}

/// The documents of a tenant that were written since, as they were.
type Changed = BTreeMap<(DocumentKind, String), Option<Body>>;

impl Node {
    /// Decides a request as it would have been decided at a revision.
    ///
    /// # Errors
    ///
    /// Where there is no such revision, or the tenant did not exist at it. Where a component of
    /// that time is [missing](Replay::missing) there is an answer, and the caller sees to it.
    pub async fn replay(
        &self,
        realm: &Realm,
        revision: u64,
        request: &Request<'_>,
    ) -> Result<Replay, ChangeError> {
        let mut look = self.look(realm).await?;
        if revision > look.view(self).revision()
            && let Some(one) = self.followed(realm)
        {
            // Another node may have written it just now.
            self.catch_up(&one).await?;
            look = self.look(realm).await?;
        }
        let view = look.view(self);
        let none = |why| ChangeError::NoRevision { realm: realm.clone(), revision, why };
        if revision == 0 || revision > view.revision() {
            return Err(none(format!("it has 1 to {}", view.revision())));
        }
        let changed = changed_since(&view, revision).await?.before;
        let policy: Vec<_> = changed
            .iter()
            .filter(|((kind, _), _)| !kind.is_directory())
            .map(|((kind, id), body)| (*kind, id.clone(), body.clone()))
            .collect();
        let documents = view.version.documents.with(&policy, revision)?;
        let tenant = realm.tenant_id().unwrap_or_default();
        let pin =
            documents.pin()?.ok_or_else(|| none("there was no such tenant then".to_owned()))?;
        let catalog = self.catalog(&pin).await?;
        let (families, answered) = self.families_of(&documents).await?;
        let subjects = Arc::new(Subjects::new(1000));
        let compiled = compile(&Definition {
            catalog: &catalog,
            tenant: &documents.tenant,
            people: PeopleFrom::Subjects(&subjects),
            families: &families,
            revision,
            lenient: true,
            before: None,
        })?;
        let authorizer = Authorizer::new(0);
        authorizer.install(compiled);
        let explanation = inquiry::inquire(Past {
            view: &view,
            changed: &changed,
            revision,
            authorizer: &authorizer,
            subjects: &subjects,
            request,
            pins: Pins::default(),
        })
        .await?;
        Ok(Replay {
            explanation,
            tenant: tenant.to_owned(),
            revision,
            at: request.now,
            catalog: pin,
            families: answered,
        })
    }

    /// The components that answered at that time, as far as they are here.
    async fn families_of(
        &self,
        documents: &Documents,
    ) -> Result<(FamilySet, Vec<ReplayedFamily>), ChangeError> {
        let (components, served) = (self.components(), documents.served()?);
        let wanted = served.clone();
        // Each may have to be loaded.
        let found = tokio::task::spawn_blocking(move || {
            let found = wanted.iter().map(|(family, digest)| {
                digest.as_ref().and_then(|digest| components.by_digest(family, digest))
            });
            found.collect::<Vec<_>>()
        });
        let found = found.await.unwrap_or_else(|error| {
            tracing::error!(%error, "components of the past cannot be loaded");
            Vec::new()
        });
        let mut found = found.into_iter();
        let (mut families, mut answered) = (FamilySet::new(), Vec::new());
        for (family, digest) in served {
            let component = found.next().flatten();
            let here = component.is_some() || digest.is_none();
            families.extend(component.map(|component| (family.clone(), component)));
            answered.push(ReplayedFamily { family, digest, here });
        }
        Ok((families, answered))
    }
}

/// A question to a tenant as it was.
struct Past<'p> {
    view: &'p View<'p>,
    changed: &'p Changed,
    revision: u64,
    authorizer: &'p Authorizer,
    subjects: &'p Arc<Subjects>,
    request: &'p Request<'p>,
    pins: Pins,
}

impl Past<'_> {
    fn tenant(&self) -> &str {
        self.view.realm.tenant_id().unwrap_or_default()
    }
}

impl Inquiry for Past<'_> {
    type Answer = Explanation;
    type Lack = Needs;
    type Error = ChangeError;

    fn ask(&mut self) -> Result<Explanation, Needs> {
        self.authorizer.holding(&self.pins).try_explain(self.tenant(), self.request)
    }

    async fn bring(&mut self, needs: Needs) -> Result<(), ChangeError> {
        let loaded = read(self.view, self.changed, &needs).await?;
        if let Some(compiled) = self.authorizer.tenant(self.tenant()) {
            self.pins.join(self.subjects.admit(&compiled, self.revision, loaded).pins);
        }
        Ok(())
    }

    fn endless(&self) -> ChangeError {
        let why = "what it turns on cannot be found out".to_owned();
        Unserved::Unread { tenant: self.tenant().to_owned(), why }.into()
    }
}

/// Users and counts as they were.
async fn read(
    view: &View<'_>,
    changed: &Changed,
    needs: &Needs,
) -> Result<Vec<Loaded>, ChangeError> {
    let users: Vec<String> = needs.users().map(str::to_owned).collect();
    let roles: Vec<_> = needs.usages().map(|role| (Facet::Role, role.to_owned())).collect();
    let now = view.store().directory(view.realm(), &users, &roles).await?;
    let mut loaded = Vec::new();
    for need in needs.iter() {
        loaded.push(match need {
            Need::User(id) => match user(view, changed, id).await? {
                None => Loaded::Absent(id.clone()),
                Some(user) => {
                    let mut delegations = Vec::new();
                    let key = |id: &str| (DocumentKind::Delegation, id.to_owned());
                    let still = now.delegations.iter().filter(|delegated| delegated.to == *id);
                    let still = still
                        .filter(|delegated| !changed.contains_key(&key(&delegated.delegation.id)))
                        .map(|delegated| &delegated.delegation.body);
                    let then = changed
                        .iter()
                        .filter(|((kind, _), _)| *kind == DocumentKind::Delegation)
                        .filter_map(|(_, body)| body.as_ref())
                        .filter(|body| feed::delegation(body).is_some_and(|(_, to)| to == *id));
                    for body in still.chain(then) {
                        let delegation: Delegation =
                            document::read(DocumentKind::Delegation, id, body)?;
                        let from = self::user(view, changed, &delegation.from).await?;
                        delegations.extend(from.map(|from| (delegation, from)));
                    }
                    Loaded::User(Box::new(StoredUser { user, delegations }))
                }
            },
            Need::Usage(role) => {
                let key = (Facet::Role, role.clone());
                let is = now.usage.get(&key).copied().unwrap_or_default();
                let mut usage = (signed(is.taking_part), signed(is.listed));
                for ((kind, id), was) in
                    changed.iter().filter(|((kind, _), _)| *kind == DocumentKind::User)
                {
                    let is = view.object(*kind, id).await?.map(|object| object.body);
                    for (body, sign) in [(&is, -1), (was, 1)] {
                        let Some(body) = body else { continue };
                        let counted = feed::counted(body).unwrap_or_default();
                        for (_, takes_part) in counted.iter().filter(|(facet, _)| *facet == key) {
                            usage.1 += sign;
                            usage.0 += sign * i64::from(*takes_part);
                        }
                    }
                }
                let count = |n: i64| usize::try_from(n).unwrap_or(0);
                let usage = Usage { taking_part: count(usage.0), listed: count(usage.1) };
                Loaded::Usage { role: role.clone(), usage }
            }
        });
    }
    Ok(loaded)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn user(view: &View<'_>, changed: &Changed, id: &str) -> Result<Option<User>, ChangeError> {
    let body = match changed.get(&(DocumentKind::User, id.to_owned())) {
        Some(was) => was.clone(),
        None => view.object(DocumentKind::User, id).await?.map(|object| object.body),
    };
    body.map(|body| document::read(DocumentKind::User, id, &body)).transpose()
}
