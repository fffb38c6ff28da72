//! Single requests and batches.
//!
//! A batch that wants every answer is put to the engine at once, so that a family is called once
//! for all of it. One that stops at the first denial (or permit) is put in growing portions:
//! most stop early, and those that do not still call a family only a few times.

use super::gate::{CallGate, Stop};
use super::json::{DECISION_BYTES, Json};
use super::parse::{Field, Item, Payload};
use super::problem::{Fault, Undecided, Wrong};
use super::question::Question;
use super::tenancy::{Placed, Tenancy};
use permesso_engine::decision::{Decision, Reason, Request};
use permesso_engine::{Asking, Authorizer};
use std::time::{Duration, Instant};

/// One call to an access endpoint, once its body is there.
pub(super) struct Call<'a> {
    pub(super) authorizer: &'a Authorizer,
    pub(super) tenancy: Tenancy<'a>,
    pub(super) gate: &'a CallGate,
    /// The instant of every decision of the call, in milliseconds since 1970-01-01T00:00:00Z.
    pub(super) now: i64,
    /// How long a batch that can stop early may take.
    pub(super) patience: Duration,
}

/// Which items of a batch have to be answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Semantic {
    All,
    UntilDeny,
    UntilPermit,
}

impl Semantic {
    fn of(payload: &Payload<'_>) -> Result<Self, Undecided> {
        let options = match &payload.options {
            Field::Absent | Field::Null => return Ok(Self::All),
            Field::Wrong => return Err(Fault::new(Wrong::Type, "options", "an object").into()),
            Field::Given(options) => options,
        };
        match &options.semantic {
            Field::Absent | Field::Null => Ok(Self::All),
            Field::Given(name) => match name.as_ref() {
                "execute_all" => Ok(Self::All),
                "deny_on_first_deny" => Ok(Self::UntilDeny),
                "permit_on_first_permit" => Ok(Self::UntilPermit),
                _ => Err(Undecided::Semantic),
            },
            Field::Wrong => Err(Undecided::Semantic),
        }
    }

    /// Whether the items after that answer are left out.
    fn ends(self, answer: &Answer) -> bool {
        match self {
            Self::All => false,
            Self::UntilDeny => !answer.is_allow(),
            Self::UntilPermit => answer.is_allow(),
        }
    }
}

/// The answer to one item.
enum Answer {
    Decided(Decision),
    /// Path and context name different tenants.
    Contradiction,
    Faulty(Fault),
}

impl Answer {
    fn is_allow(&self) -> bool {
        matches!(self, Self::Decided(decision) if decision.is_allow())
    }

    fn write(&self, json: &mut Json) {
        match self {
            Self::Decided(decision) => json.decision(decision),
            Self::Contradiction => {
                let denial = Decision::deny(Reason::TenantMismatch, 0);
                json.explained(&denial, Some(&"`context.tenant` and the path name two tenants"));
            }
            Self::Faulty(fault) => json.faulty(fault),
        }
    }
}

/// An item that the engine is to be asked about.
struct Pending<'q> {
    place: usize,
    tenant: &'q str,
    request: Request<'q>,
}

impl Call<'_> {
    /// Answers a body of the endpoint for single requests.
    pub(super) fn single(&self, body: &[u8]) -> Result<Vec<u8>, Stop> {
        self.alone(&Payload::single(body).map_err(Undecided::Malformed)?)
    }

    /// Answers a body of the endpoint for batches.
    pub(super) fn batch(&self, body: &[u8], max_items: usize) -> Result<Vec<u8>, Stop> {
        let payload = Payload::batch(body, max_items).map_err(Undecided::Malformed)?;
        let semantic = Semantic::of(&payload)?;
        let items = match &payload.evaluations {
            Field::Absent | Field::Null => return self.alone(&payload),
            Field::Wrong => {
                let fault = Fault::new(Wrong::Type, "evaluations", "a list of objects");
                return Err(fault.into());
            }
            Field::Given(items) if items.is_empty() => return self.alone(&payload),
            Field::Given(items) => items,
        };
        let mut json = Json::with_capacity(32 + items.len() * DECISION_BYTES);
        json.raw("{\"evaluations\":");
        let answers = if semantic == Semantic::All {
            self.answer(0, items, &payload)?
        } else {
            self.until(semantic, items, &payload)?
        };
        json.list(&answers, |json, answer| answer.write(json));
        json.raw("}");
        Ok(json.into_bytes())
    }

    fn alone(&self, payload: &Payload<'_>) -> Result<Vec<u8>, Stop> {
        let question = Question::of_payload(payload, self.now)?;
        let answer = match self.tenancy.place(&question, self.gate)? {
            Placed::Ask(tenant) => {
                self.gate.is_current(self.authorizer, tenant)?;
                let decided = self.asking(tenant).try_decide(tenant, &question.request);
                Answer::Decided(decided.map_err(|needs| Stop::Unread(tenant.to_owned(), needs))?)
            }
            Placed::Settled(decision) => Answer::Decided(decision),
            Placed::Contradiction => Answer::Contradiction,
        };
        let mut json = Json::with_capacity(2 * DECISION_BYTES);
        answer.write(&mut json);
        Ok(json.into_bytes())
    }

    /// The answers up to the first that ends the batch, that one included.
    fn until(
        &self,
        semantic: Semantic,
        items: &[Field<Item<'_>>],
        payload: &Payload<'_>,
    ) -> Result<Vec<Answer>, Stop> {
        let begun = Instant::now();
        let mut answers = Vec::with_capacity(items.len().min(16));
        let mut rest = items;
        let mut portion = 1;
        while !rest.is_empty() {
            if begun.elapsed() > self.patience {
                return Err(Undecided::SlowDecision(self.patience).into());
            }
            let (now, later) = rest.split_at(portion.min(rest.len()));
            for answer in self.answer(answers.len(), now, payload)? {
                let ends = semantic.ends(&answer);
                answers.push(answer);
                if ends {
                    return Ok(answers);
                }
            }
            rest = later;
            portion *= 2;
        }
        Ok(answers)
    }

    /// As many answers as items, in the same order; `first` is the place of the first of them.
    fn answer(
        &self,
        first: usize,
        items: &[Field<Item<'_>>],
        payload: &Payload<'_>,
    ) -> Result<Vec<Answer>, Stop> {
        let mut asks: Vec<Pending<'_>> = Vec::with_capacity(items.len());
        let mut answers: Vec<Answer> = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            let question = match Question::of_item(first + place, item, payload, self.now) {
                Ok(question) => question,
                Err(fault) => {
                    answers.push(Answer::Faulty(fault));
                    continue;
                }
            };
            answers.push(match self.tenancy.place(&question, self.gate)? {
                Placed::Ask(tenant) => {
                    asks.push(Pending { place, tenant, request: question.request });
                    // Stands until the engine's answer takes its place.
                    Answer::Decided(Decision::deny(Reason::UnknownTenant, 0))
                }
                Placed::Settled(decision) => Answer::Decided(decision),
                Placed::Contradiction => Answer::Contradiction,
            });
        }
        asks.sort_by_key(|ask| ask.tenant);
        for group in asks.chunk_by(|one, other| one.tenant == other.tenant) {
            let Some(tenant) = group.first().map(|ask| ask.tenant) else { continue };
            let requests: Vec<Request<'_>> = group.iter().map(|ask| ask.request).collect();
            self.gate.is_current(self.authorizer, tenant)?;
            let batch = self.asking(tenant).try_decide_batch(tenant, &requests);
            if !batch.needs.is_empty() {
                return Err(Stop::Unread(tenant.to_owned(), batch.needs));
            }
            for (ask, decision) in group.iter().zip(batch.decisions) {
                if let (Some(answer), Some(decision)) = (answers.get_mut(ask.place), decision) {
                    *answer = Answer::Decided(decision);
                }
            }
        }
        Ok(answers)
    }

    fn asking(&self, tenant: &str) -> Asking<'_> {
        self.authorizer.holding(self.gate.pins(tenant))
    }
}
