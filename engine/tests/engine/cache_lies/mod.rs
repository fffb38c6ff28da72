//! The ways in which caches of other engines lied, one sentence each.

mod ledger;
mod race;

use crate::common::{self, Closure, EMPTY, doc, request};
use ledger::{Case, PEOPLE, TENANT, authorizer, books, by_state, denied, families, install};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Request, Resource};
use permesso_engine::family::{Answer, Family, Fault, FaultKind, Manifest, Question};
use permesso_engine::model::{Attributes, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn everything_that_a_decision_rests_on_is_part_of_its_key() {
    let family = books(by_state);
    let (cached, uncached) = (authorizer(1_000, &family), authorizer(0, &family));
    let base = Case::allowed();
    assert!(uncached.decide("acme", &base.request()).is_allow());
    for case in denied() {
        let request = case.request();
        let alone = uncached.decide(case.tenant, &request);
        assert!(!alone.is_allow(), "{}", case.what);
        for _ in 0..2 {
            assert!(cached.decide("acme", &base.request()).is_allow(), "after {}", case.what);
            assert_eq!(cached.decide(case.tenant, &request), alone, "{}", case.what);
        }
    }
    assert!(cached.cache_stats().hits > 20, "{:?}", cached.cache_stats());
}

#[test]
fn a_decision_is_not_given_after_the_instant_at_which_it_ends() {
    let authorizer = authorizer(1_000, &books(by_state));
    let at = |now| {
        let case = Case::with("", |case| case.now = now);
        authorizer.decide("acme", &case.request()).is_allow()
    };
    assert_eq!([at(1_000), at(1_999), at(2_000), at(3_000)], [true, true, false, false]);
}

#[test]
fn a_decision_is_not_given_before_the_instant_at_which_it_began() {
    let authorizer = authorizer(1_000, &books(by_state));
    let at = |now| {
        let case = Case::with("", |case| case.now = now);
        authorizer.decide("acme", &case.request()).is_allow()
    };
    // The clock of the machine is put back.
    assert_eq!([at(2_000), at(1_999)], [false, true]);
}

#[test]
fn the_first_item_of_a_batch_never_decides_for_the_next() {
    let family = books(by_state);
    for capacity in [0, 1_000] {
        let authorizer = authorizer(capacity, &family);
        let base = Case::allowed();
        // All have the same id, but for the few that differ in just that.
        let others: Vec<Case> = denied().into_iter().filter(|case| case.tenant == "acme").collect();
        let requests: Vec<Request<'_>> =
            others.iter().flat_map(|case| [base.request(), case.request()]).collect();
        let backwards: Vec<Request<'_>> =
            others.iter().rev().flat_map(|case| [case.request(), base.request()]).collect();
        for (allows_at, requests) in [(0, &requests), (1, &backwards), (0, &requests)] {
            let decisions = authorizer.decide_batch("acme", requests);
            for (at, decision) in decisions.iter().enumerate() {
                assert_eq!(decision.is_allow(), at % 2 == allows_at, "{at} {:?}", decision.reason);
            }
        }
    }
}

#[test]
fn two_tenants_with_the_same_people_and_policies_share_no_decision() {
    let family = books(by_state);
    let authorizer = authorizer(1_000, &family);
    let other = TENANT
        .replace("tenant: acme", "tenant: other")
        .replace("teams: [north], valid", "teams: [south], valid");
    install(&authorizer, &other, PEOPLE, &families(&family), 1);
    let request = Case::allowed();
    for _ in 0..3 {
        assert!(authorizer.decide("acme", &request.request()).is_allow());
        assert!(!authorizer.decide("other", &request.request()).is_allow());
    }
}

/// Values that are the same once their parts are written one after the other.
#[test]
fn values_that_look_alike_when_they_are_joined_are_told_apart() {
    let texts =
        |items: &[&'static str]| Value::List(items.iter().map(|item| (*item).into()).collect());
    let map = |pairs: &[(&'static str, &'static str)]| {
        Value::Map(pairs.iter().map(|(name, text)| (*name, Value::from(*text))).collect())
    };
    let values = [
        None,
        Some(Value::Null),
        Some("".into()),
        Some("null".into()),
        Some("ab".into()),
        Some("a".into()),
        Some("a\u{0}b".into()),
        Some("a,b".into()),
        Some("[\"a\",\"b\"]".into()),
        Some("1".into()),
        Some("true".into()),
        Some(Value::Int(1)),
        Some(Value::Float(1.0)),
        Some(Value::Bool(true)),
        Some(Value::Int(0)),
        Some(Value::Bool(false)),
        Some(texts(&[])),
        Some(texts(&[""])),
        Some(texts(&["", ""])),
        Some(texts(&["ab"])),
        Some(texts(&["a", "b"])),
        Some(texts(&["a,b"])),
        Some(texts(&["b", "a"])),
        Some(Value::List(vec![texts(&["a", "b"])])),
        Some(Value::List(vec![texts(&["a"]), "b".into()])),
        Some(Value::List(vec!["a".into(), texts(&["b"])])),
        Some(Value::List(vec![Value::Int(1)])),
        Some(map(&[])),
        Some(map(&[("a", "b")])),
        Some(map(&[("ab", "")])),
        Some(map(&[("", "ab")])),
        Some(map(&[("a", ""), ("b", "")])),
    ];
    let family = common::family(|_| Ok(Answer::ABSTAIN));
    let authorizer = common::authorizer(&common::families(&family));
    let calls = || family.calls.load(Ordering::Relaxed);
    let mut asked = 0;
    // Two neighbours in the key, so that what leaves the one could enter the other.
    for author in &values {
        for editors in &values {
            let mut attributes = Attributes::new();
            for (name, value) in [("author", author), ("editors", editors)] {
                if let Some(value) = value {
                    attributes.set(name, value.clone());
                }
            }
            for _ in 0..2 {
                let _ = authorizer.decide("acme", &request("boss", "doc.read", &attributes));
            }
            asked += 1;
            assert_eq!(calls(), asked, "{author:?} {editors:?}");
        }
    }
}

#[test]
fn a_name_with_a_dot_is_read_in_the_key_as_it_is_to_decide() {
    let catalog = common::CATALOG
        .replace("relations: [author, editors]", "relations: [author, editors, crew.lead]")
        .replace("own_means: [author, editors]", "own_means: [author, editors, crew.lead]");
    let families = common::families(&common::family(|_| Ok(Answer::ABSTAIN)));
    // Refusing such a name would do as well.
    let Ok(policy) = common::build(&catalog, common::TENANT, common::PEOPLE, &families) else {
        return;
    };
    let authorizer = Authorizer::new(100);
    authorizer.install(policy);
    let flat = doc(&[("crew.lead", "clerk".into())]);
    let nested = doc(&[("crew", Value::Map(doc(&[("lead", "clerk".into())])))]);
    for attributes in [&flat, &nested, &flat] {
        let request = request("clerk", "doc.read", attributes);
        let explained = authorizer.explain("acme", &request).decision;
        assert_eq!(authorizer.decide("acme", &request).reason, explained.reason, "{attributes:?}");
    }
}

#[test]
fn what_failed_for_one_request_is_no_answer_to_the_next() {
    let broken = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&broken);
    let family = books(move |question| {
        if switch.load(Ordering::Relaxed) && question.permission == 0 {
            return Err(Fault::new(FaultKind::Timeout, "given up"));
        }
        by_state(question)
    });
    let authorizer = authorizer(1_000, &family);
    let (read, locked) =
        (Case::allowed(), Case::with("", |case| case.resource.set("state", "locked".into())));
    let requests = [read.request(), locked.request(), read.request()];
    for _ in 0..2 {
        for decision in authorizer.decide_batch("acme", &requests) {
            assert_eq!(decision.reason.code(), "family-fault");
        }
        assert_eq!(authorizer.decide("acme", &requests[0]).reason.code(), "family-fault");
    }
    assert_eq!(authorizer.cache_stats().hits, 0);
    broken.store(false, Ordering::Relaxed);
    let decisions = authorizer.decide_batch("acme", &requests);
    let allowed: Vec<bool> = decisions.iter().map(|decision| decision.is_allow()).collect();
    assert_eq!(allowed, [true, false, true]);
    // From now on both are kept, and a family that breaks again changes nothing.
    broken.store(true, Ordering::Relaxed);
    assert!(authorizer.decide("acme", &requests[0]).is_allow());
    assert_eq!(authorizer.decide("acme", &requests[1]).reason.code(), "family-forbids");
}

/// A family that loses the last answers of a batch, as one does that is cancelled on the way.
#[derive(Debug)]
struct Forgetful {
    inner: Arc<Closure>,
    forgets: AtomicBool,
}

impl Family for Forgetful {
    fn manifest(&self) -> &Manifest {
        self.inner.manifest()
    }

    fn digest(&self) -> &str {
        self.inner.digest()
    }

    fn evaluate(&self, tenant: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        self.inner.evaluate(tenant, question)
    }

    fn evaluate_batch(
        &self,
        tenant: &str,
        questions: &[Question<'_>],
    ) -> Vec<Result<Answer, Fault>> {
        let mut answers = self.inner.evaluate_batch(tenant, questions);
        if self.forgets.load(Ordering::Relaxed) {
            answers.truncate(1);
        }
        answers
    }
}

#[test]
fn an_answer_that_never_came_is_not_kept_as_a_denial() {
    let forgetful = Arc::new(Forgetful { inner: books(by_state), forgets: AtomicBool::new(true) });
    let families: FamilySet =
        [("books".to_owned(), Arc::clone(&forgetful) as Arc<dyn Family>)].into();
    let authorizer = Authorizer::new(1_000);
    install(&authorizer, TENANT, PEOPLE, &families, 1);
    let cases = [Case::allowed(), Case::with("", |case| case.resource.set("words", Value::Int(7)))];
    let requests: Vec<Request<'_>> = cases.iter().map(Case::request).collect();
    let ask = || {
        let decisions = authorizer.decide_batch("acme", &requests);
        decisions.iter().map(|decision| decision.reason.code()).collect::<Vec<_>>()
    };
    assert_eq!(ask(), ["granted", "family-fault"]);
    forgetful.forgets.store(false, Ordering::Relaxed);
    assert_eq!(ask(), ["granted", "granted"]);
}

#[test]
fn a_request_that_lacked_an_attribute_does_not_decide_the_one_that_sends_it() {
    let authorizer = authorizer(1_000, &books(by_state));
    let base = Case::allowed();
    for name in ["author", "team", "age", "words", "address"] {
        let rest = base.resource.iter().filter(|(other, _)| *other != name);
        let without = Case {
            resource: rest.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            ..base.clone()
        };
        for _ in 0..2 {
            assert!(!authorizer.decide("acme", &without.request()).is_allow(), "{name}");
            assert!(authorizer.decide("acme", &base.request()).is_allow(), "{name}");
        }
    }
}

#[test]
fn a_decision_without_attributes_is_no_decision_for_those_with_some() {
    let authorizer = authorizer(1_000, &books(by_state));
    let base = Case::allowed();
    let bare = Request {
        resource: Resource { attributes: EMPTY, ..base.request().resource },
        context: EMPTY,
        ..base.request()
    };
    for _ in 0..2 {
        assert!(!authorizer.decide("acme", &bare).is_allow());
        assert!(authorizer.decide("acme", &base.request()).is_allow());
    }
}
