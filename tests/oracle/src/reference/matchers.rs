//! Whom matchers mean.

use super::{Evaluator, condition::Place, in_branch};
use permesso_engine::decision::Request;
use permesso_engine::model::{Matchers, User};

impl Evaluator<'_> {
    /// Whether any one of the matchers fits; `None` where that hangs on a condition that cannot
    /// be known. A condition is about the request, whatever its resource is a part of.
    pub(super) fn fits(
        &self,
        matchers: &Matchers,
        place: Place,
        user: &User,
        request: &Request<'_>,
    ) -> Option<bool> {
        let exactly = matchers.exact_teams.iter().any(|team| user.teams.contains(team));
        if exactly {
            self.seen.note("matchers: in exactly a team");
        }
        let roles: Vec<Option<bool>> =
            matchers.roles.iter().map(|role| self.holds_role(user, role, request.now)).collect();
        let fits = exactly
            || roles.contains(&Some(true))
            || matchers.tags.iter().any(|tag| user.tags.contains(tag))
            || matchers.teams.iter().any(|top| user.teams.iter().any(|team| in_branch(team, top)));
        let stated = match &matchers.condition {
            Some(condition) if !fits => self.condition(place, condition, user, request),
            _ => Some(fits),
        };
        if stated == Some(false) && roles.contains(&None) {
            self.seen.note("matchers: by a role within limits only");
            return None;
        }
        stated
    }
}
