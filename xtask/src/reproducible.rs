//! A tenant pins a family by its hash, and whoever audits it wants to get that
//! hash from the source. That holds only if nothing of the builder's machine
//! reaches the bytes, and it breaks silently: one path in a panic message is
//! enough. So it is tried for real, with every path different.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    families::{self, BuiltFamily, Component, Plan},
    toolchain::Toolchain,
    workspace::{Workspace, cargo_home},
};

/// Builds all families again from two copies in other folders, one of them
/// with another `CARGO_HOME` too, and compares them with `built`.
pub(crate) fn check(workspace: &Workspace, built: &[BuiltFamily]) -> Result<()> {
    let toolchain = Toolchain::find()?;
    let room = tempfile::Builder::new()
        .prefix("reproducible-")
        .tempdir()
        .map_err(Error::io("create a folder in", std::env::temp_dir()))?;
    let near = room.path().join("a");
    let far = room.path().join("another/checkout with a long name");
    let home = room.path().join("cargo-home");
    lend_registry(&home)?;

    let mut different = Vec::new();
    for (copy, cargo_home) in [(&near, None), (&far, Some(&*home))] {
        eprintln!("families: building a copy in {}", copy.display());
        for name in ["plugins", "wit"] {
            copy_tree(&workspace.root().join(name), &copy.join(name))?;
        }
        let plan = Plan {
            checkout: copy,
            plugins: &copy.join("plugins"),
            target: &copy.join("build"),
            cargo_home,
        };
        for component in families::components(&plan, &toolchain)? {
            if let Some(difference) = difference(&component, built)? {
                println!("{}  differs: {difference}", component.name);
                different.push(component.name);
            }
        }
    }
    for family in built {
        if !different.contains(&family.name) {
            println!("{}  identical in three builds", family.name);
        }
    }
    different.sort();
    different.dedup();
    if different.is_empty() { Ok(()) } else { Err(Error::NotReproducible { families: different }) }
}

/// How `component` differs from the family of the same name in `built`.
fn difference(component: &Component, built: &[BuiltFamily]) -> Result<Option<String>> {
    let Some(family) = built.iter().find(|family| family.name == component.name) else {
        return Ok(Some("it was not built from the checkout".to_owned()));
    };
    let first = fs::read(&family.path).map_err(Error::io("read", &family.path))?;
    Ok(first_difference(&first, &component.bytes))
}

/// The place where two files part, in words.
fn first_difference(one: &[u8], other: &[u8]) -> Option<String> {
    if one == other {
        return None;
    }
    let place = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    Some(format!("{} and {} bytes, the first {place} alike", one.len(), other.len()))
}

/// Makes a second `CARGO_HOME` that shares the usual one's downloads, so that
/// its path is another and nothing is downloaded twice.
fn lend_registry(home: &Path) -> Result<()> {
    fs::create_dir_all(home).map_err(Error::io("create", home))?;
    let Some(usual) = cargo_home() else {
        return Ok(());
    };
    for name in ["registry", "git", "config.toml"] {
        let from = usual.join(name);
        if from.exists() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(&from, home.join(name))
                .map_err(Error::io("link", home.join(name)))?;
        }
    }
    Ok(())
}

/// Copies the folder `from` to `to`, without what cargo built in it.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in from.read_dir().map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let path: PathBuf = entry.path();
        let target = to.join(entry.file_name());
        if path.is_dir() {
            if entry.file_name() != "target" {
                copy_tree(&path, &target)?;
            }
        } else {
            fs::copy(&path, &target).map_err(Error::io("copy", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_where_two_builds_part_is_told() {
        assert_eq!(first_difference(b"same", b"same"), None);
        assert_eq!(
            first_difference(b"abcd", b"abXde").unwrap(),
            "4 and 5 bytes, the first 2 alike"
        );
    }

    #[test]
    fn a_copy_leaves_out_what_was_built() {
        let room = tempfile::tempdir().unwrap();
        let from = room.path().join("from");
        for folder in ["sdk/src", "target/debug"] {
            fs::create_dir_all(from.join(folder)).unwrap();
        }
        fs::write(from.join("sdk/src/lib.rs"), "//!").unwrap();
        let to = room.path().join("to");
        copy_tree(&from, &to).unwrap();
        assert!(to.join("sdk/src/lib.rs").is_file());
        assert!(!to.join("target").exists());
    }
}
