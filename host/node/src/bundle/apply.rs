//! A tenant becomes what a bundle says, as one change.

use super::compare_people::Walk;
use super::compare_policy::{Compare, Goal};
use super::parsed::Bundle;
use crate::error::ChangeError;
use crate::operation::{Operation, Plan};
use crate::view::View;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;

/// More documents than this do not become something else in one record: see
/// [`import`](super::import).
pub const IN_ONE_RECORD: usize = 2_000;

/// A tenant becomes what a bundle says. Where there is no such tenant yet it is made, on the
/// current version of its product's catalog.
#[derive(Debug, Clone)]
pub struct Apply {
    /// What it is to be.
    pub bundle: Arc<Bundle>,
    /// How the two are compared.
    pub how: Compare,
}

#[async_trait]
impl Operation for Apply {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let goal = Goal::of(*view, &self.bundle, self.how).await?;
        let mut edited = goal.edited.clone();
        let mut walk = Walk::of(&goal).await?;
        while let Some(more) = walk.next().await? {
            // To the end all the same: what is wrong with the rest is told first.
            if edited.len() <= IN_ONE_RECORD {
                edited.extend(more);
            }
        }
        if edited.len() > IN_ONE_RECORD {
            return Err(too_many());
        }
        let mut plan = Plan::new("code.apply").answer(json!({"documents": edited.len()}));
        plan.edits = edited.into_iter().map(|edit| (edit.kind, edit.id, edit.after)).collect();
        Ok(plan)
    }
}

pub(super) fn too_many() -> ChangeError {
    ChangeError::Guarded {
        guard: "too-many",
        message: format!(
            "more than {IN_ONE_RECORD} documents would become something else; import them"
        ),
        users: None,
    }
}
