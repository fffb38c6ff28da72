//! Whether a permission is held: `subject.holds("invoice.approve")`.
//!
//! It is what predicates call `subject.holds.<permission>`: whether the subject holds it at any
//! scope, with what it requires. Grants hang on conditions, so a condition of a grant cannot ask;
//! whatever may ask grants nothing, and so no two of them ask one another.

use super::super::fault::Mistake;
use super::{Checked, Checker, How, Kind, Part, build, nearest};
use rhai::{Expr, Position};

const NOT_HERE: &str = "what is held hangs on the conditions of grants, so these cannot ask for it; \
                        let the permission require the other one in the catalog, or ask in a \
                        guard or in the condition of a rule of sharing";

impl Checker<'_> {
    /// `subject.holds(id)`.
    pub(super) fn holds(&mut self, args: &[Part<'_>], at: Position) -> Checked {
        let usage = || Some("write `subject.holds(\"invoice.approve\")`".to_owned());
        let [Part::Expr(id)] = args else {
            let (function, wanted) = ("subject.holds", "one argument");
            let mistake = Mistake::Arguments { function, wanted, found: args.len() };
            return self.refuse(at, mistake, usage());
        };
        let Expr::StringConstant(id, place) = id else {
            let (wanted, found) = ("a permission between double quotes", "something else");
            let mistake = Mistake::Argument { function: "subject.holds", wanted, found };
            return self.refuse(id.start_position(), mistake, usage());
        };
        let schema = self.schema;
        let Some(attribute) = schema.held().get(id.as_str()) else {
            let help = self.no_permission(id);
            let mistake = match schema.held().is_empty() {
                true => Mistake::NotAllowed("`subject.holds` in a grant".to_owned()),
                false => Mistake::Literal { value: id.to_string(), wanted: "a permission" },
            };
            return self.refuse(*place, mistake, Some(help));
        };
        let index = self.reading(attribute, How::Value);
        let label = format!("`subject.holds(\"{id}\")`, {},", Kind::Boolean.words());
        let checked = Checked::constant(Kind::Boolean, build::variable(index, at), None);
        Checked { reads: true, label, ..checked }
    }

    /// What to do about a permission that cannot be asked for.
    pub(super) fn no_permission(&self, id: &str) -> String {
        let known = self.schema.held();
        match nearest(id, known.keys().map(String::as_str)) {
            _ if known.is_empty() => NOT_HERE.to_owned(),
            Some(near) => format!("did you mean `subject.holds(\"{near}\")`?"),
            None => "write the id of a permission of the catalog".to_owned(),
        }
    }
}
