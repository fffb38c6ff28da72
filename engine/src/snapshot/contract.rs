//! The contract of a question, as each question is held against it.

use crate::decision::SUBJECT_TYPE;
use crate::fast::{Map, Mark, Names};
use crate::model::{AttributeType, Attributes, Value};

/// What a catalog says of questions.
#[derive(Debug, Default)]
pub(crate) struct Contract {
    /// Whether it says anything: see [`Kinds`](crate::model::Kinds).
    pub(crate) closed: bool,
    /// The kinds that there are, by name.
    pub(crate) ids: Map<u16>,
    pub(crate) kinds: Box<[KindContract]>,
    /// What is declared of the context, the action, and the subject as a caller describes it.
    pub(crate) context: Declared,
    pub(crate) action: Declared,
    pub(crate) subject: Declared,
    /// Whether any attribute has another name.
    pub(crate) aliased: bool,
    /// Whether any attribute is an instant.
    pub(crate) timed: bool,
    /// The instants of every resource, where the catalog says nothing of kinds.
    pub(crate) instants: Box<[Box<str>]>,
    /// The types of subjects; those that are other names of another one lead to it.
    pub(crate) subject_types: Map<Box<str>>,
}

impl Contract {
    /// What is said of a kind; none where the catalog says nothing of kinds, or does not know it.
    pub(crate) fn kind(&self, name: &str) -> Option<&KindContract> {
        self.kinds.get(usize::from(*self.ids.get(name)?))
    }

    /// The type that a name of one stands for.
    pub(crate) fn subject_type(&self, name: &str) -> Option<&str> {
        if name == SUBJECT_TYPE {
            return Some(SUBJECT_TYPE);
        }
        self.subject_types.get(name).map(|base| &**base)
    }

    /// The type of that name, where it is none of another one's names.
    pub(crate) fn population(&self, name: &str) -> Option<&str> {
        self.subject_type(name).filter(|base| *base == name)
    }
}

/// What is said of one kind.
#[derive(Debug)]
pub(crate) struct KindContract {
    pub(crate) name: Box<str>,
    pub(crate) mark: Mark,
    pub(crate) attributes: Declared,
}

impl KindContract {
    /// Whether it is the kind of that name, whose mark is known.
    #[inline]
    pub(crate) fn is(&self, name: &str, mark: Mark) -> bool {
        self.mark == mark && (mark.settles() || *self.name == *name)
    }
}

/// The kinds that a permission is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum AllowedKinds {
    /// Whatever a question names: the catalog is not closed, or the permission not a product's.
    #[default]
    Open,
    /// Every one of the catalog.
    Any,
    /// These, by position.
    Only(Box<[u16]>),
}

/// Attributes below one root.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Declared {
    /// What each name of a question may hold.
    names: Names<Name>,
    /// Those that have to be there, at most [`MOST_REQUIRED`].
    required: Box<[Box<str>]>,
    /// Those that name roles.
    roles: Box<[Box<str>]>,
    /// Those that are instants.
    instants: Box<[Box<str>]>,
}

/// As many attributes as one kind can require.
pub(crate) const MOST_REQUIRED: usize = 64;

/// What is known of a name.
#[derive(Debug, PartialEq)]
pub(crate) enum Name {
    /// It is an attribute.
    Attribute(Check),
    /// It is a map of attributes, by the rest of their paths.
    Group(Vec<(Box<str>, Check)>),
    /// It is another name of an attribute.
    Alias(Box<str>),
}

/// What a value has to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Check {
    pub(crate) kind: AttributeType,
    pub(crate) one_of: Box<[Box<str>]>,
    /// The marks of those.
    marks: Box<[Mark]>,
    /// The least number that it can be.
    at_least: Option<i64>,
    /// Its bit among those that have to be there; none if it may be left out.
    required: u64,
}

/// An attribute as a catalog declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeclaredAttribute<'a> {
    /// Its name, or its path where it lies in a map.
    pub name: &'a str,
    /// Its type.
    pub kind: AttributeType,
    /// Whether a question has to say it.
    pub required: bool,
    /// The only texts that it can be; empty if it can be any.
    pub one_of: Vec<&'a str>,
    /// Other names under which it may be sent.
    pub aliases: Vec<&'a str>,
    /// The least number that it can be.
    pub at_least: Option<i64>,
}

/// Why a question is not what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Breach<'a> {
    /// An attribute that has to be there is not.
    Missing(&'a str),
    /// One is of another type.
    Mistyped(String, AttributeType),
    /// A map of attributes is something else.
    NoGroup(&'a str),
    /// One is none of what it can be.
    Value(String),
    /// One is sent under two names that say different things.
    Twice(&'a str),
}

impl Check {
    pub(crate) fn new(kind: AttributeType, one_of: &[String]) -> Self {
        let marks = one_of.iter().map(|value| Mark::of(value)).collect();
        let one_of = one_of.iter().map(|value| value.as_str().into()).collect();
        Self { kind, one_of, marks, at_least: None, required: 0 }
    }

    /// The same of a number that is at least so much.
    pub(crate) fn at_least(self, at_least: Option<i64>) -> Self {
        Self { at_least, ..self }
    }

    /// Whether it can be any of these texts, or reaches the least number that it can be.
    #[inline]
    pub(crate) fn lists(&self, value: &Value<'_>) -> bool {
        if let Some(least) = self.at_least {
            return value.reaches(least);
        }
        if self.one_of.is_empty() {
            return true;
        }
        let known = |text: &str| {
            let mark = Mark::of(text);
            let mut known = self.marks.iter().zip(&self.one_of);
            known.any(|(of, known)| *of == mark && (mark.settles() || **known == *text))
        };
        match value {
            Value::Text(text) => known(text),
            Value::List(items) => items.iter().all(|item| item.as_str().is_some_and(known)),
            _ => true,
        }
    }

    /// Holds a value against what it has to be. The bit of it, where it is there.
    #[inline]
    fn holds<'a>(&self, path: &dyn Fn() -> String, value: &Value<'_>) -> Result<u64, Breach<'a>> {
        match value {
            Value::Null => Ok(0),
            value if !self.kind.accepts(value) => Err(Breach::Mistyped(path(), self.kind)),
            value if !self.lists(value) => Err(Breach::Value(path())),
            _ => Ok(self.required),
        }
    }
}

impl Declared {
    /// Takes an attribute in, by its path. `false` where it cannot stand beside those that are
    /// there, or no more can be required.
    pub(crate) fn add(&mut self, path: &str, mut check: Check, required: bool) -> bool {
        if required {
            let Some(bit) = 1u64.checked_shl(u32::try_from(self.required.len()).unwrap_or(64))
            else {
                return false;
            };
            check.required = bit;
            let mut all = std::mem::take(&mut self.required).into_vec();
            all.push(path.into());
            self.required = all.into();
        }
        if check.kind == AttributeType::Instant {
            let mut all = std::mem::take(&mut self.instants).into_vec();
            all.push(path.into());
            self.instants = all.into();
        }
        if let Some((head, rest)) = path.split_once('.') {
            if self.names.get(head).is_none() {
                self.names.insert(head, Name::Group(Vec::new()));
            }
            let Some(Name::Group(below)) = self.names.get_mut(head) else { return false };
            below.push((rest.into(), check.clone()));
        }
        // A name that holds a dot may also be sent as it is.
        self.names.insert(path, Name::Attribute(check))
    }

    /// Takes another name of an attribute in. `false` where it is one already.
    pub(crate) fn alias(&mut self, alias: &str, of: &str) -> bool {
        self.names.insert(alias, Name::Alias(of.into()))
    }

    /// What an attribute holds are roles.
    pub(crate) fn names_roles(&mut self, path: &str) {
        let mut all = std::mem::take(&mut self.roles).into_vec();
        all.push(path.into());
        self.roles = all.into();
    }

    /// The attributes that name roles.
    pub(crate) fn naming_roles(&self) -> &[Box<str>] {
        &self.roles
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(crate) fn has_aliases(&self) -> bool {
        self.names.iter().any(|(_, name)| matches!(name, Name::Alias(_)))
    }

    /// The paths of those that are instants.
    pub(crate) fn instants(&self) -> &[Box<str>] {
        &self.instants
    }

    /// What an attribute has to be, by its path.
    pub(crate) fn attribute(&self, path: &str) -> Option<&Check> {
        match self.names.get(path)? {
            Name::Attribute(check) => Some(check),
            Name::Group(_) | Name::Alias(_) => None,
        }
    }

    /// What is known of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Name> {
        self.names.get(name)
    }

    /// All that is declared, for those who tell callers.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = DeclaredAttribute<'_>> {
        let aliases = |of: &str| {
            let names = self.names.iter();
            let of = names.filter(move |(_, name)| matches!(name, Name::Alias(it) if **it == *of));
            of.map(|(alias, _)| alias).collect()
        };
        self.names.iter().filter_map(move |(name, known)| match known {
            Name::Attribute(check) => Some(DeclaredAttribute {
                name,
                kind: check.kind,
                required: check.required != 0,
                one_of: check.one_of.iter().map(|value| &**value).collect(),
                aliases: aliases(name),
                at_least: check.at_least,
            }),
            Name::Group(_) | Name::Alias(_) => None,
        })
    }

    /// The paths of the attributes.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .filter(|(_, name)| matches!(name, Name::Attribute(_)))
            .map(|(path, _)| path)
    }

    /// Holds what was sent against what is declared. What is not declared decides nothing.
    pub(crate) fn check<'a>(&'a self, sent: &'a Attributes<'_>) -> Result<(), Breach<'a>> {
        let mut there = 0;
        for (name, value) in sent.iter() {
            match self.names.get(name) {
                None => {}
                Some(Name::Attribute(check)) => there |= check.holds(&|| name.to_owned(), value)?,
                Some(Name::Group(below)) => {
                    there |= group(name, below, value)?;
                    self.said_once(name, below, sent)?;
                }
                Some(Name::Alias(of)) => return Err(Breach::Twice(of)),
            }
        }
        // Which is missing matters only where one is.
        let wanted = self.required.len();
        if wanted == 0 || there.count_ones() as usize == wanted {
            return Ok(());
        }
        let missing = (0..).zip(&self.required).find(|(bit, _)| there & (1u64 << bit) == 0);
        missing.map_or(Ok(()), |(_, path)| Err(Breach::Missing(path)))
    }
}

impl Declared {
    /// Whether what lies in a map is not sent under its path besides, or in another map, with
    /// another value.
    #[cold]
    fn said_once<'a>(
        &'a self,
        name: &str,
        below: &[(Box<str>, Check)],
        sent: &Attributes<'_>,
    ) -> Result<(), Breach<'a>> {
        let dotted = |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let beside = sent.iter().any(|(key, _)| dotted(key));
        for (rest, _) in below {
            // Most maps hold names without a dot, and nothing is sent beside them.
            if !beside && !rest.contains('.') {
                continue;
            }
            let path = format!("{name}.{rest}");
            let mut found = Vec::new();
            sent.all_at(&path, &mut found);
            let mut others = found.iter().skip(1);
            if others.any(|other| found.first() != Some(other))
                && let Some(path) = self.paths().find(|known| **known == *path)
            {
                return Err(Breach::Twice(path));
            }
        }
        Ok(())
    }
}

#[cold]
fn group<'a>(
    name: &'a str,
    below: &[(Box<str>, Check)],
    value: &Value<'_>,
) -> Result<u64, Breach<'a>> {
    let map = match value {
        Value::Null => return Ok(0),
        Value::Map(map) => map,
        _ => return Err(Breach::NoGroup(name)),
    };
    let mut there = 0;
    for (rest, check) in below {
        if let Some(value) = map.at(rest) {
            there |= check.holds(&|| format!("{name}.{rest}"), value)?;
        }
    }
    Ok(there)
}
