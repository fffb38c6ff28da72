//! Why what grants a permission does not apply.

use super::holding::Holding;
use super::{Evaluator, condition, is_within};
use permesso_engine::decision::{Request, Unmet};
use permesso_engine::model::{GrantedBy, Instant, Permission, Rights, Status, User};

impl Evaluator<'_> {
    /// What stands against the sources of a permission of which none counts; of several that
    /// which is nearest to being met. `None` where nothing grants it.
    pub(super) fn unmet(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Option<Unmet> {
        let held = self.holdings(user);
        let held = held
            .iter()
            .filter(|it| it.permission == permission.id.as_str() && it.own_of == user.id.as_str());
        let sources = held.filter_map(|it| self.stands_against(it, user, request));
        let unticked = self.is_unticked(permission, user).then_some(Unmet::Unticked);
        let delegable = permission.delegable || permission.granted_by == GrantedBy::Delegation;
        let delegations = self.directory.delegations.iter().filter(|it| {
            delegable
                && it.to == user.id
                && it.permissions.contains(&permission.id)
                && self
                    .user(&it.from)
                    .is_some_and(|from| it.from == it.to || from.status == Status::Active)
        });
        let delegated = delegations.map(|it| {
            let from = it.valid_from.map(Instant::millis);
            match is_within(from, it.valid_until.map(Instant::millis), request.now) {
                true => Unmet::Delegation,
                false => Unmet::Time,
            }
        });
        sources.chain(unticked).chain(delegated).max()
    }

    /// The assignment before the grant, and of each the time before the teams before the
    /// condition: the first that is known not to hold, or the first of which nothing is known.
    fn stands_against(
        &self,
        holding: &Holding<'_>,
        user: &User,
        request: &Request<'_>,
    ) -> Option<Unmet> {
        let by = holding.by.map(|by| {
            let window = (by.valid_from.map(Instant::millis), by.valid_until.map(Instant::millis));
            let teams = by.teams.as_deref().map(|teams| (teams, &[][..]));
            (window, teams, by.condition.as_ref())
        });
        let limits = !(holding.teams.is_empty() && holding.exact_teams.is_empty());
        let teams = limits.then_some((holding.teams, holding.exact_teams));
        let own = ((holding.from, holding.until), teams, holding.condition);
        let mut unknown = None;
        for ((from, until), teams, text) in by.into_iter().chain([own]) {
            if !is_within(from, until, request.now) {
                return Some(Unmet::Time);
            }
            let of_team =
                teams.map_or(Some(true), |(teams, exact)| self.is_of(teams, exact, request));
            if of_team == Some(false) {
                return Some(Unmet::Teams);
            }
            let said = text
                .map_or(Some(true), |text| self.condition(condition::GRANT, text, user, request));
            let here = match (of_team, said) {
                (_, Some(false)) => return Some(Unmet::Condition),
                (None, _) => Some(Unmet::UnknownTeam),
                (_, None) => Some(Unmet::UnknownCondition),
                _ => None,
            };
            unknown = unknown.or(here);
        }
        unknown
    }

    /// Whether a role would grant it, had it not been unticked.
    fn is_unticked(&self, permission: &Permission, user: &User) -> bool {
        let count = |rights: Rights| {
            let user = User { rights, ..user.clone() };
            let held = self.holdings(&user);
            held.iter().filter(|it| it.permission == permission.id.as_str()).count()
        };
        let remove = user.rights.remove.clone();
        count(Rights::default()) > count(Rights { remove, ..Rights::default() })
    }
}
