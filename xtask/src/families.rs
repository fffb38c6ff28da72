//! A family is an ordinary crate of the guests' workspace, yet what the host
//! loads is a component with strict properties: no WASI, a small stack, and
//! the same bytes wherever it was built, because a tenant pins it by its hash.
//! Plain `cargo build` promises none of these; this module does.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    component,
    error::{Error, Result},
    process::{line, output, spawn_error},
    toolchain::Toolchain,
    workspace::{Workspace, cargo},
};

/// A component that was built.
#[derive(Debug, Clone)]
pub(crate) struct BuiltFamily {
    /// The package's name, like `crm-segments`.
    pub(crate) name: String,
    /// Where the component is.
    pub(crate) path: PathBuf,
    /// How large it is, in bytes.
    pub(crate) size: u64,
    /// The component's SHA-256, in lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Which compiler built it, and how that was come by.
    pub(crate) toolchain: String,
}

/// Builds every family into a component in the folder `out`.
///
/// What has not changed is not built again, and a component whose bytes are
/// the same keeps its modification time.
pub(crate) fn build(workspace: &Workspace, out: &Path) -> Result<Vec<BuiltFamily>> {
    let toolchain = Toolchain::find()?;
    eprintln!("families: {toolchain}");
    let plan = Plan {
        checkout: workspace.root(),
        plugins: &workspace.plugins(),
        target: &workspace.wasm_target(),
        cargo_home: None,
    };
    fs::create_dir_all(out).map_err(Error::io("create", out))?;
    components(&plan, &toolchain)?
        .into_iter()
        .map(|Component { name, bytes }| {
            let path = out.join(format!("{name}.wasm"));
            write_if_changed(&path, &bytes)?;
            Ok(BuiltFamily {
                size: bytes.len() as u64,
                sha256: sha256(&bytes),
                toolchain: toolchain.to_string(),
                name,
                path,
            })
        })
        .collect()
}

/// Says what was built, and by what.
pub(crate) fn print(built: &[BuiltFamily]) {
    let width = |of: fn(&BuiltFamily) -> usize| built.iter().map(of).max().unwrap_or(0);
    let name = width(|family| family.name.len());
    let path = width(|family| family.path.display().to_string().len());
    for family in built {
        println!(
            "{:name$}  {:path$}  {:>7} bytes  sha-256 {}",
            family.name,
            family.path.display().to_string(),
            family.size,
            family.sha256
        );
    }
    if let Some(family) = built.first() {
        println!("built with {}", family.toolchain);
    }
}

/// Where to build from and where to.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The folder that holds the guests and the interface.
    pub(crate) checkout: &'a Path,
    /// The guests' workspace.
    pub(crate) plugins: &'a Path,
    /// Where cargo keeps what it builds.
    pub(crate) target: &'a Path,
    /// Cargo's own folder, where it is not the usual one.
    pub(crate) cargo_home: Option<&'a Path>,
}

/// A component, checked.
#[derive(Debug)]
pub(crate) struct Component {
    /// The package's name.
    pub(crate) name: String,
    /// The component itself.
    pub(crate) bytes: Vec<u8>,
}

/// Builds every family as `plan` says and checks what came out.
pub(crate) fn components(plan: &Plan<'_>, toolchain: &Toolchain) -> Result<Vec<Component>> {
    let families = list(plan.plugins)?;
    let mut command = cargo();
    command
        .args(["build", "--message-format", "json-render-diagnostics"])
        .current_dir(plan.plugins)
        .env("CARGO_TARGET_DIR", plan.target);
    for family in &families {
        command.args(["--package", &family.name]);
    }
    let mut remap = vec![(plan.checkout, "/checkout"), (plan.target, "/target")];
    if let Some(home) = plan.cargo_home {
        command.env("CARGO_HOME", home);
        remap.push((home, "/cargo"));
    }
    toolchain.configure(&mut command, &remap);

    let artifacts = artifacts(&mut command)?;
    families
        .into_iter()
        .map(|family| {
            let path = artifacts
                .iter()
                .find(|(id, _)| *id == family.id)
                .map(|(_, path)| path)
                .ok_or_else(|| Error::NoArtifact { family: family.name.clone() })?;
            let bytes = fs::read(path).map_err(Error::io("read", path))?;
            component::check(&family.name, &bytes)?;
            Ok(Component { name: family.name, bytes })
        })
        .collect()
}

/// A package of the guests' workspace that builds a component.
#[derive(Debug, PartialEq, Eq)]
struct Family {
    name: String,
    id: String,
}

/// The families of the guests' workspace, by name.
fn list(plugins: &Path) -> Result<Vec<Family>> {
    let manifest = plugins.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(Error::NoGuests { manifest });
    }
    let mut command = cargo();
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(plugins);
    let text = output(&mut command)?;
    let metadata: Value = serde_json::from_str(&text).map_err(|_| Error::Answer {
        command: line(&command),
        program: "cargo",
        expected: "JSON",
    })?;
    let families = families_in(&metadata);
    if families.is_empty() {
        return Err(Error::NoFamilies { manifest });
    }
    Ok(families)
}

/// The packages in cargo's metadata that have a `cdylib`.
fn families_in(metadata: &Value) -> Vec<Family> {
    let is_family = |package: &&Value| {
        array(&package["targets"])
            .any(|target| array(&target["crate_types"]).any(|kind| kind == "cdylib"))
    };
    let mut families: Vec<Family> = array(&metadata["packages"])
        .filter(is_family)
        .filter_map(|package| {
            Some(Family {
                name: package["name"].as_str()?.to_owned(),
                id: package["id"].as_str()?.to_owned(),
            })
        })
        .collect();
    families.sort_by(|one, other| one.name.cmp(&other.name));
    families
}

/// The elements of `value`, none if it is no array.
fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Runs cargo, lets it show its own progress, and returns the WebAssembly
/// files that it names, each with its package's id.
fn artifacts(command: &mut Command) -> Result<Vec<(String, PathBuf)>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(spawn_error(command))?;
    let mut found = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for text in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Ok(message) = serde_json::from_str(&text) {
                found.extend(artifact(&message));
            }
        }
    }
    let status = child.wait().map_err(spawn_error(command))?;
    if status.success() {
        return Ok(found);
    }
    Err(Error::Shown { command: line(command), status })
}

/// The WebAssembly file that one of cargo's messages announces.
fn artifact(message: &Value) -> Option<(String, PathBuf)> {
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let file = array(&message["filenames"])
        .filter_map(Value::as_str)
        .find(|name| name.ends_with(".wasm"))?;
    Some((message["package_id"].as_str()?.to_owned(), file.into()))
}

/// Writes `bytes` to `path` unless they are there already; a reader sees the
/// old file or the new one, never half of one.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file =
        tempfile::NamedTempFile::new_in(folder).map_err(Error::io("create a file in", folder))?;
    file.write_all(bytes).map_err(Error::io("write", path))?;
    file.persist(path).map(drop).map_err(|error| Error::io("replace", path)(error.error))
}

/// The SHA-256 of `bytes`, in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_packages_with_a_cdylib_are_families() {
        let package = |name: &str, kinds: &[&str]| {
            json!({ "name": name, "id": format!("path+{name}"),
                    "targets": [{ "crate_types": kinds }, { "crate_types": ["bin"] }] })
        };
        let metadata = json!({ "packages": [
            package("sdk", &["lib"]),
            package("scheduler-events", &["cdylib", "rlib"]),
            package("crm-segments", &["cdylib"]),
        ] });
        let names: Vec<_> = families_in(&metadata).into_iter().map(|family| family.name).collect();
        assert_eq!(names, ["crm-segments", "scheduler-events"]);
    }

    #[test]
    fn the_component_is_the_file_that_cargo_names() {
        let message = json!({ "reason": "compiler-artifact", "package_id": "path+crm",
            "filenames": ["/t/libcrm.rlib", "/t/crm.wasm"], "fresh": true });
        assert_eq!(artifact(&message), Some(("path+crm".to_owned(), "/t/crm.wasm".into())));
        assert_eq!(artifact(&json!({ "reason": "build-finished" })), None);
    }

    #[test]
    fn an_unchanged_component_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("crm-segments.wasm");
        let age = || path.metadata().unwrap().modified().unwrap();
        write_if_changed(&path, b"one").unwrap();
        let first = age();
        write_if_changed(&path, b"one").unwrap();
        assert_eq!(age(), first);
        write_if_changed(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_hash_is_written_as_everyone_writes_it() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
