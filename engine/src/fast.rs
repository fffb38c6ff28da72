//! Hash maps for the decision path: keyed with a random seed, quick on short texts.

/// A hash map for lookups by text on the decision path.
pub(crate) type Map<V> = hashbrown::HashMap<Box<str>, V, foldhash::fast::RandomState>;
