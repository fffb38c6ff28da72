//! Every xtask is mostly other programs. This is the one place that starts
//! them, so that a missing program, a failing one and a chatty one are each
//! treated the same everywhere.

use std::{
    collections::VecDeque,
    env,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Error, Result};

/// How many of a failed program's last lines an error carries.
const TAIL: usize = 30;

/// The command line of `command`, as a person would type it.
pub(crate) fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.into_owned() }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The error for a program that could not be started.
pub(crate) fn spawn_error(command: &Command) -> impl FnOnce(std::io::Error) -> Error {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Error::Spawn { program, source }
}

/// Whether `command` works on this machine.
pub(crate) fn answers(command: &[&str]) -> bool {
    let [program, arguments @ ..] = command else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether a missing tool is an error. Elsewhere what it is needed for is left out with a line
/// that says so; CI installs them all, and sets `PERMESSO_REQUIRE_TOOLS=1`.
pub(crate) fn tools_required() -> bool {
    env::var_os("PERMESSO_REQUIRE_TOOLS").is_some_and(|value| value == "1")
}

/// Runs `command` and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(spawn_error(command))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Error::Captured {
        command: line(command),
        status: output.status,
        tail: tail(String::from_utf8_lossy(&output.stderr).lines()),
    })
}

/// Runs `command`, showing only the last line that it wrote to its standard
/// error; when it fails, the error carries the last few.
pub(crate) fn watched(command: &mut Command, progress: &Progress) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(spawn_error(command))?;
    let mut last = VecDeque::with_capacity(TAIL);
    if let Some(stderr) = child.stderr.take() {
        for text in BufReader::new(stderr).lines().map_while(|line| line.ok()) {
            progress.detail(&text);
            if last.len() == TAIL {
                last.pop_front();
            }
            last.push_back(text);
        }
    }
    let status = child.wait().map_err(spawn_error(command))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Captured {
        command: line(command),
        status,
        tail: tail(last.iter().map(String::as_str)),
    })
}

/// The last lines of `lines`, indented so that they read as a quotation.
fn tail<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL)..]
        .iter()
        .map(|line| format!("  | {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The progress of one long job, as a spinner where a person watches and as
/// plain lines where only a log does.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts a job that has `steps` steps.
    pub(crate) fn start(steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} [{elapsed_precise}] {pos}/{len} {prefix} {wide_msg:.dim}",
        ) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Begins the next step.
    pub(crate) fn step(&self, name: impl Into<String>) {
        self.0.inc(1);
        self.name(name.into());
    }

    /// Takes the steps so far anew, beginning with `name`.
    pub(crate) fn again(&self, name: impl Into<String>) {
        self.0.set_position(0);
        self.name(name.into());
    }

    fn name(&self, name: String) {
        if self.0.is_hidden() {
            eprintln!("  {name}");
        }
        self.0.set_message("");
        self.0.set_prefix(name);
    }

    /// Shows what the current step is doing at this moment.
    fn detail(&self, text: &str) {
        self.0.set_message(text.trim().to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failing_program_is_quoted_in_the_error() {
        let error = output(&mut shell("echo useful words >&2; exit 3")).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().ends_with("  | useful words"), "{error}");
    }

    #[test]
    fn a_watched_program_keeps_only_its_last_lines() {
        let progress = Progress::start(1);
        let error = watched(&mut shell("seq 1 100 >&2; exit 1"), &progress).unwrap_err();
        let text = error.to_string();
        assert!(text.ends_with("  | 100") && !text.contains("| 70\n"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = output(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot start `no-such-program`: install it, or add it to `PATH`"
        );
    }
}
