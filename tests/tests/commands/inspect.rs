//! Questions about people, through the binary: what a user can do, who can do something, how two
//! users differ, what an edit would change.

use permesso_tests::{Output, example, permesso};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 2026-04-01T00:00:00Z
const AT: &str = "2026-04-01T02:00:00+02:00";

fn ask(command: &str, product: &str, args: &[&str]) -> Output {
    let folder = example(product);
    let mut all = vec![command, "--example", folder.to_str().unwrap(), "--at", AT];
    all.extend(args);
    permesso(all)
}

/// The lines as people see them, whatever the widths of columns are.
fn lines(output: &Output) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    output.out.lines().map(words).filter(|line| !line.starts_with(['─', '═'])).collect()
}

fn has(output: &Output, line: &str) {
    let lines = lines(output);
    assert!(lines.iter().any(|known| known.contains(line)), "no `{line}` in {lines:#?}");
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&output.out).unwrap_or_else(|error| panic!("{error}: {}", output.out))
}

fn json_lines(output: &Output) -> Vec<Value> {
    output.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A document of an example with some texts replaced, in a folder that ends with the test.
fn edited(product: &str, document: &str, edits: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let mut text = std::fs::read_to_string(example(product).join(document)).unwrap();
    for (old, new) in edits {
        assert!(text.contains(old), "{document} of {product} holds no {old}");
        text = text.replace(old, new);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(document);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn impact(product: &str, flag: &str, path: &Path, args: &[&str]) -> Output {
    let folder = example(product);
    let (folder, path) = (folder.to_str().unwrap(), path.to_str().unwrap());
    let mut all = vec!["impact", folder, flag, path, "--at", AT];
    all.extend(args);
    permesso(all)
}

#[test]
fn what_can_shows_every_right_with_its_source_and_what_a_record_decides() {
    let output = ask("what-can", "cloze", &["dana.whitfield"]);
    assert_eq!(output.code, 0, "{}", output.err);
    has(&output, "`dana.whitfield` is active and holds agent in US/South/GA/Atlanta");
    has(&output, "content.view_peers all role `agent` (tenant.yaml:");
    has(&output, "templates.save_team_library team policy `marketing_agent_team` (tenant.yaml:");
    has(&output, "customize.receive_team all held by every active member family crm-segments");
    has(&output, "rental_readers: a member; by role `agent`; not by role `administrator`");
    has(&output, "edit template_library:rental_campaigns yes rental_editors");
    has(&output, "view segment_steps:luxury_listings no luxury_desk");
}

#[test]
fn what_can_tells_what_restricts_and_what_was_delegated() {
    let staff = ask("what-can", "cloze", &["sven.aldrich"]);
    has(&staff, "visibility.redact_shared_timelines: forbids `timeline.view_body`");
    has(&staff, "security.disable_leaving: forbids `account.leave_team`; does not bind this user");
    has(
        &staff,
        "security.require_sso: forbids `account.login`; the record decides whether it binds",
    );
    let deputy = ask("what-can", "cloze", &["amy.castillo"]);
    has(&deputy, "delegate.send_on_behalf by `grace.holloway`, as far as `grace.holloway` could");
    let gone = ask("what-can", "cloze", &["paula.stein"]);
    has(&gone, "No permission is held.");
    has(&gone, "content.view_contact: the user is inactive");
    let campaign = ask("what-can", "cloze", &["ben.okafor"]);
    has(&campaign, "all until 2026-06-01T00:00:00Z");
}

#[test]
fn what_can_decides_every_permission_on_a_resource() {
    let contact =
        ["jonah.price", "contact:c-1", "-a", "shared=true", "-a", "assigned_to=jonah.price"];
    let output = ask("what-can", "cloze", &contact);
    has(&output, "content.edit_contact ALLOW own: role `agent` (tenant.yaml:");
    assert!(!output.out.contains("DENY"));
    let all = ask("what-can", "cloze", &[&contact[..], &["--all"]].concat());
    has(&all, "assignment.reassign DENY no role, policy or other source grants it [not-granted]");
    has(&all, "member.remove DENY the permission is not about a contact [wrong-kind]");
    let view = json(&ask("what-can", "cloze", &[&contact[..], &["--all", "--json"]].concat()));
    let decisions = view["decisions"].as_array().unwrap();
    let count = |allow: bool| decisions.iter().filter(|it| it["decision"] == allow).count();
    assert_eq!(view["allowed"], count(true));
    assert_eq!(view["denied"], count(false));
    // Its family keeps a private contact from everybody.
    let private =
        ask("what-can", "cloze", &[&contact[..2], &["-a", "shared=false", "--all"]].concat());
    has(&private, "content.edit_contact DENY");
}

#[test]
fn what_can_as_json_holds_the_same() {
    let view = json(&ask("what-can", "atender", &["niko.stavros", "--json"]));
    assert_eq!(view["tenant"], "brightwater");
    let held = view["rights"]["held"].as_array().unwrap();
    let right = held.iter().find(|it| it["permission"] == "conversations.view_list").unwrap();
    assert_eq!(right["scope"], "all");
    let givers: Vec<&Value> =
        right["sources"].as_array().unwrap().iter().map(|it| &it["giver"]["role"]).collect();
    assert_eq!(givers, ["agent", "reader"]);
    assert!(right["sources"][0]["places"][0]["line"].as_u64() > Some(1));
}

#[test]
fn who_can_lists_by_id_with_the_source_and_says_when_it_was_cut() {
    let contact = [
        "content.view_contact",
        "contact:c-1",
        "-a",
        "shared=true",
        "-a",
        "assigned_to=jonah.price",
        "-a",
        "sub_team=US/South/GA/Atlanta",
    ];
    let output = ask("who-can", "cloze", &contact);
    assert_eq!(output.code, 0, "{}", output.err);
    let users: Vec<String> = lines(&output)
        .iter()
        .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    let (count, users) = users.split_last().unwrap();
    assert!(users.is_sorted() && users.len().to_string() == *count, "{users:?}");
    has(&output, "jonah.price own: role `agent` (tenant.yaml:");
    has(&output, "walter.nyberg branch: role `regional_lead` (tenant.yaml:");
    assert!(!output.out.contains("helen.brandt"), "leads another branch");
    let cut = ask("who-can", "cloze", &[&contact[..], &["--limit", "2"]].concat());
    let lines = lines(&cut);
    assert_eq!(lines.len(), 3);
    assert!(lines[2].starts_with("cut at 2: "), "{lines:?}");
    let cut =
        json_lines(&ask("who-can", "cloze", &[&contact[..], &["--limit", "2", "--json"]].concat()));
    let [first, _, summary] = cut.as_slice() else { panic!("{cut:?}") };
    assert_eq!(first["user"], "grace.holloway");
    assert_eq!(first["sources"][0]["giver"]["role"], "administrator");
    assert_eq!((&summary["cut"], &summary["allowed"]), (&Value::Bool(true), &Value::from(3)));
    let whole = json_lines(&ask("who-can", "cloze", &[&contact[..], &["--json"]].concat()));
    let summary = whole.last().unwrap();
    assert_eq!((&summary["cut"], &summary["asked"]), (&Value::Bool(false), &Value::from(21)));
    assert_eq!(summary["allowed"], users.len());
}

#[test]
fn who_can_asks_families_and_ends_with_one_if_nobody_may() {
    // A private contact is for its family to keep.
    let private = ["content.view_contact", "contact:c-1", "-a", "shared=false"];
    let output = ask("who-can", "cloze", &private);
    assert_eq!((output.code, lines(&output)), (1, vec!["0 of 21 users may".to_owned()]));
    let shared = ["content.view_contact", "contact:c-1", "-a", "shared=true"];
    assert_eq!(ask("who-can", "cloze", &shared).code, 0);
    let without = [&shared[..], &["--without-family", "crm-segments"]].concat();
    assert_eq!(ask("who-can", "cloze", &without).code, 1);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_to_do() {
    let user = ask("what-can", "atender", &["irene.madox"]);
    let text = "error: the directory of `brightwater` has no user `irene.madox`; \
                did you mean `irene.maddox`?\n";
    assert_eq!((user.code, user.err.as_str()), (2, text));
    let action = ask("who-can", "atender", &["conversations.reply_all", "conversation"]);
    assert_eq!(action.code, 2);
    assert!(action.err.contains("did you mean `conversations.reply`?"), "{}", action.err);
    let attribute = ask("who-can", "atender", &["conversations.reply", "conversation", "-a", "x"]);
    assert_eq!(attribute.err, "error: `x` is no attribute; write NAME=VALUE\n");
    let nothing = permesso(["impact", example("atender").to_str().unwrap()]);
    assert_eq!(nothing.code, 2);
    assert!(nothing.err.contains("--tenant-file"), "{}", nothing.err);
}

#[test]
fn diff_says_what_would_make_two_users_equal_and_what_else_that_opens() {
    let output = ask("diff", "cloze", &["luis.ortega", "colin.abara"]);
    assert_eq!(output.code, 1, "{}", output.err);
    has(&output, "by team `US/South/FL`, tag `luxury_certified`");
    has(
        &output,
        "view segment_steps:luxury_listings yes no `colin.abara`: add tag `luxury_certified`",
    );
    has(&output, "also opens program luxury_desk");
    has(&output, "`colin.abara`: put in team `US/South/FL`");
    let view = json(&ask("diff", "cloze", &["luis.ortega", "colin.abara", "--json"]));
    let steps = view["items"].as_array().unwrap();
    let steps = steps.iter().find(|it| it["kind"] == "segment_steps").unwrap();
    assert_eq!((&steps["less"], &steps["b"]["not_by"][0]), (&"b".into(), &"luxury_desk".into()));
    assert_eq!(steps["ways"][0]["changes"][0]["add_tag"], "luxury_certified");
    let same = ask("diff", "atender", &["leo.marchetti", "leo.marchetti"]);
    assert_eq!(same.code, 0);
    assert_eq!(same.out, "`leo.marchetti` and `leo.marchetti` do not differ\n");
}

#[test]
fn diff_offers_roles_grants_and_the_lifting_of_restrictions() {
    let output = ask("diff", "atender", &["leo.marchetti", "rosa.keller"]);
    has(&output, "conversations.bulk all none `rosa.keller`: grant `conversations.bulk` at all");
    has(&output, "`rosa.keller`: give role `agent`");
    let restricted = ask("diff", "cloze", &["marco.bellini", "tara.quinn"]);
    has(
        &restricted,
        "visibility.redact_shared_timelines (restricts) none all `tara.quinn`: take role `staff`",
    );
}

#[test]
fn impact_of_nothing_is_nothing() {
    let path = example("atender").join("tenant.yaml");
    let output = impact("atender", "--tenant-file", &path, &[]);
    assert_eq!((output.code, output.out.as_str()), (0, "nothing changes for any of 24 users\n"));
}

#[test]
fn impact_of_a_narrowed_role_lists_who_loses_what() {
    let bulk = "      - {permission: conversations.bulk, scope: all}\n";
    let (_folder, path) = edited("atender", "product.yaml", &[(bulk, "")]);
    let output = impact("atender", "--catalog-file", &path, &[]);
    assert_eq!(output.code, 1, "{}", output.err);
    has(&output, "role `agent` changed, held by 9");
    has(&output, "leo.marchetti");
    has(&output, "- loses conversations.bulk: was all");
    has(&output, "something changes for 7 of 24 users: 7 lose something, 0 gain something");
    assert!(!output.out.contains("lena.fischer"), "has not accepted, so has nothing to lose");
    let lines =
        json_lines(&impact("atender", "--catalog-file", &path, &["--json", "--limit", "2"]));
    let [first, second, summary] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&first["user"], &second["user"]), (&"alice.moreau".into(), &"carmen.vidal".into()));
    let change = &first["rights"][0];
    assert_eq!(change["permission"], "conversations.bulk");
    assert_eq!((&change["shift"], &change["before"]["scope"]), (&"lost".into(), &"all".into()));
    assert_eq!((&summary["cut"], &summary["affected"]), (&true.into(), &7.into()));
}

#[test]
fn impact_of_a_widening_alone_ends_with_zero() {
    let agent = "{id: leo.marchetti, name: Leo Marchetti, roles: [agent]";
    let more = "{id: leo.marchetti, name: Leo Marchetti, roles: [agent, analytics]";
    let (_folder, path) = edited("atender", "people.yaml", &[(agent, more)]);
    let output = impact("atender", "--people-file", &path, &[]);
    assert_eq!(output.code, 0, "{}{}", output.out, output.err);
    has(&output, "+ gains analytics.view: all");
}

#[test]
fn impact_warns_of_lockouts_of_the_last_holder_and_of_what_opens_to_everybody() {
    let admin = "      - {permission: settings.roles, scope: all}\n";
    let (_folder, path) = edited("atender", "tenant.yaml", &[(admin, "")]);
    let output = impact("atender", "--tenant-file", &path, &["--as", "ada.lindholm"]);
    assert_eq!(output.code, 1);
    has(&output, "you lose `settings.roles`");
    has(
        &output,
        "- loses role.edit: was all (it also needs `settings.roles`, which is held nowhere)",
    );
    let owners = [
        (
            "{id: irene.maddox, name: Irene Maddox, roles: [owner]}",
            "{id: irene.maddox, roles: [reader]}",
        ),
        ("roles: [owner, team_lead]", "roles: [team_lead]"),
    ];
    let (_folder, path) = edited("atender", "people.yaml", &owners);
    let output = impact("atender", "--people-file", &path, &[]);
    has(&output, "nobody is left who holds `settings.workspace`");
    let steps = "      - {kind: segment_steps, id: luxury_listings, access: view}\n";
    let (_folder, path) = edited("cloze", "tenant.yaml", &[(steps, "")]);
    let output = impact("cloze", "--tenant-file", &path, &[]);
    assert_eq!(output.code, 1, "{}", output.err);
    has(&output, "view segment_steps:luxury_listings opens to everybody");
    has(&output, "add {kind: segment_steps, id: luxury_listings, access: view} to the tenant's");
}

#[test]
fn impact_asks_the_questions_that_it_is_given() {
    let (_folder, path) = edited(
        "cloze",
        "tenant.yaml",
        &[(
            "{permission: content.view_contact, scope: own}",
            "{permission: presence.self_manage, scope: own}",
        )],
    );
    let questions = example("cloze").join("questions.json");
    let asked = ["--questions", questions.to_str().unwrap()];
    let output = impact("cloze", "--tenant-file", &path, &asked);
    has(&output, "Answered differently:");
    has(&output, "jonah.price content.view_contact contact:c-100: now DENY");
    let summary =
        json_lines(&impact("cloze", "--tenant-file", &path, &[&asked[..], &["--json"]].concat()));
    let flips = summary.last().unwrap()["flips"].as_array().unwrap();
    let flip = flips.iter().find(|it| it["resource"]["id"] == "c-100").unwrap();
    assert_eq!(
        (&flip["before"]["decision"], &flip["after"]["decision"]),
        (&true.into(), &false.into())
    );
    let broken = impact("cloze", "--tenant-file", &path, &["--questions", path.to_str().unwrap()]);
    assert_eq!(broken.code, 2);
    assert!(broken.err.contains("holds no list of questions"), "{}", broken.err);
}

#[test]
fn impact_shows_the_faults_of_the_edited_document() {
    let (_folder, path) = edited(
        "cloze",
        "tenant.yaml",
        &[("content.view_peers, scope: all", "content.veiw_peers, scope: all")],
    );
    let output = impact("cloze", "--tenant-file", &path, &[]);
    assert_eq!((output.code, output.out.as_str()), (2, ""));
    assert!(output.err.contains("unknown permission `content.veiw_peers`"), "{}", output.err);
    assert!(output.err.contains("did you mean `content.view_peers`?"), "{}", output.err);
}
