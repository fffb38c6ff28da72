//! The same on a running server, by its administration API: with the checks of every other
//! caller, and in the name of whoever the token is of.

use super::roles::Wanted;
use crate::{Failure, print_pretty};
use permesso_engine::model::User;
use reqwest::{Client, Method, RequestBuilder, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);
/// More of an answer is not read.
const LONGEST: usize = 16 << 20;

/// A user as the API shows them.
#[derive(Deserialize)]
struct Shown {
    revision: u64,
    document: User,
}

/// Assigns the role.
pub(super) async fn assign(
    server: &str,
    tenant: &str,
    user: &str,
    wanted: &Wanted,
    dry_run: bool,
) -> Result<(), Failure> {
    let server = Server::at(server)?;
    let place = server.place(&["tenants", tenant, "users", user])?;
    let shown = server.answer(server.ask(Method::GET, place)).await?;
    let shown: Shown = serde_json::from_value(shown)
        .map_err(|error| Failure(format!("error: the server answered something else: {error}")))?;
    let Some(edit) = wanted.edit(&shown.document)? else {
        println!("nothing changes: `{user}` holds it so");
        return Ok(());
    };
    let mut place = server.place(&["tenants", tenant, "users", user, "roles"])?;
    if dry_run {
        place.set_query(Some("dry_run=true"));
    }
    let body = json!({"roles": edit.roles}).to_string();
    let request = server
        .ask(Method::PUT, place)
        // What was worked out from the roles as they are is not written over others.
        .header("if-match", format!("\"{}\"", shown.revision))
        .header("content-type", "application/json")
        .body(body);
    let answer = server.answer(request).await?;
    if dry_run {
        return told(&answer);
    }
    let revision = answer.get("revision").and_then(Value::as_u64).unwrap_or(0);
    println!("{}, with revision {revision}", edit.told(user));
    Ok(())
}

/// What it would open and close, as far as the caller may see it.
fn told(answer: &Value) -> Result<(), Failure> {
    let impact = answer.get("impact").cloned().unwrap_or_default();
    let users = impact.get("users").and_then(Value::as_array);
    for user in users.into_iter().flatten() {
        let text = |of: &Value, name: &str| {
            of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        println!("{}", text(user, "user"));
        for right in user.get("rights").and_then(Value::as_array).into_iter().flatten() {
            let permission = text(right, "permission");
            let restricts = right.get("restricts").and_then(Value::as_bool).unwrap_or(false);
            let line = match (text(right, "shift").as_str(), restricts) {
                ("gained", false) => format!("+ gains {permission}"),
                ("widened", false) => format!("+ holds {permission} further"),
                ("narrowed", false) => format!("- holds {permission} less far"),
                ("lost", false) => format!("- loses {permission}"),
                ("gained", true) => format!("- is restricted by {permission}"),
                ("lost", true) => format!("+ is no longer restricted by {permission}"),
                _ => format!("± holds {permission} otherwise"),
            };
            println!("  {line}");
        }
    }
    let totals = |name: &str| impact.pointer(&format!("/totals/{name}")).and_then(Value::as_u64);
    let (losing, gaining) = (totals("losing").unwrap_or(0), totals("gaining").unwrap_or(0));
    println!("{losing} lose something, {gaining} gain something");
    // What is to be thought about besides is told as the server tells it.
    let more = ["warnings", "rules", "exposed", "follows"].into_iter().filter_map(|name| {
        let told = impact.get(name)?.as_array().filter(|told| !told.is_empty())?;
        Some((name.to_owned(), Value::Array(told.clone())))
    });
    let more: Map<String, Value> = more.collect();
    match more.is_empty() {
        true => Ok(()),
        false => print_pretty(&more),
    }
}

/// A server, and who asks it.
struct Server {
    url: Url,
    client: Client,
    token: String,
}

impl Server {
    fn at(url: &str) -> Result<Self, Failure> {
        let said = |text: String| Failure(format!("error: {text}"));
        let parsed = Url::parse(url).map_err(|error| {
            said(format!(
                "`{url}` is no address: {error}; write https://HOST or http://127.0.0.1:PORT"
            ))
        })?;
        let loopback = match parsed.host_str() {
            Some("localhost") => true,
            Some(host) => {
                let host = host.trim_matches(['[', ']']);
                host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            None => false,
        };
        // Whoever listens on the way would have the token.
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && loopback) {
            return Err(said(format!("`{url}` is of another machine; write https://")));
        }
        let token = std::env::var("PERMESSO_TOKEN").ok().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| {
            said("put the token of a key, or of yourself, into $PERMESSO_TOKEN".to_owned())
        })?;
        // Already set where another client was made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("permesso/", env!("CARGO_PKG_VERSION")));
        if loopback {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| said(error.to_string()))?;
        Ok(Self { url: parsed, client, token })
    }

    /// A part of the administration API.
    fn place(&self, parts: &[&str]) -> Result<Url, Failure> {
        let mut place = self.url.clone();
        let no_paths = || Failure(format!("error: `{}` has no paths", self.url));
        place
            .path_segments_mut()
            .map_err(|()| no_paths())?
            .pop_if_empty()
            .extend(["admin", "v1"])
            .extend(parts);
        Ok(place)
    }

    fn ask(&self, method: Method, place: Url) -> RequestBuilder {
        let request = self.client.request(method, place);
        request.header("authorization", format!("Bearer {}", self.token))
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let failed = |error: reqwest::Error| {
            let host = self.url.host_str().unwrap_or_default();
            Failure(format!("error: cannot ask `{host}`: {}", error.without_url()))
        };
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                return Err(Failure("error: the server answers too much".to_owned()));
            }
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let told = text("detail").or_else(|| text("title")).unwrap_or("it says no more");
        let mut told = format!("error: the server refuses it ({}): {told}", status.as_u16());
        for found in answer.get("diagnostics").and_then(Value::as_array).into_iter().flatten() {
            let said = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
            told.push_str(&format!("\n  {}: {}", said("field"), said("message")));
            if !said("help").is_empty() {
                told.push_str(&format!("\n    help: {}", said("help")));
            }
        }
        Err(Failure(told))
    }
}
