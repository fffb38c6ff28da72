//! `permesso family new`: a project that builds.
//!
//! Everything that a project needs is in this binary: the template of its language, the interface,
//! and for Rust the sources of the SDK. Nothing is fetched, and what is written belongs to whoever
//! asked for it.

use super::Failure;
use super::build::INTERFACE;
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// What the SDK's own manifest says in a project that has a copy of it.
const SDK_MANIFEST: &str = r#"[package]
name = "permesso-sdk"
description = "Write a Permesso permission family in Rust"
version = "1.1.0"
edition = "2024"
rust-version = "1.95"
license = "Apache-2.0"
publish = false

[features]
# For a family that uses the standard library, which brings its own way to panic.
std = []

[dependencies]
# Pinned: the generated code is part of the component, and a component is known by its digest.
wit-bindgen = { version = "=0.61.1", default-features = false, features = ["macros", "realloc"] }
"#;

/// What to begin.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The family's id in kebab case, such as `loyalty-tiers`
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in
    #[arg(long, value_enum)]
    lang: Language,
    /// The folder to make [default: NAME]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

/// The languages that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Rust,
    Js,
    Python,
    C,
}

impl New {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        if !is_id(&self.name) {
            return Err(Failure(format!(
                "error: `{}` is no id of a family; write one in kebab case such as \
                 `loyalty-tiers`",
                self.name
            )));
        }
        let folder = self.path.clone().unwrap_or_else(|| PathBuf::from(&self.name));
        if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure(format!(
                "error: `{}` is not empty; name another folder with --path",
                folder.display()
            )));
        }
        let template = match self.lang {
            Language::Rust => RUST,
            Language::Js => JS,
            Language::Python => PYTHON,
            Language::C => C,
        };
        for (path, text) in template {
            self.write(&folder, &self.filled(&undotted(path)), &self.filled(text))?;
        }
        self.write(&folder, "wit/family.wit", INTERFACE)?;
        if self.lang == Language::Rust {
            self.write(&folder, "sdk/Cargo.toml", SDK_MANIFEST)?;
            for (path, text) in SDK {
                let text = text.replace("../../wit/1.1.0", "../wit");
                self.write(&folder, &format!("sdk/src/{path}"), &text)?;
            }
        }
        println!("{} is a family in {:?}", folder.display(), self.lang);
        println!("  permesso family build {0}\n  permesso family test {0}", folder.display());
        println!("its README.md goes on from there");
        Ok(ExitCode::SUCCESS)
    }

    fn filled(&self, text: &str) -> String {
        let words = || self.name.split('-');
        let pascal: String = words().map(capitalised).collect();
        text.replace("{{name}}", &self.name)
            .replace("{{snake}}", &self.name.replace('-', "_"))
            .replace("{{pascal}}", &pascal)
    }

    fn write(&self, folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all);
        written
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| Failure(format!("error: cannot write `{}`: {error}", path.display())))
    }
}

/// Files whose names begin with a dot lie in the templates under a name that shows.
fn undotted(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix("dot-") {
        Some(rest) => format!(".{rest}"),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Lower-case words with hyphens between them, none of them beginning with a digit, so that they
/// make an identifier in every language.
fn is_id(name: &str) -> bool {
    name.len() <= 64
        && name.split('-').all(|word| {
            word.starts_with(|first: char| first.is_ascii_lowercase())
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_identifier_in_every_language() {
        for good in ["clearance", "loyalty-tiers", "a1-b2"] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "-", "a-", "A", "1a", "a-1", "a_b", "../x", "a b", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn no_template_leaves_a_placeholder_behind() {
        let new = New { name: "loyalty-tiers".to_owned(), lang: Language::Rust, path: None };
        assert_eq!(new.filled("{{pascal}} {{snake}}"), "LoyaltyTiers loyalty_tiers");
        for (path, text) in [RUST, JS, PYTHON, C].concat() {
            let (path, text) = (new.filled(&undotted(path)), new.filled(text));
            for known in ["{{name}}", "{{snake}}", "{{pascal}}"] {
                assert!(!path.contains(known) && !text.contains(known), "{path}");
            }
            assert!(!path.contains("dot-"), "{path}");
        }
    }
}
