//! Texts without differences of case: `lower(text)`.
//!
//! What is lower is folded as ids are that look alike: `STRASSE` is `straße`, letters that were
//! put together in another way are the same, and so are wide ones. That only helps where both
//! sides are: beside a text with capitals an equality would never hold, and its opposite always.
//! So a side that is read has to be lower as well, and one that is written is folded here, or
//! refused where its author meant capitals to count.

use super::super::fault::Mistake;
use super::super::values::Texts;
use super::lists::literals;
use super::{Checked, Checker, Kind, Part, build};
use permesso_names::folded;
use rhai::{Expr, Position};

impl Checker<'_> {
    /// `lower(text)`, or of each text of a list.
    pub(super) fn lower(&mut self, part: Part<'_>, at: Position) -> Checked {
        let text = self.part(part);
        let is_list = text.kind == Kind::Texts;
        match text.kind {
            Kind::Unknown => return Checked::wrong(at),
            Kind::Text | Kind::Texts if text.folded => return text,
            Kind::Text => {}
            Kind::Texts
                if text
                    .path
                    .as_deref()
                    .is_some_and(|path| path.starts_with("subject.") && self.is_of_names(path)) =>
            {
                return self.no_name("lower", part.at());
            }
            Kind::Texts if !matches!(text.expr, Expr::Array(..)) => {}
            kind => {
                let (wanted, found) = ("a text or a list that is read", kind.words());
                let mistake = Mistake::Argument { function: "lower", wanted, found };
                let help = "write `lower(resource.city) == \"rome\"`".to_owned();
                return self.refuse(part.at(), mistake, Some(help));
            }
        }
        if !text.reads {
            return small(text);
        }
        let expr =
            self.natives.call("lower", [text.expr.clone(), Expr::IntegerConstant(0, at)], at);
        self.folds = true;
        let label = match &text.path {
            Some(path) => format!("`lower({path})`, {},", text.kind.words()),
            None => text.kind.words().to_owned(),
        };
        let kind = if is_list { Kind::Texts } else { Kind::Text };
        let (path, instead) = (text.path.clone(), text.instead.clone());
        Checked { label, path, instead, folded: true, ..Checked::of(kind, expr, &[&text]) }
    }

    /// Whether a list holds names that are looked for as they are.
    fn is_of_names(&self, path: &str) -> bool {
        matches!(path, "subject.roles" | "subject.teams" | "subject.tags" | "subject.policies")
    }

    /// Refuses to look for a name without its capitals.
    pub(super) fn no_name(&mut self, function: &str, at: Position) -> Checked {
        let what = if function == "lower" {
            "`lower` of names".to_owned()
        } else {
            format!("`lower` in `{function}`")
        };
        let help = "roles, teams, tags and policies are looked for by their names as they are \
                    written: `has_role(\"manager\")`";
        self.refuse(at, Mistake::NotAllowed(what), Some(help.to_owned()))
    }

    /// Two sides that are compared: both lower, or neither.
    pub(super) fn alike(&mut self, one: Checked, other: Checked) -> Option<[Checked; 2]> {
        let is_folded = one.folded || other.folded;
        let mut both = [one, other];
        if is_folded {
            for side in &mut both {
                *side = self.made_small(std::mem::replace(side, Checked::wrong(Position::NONE)))?;
            }
        }
        Some(both)
    }

    /// The same of the items of a list, and whether they are lower.
    pub(super) fn all_alike(&mut self, items: Vec<Checked>) -> Option<(Vec<Checked>, bool)> {
        if !items.iter().any(|item| item.folded) {
            return Some((items, false));
        }
        let items: Option<Vec<_>> = items.into_iter().map(|item| self.made_small(item)).collect();
        Some((items?, true))
    }

    /// A side that stands beside one that is lower.
    fn made_small(&mut self, side: Checked) -> Option<Checked> {
        let texts = matches!(side.kind, Kind::Text | Kind::Texts);
        if side.folded || !texts {
            return Some(side);
        }
        let at = side.expr.start_position();
        let written = match side.text() {
            Some(text) => vec![text.to_owned()],
            None => literals(&side),
        };
        if side.reads || written.is_empty() {
            let what = Mistake::NotAllowed("`lower(...)` on one side only".to_owned());
            let help = match &side.path {
                Some(path) if !self.is_of_names(path) => format!("write `lower({path})` as well"),
                _ => "compare it with a text that is written in small letters".to_owned(),
            };
            self.fault(at, what, Some(help));
            return None;
        }
        for text in written {
            let lower = text.to_lowercase();
            if lower != text {
                let help = format!("write `\"{lower}\"`, in small letters");
                self.fault(at, Mistake::Capitals { value: text }, Some(help));
                return None;
            }
        }
        Some(small(side))
    }
}

/// What was written, folded.
fn small(side: Checked) -> Checked {
    let at = side.expr.start_position();
    let expr = match side.text() {
        Some(text) => Expr::StringConstant(folded(text).into_owned().into(), at),
        None => {
            let texts: Vec<_> =
                literals(&side).iter().map(|text| folded(text).as_ref().into()).collect();
            build::value(Texts::of(texts), at)
        }
    };
    Checked { expr, folded: true, ..side }
}
