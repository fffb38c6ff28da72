//! A role of a user in a folder, by the command line.

use permesso_tests::{Output, example, permesso};
use std::fs;
use std::path::Path;

const PRODUCT: &str = "
product: desk
version: 1.0.0
categories: [{id: tickets, permissions: [{id: tickets.read}, {id: tickets.write}]}]
standard_roles:
  - {id: reader, grants: [{permission: tickets.read, scope: all}]}
  - {id: writer, grants: [{permission: tickets.write, scope: all}]}
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("product.yaml", PRODUCT);
    write("tenant.yaml", "tenant: acme\nproduct: desk\nteams: [tier1, tier2]\n");
    write(
        "people.yaml",
        "# People.\nusers:\n  - {id: kim, name: Kim} # new\n  - {id: lea, roles: [writer]}\n",
    );
    folder
}

fn assign(folder: &Path, args: &[&str]) -> Output {
    let mut all = vec!["assign", "--example", folder.to_str().unwrap()];
    all.extend(args);
    permesso(all)
}

fn may(folder: &Path, at: &str, team: &str) -> bool {
    let team = format!("team={team}");
    let asked = permesso([
        "check",
        "--example",
        folder.to_str().unwrap(),
        "--at",
        at,
        "kim",
        "tickets.read",
        "ticket:t",
        "-a",
        &team,
    ]);
    assert!(asked.code < 2, "{}", asked.err);
    asked.code == 0
}

#[test]
fn the_three_limits_are_one_line_each_in_a_folder() {
    const MORNING: &str = "2026-06-30T08:00:00Z";
    for (limits, line, within, without) in [
        (
            vec!["--team", "tier1"],
            "roles: [{role: reader, teams: [tier1]}]",
            (MORNING, "tier1"),
            (MORNING, "tier2"),
        ),
        (
            vec!["--until", "2026-12-31"],
            "roles: [{role: reader, valid_until: 2026-12-31}]",
            ("2026-12-31T23:59:00Z", "tier1"),
            ("2027-01-01", "tier1"),
        ),
        (
            vec!["--condition", "hour_in(now, 9, 17, \"Europe/Rome\")"],
            "roles: [{role: reader, condition: 'hour_in(now, 9, 17, \"Europe/Rome\")'}]",
            (MORNING, "tier1"),
            ("2026-06-30T16:00:00Z", "tier1"),
        ),
    ] {
        let folder = folder();
        let path = folder.path();
        let before = fs::read_to_string(path.join("people.yaml")).unwrap();
        let args = [&["kim", "reader"], limits.as_slice()].concat();
        let tried = assign(path, &[args.as_slice(), &["--dry-run"]].concat());
        assert_eq!(tried.code, 0, "{}", tried.err);
        assert!(tried.out.contains("+ gains tickets.read"), "{}", tried.out);
        assert_eq!(fs::read_to_string(path.join("people.yaml")).unwrap(), before);
        assert!(!may(path, within.0, within.1));
        let done = assign(path, &args);
        assert_eq!(done.code, 0, "{}", done.err);
        let after = fs::read_to_string(path.join("people.yaml")).unwrap();
        assert_eq!(after, before.replace("{id: kim,", &format!("{{id: kim, {line},")));
        assert!(may(path, within.0, within.1) && !may(path, without.0, without.1), "{line}");
        let gone = assign(path, &["kim", "reader", "--remove"]);
        assert_eq!(gone.code, 0, "{}", gone.err);
        assert!(!may(path, within.0, within.1));
    }
}

#[test]
fn what_would_be_wrong_is_refused_and_the_file_stays() {
    let folder = folder();
    let path = folder.path();
    let before = fs::read_to_string(path.join("people.yaml")).unwrap();
    for (args, told) in [
        (vec!["kim", "raeder"], "did you mean `reader`?"),
        (vec!["kim", "reader", "--team", "teir1"], "did you mean `tier1`?"),
        (vec!["kim", "reader", "--condition", "has_role(\"raeder\")"], "did you mean `reader`?"),
        (vec!["kim", "reader", "--until", "31.12.2026"], "31.12.2026"),
        (vec!["kimm", "reader"], "did you mean `kim`?"),
        (vec!["lea", "writer", "--until", "2026-12-31"], "--replace"),
        (vec!["kim", "writer", "--remove"], "does not hold"),
    ] {
        let refused = assign(path, &args);
        assert_eq!(refused.code, 2, "{args:?}");
        assert!(refused.err.contains(told), "{args:?}: {}", refused.err);
        assert_eq!(fs::read_to_string(path.join("people.yaml")).unwrap(), before);
    }
    assert_eq!(permesso(["assign", "kim", "reader"]).code, 2, "nowhere");
}

#[test]
fn every_user_of_the_examples_is_given_and_loses_a_role_and_the_file_is_as_it_was() {
    for product in ["atender", "clustdoc"] {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(example(product)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
            }
        }
        let path = folder.path().join("people.yaml");
        let before = fs::read_to_string(&path).unwrap();
        let ids: Vec<&str> = before
            .lines()
            .filter_map(|line| line.split("{id: ").nth(1)?.split([',', '}']).next())
            .take(4)
            .collect();
        let role = fs::read_to_string(folder.path().join("product.yaml")).unwrap();
        let role = role.split("standard_roles:").nth(1).unwrap();
        let role = role.split("id: ").nth(1).unwrap().split([',', '\n', '}']).next().unwrap();
        for id in ids {
            let held = before.lines().find(|line| line.contains(&format!("{{id: {id},"))).unwrap();
            if held.contains(role) || !held.contains("roles: [") {
                continue;
            }
            let args = [id, role, "--until", "2999-12-31"];
            let done = assign(folder.path(), &args);
            assert_eq!(done.code, 0, "{id}: {}", done.err);
            assert_ne!(fs::read_to_string(&path).unwrap(), before);
            let gone = assign(folder.path(), &[args.as_slice(), &["--remove"]].concat());
            assert_eq!(gone.code, 0, "{id}: {}", gone.err);
            assert_eq!(fs::read_to_string(&path).unwrap(), before, "{id}");
        }
    }
}

#[test]
fn what_a_server_refuses_is_refused_in_a_folder() {
    let folder = folder();
    let path = folder.path();
    let write = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
    write(
        "tenant.yaml",
        "tenant: acme\nproduct: desk\nroles: [{id: boss, grants: [{permission: permesso.roles.edit, scope: all}]}]\n",
    );
    write("product.yaml", &PRODUCT.replace("{id: writer,", "{id: writer, keeps_holder: true,"));
    let people = "users:\n  - {id: kim, roles: [boss]}\n  - {id: lea, roles: [writer]}\n  \
                  - {id: old, status: deleted}\n  - {id: off, status: inactive, roles: [boss, writer]}\n";
    write("people.yaml", people);
    for (args, told) in [
        (&["lea", "writer", "--remove"][..], "nobody would be left who holds the role `writer`"),
        (&["kim", "boss", "--remove"], "nobody would be left who can edit roles"),
        // Held within limits it is nobody to rely on.
        (&["kim", "boss", "--replace", "--until", "2030-01-01"], "nobody would be left"),
        (&["old", "reader"], "`old` was deleted"),
        (&["lee", "reader"], "did you mean `lea`?"),
    ] {
        for more in [&[][..], &["--dry-run"]] {
            let output = assign(path, &[args, more].concat());
            assert_eq!(output.code, 2, "{args:?} {}", output.out);
            assert!(output.err.contains(told), "{args:?}\n{}", output.err);
        }
        assert_eq!(fs::read_to_string(path.join("people.yaml")).unwrap(), people);
    }
    assert_eq!(assign(path, &["kim", "writer"]).code, 0);
    assert_eq!(assign(path, &["lea", "writer", "--remove"]).code, 0);
    // A role that stands twice is a mistake of the file, with its line.
    write(
        "people.yaml",
        "users:\n  - {id: kim, roles: [boss]}\n  - {id: lea, roles: [reader, reader]}\n",
    );
    let output = assign(path, &["kim", "reader"]);
    assert!(output.err.contains("`reader` stands here twice"), "{}", output.err);
    assert!(output.err.contains("people.yaml:3"), "{}", output.err);
}

#[test]
fn whoever_holds_everything_is_one_who_administers() {
    let folder = folder();
    let path = folder.path();
    let owner = "  - {id: owner, grants: [{permission: '*', scope: all}]}\n";
    fs::write(path.join("product.yaml"), PRODUCT.to_owned() + owner).unwrap();
    let people = "users:\n  - {id: kim, roles: [owner]}\n  - {id: lea}\n";
    fs::write(path.join("people.yaml"), people).unwrap();
    for more in [&["--remove"][..], &["--replace", "--until", "2030-01-01"]] {
        let output = assign(path, &[&["kim", "owner"], more].concat());
        assert_eq!(output.code, 2, "{}", output.out);
        assert!(output.err.contains("nobody would be left who can edit roles"), "{}", output.err);
    }
    assert_eq!(assign(path, &["lea", "owner"]).code, 0);
    assert_eq!(assign(path, &["kim", "owner", "--remove"]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_who_may_read_the_file_stays_the_same() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder();
    let elsewhere = tempfile::tempdir().unwrap();
    let (link, file) = (folder.path().join("people.yaml"), elsewhere.path().join("staff.yaml"));
    fs::rename(&link, &file).unwrap();
    symlink(&file, &link).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let output = assign(folder.path(), &["kim", "reader"]);
    assert_eq!(output.code, 0, "{}", output.err);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("roles: [reader]"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}
