//! Whether an attribute is there, and what to take where it is not.

use super::super::fault::Mistake;
use super::super::schema::Attribute;
use super::super::sought::Likeness;
use super::super::values::Texts;
use super::{Checked, Checker, How, Kind, Link, Part, build, flatten, nearest, vacuous};
use crate::model::InputPath;
use rhai::{Expr, Position, StaticVec};

const WHOLE: &str = "write an attribute before `??` and a value behind it, within parentheses: \
                     `(resource.amount ?? 0) + 1`";

impl Checker<'_> {
    /// `is_set(path)`, which is always known.
    pub(super) fn is_set(&mut self, part: Part<'_>, at: Position) -> Checked {
        let names = match part {
            Part::Path(names, _) => Some(names.to_vec()),
            Part::Expr(expr) => names(expr),
        };
        let Some(names) = names else {
            let (wanted, found) = ("an attribute", "something else");
            let mistake = Mistake::Argument { function: "is_set", wanted, found };
            let help = "write `is_set(resource.amount)`".to_owned();
            return self.refuse(part.at(), mistake, Some(help));
        };
        let Some((attribute, _)) = self.optional(&names, part.at()) else {
            return Checked::wrong(at);
        };
        let index = self.reading(attribute, How::IsSet);
        let expr = build::variable(index, at);
        Checked { reads: true, ..Checked::constant(Kind::Boolean, expr, None) }
    }

    /// `path ?? value`: the value where the attribute is not there.
    pub(super) fn otherwise(&mut self, parts: &[Expr], at: Position) -> Checked {
        let named = match parts {
            [attribute, value] => names(attribute).map(|names| (names, attribute, value)),
            _ => None,
        };
        let Some((names, attribute, value)) = named else {
            let mistake = Mistake::NotAllowed("`??` between these".to_owned());
            return self.refuse(at, mistake, Some(WHOLE.to_owned()));
        };
        let Some((attribute, path)) = self.optional(&names, attribute.start_position()) else {
            return Checked::wrong(at);
        };
        let kind = Kind::from(attribute.kind);
        let place = value.start_position();
        let given = match value {
            Expr::Array(items, _) if items.is_empty() && kind == Kind::Texts => {
                Checked::constant(kind, build::value(Texts::of([]), place), None)
            }
            value => self.expr(value),
        };
        let expr = match (kind, &given.expr) {
            _ if !given.known() => return Checked::wrong(at),
            _ if given.reads => {
                let mistake = Mistake::NotAllowed("an attribute behind `??`".to_owned());
                return self.refuse(place, mistake, Some(WHOLE.to_owned()));
            }
            // A decimal that is whole is kept as it is written.
            (Kind::Decimal, Expr::IntegerConstant(..)) => given.expr.clone(),
            _ if given.kind == kind => given.expr.clone(),
            _ => {
                let (wanted, found) = (kind.words(), given.kind.words());
                let mistake = Mistake::Argument { function: "??", wanted, found };
                let help = format!("`{path}` was declared as {wanted}; write one behind `??`");
                return self.refuse(place, mistake, Some(help));
            }
        };
        // None of its values is a good one where it is not there. One that is nearly one is a slip.
        let instead = vacuous::instead(&given, attribute.values());
        let slip = |text: &&String| {
            let values = attribute.values().iter().map(String::as_str);
            !attribute.values().is_empty() && nearest(text, values).is_some()
        };
        if let Some(text) = instead.iter().find(slip) {
            self.can_be(&path, text, Likeness::Same, false, place);
            return Checked::wrong(at);
        }
        let index = self.reading(attribute, How::IfSet);
        let both: StaticVec<Expr> = [build::variable(index, at), expr].into_iter().collect();
        Checked {
            reads: true,
            label: format!("`{path}`, {},", kind.words()),
            path: Some(path),
            instead,
            ..Checked::constant(kind, Expr::Coalesce(Box::new(both), at), None)
        }
    }
}

impl<'c> Checker<'c> {
    /// An attribute that need not be there.
    fn optional(&mut self, names: &[&str], at: Position) -> Option<(&'c Attribute, String)> {
        let path = names.join(".");
        let schema = self.schema;
        let Some(attribute) = schema.get(&path) else {
            let (mistake, help) = self.unknown_path(path);
            self.fault(at, mistake, Some(help));
            return None;
        };
        let optional = matches!(
            attribute.path,
            InputPath::ResourceId
                | InputPath::SubjectAttribute(_)
                | InputPath::ResourceAttribute(_)
                | InputPath::ActionAttribute(_)
                | InputPath::ContextAttribute(_)
        );
        if !optional {
            let help = format!("`{path}` is always there; read it as it is");
            self.fault(at, Mistake::Constant, Some(help));
            return None;
        }
        Some((attribute, path))
    }
}

/// The names of a path that stands alone.
fn names(expr: &Expr) -> Option<Vec<&str>> {
    let mut links = Vec::new();
    flatten(expr, &mut links);
    let name = |link| match link {
        Link::Name(name) => Some(name),
        Link::Call(_) => None,
    };
    links.into_iter().map(name).collect()
}
