//! Paths of inputs: what a source of a decision declares that it reads.
//!
//! The declaration does four things at once: it is the least privilege of a family, the list of
//! values that cross into it, the key under which its answers are kept, and the bound on how
//! long they may be kept. So a path is parsed once, when something is loaded, and a mistake in
//! it is found there.

use std::fmt;
use std::str::FromStr;

/// One thing that can be read, such as `resource.owner`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputPath {
    /// `subject.id`
    SubjectId,
    /// `subject.roles`: the ids of the roles held.
    SubjectRoles,
    /// `subject.policies`: the ids of the policies attached to the user.
    SubjectPolicies,
    /// `subject.teams`: the paths of the teams that the user is in.
    SubjectTeams,
    /// `subject.tags`
    SubjectTags,
    /// `subject.status`: `active`, `inactive` or `deleted`.
    SubjectStatus,
    /// `subject.invitation`: `pending` or `accepted`.
    SubjectInvitation,
    /// `subject.owner`: whether the user is the account's owner.
    SubjectOwner,
    /// `subject.holds.<permission>`: whether the subject holds it at any scope.
    SubjectHolds(Box<str>),
    /// `subject.<attribute>` of the directory.
    SubjectAttribute(Box<str>),
    /// `delegation.from`: the id of the user who delegated.
    DelegationFrom,
    /// `delegation.permissions`: what was delegated.
    DelegationPermissions,
    /// `delegation.audiences`: for whom.
    DelegationAudiences,
    /// `resource.kind`
    ResourceKind,
    /// `resource.id`
    ResourceId,
    /// `resource.<attribute>` of the request.
    ResourceAttribute(Box<str>),
    /// `action.<attribute>` of the request.
    ActionAttribute(Box<str>),
    /// `context.<attribute>` of the request.
    ContextAttribute(Box<str>),
    /// `config.<attribute>` of the tenant's configuration of a family.
    Config(Box<str>),
    /// `now`: the instant of the decision.
    Now,
}

/// A path that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a path; write `subject.<attribute>`, `subject.holds.<permission>`, \
     `delegation.from|permissions|audiences`, `resource.<attribute>`, `action.<attribute>`, \
     `context.<attribute>`, `config.<attribute>` or `now`"
)]
pub struct PathError(String);

impl FromStr for InputPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text == "now" {
            return Ok(Self::Now);
        }
        let error = || PathError(text.to_owned());
        let (root, rest) = text.split_once('.').ok_or_else(error)?;
        if rest.is_empty() || rest.split('.').any(str::is_empty) {
            return Err(error());
        }
        Ok(match (root, rest) {
            ("subject", "id") => Self::SubjectId,
            ("subject", "roles") => Self::SubjectRoles,
            ("subject", "policies") => Self::SubjectPolicies,
            ("subject", "teams") => Self::SubjectTeams,
            ("subject", "tags") => Self::SubjectTags,
            ("subject", "status") => Self::SubjectStatus,
            ("subject", "invitation") => Self::SubjectInvitation,
            ("subject", "owner") => Self::SubjectOwner,
            ("subject", rest) => match rest.strip_prefix("holds.") {
                Some(permission) => Self::SubjectHolds(permission.into()),
                None => Self::SubjectAttribute(rest.into()),
            },
            ("delegation", "from") => Self::DelegationFrom,
            ("delegation", "permissions") => Self::DelegationPermissions,
            ("delegation", "audiences") => Self::DelegationAudiences,
            ("resource", "kind") => Self::ResourceKind,
            ("resource", "id") => Self::ResourceId,
            ("resource", rest) => Self::ResourceAttribute(rest.into()),
            ("action", rest) => Self::ActionAttribute(rest.into()),
            ("context", rest) => Self::ContextAttribute(rest.into()),
            ("config", rest) => Self::Config(rest.into()),
            _ => return Err(error()),
        })
    }
}

impl fmt::Display for InputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubjectId => f.write_str("subject.id"),
            Self::SubjectRoles => f.write_str("subject.roles"),
            Self::SubjectPolicies => f.write_str("subject.policies"),
            Self::SubjectTeams => f.write_str("subject.teams"),
            Self::SubjectTags => f.write_str("subject.tags"),
            Self::SubjectStatus => f.write_str("subject.status"),
            Self::SubjectInvitation => f.write_str("subject.invitation"),
            Self::SubjectOwner => f.write_str("subject.owner"),
            Self::SubjectHolds(permission) => write!(f, "subject.holds.{permission}"),
            Self::SubjectAttribute(name) => write!(f, "subject.{name}"),
            Self::DelegationFrom => f.write_str("delegation.from"),
            Self::DelegationPermissions => f.write_str("delegation.permissions"),
            Self::DelegationAudiences => f.write_str("delegation.audiences"),
            Self::ResourceKind => f.write_str("resource.kind"),
            Self::ResourceId => f.write_str("resource.id"),
            Self::ResourceAttribute(name) => write!(f, "resource.{name}"),
            Self::ActionAttribute(name) => write!(f, "action.{name}"),
            Self::ContextAttribute(name) => write!(f, "context.{name}"),
            Self::Config(name) => write!(f, "config.{name}"),
            Self::Now => f.write_str("now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_prints_as_it_was_written() {
        for text in [
            "subject.id",
            "subject.roles",
            "subject.policies",
            "subject.teams",
            "subject.tags",
            "subject.status",
            "subject.invitation",
            "subject.owner",
            "subject.holds.customize.steps",
            "subject.calendar",
            "delegation.from",
            "delegation.permissions",
            "delegation.audiences",
            "resource.kind",
            "resource.id",
            "resource.address.city",
            "action.reason",
            "context.ip",
            "config.strict-state",
            "now",
        ] {
            assert_eq!(text.parse::<InputPath>().map(|path| path.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_path_that_is_none_says_what_to_write() {
        for text in ["", "subject", "subject.", "user.id", "resource..x", "delegation.to"] {
            assert!(text.parse::<InputPath>().is_err(), "{text}");
        }
    }
}
