//! Compiled components, kept from one start to the next.
//!
//! Compiling a family takes from tens of milliseconds to seconds, and a host that restarts has
//! compiled it before. Native code, though, is confined by nothing: whoever can slip a file into
//! this folder runs code in the host. So an entry is read only if this installation wrote it,
//! which a message authentication code over all of it proves, with a key that never leaves the
//! folder; and only for the same build of the runtime, the same settings and the same component.
//! Anything else counts as not being there: the component is compiled again.
//!
//! This is the one crate of the workspace with `unsafe` in it, one block of it: the call that
//! takes bytes for native code. Nothing else may move in here.
//!
//! ```
//! use permesso_precompiled::{Cache, Kept};
//! use sha2::{Digest, Sha256};
//! use wasmtime::{Engine, component::Component};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let cache = Cache::open(folder.path())?;
//! let (engine, bytes) = (Engine::default(), wat::parse_str("(component)")?);
//! let digest: [u8; 32] = Sha256::digest(&bytes).into();
//! assert!(matches!(cache.find(&engine, &digest), Kept::Nothing));
//!
//! let compiled = Component::new(&engine, &bytes).map_err(|error| error.to_string())?;
//! cache.keep(&engine, &digest, &compiled)?;
//! assert!(matches!(cache.find(&engine, &digest), Kept::Component(_)));
//! # Ok(())
//! # }
//! ```

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{Hash as _, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// What every entry starts with. The last byte is the version of the layout:
/// magic, compatibility (32 bytes), digest of the component (32), code, code of authentication (32).
const MAGIC: &[u8; 16] = b"permesso-native\x01";
const HASH: usize = 32;
const HEAD: usize = MAGIC.len() + 2 * HASH;

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use `{}` for compiled code: {problem}", path.display())]
pub struct CacheError {
    /// The folder or the key.
    pub path: PathBuf,
    /// Why.
    pub problem: CacheProblem,
}

/// What is wrong with a folder.
#[derive(Debug, thiserror::Error)]
pub enum CacheProblem {
    /// The system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Others than its owner can write to it, and what they write would be run.
    #[error("users other than its owner can write to it; take that away with `chmod go-w`")]
    Exposed,
    /// The key is not one.
    #[error("the key is damaged; remove it and everything is compiled again")]
    Key,
}

/// What became of looking for an entry.
#[derive(Debug)]
pub enum Kept {
    /// Code that this installation compiled.
    Component(Component),
    /// No entry.
    Nothing,
    /// An entry that is not to be trusted or of no use here, and why.
    Refused(&'static str),
}

/// A folder of compiled components.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    key: Vec<u8>,
}

impl Cache {
    /// Opens the folder, making it and its key where they are missing: mode 0700 and 0600.
    ///
    /// # Errors
    ///
    /// [`CacheError`] where the folder cannot be had or is open to others.
    pub fn open(folder: &Path) -> Result<Self, CacheError> {
        let fail = |path: &Path, problem| CacheError { path: path.to_owned(), problem };
        let io = |path: &Path, error| fail(path, CacheProblem::Io(error));
        if !folder.exists() {
            fs::create_dir_all(folder).map_err(|error| io(folder, error))?;
            fs::set_permissions(folder, Permissions::from_mode(0o700))
                .map_err(|error| io(folder, error))?;
        }
        let mode = fs::metadata(folder).map_err(|error| io(folder, error))?.mode();
        if mode & 0o022 != 0 {
            return Err(fail(folder, CacheProblem::Exposed));
        }
        let path = folder.join("key");
        let key = match Self::read_key(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::make_key(folder, &path).and_then(|()| Self::read_key(&path))
            }
            read => read,
        }
        .map_err(|error| io(&path, error))?;
        if key.len() != HASH {
            return Err(fail(&path, CacheProblem::Key));
        }
        Ok(Self { folder: folder.to_owned(), key })
    }

    fn read_key(path: &Path) -> io::Result<Vec<u8>> {
        let file = File::open(path)?;
        if file.metadata()?.mode() & 0o077 != 0 {
            let text = "users other than its owner can read it; take that away with `chmod 600`";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        let mut key = Vec::new();
        file.take(1024).read_to_end(&mut key)?;
        Ok(key)
    }

    /// Whole or not at all, and never over one that somebody else made in the meantime.
    fn make_key(folder: &Path, path: &Path) -> io::Result<()> {
        let mut key = [0; HASH];
        getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&key)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            _ => Ok(()),
        }
    }

    /// The compiled component of that SHA-256, if it is here and to be trusted.
    #[must_use]
    pub fn find(&self, engine: &Engine, digest: &[u8; HASH]) -> Kept {
        let path = self.path(digest);
        let mut options = OpenOptions::new();
        // A link could lead to a file that somebody else goes on changing.
        let file = options.read(true).custom_flags(O_NOFOLLOW).open(&path);
        let bytes = match file.and_then(|mut file| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        }) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Kept::Nothing,
            Err(_) => return Kept::Refused("it cannot be read"),
        };
        let Some((signed, tag)) = bytes.split_last_chunk::<HASH>() else {
            return Kept::Refused("it is cut short");
        };
        let (Some(magic), Some(compatibility), Some(of), Some(code)) = (
            signed.get(..MAGIC.len()),
            signed.get(MAGIC.len()..MAGIC.len() + HASH),
            signed.get(MAGIC.len() + HASH..HEAD),
            signed.get(HEAD..),
        ) else {
            return Kept::Refused("it is cut short");
        };
        // Before anything in it is believed.
        let authentic = self.mac(signed).is_some_and(|mac| mac.verify_slice(tag).is_ok());
        if !authentic {
            return Kept::Refused("it was not written by this installation");
        }
        if magic != MAGIC {
            return Kept::Refused("it has another layout");
        }
        if of != digest {
            return Kept::Refused("it is of another component");
        }
        if compatibility != compatibility_of(engine) {
            return Kept::Refused("it was compiled by another build or with other settings");
        }
        // SAFETY: `deserialize` asks for bytes that `Component::serialize` gave, unchanged. The
        // code of authentication over all of them, checked just above on this very buffer, is
        // made only in `keep`, over what `serialize` gave, with a key that only the owner of the
        // folder can read. The hash of the engine that is covered by it is that of this engine.
        match unsafe { Component::deserialize(engine, code) } {
            Ok(component) => Kept::Component(component),
            Err(_) => Kept::Refused("the runtime does not take it"),
        }
    }

    /// Keeps a compiled component under the SHA-256 of what it was compiled from.
    ///
    /// # Errors
    ///
    /// Where it cannot be serialised or written; it is then compiled again next time.
    pub fn keep(
        &self,
        engine: &Engine,
        digest: &[u8; HASH],
        component: &Component,
    ) -> io::Result<()> {
        let code = component.serialize().map_err(|error| io::Error::other(format!("{error:#}")))?;
        let mut bytes = Vec::with_capacity(HEAD + code.len() + HASH);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&compatibility_of(engine));
        bytes.extend_from_slice(digest);
        bytes.extend_from_slice(&code);
        let mac = self.mac(&bytes).ok_or_else(|| io::Error::other("the key cannot be used"))?;
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&bytes)?;
        file.persist(self.path(digest)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Takes the entry of a component out.
    ///
    /// # Errors
    ///
    /// Where it is there and cannot be removed.
    pub fn forget(&self, digest: &[u8; HASH]) -> io::Result<()> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, digest: &[u8; HASH]) -> PathBuf {
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.native"))
    }

    fn mac(&self, bytes: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(bytes);
        Some(mac)
    }
}

/// Linux: a symbolic link is not followed.
const O_NOFOLLOW: i32 = 0o400_000;

/// What tells one build and its settings from another.
fn compatibility_of(engine: &Engine) -> [u8; HASH] {
    struct Collect(Sha256);
    impl Hasher for Collect {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut collect = Collect(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut collect);
    collect.0.finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use wasmtime::Config;

    const DIGEST: [u8; HASH] = [7; HASH];

    fn kept() -> (tempfile::TempDir, Engine, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(&folder.path().join("native")).unwrap();
        let component = Component::new(&engine, wat::parse_str("(component)").unwrap()).unwrap();
        cache.keep(&engine, &DIGEST, &component).unwrap();
        (folder, engine, cache)
    }

    fn refusal(found: Kept) -> &'static str {
        match found {
            Kept::Refused(why) => why,
            Kept::Component(_) => "taken",
            Kept::Nothing => "nothing",
        }
    }

    #[test]
    fn what_this_installation_compiled_is_found_again_after_a_restart() {
        let (folder, engine, cache) = kept();
        assert!(matches!(cache.find(&engine, &DIGEST), Kept::Component(_)));
        let again = Cache::open(&folder.path().join("native")).unwrap();
        assert!(matches!(again.find(&engine, &DIGEST), Kept::Component(_)));
        assert!(matches!(again.find(&engine, &[8; HASH]), Kept::Nothing));
        again.forget(&DIGEST).unwrap();
        again.forget(&DIGEST).unwrap();
        assert!(matches!(again.find(&engine, &DIGEST), Kept::Nothing));
    }

    #[test]
    fn an_entry_in_which_one_bit_is_flipped_is_never_run() {
        let (_folder, engine, cache) = kept();
        let path = cache.path(&DIGEST);
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(97).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).unwrap();
            let why = refusal(cache.find(&engine, &DIGEST));
            assert_eq!(why, "it was not written by this installation", "byte {at}");
        }
    }

    #[test]
    fn an_entry_that_is_cut_short_is_never_run() {
        let (_folder, engine, cache) = kept();
        let path = cache.path(&DIGEST);
        let good = fs::read(&path).unwrap();
        for length in [0, 1, HASH, HEAD, HEAD + HASH - 1, good.len() - 1] {
            fs::write(&path, &good[..length]).unwrap();
            assert_ne!(refusal(cache.find(&engine, &DIGEST)), "taken", "{length} bytes");
        }
    }

    #[test]
    fn an_entry_of_another_installation_is_never_run() {
        let (_folder, engine, cache) = kept();
        let (_other_folder, _, other) = kept();
        fs::copy(other.path(&DIGEST), cache.path(&DIGEST)).unwrap();
        let why = refusal(cache.find(&engine, &DIGEST));
        assert_eq!(why, "it was not written by this installation");
    }

    #[test]
    fn an_entry_under_the_name_of_another_component_is_never_run() {
        let (_folder, engine, cache) = kept();
        fs::copy(cache.path(&DIGEST), cache.path(&[8; HASH])).unwrap();
        assert_eq!(refusal(cache.find(&engine, &[8; HASH])), "it is of another component");
    }

    #[test]
    fn an_entry_of_other_settings_is_compiled_again() {
        let (_folder, _, cache) = kept();
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        let why = refusal(cache.find(&engine, &DIGEST));
        assert_eq!(why, "it was compiled by another build or with other settings");
    }

    #[test]
    fn a_link_is_not_followed() {
        let (folder, engine, cache) = kept();
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(cache.path(&DIGEST), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, cache.path(&DIGEST)).unwrap();
        assert_eq!(refusal(cache.find(&engine, &DIGEST)), "it cannot be read");
    }

    #[test]
    fn a_folder_that_others_can_write_to_and_a_key_that_they_can_read_are_refused() {
        let (folder, _, _) = kept();
        let native = folder.path().join("native");
        fs::set_permissions(native.join("key"), Permissions::from_mode(0o644)).unwrap();
        assert!(Cache::open(&native).unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&native, Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(&native).unwrap_err().to_string().contains("chmod go-w"));
    }
}
