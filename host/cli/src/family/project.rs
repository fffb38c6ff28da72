//! A vendor's project: what `family.toml` says of it.

use super::Failure;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A project and where it is.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) folder: PathBuf,
    pub(super) says: Says,
}

/// What `family.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Says {
    /// The family's id.
    pub(super) name: String,
    /// For people; the commands say how it is built.
    #[expect(dead_code, reason = "read so that a misspelt key is noticed")]
    pub(super) language: String,
    /// Commands, each with its arguments, run one after another in the folder.
    pub(super) build: Vec<Vec<String>>,
    /// What comes out of them: a component or a core module.
    pub(super) output: PathBuf,
    /// Decision tables, or folders of them.
    #[serde(default)]
    pub(super) tables: Vec<PathBuf>,
    /// Whether its code is interpreted, so that it starts slowly and its instances have to be
    /// kept.
    #[serde(default)]
    pub(super) interpreted: bool,
    /// Memory of one instance in MiB.
    pub(super) memory_mib: Option<u32>,
}

impl Project {
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("family.toml");
        let text = fs::read_to_string(&path).map_err(|error| {
            Failure(format!(
                "error: `{}` is no project of a family: cannot read `{}`: {error}; begin one with \
                 `permesso family new`",
                folder.display(),
                path.display()
            ))
        })?;
        let says: Says = toml::from_str(&text)
            .map_err(|error| Failure(format!("error: `{}`: {error}", path.display())))?;
        let is_file_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if !is_file_name(&says.name) {
            return Err(Failure(format!(
                "error: `{}`: `name` is `{}`; write an id in kebab case such as `crm-segments`",
                path.display(),
                says.name
            )));
        }
        Ok(Self { folder: folder.to_owned(), says })
    }

    /// Where `build` puts the component.
    pub(super) fn component(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.says.name))
    }

    /// The decision tables, sorted.
    pub(super) fn tables(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut tables = Vec::new();
        for named in &self.says.tables {
            let path = self.folder.join(named);
            if !path.is_dir() {
                tables.push(path);
                continue;
            }
            let fail = |error: std::io::Error| {
                Failure(format!("error: cannot read `{}`: {error}", path.display()))
            };
            for entry in fs::read_dir(&path).map_err(fail)? {
                let file = entry.map_err(fail)?.path();
                if file.extension().is_some_and(|extension| extension == "jsonl") {
                    tables.push(file);
                }
            }
        }
        tables.sort();
        Ok(tables)
    }
}
