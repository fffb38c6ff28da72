//! Conditions as people write them, to start from: the files in `corpus/`.

use std::{fs, io};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");

/// The conditions, in the order of their names.
///
/// # Errors
///
/// If the folder or a file in it cannot be read.
pub fn read() -> io::Result<Vec<String>> {
    let mut paths = fs::read_dir(FOLDER)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rhai"));
    paths.sort();
    paths.iter().map(fs::read_to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{ENGINE, SCHEMA};

    #[test]
    fn every_condition_of_the_corpus_is_in_order() {
        let corpus = read().unwrap();
        assert!(corpus.len() >= 20);
        for source in corpus {
            ENGINE.compile(&source, &SCHEMA).unwrap_or_else(|faults| {
                panic!("{source}\n{}", faults.first().map(ToString::to_string).unwrap_or_default())
            });
        }
    }
}
