//! Questions that nobody thought of.
//!
//! Made of nothing but chance they would hardly ever meet a rule: an id has to name the owner, a
//! state has to be one that the rules know. So values are put together from the words of the
//! tables, the manifest and the configuration's schema, and every other question is a row of a
//! table with something changed. In between lies what is extreme: the ends of every type, long
//! lists, odd Unicode.

use super::dice::Dice;
use super::table::Row;
use jiff::Timestamp;
use permesso_engine::family::{Input, InputKind, Manifest, Question};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Texts that are no words: empty, blank, combining marks, right to left, joined emoji, NUL, a
/// byte-order mark, a line of two, what looks like a path or JSON.
const ODD: [&str; 14] = [
    "",
    " ",
    "\u{0}",
    "a\u{301}\u{323}",
    "\u{e1}\u{323}",
    "\u{202e}abc\u{202c}",
    "שלום",
    "👩‍👩‍👧‍👦",
    "\u{feff}ann",
    "a\nb\r\n",
    "../..",
    "{\"a\": 1}",
    "İstanbul",
    "-1",
];
/// Ids that tables tend not to name.
const WORDS: [&str; 6] = ["ann", "bob", "true", "none", "admin", "0"];
const NUMBERS: [i64; 8] = [0, 1, -1, 2, i64::MIN, i64::MAX, i64::MIN + 1, 9_007_199_254_740_993];
const DECIMALS: [f64; 9] =
    [0.0, -0.0, 1.0, -1.0, 0.5, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 1e-320];
/// The ends of instants that calendars have, the epoch, and days around one of the present.
const INSTANTS: [i64; 8] = [
    0,
    -1,
    i64::MIN,
    i64::MAX,
    253_402_300_799_999,
    1_782_896_400_000,
    1_782_982_800_000,
    1_767_225_600_000,
];
/// Bytes of the longest text that a host passes on.
const LONGEST: usize = 4 << 10;

/// What values are made of.
#[derive(Debug)]
pub(super) struct Pool {
    /// What the tables give to each input.
    by_input: Vec<Vec<Input<'static>>>,
    words: Vec<String>,
    numbers: Vec<i64>,
    decimals: Vec<f64>,
    instants: Vec<i64>,
    rows: Vec<Question<'static>>,
}

impl Pool {
    /// Gathers what the tables, the manifest and the configuration's schema say.
    pub(super) fn new(manifest: &Manifest, rows: &[Row]) -> Self {
        let mut found = Found::default();
        found.manifest(manifest);
        let mut by_input = vec![Vec::new(); manifest.inputs.len()];
        for row in rows {
            for (input, values) in row.question.inputs.iter().zip(&mut by_input) {
                let Some(input) = input else { continue };
                found.input(input);
                if !matches!(input, Input::Null) && !values.contains(input) {
                    values.push(input.clone());
                }
            }
        }
        let mut instants: BTreeSet<i64> = found.instants;
        instants.extend(found.words.iter().filter_map(|word| instant(word)));
        let decimals = found.numbers.iter().flat_map(|&number| {
            #[expect(clippy::cast_precision_loss, reason = "any number near it will do")]
            let number = number as f64;
            [number, number + 0.5]
        });
        let mut pooled = Self {
            by_input,
            decimals: decimals.chain(found.decimals).chain(DECIMALS).collect(),
            numbers: near(found.numbers).chain(NUMBERS).collect(),
            instants: near(instants).chain(INSTANTS).collect(),
            words: found.words.into_iter().collect(),
            rows: rows.iter().map(|row| row.question.clone()).collect(),
        };
        pooled.decimals.retain(|number| number.is_finite());
        pooled
    }

    /// A question.
    pub(super) fn question(&self, dice: &mut Dice, manifest: &Manifest) -> Question<'static> {
        let permission = dice.roll(manifest.permissions.len());
        let kind = dice.roll(manifest.kinds.len() + 1);
        let index = |index: usize| u32::try_from(index).unwrap_or(0);
        let kind = (kind < manifest.kinds.len()).then(|| index(kind));
        if dice.once_in(2)
            && let Some(row) = dice.pick(&self.rows)
        {
            let mut question = row.clone();
            if dice.once_in(6) {
                question.permission = index(permission);
            }
            if dice.once_in(8) {
                question.kind = kind;
            }
            for _ in 0..=dice.roll(3) {
                let at = dice.roll(manifest.inputs.len());
                if let Some((spec, slot)) = manifest.inputs.get(at).zip(question.inputs.get_mut(at))
                {
                    *slot = self.slot(dice, at, spec.kind);
                }
            }
            return question;
        }
        let inputs = manifest.inputs.iter().enumerate();
        let inputs = inputs.map(|(at, spec)| self.slot(dice, at, spec.kind)).collect();
        Question { permission: index(permission), kind, inputs }
    }

    /// What an input may be: absent, null or a value.
    pub(super) fn slot(
        &self,
        dice: &mut Dice,
        at: usize,
        kind: InputKind,
    ) -> Option<Input<'static>> {
        match dice.roll(10) {
            0 | 1 => None,
            2 => Some(Input::Null),
            3..=6 => {
                let given = self.by_input.get(at).and_then(|values| dice.pick(values)).cloned();
                given.or_else(|| Some(self.value(dice, kind)))
            }
            _ => Some(self.value(dice, kind)),
        }
    }

    /// What an input may be, likelier things first: for trying one after another.
    pub(super) fn slots(
        &self,
        dice: &mut Dice,
        at: usize,
        kind: InputKind,
        count: usize,
    ) -> Vec<Option<Input<'static>>> {
        let mut slots = vec![None, Some(Input::Null)];
        if kind == InputKind::Boolean {
            slots.extend([Some(Input::Boolean(true)), Some(Input::Boolean(false))]);
            return slots;
        }
        slots.extend((0..count).map(|_| self.slot(dice, at, kind)));
        slots
    }

    fn value(&self, dice: &mut Dice, kind: InputKind) -> Input<'static> {
        const ANY: [InputKind; 6] = [
            InputKind::Boolean,
            InputKind::Integer,
            InputKind::Decimal,
            InputKind::Text,
            InputKind::Texts,
            InputKind::Table,
        ];
        match kind {
            InputKind::Boolean => Input::Boolean(dice.once_in(2)),
            InputKind::Integer => {
                Input::Integer(dice.pick(&self.numbers).copied().unwrap_or_default())
            }
            InputKind::Decimal => {
                Input::Decimal(dice.pick(&self.decimals).copied().unwrap_or_default())
            }
            InputKind::Instant => {
                Input::Instant(dice.pick(&self.instants).copied().unwrap_or_default())
            }
            InputKind::Text => Input::Text(self.text(dice)),
            InputKind::Texts => Input::Texts(self.texts(dice)),
            InputKind::Table => Input::Table(self.table(dice)),
            InputKind::Any => {
                let kind = dice.pick(&ANY).copied().unwrap_or(InputKind::Text);
                self.value(dice, kind)
            }
        }
    }

    fn text(&self, dice: &mut Dice) -> Cow<'static, str> {
        match dice.roll(60) {
            0 => "x".repeat(LONGEST).into(),
            1 => "é".repeat(LONGEST / 2).into(),
            2..=5 => dice.pick(&ODD).copied().unwrap_or_default().into(),
            6..=8 => self.word(dice).to_uppercase().into(),
            9 => format!(" {} ", self.word(dice)).into(),
            10..=12 => WORDS.get(dice.roll(WORDS.len())).copied().unwrap_or_default().into(),
            _ => self.word(dice).to_owned().into(),
        }
    }

    fn word(&self, dice: &mut Dice) -> &str {
        dice.pick(&self.words).map_or("ann", String::as_str)
    }

    fn texts(&self, dice: &mut Dice) -> Vec<Cow<'static, str>> {
        match dice.roll(80) {
            0 => (0..1_000).map(|_| self.word(dice).to_owned().into()).collect(),
            1..=10 => {
                let word = self.text(dice);
                vec![word.clone(), word]
            }
            _ => (0..dice.roll(4)).map(|_| self.text(dice)).collect(),
        }
    }

    fn table(&self, dice: &mut Dice) -> Vec<(Cow<'static, str>, Vec<Cow<'static, str>>)> {
        // No host sends two rows with one key.
        let mut seen = BTreeSet::new();
        let count = if dice.once_in(80) { 200 } else { dice.roll(4) };
        let mut rows = Vec::with_capacity(count);
        for number in 0..count {
            let key = self.text(dice);
            let key = if seen.contains(&key) { format!("{key}{number}").into() } else { key };
            if seen.insert(key.clone()) {
                let values = match count {
                    200 => vec![self.word(dice).to_owned().into()],
                    _ => self.texts(dice),
                };
                rows.push((key, values));
            }
        }
        rows
    }
}

/// Each number and those beside it, where limits tend to be off by one.
fn near(numbers: BTreeSet<i64>) -> impl Iterator<Item = i64> {
    numbers
        .into_iter()
        .flat_map(|number| [number, number.saturating_sub(1), number.saturating_add(1)])
}

fn instant(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// What has been gathered so far, sorted so that the same tables give the same questions.
#[derive(Default)]
struct Found {
    words: BTreeSet<String>,
    numbers: BTreeSet<i64>,
    decimals: Vec<f64>,
    instants: BTreeSet<i64>,
}

impl Found {
    /// A text, and the parts of one that is put together from several.
    fn word(&mut self, text: &str) {
        const MAX: usize = 256;
        if text.len() <= MAX {
            self.words.insert(text.to_owned());
            let parts = text.split(['/', ',', ';', '|']).filter(|part| !part.is_empty());
            self.words.extend(parts.map(str::to_owned));
        }
    }

    fn manifest(&mut self, manifest: &Manifest) {
        let lists = [&manifest.permissions, &manifest.kinds, &manifest.requires, &manifest.floors];
        for text in lists.into_iter().flatten() {
            self.word(text);
        }
        for reason in &manifest.reasons {
            self.word(&reason.code);
        }
        for duty in &manifest.obligations {
            self.word(&duty.code);
            for value in &duty.values {
                self.word(value);
            }
        }
        self.words.extend(WORDS.map(str::to_owned));
        if let Ok(schema) = serde_json::from_str(&manifest.config_schema) {
            self.json(&schema);
        }
    }

    /// The words of a schema: names of properties, values of enumerations, examples, and
    /// sentences for people, which do no harm.
    fn json(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) if text.len() <= 40 => self.word(text),
            serde_json::Value::Number(number) => self.numbers.extend(number.as_i64()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.json(item)),
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    self.word(name);
                    self.json(member);
                }
            }
            _ => {}
        }
    }

    fn input(&mut self, input: &Input<'_>) {
        match input {
            Input::Null | Input::Boolean(_) => {}
            Input::Integer(number) => _ = self.numbers.insert(*number),
            Input::Decimal(number) => self.decimals.push(*number),
            Input::Instant(instant) => _ = self.instants.insert(*instant),
            Input::Text(text) => self.word(text),
            Input::Texts(texts) => texts.iter().for_each(|text| self.word(text)),
            Input::Table(rows) => {
                for (key, values) in rows {
                    self.word(key);
                    values.iter().for_each(|text| self.word(text));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::manifest;
    use super::super::table::parse;
    use super::*;
    use std::path::Path;

    fn pool() -> Pool {
        let table = r#"{"case": "c", "permission": "doc.view", "inputs": {"subject.id": "carla", "resource.labels": {"k": ["2026-01-01T00:00:00Z/x"]}}, "answer": "abstain"}"#;
        Pool::new(&manifest(), &parse(Path::new("t"), table, &manifest()).unwrap())
    }

    fn questions(seed: u64) -> Vec<Question<'static>> {
        let (pool, mut dice) = (pool(), Dice::new(seed));
        (0..3_000).map(|_| pool.question(&mut dice, &manifest())).collect()
    }

    #[test]
    fn questions_fit_the_manifest_and_repeat_themselves() {
        let manifest = manifest();
        let asked = questions(1);
        assert_eq!(asked, questions(1));
        assert_ne!(asked, questions(2));
        for question in &asked {
            assert!(usize::try_from(question.permission).unwrap() < manifest.permissions.len());
            assert!(question.kind.is_none_or(|kind| kind == 0));
            for (spec, input) in manifest.inputs.iter().zip(&question.inputs) {
                let fits = match (spec.kind, input) {
                    (_, None | Some(Input::Null))
                    | (InputKind::Boolean, Some(Input::Boolean(_)))
                    | (InputKind::Texts, Some(Input::Texts(_)))
                    | (InputKind::Table, Some(Input::Table(_)))
                    | (InputKind::Instant, Some(Input::Instant(_))) => true,
                    (InputKind::Text, Some(Input::Text(text))) => text.len() <= LONGEST,
                    (InputKind::Decimal, Some(Input::Decimal(number))) => number.is_finite(),
                    _ => false,
                };
                assert!(fits, "{spec:?} {input:?}");
            }
        }
    }

    #[test]
    fn words_of_tables_and_extremes_are_among_them() {
        let asked = questions(1);
        let some = |wanted: &dyn Fn(&Input<'_>) -> bool| {
            asked.iter().flat_map(|question| &question.inputs).flatten().any(wanted)
        };
        assert!(some(&|input| *input == Input::Text("carla".into())));
        assert!(some(&|input| *input == Input::Instant(1_767_225_599_999)));
        assert!(some(&|input| *input == Input::Instant(i64::MIN)));
        assert!(some(&|input| matches!(input, Input::Text(text) if text.len() == LONGEST)));
        assert!(some(&|input| matches!(input, Input::Texts(texts) if texts.len() == 1_000)));
        assert!(some(&|input| matches!(input, Input::Table(rows) if rows.len() > 150)));
        assert!(some(
            &|input| matches!(input, Input::Decimal(number) if number.is_sign_negative() && *number == 0.0)
        ));
    }
}
