//! The description of the API, and that it is one with what is served.

use super::support::Server;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

fn document(server: &Server) -> Value {
    serde_json::from_slice(server.admin.document()).unwrap()
}

fn filled(path: &str) -> String {
    let path = path.strip_prefix("/admin/v1").unwrap();
    path.replace("{tenant}", "acme")
        .replace("{revision}", "1")
        .replace("{product}", "atender")
        .replace("{id}", "nothing")
        .replace("{name}", "nothing")
}

#[tokio::test]
async fn every_path_of_the_document_is_served_with_its_methods_and_no_others() {
    let server = Server::acme().await;
    let document = document(&server);
    for (path, operations) in document["paths"].as_object().unwrap() {
        let described: BTreeSet<String> =
            operations.as_object().unwrap().keys().map(|it| it.to_uppercase()).collect();
        for method in METHODS.map(str::to_uppercase) {
            let asked: Method = method.parse().unwrap();
            // Asked by nobody, so that nothing is done.
            let said = server.ask("", asked, &filled(path)).send().await;
            let code = said.body["code"].as_str();
            assert_ne!(code, Some("no-endpoint"), "{method} {path}");
            assert_eq!(said.status == 405, !described.contains(&method), "{method} {path}");
            if said.status == 405 {
                let allow = said.header("allow").split(", ").map(str::to_owned);
                assert_eq!(allow.collect::<BTreeSet<_>>(), described, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_list_is_taken_for_no_body_of_any_endpoint() {
    let server = Server::acme().await;
    let document = document(&server);
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["requestBody"]["content"]["application/json"].is_null() {
                continue;
            }
            asked += 1;
            let (method, path): (Method, _) =
                (method.to_uppercase().parse().unwrap(), filled(path));
            for list in ["[]", "[\"nothing\"]", "[[]]", "[{}]"] {
                let ask = server.ask(&server.root, method.clone(), &path).header("if-match", "*");
                let ask = if method == Method::POST {
                    server.ask(&server.root, method.clone(), &path)
                } else {
                    ask
                };
                let said = ask.text("application/json", list).send().await;
                assert!((400..500).contains(&said.status), "{method} {path} {list}: {}", said.text);
            }
        }
    }
    assert!(asked > 20, "{asked}");
}

#[tokio::test]
async fn whatever_is_asked_of_every_endpoint_the_answer_is_as_described() {
    let server = Server::acme().await;
    let document = document(&server);
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let (method, path): (Method, _) =
                (method.to_uppercase().parse().unwrap(), filled(path));
            let ask = || server.ask(&server.root, method.clone(), &path);
            if method != Method::DELETE || path != "/tenants/acme" {
                ask().send().await;
                ask().header("if-match", "*").text("application/json", "{}").send().await;
                for text in
                    ["{}", "[", "tenant: acme\nproduct: none", "tenant: acme\nproduct: cloze"]
                {
                    ask().if_match("*").text("application/yaml", text).send().await;
                }
            }
            ask().header("if-match", "\"7\"").text("application/json", "[]").send().await;
            ask().header("if-none-match", "*").text("application/json", "null").send().await;
            ask().header("if-match", "7").text("application/json", "{").send().await;
            ask().text("application/xml", "<a/>").send().await;
            let odd = |id: &str| path.replace("nothing", id).replace("acme", id);
            for id in ["%20", "%00", "%0A", "..%2F..", "%F0%9F%A6%80", &"x".repeat(300)] {
                let ask = server.ask(&server.root, method.clone(), &odd(id));
                ask.if_match("*").text("application/json", "{}").send().await;
            }
            asked += 1;
        }
    }
    assert!(asked > 80, "{asked}");
}

#[tokio::test]
async fn the_document_holds_together() {
    let server = Server::acme().await;
    let document = document(&server);
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is referred to and not there");
    }
    assert!(!text.contains("$defs") && !text.contains("#/definitions"));
    let mut names = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            let named = |it: &&Value| it["in"] == "path";
            let params = operation["parameters"].as_array().unwrap().iter().filter(named).count();
            assert_eq!(params, path.matches('{').count(), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["content"].is_object(), "{method} {path} {status}");
                let problem = response["content"].get("application/problem+json").is_some();
                assert_eq!(problem, status.as_str() >= "400", "{method} {path} {status}");
            }
        }
    }
}
