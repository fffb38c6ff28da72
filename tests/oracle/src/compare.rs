//! The same questions to both, in every way in which the engine can be asked.

use crate::case::{Case, Refused, TENANT, World};
use crate::generate::instants;
use crate::random::Random;
use crate::reference::{Duty, Ruling};
use crate::tally::Tally;
use permesso_engine::Authorizer;
use permesso_engine::decision::{Decision, Request};
use std::collections::BTreeSet;
use std::fmt;

/// A question on which the two do not agree.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// In which way the engine was asked.
    pub way: &'static str,
    /// The question's place in its case.
    pub question: usize,
    /// When it was asked.
    pub now: i64,
    /// What the naive evaluator says.
    pub reference: Ruling,
    /// What the engine says.
    pub engine: Decision,
}

impl Disagreement {
    /// Whether another one is of the same sort: what is made smaller has to stay that.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.way == other.way
            && self.reference.reason.code() == other.reference.reason.code()
            && self.engine.reason.code() == other.engine.reason.code()
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "question {} at {}, {}:", self.question, self.now, self.way)?;
        writeln!(f, "  the engine:          {:?} {:?}", self.engine.reason, duties(&self.engine))?;
        writeln!(
            f,
            "  the naive evaluator: {:?} {:?}",
            self.reference.reason, self.reference.duties
        )
    }
}

/// Asks both everything that a case asks.
///
/// # Errors
///
/// A case that cannot be loaded or compiled.
pub fn check(case: &Case, seed: u64, tally: &mut Tally) -> Result<Option<Disagreement>, Refused> {
    let world = case.read()?;
    let asked = Asked { world: &world, uncached: authorizer(&world, 0)? };
    let cached = authorizer(&world, 10_000)?;
    let found = asked
        .plainly(tally)
        .and_then(|()| asked.kept(&cached, &mut Random::new(seed), tally))
        .err()
        .map(|found| *found);
    let stats = cached.cache_stats();
    tally.hits += stats.hits;
    Ok(found)
}

fn authorizer(world: &World, capacity: u64) -> Result<Authorizer, Refused> {
    let authorizer = Authorizer::new(capacity);
    authorizer.install(world.compile()?);
    Ok(authorizer)
}

struct Asked<'a> {
    world: &'a World,
    uncached: Authorizer,
}

impl Asked<'_> {
    /// One by one, explained, and all together, without a cache.
    fn plainly(&self, tally: &mut Tally) -> Result<(), Box<Disagreement>> {
        let reference = self.world.reference();
        let questions = &self.world.questions;
        let requests: Vec<Request<'_>> = questions.iter().map(|it| it.at(it.now)).collect();
        let rulings: Vec<Ruling> =
            requests.iter().map(|request| reference.decide(request)).collect();
        tally.have_seen(&reference.seen);
        for (n, (request, ruling)) in requests.iter().zip(&rulings).enumerate() {
            tally.count(ruling);
            let alone = self.uncached.decide(TENANT, request);
            let explained = self.uncached.explain(TENANT, request).decision;
            agree("decided alone", n, request.now, ruling, alone)?;
            agree("explained", n, request.now, ruling, explained)?;
        }
        let decisions = self.uncached.decide_batch(TENANT, &requests);
        decisions.into_iter().zip(&rulings).enumerate().try_for_each(|(n, (decision, ruling))| {
            let now = requests.get(n).map_or(0, |request| request.now);
            agree("decided together", n, now, ruling, decision)
        })
    }

    /// With a cache, over and over in any order, while time goes on.
    fn kept(
        &self,
        cached: &Authorizer,
        random: &mut Random,
        tally: &mut Tally,
    ) -> Result<(), Box<Disagreement>> {
        let reference = self.world.reference();
        let mut earlier: Vec<Ruling> = Vec::new();
        for now in instants(random) {
            let requests: Vec<Request<'_>> =
                self.world.questions.iter().map(|question| question.at(now)).collect();
            let rulings: Vec<Ruling> =
                requests.iter().map(|request| reference.decide(request)).collect();
            tally.rechecked += rulings.len() as u64 * 3;
            let turned = earlier.iter().zip(&rulings).filter(|(before, now)| before != now);
            tally.turned += turned.count() as u64;
            let mut order: Vec<usize> = (0..requests.len()).chain(0..requests.len()).collect();
            random.shuffle(&mut order);
            if random.chance(50) {
                // The cache is filled by a batch instead of by single questions.
                together(cached, now, &requests, &rulings)?;
            }
            for n in order {
                let (Some(request), Some(ruling)) = (requests.get(n), rulings.get(n)) else {
                    continue;
                };
                agree("decided with a cache", n, now, ruling, cached.decide(TENANT, request))?;
            }
            together(cached, now, &requests, &rulings)?;
            earlier = rulings;
        }
        Ok(())
    }
}

fn together(
    cached: &Authorizer,
    now: i64,
    requests: &[Request<'_>],
    rulings: &[Ruling],
) -> Result<(), Box<Disagreement>> {
    let decisions = cached.decide_batch(TENANT, requests);
    decisions.into_iter().zip(rulings).enumerate().try_for_each(|(n, (decision, ruling))| {
        agree("decided together with a cache", n, now, ruling, decision)
    })
}

fn agree(
    way: &'static str,
    question: usize,
    now: i64,
    ruling: &Ruling,
    decision: Decision,
) -> Result<(), Box<Disagreement>> {
    let agree = ruling.is_allow() == decision.is_allow()
        && ruling.reason == decision.reason
        && (!ruling.is_allow() && decision.obligations.is_empty()
            || ruling.is_allow() && ruling.duties == duties(&decision));
    if agree {
        return Ok(());
    }
    let reference = ruling.clone();
    Err(Box::new(Disagreement { way, question, now, reference, engine: decision }))
}

fn duties(decision: &Decision) -> BTreeSet<Duty> {
    let duties = decision.obligations.iter();
    duties.map(|it| (it.code.clone(), it.values.clone(), it.source.clone())).collect()
}
