//! One server, many tenants: whose request it is, and that nobody gets another's answer.

use super::support::{Reply, Served, request, tenant};

fn asked(served: &Served, path: &str, context: &str) -> Reply {
    let body = request("ann", "records.edit");
    served.post(path, format!(r#"{{"context":{context},{}"#, &body[1..]))
}

fn outcome(served: &Served, path: &str, context: &str) -> (bool, String) {
    let reply = asked(served, path, context);
    (reply.decisions()[0], reply.reason())
}

const BARE: &str = "/access/v1/evaluation";

fn granted() -> (bool, String) {
    (true, "granted".to_owned())
}

fn denied(code: &str) -> (bool, String) {
    (false, code.to_owned())
}

#[test]
fn the_only_tenant_needs_no_name() {
    let served = Served::start();
    assert_eq!(outcome(&served, BARE, "{}"), granted());
    assert_eq!(outcome(&served, BARE, r#"{"tenant":null}"#), granted());
    assert_eq!(outcome(&served, BARE, r#"{"tenant":"acme"}"#), granted());
    assert_eq!(outcome(&served, BARE, r#"{"tenant":"beta"}"#), denied("unknown-tenant"));
}

#[test]
fn among_several_the_context_names_the_tenant() {
    let served = Served::with(&["acme", "beta"], |_| {});
    assert_eq!(outcome(&served, BARE, "{}"), denied("unknown-tenant"));
    assert_eq!(outcome(&served, BARE, r#"{"tenant":"beta"}"#), granted());
    assert_eq!(outcome(&served, BARE, r#"{"tenant":"gamma"}"#), denied("unknown-tenant"));
    assert_eq!(outcome(&served, BARE, r#"{"tenant":["beta"]}"#), denied("unknown-tenant"));
    assert_eq!(outcome(&served, BARE, r#"{"tenant":7}"#), denied("unknown-tenant"));
}

#[test]
fn a_tenant_that_comes_or_goes_is_noticed_at_once() {
    let served = Served::start();
    served.authorizer.install(tenant("beta", 1, &served.probe));
    assert_eq!(outcome(&served, BARE, "{}"), denied("unknown-tenant"));
    served.authorizer.remove("acme");
    assert_eq!(asked(&served, BARE, "{}").json()["context"]["revision"], 1);
    served.authorizer.remove("beta");
    assert_eq!(outcome(&served, BARE, "{}"), denied("unknown-tenant"));
}

#[test]
fn the_path_names_the_tenant_and_the_context_may_not_contradict() {
    let served = Served::with(&["acme", "beta"], |_| {});
    let path = "/beta/access/v1/evaluation";
    assert_eq!(outcome(&served, path, "{}"), granted());
    assert_eq!(outcome(&served, path, r#"{"tenant":"beta"}"#), granted());
    assert_eq!(outcome(&served, path, r#"{"tenant":null}"#), granted());
    assert_eq!(outcome(&served, path, r#"{"tenant":"acme"}"#), denied("tenant-mismatch"));
    assert_eq!(outcome(&served, path, r#"{"tenant":1}"#), denied("tenant-mismatch"));
    let path = "/gamma/access/v1/evaluation";
    assert_eq!(outcome(&served, path, "{}"), denied("unknown-tenant"));
}

#[test]
fn a_batch_below_a_tenant_keeps_to_it() {
    let served = Served::with(&["acme", "beta"], |_| {});
    let good = request("ann", "records.edit");
    let other = format!(r#"{{"context":{{"tenant":"acme"}},{}"#, &good[1..]);
    let reply = served
        .post("/beta/access/v1/evaluations", format!(r#"{{"evaluations":[{good},{other}]}}"#));
    assert_eq!(reply.decisions(), [true, false]);
}

#[test]
fn a_batch_may_ask_about_several_tenants_in_any_order() {
    let served = Served::with(&["acme", "beta"], |_| {});
    served.authorizer.install(tenant("beta", 9, &served.probe));
    let items: Vec<String> = ["beta", "acme", "gamma", "beta", "acme"]
        .iter()
        .map(|tenant| {
            let body = request("ann", "records.edit");
            format!(r#"{{"context":{{"tenant":"{tenant}"}},{}"#, &body[1..])
        })
        .collect();
    let reply = served.evaluations(format!(r#"{{"evaluations":[{}]}}"#, items.join(",")));
    assert_eq!(reply.decisions(), [true, true, false, true, true]);
    let answers = reply.json();
    let revisions: Vec<_> = answers["evaluations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["context"]["revision"].as_u64().unwrap())
        .collect();
    assert_eq!(revisions, [9, 7, 0, 9, 7]);
}

#[test]
fn a_tenant_may_be_called_anything_that_can_be_encoded() {
    let served = Served::with(&["a b/ü", "acme"], |_| {});
    assert_eq!(outcome(&served, "/a%20b%2F%C3%BC/access/v1/evaluation", "{}"), granted());
    let reply = asked(&served, "/%ff/access/v1/evaluation", "{}");
    assert!(reply.refusal(400).contains("percent-encode"));
}

#[test]
fn a_subject_of_another_type_does_not_reveal_more() {
    let served = Served::with(&["acme", "beta"], |_| {});
    let robot = request("ann", "records.edit").replace("\"user\"", "\"robot\"");
    let reply = served.post("/gamma/access/v1/evaluation", &robot);
    assert_eq!(reply.reason(), "unknown-tenant");
    let reply = served.post("/beta/access/v1/evaluation", &robot);
    assert_eq!(reply.reason(), "unknown-subject-type");
}
