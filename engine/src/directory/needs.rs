//! What has to be read before a decision can be made.

use std::fmt;

/// One thing of a directory: asked for when it has not been read, named when it changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// A user, by id, with what others delegate to them.
    User(String),
    /// How many hold a role, by its name.
    Usage(String),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user `{id}`"),
            Self::Usage(role) => write!(f, "the holders of role `{role}`"),
        }
    }
}

/// Several of them, sorted and each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs(Vec<Need>);

impl Needs {
    /// Whether nothing is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Need> {
        self.0.iter()
    }

    /// The ids of the users.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|need| match need {
            Need::User(id) => Some(id.as_str()),
            Need::Usage(_) => None,
        })
    }

    /// The roles whose holders have to be counted.
    pub fn usages(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|need| match need {
            Need::Usage(role) => Some(role.as_str()),
            Need::User(_) => None,
        })
    }
}

impl FromIterator<Need> for Needs {
    fn from_iter<I: IntoIterator<Item = Need>>(needs: I) -> Self {
        let mut needs: Vec<Need> = needs.into_iter().collect();
        needs.sort_unstable();
        needs.dedup();
        Self(needs)
    }
}

impl IntoIterator for Needs {
    type Item = Need;
    type IntoIter = std::vec::IntoIter<Need>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Needs {
    type Item = &'a Need;
    type IntoIter = std::slice::Iter<'a, Need>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, need) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str(", ")?;
            }
            need.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Needs {}
