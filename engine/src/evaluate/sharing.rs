//! Privacy and sharing: how much of a record the subject sees.
//!
//! A rule that cannot be known, for want of an attribute, can close and never open: its outcome
//! counts where it is the more severe one and nowhere else.

use super::Ask;
use super::exclusive::Fit;
use super::recorder::{Recorder, Silent};
use crate::condition::ConditionError;
use crate::decision::{Obligation, Outcome, Reason, Sight, Stage};
use crate::directory::Found;
use crate::model::{Exposure, Value};
use crate::snapshot::{ContentRule, MarkRule, PermissionRule, Redaction, SharingRule};
use smallvec::SmallVec;
use std::sync::Arc;

/// What the rules of one layer say together.
#[derive(Debug, Default)]
struct Layer<'a> {
    /// The most severe of those that apply.
    applies: Option<(&'a SharingRule, Exposure)>,
    /// The most severe of those of which it cannot be known.
    unknown: Option<(&'a SharingRule, Exposure)>,
}

impl<'a> Layer<'a> {
    fn take(&mut self, rule: &'a SharingRule, known: bool) {
        let slot = if known { &mut self.applies } else { &mut self.unknown };
        if slot.is_none_or(|(_, known)| known < rule.outcome) {
            *slot = Some((rule, rule.outcome));
        }
    }

    /// What is shown once the layer has been laid over what was shown before.
    fn over(&self, before: Exposure) -> Exposure {
        let after = self.applies.map_or(before, |(_, outcome)| outcome);
        self.unknown.map_or(after, |(_, outcome)| after.max(outcome))
    }
}

impl<'a> Ask<'a> {
    /// Whether a private record is the subject's own.
    pub(super) fn privacy<R: Recorder>(
        &self,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Result<(), Reason> {
        if rule.content.is_none() || self.snapshot.sharing.private.is_empty() {
            return Ok(());
        }
        let mut marks = self.snapshot.sharing.private.iter();
        let Some(mark) = marks.find(|mark| self.is_marked(mark)) else { return Ok(()) };
        let name = &mark.attribute;
        if self.is_sharer() {
            record.step(Stage::Privacy, Outcome::Pass, || {
                format!("the record is private by `{name}`, and the subject's own")
            });
            return Ok(());
        }
        record.step(Stage::Privacy, Outcome::Deny, || {
            format!("the record is private by `{name}`: nothing opens it to anybody else")
        });
        Err(Reason::Private)
    }

    fn is_marked(&self, mark: &MarkRule) -> bool {
        let MarkRule { attribute, values } = mark;
        let listed = |text: &str| values.iter().any(|value| value == text);
        match self.request.resource.attributes.at(attribute) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(false)) if values.is_empty() => false,
            Some(_) if values.is_empty() => true,
            Some(Value::Text(text)) => listed(text),
            Some(Value::List(items)) => items.iter().any(|item| item.as_str().is_none_or(listed)),
            Some(_) => true,
        }
    }

    /// Whether the record is the subject's own to share.
    fn is_sharer(&self) -> bool {
        self.is_own(&self.snapshot.sharing.by, self.member)
    }

    /// How much of the content is shared, and what that obliges to.
    pub(super) fn sharing<R: Recorder>(
        &self,
        rule: &PermissionRule,
        obligations: &mut Vec<Arc<Obligation>>,
        record: &mut R,
    ) -> Result<(), Reason> {
        let Some(shared) = &rule.content else { return Ok(()) };
        let plan = &self.snapshot.sharing;
        let of = shared.of(self.request.resource.kind);
        let Some(content) = plan.contents.get(of) else { return Ok(()) };
        if self.is_sharer() {
            record.step(Stage::Sharing, Outcome::Pass, || {
                format!("the {} is the subject's own", content.kind)
            });
            return Ok(());
        }
        let ruled = self.ruled(content, record);
        let exposure = match self.redacted(content, record) {
            true => ruled.max(Exposure::Redact),
            false => ruled,
        };
        match exposure {
            Exposure::Share => {
                record.step(Stage::Sharing, Outcome::Pass, || {
                    format!("the {} is shared", content.kind)
                });
                Ok(())
            }
            Exposure::Redact if !shared.denies => {
                record.step(Stage::Sharing, Outcome::Pass, || {
                    let fields = content.withhold.values.join(", ");
                    format!("the {} is shared without {fields}", content.kind)
                });
                obligations.push(Arc::clone(&content.withhold));
                Ok(())
            }
            Exposure::Redact => {
                record.step(Stage::Sharing, Outcome::Deny, || {
                    format!("the {} is redacted, and `{}` shows what is", content.kind, rule.id)
                });
                Err(Reason::Redacted(Arc::clone(&content.kind)))
            }
            Exposure::Hide => {
                record.step(Stage::Sharing, Outcome::Deny, || {
                    format!("the {} is hidden", content.kind)
                });
                Err(Reason::Hidden(Arc::clone(&content.kind)))
            }
        }
    }

    /// What the three layers make of it.
    fn ruled<R: Recorder>(&self, content: &ContentRule, record: &mut R) -> Exposure {
        let plan = &self.snapshot.sharing;
        let base = self.base(content, record);
        let (mut gives_way, mut binding) = (Layer::default(), Layer::default());
        for rule in content.policies.iter().filter_map(|at| plan.policies.get(usize::from(*at))) {
            let layer = if rule.overridable { &mut gives_way } else { &mut binding };
            self.apply(rule, "policy", layer, record);
        }
        let mut overrides = Layer::default();
        for rule in content.overrides.iter().filter_map(|at| plan.overrides.get(usize::from(*at))) {
            self.apply(rule, "override", &mut overrides, record);
        }
        binding.over(overrides.over(gives_way.over(base)))
    }

    /// What the record shares by its own choice or by default.
    fn base<R: Recorder>(&self, content: &ContentRule, record: &mut R) -> Exposure {
        let (base, whose) = match self.request.resource.attributes.at(&content.choice) {
            None | Some(Value::Null) => (content.base, "by default"),
            Some(choice) => {
                let known = choice.as_str().and_then(Exposure::from_name);
                // A choice that nobody understands was surely not to share.
                (known.unwrap_or(Exposure::Hide), "by the record's own choice")
            }
        };
        record.step(Stage::Sharing, Outcome::Pass, || format!("{}: {base}, {whose}", content.kind));
        base
    }

    fn apply<'p, R: Recorder>(
        &self,
        rule: &'p SharingRule,
        what: &str,
        layer: &mut Layer<'p>,
        record: &mut R,
    ) {
        let applies = self.applies(rule, record);
        record.saw(rule.place, Sight::Sharing(applies == Ok(true)));
        let outcome = match &applies {
            Ok(true) => Outcome::Pass,
            Err(_) if rule.outcome != Exposure::Share => Outcome::Pass,
            _ => Outcome::Skip,
        };
        record.step(Stage::Sharing, outcome, || {
            let way = if rule.overridable { ", if no override says otherwise" } else { "" };
            let how = match &applies {
                Ok(true) => "applies".to_owned(),
                Ok(false) => "does not apply".to_owned(),
                Err(error) if rule.outcome == Exposure::Share => {
                    format!("opens nothing, because whether it applies cannot be known: {error}")
                }
                Err(error) => {
                    format!("closes, because whether it applies cannot be known: {error}")
                }
            };
            format!("{what} `{}` ({}{way}) {how}", rule.id, rule.outcome)
        });
        if applies != Ok(false) {
            layer.take(rule, applies.is_ok());
        }
    }

    /// Whether a rule applies, if that can be known.
    fn applies<R: Recorder>(
        &self,
        rule: &SharingRule,
        record: &mut R,
    ) -> Result<bool, ConditionError> {
        let to_whom = match rule.viewers.is_empty() {
            true => Ok(true),
            false => match self.fits(&rule.viewers, record) {
                Fit::By(_) => Ok(true),
                Fit::No => Ok(false),
                Fit::Unknown(error) => Err(error),
                Fit::Unsettled => Err(ConditionError::Unsettled),
            },
        };
        let when =
            rule.condition.as_ref().map_or(Ok(true), |clause| self.clause_holds(clause, record));
        match (to_whom, when) {
            (Ok(false), _) | (_, Ok(false)) => Ok(false),
            (to_whom, when) => Ok(to_whom? && when?),
        }
    }

    /// Whether anything redacts the content, whatever the layers say.
    fn redacted<R: Recorder>(&self, content: &ContentRule, record: &mut R) -> bool {
        let viewer = content.viewer.as_ref().is_some_and(|it| self.is_bound_by(it, record));
        let sharer = self.sharer_redacts(content);
        let account = content.account.as_ref().is_some_and(|name| {
            let set = self.request.resource.attributes.at(name);
            !matches!(set, None | Some(Value::Null | Value::Bool(false)))
        });
        let origins = [
            (viewer, "the subject sees it redacted"),
            (sharer, "whose it is shares it redacted"),
            (account, "the account that it came from redacts it"),
        ];
        for (_, text) in origins.iter().filter(|(binds, _)| *binds) {
            record.step(Stage::Sharing, Outcome::Pass, || {
                format!("{}: {text}, which nothing lifts", content.kind)
            });
        }
        viewer || sharer || account
    }

    fn is_bound_by<R: Recorder>(&self, redaction: &Redaction, record: &mut R) -> bool {
        let Some(toggle) = self.snapshot.permission(redaction.toggle) else { return false };
        self.may_hold(redaction.toggle, toggle, record)
            && !redaction.unless.as_ref().is_some_and(|unless| self.holds_that(unless))
    }

    /// Whether one of those whose the record is redacts what they share. It belongs to the cache
    /// key: nothing else in there says who they are and what they hold.
    pub(crate) fn sharer_redacts(&self, content: &ContentRule) -> bool {
        let Some(redaction) = &content.sharer else { return false };
        let plan = &self.snapshot.sharing;
        let attributes = self.request.resource.attributes;
        // Nobody has to be read if one of those who are known redacts.
        let mut unread: SmallVec<[&str; 4]> = SmallVec::new();
        let mut redacts = |id: &'a str| match self.look_up(id) {
            Found::Known(member) => {
                Ask { member: &member, ..*self }.is_bound_by(redaction, &mut Silent)
            }
            // A sharer whom the directory does not have may have had every reason to redact.
            Found::Absent | Found::Broken(_) => true,
            Found::Unread => {
                unread.push(id);
                false
            }
        };
        let mut named = false;
        for value in plan.by.iter().filter_map(|relation| attributes.at(relation)) {
            let redacted = match value {
                Value::Null => continue,
                Value::Text(id) => redacts(id),
                Value::List(items) if items.is_empty() => continue,
                Value::List(items) => {
                    items.iter().any(|item| item.as_str().is_none_or(&mut redacts))
                }
                _ => true,
            };
            if redacted {
                return true;
            }
            named = true;
        }
        unread.iter().for_each(|id| self.need_user(id));
        !unread.is_empty() || !named && plan.unnamed_closes
    }
}
