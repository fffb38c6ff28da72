//! Debian carries a second, newer compiler for building browsers, with the
//! standard library's source but without that library for WebAssembly. It can
//! be unpacked without being installed, and the library built from the source
//! that came with it, offline. The result is an ordinary compiler that needs no
//! unstable flag, so it is made once per user and kept in the cache folder.
//!
//! Mixing would not work: the library must be built by the very compiler whose
//! source it is, so neither rustup's compiler with Debian's source nor
//! Debian's ready library of another release will do.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{
    TARGET, Toolchain, Way, about,
    apt::{self, Packages},
    holds_core, library, rustc,
};
use crate::{
    error::{Error, Result},
    process::{self, Progress},
};

/// Raised when the steps below change, so that toolchains made by the old
/// steps are made anew.
const RECIPE: u64 = 1;
/// The file that says what a finished toolchain is.
const RECORD: &str = "toolchain.json";
/// How the folder of an unfinished toolchain begins.
const UNFINISHED: &str = ".making-";
/// The oldest compiler that builds this repository.
const MINIMUM: &str = env!("CARGO_PKG_RUST_VERSION");
/// The linkers that rustup's toolchain lends.
const LINKERS: [&str; 2] = ["rust-lld", "wasm-component-ld"];

/// A second compiler that an earlier run made, if it still works.
pub(super) fn cached() -> Option<Toolchain> {
    let mut folders: Vec<PathBuf> = shelf()?
        .read_dir()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join(RECORD).is_file())
        .collect();
    // The newest first; versions of one compiler sort by name well enough.
    folders.sort();
    folders.iter().rev().find_map(|folder| open(folder, Way::DebianFound).ok())
}

/// Makes the second compiler, or waits for a run that is making it.
pub(super) fn make() -> Result<Toolchain> {
    if !apt::is_here() {
        return Err(Error::NoApt);
    }
    let shelf = shelf().ok_or(Error::NoCache)?;
    fs::create_dir_all(&shelf).map_err(Error::io("create", &shelf))?;
    let _alone = lock(&shelf.join(".lock"))?;
    if let Some(toolchain) = cached() {
        return Ok(toolchain);
    }
    remove_unfinished(&shelf);
    eprintln!(
        "families: making a second compiler from Debian's packages, once, in a minute or two"
    );
    let progress = Progress::start(5);

    let room = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempdir_in(&shelf)
        .map_err(Error::io("create a folder in", &shelf))?;
    let folder = room.path().join("toolchain");
    let packages = room.path().join("packages");
    for path in [&folder, &packages] {
        fs::create_dir(path).map_err(Error::io("create", path))?;
    }
    let found = fetch(&packages, &progress)?;
    unpack(&packages, &folder, &progress)?;
    write_wrapper(&folder)?;
    lend_linkers(&folder)?;
    library::build(&folder, &compiler(&folder), &room.path().join("scratch"), &progress)?;

    let sources = folder.join("usr/src");
    fs::remove_dir_all(&sources).map_err(Error::io("remove", &sources))?;
    let record = folder.join(RECORD);
    let facts = json!({ "recipe": RECIPE, "version": found.version, "packages": found.wanted });
    fs::write(&record, format!("{facts:#}\n")).map_err(Error::io("write", &record))?;

    // Only a whole toolchain gets its final name. What may stand there is one
    // that no longer works, else it would have been found.
    let home = shelf.join(found.version.replace(':', "_"));
    if home.exists() {
        fs::remove_dir_all(&home).map_err(Error::io("remove", &home))?;
    }
    fs::rename(&folder, &home).map_err(Error::io("move the toolchain to", &home))?;
    open(&home, Way::DebianMade).map_err(|reason| Error::Unusable { path: home.clone(), reason })
}

/// Where second compilers are kept, one folder for each version.
fn shelf() -> Option<PathBuf> {
    env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(env::home_dir()?.join(".cache")))
        .map(|cache| cache.join("permesso/wasm-toolchain"))
}

/// Waits until no other run makes a compiler. The system frees the lock when
/// this process ends, however it ends.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).map_err(Error::io("create", path))?;
    if file.try_lock().is_err() {
        eprintln!("families: waiting for another run that is making the compiler");
        file.lock().map_err(Error::io("lock", path))?;
    }
    Ok(file)
}

/// Removes what an interrupted run left. Call it only while holding the lock.
fn remove_unfinished(shelf: &Path) {
    for entry in shelf.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // Left-over files cost space and nothing else.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Checks that the toolchain in `folder` works, and lends it today's linkers.
fn open(folder: &Path, way: Way) -> Result<Toolchain, String> {
    let text = fs::read_to_string(folder.join(RECORD)).map_err(|error| error.to_string())?;
    let record: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if record["recipe"] != RECIPE {
        return Err("it was made by other steps".into());
    }
    lend_linkers(folder).map_err(|error| error.to_string())?;
    let compiler = compiler(folder);
    let about = about(&compiler).map_err(|error| error.to_string())?;
    if !holds_core(&library::place(&about)) {
        return Err(format!("it has no library for `{TARGET}`"));
    }
    Ok(Toolchain { way, rustc: Some(compiler), folder: folder.to_owned(), release: about.release })
}

/// The compiler in a toolchain's folder.
fn compiler(folder: &Path) -> PathBuf {
    folder.join("bin/rustc")
}

/// Downloads the compiler's packages. Lists that are missing or out of date
/// are refreshed once, where this process may do that.
fn fetch(folder: &Path, progress: &Progress) -> Result<Packages> {
    progress.step("asking apt for the packages");
    let attempt = || {
        let packages = Packages::find(MINIMUM)?;
        progress.step(format!(
            "downloading {} packages, {} MB",
            packages.wanted.len(),
            packages.size / 1_000_000
        ));
        packages.download(folder, progress)?;
        Ok(packages)
    };
    match attempt() {
        Err(Error::Packages { .. } | Error::Captured { .. }) if apt::is_root() => {
            progress.again("refreshing the package lists");
            let refreshed = apt::update(progress);
            // One unreachable source fails the whole refresh, yet the lists
            // that matter may have arrived; so try, then say what was wrong.
            attempt().map_err(|error| refreshed.err().unwrap_or(error))
        }
        Err(Error::Captured { command, .. }) => {
            Err(Error::Packages { what: format!("`{command}` failed") })
        }
        other => other,
    }
}

/// Unpacks every package in `packages` into `folder`; of the compiler's
/// source, which is large, only the standard library.
fn unpack(packages: &Path, folder: &Path, progress: &Progress) -> Result<()> {
    progress.step("unpacking the compiler");
    let entries = packages.read_dir().map_err(Error::io("read", packages))?.flatten();
    for entry in entries {
        let package = entry.path();
        if entry.file_name().to_string_lossy().starts_with(apt::SOURCE) {
            let script = r#"dpkg-deb --fsys-tarfile "$1" | tar --extract --directory "$2" --wildcards './usr/lib/rustlib/src' './usr/src/rustc-*/library'"#;
            let mut shell = Command::new("bash");
            shell.args(["-o", "pipefail", "-c", script, "unpack"]);
            process::output(shell.arg(&package).arg(folder))?;
        } else {
            process::output(Command::new("dpkg-deb").arg("-x").args([&*package, folder]))?;
        }
        // Half of the peak in disk space, for one line.
        fs::remove_file(&package).map_err(Error::io("remove", &package))?;
    }
    Ok(())
}

/// Writes `bin/rustc`, which starts the unpacked compiler with its own
/// libraries wherever the folder is moved.
fn write_wrapper(folder: &Path) -> Result<()> {
    let libraries = folder.join("usr/lib");
    let place = libraries
        .read_dir()
        .map_err(Error::io("read", &libraries))?
        .flatten()
        .find(|entry| contains(&entry.path(), "librustc_driver-"))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .ok_or_else(|| Error::Unusable {
            path: folder.into(),
            reason: "the packages hold no `librustc_driver`".into(),
        })?;
    let script = format!(
        "#!/bin/sh\n\
         here=$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\")\n\
         export LD_LIBRARY_PATH=\"$here/usr/lib/{place}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\"\n\
         exec \"$here/usr/bin/rustc\" \"$@\"\n"
    );
    let wrapper = compiler(folder);
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).map_err(Error::io("create", &bin))?;
    fs::write(&wrapper, script).map_err(Error::io("write", &wrapper))?;
    process::output(Command::new("chmod").arg("755").arg(&wrapper)).map(drop)
}

/// Whether a file in `folder` has a name that starts with `prefix`.
fn contains(folder: &Path, prefix: &str) -> bool {
    folder.read_dir().is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
    })
}

/// Links the linkers of the toolchain in use to where the unpacked compiler
/// looks for them. Repeated on every run, because rustup moves and removes its
/// toolchains.
fn lend_linkers(folder: &Path) -> Result<()> {
    let lender = about(&rustc())?.linkers();
    let taker = about(&compiler(folder))?.linkers();
    fs::create_dir_all(&taker).map_err(Error::io("create", &taker))?;
    for name in LINKERS {
        let from = lender.join(name);
        let to = taker.join(name);
        if !from.is_file() {
            // An earlier link may still do.
            if to.is_file() {
                continue;
            }
            return Err(Error::Unusable {
                path: folder.into(),
                reason: format!("`{}` is missing, install Rust with rustup", from.display()),
            });
        }
        if fs::read_link(&to).is_ok_and(|target| target == from) {
            continue;
        }
        // Renamed into place, so that a compiler running beside never misses it.
        let fresh = taker.join(format!(".{name}-{}", std::process::id()));
        let _ = fs::remove_file(&fresh);
        link(&from, &fresh).map_err(Error::io("link", &fresh))?;
        fs::rename(&fresh, &to).map_err(Error::io("replace", &to))?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interrupted_run_left_is_removed_and_nothing_else() {
        let shelf = tempfile::tempdir().unwrap();
        for name in [".making-abc", "1.96.0"] {
            fs::create_dir(shelf.path().join(name)).unwrap();
        }
        remove_unfinished(shelf.path());
        assert!(!shelf.path().join(".making-abc").exists());
        assert!(shelf.path().join("1.96.0").exists());
    }

    #[test]
    fn a_toolchain_made_by_other_steps_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(RECORD), r#"{ "recipe": 0 }"#).unwrap();
        let reason = open(folder.path(), Way::DebianFound).unwrap_err();
        assert_eq!(reason, "it was made by other steps");
    }

    #[test]
    fn a_half_made_toolchain_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path(), Way::DebianFound).is_err());
    }

    #[test]
    fn the_lock_is_free_again_when_its_holder_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        drop(lock(&path).unwrap());
        drop(lock(&path).unwrap());
    }
}
