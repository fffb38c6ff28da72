//! The bugs that are planted in what says how much of a record is shown.

use super::{Mutant, bug};

/// Those of the steps privacy and sharing.
pub(super) const SHARING: &[Mutant] = &[
    bug(
        "privacy: a mark has to be exactly yes",
        "evaluate/sharing.rs",
        "            Some(_) if values.is_empty() => true,\n",
        "            Some(value) if values.is_empty() => value.as_bool() == Some(true),\n",
    ),
    bug(
        "privacy: an ill-typed mark is none",
        "evaluate/sharing.rs",
        "            Some(_) => true,\n",
        "            Some(_) => false,\n",
    ),
    bug(
        "privacy: private records are open to everybody",
        "evaluate/sharing.rs",
        "        Err(Reason::Private)",
        "        Ok(())",
    ),
    bug(
        "sharing: the record's own choice is not asked",
        "evaluate/sharing.rs",
        "self.request.resource.attributes.at(&content.choice)",
        "self.request.resource.attributes.at(\"\")",
    ),
    bug(
        "sharing: a choice that nobody understands shares",
        "evaluate/sharing.rs",
        "known.unwrap_or(Exposure::Hide)",
        "known.unwrap_or(content.base)",
    ),
    bug(
        "sharing: the catalog's default beats the tenant's",
        "compile/sharing.rs",
        ".unwrap_or(content.default)",
        ".map_or(content.default, |_| content.default)",
    ),
    bug(
        "sharing: overrides beat policies",
        "evaluate/sharing.rs",
        "binding.over(overrides.over(gives_way.over(base)))",
        "overrides.over(binding.over(gives_way.over(base)))",
    ),
    bug(
        "sharing: policies that give way do not",
        "evaluate/sharing.rs",
        "if rule.overridable { &mut gives_way } else { &mut binding }",
        "if rule.overridable && false { &mut gives_way } else { &mut binding }",
    ),
    bug(
        "sharing: the first rule of a layer counts",
        "evaluate/sharing.rs",
        "slot.is_none_or(|(_, known)| known < rule.outcome)",
        "slot.is_none()",
    ),
    bug(
        "sharing: a rule that cannot be known opens",
        "evaluate/sharing.rs",
        "self.unknown.map_or(after, |(_, outcome)| after.max(outcome))",
        "self.unknown.map_or(after, |(_, outcome)| outcome)",
    ),
    bug(
        "sharing: a rule that cannot be known does not apply",
        "evaluate/sharing.rs",
        "if applies != Ok(false) {",
        "if applies == Ok(true) {",
    ),
    bug(
        "sharing: rules without viewers are for nobody",
        "evaluate/sharing.rs",
        "            true => Ok(true),\n            false => match self.fits",
        "            true => Ok(false),\n            false => match self.fits",
    ),
    bug(
        "sharing: overrides lift a redaction",
        "evaluate/sharing.rs",
        "            true => ruled.max(Exposure::Redact),\n",
        "            true => ruled,\n",
    ),
    bug(
        "sharing: the viewer's own toggle does not redact",
        "evaluate/sharing.rs",
        "        viewer || sharer || account\n",
        "        sharer || account\n",
    ),
    bug(
        "sharing: the account's redaction has to be exactly yes",
        "evaluate/sharing.rs",
        "!matches!(set, None | Some(Value::Null | Value::Bool(false)))",
        "matches!(set, Some(Value::Bool(true)))",
    ),
    bug(
        "sharing: a sharer whom nobody knows does not redact",
        "evaluate/sharing.rs",
        "Found::Absent | Found::Broken(_) => true,",
        "Found::Absent | Found::Broken(_) => false,",
    ),
    bug(
        "sharing: the sharer's toggle is looked for in the viewer",
        "evaluate/sharing.rs",
        "Ask { member: &member, ..*self }.is_bound_by(redaction, &mut Silent)",
        "{ let _ = member; self.is_bound_by(redaction, &mut Silent) }",
    ),
    bug(
        "sharing: where no sharer is named nobody redacts",
        "evaluate/sharing.rs",
        "!unread.is_empty() || !named && plan.unnamed_closes",
        "!unread.is_empty()",
    ),
    bug(
        "sharing: what shows only what is redacted is allowed",
        "evaluate/sharing.rs",
        "Exposure::Redact if !shared.denies =>",
        "Exposure::Redact if !shared.denies || true =>",
    ),
];
