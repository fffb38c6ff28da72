//! How a product's own rights govern its administration: which of its permissions an operation of
//! the administration is asked as, and about what.

use super::Text;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How an operation of the administration is asked, in place of the permission that begins with
/// `permesso.`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The product's permission.
    pub permission: Text,
    /// The kind of resource under which it is asked. Its id is that of what is edited.
    pub kind: Text,
    /// The attributes of that kind, each with what is known of what is edited: see
    /// [`facts`](crate::administration::facts).
    #[serde(default)]
    pub attributes: BTreeMap<String, Text>,
}

/// Operations of the administration, each with how it is asked.
pub type Administering = BTreeMap<String, Asked>;
