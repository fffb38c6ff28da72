//! From what a caller sent to what the engine is asked.
//!
//! AuthZEN leaves to the product what its words mean. Here: `action.name` is a permission of the
//! catalog; `resource.type`, `.id` and `.properties` are the resource's kind, id and attributes;
//! `context` is the context; `subject.id` is a user of the tenant's directory, where
//! `subject.type` is `user` or another type that the catalog declares. Of `subject.properties` and
//! `action.properties` only what the catalog declares is listened to, all else may be sent and
//! decides nothing: the directory is the authority over roles and teams, and a caller that could
//! send its own would grant itself what it likes.

use super::parse::{Entity, Field, Item, Payload};
use super::problem::{Fault, Wrong};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::Attributes;
use std::borrow::Cow;

/// A complete request, borrowed from the body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    /// What the engine is asked.
    pub(super) request: Request<'a>,
}

impl<'a> Question<'a> {
    /// The request that a body is.
    pub(super) fn of_payload(payload: &'a Payload<'a>, now: i64) -> Result<Self, Fault> {
        let item = &payload.item;
        Self::new(&item.subject, &item.action, &item.resource, &item.context, now)
    }

    /// The request that an item is, with the body's members for those that it leaves out. A
    /// member is taken whole from one or the other; nothing inside is merged, and one that is
    /// `null` is not left out.
    pub(super) fn of_item(
        place: usize,
        field: &'a Field<Item<'a>>,
        payload: &'a Payload<'a>,
        now: i64,
    ) -> Result<Self, Fault> {
        let Field::Given(item) = field else {
            let what = if matches!(field, Field::Null) { Wrong::Null } else { Wrong::Type };
            return Err(Fault::new(what, "", "an object").of_item(place));
        };
        let defaults = &payload.item;
        Self::new(
            item.subject.or(&defaults.subject),
            item.action.or(&defaults.action),
            item.resource.or(&defaults.resource),
            item.context.or(&defaults.context),
            now,
        )
        .map_err(|fault| fault.of_item(place))
    }

    fn new(
        subject: &'a Field<Entity<'a>>,
        action: &'a Field<Entity<'a>>,
        resource: &'a Field<Entity<'a>>,
        context: &'a Field<Attributes<'a>>,
        now: i64,
    ) -> Result<Self, Fault> {
        let subject = given(subject, "subject", "an object with `type` and `id`")?;
        let action = given(action, "action", "an object with `name`")?;
        let resource = given(resource, "resource", "an object with `type` and `id`")?;
        let subject_type = text(&subject.kind, "subject.type")?;
        let subject_id = text(&subject.id, "subject.id")?;
        let of_subject = attributes(&subject.properties, "subject.properties")?;
        let action_name = text(&action.name, "action.name")?;
        let of_action = attributes(&action.properties, "action.properties")?;
        Ok(Self {
            request: Request {
                subject: subject_id,
                action: action_name,
                resource: Resource {
                    kind: text(&resource.kind, "resource.type")?,
                    id: Some(text(&resource.id, "resource.id")?),
                    attributes: attributes(&resource.properties, "resource.properties")?,
                },
                context: context_of(context)?,
                asserted: Asserted { subject_type, subject: of_subject, action: of_action },
                now,
            },
        })
    }
}

fn given<'a, T>(
    field: &'a Field<T>,
    path: &'static str,
    wanted: &'static str,
) -> Result<&'a T, Fault> {
    match field {
        Field::Given(value) => Ok(value),
        Field::Absent => Err(Fault::new(Wrong::Missing, path, wanted)),
        Field::Null => Err(Fault::new(Wrong::Null, path, wanted)),
        Field::Wrong => Err(Fault::new(Wrong::Type, path, wanted)),
    }
}

fn text<'a>(field: &'a Field<Cow<'a, str>>, path: &'static str) -> Result<&'a str, Fault> {
    let wanted = "a text that is not empty";
    let text = given(field, path, wanted)?;
    if text.is_empty() { Err(Fault::new(Wrong::Empty, path, wanted)) } else { Ok(text) }
}

fn attributes<'a>(
    field: &'a Field<Attributes<'a>>,
    path: &'static str,
) -> Result<&'a Attributes<'a>, Fault> {
    static NONE: Attributes<'static> = Attributes::new();
    match field {
        Field::Given(attributes) => Ok(attributes),
        Field::Absent | Field::Null => Ok(&NONE),
        Field::Wrong => Err(Fault::new(Wrong::Type, path, "an object, or leave it out")),
    }
}

/// The context, which an item may have from the body: so `null` is no context, neither the body's
/// nor none.
fn context_of<'a>(field: &'a Field<Attributes<'a>>) -> Result<&'a Attributes<'a>, Fault> {
    match field {
        Field::Null => Err(Fault::new(Wrong::Null, "context", "an object, or leave it out")),
        field => attributes(field, "context"),
    }
}
