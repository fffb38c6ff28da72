//! A team gets another path: another name, or a place below another team. Whatever names it, and
//! the teams below it, follows in the same record.

use super::{Operation, Plan};
use crate::document::{self, Settings, Team};
use crate::error::ChangeError;
use crate::kept;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_engine::model::{
    Assignment, Grant, Matchers, Policy, Program, Role, SharingRule, Text, User,
};
use permesso_store::Which;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// More users than this are not rewritten in one record.
const AT_ONCE: usize = 5_000;
/// Among more users than this nobody looks for who names a team.
const LOOKED_AT: usize = 200_000;

/// A team gets another path, and with it those below it.
#[derive(Debug, Clone)]
pub struct MoveTeam {
    /// Its path.
    pub from: String,
    /// Its path from then on.
    pub to: String,
}

#[async_trait]
impl Operation for MoveTeam {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.teams.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        self.possible(view)?;
        let mut plan = Plan::new("team.move");
        for (path, object) in view.documents(DocumentKind::Team) {
            let mut team: Team = document::read(DocumentKind::Team, path, &object.body)?;
            let named = self.assignments(&mut team.roles);
            if let Some(to) = self.moved(path) {
                plan = plan.remove(DocumentKind::Team, path).put(DocumentKind::Team, to, &team)?;
            } else if named {
                plan = plan.put(DocumentKind::Team, path, &team)?;
            }
        }
        plan = self
            .follow(view, plan, DocumentKind::Role, |it: &mut Role| self.grants(&mut it.grants))?;
        plan = self.follow(view, plan, DocumentKind::Policy, |it: &mut Policy| {
            self.grants(&mut it.grants)
        })?;
        plan = self.follow(view, plan, DocumentKind::Program, |it: &mut Program| {
            self.matchers(&mut it.matchers)
        })?;
        for kind in [DocumentKind::SharingPolicy, DocumentKind::SharingOverride] {
            plan = self
                .follow(view, plan, kind, |it: &mut SharingRule| self.matchers(&mut it.viewers))?;
        }
        plan = self.follow(view, plan, DocumentKind::Settings, |it: &mut Settings| {
            it.baseline.as_mut().is_some_and(|roles| self.assignments(roles))
        })?;
        let (plan, users) = self.users(view, plan).await?;
        Ok(plan.answer(json!({"users": users})))
    }
}

impl MoveTeam {
    /// Whether the one is there, and the other one is not and can be.
    fn possible(&self, view: &View<'_>) -> Result<(), ChangeError> {
        let Self { from, to } = self;
        let is_team = |path: &str| view.tenant().teams.iter().any(|team| *team.path == *path);
        if !is_team(from) {
            return Err(view.missing(DocumentKind::Team, from));
        }
        if is_team(to) {
            let (realm, kind) = (view.realm().clone(), DocumentKind::Team);
            return Err(ChangeError::Exists { realm, kind, id: to.clone() });
        }
        let refused =
            |message: String| ChangeError::Guarded { guard: "in-use", message, users: None };
        if lies_below(to, from) {
            return Err(refused(format!(
                "`{to}` lies below `{from}`, which cannot lie below itself"
            )));
        }
        match to.rsplit_once('/') {
            Some((above, _)) if !is_team(above) => Err(view.missing(DocumentKind::Team, above)),
            _ => Ok(()),
        }
    }

    /// The path that a team has from then on, where it is another one.
    fn moved(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(&*self.from)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", self.to))
    }

    fn texts(&self, teams: &mut [Text]) -> bool {
        let mut found = false;
        for team in teams {
            if let Some(to) = self.moved(team) {
                *team = Text::from(to);
                found = true;
            }
        }
        found
    }

    fn grants(&self, grants: &mut [Grant]) -> bool {
        grants.iter_mut().fold(false, |found, grant| {
            let teams = self.texts(&mut grant.teams);
            self.texts(&mut grant.exact_teams) | teams | found
        })
    }

    fn assignments(&self, roles: &mut [Assignment]) -> bool {
        roles.iter_mut().fold(false, |found, held| {
            held.teams.as_mut().is_some_and(|teams| self.texts(teams)) | found
        })
    }

    fn matchers(&self, matchers: &mut Matchers) -> bool {
        let teams = self.texts(&mut matchers.teams);
        self.texts(&mut matchers.exact_teams) | teams
    }

    /// Writes the documents of a kind that are others from then on.
    fn follow<T: DeserializeOwned + Serialize>(
        &self,
        view: &View<'_>,
        mut plan: Plan,
        kind: DocumentKind,
        rewrite: impl Fn(&mut T) -> bool,
    ) -> Result<Plan, ChangeError> {
        for (id, object) in view.documents(kind) {
            let mut document: T = document::read(kind, id, &object.body)?;
            if rewrite(&mut document) {
                plan = plan.put(kind, id, &document)?;
            }
        }
        Ok(plan)
    }

    /// Users name teams as those that they are in, and in grants of their own, by which nobody can
    /// look them up: so all of them are looked at.
    async fn users(&self, view: &View<'_>, mut plan: Plan) -> Result<(Plan, usize), ChangeError> {
        let (mut after, mut seen, mut moved) = (String::new(), 0_usize, 0_usize);
        loop {
            let which = Which::All(DocumentKind::User.name());
            let page = view.store().page(view.realm(), which, &after, 1000).await?;
            let Some(last) = page.last() else { return Ok((plan, moved)) };
            after.clone_from(&last.id);
            seen += page.len();
            for object in page {
                let mut user: User = kept::read(&object.body)
                    .map_err(|_| view.missing(DocumentKind::User, &object.id))?;
                let teams = self.texts(&mut user.teams);
                let roles = self.assignments(&mut user.roles);
                if self.grants(&mut user.grants) | teams | roles {
                    plan = plan.put(DocumentKind::User, object.id, &user)?;
                    moved += 1;
                }
            }
            if seen > LOOKED_AT || moved > AT_ONCE {
                let message = format!(
                    "more than {AT_ONCE} users name the team `{}`, or the tenant has more than \
                     {LOOKED_AT}; export the tenant, change it, and import it",
                    self.from
                );
                return Err(ChangeError::Guarded { guard: "too-many", message, users: None });
            }
        }
    }
}

fn lies_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
