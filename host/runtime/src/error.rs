//! What can go wrong before a family is asked anything.
//!
//! Whoever installs a component reads these texts, usually with no idea of how components are
//! built; so each says what the file is and what to do, and the tests hold the wording.

use permesso_engine::family::Fault;
use semver::Version;
use std::fmt;

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A number of the configuration.
    #[error("`{field}` is out of range; {advice}")]
    Config {
        /// The field of [`RuntimeConfig`](super::RuntimeConfig).
        field: &'static str,
        /// What to write instead.
        advice: &'static str,
    },
    /// WebAssembly cannot be run on this machine.
    #[error("WebAssembly cannot be set up on this machine: {0}")]
    Engine(String),
    /// Without the thread that counts time there are no deadlines, and so no families.
    #[error("the thread that enforces deadlines cannot be started")]
    Ticker(#[source] std::io::Error),
}

/// A component that was refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot load `{component}`: {refusal}")]
pub struct LoadError {
    component: String,
    refusal: Box<Refusal>,
}

impl LoadError {
    pub(super) fn new(component: &str, refusal: Refusal) -> Self {
        Self { component: component.to_owned(), refusal: Box::new(refusal) }
    }

    /// The name that the component was given, usually its file.
    #[must_use]
    pub fn component(&self) -> &str {
        &self.component
    }

    /// Why it was refused.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

/// Why a component was refused, in the order of the checks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// More bytes than the limit.
    #[error(
        "it has {size} bytes and the limit is {limit}; build it with `opt-level = \"s\"` and \
         `strip = true`, or raise the limit `component`"
    )]
    TooLarge {
        /// Bytes of the file.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// No component at all.
    #[error("{0}")]
    NotAComponent(NotAComponent),
    /// A component with a broken part.
    #[error("it is damaged at byte {offset}: {detail}; build or fetch it again")]
    Damaged {
        /// Where, counted from 0.
        offset: usize,
        /// What the parser says.
        detail: String,
    },
    /// A component that is something else.
    #[error(
        "it does not export `permesso:family/family` (it exports {}); build it for the world \
         `permission-family`",
        Listed(exports)
    )]
    NoFamily {
        /// What it exports.
        exports: Vec<String>,
    },
    /// A component for another version of the interface.
    #[error(
        "it needs `{interface}@{found}` and this host offers {}; {}",
        Offered(interface, offered),
        advice(found, offered)
    )]
    UnsupportedVersion {
        /// The interface without its version.
        interface: &'static str,
        /// The version that the component was built against.
        found: Version,
        /// The latest versions that this host offers, one of each major version.
        offered: Vec<Version>,
    },
    /// A component that wants more than a family may have.
    #[error(
        "it imports `{import}`, and a family may import nothing but `permesso:family/log`: it has \
         no clock, no random numbers, no files and no network; {}",
        if import.starts_with("wasi:") {
            "build it for `wasm32-unknown-unknown` and not for a WASI target, or leave out what \
             reads the environment"
        } else {
            "declare what it needs to know as an input of the manifest"
        }
    )]
    ForbiddenImport {
        /// What it imports.
        import: String,
    },
    /// Invalid code, or code that needs a feature or a size that families do not get.
    #[error(
        "it cannot be compiled: {0}; it may need more memory than families get, or features of \
         WebAssembly that they do not get"
    )]
    Compile(String),
    /// The interface has the right name and the wrong functions.
    #[error("it does not fit `permesso:family@{version}`: {detail}; build it again")]
    Interface {
        /// The version that it claims.
        version: Version,
        /// What is wrong.
        detail: String,
    },
    /// It could not say who it is.
    #[error("its `describe` failed: {0}")]
    Describe(Fault),
    /// What it says of itself is wrong.
    #[error("its manifest is wrong:{}", Lines(.0))]
    Manifest(Vec<ManifestError>),
}

/// What a file is that is no component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAComponent {
    /// Nothing.
    #[error("it is empty; build or fetch it again")]
    Empty,
    /// A core module.
    #[error(
        "it is a core module and not a component; link it with `wasm-component-ld` or wrap it \
         with `wasm-tools component new`"
    )]
    CoreModule,
    /// The text format.
    #[error("it is WebAssembly text; assemble it with `wasm-tools parse`")]
    Text,
    /// Native code.
    #[error("it is native code, which nothing confines; give the component that it was made from")]
    Native,
    /// A binary format of another time.
    #[error("it is WebAssembly of the unknown format {0:#010x}; use tools that this host knows")]
    UnknownFormat(u32),
    /// Anything else.
    #[error("it is not WebAssembly (it starts with `{0}`); give a component")]
    Garbage(String),
}

/// A fault in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct ManifestError {
    /// The field, such as `inputs[3].path`.
    pub field: String,
    /// What is wrong and what to write; reads on from the name of the field.
    pub problem: String,
}

/// `a`, `b` and 3 more; or nothing.
struct Listed<'a>(&'a [String]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (index, name) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}`{name}`")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Every version of an interface that is offered.
struct Offered<'a>(&'a str, &'a [Version]);

impl fmt::Display for Offered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, version) in self.1.iter().enumerate() {
            let or = if index == 0 { "" } else { " or " };
            write!(f, "{or}`{}@{version}`", self.0)?;
        }
        Ok(())
    }
}

/// One fault a line, below the message.
struct Lines<'a>(&'a [ManifestError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

fn advice(found: &Version, offered: &[Version]) -> &'static str {
    if !found.pre.is_empty() {
        "build it against a released version"
    } else if offered.iter().all(|offered| found > offered) {
        "update the host, or build the family against the older version"
    } else {
        "build the family against the newer version"
    }
}
