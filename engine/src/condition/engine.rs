//! The one script engine, with everything taken away that a condition does not need.
//!
//! It starts from nothing: no package is loaded, so there is no `eval`, `print`, `sleep`,
//! `pad`, `timestamp` or `exit` to be forgotten on a list of what is forbidden. Scripted
//! functions, modules, closures and the optimizer, which would write the value of a constant of
//! one request into a condition that decides the next, are not even compiled into the library.
//! Operators are the built-in ones; the checker has seen to it that both sides fit.

use super::calendar::Calendar;
use super::check::{Checker, Natives};
use super::evaluate::Condition;
use super::fault::{ConditionFault, Mistake};
use super::lexical;
use super::limits::{
    self, CLOCK_EVERY, MAX_DEPTH, MAX_ITEMS, MAX_OPERATIONS, MAX_SOURCE, MAX_TEXT,
};
use super::remarks;
use super::schema::AttributeSchema;
use super::values::{
    Integers, Networks, Refusal, SharedDates, SharedDays, SharedHours, Texts, short,
};
use crate::model::{Number, Position};
use permesso_names::folded;
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Scope, Token, Variant};
use std::cmp::Ordering;
use std::sync::Arc;

/// Compiles conditions, and evaluates them. One serves a whole process: building one costs
/// ten evaluations, cloning it copies two pointers.
#[derive(Debug, Clone)]
pub struct ConditionEngine {
    engine: Arc<Engine>,
    natives: Arc<Natives>,
}

impl Default for ConditionEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl ConditionEngine {
    /// Builds the engine.
    #[must_use]
    pub fn new() -> Self {
        let mut engine = Engine::new_raw();
        engine
            .set_strict_variables(true)
            .set_fail_on_invalid_map_property(true)
            .set_fast_operators(true)
            .set_allow_looping(false)
            .set_allow_if_expression(false)
            .set_allow_switch_expression(false)
            .set_allow_loop_expressions(false)
            .set_allow_statement_expression(false)
            .set_allow_shadowing(false)
            .set_max_operations(MAX_OPERATIONS)
            .set_max_expr_depths(MAX_DEPTH)
            .set_max_string_size(MAX_ITEMS * MAX_TEXT)
            .set_max_array_size(MAX_ITEMS)
            .set_max_map_size(MAX_ITEMS)
            .on_print(|_| {})
            .on_debug(|_, _, _| {})
            .on_progress(|operations| {
                (operations % CLOCK_EVERY == 0 && limits::overdue())
                    .then(|| Dynamic::from(Refusal::OutOfTime))
            });
        free_words(&mut engine);
        register(&mut engine);
        let natives = Natives::of(&engine, &NATIVES);
        Self { engine: Arc::new(engine), natives: Arc::new(natives) }
    }

    /// Compiles a condition.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in the order in which it stands there.
    pub fn compile(
        &self,
        source: &str,
        schema: &AttributeSchema,
    ) -> Result<Condition, Vec<ConditionFault>> {
        let fault = |mistake| {
            let at = Position { line: 1, column: 1 };
            vec![ConditionFault { at, mistake, help: None }]
        };
        if source.trim().is_empty() {
            return Err(fault(Mistake::Empty));
        }
        if source.len() > MAX_SOURCE {
            return Err(fault(Mistake::TooLong("4,096 bytes")));
        }
        remarks::check(source)?;
        let tokens = lexical::read(&self.engine, source)?;
        // The parser stops at the first name that it does not know. It is told of all of them,
        // and the checker then names each one that the schema does not have.
        let mut names = Scope::new();
        for name in tokens.names() {
            names.push_dynamic(name, Dynamic::UNIT);
        }
        let ast = self
            .engine
            .compile_expression_with_scope(&names, source)
            .map_err(|error| vec![lexical::parse_fault(&error, source)])?;
        let outline = Checker::new(schema, &self.natives, &tokens, source).check(&ast)?;
        Ok(Condition::new(Arc::clone(&self.engine), source, outline))
    }
}

/// The library keeps words for later, such as `shared`, `default` and `public`, that are good
/// names for attributes. Here they are names like any other, known to the checker or refused.
#[expect(deprecated, reason = "not deprecated: marked so because it may change")]
fn free_words(engine: &mut Engine) {
    engine.on_parse_token(|token, _, _| match token {
        Token::Reserved(word) if rhai::is_valid_identifier(&word) => Token::Identifier(word),
        token => token,
    });
}

fn refuse(refusal: Refusal) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(Dynamic::from(refusal), rhai::Position::NONE).into()
}

/// The names of the functions below.
const NATIVES: [&str; 16] = [
    "contains",
    "starts_with",
    "ends_with",
    "in_team",
    "in_cidr",
    "hour_in",
    "weekday_in",
    "date_in",
    "overlaps",
    // Of one argument; the checker writes another.
    "lower",
    // Nobody writes these: the checker puts them around what is calculated with decimals, and in
    // place of the operators between numbers of which one need not be whole.
    "finite",
    "decimal",
    "number_is",
    "number_is_not",
    "number_below",
    "number_at_most",
];

/// The functions. All are pure: what they say follows from their arguments alone.
fn register(engine: &mut Engine) {
    type Outcome = Result<bool, Box<EvalAltResult>>;
    engine
        .register_fn("contains", |text: ImmutableString, part: ImmutableString| {
            text.contains(part.as_str())
        })
        .register_fn("contains", |list: Texts, item: ImmutableString| -> Outcome {
            list.contains(&item).ok_or_else(|| refuse(Refusal::Unsettled))
        })
        .register_fn("contains", |list: Integers, item: i64| list.0.contains(&item))
        .register_fn("contains", |list: Array, item: ImmutableString| {
            list.iter().any(|other| {
                other.read_lock::<ImmutableString>().is_some_and(|other| *other == item)
            })
        })
        .register_fn("contains", |list: Array, item: i64| {
            list.iter().any(|other| other.as_int() == Ok(item))
        })
        .register_fn("starts_with", |text: ImmutableString, part: ImmutableString| {
            text.starts_with(part.as_str())
        })
        .register_fn("ends_with", |text: ImmutableString, part: ImmutableString| {
            text.ends_with(part.as_str())
        })
        .register_fn("in_team", |teams: Texts, branch: ImmutableString| teams.lie_in(&branch))
        .register_fn("in_cidr", |address: ImmutableString, networks: Networks| -> Outcome {
            networks.contain(&address).ok_or_else(|| refuse(Refusal::NotAnAddress))
        })
        .register_fn("finite", |number: f64, _: i64| -> Result<f64, Box<EvalAltResult>> {
            if number.is_finite() { Ok(number) } else { Err(refuse(Refusal::NotANumber)) }
        })
        .register_fn("hour_in", |at: i64, hours: SharedHours| -> Outcome {
            hours.0.holds_at(at).ok_or_else(|| refuse(Refusal::BeyondCalendar))
        })
        .register_fn("weekday_in", |at: i64, days: SharedDays| -> Outcome {
            days.0.holds_at(at).ok_or_else(|| refuse(Refusal::BeyondCalendar))
        })
        .register_fn("date_in", |at: i64, dates: SharedDates| -> Outcome {
            dates.0.holds_at(at).ok_or_else(|| refuse(Refusal::BeyondCalendar))
        })
        .register_fn("lower", |text: ImmutableString, _: i64| -> ImmutableString {
            folded(&text).into_owned().into()
        })
        .register_fn("lower", |list: Texts, _: i64| list.folded());
    register_overlaps(engine);
    register_numbers(engine);
}

/// Comparisons of numbers to the last digit, whatever they were written as, and what makes decimals
/// of them where they are calculated with.
fn register_numbers(engine: &mut Engine) {
    #[expect(clippy::cast_precision_loss, reason = "declared as a decimal, and calculated with")]
    let of_whole = |number: i64, _: i64| number as f64;
    engine.register_fn("decimal", of_whole).register_fn("decimal", |number: f64, _: i64| number);
    compared::<i64, i64>(engine);
    compared::<i64, f64>(engine);
    compared::<f64, i64>(engine);
    compared::<f64, f64>(engine);
}

fn compared<A, B>(engine: &mut Engine)
where
    A: Variant + Clone + Into<Number>,
    B: Variant + Clone + Into<Number>,
{
    type Outcome = Result<bool, Box<EvalAltResult>>;
    fn order(
        one: impl Into<Number>,
        other: impl Into<Number>,
    ) -> Result<Ordering, Box<EvalAltResult>> {
        one.into().compare(other.into()).ok_or_else(|| refuse(Refusal::NotANumber))
    }
    engine
        .register_fn("number_is", |one: A, other: B| -> Outcome {
            order(one, other).map(Ordering::is_eq)
        })
        .register_fn("number_is_not", |one: A, other: B| -> Outcome {
            order(one, other).map(Ordering::is_ne)
        })
        .register_fn("number_below", |one: A, other: B| -> Outcome {
            order(one, other).map(Ordering::is_lt)
        })
        .register_fn("number_at_most", |one: A, other: B| -> Outcome {
            order(one, other).map(Ordering::is_le)
        });
}

/// `overlaps` of lists that were written and lists that are read, in any order.
fn register_overlaps(engine: &mut Engine) {
    type Outcome = Result<bool, Box<EvalAltResult>>;
    fn overlap(one: &Texts, other: &Texts) -> Outcome {
        one.overlap(other).ok_or_else(|| refuse(Refusal::Unsettled))
    }
    fn texts(list: &Array) -> Texts {
        let items =
            list.iter().filter_map(|item| Some(short(&item.read_lock::<ImmutableString>()?)));
        Texts::of(items.collect::<Vec<_>>())
    }
    fn integers(list: &Array) -> Integers {
        Integers(list.iter().filter_map(|item| item.as_int().ok()).collect())
    }
    engine
        .register_fn("overlaps", |one: Texts, other: Texts| overlap(&one, &other))
        .register_fn("overlaps", |one: Texts, other: Array| overlap(&one, &texts(&other)))
        .register_fn("overlaps", |one: Array, other: Texts| overlap(&texts(&one), &other))
        .register_fn("overlaps", |one: Integers, other: Integers| one.overlap(&other))
        .register_fn("overlaps", |one: Integers, other: Array| one.overlap(&integers(&other)))
        .register_fn("overlaps", |one: Array, other: Integers| integers(&one).overlap(&other))
        .register_fn("overlaps", |one: Array, other: Array| -> Outcome {
            let both = (integers(&one), integers(&other));
            if both.0.overlap(&both.1) { Ok(true) } else { overlap(&texts(&one), &texts(&other)) }
        });
}
