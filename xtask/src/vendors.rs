//! What a vendor does, done for the tests: the example families of every language, and a project
//! fresh from each template, are built with their own tools by `permesso family build`.
//!
//! A language whose tools are missing is left out with a line that says so; the tests then leave
//! it out as well. In CI, which sets `PERMESSO_REQUIRE_TOOLS=1`, that is an error.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    error::{Error, Result},
    process::{answers, line, spawn_error, tools_required},
    toolchain::Toolchain,
    workspace::Workspace,
};

/// The languages: as `permesso family new --lang` names them, the example, and what tells whether
/// its tools are there.
const LANGUAGES: [(&str, &str, &[&str]); 4] = [
    ("rust", "data-residency", &["cargo", "--version"]),
    ("js", "duty-roster", &["npm", "--version"]),
    ("python", "four-eyes", &["python3", "-c", "import ensurepip, venv"]),
    ("c", "clearance", &["python3", "-c", "import ensurepip, venv"]),
];

/// Builds everything that there are tools for.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    shown(&mut workspace.build_permesso())?;
    let permesso = workspace.permesso();
    let toolchain = Toolchain::find()?;
    let made = workspace.vendors();
    if made.exists() {
        fs::remove_dir_all(&made).map_err(Error::io("remove", &made))?;
    }
    for (language, example, tools) in LANGUAGES {
        if !answers(tools) {
            let missing = tools.join(" ");
            if tools_required() {
                return Err(Error::NoTools { language, missing });
            }
            println!("SKIPPED families in {language}: `{missing}` does not work here");
            continue;
        }
        let template = made.join(format!("new-{language}"));
        let mut new = Command::new(&permesso);
        new.args(["family", "new", &format!("loyalty-{language}"), "--lang", language, "--path"]);
        shown(new.arg(&template))?;
        for project in [template, workspace.root().join("examples/vendor").join(example)] {
            shown(&mut build_command(&permesso, &project, &toolchain, workspace))?;
        }
    }
    Ok(())
}

fn build_command(
    permesso: &Path,
    project: &Path,
    toolchain: &Toolchain,
    workspace: &Workspace,
) -> Command {
    let mut command = Command::new(permesso);
    command
        .args(["family", "build"])
        .arg(project)
        // One folder for all of them, so that what they share is compiled once.
        .env("CARGO_TARGET_DIR", cargo_folder(workspace));
    if let Some(rustc) = toolchain.rustc() {
        command.env("RUSTC", rustc);
    }
    command
}

fn cargo_folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("target/vendor-cargo")
}

fn shown(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let status = command.stdin(Stdio::null()).status().map_err(spawn_error(command))?;
    if status.success() { Ok(()) } else { Err(Error::Shown { command: line(command), status }) }
}
