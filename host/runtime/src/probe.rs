//! What a file is, found out before anything is compiled.
//!
//! The compiler would refuse most of what is refused here as well, but with a text for people
//! who build compilers, and after working on it for seconds. Only the names of imports and
//! exports are read; their types are checked later, by the linker.

use super::error::{NotAComponent, Refusal};
use super::interface;
use semver::Version;
use wasmparser::{Encoding, Parser, Payload};

const FAMILY: &str = "permesso:family/family";
const LOG: &str = "permesso:family/log";

/// Which interface a component speaks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Probe {
    /// The version of the interface, as the component names it.
    pub(super) version: Version,
    /// The names of what it imports.
    pub(super) imports: Vec<String>,
}

/// Reads what the component exports and imports.
///
/// # Errors
///
/// A [`Refusal`] for whatever is no component, no family, of a version that is not offered, or
/// wants an import that families do not get.
pub(super) fn probe(bytes: &[u8]) -> Result<Probe, Refusal> {
    if let Some(other) = not_a_component(bytes) {
        return Err(Refusal::NotAComponent(other));
    }
    let Names { imports, exports } = Names::read(bytes)?;
    let versions: Vec<Version> =
        exports.iter().filter_map(|name| version_of(name, FAMILY)).collect();
    let served = versions.iter().filter(|version| interface::serves(version)).max().cloned();
    let Some(version) = served else {
        return Err(match versions.into_iter().max() {
            Some(version) => unsupported(FAMILY, version),
            None => Refusal::NoFamily { exports },
        });
    };
    for import in &imports {
        match version_of(import, LOG) {
            Some(version) if interface::serves(&version) => {}
            Some(version) => return Err(unsupported(LOG, version)),
            None => return Err(Refusal::ForbiddenImport { import: import.clone() }),
        }
    }
    Ok(Probe { version, imports })
}

fn unsupported(interface: &'static str, found: Version) -> Refusal {
    Refusal::UnsupportedVersion { interface, found, offered: interface::offered() }
}

/// The version of `interface@version`, if the name is of that interface.
fn version_of(name: &str, interface: &str) -> Option<Version> {
    name.strip_prefix(interface)?.strip_prefix('@')?.parse().ok()
}

fn not_a_component(bytes: &[u8]) -> Option<NotAComponent> {
    const COMPONENT: u32 = 0x0001_000d;
    const MODULE: u32 = 0x0000_0001;
    let start = bytes.trim_ascii_start();
    if start.is_empty() {
        return Some(NotAComponent::Empty);
    }
    if start.starts_with(b"(") || start.starts_with(b";;") {
        return Some(NotAComponent::Text);
    }
    if bytes.starts_with(b"\x7fELF") {
        return Some(NotAComponent::Native);
    }
    match bytes.strip_prefix(b"\0asm").and_then(<[u8]>::first_chunk::<4>) {
        Some(format) => match u32::from_le_bytes(*format) {
            COMPONENT => None,
            MODULE => Some(NotAComponent::CoreModule),
            other => Some(NotAComponent::UnknownFormat(other)),
        },
        None => {
            let shown: Vec<String> =
                bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            Some(NotAComponent::Garbage(shown.join(" ")))
        }
    }
}

/// The names at the outermost level.
#[derive(Default)]
struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Names {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let damaged = |error: wasmparser::BinaryReaderError| Refusal::Damaged {
            offset: error.offset(),
            detail: error.message().to_owned(),
        };
        let mut names = Self::default();
        // Modules and components nest; a component ends with a payload `End`, as each part does.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(damaged)? {
                Payload::Version { encoding: Encoding::Module | Encoding::Component, .. } => {
                    depth += 1;
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        names.imports.push(import.map_err(damaged)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        names.exports.push(export.map_err(damaged)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_version_of_its_interface_only() {
        assert_eq!(version_of("permesso:family/family@1.0.0", FAMILY), Some(Version::new(1, 0, 0)));
        assert_eq!(version_of("permesso:family/family-x@1.0.0", FAMILY), None);
        assert_eq!(version_of("permesso:family/family", FAMILY), None);
        assert_eq!(version_of("permesso:family/family@latest", FAMILY), None);
    }
}
