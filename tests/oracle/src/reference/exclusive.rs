//! Exclusive access programs, formally: for an item `x` and an access `a` let `P(x, a)` be the
//! programs that give it. If there is none, there is no effect; otherwise a user passes iff one
//! of them has a matcher that fits.

use super::{World, in_branch};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::model::{Access, PartBy, PartOf, Permission, Program, User, Value};

impl World<'_> {
    pub(super) fn exclusive(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Result<(), Reason> {
        let Some(access) = permission.exclusive else { return Ok(()) };
        let resource = request.resource;
        self.item(resource.kind, resource.id, access, user)?;
        self.wholes(resource.kind, resource.id, user, Some(request))
    }

    /// The wholes of an item, each of which has to be visible.
    ///
    /// Attributes are known of what the request is about only, and not of what it is a part of.
    fn wholes(
        &self,
        kind: &str,
        id: Option<&str>,
        user: &User,
        asked: Option<&Request<'_>>,
    ) -> Result<(), Reason> {
        let Some(known) = self.catalog.resource_kinds.get(kind) else { return Ok(()) };
        for (n, part) in known.part_of.iter().enumerate() {
            // Several ways may lead to one kind; one that leads nowhere is made up for by others.
            if known.part_of.iter().take(n).any(|earlier| earlier.kind == part.kind) {
                continue;
            }
            let ways = known.part_of.iter().filter(|other| other.kind == part.kind);
            let wholes: Vec<String> = ways.filter_map(|way| whole(way, id, asked)).collect();
            if wholes.is_empty() {
                self.item(&part.kind, None, Access::View, user)?;
                self.wholes(&part.kind, None, user, None)?;
            }
            for whole in wholes {
                self.item(&part.kind, Some(&whole), Access::View, user)?;
                self.wholes(&part.kind, Some(&whole), user, None)?;
            }
        }
        Ok(())
    }

    /// Whether one item is open to the user; one without an id could be any of its kind.
    fn item(
        &self,
        kind: &str,
        id: Option<&str>,
        access: Access,
        user: &User,
    ) -> Result<(), Reason> {
        for program in &self.tenant.programs {
            for item in &program.gives {
                if item.kind.as_str() == kind && id.is_none() && governs(item.access, access) {
                    return Err(Reason::Exclusive { kind: kind.into(), id: "".into() });
                }
                let meant =
                    item.kind.as_str() == kind && id.is_none_or(|id| item.id.as_str() == id);
                if meant
                    && governs(item.access, access)
                    && !self.admitted(kind, &item.id, access, user)
                {
                    let (kind, id) = (kind.into(), id.unwrap_or_default().into());
                    return Err(Reason::Exclusive { kind, id });
                }
            }
        }
        Ok(())
    }

    fn admitted(&self, kind: &str, id: &str, access: Access, user: &User) -> bool {
        self.tenant.programs.iter().any(|program| {
            let gives = program.gives.iter().any(|item| {
                item.kind.as_str() == kind && item.id.as_str() == id && governs(item.access, access)
            });
            gives && is_member(program, user)
        })
    }
}

/// Whether giving one access makes another exclusive: edit implies view.
fn governs(given: Access, asked: Access) -> bool {
    given == asked || given == Access::Edit
}

fn is_member(program: &Program, user: &User) -> bool {
    let matchers = &program.matchers;
    matchers.roles.iter().any(|role| user.roles.contains(role))
        || matchers.tags.iter().any(|tag| user.tags.contains(tag))
        || matchers.teams.iter().any(|top| user.teams.iter().any(|team| in_branch(team, top)))
}

/// The id of the whole, where it is known.
fn whole(part: &PartOf, id: Option<&str>, asked: Option<&Request<'_>>) -> Option<String> {
    match &part.by {
        PartBy::Id => id.map(str::to_owned),
        PartBy::Path => Some(id?.rsplit_once('/')?.0.to_owned()),
        PartBy::Attribute(name) => match asked?.resource.attributes.get(name)? {
            Value::Text(id) => Some(id.to_string()),
            _ => None,
        },
    }
}
