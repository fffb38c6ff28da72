//! How much of a record is shared with the subject: whether it is private, three layers of rules,
//! and three origins of redaction.

use super::{Duty, Evaluator, condition};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::model::{
    Content, Exposure, Mark, Permission, SharingRule, Text, Unnamed, User, Value, WhenRedacted,
};
use std::collections::BTreeSet;

impl Evaluator<'_> {
    /// Private records are closed to all but their sharers.
    pub(super) fn privacy(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Result<(), Reason> {
        if permission.content.is_none() {
            return Ok(());
        }
        let private = self.catalog.sharing.private.iter().any(|mark| is_private(mark, request));
        if !private {
            return Ok(());
        }
        if self.sharers(request).contains(&user.id.as_str()) {
            self.seen.note("private: open to a sharer");
            return Ok(());
        }
        Err(Reason::Private)
    }

    /// What the record shares of the content that the permission shows.
    pub(super) fn sharing(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
        duties: &mut BTreeSet<Duty>,
    ) -> Result<(), Reason> {
        let Some(shows) = &permission.content else { return Ok(()) };
        let kind = shows.kinds.get(request.resource.kind).unwrap_or(&shows.kind).as_str();
        if self.sharers(request).contains(&user.id.as_str()) {
            self.seen.note("sharing: open to a sharer");
            return Ok(());
        }
        let Some(content) = self.catalog.sharing.contents.get(kind) else {
            return Err(Reason::Hidden(kind.into()));
        };
        let settled = self.settled(kind, content, user, request);
        let redacted = self.is_redacted(content, user, request);
        match if redacted { settled.max(Exposure::Redact) } else { settled } {
            Exposure::Share => {
                self.seen.note("sharing: all is shown");
                Ok(())
            }
            Exposure::Redact if shows.redacted == WhenRedacted::Deny => {
                Err(Reason::Redacted(kind.into()))
            }
            Exposure::Redact => {
                self.seen.note("sharing: shown without what is withheld");
                let source = format!("sharing:{kind}");
                duties.insert(("redact".to_owned(), content.withhold.clone(), source));
                Ok(())
            }
            Exposure::Hide => Err(Reason::Hidden(kind.into())),
        }
    }

    /// The users whom the relations of sharers name.
    fn sharers<'r>(&self, request: &'r Request<'_>) -> Vec<&'r str> {
        let mut sharers = Vec::new();
        for relation in &self.catalog.sharing.by {
            match request.resource.attributes.at(relation) {
                Some(Value::Text(id)) => sharers.push(&**id),
                Some(Value::List(ids)) => sharers.extend(ids.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        sharers
    }

    /// What the layers settle, one after the other.
    fn settled(
        &self,
        kind: &str,
        content: &Content,
        user: &User,
        request: &Request<'_>,
    ) -> Exposure {
        let rules = &self.tenant.sharing;
        let about = |rule: &&SharingRule| {
            rule.content.is_empty() || rule.content.iter().any(|it| it.as_str() == kind)
        };
        let mut settled = match request.resource.attributes.at(&format!("sharing.{kind}")) {
            None | Some(Value::Null) => match rules.defaults.get(kind) {
                Some(default) => *default,
                None => content.default,
            },
            Some(chosen) => {
                self.seen.note("sharing: the record has its own choice");
                chosen.as_str().and_then(Exposure::from_name).unwrap_or(Exposure::Hide)
            }
        };
        let soft = rules.policies.iter().filter(|policy| policy.overridable);
        let hard = rules.policies.iter().filter(|policy| !policy.overridable);
        let layers: [(Vec<&SharingRule>, _, _); 3] = [
            (
                soft.filter(about).collect(),
                "sharing: an overridable policy applies",
                "sharing: an overridable policy is unknown",
            ),
            (
                rules.overrides.iter().filter(about).collect(),
                "sharing: an override applies",
                "sharing: an override is unknown",
            ),
            (
                hard.filter(about).collect(),
                "sharing: a policy applies",
                "sharing: a policy is unknown",
            ),
        ];
        for (layer, applies, unknown) in layers {
            let mut replaced = None;
            let mut at_least = Exposure::Share;
            for rule in layer {
                match self.applies(rule, user, request) {
                    Some(true) => {
                        self.seen.note(applies);
                        replaced = replaced.max(Some(rule.outcome));
                    }
                    Some(false) => {}
                    None => {
                        self.seen.note(unknown);
                        at_least = at_least.max(rule.outcome);
                    }
                }
            }
            settled = replaced.unwrap_or(settled).max(at_least);
        }
        settled
    }

    /// Whether a rule is about this viewer and this record; `None` where that cannot be known.
    fn applies(&self, rule: &SharingRule, user: &User, request: &Request<'_>) -> Option<bool> {
        let viewer = match rule.viewers.is_empty() {
            true => Some(true),
            false => self.fits(&rule.viewers, condition::VIEWERS, user, request),
        };
        let record = match &rule.condition {
            Some(it) => self.condition(condition::SHARING, it, user, request),
            None => Some(true),
        };
        match (viewer, record) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }

    /// Whether any of the three origins redacts.
    fn is_redacted(&self, content: &Content, user: &User, request: &Request<'_>) -> bool {
        let origins = &content.redact;
        let mut redacted = false;
        let mut note = |what| {
            self.seen.note(what);
            redacted = true;
        };
        if origins.viewer.as_ref().is_some_and(|id| self.is_bound(id, user, request)) {
            note("redaction: by a toggle of the viewer");
        }
        if let Some(toggle) = &origins.sharer {
            let sharers = self.sharers(request);
            let ill_typed = |relation: &Text| match request.resource.attributes.at(relation) {
                None | Some(Value::Null | Value::Text(_)) => false,
                Some(Value::List(ids)) => ids.iter().any(|id| id.as_str().is_none()),
                Some(_) => true,
            };
            if self.catalog.sharing.by.iter().any(ill_typed) {
                note("redaction: the sharer cannot be told");
            }
            if sharers.is_empty() && self.catalog.sharing.unnamed == Unnamed::Close {
                note("redaction: no sharer is named");
            }
            for sharer in sharers {
                match self.user(sharer) {
                    None => note("redaction: the sharer is unknown"),
                    Some(sharer) if self.is_bound(toggle, sharer, request) => {
                        note("redaction: by a toggle of the sharer");
                    }
                    Some(_) => {}
                }
            }
        }
        if origins.account.as_ref().is_some_and(|name| is_set(name, request)) {
            note("redaction: by an attribute of the account");
        }
        redacted
    }

    fn is_bound(&self, toggle: &str, user: &User, request: &Request<'_>) -> bool {
        self.permission(toggle).is_some_and(|(_, toggle)| {
            toggle.constraint.as_ref().is_some_and(|it| self.binds(toggle, it, user, request))
        })
    }
}

/// Whether an attribute is there and anything but `false`.
fn is_set(attribute: &str, request: &Request<'_>) -> bool {
    !matches!(
        request.resource.attributes.at(attribute),
        None | Some(Value::Null | Value::Bool(false))
    )
}

fn is_private(mark: &Mark, request: &Request<'_>) -> bool {
    if mark.values.is_empty() {
        return is_set(&mark.attribute, request);
    }
    let listed = |text: &str| mark.values.iter().any(|value| value == text);
    match request.resource.attributes.at(&mark.attribute) {
        None | Some(Value::Null) => false,
        Some(Value::Text(text)) => listed(text),
        // What is no text could be anything.
        Some(Value::List(items)) => items.iter().any(|item| item.as_str().is_none_or(listed)),
        Some(_) => true,
    }
}
