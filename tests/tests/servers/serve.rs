//! The server as its own process.

use permesso_tests::{Client, PRODUCTS, Server, example, permesso, turn};
use serde_json::json;

fn everything() -> Server {
    Server::start(PRODUCTS.iter().flat_map(|product| ["--example".into(), example(product)]))
}

#[test]
fn one_server_serves_the_tenants_of_several_products() {
    let _turn = turn(module_path!());
    let server = everything();
    let mut client = Client::connect(server.address).unwrap();
    assert_eq!(client.get("/livez").unwrap().status, 200);
    assert_eq!(client.get("/readyz").unwrap().status, 200);
    let question = json!({
        "subject": {"type": "user", "id": "nobody-we-know"},
        "action": {"name": "conversations.reply"},
        "resource": {"type": "conversation", "id": "1"},
    })
    .to_string();
    // Nobody said whose tenant it is, and there is more than one.
    let answer = client.post("/access/v1/evaluation", &question).unwrap();
    assert_eq!((answer.status, &answer.json()["decision"]), (200, &json!(false)));
    assert_eq!(answer.json()["context"]["reason"]["code"], "unknown-tenant");
}

#[test]
fn it_binds_to_loopback_unless_told_what_that_risks() {
    let _turn = turn(module_path!());
    let folder = example("atender");
    let output =
        permesso(["serve", "--example", folder.to_str().unwrap(), "--listen", "0.0.0.0:0"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("--allow-unauthenticated-remote"), "{}", output.err);
}

#[test]
fn a_signal_stops_it_without_an_error() {
    let _turn = turn(module_path!());
    let server = everything();
    let mut client = Client::connect(server.address).unwrap();
    assert_eq!(client.get("/readyz").unwrap().status, 200);
    server.terminate();
    let (status, rest) = server.wait();
    assert!(status.success(), "{status}");
    assert_eq!(rest, "stopped\n");
}
