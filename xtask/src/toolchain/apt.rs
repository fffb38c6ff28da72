//! Package versions move, and with them the names of libraries that carry a
//! version in their name. So nothing is written down here but the names of
//! three packages: which others belong to them is asked of apt each time.

use std::{collections::BTreeSet, path::Path, process::Command};

use crate::{
    error::{Error, Result},
    process::{self, Progress},
};

/// Debian's compiler for its browsers, kept newer than the release's own.
const RUSTC: &str = "rustc-web";
/// The compiler's standard library, built for the machine it runs on.
const LIBRARY: &str = "libstd-rust-web-dev";
/// The compiler's source, of which the standard library's part is needed.
pub(super) const SOURCE: &str = "rust-web-src";

/// A set of packages that together make a compiler.
#[derive(Debug)]
pub(super) struct Packages {
    /// The compiler's version.
    pub(super) version: String,
    /// Each package, as `name=version`.
    pub(super) wanted: Vec<String>,
    /// How much there is to download, in bytes.
    pub(super) size: u64,
}

impl Packages {
    /// Asks apt which packages make up its newest compiler.
    ///
    /// `minimum` is the oldest compiler that will do, like `1.95`: package
    /// lists that know only an older one are out of date.
    pub(super) fn find(minimum: &str) -> Result<Self> {
        let version = candidate(RUSTC)?;
        if numbers(&version) < numbers(minimum) {
            return Err(missing(format!(
                "`{RUSTC}` is on offer as {version}, but {minimum} or newer is needed"
            )));
        }
        // Its driver is in a package that carries the version in its name,
        // and that one needs an LLVM that does so too.
        let development = show(LIBRARY, &version)?;
        let driver = dependency(&development, "libstd-rust-")?;
        let llvm = dependency(&show(&driver, &version)?, "libllvm")?;

        let mut wanted: Vec<(String, String)> = [RUSTC, LIBRARY, SOURCE, &driver]
            .into_iter()
            .map(|name| (name.to_owned(), version.clone()))
            .collect();
        let mut libraries = not_installed(&[&driver, &llvm])?;
        libraries.insert(llvm);
        libraries.remove(&driver);
        for name in libraries {
            let version = candidate(&name)?;
            wanted.push((name, version));
        }

        let mut size = 0;
        for (name, version) in &wanted {
            let record = show(name, version)?;
            size += field(&record, "Size").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Self {
            version,
            wanted: wanted.into_iter().map(|(name, version)| format!("{name}={version}")).collect(),
            size,
        })
    }

    /// Downloads the packages into `folder`, verified by apt, nothing installed.
    pub(super) fn download(&self, folder: &Path, progress: &Progress) -> Result<()> {
        let mut command = Command::new("apt-get");
        if is_root() {
            // The unprivileged user that apt downloads as may not write here.
            command.args(["-o", "APT::Sandbox::User=root"]);
        }
        process::watched(
            command.args(["-q", "download"]).args(&self.wanted).current_dir(folder),
            progress,
        )
    }
}

/// Refreshes the package lists.
pub(super) fn update(progress: &Progress) -> Result<()> {
    process::watched(Command::new("apt-get").args(["-q", "update"]), progress)
}

/// Whether this is a system with apt.
pub(super) fn is_here() -> bool {
    process::output(Command::new("apt-get").arg("--version")).is_ok()
}

/// Whether this process may refresh the package lists.
pub(super) fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn missing(what: String) -> Error {
    Error::Packages { what }
}

/// The version of `package` that apt would install.
fn candidate(package: &str) -> Result<String> {
    let policy =
        process::output(Command::new("apt-cache").args(["policy", package]).env("LC_ALL", "C"))?;
    field(&policy, "  Candidate")
        .filter(|version| *version != "(none)")
        .map(str::to_owned)
        .ok_or_else(|| missing(format!("no package `{package}` is on offer")))
}

/// What the package lists say about one version of a package.
fn show(package: &str, version: &str) -> Result<String> {
    process::output(
        Command::new("apt-cache")
            .args(["show", "--no-all-versions"])
            .arg(format!("{package}={version}")),
    )
    .map_err(|_| missing(format!("no package `{package}` {version} is on offer")))
}

/// The packages that `packages` need to run and that this machine lacks.
fn not_installed(packages: &[&str]) -> Result<BTreeSet<String>> {
    let needed = process::output(
        Command::new("apt-cache").args(["depends", "--recurse", "--important"]).args(packages),
    )?;
    let present = process::output(Command::new("dpkg-query").args([
        "--show",
        "--showformat",
        "${db:Status-Abbrev} ${Package}\n",
    ]))?;
    let present: BTreeSet<&str> =
        present.lines().filter_map(|line| line.strip_prefix("ii")).map(str::trim).collect();
    Ok(top_level(&needed).filter(|name| !present.contains(name)).map(str::to_owned).collect())
}

/// The packages in the answer of `apt-cache depends --recurse`: the lines that
/// are not indented, without virtual packages and other architectures.
fn top_level(answer: &str) -> impl Iterator<Item = &str> {
    answer
        .lines()
        .filter(|line| !line.starts_with([' ', '<']) && !line.contains(':') && !line.is_empty())
}

/// The dependency in `record` whose name starts with `prefix`.
fn dependency(record: &str, prefix: &str) -> Result<String> {
    field(record, "Depends")
        .into_iter()
        .flat_map(|depends| depends.split([',', '|']))
        .filter_map(|entry| entry.split_whitespace().next())
        .find(|name| name.starts_with(prefix))
        .map(str::to_owned)
        .ok_or_else(|| missing(format!("no dependency `{prefix}…` is named")))
}

/// The value of `name: value` in a record.
fn field<'a>(record: &'a str, name: &str) -> Option<&'a str> {
    record.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// The first two numbers of a version, for comparing.
fn numbers(version: &str) -> (u32, u32) {
    let mut parts =
        version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "Package: libstd-rust-web-1.96\n\
        Depends: libc6 (>= 2.34), libgcc-s1 (>= 4.2), libllvm22, libstdc++6 (>= 11)\n\
        Size: 21977620\n";

    #[test]
    fn a_dependency_is_found_by_how_its_name_begins() {
        assert_eq!(dependency(RECORD, "libllvm").unwrap(), "libllvm22");
        assert_eq!(
            dependency(RECORD, "libstd-rust-").unwrap_err().to_string(),
            "no dependency `libstd-rust-…` is named: run `apt-get update` as root, \
             then run the command again"
        );
    }

    #[test]
    fn a_field_is_not_mistaken_for_one_that_begins_alike() {
        let record = "Size-Installed: 1\nSize: 2\n";
        assert_eq!(field(record, "Size"), Some("2"));
    }

    #[test]
    fn versions_compare_by_their_numbers() {
        assert!(numbers("1.96.0+dfsg1-1~deb12u2") >= numbers("1.95"));
        assert!(numbers("1.85.0+dfsg3-1~deb12u3") < numbers("1.95"));
        assert!(numbers("1.100.0") > numbers("1.95"));
    }

    #[test]
    fn only_real_packages_of_this_architecture_count() {
        let answer = "libllvm22\n  Depends: libc6\nlibc6\n<awk>\n  mawk\nlibc6:i386\n";
        assert_eq!(top_level(answer).collect::<Vec<_>>(), ["libllvm22", "libc6"]);
    }
}
