//! Exclusive access programs, formally: for an item `x` and an access `a` let `P(x, a)` be the
//! programs that give it. If there is none and the item is not closed, there is no effect;
//! otherwise a user passes iff one of them has a matcher that fits.

use super::anonymous::is_nobody;
use super::{Evaluator, condition};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::model::{Access, PartBy, PartOf, Permission, User, Value};

impl Evaluator<'_> {
    pub(super) fn exclusive(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Result<(), Reason> {
        let Some(access) = permission.exclusive else { return Ok(()) };
        let resource = request.resource;
        self.item(resource.kind, resource.id, access, user, request)?;
        self.wholes(resource.kind, resource.id, user, request, true)
    }

    /// The wholes of an item, each of which has to be visible.
    ///
    /// Attributes are known of what the request is about only, and not of what it is a part of.
    fn wholes(
        &self,
        kind: &str,
        id: Option<&str>,
        user: &User,
        request: &Request<'_>,
        asked: bool,
    ) -> Result<(), Reason> {
        let Some(known) = self.catalog.resource_kinds.get(kind) else { return Ok(()) };
        for (n, part) in known.part_of.iter().enumerate() {
            // Several ways may lead to one kind; one that leads nowhere is made up for by others.
            if known.part_of.iter().take(n).any(|earlier| earlier.kind == part.kind) {
                continue;
            }
            let ways = known.part_of.iter().filter(|other| other.kind == part.kind);
            let wholes: Vec<String> =
                ways.filter_map(|way| whole(way, id, asked.then_some(request))).collect();
            let mut paths = known.part_of.iter().filter(|other| other.kind == part.kind);
            let astray =
                id.is_some_and(is_astray) && paths.any(|other| matches!(other.by, PartBy::Path));
            let unknown = wholes.is_empty() || astray;
            for whole in wholes {
                self.item(&part.kind, Some(&whole), Access::View, user, request)?;
                self.wholes(&part.kind, Some(&whole), user, request, false)?;
            }
            if unknown {
                self.item(&part.kind, None, Access::View, user, request)?;
                self.wholes(&part.kind, None, user, request, false)?;
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
        request: &Request<'_>,
    ) -> Result<(), Reason> {
        let given = self.tenant.programs.iter().flat_map(|program| &program.gives);
        let given = given.filter(|item| governs(item.access, access));
        // What is closed for edit only is open to view, what is closed for view is closed.
        let closed = self.tenant.closed.iter();
        let closed = closed.filter(|it| it.access == access || it.access == Access::View);
        for item in given.chain(closed) {
            if item.kind.as_str() != kind {
                continue;
            }
            let Some(id) = id else {
                return Err(Reason::Exclusive { kind: kind.into(), id: "".into() });
            };
            if item.id.as_str() != id {
                continue;
            }
            let admitted = self.admitted(kind, id, access, user, request);
            if self.tenant.closed.iter().any(|closed| std::ptr::eq(closed, item)) {
                self.seen.note(match admitted {
                    true => "closed item: open to a member of a program",
                    false => "closed item: nothing opens it",
                });
            }
            if !admitted {
                return Err(Reason::Exclusive { kind: kind.into(), id: id.into() });
            }
        }
        Ok(())
    }

    fn admitted(
        &self,
        kind: &str,
        id: &str,
        access: Access,
        user: &User,
        request: &Request<'_>,
    ) -> bool {
        if is_nobody(user) {
            return false;
        }
        self.tenant.programs.iter().any(|program| {
            let gives = program.gives.iter().any(|item| {
                item.kind.as_str() == kind && item.id.as_str() == id && governs(item.access, access)
            });
            gives && self.fits(&program.matchers, condition::PROGRAM, user, request) == Some(true)
        })
    }
}

/// Whether giving one access makes another exclusive: edit implies view.
fn governs(given: Access, asked: Access) -> bool {
    given == asked || given == Access::Edit
}

/// Whether others would read a path as another one.
fn is_astray(path: &str) -> bool {
    path.split('/').any(|part| ["", ".", ".."].contains(&part))
}

/// The id of the whole, where it is known.
fn whole(part: &PartOf, id: Option<&str>, asked: Option<&Request<'_>>) -> Option<String> {
    match &part.by {
        PartBy::Id => id.map(str::to_owned),
        PartBy::Path => {
            let id = id.filter(|id| !is_astray(id))?;
            Some(id.rsplit_once('/')?.0.to_owned())
        }
        PartBy::Attribute(name) => match asked?.resource.attributes.at(name)? {
            Value::Text(id) => Some(id.to_string()),
            _ => None,
        },
    }
}
