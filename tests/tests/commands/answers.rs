//! Answers about answers, as an admin asks for them: the real binary on the real examples.

use permesso_tests::{Output, example, permesso};
use serde_json::Value;
use std::fs;

/// Asks about Harborlight Realty.
fn ask(command: &str, more: &[&str]) -> Output {
    let folder = example("cloze");
    let folder = folder.to_str().unwrap();
    permesso([command, "--example", folder].into_iter().chain(more.iter().copied()))
}

const CONTACT: [&str; 8] = [
    "contact:c-101",
    "-a",
    "owner=mei.tanaka",
    "-a",
    "assigned_to=mei.tanaka",
    "-a",
    "shared=true",
    "-aprivate=false",
];

#[test]
fn an_explanation_points_at_lines_and_names_changes_that_flip_the_answer() {
    let question = [&["jonah.price", "content.view_contact"][..], &CONTACT].concat();
    let told = ask("explain", &question);
    assert_eq!(told.code, 1, "{}{}", told.out, told.err);
    assert!(told.out.contains("grants  DENY"), "{}", told.out);
    let tenant = fs::read_to_string(example("cloze").join("tenant.yaml")).unwrap();
    let line = tenant.lines().position(|line| line.contains("content.view_contact, scope: own"));
    assert!(told.out.contains(&format!("tenant.yaml:{}:", line.unwrap() + 1)), "{}", told.out);
    assert!(told.out.contains("have `resource.assigned_to` name the user"), "{}", told.out);
    let named = question.iter().map(|word| match *word {
        "assigned_to=mei.tanaka" => "assigned_to=jonah.price",
        word => word,
    });
    assert_eq!(ask("check", &named.collect::<Vec<_>>()).code, 0, "and it does");
    let twice = [&question[..], &["-a", "assigned_to=jonah.price"]].concat();
    assert_eq!(ask("check", &twice).code, 2, "one of the two would be taken");
}

#[test]
fn who_is_redacted_by_whoever_shares_sees_it_redacted_whatever_the_tenant_shares() {
    let activity = [
        "activity:a-1",
        "-ashared=true",
        "-awithin_broadcast_delay=false",
        "-aaccount_redacted=false",
    ];
    let body = |owner: &str| {
        let owner = format!("-aowner={owner}");
        ask("check", &[&["mei.tanaka", "timeline.view_body"], &activity[..], &[&owner]].concat())
    };
    assert_eq!(body("jonah.price").code, 0);
    let ruths = body("ruth.feldman");
    assert_eq!(ruths.code, 1);
    assert!(ruths.out.contains("[redacted `timeline`]"), "{}", ruths.out);
}

#[test]
fn notes_are_redacted_by_default_and_open_to_whoever_sells_the_house_together() {
    let note = ["note:n-1", "-aowner=mei.tanaka", "-aassigned_to=jonah.price", "-ashared=true"];
    let view = |together: &str| {
        let more = format!("-aco_listed={together}");
        let question =
            [&["jonah.price", "content.view_contact"], &note[..], &["-aprivate=false", &more]];
        ask("check", &question.concat())
    };
    assert!(
        view("false").out.contains("under the obligation redact text"),
        "{}",
        view("false").out
    );
    assert_eq!(view("true").out.lines().count(), 1, "{}", view("true").out);
}

#[test]
fn who_can_lists_everybody_in_order_and_says_where_it_was_cut() {
    let question = [&["content.view_contact"][..], &CONTACT].concat();
    let all = ask("who-can", &question);
    assert_eq!(all.code, 0, "{}", all.err);
    let names: Vec<&str> =
        all.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let users = &names[..names.len() - 1];
    assert!(users.contains(&"mei.tanaka") && !users.contains(&"jonah.price"), "{}", all.out);
    assert!(users.is_sorted(), "{}", all.out);
    let cut = ask("who-can", &[&question[..], &["--limit", "2", "--json"]].concat());
    let lines: Vec<Value> =
        cut.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{}", cut.out);
    assert_eq!(lines[2]["cut"], true, "{}", cut.out);
}

#[test]
fn what_can_lists_rights_with_their_sources_and_exclusive_items() {
    let told = ask("what-can", &["luis.ortega"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("content.view_contact"), "{}", told.out);
    assert!(told.out.contains("role `agent` (tenant.yaml:"), "{}", told.out);
    assert!(told.out.contains("luxury_listings"), "{}", told.out);
    let json = ask("what-can", &["luis.ortega", "--json"]);
    let parsed: Result<Value, _> = serde_json::from_str(&json.out);
    assert!(parsed.is_ok(), "{}", json.out);
    assert_eq!(ask("what-can", &["nobody.here"]).code, 2);
}

#[test]
fn a_difference_comes_with_the_change_that_equalises_it_and_what_else_that_opens() {
    let told = ask("diff", &["jonah.price", "luis.ortega"]);
    assert_eq!(told.code, 1, "they differ");
    assert!(told.out.contains("add tag `luxury_certified`"), "{}", told.out);
    assert!(told.out.contains("view segment_steps:luxury_listings"), "{}", told.out);
    assert_eq!(ask("diff", &["jonah.price", "jonah.price"]).code, 0);
}

/// An edited copy of the tenant, and what `impact` says of it.
fn impact(from: &str, to: &str, more: &[&str]) -> Output {
    let tenant = fs::read_to_string(example("cloze").join("tenant.yaml")).unwrap();
    assert!(tenant.contains(from), "the example has no `{from}`");
    let folder = tempfile::tempdir().unwrap();
    let edited = folder.path().join("tenant.yaml");
    fs::write(&edited, tenant.replace(from, to)).unwrap();
    let example = example("cloze");
    let args = ["impact", example.to_str().unwrap(), "--tenant-file", edited.to_str().unwrap()];
    permesso(args.into_iter().chain(more.iter().copied()))
}

#[test]
fn an_edit_shows_who_loses_what_before_it_is_saved() {
    let told = impact(
        "content.view_contact, scope: own}",
        "content.view_contact, scope: none}",
        &["--as", "jonah.price"],
    );
    assert_eq!(told.code, 1, "{}{}", told.out, told.err);
    assert!(told.out.contains("loses content.view_contact: was own"), "{}", told.out);
    assert!(told.out.contains("jonah.price"), "{}", told.out);
    let same = impact("Harborlight Realty", "Harborlight Homes", &[]);
    assert_eq!(same.code, 0, "{}{}", same.out, same.err);
}

#[test]
fn the_last_program_that_names_an_item_opens_it_to_everybody_and_the_preview_says_so() {
    let told = impact(
        "      - {kind: library_content, id: call_scripts/listing_pitch, access: view}",
        "      - {kind: library_content, id: call_scripts/other_pitch, access: view}",
        &[],
    );
    assert!(told.out.contains("opens to everybody"), "{}", told.out);
    assert!(told.out.contains("closed"), "it says how to keep it closed: {}", told.out);
}

#[test]
fn a_faulty_edit_is_refused_with_its_line_and_previews_nothing() {
    let told = impact("scope: own}", "scope: mine}", &[]);
    assert_eq!(told.code, 2, "{}", told.out);
    assert!(told.err.contains("unknown scope `mine`"), "{}", told.err);
}
