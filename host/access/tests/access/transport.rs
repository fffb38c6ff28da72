//! What surrounds a question: methods, headers, sizes, times, and what the server says of itself.

use super::support::{Served, read, request, write};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

const JSON: &str = "content-type: application/json\r\n";
const PATHS: [&str; 4] = [
    "/access/v1/evaluation",
    "/access/v1/evaluations",
    "/acme/access/v1/evaluation",
    "/acme/access/v1/evaluations",
];

#[test]
fn only_json_is_taken() {
    let served = Served::start();
    let body = request("ann", "records.edit");
    let sent = |headers: &str| served.send("POST", PATHS[0], headers, body.as_bytes());
    for good in
        ["application/json", "application/json; charset=utf-8", "Application/Json;charset=UTF-8"]
    {
        assert_eq!(sent(&format!("content-type: {good}\r\n")).decisions(), [true]);
    }
    for bad in [
        "",
        "content-type: text/plain\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: application/json; charset=latin-1\r\n",
        "content-type: application/json\r\ncontent-type: text/plain\r\n",
    ] {
        let message = sent(bad).refusal(400);
        assert!(message.contains("send `Content-Type: application/json`"), "{message}");
    }
}

#[test]
fn questions_are_posted() {
    let served = Served::start();
    for path in PATHS {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
            let reply = served.send(method, path, JSON, b"");
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), Some("POST"));
        }
    }
    let message = served.get(PATHS[0]).refusal(405);
    assert_eq!(message, "this endpoint is not asked in that way: use POST");
    for path in ["/livez", "/readyz", "/.well-known/authzen-configuration"] {
        let reply = served.post(path, "{}");
        assert_eq!(reply.status, 405);
        assert_eq!(reply.header("allow"), Some("GET, HEAD"));
    }
}

#[test]
fn a_path_that_leads_nowhere_says_where_to_go() {
    let served = Served::start();
    for path in ["/", "/access/v1/evaluation/", "/access/v2/evaluation", "//access/v1/evaluation"] {
        let message = served.post(path, request("ann", "records.edit")).refusal(404);
        assert!(message.contains("POST to `/access/v1/evaluation`"), "{message}");
    }
}

#[test]
fn a_request_id_comes_back_on_every_answer() {
    let served = Served::with(&["acme"], |config| config.limits.body_bytes = 1000);
    served.readiness.set(true);
    let headers = format!("{JSON}X-Request-ID: abc-123~{{}}\r\n");
    let body = request("ann", "records.edit");
    let large = vec![b' '; 1001];
    for (method, path, body, status) in [
        ("POST", "/access/v1/evaluation", body.as_bytes(), 200),
        ("POST", "/acme/access/v1/evaluations", body.as_bytes(), 200),
        ("POST", "/access/v1/evaluation", b"{}", 400),
        ("POST", "/access/v1/evaluation", b"", 400),
        ("POST", "/access/v1/evaluation", &large, 400),
        ("POST", "/nowhere", b"", 404),
        ("GET", "/access/v1/evaluation", b"", 405),
        ("GET", "/.well-known/authzen-configuration", b"", 200),
        ("GET", "/.well-known/authzen-configuration/nobody", b"", 404),
        ("GET", "/livez", b"", 200),
        ("GET", "/readyz", b"", 200),
    ] {
        let reply = served.send(method, path, &headers, body);
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("x-request-id"), Some("abc-123~{}"), "{method} {path}");
    }
    let without = served.evaluate(&body);
    assert_eq!(without.header("x-request-id"), None);
}

#[test]
fn a_request_id_that_could_do_harm_is_refused_and_not_repeated() {
    let served = Served::start();
    let body = request("ann", "records.edit");
    let sent = |id: &str| {
        let headers = format!("{JSON}x-request-id: {id}\r\n");
        served.send("POST", PATHS[0], &headers, body.as_bytes())
    };
    assert_eq!(sent(&"x".repeat(128)).decisions(), [true]);
    for bad in ["", "two words", "é", "tab\tbed", &"x".repeat(129), "a\r\nx-request-id: b"] {
        let reply = sent(bad);
        let message = reply.refusal(400);
        assert!(message.contains("`X-Request-ID` is not usable: send it once"), "{message}");
        assert_eq!(reply.header("x-request-id"), None);
    }
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_is_sent() {
    let served = Served::with(&["acme"], |config| config.limits.body_bytes = 1000);
    let padded = |length: usize| {
        let body = request("ann", "records.edit");
        let padding = " ".repeat(length - body.len());
        format!("{body}{padding}")
    };
    let chunked = |body: &str| {
        let chunks: Vec<String> = body
            .as_bytes()
            .chunks(300)
            .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), str::from_utf8(chunk).unwrap()))
            .collect();
        let headers = format!("{JSON}transfer-encoding: chunked\r\n");
        served.send("POST", PATHS[0], &headers, format!("{}0\r\n\r\n", chunks.concat()).as_bytes())
    };
    assert_eq!(served.evaluate(padded(1000)).decisions(), [true]);
    assert_eq!(chunked(&padded(1000)).decisions(), [true]);
    for reply in [
        served.evaluate(padded(1001)),
        chunked(&padded(1001)),
        served.evaluate(padded(7000)),
        chunked(&padded(7000)),
    ] {
        let message = reply.refusal(400);
        assert!(message.contains("send at most 1000 bytes"), "{message}");
    }
}

#[test]
fn a_large_body_in_many_pieces_is_put_together() {
    let served = Served::start();
    let body = request("ann", "records.edit");
    let note = "x".repeat(500_000);
    let body = format!(r#"{{"_note":"{note}",{}"#, &body[1..]);
    assert_eq!(served.evaluate(body).decisions(), [true]);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let served = Served::with(&["acme"], |config| {
        config.limits.request_time = Duration::from_millis(200);
    });
    for start in ["", "{\"subject\""] {
        let begun = Instant::now();
        let mut stream = served.connect();
        write(
            &mut stream,
            "POST",
            PATHS[0],
            &format!("{JSON}content-length: 300\r\n"),
            start.as_bytes(),
        );
        let reply = read(&mut stream);
        assert!(reply.refusal(408).contains("send it in one go"));
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0, "the connection is closed");
    }
}

#[test]
fn a_body_may_come_in_its_own_time() {
    let served = Served::start();
    let body = request("ann", "records.edit");
    let mut stream = served.connect();
    let headers = format!("{JSON}content-length: {}\r\n", body.len());
    write(&mut stream, "POST", PATHS[0], &headers, b"");
    for piece in body.as_bytes().chunks(40) {
        std::thread::sleep(Duration::from_millis(20));
        stream.write_all(piece).unwrap();
    }
    assert_eq!(read(&mut stream).decisions(), [true]);
}

#[test]
fn requests_beyond_the_limit_are_told_to_come_back() {
    let served = Served::with(&["acme"], |config| config.limits.requests_in_flight = 2);
    let body = request("ann", "records.edit");
    let headers = format!("{JSON}content-length: {}\r\n", body.len());
    let mut waiting: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = served.connect();
            write(&mut stream, "POST", PATHS[0], &headers, b"");
            stream
        })
        .collect();
    let headers = format!("{JSON}x-request-id: seven\r\n");
    let busy = retry(|| {
        let reply = served.send("POST", PATHS[0], &headers, body.as_bytes());
        (reply.status == 503).then_some(reply)
    });
    assert!(busy.refusal(503).contains("try again"));
    assert_eq!(busy.header("retry-after"), Some("1"));
    assert_eq!(busy.header("x-request-id"), Some("seven"));
    assert_eq!(served.get("/livez").status, 200, "health is answered all the same");
    for stream in &mut waiting {
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(read(stream).decisions(), [true]);
    }
    assert_eq!(served.evaluate(&body).decisions(), [true]);
}

fn retry<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "it never happened");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_panic_is_an_error_of_one_request() {
    let served = Served::start();
    let mut stream = served.connect();
    let bad = r#"{"context":{"mode":"panic"},"subject":{"type":"user","id":"bob"},
                  "action":{"name":"scored.view"},"resource":{"type":"lead","id":"1"}}"#;
    let headers = format!("{JSON}x-request-id: p\r\n");
    write(&mut stream, "POST", PATHS[0], &headers, bad.as_bytes());
    let reply = read(&mut stream);
    assert!(reply.refusal(500).contains("its log says more"));
    assert!(!reply.body.contains("as it was told"));
    assert_eq!(reply.header("x-request-id"), Some("p"));
    let good = request("ann", "records.edit");
    write(&mut stream, "POST", PATHS[0], JSON, good.as_bytes());
    assert_eq!(read(&mut stream).decisions(), [true], "the connection goes on");
    for _ in 0..600 {
        served.send("POST", PATHS[0], JSON, bad.as_bytes()).refusal(500);
    }
    assert_eq!(served.evaluate(good).decisions(), [true], "no room was lost");
}

#[test]
fn one_connection_serves_many_requests() {
    let served = Served::start();
    let mut stream = served.connect();
    let body = request("ann", "records.edit");
    for _ in 0..3 {
        write(&mut stream, "POST", PATHS[0], JSON, body.as_bytes());
        assert_eq!(read(&mut stream).decisions(), [true]);
        write(&mut stream, "POST", PATHS[0], JSON, b"{}");
        read(&mut stream).refusal(400);
    }
    write(&mut stream, "POST", PATHS[0], JSON, body.as_bytes());
    write(&mut stream, "POST", PATHS[0], JSON, body.as_bytes());
    assert_eq!(read(&mut stream).decisions(), [true]);
    assert_eq!(read(&mut stream).decisions(), [true]);
}

#[test]
fn the_metadata_come_from_the_configuration_and_not_from_the_request() {
    let served = Served::with(&["acme", "a b"], |config| {
        config.public_url = Some("https://pdp.example.com".to_owned());
        config.metadata_max_age = Duration::from_secs(60);
    });
    let reply = served.get("/.well-known/authzen-configuration");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("max-age=60"));
    assert_eq!(
        reply.json(),
        serde_json::json!({
            "policy_decision_point": "https://pdp.example.com",
            "access_evaluation_endpoint": "https://pdp.example.com/access/v1/evaluation",
            "access_evaluations_endpoint": "https://pdp.example.com/access/v1/evaluations",
        })
    );
    let reply = served.get("/.well-known/authzen-configuration/a%20b");
    assert_eq!(reply.header("cache-control"), Some("max-age=60"));
    assert_eq!(
        reply.json(),
        serde_json::json!({
            "policy_decision_point": "https://pdp.example.com/a%20b",
            "access_evaluation_endpoint": "https://pdp.example.com/a%20b/access/v1/evaluation",
            "access_evaluations_endpoint": "https://pdp.example.com/a%20b/access/v1/evaluations",
        })
    );
    served.get("/.well-known/authzen-configuration/nobody").refusal(404);
}

#[test]
fn without_a_public_url_the_metadata_serve_development() {
    let served = Served::start();
    let address = format!("http://127.0.0.1:{}", served.address.port());
    let reply = served.get("/.well-known/authzen-configuration");
    assert_eq!(reply.json()["policy_decision_point"], address);
    assert_eq!(reply.header("cache-control"), Some("max-age=3600"));
}

#[test]
fn it_lives_at_once_and_is_ready_when_it_is_told_so() {
    let served = Served::start();
    assert_eq!(served.get("/livez").body, "\"live\"");
    assert!(served.get("/readyz").refusal(503).contains("try again"));
    served.readiness.set(true);
    assert_eq!(served.get("/readyz").status, 200);
    let mut stream = served.connect();
    write(&mut stream, "HEAD", "/livez", "connection: close\r\n", b"");
    let mut head = String::new();
    stream.read_to_string(&mut head).unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
}
