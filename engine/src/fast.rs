//! Looking texts up on the decision path: hash maps that are quick on short texts, and lists of few
//! names that are quicker still.

/// A hash map for lookups by text on the decision path.
pub(crate) type Map<V> = hashbrown::HashMap<Box<str>, V, foldhash::fast::RandomState>;

/// As many names are looked through one by one; of more the hash is looked up.
const FEW: usize = 16;

/// What a text is told from others by: two words and its length. For texts of at most sixteen
/// bytes, as most names are, that is the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    head: u64,
    tail: u64,
    len: usize,
}

/// The bytes of which a mark is the whole text.
const MARKED: usize = 16;

impl Mark {
    #[inline]
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => (short(bytes), 0),
        };
        Self { head, tail, len: bytes.len() }
    }

    /// Whether a text of an equal mark is the same text.
    #[inline]
    pub(crate) fn settles(self) -> bool {
        self.len <= MARKED
    }
}

/// At most seven bytes as a number, each text of one length as another one.
#[inline]
fn short(bytes: &[u8]) -> u64 {
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32;
    }
    match *bytes {
        [one] => u64::from(one),
        [one, two] => u64::from(u16::from_le_bytes([one, two])),
        [one, two, three] => u64::from(u32::from_le_bytes([one, two, three, 0])),
        _ => 0,
    }
}

/// What is known of names, mostly few, in the order in which it was put in.
#[derive(Debug, Clone)]
pub(crate) struct Names<V> {
    /// The marks of the entries, side by side: looking through them touches nothing else.
    marks: Vec<Mark>,
    entries: Vec<(Box<str>, V)>,
    /// The places of the entries, as soon as there are more than few.
    places: Map<u32>,
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self { marks: Vec::new(), entries: Vec::new(), places: Map::default() }
    }
}

impl<V: PartialEq> PartialEq for Names<V> {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl<V> Names<V> {
    #[inline]
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.place(name).and_then(|place| self.entries.get(place)).map(|(_, value)| value)
    }

    #[inline]
    fn place(&self, name: &str) -> Option<usize> {
        if self.entries.len() > FEW {
            return self.places.get(name).and_then(|place| usize::try_from(*place).ok());
        }
        let mark = Mark::of(name);
        let is = |place: usize| self.entries.get(place).is_some_and(|(known, _)| **known == *name);
        let mut marks = self.marks.iter().enumerate();
        marks
            .find_map(|(place, of)| (*of == mark && (mark.settles() || is(place))).then_some(place))
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        let place = self.place(name)?;
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// Puts a name in; `false` where it is there already, and stays what it was.
    pub(crate) fn insert(&mut self, name: &str, value: V) -> bool {
        if self.place(name).is_some() {
            return false;
        }
        self.marks.push(Mark::of(name));
        self.entries.push((name.into(), value));
        self.index();
        true
    }

    /// Looks up by hash from now on, where there are more than few.
    fn index(&mut self) {
        let from = self.places.len();
        if self.entries.len() <= FEW {
            return;
        }
        for (place, (name, _)) in (0..).zip(&self.entries).skip(from) {
            self.places.insert(name.clone(), place);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_are_told_apart_whether_few_or_many() {
        for many in [1, FEW, FEW + 1, 40] {
            for len in 0..=40 {
                let name = |n: usize, at: usize| {
                    let mut bytes = vec![b'a'; len];
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = b'a' + u8::try_from(n % 26).unwrap();
                    }
                    let rest = "z".repeat(n / 26);
                    format!("{}{rest}", String::from_utf8(bytes).unwrap())
                };
                for at in 0..len.max(1) {
                    let mut names = Names::default();
                    let mut naive = std::collections::BTreeMap::<String, usize>::new();
                    for n in 0..many {
                        let name = name(n, at);
                        assert_eq!(names.insert(&name, n), !naive.contains_key(&name), "{name}");
                        naive.entry(name).or_insert(n);
                    }
                    for n in 0..60 {
                        let asked = name(n, at);
                        assert_eq!(names.get(&asked), naive.get(&asked), "{asked}");
                    }
                }
            }
        }
    }
}
