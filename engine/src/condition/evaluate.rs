//! A compiled condition, and what it says of a request.

use super::check::{Boundary, How, Leaf, Logic, Outline, Read};
use super::limits::{self, LOOK_EVERY, MAX_ITEMS, MAX_LIST_BYTES, MAX_TEXT};
use super::sought::{Among, Met, Sought};
use super::values::{Refusal, Texts, short};
use crate::model::{AttributeType, InputPath, Value};
use rhai::{AST, Dynamic, Engine, EvalAltResult, Identifier, ImmutableString, Scope, Stmt};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A condition that is in order. Cloning it copies a pointer.
///
/// A part that cannot be known does not matter where the others settle the answer: one that holds
/// settles `||`, and one that does not settles `&&`, wherever they stand. Everything else that is
/// made of what cannot be known cannot be known, its opposite as little as itself.
///
/// Every [`ConditionError`] is the answer "it cannot be known". Whoever asks must then decide
/// against the subject: a grant, a sharing override or a membership under the condition does not
/// hold, a rule that denies under the condition denies. So a caller never asks whether an
/// evaluation is `Ok(false)` to let somebody in.
#[derive(Clone)]
pub struct Condition(Arc<Program>);

struct Program {
    engine: Arc<Engine>,
    ast: AST,
    logic: Option<Logic>,
    source: Box<str>,
    reads: Box<[Read]>,
    inputs: Box<[InputPath]>,
    boundaries: Box<[Boundary]>,
    sought: Box<[Sought]>,
    teams: Box<[Box<str>]>,
    met: Box<[Met]>,
    unlisted: Box<[(String, Among)]>,
    reads_now: bool,
    folds: bool,
}

/// Why a condition cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// An attribute is not known.
    #[error("{}", missing(.0))]
    Missing(InputPath),
    /// What was sent as a team of the resource is none of the tenant's.
    #[error("`{0}` names what is no team of the tenant; send the path of one")]
    NoTeam(InputPath),
    /// An attribute is not of the type that was declared.
    #[error("`{path}` is {found}, but {expected} was declared; correct one of them")]
    Type {
        /// What is read.
        path: InputPath,
        /// What was declared.
        expected: AttributeType,
        /// What it is.
        found: &'static str,
    },
    /// An attribute is larger than conditions read.
    #[error("`{0}` is larger than a condition may read; send less of it")]
    TooLarge(InputPath),
    /// A role was looked for that is held within limits.
    #[error(
        "whether a role that is held within limits is held cannot be known by its name; ask for one that is held without"
    )]
    Unsettled,
    /// A number has left its range, or was divided by zero.
    #[error("a calculation has no result; guard it with a comparison")]
    Arithmetic,
    /// A text that is no address was looked up in a range of addresses.
    #[error("a text is not an address of the internet; send one")]
    NotAnAddress,
    /// An instant lies before or after all calendars.
    #[error("an instant lies beyond the calendar; send milliseconds since 1970")]
    BeyondCalendar,
    /// It took too many steps.
    #[error("the condition takes too many steps; make it shorter")]
    TooManySteps,
    /// It took too long.
    #[error("the condition took too long; make it shorter, or send less")]
    OutOfTime,
    /// Something that the checker should have found.
    #[error("the condition failed; save it again to have it checked")]
    Failed,
}

fn missing(path: &InputPath) -> String {
    match path {
        InputPath::SubjectHolds(id) => format!(
            "whether `{id}` is held cannot be known; send the team of the resource and what the \
             conditions of its grants read, and in a case say `{path}`"
        ),
        path => format!("`{path}` is missing; send it, or drop it from the condition"),
    }
}

impl Condition {
    pub(super) fn new(engine: Arc<Engine>, source: &str, outline: Outline) -> Self {
        let Outline { expr, logic, reads, boundaries, sought, teams, met, unlisted, folds } =
            outline;
        let mut inputs: Vec<_> = reads.iter().map(|read| read.path.clone()).collect();
        inputs.sort_by_cached_key(ToString::to_string);
        inputs.dedup();
        Self(Arc::new(Program {
            engine,
            ast: AST::new([Stmt::Expr(Box::new(expr))]),
            logic,
            source: source.into(),
            reads_now: inputs.contains(&InputPath::Now),
            reads: reads.into(),
            inputs: inputs.into(),
            boundaries: boundaries.into(),
            sought: sought.into(),
            teams: teams.into(),
            met: met.into(),
            unlisted: unlisted.into(),
            folds,
        }))
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What it reads, in order and each once. It is taken from the condition, not declared.
    #[must_use]
    pub fn inputs(&self) -> &[InputPath] {
        &self.0.inputs
    }

    /// The texts that it looks for, where it takes a tenant, or what the condition stands in, to
    /// know whether they can be found.
    pub(crate) fn sought(&self) -> &[Sought] {
        &self.0.sought
    }

    /// The teams that it compares those of a record with, case and all.
    pub(crate) fn teams(&self) -> impl Iterator<Item = &str> {
        self.0.teams.iter().map(|team| &**team)
    }

    /// The attributes of a record that it compares with one another.
    pub(crate) fn met(&self) -> &[Met] {
        &self.0.met
    }

    /// What it takes for names of a tenant's that could be any texts.
    pub(crate) fn unlisted(&self) -> &[(String, Among)] {
        &self.0.unlisted
    }

    /// Whether its answer changes with time.
    #[must_use]
    pub fn reads_now(&self) -> bool {
        self.0.reads_now
    }

    /// Whether it folds texts that it reads, which takes longer the longer they are.
    pub(crate) fn folds(&self) -> bool {
        self.0.folds
    }

    /// The first instant after `now` at which the answer can change without any other input
    /// changing: an answer may be kept until then. `None` means never. `Some(now)` means that it
    /// cannot be told, and that the answer may not be kept.
    #[must_use]
    pub fn next_change(&self, now: i64) -> Option<i64> {
        self.0.boundaries.iter().filter_map(|boundary| boundary.next(now)).min()
    }

    /// Whether it holds. `inputs` is asked for each of [`Condition::inputs`] once, and for
    /// nothing else; it answers `None` for what it does not know.
    ///
    /// # Errors
    ///
    /// [`ConditionError`] if it cannot be known.
    pub fn evaluate<'v, 'a: 'v>(
        &self,
        inputs: impl Fn(&InputPath) -> Option<Cow<'v, Value<'a>>>,
    ) -> Result<bool, ConditionError> {
        self.evaluate_unsettled(inputs, |_| None, &[])
    }

    /// The same where `unsure` says of some inputs why it is not known whether they are there at
    /// all, of somebody of whom it cannot be known whether they hold some roles: those that
    /// `subject.roles` leaves out and has perhaps.
    pub(crate) fn evaluate_unsettled<'v, 'a: 'v>(
        &self,
        inputs: impl Fn(&InputPath) -> Option<Cow<'v, Value<'a>>>,
        unsure: impl Fn(&InputPath) -> Option<ConditionError>,
        roles: &[&str],
    ) -> Result<bool, ConditionError> {
        let program = &*self.0;
        let mut unknown = Vec::new();
        let mut values = SmallVec::<[Dynamic; 8]>::new();
        let mut found = SmallVec::<[Option<Cow<'v, Value<'a>>>; 8]>::new();
        for (index, read) in program.reads.iter().enumerate() {
            found.push(if read.first == index { inputs(&read.path) } else { None });
            let value = found.get(read.first).and_then(Option::as_deref);
            let value = match (read.how, value) {
                _ if let Some(error) = unsure(&read.path) => Err(error),
                (How::IsSet, None | Some(Value::Null)) => Ok(Dynamic::FALSE),
                (How::IsSet, Some(_)) => Ok(Dynamic::TRUE),
                (How::IfSet, None | Some(Value::Null)) => Ok(Dynamic::UNIT),
                (_, Some(value)) => bind(read, value, roles),
                (_, None) => Err(ConditionError::Missing(read.path.clone())),
            };
            values.push(value.unwrap_or_else(|error| {
                unknown.push((index, error));
                Dynamic::UNIT
            }));
        }
        let mut scope = Scope::new();
        for value in values.into_iter().rev() {
            // Variables are found by their place, so none has a name.
            scope.push_dynamic(Identifier::new_const(), value);
        }
        limits::begin();
        let first = match unknown.first() {
            Some((_, error)) => error.clone(),
            // What has an answer although the library looks no further than it has to, has the
            // same one if all of its parts are asked.
            None => match run(&program.engine, &mut scope, &program.ast) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            },
        };
        match &program.logic {
            Some(logic) if !first.ends_it() => {
                Parts { engine: &program.engine, scope, unknown, looked: 0 }.say(logic)
            }
            _ => Err(first),
        }
    }

    pub(super) fn kind(&self, path: &InputPath) -> Option<AttributeType> {
        self.0.reads.iter().find(|read| read.path == *path).map(|read| read.kind)
    }
}

fn run(engine: &Engine, scope: &mut Scope<'_>, ast: &AST) -> Result<bool, ConditionError> {
    match engine.eval_ast_with_scope::<Dynamic>(scope, ast) {
        Ok(answer) => answer.as_bool().map_err(|_| ConditionError::Failed),
        Err(error) => Err(ConditionError::of(&error)),
    }
}

/// A condition that is asked part by part.
struct Parts<'p> {
    engine: &'p Engine,
    scope: Scope<'p>,
    /// Why some of what it reads is not known, by number.
    unknown: Vec<(usize, ConditionError)>,
    /// How many parts were looked at.
    looked: u32,
}

impl Parts<'_> {
    fn say(&mut self, logic: &Logic) -> Result<bool, ConditionError> {
        match logic {
            Logic::All(parts) => self.settle(parts, false),
            Logic::Any(parts) => self.settle(parts, true),
            Logic::Not(inner) => self.say(inner).map(|answer| !answer),
            Logic::Same(both) => {
                let [left, right] = &**both;
                Ok(self.say(left)? == self.say(right)?)
            }
            Logic::Leaf(part) => self.ask(part),
        }
    }

    /// What several parts come to, of which one that says `settles` is enough.
    fn settle(&mut self, parts: &[Logic], settles: bool) -> Result<bool, ConditionError> {
        let mut unknown = None;
        for part in parts {
            match self.say(part) {
                Ok(answer) if answer == settles => return Ok(settles),
                Ok(_) => {}
                Err(error) if error.ends_it() => return Err(error),
                Err(error) => unknown = unknown.or(Some(error)),
            }
        }
        unknown.map_or(Ok(!settles), Err)
    }

    fn ask(&mut self, part: &Leaf) -> Result<bool, ConditionError> {
        // Each part counts its steps from the start, so the clock is looked at here.
        self.looked += 1;
        if self.looked.is_multiple_of(LOOK_EVERY) && limits::overdue() {
            return Err(ConditionError::OutOfTime);
        }
        match self.unknown.iter().find(|(index, _)| part.reads.contains(index)) {
            Some((_, error)) => {
                let error = error.clone();
                let unknown = |index| self.unknown.iter().any(|(known, _)| *known == index);
                let rest = part.without(unknown);
                match rest.map(|rest| run(self.engine, &mut self.scope, &rest)) {
                    Some(Ok(true)) => Ok(true),
                    _ => Err(error),
                }
            }
            None => run(self.engine, &mut self.scope, &part.ast),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.0.source).finish()
    }
}

impl PartialEq for Condition {
    /// Conditions are equal if they read the same and say the same of it.
    fn eq(&self, other: &Self) -> bool {
        let kinds = |this: &Self| this.0.reads.iter().map(|read| read.kind).collect::<Vec<_>>();
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.source == other.0.source && kinds(self) == kinds(other))
    }
}

/// A value as the script engine holds it, if it is of the type that was declared.
fn bind(read: &Read, value: &Value<'_>, unsettled: &[&str]) -> Result<Dynamic, ConditionError> {
    Ok(match (read.kind, value) {
        (AttributeType::Boolean, Value::Bool(value)) => Dynamic::from_bool(*value),
        // What was sent as the text of an instant is milliseconds by now.
        (AttributeType::Integer | AttributeType::Instant, found) => {
            Dynamic::from_int(found.whole().ok_or_else(|| ill_typed(read, found))?)
        }
        // As it was sent: it is compared to the last digit.
        (AttributeType::Decimal, Value::Int(value)) => Dynamic::from_int(*value),
        (AttributeType::Decimal, Value::Float(value)) if value.is_finite() => {
            Dynamic::from_float(*value)
        }
        (AttributeType::Text, Value::Text(text)) if text.len() <= MAX_TEXT => {
            Dynamic::from(ImmutableString::from(&**text))
        }
        (AttributeType::Texts, Value::Text(text)) if text.len() <= MAX_TEXT => {
            Dynamic::from(Texts::of([short(text)]))
        }
        (AttributeType::Text | AttributeType::Texts, Value::Text(_)) => {
            return Err(ConditionError::TooLarge(read.path.clone()));
        }
        (AttributeType::Texts, Value::List(items)) => {
            let texts = texts(read, items)?;
            Dynamic::from(match read.path {
                InputPath::SubjectRoles => texts.and_perhaps(unsettled),
                _ => texts,
            })
        }
        (_, found) => return Err(ill_typed(read, found)),
    })
}

fn texts(read: &Read, items: &[Value<'_>]) -> Result<Texts, ConditionError> {
    let mut bytes = 0_usize;
    let texts = items.iter().map(|item| match item {
        Value::Text(text) => {
            bytes = bytes.saturating_add(text.len());
            Ok(short(text))
        }
        other => Err(ill_typed(read, other)),
    });
    let texts: Arc<[_]> = if items.len() > MAX_ITEMS {
        return Err(ConditionError::TooLarge(read.path.clone()));
    } else {
        texts.collect::<Result<_, _>>()?
    };
    if bytes > MAX_LIST_BYTES {
        return Err(ConditionError::TooLarge(read.path.clone()));
    }
    Ok(Texts::of(texts))
}

fn ill_typed(read: &Read, found: &Value<'_>) -> ConditionError {
    ConditionError::Type { path: read.path.clone(), expected: read.kind, found: found.type_name() }
}

impl ConditionError {
    /// Whether nothing more is to be asked: what ran out is not to be spent on other parts.
    fn ends_it(&self) -> bool {
        matches!(self, Self::TooManySteps | Self::OutOfTime | Self::Failed)
    }

    /// What the script engine says, in our words.
    fn of(error: &EvalAltResult) -> Self {
        match error {
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => Self::of(inner),
            EvalAltResult::ErrorArithmetic(..) => Self::Arithmetic,
            EvalAltResult::ErrorTooManyOperations(_) => Self::TooManySteps,
            EvalAltResult::ErrorTerminated(..) => Self::OutOfTime,
            EvalAltResult::ErrorRuntime(reason, _) => {
                match reason.read_lock::<Refusal>().as_deref() {
                    Some(Refusal::NotAnAddress) => Self::NotAnAddress,
                    Some(Refusal::BeyondCalendar) => Self::BeyondCalendar,
                    Some(Refusal::OutOfTime) => Self::OutOfTime,
                    Some(Refusal::NotANumber) => Self::Arithmetic,
                    Some(Refusal::Unsettled) => Self::Unsettled,
                    None => Self::Failed,
                }
            }
            _ => Self::Failed,
        }
    }
}
