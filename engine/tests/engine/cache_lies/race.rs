//! A flush that races a write. There is no flush here: another policy is another key.

use super::ledger::{Case, PEOPLE, TENANT, authorizer, books, by_state, families, install};
use permesso_engine::decision::Request;
use permesso_engine::model::Value;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

#[test]
fn a_decision_that_was_under_way_when_the_policy_changed_is_given_to_no_later_request() {
    let (begun, begins) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let goes_on = Mutex::new(goes_on);
    let slow = AtomicBool::new(true);
    let family = books(move |question| {
        if slow.swap(false, Ordering::Relaxed) {
            begun.send(()).unwrap();
            goes_on.lock().unwrap().recv().unwrap();
        }
        by_state(question)
    });
    let authorizer = authorizer(1_000, &family);
    let request = Case::allowed();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| authorizer.decide("acme", &request.request()));
        begins.recv().unwrap();
        let stricter = TENANT.replace("teams: [north]", "teams: [south]");
        install(&authorizer, &stricter, PEOPLE, &families(&family), 2);
        go_on.send(()).unwrap();
        // It was asked under the old policy and ends under it.
        let first = first.join().unwrap();
        assert!(first.is_allow() && first.revision == 1);
    });
    for _ in 0..3 {
        let decision = authorizer.decide("acme", &request.request());
        assert!(!decision.is_allow() && decision.revision == 2, "{decision:?}");
    }
}

#[test]
fn no_decision_of_an_old_policy_is_given_once_another_is_installed() {
    let family = books(by_state);
    let authorizer = authorizer(10_000, &family);
    // A policy of an even revision is the stricter one.
    let stricter = TENANT.replace("teams: [north]", "teams: [south]");
    let installed = AtomicU64::new(1);
    let done = AtomicBool::new(false);
    let decided = AtomicU64::new(0);
    let cases: Vec<Case> = (0..8)
        .map(|words| Case::with("", |case| case.resource.set("words", Value::Int(words))))
        .collect();
    std::thread::scope(|scope| {
        for reader in 0..3_usize {
            let (authorizer, cases) = (&authorizer, &cases);
            let (installed, done, decided) = (&installed, &done, &decided);
            scope.spawn(move || {
                let requests: Vec<Request<'_>> = cases.iter().map(Case::request).collect();
                for n in reader.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let before = installed.load(Ordering::Acquire);
                    let decisions = match n % 4 {
                        0 => authorizer.decide_batch("acme", &requests),
                        _ => vec![authorizer.decide("acme", &requests[n % requests.len()])],
                    };
                    for decision in decisions {
                        let revision = decision.revision;
                        assert!(revision >= before, "{revision} after {before} was installed");
                        assert_eq!(decision.is_allow(), revision % 2 == 1, "revision {revision}");
                    }
                    decided.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let begun = Instant::now();
        let mut revision = 1;
        while begun.elapsed() < Duration::from_secs(2) {
            revision += 1;
            let tenant = if revision % 2 == 1 { TENANT } else { &stricter };
            install(&authorizer, tenant, PEOPLE, &families(&family), revision);
            installed.store(revision, Ordering::Release);
        }
        done.store(true, Ordering::Relaxed);
        assert!(revision > 20, "{revision} policies");
    });
    assert!(decided.into_inner() > 500);
    assert!(authorizer.cache_stats().hits > 100, "{:?}", authorizer.cache_stats());
}

#[test]
fn a_policy_that_comes_back_does_not_bring_its_decisions_back() {
    let family = books(by_state);
    let authorizer = authorizer(1_000, &family);
    let request = Case::allowed();
    let decide = || authorizer.decide("acme", &request.request());
    assert!(decide().is_allow());
    authorizer.remove("acme");
    assert_eq!(decide().reason.code(), "unknown-tenant");
    let bare = PEOPLE.replace("[reader, lister, confined]", "[lister]");
    // Of the same revision as the first: what is counted elsewhere is not what tells them apart.
    install(&authorizer, TENANT, &bare, &families(&family), 1);
    assert!(!decide().is_allow());
    install(&authorizer, TENANT, PEOPLE, &families(&family), 1);
    assert!(decide().is_allow());
}
