//! Values as rules read them.

use crate::bindings::exports::permesso::family::family as wit;
use alloc::string::String;

/// The value of one declared input.
///
/// *Absent* is unknown, *null* is known to be empty. The two are different answers to "whose
/// is it?", so no method treats them as a value: whatever asks for one gets `false` or `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute<T> {
    /// The caller did not say.
    Absent,
    /// The caller said that there is none.
    Null,
    /// The caller said this.
    Present(T),
}

impl<T> Attribute<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether the caller did not say.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the caller said that there is none.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether there is a value and it is that one.
    #[must_use]
    pub fn is(self, expected: T) -> bool
    where
        T: PartialEq,
    {
        self.value().is_some_and(|value| value == expected)
    }
}

impl Attribute<&str> {
    /// Whether there is a text and it is that word. See [`same_word`].
    #[must_use]
    pub fn is_word(self, word: &str) -> bool {
        self.value().is_some_and(|text| same_word(text, word))
    }

    /// Whether there is a text and it is one of these words. See [`same_word`].
    #[must_use]
    pub fn is_one_of(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(word))
    }
}

impl<'q> Attribute<Texts<'q>> {
    /// The texts of the list; none if there is no list.
    pub fn texts(self) -> impl ExactSizeIterator<Item = &'q str> + Clone {
        self.value().unwrap_or(Texts::new(&[])).iter()
    }

    /// Whether there is a list and `id`, if there is one, is in it: a relation such as
    /// `resource.owner` names a subject. Nobody unknown and no empty id is ever named.
    #[must_use]
    pub fn names(self, id: Attribute<&str>) -> bool {
        match (self, id) {
            (Self::Present(texts), Attribute::Present(id)) => !id.is_empty() && texts.contains(id),
            _ => false,
        }
    }

    /// Whether there is a list and one of its texts is that word. See [`same_word`].
    #[must_use]
    pub fn has_word(self, word: &str) -> bool {
        self.value().is_some_and(|texts| texts.has_word(word))
    }
}

/// The value of an input declared as `any`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'q> {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Decimal(f64),
    /// A text.
    Text(&'q str),
    /// A list of texts.
    Texts(Texts<'q>),
    /// A map from text to lists of texts.
    Table(Table<'q>),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

/// A list of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts<'q>(&'q [String]);

impl<'q> Texts<'q> {
    pub(crate) const fn new(texts: &'q [String]) -> Self {
        Self(texts)
    }

    /// The texts in the order given.
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'q str> + Clone {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them is exactly that text.
    #[must_use]
    pub fn contains(self, text: &str) -> bool {
        self.0.iter().any(|own| own == text)
    }

    /// Whether one of them is that word. See [`same_word`].
    #[must_use]
    pub fn has_word(self, word: &str) -> bool {
        self.0.iter().any(|own| same_word(own, word))
    }
}

/// A map from text to lists of texts.
#[derive(Clone, Copy, Debug)]
pub struct Table<'q>(&'q [wit::Row]);

impl<'q> Table<'q> {
    pub(crate) const fn new(rows: &'q [wit::Row]) -> Self {
        Self(rows)
    }

    /// The list at exactly that key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Texts<'q>> {
        self.0.iter().find(|row| row.key == key).map(|row| Texts::new(&row.values))
    }

    /// The rows in the order given.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'q str, Texts<'q>)> + Clone {
        self.0.iter().map(|row| (row.key.as_str(), Texts::new(&row.values)))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Table<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Whether two texts are the same word: products write `Pending Review`, `pending-review` and
/// `pending_review` and mean one. Case, spaces around it, and whether a hyphen, an underscore or
/// a space stands between its parts make no difference. For states and modes; compare ids as
/// they are.
#[must_use]
pub fn same_word(a: &str, b: &str) -> bool {
    fn plain(word: &str) -> impl Iterator<Item = u8> {
        word.trim_ascii().bytes().map(|byte| match byte {
            b' ' | b'-' => b'_',
            other => other.to_ascii_lowercase(),
        })
    }
    plain(a).eq(plain(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    #[test]
    fn words_are_the_same_however_products_write_them() {
        for spelling in ["pending_review", "Pending Review", "PENDING-REVIEW", " pending review "] {
            assert!(same_word(spelling, "pending_review"), "{spelling}");
        }
        for other in ["", "pending", "pendingreview", "pending__review", "pending_reviews"] {
            assert!(!same_word(other, "pending_review"), "{other}");
        }
    }

    #[test]
    fn what_is_absent_or_null_is_no_value() {
        for unknown in [Attribute::Absent, Attribute::Null] {
            assert!(!unknown.is(true) && !unknown.is(false));
            assert_eq!(unknown.value(), None);
        }
        assert!(Attribute::<bool>::Null.is_null() && !Attribute::<bool>::Null.is_absent());
        assert!(Attribute::<bool>::Absent.is_absent() && !Attribute::<bool>::Absent.is_null());
    }

    #[test]
    fn a_relation_names_nobody_who_is_unknown() {
        let owners = ["ann".to_owned(), String::new()];
        let owner = Attribute::Present(Texts::new(&owners));
        assert!(owner.names(Attribute::Present("ann")));
        assert!(!owner.names(Attribute::Present("Ann")));
        assert!(!owner.names(Attribute::Absent));
        assert!(!owner.names(Attribute::Null));
        assert!(!owner.names(Attribute::Present("")));
        assert!(!Attribute::Absent.names(Attribute::Present("ann")));
    }

    #[test]
    fn a_table_is_read_by_its_exact_key() {
        let rows = [wit::Row { key: "kyc".to_owned(), values: [String::from("primary")].into() }];
        let table = Table::new(&rows);
        assert!(table.get("kyc").is_some_and(|kinds| kinds.contains("primary")));
        assert_eq!(table.get("KYC"), None);
    }
}
