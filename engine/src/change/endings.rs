//! What would take a permission from a user.

use super::Edit;
use crate::compile::added;
use crate::evaluate::Source;
use crate::profile::{Contribution, Person};
use crate::snapshot::{By, GrantOf, HeldRole, PermissionId, PermissionRule, WrittenGrant};

/// The edits that together end every source of a permission.
#[derive(Debug, Default)]
pub(crate) struct Endings {
    pub(crate) edits: Vec<Edit>,
    /// Whether there is a source that no edit of the user ends.
    pub(crate) fixed: bool,
}

impl Endings {
    fn push(&mut self, edit: Edit) {
        if !self.edits.contains(&edit) {
            self.edits.push(edit);
        }
    }
}

impl<'a> Person<'a> {
    /// What would end the sources of a permission. What counts for nothing need not be ended.
    pub(crate) fn endings(&self, id: PermissionId, rule: &PermissionRule) -> Endings {
        let mut endings = Endings::default();
        self.each_contribution(id, rule, |source, _, contribution| {
            if matches!(contribution, Contribution::Aside(_)) {
                return;
            }
            match source {
                Source::Role(role) | Source::Held(role, HeldRole { by: By::Own, .. }) => {
                    endings.push(Edit::TakeRole { role: role.to_owned() });
                }
                // No edit of the user alone takes it.
                Source::Held(..) => endings.fixed = true,
                Source::Policy(policy) => {
                    endings.push(Edit::DetachPolicy { policy: policy.to_owned() });
                }
                Source::User => self.revocations(id, rule, &mut endings),
                Source::Ticked => self.unticking(id, &mut endings),
                Source::Baseline | Source::AccountOwner => endings.fixed = true,
            }
        });
        endings
    }

    /// The lines of the user alone that grant a permission or bring it along.
    fn revocations(&self, id: PermissionId, rule: &PermissionRule, endings: &mut Endings) {
        let snapshot = self.snapshot();
        let written = self.member.extra.iter().flat_map(|extra| &extra.written);
        for line in written {
            let set =
                WrittenGrant::total(std::slice::from_ref(line), &snapshot.catalog.permissions);
            // They live as long as what is granted here.
            let person: Person<'_> = *self;
            let counts = !set.plain(id).is_none()
                || set.limited(id).iter().any(|grant| {
                    let weighed = person.weigh(grant, rule.is_constraint);
                    !matches!(weighed, Contribution::Aside(_))
                });
            if !counts {
                continue;
            }
            let edit = match &line.of {
                GrantOf::Everything => Edit::Revoke { permission: "*".to_owned() },
                GrantOf::Several(names) => Edit::Revoke { permission: names.to_string() },
                GrantOf::Category(name) => Edit::RevokeCategory { category: name.to_string() },
                GrantOf::Permission(named) => match snapshot.permission(*named) {
                    Some(named) => Edit::Revoke { permission: named.id.to_string() },
                    None => continue,
                },
            };
            endings.push(edit);
        }
    }

    /// The ticks that are a permission or bring it along.
    fn unticking(&self, id: PermissionId, endings: &mut Endings) {
        let snapshot = self.snapshot();
        if let Some(extra) = &self.member.extra {
            for tick in &extra.ticked {
                let (roles, one) = (self.member.standing_roles(), std::slice::from_ref(tick));
                let adds =
                    added(&roles, one, &extra.unticked, &snapshot.catalog.permissions, snapshot);
                let rule = snapshot.permission(*tick);
                if let Some(rule) = rule.filter(|_| adds.iter().any(|(added, _)| *added == id)) {
                    endings.push(Edit::Untick { permission: rule.id.to_string() });
                }
            }
        }
    }
}
