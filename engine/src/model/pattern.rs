//! Names that stand for several permissions: `invoice.*` for whatever begins with `invoice.`,
//! `*.view` for whatever ends with `.view`, `*` for everything.
//!
//! A pattern means what the catalog has when the documents are loaded, so it grows with the
//! catalog. There are these three and no others: what looks like one and is none is refused, since
//! nobody could tell what it was meant to reach.

/// With what the ids of the administration begin, which is in the catalog of every product.
pub(crate) const ADMINISTRATION: &str = "permesso.";

/// A name with `*` in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    /// `*`
    Everything,
    /// `invoice.*`
    Of(&'a str),
    /// `*.view`
    Doing(&'a str),
    /// It looks like one and is none.
    Lookalike,
}

impl<'a> Pattern<'a> {
    /// The pattern that a name is; `None` where it is a permission's whole name.
    pub(crate) fn of(name: &'a str) -> Option<Self> {
        let whole = |part: &&str| !part.contains('*') && !part.split('.').any(str::is_empty);
        if !name.contains('*') {
            return None;
        }
        Some(match (name, name.strip_suffix(".*"), name.strip_prefix("*.")) {
            ("*", _, _) => Self::Everything,
            (_, Some(kind), _) if whole(&kind) => Self::Of(kind),
            (_, _, Some(action)) if whole(&action) => Self::Doing(action),
            _ => Self::Lookalike,
        })
    }

    /// Whether it stands for a permission, whatever else would keep it from that.
    pub(crate) fn matches(self, id: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Of(kind) => {
                id.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')).is_some()
            }
            Self::Doing(action) => {
                id.strip_suffix(action).and_then(|rest| rest.strip_suffix('.')).is_some()
            }
            Self::Lookalike => false,
        }
    }

    /// Whether it stands for a permission where that is what a product says of its own: an action
    /// is meant on the product's kinds and not on the administration of who may what.
    pub(crate) fn matches_own(self, id: &str) -> bool {
        let administers = matches!(self, Self::Doing(_)) && id.starts_with(ADMINISTRATION);
        self.matches(id) && !administers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_all_of_a_kind_or_an_action_of_all_kinds() {
        for (name, pattern) in [
            ("invoice.read", None),
            ("*", Some(Pattern::Everything)),
            ("invoice.*", Some(Pattern::Of("invoice"))),
            ("invoice.line.*", Some(Pattern::Of("invoice.line"))),
            ("*.view", Some(Pattern::Doing("view"))),
            ("*.line.view", Some(Pattern::Doing("line.view"))),
        ] {
            assert_eq!(Pattern::of(name), pattern, "{name}");
        }
        for lookalike in [
            "*view",
            "view*",
            "inv*ice.*",
            "**",
            "*.*",
            ".*",
            "*.",
            "a.*.b",
            "*.b.*",
            "a..*",
            "*..b",
            "a.**",
            "* .b.*",
            "a*",
        ] {
            assert_eq!(Pattern::of(lookalike), Some(Pattern::Lookalike), "{lookalike}");
        }
    }

    #[test]
    fn a_pattern_stands_for_whole_parts_of_names() {
        for (pattern, id, stands) in [
            ("invoice.*", "invoice.read", true),
            ("invoice.*", "invoice.line.read", true),
            ("invoice.*", "invoices.read", false),
            ("invoice.*", "invoice", false),
            ("*.view", "invoice.view", true),
            ("*.view", "invoice.line.view", true),
            ("*.view", "invoice.review", false),
            ("*.view", "view", false),
            ("*", "anything", true),
        ] {
            assert_eq!(Pattern::of(pattern).unwrap().matches(id), stands, "{pattern} {id}");
        }
        let edit = Pattern::of("*.edit").unwrap();
        assert!(edit.matches("permesso.roles.edit") && !edit.matches_own("permesso.roles.edit"));
        assert!(Pattern::of("permesso.*").unwrap().matches_own("permesso.roles.edit"));
    }
}
