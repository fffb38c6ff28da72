//! What is demanded of the document that is edited: that it is the one that the caller has read.

use crate::query::LARGEST;
use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use permesso_front::{Problem, headers};
use permesso_node::{ChangeError, DocumentKind, Precondition};

/// What is demanded of the document that is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matching {
    /// Nothing.
    No,
    /// The revision, if the caller wants to.
    May,
    /// The revision.
    Must,
    /// The revision, or that there is none yet.
    MustOrCreate,
}

impl Matching {
    /// What a caller demands of that document by these headers, if that is enough. `None` where it
    /// is to be made.
    pub(crate) fn preconditions(
        self,
        head: &HeaderMap,
        kind: DocumentKind,
        id: &str,
    ) -> Result<Option<Vec<Precondition>>, Problem> {
        let tag = headers::once(head, &IF_MATCH)?;
        let none = headers::once(head, &IF_NONE_MATCH)?;
        match (tag, none) {
            (None, Some("*")) if self == Self::MustOrCreate => Ok(None),
            (_, Some(_)) => Err(Problem::bad(
                "If-None-Match is taken as `*` only, without If-Match, and where something can be \
                 made",
            )),
            (Some(tag), None) => {
                let revision = match tag {
                    "*" => None,
                    tag => Some(etag(tag)?),
                };
                Ok(Some(vec![Precondition { kind, id: id.to_owned(), revision }]))
            }
            (None, None) if matches!(self, Self::Must | Self::MustOrCreate) => {
                Err(ChangeError::Unconditional { kind, id: id.to_owned() }.into())
            }
            (None, None) => Ok(Some(Vec::new())),
        }
    }
}

fn etag(tag: &str) -> Result<u64, Problem> {
    let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    let digits = inner.filter(|inner| inner.bytes().all(|byte| byte.is_ascii_digit()));
    let revision = digits.and_then(|digits| digits.parse().ok());
    revision.filter(|revision| *revision <= LARGEST).ok_or_else(|| {
        Problem::bad("If-Match takes one revision in quotes, as ETag had it, or `*`")
    })
}
