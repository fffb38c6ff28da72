//! The `permesso` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    permesso_host::cli::main()
}
