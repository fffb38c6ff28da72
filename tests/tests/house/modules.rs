//! The modules of a crate, and which of them names which.
//!
//! Read from paths that begin with `crate`, `self` or `super`, in imports and anywhere else, and
//! from those that begin with a module that was just declared. A name that a module only hands
//! on is looked up where it comes from.

use super::circles::Arrows;
use super::source::{Type, Word, types, words};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, by its path within the crate; the root has none.
type Module = Vec<String>;

/// The modules of one `lib.rs` or `main.rs`.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<Module, File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    words: Vec<Word>,
    /// What it hands on: the name, and the path where that comes from.
    hands_on: BTreeMap<String, Vec<String>>,
}

impl Tree {
    /// What begins with that file.
    pub(crate) fn read(root: &Path) -> Self {
        let mut tree = Self::default();
        tree.add(Vec::new(), root.to_owned());
        let modules: Vec<Module> = tree.files.keys().cloned().collect();
        for module in modules {
            let paths = tree.imports(&module);
            let file = tree.files.get_mut(&module).expect("it was just listed");
            file.hands_on = paths
                .into_iter()
                .filter_map(|(name, path)| Some((name.or_else(|| path.last().cloned())?, path)))
                .collect();
        }
        tree
    }

    fn add(&mut self, module: Module, path: PathBuf) {
        let Ok(text) = fs::read_to_string(&path) else { return };
        let words = words(&text);
        let folder = match path.file_name().and_then(|name| name.to_str()) {
            Some("lib.rs" | "main.rs" | "mod.rs") => path.parent().map(Path::to_owned),
            _ => Some(path.with_extension("")),
        };
        let text = |at: usize| words.get(at).map_or("", |word: &Word| &*word.text);
        let declared: Vec<String> = (0..words.len())
            .filter(|at| text(*at) == "mod" && text(*at + 2) == ";")
            .map(|at| text(at + 1).to_owned())
            .collect();
        self.files.insert(module.clone(), File { path, words, hands_on: BTreeMap::new() });
        for name in declared {
            let Some(folder) = &folder else { continue };
            let places = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
            if let Some(place) = places.into_iter().find(|place| place.is_file()) {
                self.add([module.clone(), vec![name]].concat(), place);
            }
        }
    }

    /// The imports of a module as absolute paths, each with the name that it is given, if any.
    fn imports(&self, module: &Module) -> Vec<(Option<String>, Vec<String>)> {
        let Some(file) = self.files.get(module) else { return Vec::new() };
        let mut found = Vec::new();
        for (at, _) in file.words.iter().enumerate().filter(|(_, word)| word.text == "use") {
            let mut paths = Vec::new();
            tree(&file.words, at + 1, &mut Vec::new(), &mut paths);
            for (name, path) in paths {
                found.extend(self.absolute(module, &path).map(|path| (name, path)));
            }
        }
        found
    }

    /// A path from the root of the crate, if it begins in the crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        Some(match first.as_str() {
            "crate" => rest.to_vec(),
            "self" => [module, rest].concat(),
            "super" => {
                let above = module.split_last()?.1.to_vec();
                match rest.first().is_some_and(|next| next == "super") {
                    true => self.absolute(&above, rest)?,
                    false => [&above, rest].concat(),
                }
            }
            name => {
                let child = [module.clone(), vec![name.to_owned()]].concat();
                self.files.contains_key(&child).then(|| [&child, rest].concat())?
            }
        })
    }

    /// The module in which that path ends, whoever hands it on in between.
    fn home(&self, path: &[String], patience: usize) -> Option<&Module> {
        let depth = (0..=path.len()).rev().find(|n| self.files.contains_key(&path[..*n]))?;
        let (module, file) = self.files.get_key_value(&path[..depth])?;
        let on = path.get(depth).and_then(|name| file.hands_on.get(name));
        match on.filter(|on| patience > 0 && **on != *path) {
            Some(on) => self.home(&[on, &path[depth + 1..]].concat(), patience - 1),
            None => Some(module),
        }
    }

    /// Which module names which others. What a module takes from those that it lies in is left
    /// out: it is at home there.
    fn named(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let mut found: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
        for (module, file) in &self.files {
            let to = found.entry(module).or_default();
            for at in 0..file.words.len() {
                let text = |at: usize| file.words.get(at).map_or("", |word| &*word.text);
                let begins = text(at + 1) == "::" && (at == 0 || text(at - 1) != "::");
                // `pub(in crate::here)` says who may look, not who is looked at; what a macro
                // names by `$crate` is named where it is written out.
                if !begins || (at > 0 && matches!(text(at - 1), "in" | "$")) {
                    continue;
                }
                let mut paths = Vec::new();
                tree(&file.words, at, &mut Vec::new(), &mut paths);
                for (_, path) in paths {
                    let home = self.absolute(module, &path).and_then(|path| self.home(&path, 8));
                    to.extend(home.filter(|home| !module.starts_with(home)));
                }
            }
        }
        found
    }

    /// Which file names which others.
    pub(crate) fn between_files(&self, root: &Path) -> Arrows {
        let file = |module: &Module| {
            let path = &self.files[module].path;
            path.strip_prefix(root).unwrap_or(path).display().to_string()
        };
        let each = self.named().into_iter();
        each.map(|(from, to)| (file(from), to.into_iter().map(file).collect())).collect()
    }

    /// Which module of the root names which others.
    pub(crate) fn between_rooms(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, to) in self.named() {
            let Some(from) = from.first() else { continue };
            let to = to.into_iter().filter_map(|to| to.first()).filter(|to| *to != from);
            arrows.entry(from.clone()).or_default().extend(to.cloned());
        }
        arrows
    }

    /// The types that files of it let others name.
    pub(crate) fn types(&self) -> Vec<(&Path, Type)> {
        let each = self.files.values();
        each.flat_map(|file| types(&file.words).into_iter().map(|one| (&*file.path, one))).collect()
    }
}

/// The paths that stand there, groups taken apart. Answers where they end.
fn tree(
    words: &[Word],
    mut at: usize,
    before: &mut Vec<String>,
    found: &mut Vec<(Option<String>, Vec<String>)>,
) -> usize {
    let text = |at: usize| words.get(at).map_or("", |word| &*word.text);
    let depth = before.len();
    loop {
        match text(at) {
            "{" => {
                at += 1;
                while !matches!(text(at), "}" | "") {
                    at = tree(words, at, before, found);
                    at += usize::from(text(at) == ",");
                }
                at += 1;
                break;
            }
            // What is taken whole is looked up where it is taken from.
            "*" => {
                found.push((None, before.clone()));
                at += 1;
                break;
            }
            word if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                match word == "self" && !before.is_empty() {
                    true => {}
                    false => before.push(word.to_owned()),
                }
                at += 1;
                if text(at) == "::" {
                    at += 1;
                    // `path::<T>` ends before its types.
                    if text(at) != "<" {
                        continue;
                    }
                }
                let name = (text(at) == "as").then(|| text(at + 1).to_owned());
                at += if name.is_some() { 2 } else { 0 };
                found.push((name, before.clone()));
                break;
            }
            _ => {
                at += 1;
                break;
            }
        }
    }
    before.truncate(depth);
    at
}

#[test]
fn paths_are_followed_to_where_their_names_come_from() {
    let folder = std::env::temp_dir().join(format!("permesso-house-{}", std::process::id()));
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a; mod b; mod c; pub use a::Deep; pub const N: u8 = 1;");
    write("a/mod.rs", "mod deep; mod side; pub use deep::{Deep, Other as Another};");
    write("a/deep.rs", "use super::side::{self, Side}; pub struct Deep; pub struct Other;");
    write("a/side.rs", "use crate::N; pub(in crate::c) struct Side;");
    write("b.rs", "use crate::{a::Another, c::*}; fn f() { crate::Deep; }");
    write("c.rs", "#[cfg(test)] mod tests { use crate::b; }");
    let tree = Tree::read(&folder.join("lib.rs"));
    let arrows = tree.between_files(&folder);
    let to = |from: &str| arrows[from].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(to("lib.rs"), ["a/deep.rs"]);
    assert_eq!(to("a/mod.rs"), ["a/deep.rs"]);
    assert_eq!(to("a/deep.rs"), ["a/side.rs"]);
    assert_eq!(to("b.rs"), ["a/deep.rs", "c.rs"]);
    assert!(to("a/side.rs").is_empty() && to("c.rs").is_empty());
    let rooms = tree.between_rooms();
    assert_eq!(rooms["b"], BTreeSet::from(["a".to_owned(), "c".to_owned()]));
    fs::remove_dir_all(&folder).unwrap();
}
