//! Questions on their way into the guest.
//!
//! The bindings want every list as a slice of borrowed texts, the engine holds lists of its own
//! texts. Building a vector for each list would cost an allocation each; instead all texts of
//! all lists go into one buffer, all rows of all tables into a second, all inputs into a third,
//! each in the order in which the questions name them, and whoever needs a slice takes the next
//! so many. For one question the buffers live on the caller's stack, which is why they are
//! filled in place and never moved.

use super::bindings::exports::permesso::family::family as wit;
use permesso_engine::family::{Input, PlanQuestion, Question};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The texts of all lists, in order.
pub(super) type Texts<'q> = SmallVec<[&'q str; 32]>;
/// The rows of all tables, in order.
pub(super) type Rows<'b> = SmallVec<[wit::Row<'b>; 8]>;
/// All inputs, in order.
pub(super) type Inputs<'b> = SmallVec<[Option<wit::Input<'b>>; 32]>;

/// Collects the texts of all lists and answers with how many rows of tables there are.
pub(super) fn texts<'q>(questions: &'q [Question<'q>], buffer: &mut Texts<'q>) -> usize {
    let mut row_count = 0;
    for input in inputs_of(questions) {
        match input {
            Some(Input::Texts(list)) => buffer.extend(list.iter().map(Cow::as_ref)),
            Some(Input::Table(rows)) => {
                row_count += rows.len();
                for (_, values) in rows {
                    buffer.extend(values.iter().map(Cow::as_ref));
                }
            }
            _ => {}
        }
    }
    row_count
}

/// Collects the rows of all tables. To be skipped where there are none.
pub(super) fn rows<'b>(questions: &'b [Question<'b>], texts: &'b [&'b str], buffer: &mut Rows<'b>) {
    let mut texts = Take(texts);
    for input in inputs_of(questions) {
        match input {
            Some(Input::Texts(list)) => drop(texts.next(list.len())),
            Some(Input::Table(rows)) => {
                for (key, values) in rows {
                    buffer.push(wit::Row { key, values: texts.next(values.len()) });
                }
            }
            _ => {}
        }
    }
}

/// Collects all inputs.
pub(super) fn inputs<'b>(
    questions: &'b [Question<'b>],
    texts: &'b [&'b str],
    rows: &'b [wit::Row<'b>],
    buffer: &mut Inputs<'b>,
) {
    let (mut texts, mut rows) = (Take(texts), Take(rows));
    buffer.reserve(questions.iter().map(|question| question.inputs.len()).sum());
    for input in inputs_of(questions) {
        buffer.push(input.as_ref().map(|input| match input {
            Input::Null => wit::Input::Null,
            Input::Boolean(value) => wit::Input::Boolean(*value),
            Input::Integer(value) => wit::Input::Integer(*value),
            Input::Decimal(value) => wit::Input::Decimal(*value),
            Input::Text(text) => wit::Input::Text(text),
            Input::Texts(list) => wit::Input::Texts(texts.next(list.len())),
            Input::Table(table) => {
                texts.next(table.iter().map(|(_, values)| values.len()).sum());
                wit::Input::Table(rows.next(table.len()))
            }
            Input::Instant(value) => wit::Input::Instant(*value),
        }));
    }
}

/// One question with its inputs.
pub(super) fn question<'b>(
    question: &Question<'_>,
    inputs: &'b [Option<wit::Input<'b>>],
) -> wit::Question<'b> {
    wit::Question { permission: question.permission, kind: question.kind, inputs }
}

/// A question about all resources with its inputs.
pub(super) fn plan_question<'b>(
    asked: &'b PlanQuestion<'_>,
    inputs: &'b [Option<wit::Input<'b>>],
) -> wit::PlanQuestion<'b> {
    let PlanQuestion { question, open } = asked;
    wit::PlanQuestion { permission: question.permission, kind: question.kind, inputs, open }
}

/// Several questions with the inputs of all of them.
pub(super) fn questions<'b>(
    questions: &[Question<'_>],
    inputs: &'b [Option<wit::Input<'b>>],
) -> Vec<wit::Question<'b>> {
    let mut inputs = Take(inputs);
    questions.iter().map(|asked| question(asked, inputs.next(asked.inputs.len()))).collect()
}

fn inputs_of<'q>(
    questions: &'q [Question<'q>],
) -> impl Iterator<Item = &'q Option<Input<'q>>> + 'q {
    questions.iter().flat_map(|question| &question.inputs)
}

/// What is left of a buffer.
struct Take<'b, T>(&'b [T]);

impl<'b, T> Take<'b, T> {
    /// The next `count` entries.
    fn next(&mut self, count: usize) -> &'b [T] {
        // The buffer was filled by the same walk over the questions, so it never runs short.
        let (next, rest) = self.0.split_at_checked(count).unwrap_or((self.0, &[]));
        self.0 = rest;
        next
    }
}
