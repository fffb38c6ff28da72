//! What can be wrong with a condition that somebody writes.
//!
//! The person who reads these texts is an admin in a form, not a programmer at a terminal. So
//! the texts are this module's own: what the script library says changes between its versions,
//! speaks of things that conditions do not have, and is only ever matched by its variants.

use crate::model::Position;
use std::fmt;

/// One thing that is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionFault {
    /// Where in the condition, from 1.
    pub at: Position,
    /// What is wrong. It prints lower-case and without full stop.
    pub mistake: Mistake,
    /// What to do about it.
    pub help: Option<String>,
}

impl ConditionFault {
    /// What is wrong, in plain language.
    #[must_use]
    pub fn message(&self) -> String {
        self.mistake.to_string()
    }
}

impl fmt::Display for ConditionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.line, self.at.column, self.mistake)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConditionFault {}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Nothing was written.
    #[error("the condition is empty")]
    Empty,
    /// More was written than any condition needs.
    #[error("the condition is longer than {0}")]
    TooLong(&'static str),
    /// Too many parts within or beside each other.
    #[error("the condition has more than {0} parts within each other or in a row")]
    TooDeep(usize),
    /// It stops in the middle.
    #[error("the condition stops before it is complete")]
    Incomplete,
    /// Something that closes or separates is missing.
    #[error("`{0}` is missing here")]
    Expected(String),
    /// Something stands where it cannot.
    #[error("`{0}` cannot stand here")]
    Unexpected(String),
    /// It could not be read, for a reason that has no better words.
    #[error("this cannot be understood as a condition")]
    Unreadable,
    /// Something that nobody sees.
    #[error("the condition {0}")]
    Unseen(permesso_names::Unseen),
    /// A text without its end.
    #[error("a text begins here and does not end on the same line")]
    OpenText,
    /// A text in single quotes.
    #[error("a text stands between double quotes")]
    SingleQuotes,
    /// A comment without its end.
    #[error("a comment begins here with `/*` and does not end")]
    OpenComment,
    /// A comment that may have swallowed a part.
    #[error("a comment begins here with `//`, and what follows on its line is not read")]
    LineComment,
    /// A number that is none.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// `\q` in a text.
    #[error("a text holds an unknown `\\` sequence")]
    Escape,
    /// Something of the script language that conditions do not have.
    #[error("{0} cannot be used in a condition")]
    NotAllowed(String),
    /// It changes something.
    #[error("`{0}` would change a value, which a condition cannot")]
    Assignment(String),
    /// A path that is not in the schema.
    #[error("unknown attribute `{0}`")]
    UnknownPath(String),
    /// A path that the schema has without a type.
    #[error("`{0}` is declared as any value, of which a condition can say nothing")]
    Untyped(String),
    /// A group of attributes in the place of one.
    #[error("`{0}` is a group of attributes, not a value")]
    NotAValue(String),
    /// A function that conditions do not have.
    #[error("unknown function `{0}`")]
    UnknownFunction(String),
    /// A function with too many or too few arguments.
    #[error("`{function}` takes {wanted}, not {found}")]
    Arguments {
        /// Its name.
        function: &'static str,
        /// How many it takes, in words.
        wanted: &'static str,
        /// How many stand there.
        found: usize,
    },
    /// An argument of another type.
    #[error("`{function}` needs {wanted} here, not {found}")]
    Argument {
        /// The function's name.
        function: &'static str,
        /// What it takes.
        wanted: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// An argument that is not what it has to be.
    #[error("`{value}` is not {wanted}")]
    Literal {
        /// What stands there.
        value: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// Two types that never compare.
    #[error("{left} and {right} cannot be compared")]
    Incomparable {
        /// The left side.
        left: String,
        /// The right side.
        right: String,
    },
    /// An operator that the type does not have.
    #[error("`{operator}` does not work on {operand}")]
    Operator {
        /// The operator.
        operator: String,
        /// What it stands beside.
        operand: String,
    },
    /// `in` beside what cannot hold or be held.
    #[error("`in` cannot look for {item} in {list}")]
    In {
        /// What is looked for.
        item: String,
        /// Where.
        list: String,
    },
    /// A comparison that is never true.
    #[error("`{path}` is never `{value}`")]
    NeverEqual {
        /// What is compared.
        path: String,
        /// With what.
        value: String,
    },
    /// A text that is looked for in values of which none is so.
    #[error("`{path}` never {how} `{value}`")]
    NeverLike {
        /// What is looked through.
        path: String,
        /// How the text should be found in it.
        how: &'static str,
        /// The text.
        value: String,
    },
    /// The empty text that is looked for in a text, and is in every one.
    #[error("`{path}` always {how} the empty text")]
    AlwaysLike {
        /// What is looked through.
        path: String,
        /// How the text is found in it.
        how: &'static str,
    },
    /// A text with capitals beside one that has none.
    #[error("`{value}` has capital letters, and `lower(...)` never has")]
    Capitals {
        /// The text.
        value: String,
    },
    /// A part that is always the same.
    #[error("this is always the same, whoever asks")]
    Constant,
    /// A list of things of several types, or of things that lists do not hold.
    #[error("a list holds either texts or whole numbers")]
    MixedList,
    /// A part that has to be true or false and is not.
    #[error("this has to be true or false, but is {0}")]
    NotBoolean(&'static str),
}
