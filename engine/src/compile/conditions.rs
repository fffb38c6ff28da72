//! Conditions of the documents: each is checked where it stands, and by its own cases.

use crate::condition::{AttributeSchema, ConditionEngine, ConditionTest};
use crate::diagnostic::Reporter;
use crate::model::Text;
use crate::snapshot::{Clause, Permissions};
use std::sync::LazyLock;

impl Permissions {
    /// Compiles the condition of something that grants, or that admits to a program.
    pub(super) fn granting_condition(
        &self,
        source: Option<&Text>,
        cases: &[ConditionTest],
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Option<Clause> {
        compiled(&self.schema, source, cases, field, report)
    }

    /// Compiles any other condition, which may ask which permissions are held as well.
    pub(super) fn condition(
        &self,
        source: Option<&Text>,
        cases: &[ConditionTest],
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Option<Clause> {
        compiled(&self.wide_schema, source, cases, field, report)
    }
}

/// Compiles a condition against what the catalog lets it read. One that is wrong, or that gets
/// one of its own cases wrong, is reported, and the documents refused.
fn compiled(
    schema: &AttributeSchema,
    source: Option<&Text>,
    cases: &[ConditionTest],
    field: &str,
    report: &mut Reporter<'_>,
) -> Option<Clause> {
    static ENGINE: LazyLock<ConditionEngine> = LazyLock::new(ConditionEngine::new);
    let Some(source) = source else {
        if !cases.is_empty() {
            let help = Some("add `condition`, or delete the cases".to_owned());
            let field = format!("{field}.cases");
            report.fault(Default::default(), field, "there are cases but no condition", help);
        }
        return None;
    };
    let condition = match ENGINE.compile(source, schema) {
        Ok(condition) => condition,
        Err(faults) => {
            for fault in faults {
                let (line, column) = (fault.at.line, fault.at.column);
                let message = format!("at {line}:{column} of the condition: {}", fault.message());
                report.fault(source.at(), format!("{field}.condition"), message, fault.help);
            }
            return None;
        }
    };
    let failures = condition.run_tests(cases);
    for failure in &failures {
        let help = Some("correct the condition or the case".to_owned());
        report.fault(source.at(), format!("{field}.cases"), failure.to_string(), help);
    }
    let place = report.place(source.at());
    failures.is_empty().then_some(Clause { condition, place })
}
