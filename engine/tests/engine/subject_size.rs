//! How much memory a user takes who is kept, in a process of its own so that nothing else is
//! measured with it.

use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::directory::{Loaded, StoredUser, Subjects};
use permesso_engine::load;
use permesso_engine::model::User;
use std::process::Command;
use std::sync::Arc;

const USERS: usize = 1_000_000;
const CATALOG: &str = "{product: large, version: 1.0.0, categories: []}";
const BOUND: f64 = 300.0;

/// This test, as it is called in this program.
const NAME: &str = "subject_size::a_user_with_two_roles_and_a_team_takes_at_most_300_bytes";
/// Set in the process that measures.
const ALONE: &str = "PERMESSO_MEASURED_ALONE";

/// What the process has in memory, in bytes.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096.0
}

/// A user with an id as long as they come, one or two roles and a team.
fn user(n: usize) -> User {
    let role = |n: usize| format!("role_{}", n % 40).into();
    User {
        id: format!("{n:08x}-7c1e-4b0a-9f3d-2b7a91c40e55").into(),
        roles: if n.is_multiple_of(2) { vec![role(n)] } else { vec![role(n), role(n / 40)] },
        teams: vec![format!("region/{}/office/{}", n % 10, n % 100).into()],
        ..User::default()
    }
}

#[test]
fn a_user_with_two_roles_and_a_team_takes_at_most_300_bytes() {
    if std::env::var_os(ALONE).is_some() {
        return measure();
    }
    let mut program = Command::new(std::env::current_exe().unwrap());
    let measured = program.args(["--exact", NAME, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&measured.stdout).into_owned(),
        String::from_utf8_lossy(&measured.stderr).into_owned(),
    );
    assert!(measured.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "`{NAME}` is called otherwise: {out}");
    let figure = out.lines().find(|line| line.contains("bytes each"));
    println!("{}", figure.unwrap());
}

fn measure() {
    let roles: Vec<String> = (0..40).map(|n| format!("{{id: role_{n}}}")).collect();
    let tenant = format!("{{tenant: acme, product: large, roles: [{}]}}", roles.join(", "));
    let room: usize = std::env::var("ROOM").map_or(USERS * 3 / 4, |it| it.parse().unwrap());
    {
        let subjects = Arc::new(Subjects::new(room));
        let compiled = compile(&Definition {
            catalog: &compile::catalog(Arc::new(load::catalog("c", CATALOG).unwrap())),
            tenant: &Arc::new(load::tenant("t", &tenant).unwrap()),
            families: &FamilySet::new(),
            revision: 1,
            lenient: false,
            before: None,
            people: PeopleFrom::Subjects(&subjects),
        })
        .unwrap();
        let before = resident();
        for first in (0..USERS).step_by(1_000) {
            let users = (first..first + 1_000).map(user);
            let records = users.map(|user| StoredUser { user, delegations: Vec::new() });
            let loaded = records.map(|record| Loaded::User(Box::new(record))).collect();
            subjects.admit(&compiled, 1, loaded);
        }
        let kept = subjects.len();
        let each = (resident() - before) / kept as f64;
        println!("{kept} users at {each:.0} bytes each");
        assert!(kept == room.min(USERS) || kept > room * 9 / 10, "{kept}");
        assert!(each <= BOUND, "{each:.0} bytes a user");
    }
}
