//! Parts of a condition that say nothing: known to be always so, or never, when they are written.
//!
//! Whoever wrote one meant something else, and its opposite lets everybody in, or nobody.

use super::super::fault::Mistake;
use super::super::sought::{Likeness, Met};
use super::{Checked, Checker, Kind, seek};
use crate::model::InputPath;
use rhai::{Expr, Position};

impl Checker<'_> {
    /// Whether a text that is looked for in another one is one that not every text has.
    pub(super) fn says_something(
        &mut self,
        text: &Checked,
        part: &Checked,
        how: Likeness,
        at: Position,
    ) -> bool {
        if text.kind != Kind::Text || part.text() != Some("") {
            return true;
        }
        let path = text.written();
        // Ids may be paths, of which tables list the beginnings, the empty one for all of them.
        if path == "resource.id" && how == Likeness::Beginning {
            return true;
        }
        let help = format!(
            "write the text that is looked for, or `{path} != \"\"` for any text that is not empty"
        );
        self.fault(at, Mistake::AlwaysLike { path, how: how.verb() }, Some(help));
        false
    }

    /// Whether two sides are two things, and can be alike where the schema knows both.
    pub(super) fn can_meet(
        &mut self,
        one: &Checked,
        other: &Checked,
        how: Likeness,
        at: Position,
    ) -> bool {
        if !one.reads || !other.reads {
            return true;
        }
        if Self::is_same(one, other) {
            self.fault(at, Mistake::Constant, Some(ITSELF.to_owned()));
            return false;
        }
        let is_folded = one.folded || other.folded;
        if let (Some(known), Some(sought)) = (self.values(one), self.values(other))
            && !how.meets(&known, &sought, is_folded)
        {
            let (path, value) = (one.written(), other.written());
            let help = format!(
                "the one is one of {}, the other one of {}",
                known.join(", "),
                sought.join(", ")
            );
            let mistake = match how {
                Likeness::Same => Mistake::NeverEqual { path, value },
                how => Mistake::NeverLike { path, how: how.verb(), value },
            };
            self.fault(at, mistake, Some(help));
            return false;
        }
        self.meeting(one, other, how, is_folded);
        true
    }

    /// Whether something is compared with itself. Of what is true or false that may be a part of
    /// several that are put together, and of a list in brackets one of others.
    fn is_same(one: &Checked, other: &Checked) -> bool {
        let in_brackets = matches!(one.expr, Expr::Array(..));
        one.kind != Kind::Boolean && !in_brackets && alike(&one.expr, &other.expr)
    }

    /// Notes that two attributes of a record are compared: not every kind need have both alike.
    fn meeting(&mut self, one: &Checked, other: &Checked, how: Likeness, folded: bool) {
        let name = |side: &Checked| match &self.schema.get(side.path.as_deref()?)?.path {
            InputPath::ResourceAttribute(name) if side.instead.is_empty() => Some(name.clone()),
            _ => None,
        };
        if let (Some(one), Some(other)) = (name(one), name(other)) {
            self.met.push(Met { one, other, how, folded });
        }
    }

    /// The texts that a part can be; `None` where it could be any.
    fn values(&self, side: &Checked) -> Option<Vec<String>> {
        if let Some(path) = &side.path {
            let known = self.schema.get(path)?.values();
            let all = known.iter().chain(&side.instead).cloned();
            return (!known.is_empty()).then(|| all.collect());
        }
        let Expr::Array(items, _) = &side.expr else { return None };
        let mut all = Vec::new();
        for item in items {
            if let Expr::StringConstant(text, _) = item {
                all.push(text.to_string());
                continue;
            }
            let known = self.schema.get(&self.path_of(item)?)?.values();
            all.extend(known.iter().cloned());
            if known.is_empty() {
                return None;
            }
        }
        Some(all)
    }

    /// Whether the names that an attribute says can be told from those that there are: of what
    /// could be any text nobody knows, and a slip in a record would be nobody's role.
    pub(super) fn names(&mut self, list: &Checked, id: &Checked) {
        let (Some(path), Some(list)) = (&id.path, &list.path) else { return };
        let Some(attribute) = self.schema.get(path) else { return };
        let Some(among) = self.schema.get(list).and_then(|it| it.names.clone()) else { return };
        if attribute.names.is_some() {
            return;
        }
        let (values, path) = (attribute.values().to_vec(), path.clone());
        for value in &values {
            self.note(list, value, Likeness::Same, false);
        }
        if values.is_empty() && !self.unlisted.iter().any(|(known, _)| *known == path) {
            self.unlisted.push((path, among));
        }
    }
}

const ITSELF: &str =
    "compare it with something else, or write `is_set(...)` for whether it is there";

/// Whether two parts were written alike.
fn alike(one: &Expr, other: &Expr) -> bool {
    let all = |one: &[Expr], other: &[Expr]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
    };
    match (one, other) {
        (Expr::Variable(one, ..), Expr::Variable(other, ..)) => one.0 == other.0,
        (Expr::IntegerConstant(one, _), Expr::IntegerConstant(other, _)) => one == other,
        (Expr::FloatConstant(one, _), Expr::FloatConstant(other, _)) => one == other,
        (Expr::BoolConstant(one, _), Expr::BoolConstant(other, _)) => one == other,
        (Expr::StringConstant(one, _), Expr::StringConstant(other, _)) => one == other,
        (Expr::FnCall(one, _), Expr::FnCall(other, _)) => {
            one.name == other.name && all(&one.args, &other.args)
        }
        (Expr::Array(one, _), Expr::Array(other, _)) => all(one, other),
        (Expr::Coalesce(one, _), Expr::Coalesce(other, _))
        | (Expr::And(one, _), Expr::And(other, _))
        | (Expr::Or(one, _), Expr::Or(other, _)) => all(one, other),
        _ => false,
    }
}

/// The texts behind `??`, where these are not among those of the attribute.
pub(super) fn instead(given: &Checked, values: &[String]) -> Vec<String> {
    let texts = if given.reads { Vec::new() } else { seek::texts(given) };
    texts.into_iter().filter(|text| !values.contains(text)).collect()
}
