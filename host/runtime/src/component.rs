//! A component, known by its digest.

use super::digest::Digest;
use std::fmt;

/// The bytes of a component, and their digest. It is worked out here, once, and goes along with
/// the bytes wherever they are signed, checked, kept or loaded.
///
/// ```
/// use permesso_runtime::{Component, Digest};
///
/// let component = Component::new(*b"\0asm\x0d\0\x01\0");
/// assert_eq!(component.digest(), Digest::of(component.bytes()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Component {
    bytes: Vec<u8>,
    digest: Digest,
}

impl Component {
    /// A component of these bytes, whatever they are.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self { digest: Digest::of(&bytes), bytes }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its bytes, for good.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Its digest.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("digest", &self.digest)
            .field("size", &self.bytes.len())
            .finish()
    }
}
