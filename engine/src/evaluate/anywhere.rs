//! Whether a permission could be held on some record, whatever is known of this one.

use super::Ask;
use super::recorder::Silent;
use super::sources::Counts;
use crate::decision::Reason;
use crate::snapshot::{PermissionId, PermissionRule};
use std::sync::Arc;

impl Ask<'_> {
    /// What denies it on every record: that the subject does not take part, that the plan does not
    /// include it, that nothing grants it or what it requires.
    pub(crate) fn anywhere(&self, id: PermissionId) -> Result<(), Reason> {
        let Some(rule) = self.snapshot.permission(id) else { return Err(Reason::UnknownAction) };
        self.subject(rule, &mut Silent)?;
        self.plan(rule, &mut Silent)?;
        if !self.is_granted_somewhere(id, rule) {
            return Err(Reason::NotGranted);
        }
        for need in &rule.needs {
            let Some(needed) = self.snapshot.permission(need.permission) else {
                return Err(Reason::UnknownAction);
            };
            if !self.entitled(needed) || !self.is_granted_somewhere(need.permission, needed) {
                let by = self.snapshot.permission(need.by);
                let name = by.map_or_else(|| "".into(), |by| Arc::clone(&by.id));
                return Err(Reason::Prerequisite(name));
            }
        }
        Ok(())
    }

    /// Whether anything grants it that a record could make count.
    fn is_granted_somewhere(&self, id: PermissionId, rule: &PermissionRule) -> bool {
        let mut somewhere = false;
        self.each_source(id, rule, |_, _, scope, counts| {
            let could = match counts {
                Counts::Yes | Counts::OtherTeams | Counts::UnknownTeam | Counts::Unknown(_) => true,
                Counts::NotNow | Counts::Condition | Counts::Unticked => false,
            };
            somewhere |= could && !scope.is_none();
        });
        somewhere || self.delegation(id, rule).is_some()
    }
}
