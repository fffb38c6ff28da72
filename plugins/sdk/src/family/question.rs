//! One question, as rules see it.

use super::Family;
use crate::bindings::exports::permesso::family::family as wit;
use crate::{Inputs, Listed, Name, Values, fault};
use core::fmt;

/// One question to the family `F`.
pub struct Question<'q, F: Family> {
    permission: F::Permission,
    kind: Option<F::Kind>,
    inputs: F::Inputs<'q>,
}

impl<'q, F: Family> Question<'q, F> {
    /// Reads a question by the positions of the manifest. A host that sends another is not one
    /// to guess with: the call traps, which denies.
    pub(crate) fn new(question: &'q wit::Question) -> Self {
        let Some(permission) = Listed::at(question.permission) else {
            fault("the host asked about a permission that the manifest does not list")
        };
        let kind = match question.kind {
            None => None,
            Some(index) => match Listed::at(index) {
                None => fault("the host named a kind that the manifest does not list"),
                known => known,
            },
        };
        if question.inputs.len() != <F::Inputs<'q> as Inputs<'q>>::SPECS.len() {
            fault("the host sent another number of inputs than the manifest lists")
        }
        Self { permission, kind, inputs: Inputs::new(Values::new(&question.inputs)) }
    }

    /// The permission asked about.
    #[must_use]
    pub fn permission(&self) -> F::Permission {
        self.permission
    }

    /// The resource's kind, `None` for any that the manifest does not list.
    #[must_use]
    pub fn kind(&self) -> Option<F::Kind> {
        self.kind
    }

    /// What the family reads.
    #[must_use]
    pub fn inputs(&self) -> F::Inputs<'q> {
        self.inputs
    }
}

impl<F: Family> fmt::Debug for Question<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("permission", &self.permission.name())
            .field("kind", &self.kind.map(Name::name))
            .finish_non_exhaustive()
    }
}
