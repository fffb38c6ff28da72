//! Edits as programs read them in a comparison.

use crate::change::{Edit, GrantWithin};
use crate::model::Scope;
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

/// Each edit under its kind, with nothing but the name where a name says it all.
pub(super) fn by_kind<S: Serializer>(edits: &[Edit], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(edits.len()))?;
    edits.iter().try_for_each(|edit| list.serialize_element(&ByKind(edit)))?;
    list.end()
}

struct ByKind<'e>(&'e Edit);

#[derive(Serialize)]
struct GrantBody<'e> {
    permission: &'e str,
    scope: Scope,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    limited: &'e [GrantWithin],
}

impl Serialize for ByKind<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, name) = match self.0 {
            Edit::Activate => return serializer.serialize_str("activate"),
            Edit::Accept => return serializer.serialize_str("accept_invitation"),
            Edit::MakeOwner => return serializer.serialize_str("make_owner"),
            Edit::Grant { permission, scope, limited } => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("grant", &GrantBody { permission, scope: *scope, limited })?;
                return map.end();
            }
            Edit::GiveRole { role } => ("give_role", role),
            Edit::TakeRole { role } => ("take_role", role),
            Edit::AttachPolicy { policy } => ("attach_policy", policy),
            Edit::DetachPolicy { policy } => ("detach_policy", policy),
            Edit::Revoke { permission } => ("revoke", permission),
            Edit::RevokeCategory { category } => ("revoke_category", category),
            Edit::Tick { permission } => ("tick", permission),
            Edit::Untick { permission } => ("remove_tick", permission),
            Edit::TickAgain { permission } => ("tick_again", permission),
            Edit::AddTag { tag } => ("add_tag", tag),
            Edit::JoinTeam { team } => ("join_team", team),
            // No comparison proposes what is left.
            other => return other.serialize(serializer),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(kind, name)?;
        map.end()
    }
}
