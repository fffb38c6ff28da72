//! What an edit changes about the questions that a catalog knows.

use super::*;
use permesso_engine::inspect::{Proposal, impact};

const DESK: &str = "
product: desk
version: 1.0.0
relations: [owner]
own_means: [owner]
attributes: {context.channel: text, action.reason: text, subject.level: integer}
subject_types: {service: {label: Services}}
resource_kinds:
  ticket: {attributes: {locked: boolean, part: {type: text, one_of: [a, b]}}}
  report: {}
categories:
  - id: tickets
    permissions:
      - {id: ticket.reply, kinds: [ticket]}
      - {id: thing.see, kinds: any}
standard_roles: [{id: agent, grants: [{permission: '*', scope: all}]}]
";

fn desk(edits: &[(&str, &str)]) -> Compiled {
    let mut catalog = DESK.to_owned();
    for (old, new) in edits {
        assert!(catalog.contains(old), "{old}");
        catalog = catalog.replace(old, new);
    }
    let people = "users: [{id: ann, roles: [agent]}]";
    build(&catalog, "{tenant: t, product: desk}", people, &Default::default()).unwrap()
}

#[test]
fn an_edit_of_what_a_question_may_say_is_never_harmless() {
    let before = desk(&[]);
    for (old, new, told) in [
        ("kinds: [ticket]", "kinds: [ticket, report]", r#"[About("ticket.reply")]"#),
        ("kinds: [ticket]", "kinds: any", r#"[About("ticket.reply")]"#),
        ("  report: {}", "  report: {}\n  memo: {}", r#"[About("thing.see")]"#),
        ("  report: {}\n", "", r#"[About("thing.see")]"#),
        ("locked: boolean", "locked: {type: boolean, required: true}", r#"[Kind("ticket")]"#),
        ("locked: boolean", "locked: {type: boolean, aliases: [closed]}", r#"[Kind("ticket")]"#),
        ("[a, b]", "[a, b, c]", r#"[Kind("ticket")]"#),
        ("report: {}", "report: {attributes: {size: integer}}", r#"[Kind("report")]"#),
        ("channel: text", "channel: {type: text, required: true}", r#"[Asked("context")]"#),
        ("reason: text", "reason: {type: text, one_of: [bored]}", r#"[Asked("action")]"#),
        ("level: integer", "level: {type: integer, trusted: true}", r#"[Asked("subject")]"#),
        ("{service: {", "{robot: {same_as: service}, service: {", "[SubjectTypes]"),
    ] {
        let after = desk(&[(old, new)]);
        for (from, to) in [(&before, &after), (&after, &before)] {
            let proposal = Proposal {
                before: from,
                after: to,
                now: NOW,
                acting: None,
                questions: &[],
                limit: 9,
            };
            let mut found = impact(&proposal).unwrap();
            found.by_ref().for_each(drop);
            assert_eq!(format!("{:?}", found.rules()), told, "{old} > {new}");
            assert!(!found.is_harmless(), "{old} > {new}");
        }
    }
}

#[test]
fn the_order_of_a_contract_is_no_change_of_it() {
    let (before, after) = (
        desk(&[]),
        desk(&[("  report: {}\n", ""), ("resource_kinds:\n", "resource_kinds:\n  report: {}\n")]),
    );
    let proposal = Proposal {
        before: &before,
        after: &after,
        now: NOW,
        acting: None,
        questions: &[],
        limit: 9,
    };
    let mut found = impact(&proposal).unwrap();
    found.by_ref().for_each(drop);
    assert!(found.is_harmless() && found.rules().is_empty(), "{:?}", found.rules());
}
