//! Decisions while the feed goes on, policies are edited and users are read and dropped.

use super::world::{TENANTS, World, request, tenant, user};
use permesso_engine::compile::{Definition, PeopleFrom, compile};
use permesso_engine::directory::{Loaded, Need, Pins, StoredUser};
use permesso_engine::model::{Attributes, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// At odd revisions ann is boss, and at those that leave 0 or 1 when divided by four cid, whose
/// letter it is, shares it redacted.
fn read(need: &Need, revision: u64) -> Loaded {
    let Need::User(id) = need else { panic!("{need}") };
    let text = match id.as_str() {
        "ann" if revision % 2 == 1 => "{id: ann, roles: [boss]}",
        "cid" if revision % 4 < 2 => "{id: cid, roles: [discreet]}",
        "dis" if revision % 4 < 2 => {
            "{id: dis, grants: [{permission: limit.discreet, scope: all}]}"
        }
        id => &format!("{{id: {id}}}"),
    };
    Loaded::User(Box::new(StoredUser { user: user(text), delegations: Vec::new() }))
}

#[test]
fn every_decision_is_right_at_the_revision_that_it_names() {
    let world = World::new(64, &[], &[]);
    let stored = AtomicU64::new(1);
    let done = AtomicBool::new(false);
    let (decided, redacted, waited) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for reader in 0..3_u64 {
            let (world, stored, done) = (&world, &stored, &done);
            let (decided, redacted, waited) = (&decided, &redacted, &waited);
            scope.spawn(move || {
                let owners = [Value::from("cid"), Value::from("dis")];
                let letters =
                    owners.map(|it| [("owner", it)].into_iter().collect::<Attributes<'_>>());
                for n in reader.. {
                    let actions = ["letter.list", "letter.open"];
                    let action = actions[usize::from(n % 3 == 0)];
                    let letter = &letters[usize::from(n % 5 == 0)];
                    let request = request("ann", action, "letter", "l1", letter);
                    let mut pins = Pins::default();
                    let before = world.served().revision();
                    let decision = loop {
                        if done.load(Ordering::Relaxed) {
                            return;
                        }
                        match world.authorizer.holding(&pins).try_decide("acme", &request) {
                            Ok(decision) => break decision,
                            Err(needs) => {
                                // Now and then it takes long to arrive.
                                let revision = stored.load(Ordering::SeqCst);
                                let loaded = needs.iter().map(|it| read(it, revision)).collect();
                                if n % 7 == 0 {
                                    std::thread::sleep(Duration::from_micros(300));
                                }
                                let served = world.served();
                                pins.join(world.subjects.admit(&served, revision, loaded).pins);
                                waited.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    };
                    let revision = decision.revision;
                    assert!(revision >= before);
                    let allows = revision % 2 == 1 || action == "letter.open";
                    assert_eq!(decision.is_allow(), allows, "{decision:?}");
                    if decision.is_allow() {
                        let redacts = !decision.obligations.is_empty();
                        assert_eq!(redacts, revision % 4 < 2, "{decision:?}");
                        redacted.fetch_add(u64::from(redacts), Ordering::Relaxed);
                    }
                    decided.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let begun = Instant::now();
        let mut revision = 1;
        let touched = ["ann", "cid", "dis"].map(|id| Need::User(id.to_owned()));
        // As long as it takes on a machine that is busy, to have seen enough.
        let seen = |counter: &AtomicU64, enough| counter.load(Ordering::Relaxed) > enough;
        while begun.elapsed() < Duration::from_secs(2)
            || (begun.elapsed() < Duration::from_secs(120)
                && !(revision > 500
                    && seen(&decided, 2_000)
                    && seen(&redacted, 100)
                    && seen(&waited, 500)))
        {
            revision += 1;
            stored.store(revision, Ordering::SeqCst);
            std::thread::sleep(Duration::from_micros(50));
            let compiled = match revision % 6 {
                0 => compile(&Definition {
                    catalog: &world.catalog,
                    tenant: &Arc::new(tenant(TENANTS[usize::try_from(revision / 6 % 2).unwrap()])),
                    families: &world.families,
                    revision,
                    lenient: true,
                    before: Some(&world.served()),
                    people: PeopleFrom::Subjects(&world.subjects),
                })
                .unwrap()
                .after(revision, &touched)
                .unwrap(),
                _ => world.served().after(revision, &touched).unwrap(),
            };
            world.authorizer.install(compiled);
            std::thread::sleep(Duration::from_micros(200));
            // A policy that changes nobody: everybody is found in the other one.
            if revision % 5 == 0 {
                revision += 4;
                stored.store(revision, Ordering::SeqCst);
                world.authorizer.install(
                    compile(&Definition {
                        catalog: &world.catalog,
                        tenant: &Arc::new(tenant(TENANTS[usize::try_from(revision % 2).unwrap()])),
                        families: &world.families,
                        revision,
                        lenient: true,
                        before: Some(&world.served()),
                        people: PeopleFrom::Subjects(&world.subjects),
                    })
                    .unwrap(),
                );
                std::thread::sleep(Duration::from_micros(300));
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(revision > 500, "{revision} revisions");
    });
    let counts = (decided.into_inner(), redacted.into_inner(), waited.into_inner());
    assert!(counts.0 > 2_000 && counts.1 > 100 && counts.2 > 500, "{counts:?}");
}
