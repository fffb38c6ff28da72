//! Most people get a WebAssembly target from rustup with one command. Where
//! that is not to be had (no network but a package mirror, a distribution's
//! image) a checkout must still build, so three ways are tried, from the most
//! usual to the most laborious, and the one that was taken is always said.

mod apt;
mod debian;
mod library;

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    error::{Error, Result, Tried},
    process,
    workspace::cargo_home,
};

/// The target that families are compiled for: WebAssembly and nothing else,
/// no system interface.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The linker that turns a core module into a component.
const LINKER: &str = "wasm-component-ld";

/// A compiler that can build families.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    way: Way,
    /// The compiler, where it is not the one that cargo would take.
    rustc: Option<PathBuf>,
    /// The folder whose path must not reach the output.
    folder: PathBuf,
    /// What the compiler calls itself, like `1.95.0`.
    release: String,
}

/// How a [`Toolchain`] was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Installed,
    Added,
    DebianFound,
    DebianMade,
}

impl Toolchain {
    /// Finds a compiler for families, or makes one.
    ///
    /// The order: the toolchain has the target; a second compiler made by an
    /// earlier run; `rustup target add`; making the second compiler. One made
    /// earlier goes before rustup because it was made when rustup had failed,
    /// and waiting for that again on every run would help nobody.
    pub(crate) fn find() -> Result<Self> {
        let mut tried = Tried::default();
        match installed(Way::Installed) {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => tried.refused("the toolchain in use", reason),
        }
        if let Some(toolchain) = debian::cached() {
            return Ok(toolchain);
        }
        match add_target() {
            Ok(toolchain) => return Ok(toolchain),
            Err(reason) => tried.refused("`rustup target add`", reason),
        }
        match debian::make() {
            Ok(toolchain) => return Ok(toolchain),
            Err(error) => tried.refused("Debian's second compiler", error),
        }
        Err(Error::NoToolchain { tried })
    }

    /// The compiler, where it is not the one that cargo would take.
    pub(crate) fn rustc(&self) -> Option<&Path> {
        self.rustc.as_deref()
    }

    /// Makes `cargo` compile families: the compiler, the linker and the flags,
    /// whatever the caller's own environment and configuration say.
    pub(crate) fn configure(&self, cargo: &mut Command, remap: &[(&Path, &str)]) {
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        cargo
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", LINKER)
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags(remap))
            .env_remove("CARGO_BUILD_TARGET")
            .args(["--release", "--target", TARGET]);
    }

    /// The compiler's flags, in the form that cargo takes from its environment.
    fn flags(&self, remap: &[(&Path, &str)]) -> String {
        let mut remap: Vec<(PathBuf, &str)> = remap
            .iter()
            .map(|(path, name)| (path.to_path_buf(), *name))
            .chain([(self.folder.clone(), "/toolchain")])
            .chain(cargo_home().map(|home| (home, "/cargo")))
            .collect();
        // A path may be meant by its real name or through a link.
        for index in 0..remap.len() {
            let (path, name) = &remap[index];
            if let Ok(real) = path.canonicalize()
                && real != *path
            {
                remap.push((real, name));
            }
        }
        // The compiler takes the last prefix that fits, so inner folders go last.
        remap.sort_by_key(|(path, _)| path.components().count());
        // A small stack keeps an instance's memory small; the host bounds
        // recursion anyway.
        std::iter::once("-Clink-arg=-zstack-size=32768".to_owned())
            .chain(
                remap
                    .iter()
                    .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display())),
            )
            .collect::<Vec<_>>()
            .join("\u{1f}")
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rustc {}, ", self.release)?;
        let folder = self.folder.display();
        match self.way {
            Way::Installed => write!(f, "the toolchain in use has the target"),
            Way::Added => write!(f, "target added with rustup"),
            Way::DebianFound => write!(f, "Debian's second compiler, found in {folder}"),
            Way::DebianMade => write!(f, "Debian's second compiler, made in {folder}"),
        }
    }
}

/// The compiler that cargo would take.
fn rustc() -> PathBuf {
    env::var_os("RUSTC")
        .filter(|name| !name.is_empty())
        .map_or_else(|| "rustc".into(), PathBuf::from)
}

/// The compiler that cargo would take, if it can build families, else the
/// reason why it cannot.
fn installed(way: Way) -> Result<Toolchain, String> {
    let rustc = rustc();
    let about = about(&rustc).map_err(|error| error.to_string())?;
    if !holds_core(&target_libraries(&rustc)?) {
        return Err(format!("rustc {} has no library for `{TARGET}`", about.release));
    }
    if !has_linker(&about) {
        return Err(format!("rustc {} has the target but no `{LINKER}`", about.release));
    }
    Ok(Toolchain { way, rustc: None, folder: about.sysroot, release: about.release })
}

/// Asks rustup for the target, and returns the toolchain that then has it.
fn add_target() -> Result<Toolchain, String> {
    if env::var_os("RUSTC").is_some_and(|name| !name.is_empty()) {
        return Err("skipped, because `RUSTC` names a compiler that rustup may not manage".into());
    }
    eprintln!("families: the toolchain has no {TARGET}, asking rustup for it");
    process::output(Command::new("rustup").args(["target", "add", TARGET]))
        .map_err(|error| error.to_string())?;
    installed(Way::Added)
}

/// What a compiler says about itself.
#[derive(Debug)]
struct About {
    release: String,
    host: String,
    sysroot: PathBuf,
}

impl About {
    /// Where this compiler keeps linkers.
    fn linkers(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(&self.host).join("bin")
    }
}

/// Asks `rustc` about itself.
fn about(rustc: &Path) -> Result<About> {
    let verbose = process::output(Command::new(rustc).arg("-vV"))?;
    let field = |name: &str| {
        verbose
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
            .ok_or(Error::Answer {
                command: format!("{} -vV", rustc.display()),
                program: "rustc",
                expected: "its release and host",
            })
    };
    let sysroot = process::output(Command::new(rustc).args(["--print", "sysroot"]))?;
    Ok(About {
        release: field("release")?,
        host: field("host")?,
        sysroot: sysroot.trim_end().into(),
    })
}

/// Where `rustc` would look for the target's libraries.
fn target_libraries(rustc: &Path) -> Result<PathBuf, String> {
    process::output(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))
        .map(|folder| folder.trim_end().into())
        .map_err(|error| error.to_string())
}

/// Whether `folder` holds the core library.
fn holds_core(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("libcore-") && name.ends_with(".rlib")
            })
        })
    })
}

/// Whether the component linker is where the compiler will look for it.
fn has_linker(about: &About) -> bool {
    let name = format!("{LINKER}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    std::iter::once(about.linkers())
        .chain(env::split_paths(&path))
        .any(|folder| folder.join(&name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(way: Way) -> Toolchain {
        Toolchain { way, rustc: None, folder: "/opt/rust".into(), release: "1.96.0".into() }
    }

    #[test]
    fn inner_folders_are_remapped_after_outer_ones() {
        let flags = toolchain(Way::Installed).flags(&[
            (Path::new("/opt/rust/checkout/target/wasm"), "/target"),
            (Path::new("/opt"), "/outer"),
        ]);
        let place = |text: &str| flags.find(text).unwrap_or_else(|| panic!("{text}: {flags}"));
        assert!(place("=/opt=/outer") < place("=/opt/rust=/toolchain"));
        assert!(place("=/opt/rust=/toolchain") < place("/wasm=/target"));
        assert!(flags.starts_with("-Clink-arg=-zstack-size=32768\u{1f}--remap"));
    }

    #[test]
    fn the_way_taken_is_said() {
        let said = toolchain(Way::DebianFound).to_string();
        assert_eq!(said, "rustc 1.96.0, Debian's second compiler, found in /opt/rust");
    }

    #[test]
    fn a_folder_without_the_core_library_is_no_target() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!holds_core(&folder.path().join("missing")));
        std::fs::write(folder.path().join("libcore-1.rmeta"), "").unwrap();
        assert!(!holds_core(folder.path()));
        std::fs::write(folder.path().join("libcore-1.rlib"), "").unwrap();
        assert!(holds_core(folder.path()));
    }
}
