//! Checks of a manifest that run when a family is compiled, so that a vendor learns of a
//! mistake before any host does.

#![allow(clippy::indexing_slicing, reason = "a slip ends the compiler's evaluation, not a call")]

use crate::{Family, InputSpec, ObligationSpec, ReasonSpec};

/// The most inputs that a host accepts.
const MAX_INPUTS: usize = 64;

/// Checks what no single list shows.
pub const fn family<F: Family>() {
    assert!(is_kebab(F::ID), "the family's id has to be in kebab case");
    assert!(!F::VERSION.is_empty(), "the family needs a version");
    assert!(!F::TITLE.is_empty(), "the family needs a title");
}

/// Names of permissions and kinds: words of `a-z0-9_-` joined by dots, each used once.
pub const fn names(names: &[&str]) {
    let mut i = 0;
    while i < names.len() {
        assert!(is_dotted(names[i]), "a name is made of a-z, 0-9, `_`, `-` and single dots");
        let mut j = 0;
        while j < i {
            assert!(!same(names[i], names[j]), "a name is listed twice");
            j += 1;
        }
        i += 1;
    }
}

/// Reasons: codes in kebab case, each used once, with a sentence.
pub const fn reasons(specs: &[ReasonSpec]) {
    let mut i = 0;
    while i < specs.len() {
        assert!(is_kebab(specs[i].code), "a reason's code has to be in kebab case");
        let text = specs[i].text.as_bytes();
        assert!(
            text.len() > 1 && text[text.len() - 1] == b'.',
            "a reason's text has to be a sentence that ends with a full stop"
        );
        let mut j = 0;
        while j < i {
            assert!(!same(specs[i].code, specs[j].code), "a reason's code is listed twice");
            j += 1;
        }
        i += 1;
    }
}

/// Obligations: codes in kebab case, each used once.
pub const fn obligations(specs: &[ObligationSpec]) {
    let mut i = 0;
    while i < specs.len() {
        assert!(is_kebab(specs[i].code), "an obligation's code has to be in kebab case");
        let mut j = 0;
        while j < i {
            assert!(!same(specs[i].code, specs[j].code), "an obligation's code is listed twice");
            j += 1;
        }
        i += 1;
    }
}

/// Inputs: paths that a host knows, each read once, no more than a host accepts.
pub const fn inputs(specs: &[InputSpec]) {
    assert!(specs.len() <= MAX_INPUTS, "a family reads at most 64 inputs");
    let mut i = 0;
    while i < specs.len() {
        assert!(
            is_path(specs[i].path),
            "an input's path is `now`, `delegation.from`, `delegation.permissions`, \
             `delegation.audiences`, or starts with `subject.`, `resource.`, `context.` or \
             `config.`"
        );
        let mut j = 0;
        while j < i {
            assert!(!same(specs[i].path, specs[j].path), "an input is declared twice");
            j += 1;
        }
        i += 1;
    }
}

const fn is_path(path: &str) -> bool {
    same(path, "now")
        || same(path, "delegation.from")
        || same(path, "delegation.permissions")
        || same(path, "delegation.audiences")
        || has_rest(path, "subject.")
        || has_rest(path, "resource.")
        || has_rest(path, "context.")
        || has_rest(path, "config.")
}

const fn has_rest(path: &str, root: &str) -> bool {
    let (path, root) = (path.as_bytes(), root.as_bytes());
    if path.len() <= root.len() || path[path.len() - 1] == b'.' {
        return false;
    }
    let mut i = 0;
    while i < root.len() {
        if path[i] != root[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn is_dotted(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut after_dot = true;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => after_dot = false,
            b'.' if !after_dot => after_dot = true,
            _ => return false,
        }
        i += 1;
    }
    !after_dot
}

const fn is_kebab(code: &str) -> bool {
    let bytes = code.as_bytes();
    if bytes.is_empty() || !bytes[0].is_ascii_lowercase() {
        return false;
    }
    let mut i = 1;
    while i < bytes.len() {
        match bytes[i] {
            b'a'..=b'z' | b'0'..=b'9' => {}
            b'-' if bytes[i - 1] != b'-' => {}
            _ => return false,
        }
        i += 1;
    }
    bytes[bytes.len() - 1] != b'-'
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kebab_case_is_lower_case_words_joined_by_single_hyphens() {
        for code in ["draft", "not-yet-2"] {
            assert!(is_kebab(code), "{code}");
        }
        for code in ["", "Draft", "not_yet", "-draft", "draft-", "not--yet", "2-drafts"] {
            assert!(!is_kebab(code), "{code}");
        }
    }

    #[test]
    fn names_are_words_joined_by_single_dots() {
        for name in ["contact", "content.view_contact", "a-b.c"] {
            assert!(is_dotted(name), "{name}");
        }
        for name in ["", ".view", "view.", "a..b", "View", "a b"] {
            assert!(!is_dotted(name), "{name}");
        }
    }

    #[test]
    fn paths_are_those_that_a_host_knows() {
        for path in ["now", "delegation.from", "subject.holds.doc.view", "resource.address.city"] {
            assert!(is_path(path), "{path}");
        }
        for path in ["", "then", "subject", "subject.", "delegation.to", "user.id", "resource.a."] {
            assert!(!is_path(path), "{path}");
        }
    }
}
