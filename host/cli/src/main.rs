//! The `permesso` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    permesso_cli::main()
}
