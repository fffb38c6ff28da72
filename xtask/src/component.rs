//! A family is a pure function: same configuration and inputs, same answer. A
//! component that imports WASI could read a clock, a file or the network, and
//! one careless dependency is enough to bring that in. The build is where its
//! author can still do something about it, so it is refused here, long before
//! a host would refuse to load it.

use wasmparser::{Encoding, Parser, Payload};

use crate::error::{Error, Result};

/// Checks that `bytes` are a component without WASI.
pub(crate) fn check(family: &str, bytes: &[u8]) -> Result<()> {
    let imports = imports(bytes)
        .map_err(|reason| Error::NotAComponent { family: family.to_owned(), reason })?;
    match imports.into_iter().find(|name| name.starts_with("wasi:")) {
        Some(import) => Err(Error::Wasi { family: family.to_owned(), import }),
        None => Ok(()),
    }
}

/// The names that the outermost component imports; what components nested in
/// it import is satisfied inside.
fn imports(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut is_component = false;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| error.to_string())? {
            Payload::Version { encoding, .. } => {
                depth += 1;
                is_component |= depth == 1 && encoding == Encoding::Component;
                if !is_component {
                    return Err("it is a core module".to_owned());
                }
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(|error| error.to_string())?;
                    names.push(import.name.name.to_owned());
                    // An import under a plain name may still stand for an
                    // interface of WASI.
                    names.extend(import.name.implements.map(str::to_owned));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if is_component { Ok(names) } else { Err("it is empty".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";

    /// A component that imports the empty instance type under `name`.
    fn importing(name: &str) -> Vec<u8> {
        let size = |n: usize| u8::try_from(n).expect("short names only");
        let mut bytes = COMPONENT.to_vec();
        // Type section: one instance type without declarations.
        bytes.extend([7, 3, 1, 0x42, 0]);
        // Import section: one import of an instance of type 0.
        bytes.extend([10, size(name.len() + 5), 1, 0, size(name.len())]);
        bytes.extend(name.as_bytes());
        bytes.extend([5, 0]);
        bytes
    }

    #[test]
    fn a_component_that_imports_its_own_world_passes() {
        let bytes = importing("permesso:family/log@0.1.0");
        assert_eq!(imports(&bytes).unwrap(), ["permesso:family/log@0.1.0"]);
        check("demo", &bytes).unwrap();
    }

    #[test]
    fn a_component_that_imports_wasi_is_refused_by_name() {
        let error = check("demo", &importing("wasi:clocks/wall-clock@0.2.6")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`demo` imports `wasi:clocks/wall-clock@0.2.6`, and a family must be a pure \
             function: remove the dependency that pulls in WASI"
        );
    }

    #[test]
    fn a_component_without_imports_passes() {
        check("demo", COMPONENT).unwrap();
    }

    #[test]
    fn what_is_no_component_is_refused() {
        for bytes in [MODULE, b"", b"MZ", b"\0asm\x0d\0"] {
            let error = check("demo", bytes).unwrap_err();
            assert!(matches!(error, Error::NotAComponent { .. }), "{error}");
        }
    }
}
