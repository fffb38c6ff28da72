//! Plans on their way out of the guest.
//!
//! A condition arrives as a list of steps, because the interface has no types that contain
//! themselves, and becomes a tree here. Whatever a step refers to is looked up before it is
//! believed: a plan that named an input which is not open, or compared it with a value of another
//! type, would be a filter that quietly lets nothing or everything pass.

use super::bindings::exports::permesso::family::family as wit;
use permesso_engine::family::{
    Answer, Case, Comparison, Fault, FaultKind, Input, InputKind, Manifest, PlanQuestion, Term,
};

/// Cases of one plan.
const MAX_CASES: usize = 64;
/// Steps of all conditions of a plan.
const MAX_TERMS: usize = 4096;
/// Conditions inside one another.
const MAX_DEPTH: usize = 64;

/// The cases, if everything that they refer to is there. Whether the answers fit the manifest is
/// for the caller to look at.
///
/// # Errors
///
/// [`FaultKind::BadResult`] with the case and the step that are wrong.
pub(super) fn cases(
    cases: Vec<wit::PlanCase>,
    asked: &PlanQuestion<'_>,
    manifest: &Manifest,
) -> Result<Vec<Case>, Fault> {
    if cases.len() > MAX_CASES {
        return Err(bad(format!("a plan of {} cases, at most {MAX_CASES}", cases.len())));
    }
    let terms: usize = cases.iter().map(|case| case.condition.len()).sum();
    if terms > MAX_TERMS {
        return Err(bad(format!("a plan of {terms} steps, at most {MAX_TERMS}")));
    }
    (0..)
        .zip(cases)
        .map(|(number, case): (usize, _)| {
            let condition = Reader { asked, manifest }
                .condition(case.condition)
                .map_err(|problem| bad(format!("case {number} of the plan: {problem}")))?;
            Ok(Case { condition, answer: Answer::from(case.answer) })
        })
        .collect()
}

fn bad(detail: String) -> Fault {
    Fault::new(FaultKind::BadResult, detail)
}

struct Reader<'a> {
    asked: &'a PlanQuestion<'a>,
    manifest: &'a Manifest,
}

impl Reader<'_> {
    fn condition(&self, terms: Vec<wit::Term>) -> Result<Term, String> {
        let mut stack: Vec<Built> = Vec::new();
        for (number, term) in (0..).zip(terms) {
            let number: usize = number;
            self.step(term, &mut stack).map_err(|problem| format!("step {number}: {problem}"))?;
        }
        match (stack.pop(), stack.len()) {
            (Some((condition, _)), 0) => Ok(condition),
            (None, _) => Err("the condition has no steps".to_owned()),
            (_, left) => Err(format!("{} values are left instead of one", left + 1)),
        }
    }

    fn step(&self, term: wit::Term, stack: &mut Vec<Built>) -> Result<(), String> {
        let leaf = |condition| (condition, 1);
        let (condition, depth) = match term {
            wit::Term::Constant(value) => leaf(Term::Constant(value)),
            wit::Term::Present(input) => leaf(Term::Present(self.open(input)?.0)),
            wit::Term::Empty(input) => leaf(Term::Empty(self.open(input)?.0)),
            wit::Term::Compare(compared) => leaf(self.compare(compared)?),
            wit::Term::Names(wit::Named { input, text }) => match self.open(input)? {
                (input, InputKind::Texts | InputKind::Text | InputKind::Any) => {
                    leaf(Term::Names { input, text })
                }
                _ => return Err(format!("input {input} holds no texts")),
            },
            wit::Term::Negate => match stack.pop() {
                Some((condition, depth)) => (Term::Not(Box::new(condition)), depth + 1),
                None => return Err("nothing to negate".to_owned()),
            },
            wit::Term::AllOf(count) => take(stack, count, Term::All)?,
            wit::Term::AnyOf(count) => take(stack, count, Term::Any)?,
        };
        if depth > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} conditions are inside one another"));
        }
        stack.push((condition, depth));
        Ok(())
    }

    /// An input that may be asked about.
    fn open(&self, input: u32) -> Result<(u32, InputKind), String> {
        let spec = usize::try_from(input).ok().and_then(|at| self.manifest.inputs.get(at));
        match spec {
            Some(spec) if self.asked.open.contains(&input) => Ok((input, spec.kind)),
            Some(spec) => Err(format!("input {input} (`{}`) is not open", spec.path)),
            None => Err(format!("input {input}, the manifest has {}", self.manifest.inputs.len())),
        }
    }

    fn compare(&self, compared: wit::Compared) -> Result<Term, String> {
        let (input, kind) = self.open(compared.input)?;
        let comparison = match compared.comparison {
            wit::Comparison::Equal => Comparison::Equal,
            wit::Comparison::Less => Comparison::Less,
            wit::Comparison::AtMost => Comparison::AtMost,
        };
        let (value, of, ordered) = match compared.value {
            wit::Literal::Boolean(value) => (Input::Boolean(value), InputKind::Boolean, false),
            wit::Literal::Integer(value) => (Input::Integer(value), InputKind::Integer, true),
            wit::Literal::Decimal(value) => (Input::Decimal(value), InputKind::Decimal, true),
            wit::Literal::Instant(value) => (Input::Instant(value), InputKind::Instant, true),
            wit::Literal::Text(value) => (Input::Text(value.into()), InputKind::Text, false),
        };
        if kind != of && kind != InputKind::Any {
            return Err(format!("input {input} is compared with a value of another kind"));
        }
        if !ordered && comparison != Comparison::Equal {
            return Err(format!("input {input} has no order; compare it with `equal`"));
        }
        Ok(Term::Compare { input, comparison, value })
    }
}

/// A condition, and how deep it is.
type Built = (Term, usize);

/// Joins the last `count` values, in order.
fn take(stack: &mut Vec<Built>, count: u32, join: fn(Vec<Term>) -> Term) -> Result<Built, String> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    match stack.len().checked_sub(count) {
        Some(at) if count > 0 => {
            let (conditions, depths): (Vec<_>, Vec<_>) = stack.split_off(at).into_iter().unzip();
            let depth = depths.into_iter().max().unwrap_or(0);
            Ok((join(conditions), depth + 1))
        }
        _ => Err(format!("{count} values are wanted and {} are there", stack.len())),
    }
}
