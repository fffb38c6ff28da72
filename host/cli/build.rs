//! Takes along what `permesso family new` writes: the templates, and for Rust the sources of the
//! SDK, so that a vendor needs nothing but the binary to begin.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut text = String::new();
    for (name, folder) in [
        ("RUST", here.join("templates/family/rust")),
        ("JS", here.join("templates/family/js")),
        ("PYTHON", here.join("templates/family/python")),
        ("C", here.join("templates/family/c")),
        ("SDK", here.join("../../plugins/sdk/src")),
    ] {
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        collect(&folder, &mut files)?;
        files.sort();
        writeln!(text, "const {name}: &[(&str, &str)] = &[")?;
        for file in files {
            let path = file.strip_prefix(&folder)?.to_str().ok_or("a path that is no text")?;
            let file = file.to_str().ok_or("a path that is no text")?;
            writeln!(text, "    ({path:?}, include_str!({file:?})),")?;
        }
        writeln!(text, "];")?;
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("templates.rs"), text)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
