//! Whether somebody holds a permission at all, whatever it may be about.
//!
//! Whoever is about to look at something asks this first, so that who may do nothing of the kind
//! gets one answer whatever is there. What turns on a record (guards, families, sharing, how far a
//! grant reaches) is left for when it is known; what nothing about a record could change is not.

use super::Asking;
use crate::decision::{Reason, Request};
use crate::directory::{Found, Need, Needs};
use crate::evaluate::{Ask, Horizon, Silent, find};
use crate::snapshot::Member;
use std::sync::Arc;

impl Asking<'_> {
    /// Why nobody needs to look whether somebody is allowed what a request names: what denies it to
    /// them on every record. Nothing where a record could make it count. Of the resource nothing is
    /// looked at.
    /// `outsider` is who asks, where that is nobody of the directory: see
    /// [`decide_as`](Self::decide_as).
    ///
    /// # Errors
    ///
    /// What has to be read first.
    pub fn try_denied_everywhere(
        &self,
        tenant: &str,
        outsider: Option<&Arc<Member>>,
        request: &Request<'_>,
    ) -> Result<Option<Reason>, Needs> {
        self.authorizer.tenants.with(tenant, |tenant| {
            let Some(tenant) = tenant else {
                return Ok(Some(Reason::UnknownTenant));
            };
            let view = tenant.view(self.pins);
            let horizon = Horizon::default();
            let found = match outsider {
                Some(member) => view.outsider(member),
                None => view.member(request.subject),
            };
            let decided = find(view.snapshot, request.action, &mut Silent).and_then(|id| {
                let member = match found {
                    Found::Known(member) => member,
                    Found::Absent => return Err(Reason::UnknownSubject),
                    Found::Broken(_) => return Err(Reason::SubjectBroken),
                    Found::Unread => {
                        horizon.need(Need::User(request.subject.to_owned()));
                        return Err(Reason::DirectoryUnread);
                    }
                };
                let ask = Ask {
                    snapshot: view.snapshot,
                    people: &view,
                    member: &member,
                    request,
                    horizon: &horizon,
                    alone: false,
                    open: true,
                    supposed: None,
                };
                ask.anywhere(id)
            });
            if horizon.is_unread() {
                return Err(horizon.needs());
            }
            let too_costly = horizon.is_exhausted().then_some(Reason::TooCostly);
            Ok(decided.err().or(too_costly))
        })
    }
}
