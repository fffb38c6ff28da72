//! The bugs that are planted in tables and in names that stand for several permissions.

use super::{Mutant, bug};

/// Those of patterns, of grants of several permissions and of tables.
pub(super) const SEVERAL: &[Mutant] = &[
    bug(
        "patterns: what is given by name only is given by a pattern",
        "compile/patterns.rs",
        "all.filter(|(_, swept)| *swept)",
        "all.filter(|_| true)",
    ),
    bug(
        "patterns: what is given by name only is not left out by a pattern",
        "compile/patterns.rs",
        "let ids = self.matching(pattern).to_vec();",
        "let mut ids = self.matching(pattern).to_vec();
                ids.retain(|id| self.entry(*id).is_some_and(Entry::is_swept));",
    ),
    bug(
        "patterns: what is given by name only is brought along by a pattern",
        "compile/tables.rs",
        "(*swept || !swept_only)",
        "(*swept || true)",
    ),
    bug(
        "several: a part of a table is its first action",
        "compile/patterns.rs",
        "for action in &actions {",
        "for action in actions.iter().take(1) {",
    ),
    bug(
        "tables: a guard is on the first kind only",
        "compile/tables/grid.rs",
        "self.cells.iter().filter(|(_, action)| *action == at)",
        "self.cells.iter().filter(|(_, action)| *action == at).take(1)",
    ),
    bug(
        "tables: a permission of a table requires nothing",
        "compile/tables/grid.rs",
        "                there\n            });",
        "                false\n            });",
    ),
];
