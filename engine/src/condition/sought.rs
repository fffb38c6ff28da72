//! What a condition looks for by a text that it holds.
//!
//! A text that nothing is called makes a comparison that never holds, and its opposite always. What
//! the schema knows is checked with the condition. Names of a tenant are known to the tenant only,
//! and the kinds in question to whatever the condition stands in: for them it is noted here.

use permesso_names::folded;

/// A text of a condition, and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sought {
    pub(crate) among: Among,
    pub(crate) text: Box<str>,
    pub(crate) how: Likeness,
    /// Whether case and width make no difference.
    pub(crate) folded: bool,
}

/// What a text is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Among {
    /// Roles of the tenant.
    Roles,
    /// Its policies.
    Policies,
    /// Its teams, of the subject.
    Teams,
    /// Its teams, of a record.
    RecordTeams,
    /// Its tags.
    Tags,
    /// An attribute of the resource, which not all kinds need have alike.
    Resource(Box<str>),
    /// The kind of the resource.
    Kind,
}

/// Two attributes of a resource that are compared, of which not all kinds need have both alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) one: Box<str>,
    pub(crate) other: Box<str>,
    pub(crate) how: Likeness,
    pub(crate) folded: bool,
}

/// How a text has to be like what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// The same.
    Same,
    /// Its beginning.
    Beginning,
    /// Its end.
    End,
    /// A part of it.
    Part,
}

impl Likeness {
    /// What a text that is so does.
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Same => "is",
            Self::Beginning => "begins with",
            Self::End => "ends with",
            Self::Part => "holds",
        }
    }

    /// Whether a text is so like one that there is.
    pub(crate) fn holds(self, known: &str, text: &str, is_folded: bool) -> bool {
        let holds = |known: &str| match self {
            Self::Same => known == text,
            Self::Beginning => known.starts_with(text),
            Self::End => known.ends_with(text),
            Self::Part => known.contains(text),
        };
        holds(known) || is_folded && holds(&folded(known))
    }

    /// Whether any text of some is so like one of others.
    pub(crate) fn meets(
        self,
        known: &[impl AsRef<str>],
        sought: &[impl AsRef<str>],
        is_folded: bool,
    ) -> bool {
        sought.iter().any(|sought| {
            let sought = sought.as_ref();
            let sought = if is_folded { folded(sought) } else { sought.into() };
            known.iter().any(|known| self.holds(known.as_ref(), &sought, is_folded))
        })
    }
}

impl Sought {
    /// Whether the text is found in one that there is.
    pub(crate) fn is_like(&self, known: &str) -> bool {
        self.how.holds(known, &self.text, self.folded)
    }
}
