//! `permesso family build`: a project's own tools, and then a component that a host takes.
//!
//! The tools are the vendor's business and are named in `family.toml`. What comes out of them is
//! looked at before anybody ships it. Compilers that know nothing of components give a core
//! module; it is wrapped here, so that nobody needs another tool for it.

use super::project::Project;
use super::{Failure, failure, size, workbench};
use clap::Args;
use permesso_runtime::Component;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The interface that core modules are wrapped for.
pub(super) const INTERFACE: &str = include_str!("../../../../wit/1.1.0/family.wit");

/// Where to build.
#[derive(Debug, Args)]
pub(super) struct Build {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Build {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let project = Project::read(&self.folder)?;
        for command in &project.says.build {
            step(&project.folder, command)?;
        }
        let output = moved(&project.folder.join(&project.says.output), &project.says.output);
        let bytes = fs::read(&output).map_err(|error| {
            Failure(format!(
                "error: the commands ran and `{}` cannot be read: {error}; correct `output` in \
                 family.toml",
                output.display()
            ))
        })?;
        let bytes = if is_core_module(&bytes) { wrap(&bytes)? } else { bytes };
        let path = project.component();
        let name = path.display().to_string();
        let component = Component::new(bytes);
        let info =
            workbench(None)?.inspect(component.bytes(), &name).map_err(|error| failure(&error))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failure(&error))?;
        }
        fs::write(&path, component.bytes())
            .map_err(|error| Failure(format!("error: cannot write `{name}`: {error}")))?;
        println!("{name}");
        println!("  interface  permesso:family@{}", info.interface);
        println!("  size       {}", size(component.bytes().len()));
        println!("  digest     {}", component.digest());
        Ok(ExitCode::SUCCESS)
    }
}

/// Where an output is: cargo's folder lies elsewhere if the environment says so.
fn moved(path: &Path, output: &Path) -> PathBuf {
    let elsewhere = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    match (elsewhere, output.strip_prefix("target")) {
        (Some(target), Ok(below)) if !path.exists() => target.join(below),
        _ => path.to_owned(),
    }
}

fn step(folder: &Path, command: &[String]) -> Result<(), Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure("error: family.toml: a command of `build` is empty".to_owned()));
    };
    eprintln!("$ {}", command.join(" "));
    // A program of the project itself is named from its folder.
    let local = folder.join(program);
    let found = if program.contains('/') && local.exists() {
        std::path::absolute(&local).unwrap_or(local)
    } else {
        PathBuf::from(program)
    };
    let status =
        Command::new(&found).args(arguments).current_dir(folder).status().map_err(|error| {
            Failure(format!(
                "error: cannot run `{program}`: {error}; the project's README says what has to be \
                 installed"
            ))
        })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure(format!("error: `{}` failed ({status})", command.join(" "))))
}

fn is_core_module(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm\x01\0\0\0")
}

/// Wraps a core module that exports the functions of the interface by their canonical names.
fn wrap(module: &[u8]) -> Result<Vec<u8>, Failure> {
    let fault = |error: &dyn std::fmt::Display| {
        Failure(format!(
            "error: the core module cannot be made a component: {error}; it has to export the \
             functions of wit/family.wit by their canonical names, and `cabi_realloc`"
        ))
    };
    let mut module = module.to_vec();
    let mut resolve = Resolve::default();
    let package = resolve
        .push_source("family.wit", INTERFACE)
        .map_err(|error| fault(&format!("{error:#}")))?;
    let world = resolve
        .select_world(&[package], Some("permission-family"))
        .map_err(|error| fault(&format!("{error:#}")))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .map_err(|error| fault(&format!("{error:#}")))?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| fault(&format!("{error:#}")))
}
