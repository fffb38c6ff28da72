//! The folder of installed families.
//!
//! ```text
//! DEPOT/              only its owner can write here
//!   trust.yaml        whose components are run; the operator writes it
//!   installed.json    which generation of which family answers
//!   blobs/<sha-256>   components
//!   native/           what this installation compiled, and the key that proves it
//!   lock              held while something changes
//! ```
//!
//! A change is one new `installed.json`, written beside the old one and put in its place, so a
//! reader sees the state before or after and never one between. Components lie there under their
//! digest, which is checked each time one is read.

use super::state::{FORMAT, FamilyState, Generation, State};
use super::trust::{Trust, TrustError};
use permesso_runtime::Digest;
use permesso_runtime::{Cache, CacheError, Component, LoadError, Runtime, WasmFamily};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// The folder of installed families.
#[derive(Debug, Clone)]
pub struct Depot {
    root: PathBuf,
}

/// What is wrong with a depot or a change to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DepotError {
    /// The system says no.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Somebody else can write to it.
    #[error(
        "users other than its owner can write to the depot `{}`, and what they write would decide \
         who may do what; take that away with `chmod go-w`",
        .0.display()
    )]
    Exposed(PathBuf),
    /// A document that is none.
    #[error("`{}` is damaged: {detail}; restore it from a backup, or install the families again", path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A family that is not there.
    #[error("the family `{family}` is not installed; `permesso family list` shows what is")]
    NotInstalled {
        /// Which.
        family: String,
    },
    /// Nothing to go back to.
    #[error(
        "the family `{family}` has no {what} to go back to; `permesso family list` shows what there is"
    )]
    NoGeneration {
        /// Which.
        family: String,
        /// What was looked for.
        what: String,
    },
    /// A component whose bytes are not those that were installed.
    #[error(
        "the component {digest} of `{family}` is missing or was changed on disk; install it again"
    )]
    Blob {
        /// Whose.
        family: String,
        /// Which.
        digest: Digest,
    },
    /// Not trusted, or not any more.
    #[error("the family `{family}`: {source}")]
    Trust {
        /// Which.
        family: String,
        /// Why not.
        source: TrustError,
    },
    /// The component does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The folder of compiled code.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl DepotError {
    /// Whether it is a mistake in what the operator wrote, and not something about one family.
    #[must_use]
    pub fn is_of_the_operator(&self) -> bool {
        match self {
            Self::Trust { source, .. } => {
                matches!(source, TrustError::Document { .. } | TrustError::Read { .. })
            }
            Self::Io { .. } | Self::Exposed(_) | Self::State { .. } | Self::Cache(_) => true,
            _ => false,
        }
    }
}

impl Depot {
    /// Opens a depot, making the folder where it is missing.
    ///
    /// # Errors
    ///
    /// [`DepotError`] where it cannot be had or is open to others.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, DepotError> {
        let root = root.into();
        let this = Self { root };
        for folder in [this.root.clone(), this.blobs()] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(|source| io_error("make", &folder, source))?;
        }
        let meta = fs::metadata(&this.root).map_err(|error| io_error("read", &this.root, error))?;
        if meta.mode() & 0o022 != 0 {
            return Err(DepotError::Exposed(this.root));
        }
        Ok(this)
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whose components are run.
    ///
    /// # Errors
    ///
    /// A trust file with a mistake, which trusts nobody.
    pub fn trust(&self) -> Result<Trust, TrustError> {
        Trust::read(&self.trust_file())
    }

    pub(super) fn trust_file(&self) -> PathBuf {
        self.root.join("trust.yaml")
    }

    pub(super) fn state_file(&self) -> PathBuf {
        self.root.join("installed.json")
    }

    /// What is installed now.
    ///
    /// # Errors
    ///
    /// [`DepotError::Io`] or [`DepotError::State`].
    pub fn state(&self) -> Result<State, DepotError> {
        let path = self.state_file();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(source) => return Err(io_error("read", &path, source)),
        };
        let damaged = |detail| DepotError::State { path: path.clone(), detail };
        let state: State =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if state.format != FORMAT {
            return Err(damaged(format!("its format is `{}`, not `{FORMAT}`", state.format)));
        }
        Ok(state)
    }

    /// The folder of compiled code.
    ///
    /// # Errors
    ///
    /// [`CacheError`].
    pub fn cache(&self) -> Result<Cache, CacheError> {
        Cache::open(&self.root.join("native"))
    }

    /// Loads the generation of a family that answers, if its publisher is still trusted. Whether
    /// its signature counts at this moment was looked at when it was installed: a signature that
    /// expires takes nothing down that runs.
    ///
    /// # Errors
    ///
    /// Why it cannot be run.
    pub fn load(
        &self,
        runtime: &Runtime,
        cache: Option<&Cache>,
        id: &str,
        family: &FamilyState,
    ) -> Result<Arc<WasmFamily>, DepotError> {
        let generation = family.generation().ok_or_else(|| DepotError::NoGeneration {
            family: id.to_owned(),
            what: format!("generation {}", family.current),
        })?;
        self.is_trusted(id, generation)?;
        let damaged = || DepotError::Blob { family: id.to_owned(), digest: generation.digest };
        let bytes = fs::read(self.blob(generation.digest)).map_err(|_| damaged())?;
        let component = Component::new(bytes);
        if component.digest() != generation.digest {
            return Err(damaged());
        }
        Ok(runtime.load_with(&component, id, &family.config(), cache)?)
    }

    /// Whether the publisher of a component is trusted today.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(super) fn is_trusted(&self, id: &str, generation: &Generation) -> Result<(), DepotError> {
        let trust = |source| DepotError::Trust { family: id.to_owned(), source };
        if generation.signature.is_some() {
            let trusted = self.trust().map_err(trust)?;
            trusted.check(generation.digest, generation.signature.as_ref(), None).map_err(trust)?;
        }
        Ok(())
    }

    /// Whether a component that answers, or answered before, may go on. A trust file that cannot be
    /// read takes nobody's trust away: it is reported, and everything stays as it was.
    pub(super) fn keeps_trusting(
        &self,
        id: &str,
        generation: &Generation,
        problems: &mut Vec<DepotError>,
    ) -> bool {
        let Some(signature) = &generation.signature else { return true };
        let trust = |source| DepotError::Trust { family: id.to_owned(), source };
        let trusted = match self.trust() {
            Ok(trusted) => trusted,
            Err(error) => {
                problems.push(trust(error));
                return true;
            }
        };
        let checked = trusted.check(generation.digest, Some(signature), None);
        checked.map_err(|error| problems.push(trust(error))).is_ok()
    }

    /// Switches a family off or on again. What it governs is denied while it is off.
    ///
    /// # Errors
    ///
    /// [`DepotError::NotInstalled`], or where the change cannot be written.
    pub fn disable(&self, family: &str, disabled: bool) -> Result<(), DepotError> {
        self.change(|state| {
            known(state, family)?.disabled = disabled;
            Ok(())
        })
    }

    /// Goes back to the generation before, or to the one of that number. Answers with the version
    /// that answers now.
    ///
    /// # Errors
    ///
    /// [`DepotError::NoGeneration`] where there is none, or as [`disable`](Self::disable).
    pub fn roll_back(&self, family: &str, to: Option<u32>) -> Result<String, DepotError> {
        self.change(|state| {
            let this = known(state, family)?;
            let target = match to {
                Some(number) => this.generations.iter().find(|one| one.number == number),
                None => this.previous(),
            };
            let target = target.ok_or_else(|| DepotError::NoGeneration {
                family: family.to_owned(),
                what: to.map_or("earlier generation".to_owned(), |to| format!("generation {to}")),
            })?;
            let (number, version) = (target.number, target.version.clone());
            this.current = number;
            Ok(version)
        })
    }

    /// Takes a family out with all its generations.
    ///
    /// # Errors
    ///
    /// As [`disable`](Self::disable).
    pub fn remove(&self, family: &str) -> Result<(), DepotError> {
        self.change(|state| {
            known(state, family)?;
            state.families.remove(family);
            Ok(())
        })
    }

    /// Makes one change: all of it or nothing, and one at a time.
    pub(super) fn change<T, E: From<DepotError>>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = self.root.join("lock");
        let lock = File::create(&path).map_err(|source| io_error("open", &path, source))?;
        lock.lock().map_err(|source| io_error("lock", &path, source))?;
        let before = self.state()?;
        let mut after = before.clone();
        let done = change(&mut after)?;
        if after != before {
            after.revision = before.revision + 1;
            // Infallible: all keys are texts.
            let mut text = serde_json::to_string_pretty(&after).unwrap_or_default();
            text.push('\n');
            self.write(&self.state_file(), text.as_bytes())?;
            self.sweep(&before, &after);
        }
        Ok(done)
    }

    /// Keeps a component under its digest.
    pub(super) fn keep(&self, component: &Component) -> Result<(), DepotError> {
        self.write(&self.blob(component.digest()), component.bytes())
    }

    /// Removes what nothing refers to any more. What cannot be removed only takes room.
    fn sweep(&self, before: &State, after: &State) {
        let cache = self.cache().ok();
        let generations = before.families.values().flat_map(|family| &family.generations);
        for digest in generations.map(|generation| generation.digest) {
            if !after.refers_to(digest) {
                let _ = fs::remove_file(self.blob(digest));
                let _ = cache.as_ref().map(|cache| cache.forget(digest.bytes()));
            }
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), DepotError> {
        let fail = |source| io_error("write", path, source);
        let folder = path.parent().unwrap_or(&self.root);
        let mut file = NamedTempFile::new_in(folder).map_err(fail)?;
        file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(fail)?;
        file.persist(path).map_err(|error| fail(error.error))?;
        // The name, too, has to survive a loss of power.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    fn blob(&self, digest: Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }
}

fn known<'s>(state: &'s mut State, family: &str) -> Result<&'s mut FamilyState, DepotError> {
    let missing = || DepotError::NotInstalled { family: family.to_owned() };
    state.families.get_mut(family).ok_or_else(missing)
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> DepotError {
    DepotError::Io { action, path: path.to_owned(), source }
}
