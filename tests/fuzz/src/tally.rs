//! What was tried: a run in which nothing compiles, or everything does, says little.

use crate::check::Seen;
use crate::generate::Kind;
use crate::measure::Cost;
use comfy_table::{CellAlignment, Table, presets};
use std::collections::BTreeMap;
use std::fmt;

/// What was seen of all texts.
#[derive(Debug, Default)]
pub struct Tally {
    rows: [Row; Kind::ALL.len()],
    mistakes: BTreeMap<String, u64>,
    errors: BTreeMap<String, u64>,
    /// At how many instants the answer had to be, and was, the same as before.
    pub instants: u64,
}

/// What was seen of the texts of a kind.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    texts: u64,
    compiled: u64,
    yes: u64,
    no: u64,
    errors: u64,
    compile: Cost,
    evaluate: Cost,
}

impl Tally {
    /// Adds a text.
    pub fn add(&mut self, kind: Kind, seen: &Seen) {
        let Some(row) = self.rows.get_mut(kind as usize) else { return };
        row.texts += 1;
        row.compiled += u64::from(seen.mistakes.is_empty());
        row.compile = row.compile.max(seen.compile);
        row.evaluate = row.evaluate.max(seen.evaluate);
        for answer in &seen.answers {
            match answer {
                Ok(true) => row.yes += 1,
                Ok(false) => row.no += 1,
                Err(error) => {
                    row.errors += 1;
                    *self.errors.entry(name(error)).or_default() += 1;
                }
            }
        }
        for mistake in &seen.mistakes {
            *self.mistakes.entry(name(mistake)).or_default() += 1;
        }
        self.instants += seen.instants;
    }

    /// How many texts there were.
    #[must_use]
    pub fn texts(&self) -> u64 {
        self.rows.iter().map(|row| row.texts).sum()
    }

    /// How many of them are conditions.
    #[must_use]
    pub fn compiled(&self) -> u64 {
        self.rows.iter().map(|row| row.compiled).sum()
    }

    /// How often each mistake was found.
    #[must_use]
    pub fn mistakes(&self) -> &BTreeMap<String, u64> {
        &self.mistakes
    }

    /// How often each error was the answer.
    #[must_use]
    pub fn errors(&self) -> &BTreeMap<String, u64> {
        &self.errors
    }
}

/// The name of a variant.
fn name(variant: &dyn fmt::Debug) -> String {
    struct Head(String);
    impl fmt::Write for Head {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
            self.0.push_str(text.get(..end).unwrap_or_default());
            if end == text.len() { Ok(()) } else { Err(fmt::Error) }
        }
    }
    let mut head = Head(String::new());
    // It fails on purpose as soon as the name is complete.
    let _ = fmt::write(&mut head, format_args!("{variant:?}"));
    head.0
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header([
            "",
            "texts",
            "compiled",
            "refused",
            "true",
            "false",
            "errors",
            "slowest compile",
            "evaluation",
            "most memory",
        ]);
        let all = self.rows.iter().fold(Row::default(), Row::plus);
        let names = Kind::ALL.map(Kind::name).into_iter().chain(["all"]);
        for (name, row) in names.zip(self.rows.iter().chain([&all])) {
            table.add_row([
                name.to_owned(),
                row.texts.to_string(),
                row.compiled.to_string(),
                (row.texts - row.compiled).to_string(),
                row.yes.to_string(),
                row.no.to_string(),
                row.errors.to_string(),
                format!("{} µs", row.compile.time.as_micros()),
                format!("{} µs", row.evaluate.time.as_micros()),
                format!("{} KiB", row.compile.max(row.evaluate).bytes.div_ceil(1024)),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{table}")?;
        writeln!(f, "instants before the next change: {}", self.instants)?;
        for (title, counts) in [("errors", &self.errors), ("mistakes", &self.mistakes)] {
            let counts: Vec<_> = counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
            writeln!(f, "{title}: {}", counts.join(", "))?;
        }
        Ok(())
    }
}

impl Row {
    fn plus(self, other: &Self) -> Self {
        Self {
            texts: self.texts + other.texts,
            compiled: self.compiled + other.compiled,
            yes: self.yes + other.yes,
            no: self.no + other.no,
            errors: self.errors + other.errors,
            compile: self.compile.max(other.compile),
            evaluate: self.evaluate.max(other.evaluate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_engine::condition::{ConditionError, Mistake};

    #[test]
    fn a_variant_is_counted_by_its_name() {
        assert_eq!(name(&Mistake::TooLong("4,096 bytes")), "TooLong");
        assert_eq!(name(&Mistake::Literal { value: "x".into(), wanted: "y" }), "Literal");
        assert_eq!(name(&ConditionError::Failed), "Failed");
    }
}
