//! The crates of the workspace, and what each of them links.

use super::circles::{Arrows, reached};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The name that this workspace's crates begin with.
pub(crate) const OURS: &str = "permesso-";

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, from the root.
    pub(crate) folder: PathBuf,
    /// What it is built on, by package; what only its tests or its build need is left out.
    pub(crate) needs: BTreeSet<String>,
}

/// The crates of the workspace that begins at `root`.
pub(crate) fn workspace(root: &Path) -> Vec<Package> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace's manifest");
    let members = manifest.split_once("members = [").expect("members").1;
    let members = members.split_once(']').expect("the end of the members").0;
    let members = members.split(',').map(|member| member.trim().trim_matches('"'));
    members.filter(|member| !member.is_empty()).map(|member| package(root, member)).collect()
}

fn package(root: &Path, folder: &str) -> Package {
    let path = root.join(folder).join("Cargo.toml");
    let manifest = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
    let (mut name, mut section, mut needs) = (String::new(), String::new(), BTreeSet::new());
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix('[') {
            section = title.trim_matches(['[', ']']).to_owned();
            if let Some(need) = section.strip_prefix("dependencies.") {
                needs.insert(need.to_owned());
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim();
        match section.as_str() {
            "package" if key == "name" => name = value.trim().trim_matches('"').to_owned(),
            // `name.workspace = true` and `name = {…}`.
            "dependencies" => drop(needs.insert(key.split('.').next().unwrap_or(key).to_owned())),
            _ => {}
        }
    }
    Package { name, folder: folder.into(), needs }
}

/// What every package outside of the workspace is built on, by name, as it was locked.
pub(crate) fn locked(root: &Path) -> Arrows {
    let lock = fs::read_to_string(root.join("Cargo.lock")).expect("the lock file");
    let mut arrows = Arrows::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.split_once("name = \"").and_then(|(_, rest)| rest.split_once('"'));
        let Some((name, _)) = name else { continue };
        let needs = package.split_once("dependencies = [").map_or("", |(_, rest)| rest);
        let needs = needs.split(']').next().unwrap_or_default().lines();
        let needs = needs.map(|line| line.trim().trim_matches([',', '"']));
        // Some stand there with their version behind them.
        let needs = needs.filter_map(|need| need.split(' ').next()).filter(|need| !need.is_empty());
        let needs: BTreeSet<String> = needs.map(str::to_owned).collect();
        arrows.entry(name.to_owned()).or_default().extend(needs);
    }
    arrows
}

/// Everything that a crate links.
pub(crate) fn linked(packages: &[Package], locked: &Arrows, name: &str) -> BTreeSet<String> {
    let mut arrows = locked.clone();
    // The lock file knows what tests need as well; the manifests tell it apart.
    arrows.extend(packages.iter().map(|package| (package.name.clone(), package.needs.clone())));
    reached(&arrows, name)
}

/// Which crates of the workspace each of them is built on.
pub(crate) fn between(packages: &[Package]) -> BTreeMap<&str, BTreeSet<&str>> {
    packages.iter().map(|package| (&*package.name, ours(package))).collect()
}

fn ours(package: &Package) -> BTreeSet<&str> {
    package.needs.iter().filter(|need| need.starts_with(OURS)).map(String::as_str).collect()
}
