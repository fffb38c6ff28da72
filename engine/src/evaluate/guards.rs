//! Guards, prerequisites and constraints: what has to hold whatever was granted.

use super::Ask;
use super::recorder::Recorder;
use crate::decision::{Obligation, Outcome, Reason, Sight, Stage};
use crate::model::{InputPath, Predicate};
use crate::snapshot::{ConstraintRule, GuardRule, PermissionRule};
use std::collections::HashSet;
use std::sync::Arc;

impl Ask<'_> {
    /// The guards of the catalog.
    pub(super) fn guards<R: Recorder>(
        &self,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Result<(), Reason> {
        let mut denial = Ok(());
        for guard in
            rule.guards.iter().filter_map(|at| self.snapshot.catalog.guards.get(usize::from(*at)))
        {
            let holds = self.guard_holds(guard, record);
            record.saw(guard.place, Sight::Guard(holds));
            if holds {
                record.step(Stage::Guards, Outcome::Pass, || format!("guard `{}` holds", guard.id));
                continue;
            }
            record.step(Stage::Guards, Outcome::Deny, || {
                format!("guard `{}`: {}", guard.id, guard.message)
            });
            if denial.is_ok() {
                denial = Err(Reason::Guard {
                    id: Arc::clone(&guard.id),
                    message: Arc::clone(&guard.message),
                });
            }
            if !R::ON {
                break;
            }
        }
        denial
    }

    fn guard_holds<R: Recorder>(&self, guard: &GuardRule, record: &mut R) -> bool {
        guard.require.as_ref().is_none_or(|predicate| self.holds_that(predicate))
            && guard
                .condition
                .as_ref()
                .is_none_or(|clause| self.clause_holds(clause, record) == Ok(true))
            && guard.check.as_ref().is_none_or(|check| self.role_passes(check))
    }

    /// Whether a predicate holds. What is unknown does not.
    pub(crate) fn holds_that(&self, predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(parts) => parts.iter().all(|part| self.holds_that(part)),
            Predicate::Any(parts) => parts.iter().any(|part| self.holds_that(part)),
            Predicate::Own(relations) => self.is_own(relations, self.member),
            // Which roles are held can then not be known.
            Predicate::Compare { path: InputPath::SubjectRoles, .. }
                if !self.unsettled_roles().is_empty() =>
            {
                false
            }
            Predicate::Compare { path, test } => {
                test.passes(self.value(path).as_deref()) && !self.resembles(path, test.texts())
            }
        }
    }

    /// The permissions that are required besides, and those that they require. Each is looked at
    /// once, however many ways lead to it.
    pub(super) fn prerequisites<R: Recorder>(
        &self,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Result<(), Reason> {
        if rule.needs.is_empty() {
            return Ok(());
        }
        let mut missing = HashSet::new();
        for need in &rule.needs {
            if !self.is_held_here(need.permission) {
                missing.insert(need.permission);
                if !R::ON {
                    break;
                }
            }
        }
        let mut first = rule.needs.iter().filter(|need| missing.contains(&need.permission));
        let denial = first.next().map_or(Ok(()), |need| {
            let by = self.snapshot.permission(need.by);
            let name = by.map_or_else(|| "".into(), |by| Arc::clone(&by.id));
            Err(Reason::Prerequisite(name))
        });
        if !R::ON {
            return denial;
        }
        for id in &rule.requires {
            let Some(required) = self.snapshot.permission(*id) else { continue };
            let mut needs = required.needs.iter();
            let lacks = needs.any(|need| missing.contains(&need.permission));
            if !lacks && !missing.contains(id) {
                record.step(Stage::Prerequisites, Outcome::Pass, || {
                    format!("requires `{}`, which is held", required.id)
                });
                continue;
            }
            record.step(Stage::Prerequisites, Outcome::Deny, || {
                format!("requires `{}`, which is not held here", required.id)
            });
        }
        denial
    }

    /// The restricting toggles that the subject holds.
    pub(super) fn constraints<R: Recorder>(
        &self,
        rule: &PermissionRule,
        obligations: &mut Vec<Arc<Obligation>>,
        record: &mut R,
    ) -> Result<(), Reason> {
        let mut denial = Ok(());
        let constraints = rule.constraints.iter();
        for constraint in
            constraints.filter_map(|at| self.snapshot.catalog.constraints.get(usize::from(*at)))
        {
            let Some(toggle) = self.snapshot.permission(constraint.toggle) else { continue };
            if !self.may_hold(constraint.toggle, toggle, record) {
                continue;
            }
            if !self.binds(constraint) {
                record.step(Stage::Constraints, Outcome::Skip, || {
                    format!("`{}` does not bind here", toggle.id)
                });
                continue;
            }
            obligations.extend(constraint.obligations.iter().cloned());
            if !constraint.forbids {
                record.step(Stage::Constraints, Outcome::Pass, || {
                    format!("`{}` adds an obligation", toggle.id)
                });
                continue;
            }
            record.step(Stage::Constraints, Outcome::Deny, || format!("bound by `{}`", toggle.id));
            if denial.is_ok() {
                denial = Err(Reason::Constraint(Arc::clone(&toggle.id)));
            }
            if !R::ON {
                break;
            }
        }
        denial
    }

    fn binds(&self, constraint: &ConstraintRule) -> bool {
        !constraint.unless.as_ref().is_some_and(|unless| self.holds_that(unless))
    }
}
