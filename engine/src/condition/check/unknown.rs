//! Paths that the schema does not have, and what was meant by them.

use super::super::fault::Mistake;
use super::super::foreign;
use super::Checker;

impl Checker<'_> {
    /// What is wrong with a path, and what to write in its place.
    pub(super) fn unknown_path(&self, path: String) -> (Mistake, String) {
        let known = || self.schema.iter().map(|(known, _)| known);
        let group = format!("{path}.");
        if self.schema.is_untyped(&path) {
            let help = "declare a type of it in the catalog before conditions read it";
            return (Mistake::Untyped(path), help.to_owned());
        }
        if let Some(asked) = path.strip_prefix("subject.holds") {
            let asked = asked.strip_prefix('.').unwrap_or_default();
            let help = self.no_permission(asked);
            return (Mistake::UnknownPath(path), help);
        }
        let id = format!("{group}id");
        let members = || known().filter(|known| known.starts_with(&group));
        if let Some(member) = members().find(|known| **known == id).or_else(|| members().next()) {
            return (Mistake::NotAValue(path), format!("write one of them, such as `{member}`"));
        }
        let behind = path.rsplit_once('.').filter(|(value, _)| self.schema.get(value).is_some());
        if let Some((value, name)) = behind {
            let help = match foreign::function(name) {
                Some(help) => help.to_owned(),
                None => format!("`{value}` is a value; nothing is behind it"),
            };
            return (Mistake::UnknownPath(path), help);
        }
        let meant = path
            .split_once('.')
            .and_then(|(root, rest)| Some(format!("{}.{rest}", foreign::root(root)?)));
        let help = match path.split_once('.') {
            _ if meant.is_some() => {
                meant.and_then(|meant| nearest(&meant, known()).map(str::to_owned))
            }
            // Below one root the root says nothing about how much two paths are alike.
            Some((root, rest)) => nearest(
                rest,
                known().filter_map(|known| known.strip_prefix(root)?.strip_prefix('.')),
            )
            .map(|rest| format!("{root}.{rest}"))
            .or_else(|| nearest(&path, known()).map(str::to_owned)),
            None => known()
                .find(|known| known.rsplit('.').next() == Some(&*path))
                .or_else(|| nearest(&path, known()))
                .map(str::to_owned),
        };
        let help = match (help, path.contains('.')) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, true) => "declare it in the catalog before conditions read it".to_owned(),
            (None, false) => format!("write a text between double quotes: `\"{path}\"`"),
        };
        (Mistake::UnknownPath(path), help)
    }
}

/// The nearest of some names.
pub(super) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // Nobody misspells so much, and likeness costs the product of both lengths.
    known
        .filter(|_| name.len() <= 64)
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
