//! Texts that a condition holds, against what they are compared with: one that is none of the
//! values of an attribute would never be found, in whatever form it is looked for.

use super::super::fault::Mistake;
use super::super::schema::Attribute;
use super::super::sought::{Among, Likeness, Sought};
use super::{Checked, Checker, Kind, lists, nearest};
use rhai::{Expr, Position};

impl Checker<'_> {
    /// Whether each text that was written on one side can be found in what is read on the other
    /// one. What is only known later is noted.
    pub(super) fn can_be_found(
        &mut self,
        read: &Checked,
        written: &Checked,
        how: Likeness,
    ) -> bool {
        let paths = self.paths(read);
        let at = written.expr.start_position();
        let texts = texts(written);
        if paths.is_empty() {
            return true;
        }
        self.note_teams(read, &paths, &texts);
        // What an attribute is taken for where it is not there, it can be.
        let written = texts.iter().filter(|text| !read.instead.contains(text));
        written.into_iter().all(|text| {
            if let [path] = paths.as_slice()
                && !self.is_list_of_reads(read)
            {
                self.note(path, text, how, read.folded);
                return self.can_be(path, text, how, read.folded, at);
            }
            // One of several that can be it is enough.
            let possible = |path: &String| self.is_value(path, text, how, read.folded);
            let Some(first) = paths.first().filter(|_| !paths.iter().any(possible)) else {
                return true;
            };
            self.can_be(first, text, how, read.folded, at)
        })
    }

    /// The paths of which a part says the values; none where there is more to it.
    fn paths(&self, read: &Checked) -> Vec<String> {
        if let Some(path) = &read.path {
            return vec![path.clone()];
        }
        let Expr::Array(items, _) = &read.expr else { return Vec::new() };
        let read = items.iter().filter(|item| !matches!(item, Expr::StringConstant(..)));
        let paths: Option<Vec<String>> = read.map(|item| self.path_of(item)).collect();
        paths.unwrap_or_default()
    }

    /// Notes the teams that a record's are compared with. What is compared whatever its case is
    /// meant to be any of those that look like it.
    fn note_teams(&mut self, read: &Checked, paths: &[String], texts: &[String]) {
        let says_teams = |path: &String| {
            let attribute = self.schema.get(path);
            attribute.is_some_and(|it| it.names == Some(Among::RecordTeams))
        };
        if read.folded || !paths.iter().any(says_teams) {
            return;
        }
        for text in texts {
            if !self.teams.iter().any(|team| **team == **text) {
                self.teams.push(text.as_str().into());
            }
        }
    }

    fn is_list_of_reads(&self, read: &Checked) -> bool {
        read.path.is_none()
    }

    pub(super) fn path_of(&self, item: &Expr) -> Option<String> {
        match item {
            Expr::Variable(variable, ..) => {
                let index = variable.0?.get().checked_sub(1)?;
                self.reads.get(index).map(|read| read.path.to_string())
            }
            Expr::FnCall(call, _) if call.name == "lower" => self.path_of(call.args.first()?),
            _ => None,
        }
    }

    /// Notes that a text is compared with what a path says.
    pub(super) fn note(&mut self, path: &str, text: &str, how: Likeness, folded: bool) {
        let Some(attribute) = self.schema.get(path) else { return };
        let names = attribute.names.clone().into_iter();
        let sought = names.chain(attribute.of_resource()).map(|among| {
            let text = text.into();
            Sought { among, text, how, folded }
        });
        for one in sought {
            if !self.sought.contains(&one) {
                self.sought.push(one);
            }
        }
    }

    fn is_value(&self, path: &str, text: &str, how: Likeness, is_folded: bool) -> bool {
        let values = self.schema.get(path).map_or(&[][..], Attribute::values);
        values.is_empty() || values.iter().any(|known| how.holds(known, text, is_folded))
    }

    /// Whether a text is like one of the values that the schema knows of an attribute.
    pub(super) fn can_be(
        &mut self,
        path: &str,
        text: &str,
        how: Likeness,
        is_folded: bool,
        at: Position,
    ) -> bool {
        if self.is_value(path, text, how, is_folded) {
            return true;
        }
        let schema = self.schema;
        let values = schema.get(path).map_or(&[][..], Attribute::values);
        let help = match nearest(text, values.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `\"{near}\"`?"),
            None => format!("it is one of: {}", values.join(", ")),
        };
        let (path, value) = (path.to_owned(), text.to_owned());
        let mistake = match how {
            Likeness::Same => Mistake::NeverEqual { path, value },
            how => Mistake::NeverLike { path, how: how.verb(), value },
        };
        self.fault(at, mistake, Some(help));
        false
    }
}

/// The texts that stand in a part.
pub(super) fn texts(written: &Checked) -> Vec<String> {
    match (&written.expr, written.kind) {
        (Expr::StringConstant(text, _), _) => vec![text.to_string()],
        (Expr::Array(items, _), Kind::Texts) => {
            let texts = items.iter().filter_map(|item| match item {
                Expr::StringConstant(text, _) => Some(text.to_string()),
                _ => None,
            });
            texts.collect()
        }
        _ => lists::literals(written),
    }
}
