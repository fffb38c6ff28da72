//! The three limits of a support desk, each one line: by YAML, by the API, and on the command line.

use permesso_tests::{Client, Server, Stored, turn};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A limit: what is written, and a record that lies within it and one that does not. Where the
/// clock decides, the limit does not hold for the second.
struct Limit {
    /// As one line of YAML and as JSON.
    holds: Value,
    misses: Value,
    /// On the command line.
    args: Vec<String>,
    args_missing: Vec<String>,
}

fn args(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

/// One team, until a date, some hours of the day.
fn limits() -> Vec<Limit> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let hour = |by: u64| (seconds / 3600 + by) % 24;
    let hours = |from: u64, to: u64| format!("hour_in(now, {from}, {to}, \"UTC\")");
    let (now, later) = (hours(hour(23), hour(2)), hours(hour(6), hour(9)));
    vec![
        Limit {
            holds: json!({"role": "reader", "teams": ["tier1"]}),
            misses: json!({"role": "reader", "teams": ["tier2"]}),
            args: args(&["--team", "tier1"]),
            args_missing: args(&["--team", "tier2"]),
        },
        Limit {
            holds: json!({"role": "reader", "valid_until": "2999-12-31"}),
            misses: json!({"role": "reader", "valid_until": "2020-12-31"}),
            args: args(&["--until", "2999-12-31"]),
            args_missing: args(&["--until", "2020-12-31"]),
        },
        Limit {
            holds: json!({"role": "reader", "condition": now}),
            misses: json!({"role": "reader", "condition": later}),
            args: args(&["--condition", &now]),
            args_missing: args(&["--condition", &later]),
        },
    ]
}

/// Asks until it is answered so: a server follows what is written beside it.
fn comes_to(client: &mut Client, wanted: bool) {
    let question = json!({
        "subject": {"type": "user", "id": "bob"},
        "action": {"name": "tickets.read"},
        "resource": {"type": "ticket", "id": "t", "properties": {"team": "tier1"}},
    });
    let begun = Instant::now();
    loop {
        let answer = client.send("POST", "/acme/access/v1/evaluation", &[], Some(&question));
        let answer = answer.unwrap().json();
        if answer["decision"] == json!(wanted) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn by_yaml(stored: &Stored, held: &[&Value]) {
    let roles: Vec<String> = held.iter().map(ToString::to_string).collect();
    let text = format!(
        "tenant: acme\nproduct: desk\nusers:\n  - {{id: ann, roles: [owner]}}\n  - {{id: bob, roles: [{}]}}\n",
        roles.join(", ")
    );
    let path = stored.folder().join("edited.yaml");
    fs::write(&path, text).unwrap();
    stored.permesso(&["apply", "--tenant", "acme", path.to_str().unwrap()]);
}

fn by_api(client: &mut Client, held: &[&Value]) {
    let body = json!({"roles": held});
    let said = client.send("PUT", "/admin/v1/tenants/acme/users/bob/roles", &[], Some(&body));
    assert_eq!(said.unwrap().status, 200);
}

/// On the command line, in the store or on the running server.
fn command(stored: &Stored, server: Option<&Server>, limits: &[String], more: &[&str]) -> Command {
    let mut command = stored.command(&["assign", "--tenant", "acme", "bob", "reader"]);
    command.args(limits).args(more);
    if let Some(server) = server {
        command.arg("--server").arg(format!("http://{}", server.address));
        command.env("PERMESSO_TOKEN", &stored.token);
    }
    command
}

fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{err}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_three_limits_of_a_support_desk_are_one_line_by_yaml_by_api_and_on_the_command_line() {
    let _turn = turn(module_path!());
    let stored = Stored::sqlite();
    let server = stored.serve(&[]);
    let mut client = stored.client(&server);
    comes_to(&mut client, true);
    for limit in limits() {
        // By YAML.
        by_yaml(&stored, &[]);
        comes_to(&mut client, false);
        by_yaml(&stored, &[&limit.holds]);
        comes_to(&mut client, true);
        by_yaml(&stored, &[&limit.misses]);
        comes_to(&mut client, false);
        // By the API.
        by_api(&mut client, &[&limit.holds]);
        comes_to(&mut client, true);
        by_api(&mut client, &[&limit.misses]);
        comes_to(&mut client, false);
        // On the command line, on the server and in its store.
        for server in [Some(&server), None] {
            by_api(&mut client, &[]);
            comes_to(&mut client, false);
            let tried = run(command(&stored, server, &limit.args, &["--dry-run"]));
            assert!(tried.contains("+ gains tickets.read"), "{tried}");
            comes_to(&mut client, false);
            run(command(&stored, server, &limit.args, &[]));
            comes_to(&mut client, true);
            let shown = client.send("GET", "/admin/v1/tenants/acme/users/bob", &[], None).unwrap();
            let held = &shown.json()["document"]["roles"][0];
            assert!(
                !held["teams"].is_null()
                    || !held["valid_until"].is_null()
                    || !held["condition"].is_null(),
                "{held}"
            );
            assert!(run(command(&stored, server, &limit.args, &[])).contains("nothing changes"));
            run(command(&stored, server, &limit.args_missing, &["--replace"]));
            comes_to(&mut client, false);
            let lost = run(command(&stored, server, &limit.args_missing, &["--remove"]));
            assert!(lost.contains("no longer"), "{lost}");
        }
    }
}

#[test]
fn what_is_assigned_in_vain_or_to_nobody_is_refused_wherever_it_is_written() {
    let _turn = turn(module_path!());
    let stored = Stored::sqlite();
    let server = stored.serve(&[]);
    for server in [Some(&server), None] {
        let refused = |limits: &[&str], user: &str, role: &str| {
            let mut command = stored.command(&["assign", "--tenant", "acme", user, role]);
            command.args(limits);
            if let Some(server) = server {
                command.arg("--server").arg(format!("http://{}", server.address));
                command.env("PERMESSO_TOKEN", &stored.token);
            }
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(2));
            String::from_utf8_lossy(&output.stderr).into_owned()
        };
        let told = refused(&["--until", "2026-12-31"], "bob", "reader");
        assert!(told.contains("at once") && told.contains("--replace"), "{told}");
        assert!(refused(&["--until", "soon"], "bob", "writer").contains("soon"));
        assert!(refused(&["--remove"], "bob", "writer").contains("does not hold"));
        assert!(refused(&[], "nobody", "writer").contains("nobody"));
        assert!(refused(&[], "bob", "writr").contains("writer"), "a suggestion");
        assert!(
            refused(&["--condition", "has_role(\"writr\")"], "bob", "writer").contains("writer")
        );
        // The last owner stays.
        assert!(refused(&["--remove"], "ann", "owner").contains("owner"));
    }
    let mut elsewhere = stored.command(&["assign", "--tenant", "acme", "bob", "writer"]);
    elsewhere.args(["--server", "http://permesso.example.com"]).env("PERMESSO_TOKEN", "t");
    let output = elsewhere.output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("https://"));
}
