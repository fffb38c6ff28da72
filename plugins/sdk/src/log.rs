//! Lines for the platform's log: the only thing that a family may do besides answering.
//!
//! A line has no effect on any decision and may be dropped: hosts cut lines at 1 KiB and limit
//! how many they take. Say why in a [reason](crate::reasons), not here.

/// Writes a line that helps whoever develops the family.
pub fn debug(line: &str) {
    write(Level::Debug, line);
}

/// Writes a line that is worth keeping.
pub fn info(line: &str) {
    write(Level::Info, line);
}

/// Writes a line about something that should not be.
pub fn warn(line: &str) {
    write(Level::Warn, line);
}

/// Writes a line about something that went wrong.
pub fn error(line: &str) {
    write(Level::Error, line);
}

#[derive(Debug)]
enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

#[cfg(target_arch = "wasm32")]
fn write(level: Level, line: &str) {
    use crate::bindings::permesso::family::log as wit;
    let level = match level {
        Level::Debug => wit::Level::Debug,
        Level::Info => wit::Level::Info,
        Level::Warn => wit::Level::Warn,
        Level::Error => wit::Level::Error,
    };
    wit::write(level, line);
}

/// In a test there is no host: the line is shown with the test's output.
#[cfg(not(target_arch = "wasm32"))]
fn write(level: Level, line: &str) {
    std::eprintln!("{level:?}: {line}");
}
