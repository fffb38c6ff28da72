//! The people of a bundle, wherever they stand.
//!
//! They are read twice, once to check them and once to write them, so what is kept is where they
//! are and not what they are. What the second reading finds has to be what the first one did,
//! byte by byte: nothing is written that was not checked.

use super::read::{self, Kept, Lists, Person};
use crate::follow::catalogs::digest;
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::model::{Delegation, Position};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// The longest line of a file with one person a line, in bytes.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Users and delegations in a text or a file. They are read when they are needed, one by one.
#[derive(Debug, Clone)]
pub struct People {
    pub(super) file: String,
    place: Where,
    form: Form,
}

#[derive(Debug, Clone)]
enum Where {
    Nowhere,
    Text(Arc<str>),
    Path(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Yaml(Kept),
    Lines,
}

/// What was read, as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) lists: Lists,
    /// The SHA-256 of the bytes.
    pub(super) digest: [u8; 32],
}

impl People {
    /// None are given. Those that a tenant has are left alone.
    #[must_use]
    pub fn none() -> Self {
        Self { file: String::new(), place: Where::Nowhere, form: Form::Lines }
    }

    /// YAML with `users` and `delegations`. `file` is what it is called in messages.
    pub fn yaml(file: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let place = Where::Text(text.into());
        Self { file: file.into(), place, form: Form::Yaml(Kept::People) }
    }

    /// JSON Lines: a user each, or `{"delegation": {...}}`.
    pub fn lines(file: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), place: Where::Text(text.into()), form: Form::Lines }
    }

    /// A file: JSON Lines where its name ends in `.jsonl`, YAML otherwise.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let lines = path.extension().is_some_and(|extension| extension == "jsonl");
        let form = if lines { Form::Lines } else { Form::Yaml(Kept::People) };
        Self { file: path.display().to_string(), place: Where::Path(path), form }
    }

    /// Those of a text that holds a tenant as well.
    pub(super) fn of(file: &str, text: Arc<str>) -> Self {
        let (file, place) = (file.to_owned(), Where::Text(text));
        Self { file, place, form: Form::Yaml(Kept::PeopleOf) }
    }

    /// Whether none are given.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self.place, Where::Nowhere)
    }

    /// Reads them from the beginning. Takes as long as reading takes.
    pub(super) fn each(
        &self,
        each: &mut dyn FnMut(u32, Person) -> bool,
    ) -> Result<Pass, Diagnostics> {
        let unreadable = |error: &io::Error| self.fault(0, format!("cannot be read: {error}"));
        match &self.place {
            Where::Nowhere => Ok(Pass { lists: Lists::default(), digest: [0; 32] }),
            Where::Text(text) => self.read(text.as_bytes(), each),
            Where::Path(path) => {
                let file = File::open(path).map_err(|error| unreadable(&error))?;
                self.read(BufReader::with_capacity(1 << 16, file), each)
            }
        }
    }

    fn read(
        &self,
        from: impl Read,
        each: &mut dyn FnMut(u32, Person) -> bool,
    ) -> Result<Pass, Diagnostics> {
        let mut reader = Digesting { from, digest: Sha256::new() };
        let lists = match self.form {
            Form::Yaml(kept) => {
                let lists = read::people(&self.file, &mut reader, kept, each)?;
                io::copy(&mut reader, &mut io::sink())
                    .map_err(|error| self.fault(0, format!("cannot be read: {error}")))?;
                lists
            }
            Form::Lines => self.read_lines(&mut reader, each)?,
        };
        Ok(Pass { lists, digest: reader.digest.finalize().into() })
    }

    fn read_lines(
        &self,
        reader: impl Read,
        each: &mut dyn FnMut(u32, Person) -> bool,
    ) -> Result<Lists, Diagnostics> {
        let mut reader = BufReader::with_capacity(1 << 16, reader);
        let mut text = Vec::new();
        let mut number: u32 = 0;
        loop {
            number = number.saturating_add(1);
            text.clear();
            let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut text);
            let read =
                read.map_err(|error| self.fault(number, format!("cannot be read: {error}")))?;
            if read == 0 {
                return Ok(Lists { users: true, delegations: true });
            }
            if read as u64 == LONGEST_LINE {
                let message = format!("a line is longer than {LONGEST_LINE} bytes");
                return Err(self.fault(number, message));
            }
            let found = match std::str::from_utf8(&text) {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => read::line(&self.file, number, line.trim_end()),
                Err(_) => Person::Fault(self.at(number, "this line is no UTF-8".to_owned())),
            };
            if !each(number, found) {
                return Err(self.fault(number, "no more is wanted".to_owned()));
            }
        }
    }

    pub(super) fn at(&self, line: u32, message: String) -> Diagnostic {
        let at = Position { line, column: u32::from(line > 0) };
        Diagnostic { file: self.file.clone(), at, field: String::new(), message, help: None }
    }

    fn fault(&self, line: u32, message: String) -> Diagnostics {
        self.at(line, message).into()
    }
}

/// A reader that knows what it has read.
struct Digesting<R> {
    from: R,
    digest: Sha256,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// By what delegations are found that do not say so themselves: from whom to whom, and the how
/// many-th of these in the file. An edit of a delegation keeps its id, so that a right that was
/// taken out of it is gone, and does not stay in a delegation beside it.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<(Box<str>, Box<str>), u32>);

impl Ids {
    /// The id of the next delegation of a file.
    pub(super) fn next(&mut self, delegation: &Delegation) -> String {
        let (from, to) = (delegation.from.as_str(), delegation.to.as_str());
        let count = self.0.entry((from.into(), to.into())).or_default();
        *count += 1;
        let plain = |name: &str| !name.is_empty() && !name.contains(['>', '#']);
        let mut id = match plain(from) && plain(to) && from.len() + to.len() <= 240 {
            true => format!("{from}>{to}"),
            // Two pairs must not look like one.
            false => format!("#{}", digest(&format!("{}:{from}{to}", from.len()))),
        };
        if *count > 1 {
            id.push_str(&format!("#{count:04}"));
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_store::check_name;
    use std::collections::BTreeSet;

    fn delegation(from: &str, to: &str) -> Delegation {
        Delegation { from: from.into(), to: to.into(), ..Delegation::default() }
    }

    #[test]
    fn delegations_never_share_an_id() {
        let mut ids = Ids::default();
        assert_eq!(ids.next(&delegation("ann", "bob")), "ann>bob");
        assert_eq!(ids.next(&delegation("ann", "bob")), "ann>bob#0002");
        let long = "x".repeat(250);
        let odd = [("a>b", "c"), ("a", "b>c"), ("a", "b#0002"), (&*long, "b"), ("", "b")];
        let mut seen = BTreeSet::new();
        for (from, to) in odd {
            let id = ids.next(&delegation(from, to));
            assert!(check_name(&id).is_ok(), "{id}");
            assert!(seen.insert(id));
        }
    }

    #[test]
    fn lines_that_cannot_be_read_are_told_apart_from_those_that_can() {
        let text = "{\"id\":\"a\"}\n\n{\"id\":\"b\",\"rolls\":[]}\n{\"delegation\":{\"from\":\"a\",\
                    \"to\":\"b\"}}\nnonsense\n{\"id\":\"c\",\"name\":\"the \\\"delegation\\\"\"}";
        let mut found = Vec::new();
        let people = People::lines("people.jsonl", text);
        let pass = people.each(&mut |line, what| {
            found.push(match what {
                Person::User(user) => format!("{line} user {}", user.id),
                Person::Delegation(listed) => format!("{line} to {}", listed.into_parts().1.to),
                Person::Fault(fault) => fault.to_string(),
            });
            true
        });
        assert!(pass.is_ok());
        assert_eq!(found[0], "1 user a");
        assert!(found[1].starts_with("people.jsonl:3:"), "{}", found[1]);
        assert!(found[1].contains("rolls"), "{}", found[1]);
        assert_eq!(found[2], "4 to b");
        assert!(found[3].starts_with("people.jsonl:5:"), "{}", found[3]);
        assert_eq!(found[4], "6 user c");
    }
}
