//! Functions, and what they take.

use super::super::fault::Mistake;
use super::super::foreign;
use super::super::sought::Likeness;
use super::super::values::{Network, Networks};
use super::{Checked, Checker, Kind, Part, build, nearest};
use rhai::{Expr, Position, Token};

/// A function that conditions have: its name, how many arguments it takes, in words as well,
/// and how it is written.
pub(super) struct Function {
    pub(super) name: &'static str,
    takes: usize,
    words: &'static str,
    usage: &'static str,
}

const fn function(
    name: &'static str,
    takes: usize,
    words: &'static str,
    usage: &'static str,
) -> Function {
    Function { name, takes, words, usage }
}

const ONE: &str = "one argument";
const TWO: &str = "two arguments";

const FOUR: &str = "four arguments";

const FUNCTIONS: [Function; 18] = [
    function("contains", 2, TWO, "contains(text, part)"),
    function("starts_with", 2, TWO, "starts_with(text, start)"),
    function("ends_with", 2, TWO, "ends_with(text, end)"),
    function("in_cidr", 2, TWO, "in_cidr(context.ip, \"10.0.0.0/8\")"),
    function("overlaps", 2, TWO, "overlaps(subject.teams, resource.teams)"),
    function("lower", 1, ONE, "lower(resource.city) == \"rome\""),
    function("hour_in", 4, FOUR, "hour_in(now, 9, \"17:30\", \"Europe/Rome\")"),
    function("weekday_in", 3, "three arguments", "weekday_in(now, \"mon-fri\", \"Europe/Rome\")"),
    function("date_in", 4, FOUR, "date_in(now, \"2026-12-24\", \"2027-01-06\", \"Europe/Rome\")"),
    function("date", 2, TWO, "date(\"2026-12-31\", \"Europe/Rome\")"),
    function("has_role", 1, ONE, "has_role(\"manager\")"),
    function("has_tag", 1, ONE, "has_tag(\"vip\")"),
    function("in_team", 1, ONE, "in_team(\"sales/east\")"),
    function("instant", 1, ONE, "instant(\"2026-07-01T09:00:00Z\")"),
    function("days", 1, ONE, "days(30)"),
    function("hours", 1, ONE, "hours(2)"),
    function("is_set", 1, ONE, "is_set(resource.amount)"),
    function("minutes", 1, ONE, "minutes(15)"),
];

const MINUTE: i64 = 60_000;

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &str, args: &[Part<'_>], at: Position) -> Checked {
        if let ("holds", [Part::Path(["subject"], _), id @ ..]) = (name, args) {
            return self.holds(id, at);
        }
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let near = nearest(name, FUNCTIONS.iter().map(|function| function.name));
            let help = match (foreign::function(name), near) {
                (Some(help), _) => help.to_owned(),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => {
                    let names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
                    format!("there are: {}", names.join(", "))
                }
            };
            return self.refuse(at, Mistake::UnknownFunction(name.to_owned()), Some(help));
        };
        if args.len() != function.takes {
            let (function, wanted, usage) = (function.name, function.words, function.usage);
            let mistake = Mistake::Arguments { function, wanted, found: args.len() };
            let each = if args.len() > 1 && among(function) { ONCE_EACH } else { "" };
            return self.refuse(at, mistake, Some(format!("write `{usage}`{each}")));
        }
        match (function.name, args) {
            ("contains", [list, Part::Expr(Expr::FnCall(not, _))])
                if not.op_token == Some(Token::Bang) && self.tokens.is_in(at) =>
            {
                let list = self.part(*list).written();
                let help =
                    format!("write `!in` for what is not among them: `resource.x !in {list}`");
                self.refuse(at, Mistake::NotAllowed("`!` before `in`".to_owned()), Some(help))
            }
            ("contains", [list, item]) => {
                let (list, item) = (self.part(*list), self.part(*item));
                self.contains(list, item, self.tokens.is_in(at), at)
            }
            ("starts_with" | "ends_with", [text, part]) => {
                let text = self.argument(function, *text, Kind::Text);
                let part = self.argument(function, *part, Kind::Text);
                if text.kind == Kind::Text && !text.reads && part.reads && part.known() {
                    return self.swapped(function.name, &part, &text, at);
                }
                let how = match function.name {
                    "starts_with" => Likeness::Beginning,
                    _ => Likeness::End,
                };
                match self.alike(text, part) {
                    Some([text, part])
                        if self.says_something(&text, &part, how, at)
                            && self.can_be_found(&text, &part, how)
                            && self.can_meet(&text, &part, how, at) =>
                    {
                        self.pure(function.name, [text, part], at)
                    }
                    _ => Checked::wrong(at),
                }
            }
            ("in_cidr", [address, networks]) => {
                let address = self.argument(function, *address, Kind::Text);
                let networks = self.networks(function, *networks);
                self.pure(function.name, [address, networks], at)
            }
            ("overlaps", [one, other]) => {
                let (one, other) = (self.part(*one), self.part(*other));
                self.overlaps(one, other, at)
            }
            ("lower", [text]) => self.lower(*text, at),
            ("hour_in", [instant, from, to, zone]) => {
                self.hour_in(function, *instant, [*from, *to], *zone, at)
            }
            ("weekday_in", [instant, days, zone]) => {
                self.weekday_in(function, *instant, *days, *zone, at)
            }
            ("date_in", [instant, first, last, zone]) => {
                self.date_in(function, *instant, [*first, *last], *zone, at)
            }
            ("date", [text, zone]) => self.date(function, *text, *zone, at),
            ("is_set", [attribute]) => self.is_set(*attribute, at),
            ("has_role", [id]) => self.among("contains", "roles", function, *id, at),
            ("has_tag", [id]) => self.among("contains", "tags", function, *id, at),
            ("in_team", [team]) => self.among("in_team", "teams", function, *team, at),
            ("instant", [text]) => self.instant(function, *text, at),
            ("days", [number]) => self.length(function, 24 * 60 * MINUTE, *number, at),
            ("hours", [number]) => self.length(function, 60 * MINUTE, *number, at),
            ("minutes", [number]) => self.length(function, MINUTE, *number, at),
            _ => Checked::wrong(at),
        }
    }

    /// A function of these arguments.
    pub(super) fn pure(&mut self, name: &str, args: [Checked; 2], at: Position) -> Checked {
        let [first, second] = &args;
        if !first.known() || !second.known() {
            return Checked::wrong(at);
        }
        let expr = self.natives.call(name, [first.expr.clone(), second.expr.clone()], at);
        Checked::of(Kind::Boolean, expr, &[first, second])
    }

    /// A function that looks through a list of the subject.
    fn among(
        &mut self,
        native: &str,
        list: &str,
        function: &Function,
        id: Part<'_>,
        at: Position,
    ) -> Checked {
        let id = self.argument(function, id, Kind::Text);
        if id.folded {
            return self.no_name(function.name, at);
        }
        let list = self.path(&["subject", list], at);
        // Whether there is one of that name the tenant says.
        self.can_be_found(&list, &id, Likeness::Same);
        self.names(&list, &id);
        self.pure(native, [list, id], at)
    }

    /// An argument of a type.
    pub(super) fn argument(
        &mut self,
        function: &Function,
        part: Part<'_>,
        wanted: Kind,
    ) -> Checked {
        let checked = self.part(part);
        if checked.kind == wanted || !checked.known() {
            return checked;
        }
        self.no_argument(function, part, wanted.words(), checked.kind.words())
    }

    pub(super) fn no_argument(
        &mut self,
        function: &Function,
        part: Part<'_>,
        wanted: &'static str,
        found: &'static str,
    ) -> Checked {
        let mistake = Mistake::Argument { function: function.name, wanted, found };
        let each = match among(function.name) && found.starts_with("a list") {
            true if function.name == "in_team" => {
                ", and `overlaps(subject.teams, resource.teams)` for a list"
            }
            true => ONCE_EACH,
            false => "",
        };
        self.refuse(part.at(), mistake, Some(format!("write `{}`{each}", function.usage)))
    }

    /// The texts of an argument that has to be written out.
    pub(super) fn texts<'e>(
        &mut self,
        function: &Function,
        part: Part<'e>,
    ) -> Option<Vec<&'e str>> {
        let texts = match part {
            Part::Expr(Expr::StringConstant(text, _)) => Some(vec![text.as_str()]),
            Part::Expr(Expr::Array(items, _)) if !items.is_empty() => items
                .iter()
                .map(|item| match item {
                    Expr::StringConstant(text, _) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        if texts.is_none() {
            self.no_argument(function, part, "a text between double quotes", "something else");
        }
        texts
    }

    /// Says that a text of an argument is not what it has to be.
    pub(super) fn no_literal<T>(
        &mut self,
        part: Part<'_>,
        value: &str,
        wanted: &'static str,
        help: String,
    ) -> Option<T> {
        let mistake = Mistake::Literal { value: value.to_owned(), wanted };
        self.fault(part.at(), mistake, Some(help));
        None
    }

    fn networks(&mut self, function: &Function, part: Part<'_>) -> Checked {
        let Some(texts) = self.texts(function, part) else { return Checked::wrong(part.at()) };
        let mut networks = Vec::with_capacity(texts.len());
        for text in texts {
            let Some(network) = Network::parse(text) else {
                let help = "write the first address and the length of the prefix: \
                            `10.0.0.0/8` or `2001:db8::/32`";
                let wanted = "a range of addresses";
                self.no_literal::<()>(part, text, wanted, help.to_owned());
                return Checked::wrong(part.at());
            };
            networks.push(network);
        }
        constant(build::value(Networks(networks.into()), part.at()))
    }

    fn length(&mut self, function: &Function, unit: i64, part: Part<'_>, at: Position) -> Checked {
        let number = self.argument(function, part, Kind::Integer);
        if number.known() { self.duration(unit, &number, at) } else { Checked::wrong(at) }
    }
}

const ONCE_EACH: &str = " once for each, with `||` between them";

/// Whether a function looks for a name among those of the subject.
fn among(function: &str) -> bool {
    matches!(function, "has_role" | "has_tag" | "in_team")
}

/// A value that a function takes and that has no type in a condition.
pub(super) fn constant(expr: Expr) -> Checked {
    Checked::constant(Kind::Boolean, expr, None)
}
