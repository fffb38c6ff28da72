//! Whoever asks anonymously: somebody with the role that the catalog says, of whom nothing else is
//! known, whatever id the question bears.

use super::Evaluator;
use permesso_engine::decision::Request;
use permesso_engine::model::User;

/// An id that nobody has and nothing names.
const NOBODY: &str = "\u{1}nobody";

/// Whether it is whoever asks anonymously.
pub(super) fn is_nobody(user: &User) -> bool {
    user.id.as_str() == NOBODY
}

impl Evaluator<'_> {
    /// Whether the question is about whoever asks anonymously, and the catalog knows that;
    /// `None` where the question is about somebody else.
    pub(super) fn asks_anonymously(&self, request: &Request<'_>) -> Option<Result<User, ()>> {
        if request.asserted.subject_type != "anonymous" {
            return None;
        }
        let kind = self.catalog.subject_types.get("anonymous");
        let role = kind.and_then(|kind| kind.role.clone()).ok_or(());
        Some(role.map(|role| {
            self.seen.note("subject: anonymous");
            User { id: NOBODY.into(), roles: vec![role.into()], ..User::default() }
        }))
    }
}
