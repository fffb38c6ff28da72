//! What was meant by a name that does not exist. Documents and those who check them ask for it
//! alike, so it stands below both.

/// The nearest known name, as a question; `None` where none is near.
#[must_use]
pub fn suggest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
