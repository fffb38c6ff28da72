//! Checking a tenant's configuration.

use alloc::string::String;
use alloc::vec::Vec;
use permesso_sdk::{Diagnostic, config};

/// What is wrong with a configuration. The rules read it as inputs and rely on nothing here:
/// what is refused would allow less, not more.
pub(crate) fn validate(settings: &str) -> Vec<Diagnostic> {
    config::check(settings, |settings| {
        settings.boolean("unpinned-open");
        for (region, others) in settings.table("allowed").unwrap_or_default() {
            if region.is_empty() {
                settings.fault_at(&["allowed", ""], "a region needs a name");
            }
            if others.iter().any(String::is_empty) {
                settings.fault_at(&["allowed", &region], "every region needs a name");
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn messages(config: &str) -> Vec<String> {
        let found = validate(config).into_iter();
        found.map(|found| format!("{}: {}", found.pointer, found.message)).collect()
    }

    #[test]
    fn what_fits_or_is_not_there_is_accepted() {
        for config in
            ["", "null", "{}", r#"{"allowed": {"eu": ["uk"], "us": []}, "unpinned-open": true}"#]
        {
            assert_eq!(messages(config), [""; 0], "{config}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_where_it_stands() {
        let config = r#"{"allowed": {"": [], "a/b": [""]}, "unpinned-open": 1, "x": 1}"#;
        assert_eq!(
            messages(config),
            [
                "/unpinned-open: `unpinned-open` has to be true or false",
                "/allowed/: a region needs a name",
                "/allowed/a~1b: every region needs a name",
                "/x: `x` is not known; write `unpinned-open` or `allowed`",
            ]
        );
        let wanted = "/allowed: `allowed` has to be a map from texts to lists of texts";
        for config in [r#"{"allowed": []}"#, r#"{"allowed": {"us": "eu"}}"#] {
            assert_eq!(messages(config), [wanted], "{config}");
        }
        assert_eq!(messages("[]"), [": the configuration has to be an object"]);
    }
}
