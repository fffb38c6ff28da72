//! API keys.

use super::{Operation, Plan};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_auth::KeyRecord;
use permesso_auth::key::{self, KeyError, KeyRequest, KeyView};
use serde_json::json;

fn refused(error: &KeyError) -> ChangeError {
    ChangeError::Request { field: "key".to_owned(), message: error.to_string() }
}

/// A key comes. Its token is in the answer, and nowhere else ever again.
#[derive(Debug, Clone)]
pub struct CreateKey {
    /// What it is to be.
    pub request: KeyRequest,
    /// Who makes it.
    pub by: String,
}

#[async_trait]
impl Operation for CreateKey {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.keys.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let (token, record) = key::generate(self.request.clone(), &self.by, view.now())
            .map_err(|error| refused(&error))?;
        let id = record.id.to_string();
        let answer = json!({"token": *token.reveal(), "key": KeyView::from(&record)});
        Ok(Plan::new("key.create").put(DocumentKind::Key, id, &record)?.answer(answer))
    }
}

/// A key gets another secret. The old one goes on for a while.
#[derive(Debug, Clone)]
pub struct RotateKey {
    /// Which.
    pub id: String,
    /// For how long the old secret goes on, in milliseconds.
    pub overlap: i64,
}

#[async_trait]
impl Operation for RotateKey {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.keys.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut record: KeyRecord = view.policy(DocumentKind::Key, &self.id)?;
        let until = view.now().saturating_add(self.overlap.max(0));
        let token = key::rotate(&mut record, view.now(), until).map_err(|error| refused(&error))?;
        let answer = json!({"token": *token.reveal(), "key": KeyView::from(&record)});
        Ok(Plan::new("key.rotate").put(DocumentKind::Key, self.id.clone(), &record)?.answer(answer))
    }
}

/// A key is withdrawn, for good.
#[derive(Debug, Clone)]
pub struct RevokeKey {
    /// Which.
    pub id: String,
}

#[async_trait]
impl Operation for RevokeKey {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.keys.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut record: KeyRecord = view.policy(DocumentKind::Key, &self.id)?;
        key::revoke(&mut record, view.now());
        Plan::new("key.revoke").put(DocumentKind::Key, self.id.clone(), &record)
    }
}
