//! What the checks found, to be pasted into a ticket or read by a program.

use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// Everything that a run found.
#[derive(Debug, Clone, Serialize)]
pub struct ConformanceReport {
    /// Whether no check failed.
    pub passed: bool,
    /// The version of the host.
    pub host: String,
    /// The component, as errors name it.
    pub component: String,
    /// Its digest.
    pub digest: String,
    /// Its size.
    pub bytes: usize,
    /// What it says of itself; nothing where it was refused.
    pub family: Option<About>,
    /// How many questions were put together.
    pub rounds: u32,
    /// From what: the same seed asks the same.
    pub seed: u64,
    /// Rows of the tables.
    pub rows: usize,
    /// Whether it was tested as an interpreted family.
    pub interpreted: bool,
    /// Each check, in order.
    pub checks: Vec<Check>,
}

/// What a loaded family says of itself.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The version of the interface that it was built against.
    pub interface: String,
    /// How long compiling took, in milliseconds.
    pub compile_ms: f64,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Ok,
    /// It holds, and something should be looked at.
    Warning,
    /// It does not hold.
    Failed,
    /// Nothing could be said.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// One line with the figures.
    pub summary: String,
    /// The figures for programs.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub figures: Map<String, Value>,
    /// What was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong and what to do.
    pub message: String,
    /// The question that shows it, as a row of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Whether it fails the check, or is only to be looked at.
    pub fails: bool,
}

/// Findings of one check that are told one by one.
const TOLD: usize = 3;

impl Check {
    /// A check that holds so far.
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            verdict: Verdict::Ok,
            summary: String::new(),
            figures: Map::new(),
            findings: Vec::new(),
        }
    }

    /// A check of which nothing can be said.
    pub(super) fn skipped(name: &'static str, why: &str) -> Self {
        Self { verdict: Verdict::Skipped, summary: why.to_owned(), ..Self::new(name) }
    }

    pub(super) fn fail(&mut self, message: impl Into<String>, row: Option<String>) {
        self.verdict = Verdict::Failed;
        self.findings.push(Finding { message: message.into(), row, fails: true });
    }

    pub(super) fn warn(&mut self, message: impl Into<String>, row: Option<String>) {
        if self.verdict == Verdict::Ok {
            self.verdict = Verdict::Warning;
        }
        self.findings.push(Finding { message: message.into(), row, fails: false });
    }

    pub(super) fn figure(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.insert(name.to_owned(), value.into());
    }

    pub(super) fn summed(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Whether enough was found to stop looking.
    pub(super) fn is_clear(&self) -> bool {
        self.findings.iter().filter(|finding| finding.fails).count() >= TOLD
    }
}

impl ConformanceReport {
    /// Adds a check.
    pub(super) fn push(&mut self, check: Check) {
        self.passed &= check.verdict != Verdict::Failed;
        self.checks.push(check);
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        })
    }
}

impl fmt::Display for ConformanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passed { "passed" } else { "FAILED" };
        match &self.family {
            Some(about) => writeln!(f, "{} {}: {verdict}", about.id, about.version)?,
            None => writeln!(f, "{}: {verdict}", self.component)?,
        }
        writeln!(f, "  component  {}", self.component)?;
        writeln!(f, "  digest     {}", self.digest)?;
        write!(f, "  size       {}", size(self.bytes))?;
        if let Some(about) = &self.family {
            let compiled = Duration::from_secs_f64(about.compile_ms.max(0.0) / 1e3);
            write!(f, ", compiled in {}", time(compiled))?;
            write!(f, "\n  interface  permesso:family@{}", about.interface)?;
        }
        writeln!(f, "\n  host       permesso {}", self.host)?;
        let how = if self.interpreted { ", as an interpreted family" } else { "" };
        writeln!(
            f,
            "  asked      {} and {} from seed {}{how}\n",
            counted(self.rows, "row", "rows"),
            counted(count(self.rounds), "question", "questions"),
            self.seed
        )?;
        for check in &self.checks {
            writeln!(f, "  {:<7}  {:<9}  {}", check.verdict, check.name, check.summary)?;
        }
        for check in self.checks.iter().filter(|check| !check.findings.is_empty()) {
            writeln!(f, "\n{}: {}", check.name, check.verdict)?;
            for finding in &check.findings {
                let mark = if finding.fails { "-" } else { "~" };
                writeln!(f, "  {mark} {}", finding.message.replace('\n', "\n    "))?;
                if let Some(row) = &finding.row {
                    writeln!(f, "    {row}")?;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A number of things.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{} {many}", grouped(count)),
    }
}

/// A number as people read it.
pub(super) fn grouped(number: usize) -> String {
    indicatif::HumanCount(u64::try_from(number).unwrap_or(u64::MAX)).to_string()
}

/// Bytes as people read them.
pub(super) fn size(bytes: usize) -> String {
    indicatif::HumanBytes(u64::try_from(bytes).unwrap_or(u64::MAX)).to_string()
}

/// A time in the unit that suits it.
pub(super) fn time(time: Duration) -> String {
    let nanos = time.as_secs_f64() * 1e9;
    let (value, unit) = match nanos {
        ..1e3 => (nanos, "ns"),
        ..1e6 => (nanos / 1e3, "µs"),
        ..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_unit_that_suits_them() {
        let told = [5, 1_234, 56_789, 7_000_000, 65_000_000_000]
            .map(|nanos| time(Duration::from_nanos(nanos)));
        assert_eq!(told, ["5.00 ns", "1.23 µs", "56.8 µs", "7.00 ms", "65.0 s"]);
    }

    #[test]
    fn a_warning_does_not_hide_a_failure() {
        let mut check = Check::new("c");
        check.fail("broken", None);
        check.warn("odd", None);
        assert_eq!(check.verdict, Verdict::Failed);
    }
}
