//! Which components answer for a tenant's families.
//!
//! Components are installed on machines, not in the log. But what was decided is only known again
//! with the component that was asked, so the log says which one answers from when on.

use super::{Operation, Plan};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The component that answers for a family.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    /// Its SHA-256; none where none is installed, and what it governs is denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
}

/// These components answer from now on.
#[derive(Debug, Clone)]
pub(crate) struct Serve {
    pub(crate) components: BTreeMap<String, Component>,
}

#[async_trait]
impl Operation for Serve {
    async fn plan(&self, _: &View<'_>) -> Result<Plan, ChangeError> {
        let mut plan = Plan::new("family.serve");
        for (family, component) in &self.components {
            plan = plan.put(DocumentKind::Serving, family.clone(), component)?;
        }
        Ok(plan)
    }
}
