//! The outcome of decision tables as the XML that CI systems read: a suite for each table, a case
//! for each row.

use super::{tree, verdict};
use crate::Failure;
use permesso_folders::table::{Expect, RowOutcome, TableError};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// All tables.
#[derive(Debug, Default)]
pub(super) struct Junit(Vec<Suite>);

#[derive(Debug)]
struct Suite {
    name: String,
    took: Duration,
    cases: Vec<Case>,
}

/// A row of a table, or what is told like one.
#[derive(Debug)]
pub(super) struct Case {
    name: String,
    place: Option<(PathBuf, usize)>,
    came: Came,
}

/// What came of a case, and how that is told: in short, and at length.
#[derive(Debug)]
enum Came {
    Passed,
    Failed(String, String),
    /// Nothing could be asked.
    Error(String),
}

impl Junit {
    /// Adds a table.
    pub(super) fn table(&mut self, table: &Path, cases: Vec<Case>, took: Duration) {
        self.add(table.display().to_string(), took, cases);
    }

    /// Adds a table that cannot be asked.
    pub(super) fn unreadable(&mut self, table: &Path, error: &TableError) {
        let line = match error {
            TableError::Row { line, .. } => *line,
            _ => 1,
        };
        let case = Case {
            name: format!("line {line}"),
            place: Some((table.to_owned(), line)),
            came: Came::Error(error.to_string()),
        };
        self.add(table.display().to_string(), Duration::ZERO, vec![case]);
    }

    /// Adds what less was covered of than was demanded.
    pub(super) fn uncovered(&mut self, below: &[String]) {
        let cases = below.iter().map(|line| Case {
            name: line.clone(),
            place: None,
            came: Came::Failed(line.clone(), String::new()),
        });
        let cases: Vec<Case> = cases.collect();
        if !cases.is_empty() {
            self.add("coverage".to_owned(), Duration::ZERO, cases);
        }
    }

    /// There was nothing to run.
    pub(super) fn empty(&mut self) {
        let why = "there is no row in these tables; nothing was tested".to_owned();
        let came = Came::Failed(why, String::new());
        self.add(
            "tables".to_owned(),
            Duration::ZERO,
            vec![Case { name: "rows".to_owned(), place: None, came }],
        );
    }

    fn add(&mut self, name: String, took: Duration, cases: Vec<Case>) {
        self.0.push(Suite { name, took, cases });
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        std::fs::write(path, self.xml())
            .map_err(|error| Failure(format!("error: cannot write `{}`: {error}", path.display())))
    }

    fn xml(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let all: Vec<&Case> = self.0.iter().flat_map(|suite| &suite.cases).collect();
        let took = self.0.iter().map(|suite| suite.took).sum();
        let _ = writeln!(out, "<testsuites name=\"permesso\"{}>", totals(&all, took));
        for suite in &self.0 {
            let cases: Vec<&Case> = suite.cases.iter().collect();
            let (name, totals) = (attribute(&suite.name), totals(&cases, suite.took));
            let _ = writeln!(out, "  <testsuite name=\"{name}\"{totals}>");
            suite.cases.iter().for_each(|case| case.write(&mut out, &name));
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

impl Case {
    /// What came of a row.
    pub(super) fn of(table: &Path, outcome: &RowOutcome) -> Self {
        Self {
            name: outcome.row.id.clone(),
            place: Some((table.to_owned(), outcome.line)),
            came: came(outcome),
        }
    }

    fn write(&self, out: &mut String, suite: &str) {
        let name = attribute(&self.name);
        let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{suite}\"");
        if let Some((file, line)) = &self.place {
            let file = attribute(&file.display().to_string());
            let _ = write!(out, " file=\"{file}\" line=\"{line}\"");
        }
        let (what, message, text) = match &self.came {
            Came::Passed => {
                out.push_str("/>\n");
                return;
            }
            Came::Failed(message, text) => ("failure", message, text.as_str()),
            Came::Error(message) => ("error", message, ""),
        };
        let (message, text) = (attribute(message), content(text));
        let _ =
            writeln!(out, ">\n      <{what} type=\"{what}\" message=\"{message}\">{text}</{what}>");
        out.push_str("    </testcase>\n");
    }
}

fn totals(cases: &[&Case], took: Duration) -> String {
    let count = |fits: fn(&Came) -> bool| cases.iter().filter(|case| fits(&case.came)).count();
    let failures = count(|came| matches!(came, Came::Failed(..)));
    let errors = count(|came| matches!(came, Came::Error(_)));
    format!(
        " tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"{:.3}\"",
        cases.len(),
        took.as_secs_f64()
    )
}

fn came(outcome: &RowOutcome) -> Came {
    if outcome.passed() {
        return Came::Passed;
    }
    match &outcome.result {
        Ok(found) => {
            let wanted = match outcome.row.expect {
                Expect::Allow => "allow",
                Expect::Deny => "deny",
            };
            let is = if found.decision.is_allow() { "allow" } else { "deny" };
            let reason = &found.decision.reason;
            let message = format!("expected {wanted}, came {is}: {} ({reason})", reason.code());
            let text = format!(
                "{}\n{}{}",
                outcome.row.because,
                tree(&found.trace, None),
                verdict(&found.decision)
            );
            Came::Failed(message, text)
        }
        Err(error) => Came::Error(error.to_string()),
    }
}

/// A text between the quotation marks of an attribute, where a line break would become a blank.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// A text between two tags. Most control characters cannot stand in XML at all.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c < ' ' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_xml_is_escaped() {
        assert_eq!(
            content("a < b && \"c\" > d\u{1b}\u{0}\r"),
            "a &lt; b &amp;&amp; \"c\" &gt; d\u{fffd}\u{fffd}&#13;"
        );
        assert_eq!(attribute("one\n\"two\"\t"), "one&#10;&quot;two&quot;&#9;");
    }
}
