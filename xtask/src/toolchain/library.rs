//! A compiler is of no use for a target without that target's standard
//! library. Building one is the only step that takes real time and the only one
//! that needs an unstable feature; done here once, it leaves families with
//! neither.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{About, TARGET, about};
use crate::{
    error::{Error, Result},
    process::{self, Progress},
    workspace::cargo,
};

/// The crate that is only built for the library beneath it.
const SCRATCH: &str = "scratch";

/// Where a compiler keeps the target's libraries.
pub(super) fn place(about: &About) -> PathBuf {
    about.sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// Builds the standard library for WebAssembly from the unpacked source and
/// puts it where the compiler looks for it.
pub(super) fn build(
    folder: &Path,
    compiler: &Path,
    scratch: &Path,
    progress: &Progress,
) -> Result<()> {
    progress.step("building the standard library for WebAssembly");
    let about = about(compiler)?;
    let source = scratch.join("src");
    fs::create_dir_all(&source).map_err(Error::io("create", &source))?;
    let manifest = format!(
        "[package]\nname = \"{SCRATCH}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n"
    );
    for (name, text) in [("Cargo.toml", manifest.as_str()), ("src/lib.rs", "#![no_std]\n")] {
        let path = scratch.join(name);
        fs::write(&path, text).map_err(Error::io("write", &path))?;
    }

    let library_source = about.sysroot.join("lib/rustlib/src/rust/library");
    let vendored = library_source.join("vendor");
    let flags = [
        // Families may ask for link-time optimisation, which needs bitcode.
        "-Cembed-bitcode=yes".to_owned(),
        format!("--remap-path-prefix={}=/toolchain", folder.display()),
    ];
    let target = scratch.join("target");
    let mut cargo = cargo();
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            cargo.env_remove(name);
        }
    }
    cargo
        .args(["build", "--release", "--offline", "--target", TARGET])
        .arg("-Zbuild-std=std,panic_abort")
        .args(["--config", "source.crates-io.replace-with='vendored'"])
        .arg("--config")
        .arg(format!("source.vendored.directory='{}'", vendored.display()))
        .current_dir(scratch)
        .env("RUSTC", compiler)
        // Building the standard library is an unstable feature; using it is not.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC_WRAPPER", "")
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env_remove("CARGO_BUILD_TARGET");
    process::watched(&mut cargo, progress)?;

    progress.step("keeping the library");
    let built = target.join(TARGET).join("release/deps");
    let kept = place(&about);
    fs::create_dir_all(&kept).map_err(Error::io("create", &kept))?;
    for entry in built.read_dir().map_err(Error::io("read", &built))? {
        let entry = entry.map_err(Error::io("read", &built))?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if text.ends_with(".rlib") && !text.starts_with(&format!("lib{SCRATCH}-")) {
            let to = kept.join(&name);
            fs::copy(entry.path(), &to).map_err(Error::io("write", &to))?;
        }
    }
    Ok(())
}
