//! Where it listens, what it refuses to be set up as, and how it stops.

use super::support::{Served, bind, read, request, write};
use permesso_access::{ServeError, ServerConfig};
use permesso_front::ListenError;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const JSON: &str = "content-type: application/json\r\n";
const PATH: &str = "/access/v1/evaluation";
const SLOW: &str = r#"{"context":{"mode":"slow"},"subject":{"type":"user","id":"bob"},
                       "action":{"name":"scored.view"},"resource":{"type":"lead","id":"1"}}"#;

#[test]
fn it_does_not_listen_to_strangers_unless_it_is_told_to() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let error = bind(|config| config.listen = address.parse().unwrap()).unwrap_err();
        assert!(matches!(error, ServeError::Listen(ListenError::NotLoopback(_))));
        assert_eq!(
            error.to_string(),
            format!(
                "refusing to listen on `{address}`: callers are not authenticated, so whoever \
                 reaches this address learns who may do what in every tenant; listen on a \
                 loopback address behind a proxy that authenticates callers and speaks TLS, or \
                 set `allow_unauthenticated_remote` if the network itself keeps strangers out"
            )
        );
    }
    let bound = bind(|config| {
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.allow_unauthenticated_remote = true;
    });
    assert!(bound.is_ok());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let served = Served::start();
    let error = bind(|config| config.listen = served.address).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot listen on `{}`: ", served.address)));
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let error = bind(|config| config.batch_items = 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`batch_items` is 0, which would refuse every request; set it to at least 1"
    );
    let changes: [fn(&mut ServerConfig); 5] = [
        |config| config.limits.body_bytes = 0,
        |config| config.limits.requests_in_flight = 0,
        |config| config.limits.request_time = Duration::ZERO,
        |config| config.limits.connections = 0,
        |config| config.limits.idle = Duration::ZERO,
    ];
    for change in changes {
        assert!(matches!(bind(change), Err(ServeError::Listen(ListenError::Limit(_)))));
    }
}

#[test]
fn a_public_url_that_clients_could_not_use_is_refused() {
    let error = bind(|config| config.public_url = Some("http://pdp.example.com".to_owned()));
    assert_eq!(
        error.unwrap_err().to_string(),
        "`public_url` is `http://pdp.example.com` but it is not `https`, which only a loopback \
         address need not be; write the `https` address that clients use, without query, \
         fragment and user name, or leave it out for development"
    );
}

/// Starts a slow request and waits until it is being decided.
fn slow(served: &Served) -> TcpStream {
    let mut stream = served.connect();
    write(&mut stream, "POST", PATH, JSON, SLOW.as_bytes());
    let begun = Instant::now();
    while served.probe.calls.load(Ordering::SeqCst) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    stream
}

#[test]
fn a_stop_finishes_the_request_in_flight_and_takes_no_more() {
    let served = Served::start();
    let address = served.address;
    let mut busy = slow(&served);
    let server = served.tell();
    assert_eq!(read(&mut busy).decisions(), [true]);
    assert_eq!(busy.read(&mut [0; 16]).unwrap(), 0, "the connection is closed");
    server.join().unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err(), "the port is free");
}

#[test]
fn a_request_whose_body_is_still_coming_is_in_flight() {
    let served = Served::start();
    let address = served.address;
    let body = request("ann", "records.edit");
    let mut busy = served.connect();
    write(&mut busy, "POST", PATH, &format!("{JSON}content-length: {}\r\n", body.len()), b"");
    // Its head has to have arrived, or it is not in flight.
    std::thread::sleep(Duration::from_millis(200));
    let server = served.tell();
    let begun = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    busy.write_all(body.as_bytes()).unwrap();
    let reply = read(&mut busy);
    assert_eq!(reply.decisions(), [true]);
    assert_eq!(busy.read(&mut [0; 16]).unwrap(), 0, "the connection is closed");
    server.join().unwrap().unwrap();
}

#[test]
fn connections_without_a_request_do_not_hold_up_a_stop() {
    let served = Served::start();
    let silent = served.connect();
    let mut used = served.connect();
    let body = request("ann", "records.edit");
    write(&mut used, "POST", PATH, JSON, body.as_bytes());
    assert_eq!(read(&mut used).decisions(), [true]);
    let begun = Instant::now();
    served.tell().join().unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(silent);
}

#[test]
fn what_outlives_the_grace_period_is_cut_off_and_counted() {
    let served = Served::with(&["acme"], |config| config.grace = Duration::from_millis(100));
    let mut stuck = served.connect();
    write(&mut stuck, "POST", PATH, &format!("{JSON}content-length: 500\r\n"), b"{");
    // The head has to have arrived, or there is nothing in flight.
    std::thread::sleep(Duration::from_millis(200));
    let error = served.tell().join().unwrap().unwrap_err();
    assert!(
        matches!(error, ServeError::Listen(ListenError::CutOff { connections: 1, .. })),
        "{error}"
    );
}

#[test]
fn while_it_drains_it_answers_but_says_that_it_is_not_ready() {
    let served = Served::with(&["acme"], |config| config.drain = Duration::from_millis(600));
    served.readiness.set(true);
    let (address, readiness) = (served.address, served.readiness.clone());
    let mut open = served.connect();
    let server = served.tell();
    let begun = Instant::now();
    while readiness.is_ready() {
        assert!(begun.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    readiness.set(true);
    write(&mut open, "GET", "/readyz", "", b"");
    read(&mut open).refusal(503);
    let mut fresh = TcpStream::connect(address).unwrap();
    write(&mut fresh, "POST", PATH, JSON, request("ann", "records.edit").as_bytes());
    assert_eq!(read(&mut fresh).decisions(), [true]);
    server.join().unwrap().unwrap();
}

#[test]
fn a_quiet_connection_is_closed_and_a_used_one_is_not() {
    let served = Served::with(&["acme"], |config| {
        config.limits.idle = Duration::from_millis(200);
    });
    let mut silent = served.connect();
    let mut dripping = served.connect();
    dripping.write_all(b"POST /access/v1/evalu").unwrap();
    let mut used = served.connect();
    let body = request("ann", "records.edit");
    for _ in 0..10 {
        write(&mut used, "POST", PATH, JSON, body.as_bytes());
        assert_eq!(read(&mut used).decisions(), [true]);
        std::thread::sleep(Duration::from_millis(60));
    }
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0);
    assert_eq!(dripping.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn connections_beyond_the_limit_wait_for_room() {
    let served = Served::with(&["acme"], |config| config.limits.connections = 1);
    let first = served.connect();
    std::thread::sleep(Duration::from_millis(50));
    let mut second = served.connect();
    write(&mut second, "GET", "/livez", "", b"");
    second.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(second.read(&mut [0; 1]).is_err(), "there is no room yet");
    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(read(&mut second).status, 200);
}
