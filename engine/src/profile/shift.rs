//! How what one holds of a permission differs from what another one does, or from what was.

use super::holding::Holding;
use serde::Serialize;

/// How a right changed, or differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// From nothing to something.
    Gained,
    /// To more.
    Widened,
    /// To less.
    Narrowed,
    /// From something to nothing.
    Lost,
    /// To something else, that is neither more nor less.
    Moved,
}

impl Shift {
    /// From one to the other; `None` where both reach the same.
    pub(crate) fn between(before: &Holding<'_>, after: &Holding<'_>) -> Option<Self> {
        match (after.covers(before), before.covers(after)) {
            (true, true) => None,
            (true, false) if before.is_empty() => Some(Self::Gained),
            (true, false) => Some(Self::Widened),
            (false, true) if after.is_empty() => Some(Self::Lost),
            (false, true) => Some(Self::Narrowed),
            (false, false) => Some(Self::Moved),
        }
    }

    /// Whether something that was there is not any more.
    #[must_use]
    pub const fn takes(self) -> bool {
        matches!(self, Self::Narrowed | Self::Lost | Self::Moved)
    }

    /// Whether something is there that was not.
    #[must_use]
    pub const fn gives(self) -> bool {
        matches!(self, Self::Gained | Self::Widened | Self::Moved)
    }
}
