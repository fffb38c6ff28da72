//! Lists, and what is looked for in them.

use super::super::fault::Mistake;
use super::super::sought::Likeness;
use super::super::values::{Integers, Network, Texts};
use super::{Checked, Checker, Kind, build};
use rhai::{Expr, Position};

impl Checker<'_> {
    /// `[...]`. A list of what was written becomes one value.
    pub(super) fn list(&mut self, items: &[Expr], at: Position) -> Checked {
        let items: Vec<_> = items.iter().map(|item| self.expr(item)).collect();
        if items.iter().any(|item| !item.known()) {
            return Checked::wrong(at);
        }
        let literal = |item: &Checked| item.reads || !matches!(item.expr, Expr::FnCall(..));
        if !items.iter().all(literal) {
            let help = "write each number itself, as in `[1, 2, 3]`, and two comparisons for a \
                        range: `1 <= resource.x && resource.x <= 10`";
            let mistake = Mistake::NotAllowed("a calculation in a list".to_owned());
            return self.refuse(at, mistake, Some(help.to_owned()));
        }
        let all = |kind| items.iter().all(|item| item.kind == kind);
        let kind = match (items.is_empty(), all(Kind::Text), all(Kind::Integer)) {
            (false, true, _) => Kind::Texts,
            (false, _, true) => Kind::Integers,
            _ => {
                let help = "write `[\"a\", \"b\"]` or `[1, 2]`".to_owned();
                return self.refuse(at, Mistake::MixedList, Some(help));
            }
        };
        let Some((items, folded)) = self.all_alike(items) else { return Checked::wrong(at) };
        let texts: Option<Vec<_>> = items.iter().map(|item| item.text().map(Into::into)).collect();
        let integers: Option<Vec<_>> = items.iter().map(Checked::integer).collect();
        let expr = match (texts, integers) {
            (Some(texts), _) => build::value(Texts::of(texts), at),
            (_, Some(integers)) => build::value(Integers(integers.into()), at),
            _ => Expr::Array(items.iter().map(|item| item.expr.clone()).collect(), at),
        };
        let parts: Vec<_> = items.iter().collect();
        Checked { folded, ..Checked::of(kind, expr, &parts) }
    }

    /// `item in list`, or `contains(list, item)`.
    pub(super) fn contains(
        &mut self,
        list: Checked,
        item: Checked,
        is_in: bool,
        at: Position,
    ) -> Checked {
        match (list.kind, item.kind) {
            (Kind::Unknown, _) | (_, Kind::Unknown) => return Checked::wrong(at),
            (Kind::Texts, Kind::Text) | (Kind::Integers, Kind::Integer) => {}
            (Kind::Text, Kind::Text) if !is_in && !list.reads && item.reads => {
                return self.swapped("contains", &item, &list, at);
            }
            (Kind::Text, Kind::Text) if !is_in => {}
            (list_kind, item_kind) if is_in => {
                let help = match (list_kind, item_kind) {
                    (Kind::Text, Kind::Text) if is_network(&list) => network_help(&item, &list),
                    (Kind::Text, Kind::Text) if !list.reads => format!(
                        "a list stands in brackets: `in [{}]`; write `contains(text, part)` to \
                         look for a part",
                        list.written()
                    ),
                    (Kind::Text, Kind::Text) => {
                        "write `contains(text, part)` to look for a part".to_owned()
                    }
                    (Kind::Text, Kind::Texts) => {
                        format!("turn it round: `{} in {}`", list.written(), item.written())
                    }
                    (Kind::Text, _) => "a list stands in brackets: `in [\"a\", \"b\"]`".to_owned(),
                    (_, Kind::Texts) => "look for one text at a time".to_owned(),
                    _ => "look for a text in texts, or for a whole number in whole numbers"
                        .to_owned(),
                };
                let list = list.label.trim_end_matches(',').to_owned();
                let mistake = Mistake::In { item: item.label, list };
                return self.refuse(at, mistake, Some(help));
            }
            (Kind::Text, Kind::Texts) => {
                let help = format!(
                    "what is looked through comes first: `contains({}, {})`",
                    item.written(),
                    list.written()
                );
                let (wanted, found) = ("a text", Kind::Texts.words());
                let mistake = Mistake::Argument { function: "contains", wanted, found };
                return self.refuse(at, mistake, Some(help));
            }
            (list_kind, item_kind) => {
                let texts = matches!(list_kind, Kind::Text | Kind::Texts | Kind::Integers);
                let (wanted, found) =
                    if texts { ("a text", item_kind) } else { ("a text or a list", list_kind) };
                let found = found.words();
                let mistake = Mistake::Argument { function: "contains", wanted, found };
                return self.refuse(at, mistake, Some("write `contains(text, part)`".to_owned()));
            }
        }
        let Some([list, item]) = self.alike(list, item) else { return Checked::wrong(at) };
        // A text is looked for as a part, in a list as a whole.
        let how = if list.kind == Kind::Text { Likeness::Part } else { Likeness::Same };
        if !self.says_something(&list, &item, how, at)
            || !self.can_be_found(&item, &list, Likeness::Same)
            || !self.can_be_found(&list, &item, how)
            || !self.can_meet(&list, &item, how, at)
        {
            return Checked::wrong(at);
        }
        if let Some(value) = literals(&list).into_iter().find(|text| is_range(text) && item.reads) {
            let help = format!("write `in_cidr({}, [\"{value}\"])`", item.written());
            let mistake = Mistake::NeverEqual { path: item.written(), value };
            return self.refuse(at, mistake, Some(help));
        }
        let expr = self.natives.call("contains", [list.expr.clone(), item.expr.clone()], at);
        Checked::of(Kind::Boolean, expr, &[&list, &item])
    }

    /// Says that what is looked through and what is looked for have changed places.
    pub(super) fn swapped(
        &mut self,
        function: &'static str,
        text: &Checked,
        part: &Checked,
        at: Position,
    ) -> Checked {
        let (text, part) = (text.written(), part.written());
        let help = format!("what is looked through comes first: `{function}({text}, {part})`");
        let (wanted, found) = ("an attribute to look through", "what was written out");
        self.refuse(at, Mistake::Argument { function, wanted, found }, Some(help))
    }

    /// `overlaps(list, list)`: whether anything is in both.
    pub(super) fn overlaps(&mut self, one: Checked, other: Checked, at: Position) -> Checked {
        const USE: &str = "write two lists of texts or of whole numbers, as in \
                           `overlaps(subject.teams, resource.teams)`";
        let wanted = match (one.kind, other.kind) {
            (Kind::Unknown, _) | (_, Kind::Unknown) => return Checked::wrong(at),
            (Kind::Texts, Kind::Texts) | (Kind::Integers, Kind::Integers) => {
                return self.overlapping(one, other, at);
            }
            (Kind::Texts, other) => (Kind::Texts.words(), other),
            (Kind::Integers, other) => (Kind::Integers.words(), other),
            (one, _) => ("a list", one),
        };
        let help = match (one.kind, other.kind) {
            (Kind::Texts, Kind::Text) | (Kind::Integers, Kind::Integer) => {
                format!("write `{} in {}` to look for one of them", other.written(), one.written())
            }
            (Kind::Text, Kind::Texts) | (Kind::Integer, Kind::Integers) => {
                format!("write `{} in {}` to look for one of them", one.written(), other.written())
            }
            _ => USE.to_owned(),
        };
        let (wanted, found) = (wanted.0, wanted.1.words());
        let mistake = Mistake::Argument { function: "overlaps", wanted, found };
        self.refuse(at, mistake, Some(help))
    }

    fn overlapping(&mut self, one: Checked, other: Checked, at: Position) -> Checked {
        let Some([one, other]) = self.alike(one, other) else { return Checked::wrong(at) };
        let same = Likeness::Same;
        if !self.can_be_found(&one, &other, same)
            || !self.can_be_found(&other, &one, same)
            || !self.can_meet(&one, &other, same, at)
        {
            return Checked::wrong(at);
        }
        self.pure("overlaps", [one, other], at)
    }
}

/// Whether a text is a range of addresses, and not one address.
pub(super) fn is_network(text: &Checked) -> bool {
    text.text().is_some_and(is_range)
}

fn is_range(text: &str) -> bool {
    text.contains('/') && Network::parse(text).is_some()
}

/// What to do about a range of addresses beside one address.
pub(super) fn network_help(address: &Checked, range: &Checked) -> String {
    format!("write `in_cidr({}, {})`", address.written(), range.written())
}

/// The texts of a list that was written out.
pub(super) fn literals(list: &Checked) -> Vec<String> {
    let Expr::DynamicConstant(list, _) = &list.expr else { return Vec::new() };
    let texts = list.read_lock::<Texts>();
    texts.iter().flat_map(|texts| texts.items.iter()).map(ToString::to_string).collect()
}
