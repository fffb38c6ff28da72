//! Imports of more people than fit into one record, and those whom they do not name.

use super::support::{Desk, acme, operator};
use permesso_node::bundle::{Bundle, Compare, ImportOptions, People, import};
use permesso_store::Which;
use std::fmt::Write as _;
use std::sync::Arc;

const POLICY: &str = "tenant: acme\nproduct: desk\ntags: [vip, old]\nteams: [a, b, c]\nroles:\n  \
                      - {id: agent, grants: [{permission: tickets.read, scope: all}]}\n";

fn bundle(policy: &str, people: &str) -> Arc<Bundle> {
    let people = People::yaml("people.yaml", people);
    Arc::new(Bundle::parse("tenant.yaml", policy).unwrap().with_people(people))
}

fn how(prune: bool, dry_run: bool) -> ImportOptions {
    let how = Compare { prune, ..Compare::default() };
    ImportOptions { how, dry_run, ..ImportOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_many_takes_no_tag_and_no_team_from_under_those_whom_it_does_not_name() {
    let desk = Desk::open().await;
    let come = async |given: &Arc<Bundle>, how: &ImportOptions| {
        import(&desk.node, &acme(), &operator(), given, how, &mut |_, _| {}).await
    };
    let first = "users:\n  - {id: ann, roles: [owner]}\n  - {id: eve, tags: [old]}\n  \
                 - {id: kim, roles: [{role: agent, condition: 'in_team(\"c\")'}]}\n";
    come(&bundle(POLICY, first), &how(true, false)).await.unwrap();

    let mut many = String::from("users:\n  - {id: ann, roles: [owner]}\n");
    for n in 0..3_000 {
        writeln!(many, "  - {{id: u{n}, roles: [agent], teams: [a]}}").unwrap();
    }
    for (was, is, whose) in [("[vip, old]", "[vip]", "`eve`"), ("[a, b, c]", "[a, b]", "`kim`")] {
        let given = bundle(&POLICY.replace(was, is), &many);
        let refused = come(&given, &how(false, false)).await.unwrap_err().to_string();
        assert!(refused.contains(whose), "{refused}");
        // Where all others go, nobody is left whom it could be taken from.
        come(&given, &how(true, true)).await.unwrap();
    }
    let users = desk.node.store().page(&acme(), Which::All("user"), "", 1_000).await.unwrap();
    assert_eq!(users.len(), 3, "what was refused changed nothing");
    come(&bundle(POLICY, &many), &how(false, false)).await.unwrap();
}
