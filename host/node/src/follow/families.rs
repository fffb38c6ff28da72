//! Which families answer for which tenant.

use super::documents::Documents;
use super::followed::{Followed, State};
use crate::caller::Caller;
use crate::edit::Options;
use crate::error::ChangeError;
use crate::node::Node;
use crate::operation::serving::{Component, Serve};
use permesso_engine::compile::Compiled;
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::family::{ConfigRefusal, FamilySet, FamilySource, check_configuration};
use permesso_engine::load::Source;
use permesso_engine::model::Tenant;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

impl Node {
    /// Compiles a tenant with the families that are installed now. Where one of them does not fit
    /// the tenant, or refuses its configuration, the tenant goes on with those that its log names,
    /// as far as they may still answer: what was taken out or revoked may not. Those whose
    /// configuration was `edited` have to accept it, as they are installed now.
    pub(crate) fn with_families(
        &self,
        documents: &Documents,
        edited: &[&str],
        compile: impl Fn(&FamilySet) -> Result<Compiled, Diagnostics>,
    ) -> Result<Compiled, ChangeError> {
        let components = self.components();
        let mut families = components.families();
        let mut changed = documents.served()?;
        changed
            .retain(|(id, digest)| families.get(id).map(|one| one.digest()) != digest.as_deref());
        if changed.is_empty() && edited.is_empty() {
            // They have been asked about this configuration, when it was written.
            return Ok(compile(&families)?);
        }
        let newest =
            self.validate(&documents.tenant, |_| true).and_then(|()| Ok(compile(&families)?));
        let refused = match newest {
            Ok(compiled) => return Ok(compiled),
            Err(refused) => refused,
        };
        for (family, digest) in changed {
            if edited.contains(&&*family) {
                continue;
            }
            let earlier = digest.filter(|_| families.contains_key(&family));
            match earlier.and_then(|digest| components.by_digest(&family, &digest)) {
                Some(earlier) => drop(families.insert(family, earlier)),
                None => drop(families.remove(&family)),
            }
        }
        self.validate(&documents.tenant, |family| edited.contains(&family))?;
        let Ok(compiled) = compile(&families) else { return Err(refused) };
        let tenant = &*documents.tenant.value.tenant;
        tracing::error!(tenant, %refused, "a tenant goes on without a change of families");
        Ok(compiled)
    }

    /// Compiles every tenant in memory again, with the families that are installed now. One that
    /// does not compile with what is left to it is no longer served, and answered here. One that
    /// no family has a say in is left as it is.
    pub async fn recompile(&self, components: Arc<dyn FamilySource>) -> Vec<(String, ChangeError)> {
        *self.components.write().unwrap_or_else(PoisonError::into_inner) = components;
        // What is compiled from here on, or began to be loaded, has the new ones.
        self.installed.fetch_add(1, Ordering::AcqRel);
        let mut failed = Vec::new();
        for one in self.tenants.all() {
            let _following = one.following.lock().await;
            let was = one.state.load_full();
            let governed = was.compiled.as_ref().is_some_and(|was| governed(was).next().is_some());
            if !governed {
                continue;
            }
            let next = match self.recompiled(&one).await {
                Ok(next) => {
                    State { documents: next.documents.filter(|_| was.documents.is_some()), ..next }
                }
                Err(error) => {
                    // What cannot be read now is read by whoever asks next.
                    one.loaded(!matches!(error, ChangeError::Store(_)));
                    failed.push((one.realm.to_string(), error));
                    State { compiled: None, ..State::clone(&one.state.load()) }
                }
            };
            self.install(&one, next, 0);
        }
        failed
    }

    async fn recompiled(&self, one: &Arc<Followed>) -> Result<State, ChangeError> {
        self.take_over(one, true, None).await?;
        let mut next = State::clone(&one.state.load());
        let (Some(documents), Some(subjects)) = (&next.documents, next.subjects()) else {
            return Ok(next);
        };
        let (documents, subjects) = (Arc::clone(documents), Arc::clone(subjects));
        let (catalog, compiled) = self
            .compile(documents, next.revision, &subjects, &[], next.compiled.as_deref())
            .await?;
        (next.catalog, next.compiled) = (catalog, compiled.map(Arc::new));
        Ok(next)
    }

    /// Writes into the log of each tenant which components answer for it here, where the log
    /// says otherwise: of those in memory now, of the others when they are loaded, before
    /// anything is decided of them.
    pub async fn record_components(&self) -> Vec<(String, ChangeError)> {
        self.records_components.store(true, Ordering::Release);
        let mut failed = Vec::new();
        for one in self.tenants.all().into_iter().filter(|one| one.is_loaded()) {
            if let Err(error) = self.record_components_of(&one).await {
                failed.push((one.realm.to_string(), error));
            }
        }
        failed
    }

    /// What is written down is a change like any other, which asks for the tenant again: so how
    /// much it needs cannot be known beforehand.
    pub(super) fn record_components_at_load<'a>(
        &'a self,
        one: &'a Arc<Followed>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            if !self.records_components.load(Ordering::Acquire) {
                return;
            }
            if let Err(error) = self.record_components_of(one).await {
                let tenant = &one.realm;
                tracing::warn!(%tenant, %error, "cannot write down which components answer");
            }
        })
    }

    async fn record_components_of(&self, one: &Arc<Followed>) -> Result<(), ChangeError> {
        let Some(compiled) = one.state.load().compiled.clone() else { return Ok(()) };
        let components: BTreeMap<String, Component> = governed(&compiled).collect();
        if components.is_empty() {
            return Ok(());
        }
        let version = self.version(one).await?;
        let recorded = version.documents.served()?.into_iter();
        let recorded: BTreeMap<String, Component> =
            recorded.map(|(family, digest)| (family, Component { digest })).collect();
        if components.iter().all(|(family, is)| recorded.get(family) == Some(is)) {
            return Ok(());
        }
        let serve = Serve { components };
        self.perform_on(one, &Caller::System, &serve, &Options::default()).await?;
        Ok(())
    }

    /// The families of this node.
    pub(crate) fn components(&self) -> Arc<dyn FamilySource> {
        Arc::clone(&self.components.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks families about their configuration by a tenant.
    pub(crate) fn validate(
        &self,
        tenant: &Source<Tenant>,
        which: impl Fn(&str) -> bool,
    ) -> Result<(), ChangeError> {
        check_configuration(&self.components().families(), tenant, which).map_err(|refusal| {
            match refusal {
                ConfigRefusal::Refused(found) => ChangeError::Invalid(found),
                ConfigRefusal::Unanswered { family, fault } => ChangeError::Request {
                    field: format!("families.{family}"),
                    message: format!("the family gave no answer about its configuration: {fault}"),
                },
            }
        })
    }
}

/// The families that have a say in a tenant, with the components that answer.
fn governed(compiled: &Compiled) -> impl Iterator<Item = (String, Component)> {
    compiled.snapshot.families().map(|(family, digest)| {
        (family.to_owned(), Component { digest: digest.map(str::to_owned) })
    })
}
