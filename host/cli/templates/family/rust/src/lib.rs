//! The rules of `{{name}}`.
//!
//! A family is a pure function: a question in, an answer out, nothing kept, nothing else
//! reached. It can only narrow what roles and policies grant. What stands here is a small family
//! that works: documents that have drafts and labels. Change it from the top down, and add a row
//! to `tables/` for every rule.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::vec::Vec;
use permesso_sdk::{Attribute, Diagnostic, Family, Nothing, config, forbid_if};

permesso_sdk::names! {
    /// What the family can be asked about: permissions of your product's catalog.
    pub enum Permission {
        View = "doc.view",
        Share = "doc.share",
    }
}

permesso_sdk::inputs! {
    /// What the rules read, and nothing else is ever sent. Declare no more than they read:
    /// answers are kept under these values.
    pub struct Inputs {
        me: text = "subject.id",
        owner: texts = "resource.owner",
        published: boolean = "resource.published",
        label: text = "resource.label",
        withheld_labels: texts = "config.withheld-labels",
    }
}

permesso_sdk::reasons! {
    /// Why not: a code for programs, which stays, and a sentence for people.
    pub enum Reason {
        Draft = "draft" => "The document is not published yet.",
        Withheld = "withheld" => "Documents with this label are for their owners only.",
    }
}

permesso_sdk::obligations! {
    /// What callers do when they let someone pass.
    pub enum Duty {
        Watermark = "watermark" => ["pages"],
    }
}

/// The family `{{name}}`.
#[derive(Debug)]
pub struct {{pascal}};

permesso_sdk::export!({{pascal}});

/// A question to this family.
pub type Question<'q> = permesso_sdk::Question<'q, {{pascal}}>;
/// An answer of this family.
pub type Answer = permesso_sdk::Answer<{{pascal}}>;

impl Family for {{pascal}} {
    type Permission = Permission;
    // The resource kinds that the rules tell apart; declare them with `names!`.
    type Kind = Nothing;
    type Inputs<'q> = Inputs<'q>;
    type Reason = Reason;
    type Obligation = Duty;
    // The permissions that a rule demands besides the one asked about.
    type Require = Nothing;

    const ID: &'static str = "{{name}}";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Documents: drafts and labels";
    const CONFIG_SCHEMA: &'static str = include_str!("../config.schema.json");

    fn evaluate(question: &Question<'_>) -> Answer {
        let inputs = question.inputs();
        let decided = match question.permission() {
            Permission::View => view(inputs),
            Permission::Share => share(inputs),
        };
        decided.unwrap_or_else(Answer::forbid)
    }

    /// Tells an admin early what is wrong with a configuration. The rules need not rely on it.
    fn validate(config: &str) -> Vec<Diagnostic> {
        config::check(config, |config| {
            let labels = config.texts("withheld-labels").unwrap_or_default();
            if labels.iter().any(|label| label.trim().is_empty()) {
                config.fault("withheld-labels", "a label is empty; remove it");
            }
        })
    }
}

/// A draft is for its owner, and so is a label that the tenant withholds.
fn view(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    let is_mine = inputs.owner().names(inputs.me());
    // Ask for what you need to see: what is unknown is not published, and `names` is false for
    // an owner or a subject who is not known.
    forbid_if(!is_mine && !inputs.published().is(true), Reason::Draft)?;
    forbid_if(!is_mine && is_withheld(inputs), Reason::Withheld)?;
    Ok(allow(inputs))
}

/// Nobody shares a draft or a withheld label, not even its owner.
fn share(inputs: Inputs<'_>) -> Result<Answer, Reason> {
    forbid_if(!inputs.published().is(true), Reason::Draft)?;
    forbid_if(is_withheld(inputs), Reason::Withheld)?;
    Ok(allow(inputs))
}

/// Whether only owners see it. Absent is unknown and could be any label; null is known to be
/// none.
fn is_withheld(inputs: Inputs<'_>) -> bool {
    let Some(withheld) = inputs.withheld_labels().value() else { return false };
    match inputs.label() {
        Attribute::Absent => !withheld.is_empty(),
        Attribute::Null => false,
        Attribute::Present(label) => withheld.has_word(label),
    }
}

/// Nothing against it. What is marked as confidential carries a watermark.
fn allow(inputs: Inputs<'_>) -> Answer {
    if inputs.label().is_word("confidential") {
        Answer::abstain().oblige(Duty::Watermark)
    } else {
        Answer::abstain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_sdk::testing::{ask, sweep, unused};

    #[test]
    fn a_draft_is_for_its_owner() {
        let draft = ask::<{{pascal}}>(Permission::View)
            .with("subject.id", "ann")
            .with("resource.published", false);
        assert_eq!(draft.answer(), Answer::forbid(Reason::Draft));
        assert_eq!(draft.with("resource.owner", "ann").answer(), Answer::abstain());
    }

    #[test]
    fn knowing_less_about_the_subject_opens_nothing() {
        sweep::<{{pascal}}>(&["ann", "bob", "secret"], 5_000, |question| {
            let unknown = question.clone().without("subject.id");
            assert!(unknown.answer().forbids() || !question.answer().forbids(), "{question:?}");
        });
    }

    #[test]
    fn nothing_is_declared_in_vain() {
        let words = ["ann", "secret", "confidential"];
        assert_eq!(unused::<{{pascal}}>(&words, 50_000), [""; 0]);
    }

    #[test]
    fn an_empty_label_is_reported() {
        assert_eq!({{pascal}}::validate(r#"{"withheld-labels": ["secret"]}"#), []);
        assert_eq!({{pascal}}::validate(r#"{"withheld-labels": [" "]}"#).len(), 1);
        assert_eq!({{pascal}}::validate(r#"{"withheld": true}"#).len(), 1);
    }
}
