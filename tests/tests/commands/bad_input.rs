//! What the command line says to bad input. Nothing is loaded, and a stranger can act on it.

use insta::assert_snapshot;
use permesso_tests::{example, permesso};
use std::fs;
use std::path::Path;

/// What `permesso check` says about a copy of an example in which one text was replaced.
fn refused(file: &str, from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for name in ["product.yaml", "tenant.yaml", "people.yaml"] {
        let mut text = fs::read_to_string(example("iclosed").join(name)).unwrap();
        if name == file {
            assert!(text.contains(from), "`{from}` is not in {name}");
            text = text.replacen(from, to, 1);
        }
        fs::write(folder.path().join(name), text).unwrap();
    }
    said(folder.path())
}

/// The same about a copy that brings a component along.
fn refused_component(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for name in ["product.yaml", "tenant.yaml", "people.yaml"] {
        fs::copy(example("atender").join(name), folder.path().join(name)).unwrap();
    }
    fs::create_dir(folder.path().join("families")).unwrap();
    fs::write(folder.path().join("families/theirs.wasm"), bytes).unwrap();
    said(folder.path())
}

fn said(folder: &Path) -> String {
    let path = folder.to_str().unwrap();
    let output = permesso(["check", "--example", path, "anyone", "anything", "thing"]);
    assert_eq!(output.code, 2, "{}", output.out);
    output.err.replace(path, "DIR")
}

#[test]
fn broken_yaml_is_shown_with_its_line() {
    assert_snapshot!(refused("tenant.yaml", "plan:", "plan: ["), @r"
      × something else stands where a text is wanted
       ╭─[DIR/tenant.yaml:5:7]
     4 │ title: Peakline Coaching
     5 │ plan: [ business
       ·       ─
     6 │ # Bought on top; Startup does not offer it.
       ╰────
      help: write a text; one that looks like something else goes into quotation marks
    error: 1 fault; nothing was loaded
    ");
}

#[test]
fn an_unknown_permission_in_a_role_is_shown_with_the_nearest_that_exists() {
    assert_snapshot!(refused("product.yaml", "permission: events.view,", "permission: event.view,"), @r"
      × roles.closer.grants: unknown permission `event.view`
         ╭─[DIR/product.yaml:333:22]
     332 │       - {permission: members.view, scope: own}
     333 │       - {permission: event.view, scope: own}
         ·                      ──────────
     334 │       - {permission: events.manage, scope: own}
         ╰────
      help: did you mean `events.view`?
    error: 1 fault; nothing was loaded
    ");
}

#[test]
fn two_roles_with_one_id_are_shown() {
    assert_snapshot!(refused("tenant.yaml", "- id: integrator", "- id: trial_closer"), @r"
      × roles.trial_closer: two roles have this id
        ╭─[DIR/tenant.yaml:52:9]
     51 │   # The technical side, with no more of the leads than the floor shows to everybody.
     52 │   - id: trial_closer
        ·         ────────────
     53 │     label: Integrator
        ╰────
      help: rename one of them, or delete it
      × users.ola.nilsen.roles: unknown role `integrator`
        ╭─[DIR/people.yaml:24:48]
     23 │   - {id: pedro.silva, name: Pedro Silva, roles: [trial_closer], teams: [east], attributes: {availability: set, calendar: connected}}
     24 │   - {id: ola.nilsen, name: Ola Nilsen, roles: [integrator]}
        ·                                                ──────────
     25 │ 
        ╰────
    error: 2 faults; nothing was loaded
    ");
}

#[test]
fn a_relation_that_does_not_exist_is_shown() {
    assert_snapshot!(refused("product.yaml", "own_means: [hosts, created_by]", "own_means: [host_list, created_by]"), @r#"
      × permissions.events.view.own_means: unknown relation `host_list`
         ╭─[DIR/product.yaml:115:126]
     114 │       # its creator manages it.
     115 │       - {id: events.view, label: View event cards, meaning: "Exclusive: events one is assigned to (or created)", own_means: [host_list, created_by], source: 002_252981114de8630e.txt}
         ·                                                                                                                              ─────────
     116 │       - {id: events.manage, label: Manage event settings, meaning: "Exclusive: only events one created; being a host is not enough", own_means: [created_by], source: 002_252981114de8630e.txt}
         ╰────
      help: did you mean `hosts`?
    error: 1 fault; nothing was loaded
    "#);
}

#[test]
fn a_core_module_is_not_a_component() {
    assert_snapshot!(refused_component(&wat::parse_str("(module)").unwrap()), @"error: cannot load `DIR/families/theirs.wasm`: it is a core module and not a component; link it with `wasm-component-ld` or wrap it with `wasm-tools component new`");
}

#[test]
fn a_text_is_not_a_component() {
    assert_snapshot!(refused_component(b"hello"), @"error: cannot load `DIR/families/theirs.wasm`: it is not WebAssembly (it starts with `68 65 6c 6c`); give a component");
}

#[test]
fn an_interface_version_that_this_host_does_not_know_is_named_with_the_one_that_it_does() {
    let wat = r#"(component (instance $i) (export "permesso:family/family@2.0.0" (instance $i)))"#;
    assert_snapshot!(refused_component(&wat::parse_str(wat).unwrap()), @"error: cannot load `DIR/families/theirs.wasm`: it needs `permesso:family/family@2.0.0` and this host offers `permesso:family/family@1.1.0`; update the host, or build the family against the older version");
}

#[test]
fn a_folder_without_a_catalog_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_snapshot!(said(folder.path()), @"error: cannot read `DIR/product.yaml`: No such file or directory (os error 2)");
}

#[test]
fn what_a_store_serves_is_checked_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |name: &str, more: &dyn Fn(String) -> String| {
        let text = fs::read_to_string(example("atender").join(name)).unwrap();
        fs::write(folder.path().join(name), more(text)).unwrap();
    };
    copy("product.yaml", &|text| text);
    copy("tenant.yaml", &|text| {
        let text = text.replacen("teams: [tier1,", "teams: [{path: tier1, title: First}, ", 1);
        format!("catalog: {{version: 1.0.0, digest: 00}}\n{text}")
    });
    copy("people.yaml", &|text| {
        text.replacen("users:\n", "users:\n  - {id: root, roles: [permesso.administrator]}\n", 1)
    });
    let ask = |user: &str| {
        let path = folder.path().to_str().unwrap();
        permesso(["check", "--example", path, user, "permesso.roles.create", "permesso:x"])
    };
    let may = ask("root");
    assert_eq!(may.code, 0, "{}{}", may.out, may.err);
    assert_eq!(ask("nobody").code, 1);
}

#[test]
fn two_who_look_alike_are_shown() {
    let told = refused("people.yaml", "- {id: ola.nilsen,", "- {id: Pedro.Silva,");
    assert!(told.contains("`Pedro.Silva` looks like `pedro.silva`, which is there too"), "{told}");
    assert!(told.contains("distinct_from: [\"pedro.silva\"]"), "{told}");
    assert!(told.contains("DIR/people.yaml:24:"), "{told}");
}
