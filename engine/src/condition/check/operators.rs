//! Operators, and which types they work on.

use super::super::fault::Mistake;
use super::super::foreign;
use super::super::sought::Likeness;
use super::{Boundary, Checked, Checker, Kind, Linear, build, lists};
use rhai::{Expr, FnCallExpr, Position, Token};

impl Checker<'_> {
    /// An operator with one or two sides.
    pub(super) fn operator(&mut self, call: &FnCallExpr, at: Position) -> Checked {
        let Some(token) = &call.op_token else { return Checked::wrong(at) };
        match (token, call.args.as_slice()) {
            (Token::Bang, [operand]) => {
                let operand = self.truth(operand);
                let expr = build::operator(call, [operand.expr.clone()], at);
                Checked::of(Kind::Boolean, expr, &[&operand])
            }
            (Token::Minus | Token::UnaryMinus, [operand]) => {
                let operand = self.expr(operand);
                match operand.kind {
                    Kind::Unknown => operand,
                    Kind::Integer | Kind::Decimal => {
                        let expr = build::operator(call, [operand.expr.clone()], at);
                        let rounded = operand.rounded;
                        Checked { rounded, ..Checked::of(operand.kind, expr, &[&operand]) }
                    }
                    _ => self.no_operator("-", &operand, at, None),
                }
            }
            (
                Token::EqualsTo
                | Token::NotEqualsTo
                | Token::LessThan
                | Token::LessThanEqualsTo
                | Token::GreaterThan
                | Token::GreaterThanEqualsTo,
                [left, right],
            ) => {
                let (left, right) = (self.expr(left), self.expr(right));
                self.comparison(call, token, left, right, at)
            }
            (
                Token::Plus | Token::Minus | Token::Multiply | Token::Divide | Token::Modulo,
                [left, right],
            ) => {
                let (left, right) = (self.expr(left), self.expr(right));
                self.arithmetic(call, token, &left, &right, at)
            }
            // The library makes it a negated call that it still calls by the operator.
            (Token::NotIn, [list, item]) => {
                let (list, item) = (self.expr(list), self.expr(item));
                self.contains(list, item, true, at)
            }
            _ => self.refuse(
                at,
                Mistake::NotAllowed(format!("`{token}`")),
                Some("combine comparisons with `&&`, `||` and `!`".to_owned()),
            ),
        }
    }

    fn no_operator(
        &mut self,
        operator: &str,
        operand: &Checked,
        at: Position,
        help: Option<&str>,
    ) -> Checked {
        let operand = operand.label.trim_end_matches(',').to_owned();
        let mistake = Mistake::Operator { operator: operator.to_owned(), operand };
        self.refuse(at, mistake, help.map(str::to_owned))
    }

    fn comparison(
        &mut self,
        call: &FnCallExpr,
        token: &Token,
        left: Checked,
        right: Checked,
        at: Position,
    ) -> Checked {
        use Kind::{Boolean, Decimal, Duration, Instant, Integer, Integers, Text, Texts, Unknown};
        let equality = matches!(token, Token::EqualsTo | Token::NotEqualsTo);
        let symbol = token.to_string();
        match (left.kind, right.kind) {
            (Unknown, _) | (_, Unknown) => return Checked::wrong(at),
            (Texts | Integers, _) | (_, Texts | Integers) => {
                let list = if matches!(left.kind, Texts | Integers) { &left } else { &right };
                let help = among(&left, &right, *token == Token::NotEqualsTo);
                return self.no_operator(&symbol, list, at, Some(&help));
            }
            (Boolean, Boolean) | (Text, Text) if equality => {}
            (Boolean, Boolean) => {
                let help = "write it alone, or with `!` before it";
                return self.no_operator(&symbol, &left, at, Some(help));
            }
            (Text, Text) => {
                let help = "texts have no order here; compare them with `==` or `!=`";
                return self.no_operator(&symbol, &left, at, Some(help));
            }
            (Integer | Decimal, Integer | Decimal) | (Instant, Instant) | (Duration, Duration) => {}
            (one, other) => {
                let chained =
                    |side: &Checked| side.kind == Boolean && side.reads && side.path.is_none();
                let help = match (one, other) {
                    _ if is_clock(&left) || is_clock(&right) => foreign::HOURS,
                    _ if chained(&left) || chained(&right) => {
                        "write two comparisons: `1 <= resource.x && resource.x <= 10`"
                    }
                    (Instant, Integer) if is_hour(&right) => foreign::HOURS,
                    (Integer, Instant) if is_hour(&left) => foreign::HOURS,
                    (Instant, _) | (_, Instant) => foreign::DATES,
                    (Duration, _) | (_, Duration) => {
                        "write a length of time as `days(30)`, `hours(2)` or `minutes(15)`"
                    }
                    (Integer | Decimal, Text) | (Text, Integer | Decimal) => {
                        "write numbers without quotes, and texts with them"
                    }
                    (Boolean, Text) if left.path.as_deref() == Some("subject.owner") => OWNER,
                    (Text, Boolean) if right.path.as_deref() == Some("subject.owner") => OWNER,
                    (Boolean, _) | (_, Boolean) => {
                        "compare it with `true` or `false`, or write it alone"
                    }
                    _ => "compare it with something of the same type",
                };
                let left = left.label;
                let right = right.label.trim_end_matches(',').to_owned();
                let mistake = Mistake::Incomparable { left, right };
                return self.refuse(at, mistake, Some(help.to_owned()));
            }
        }
        let Some([left, right]) = self.alike(left, right) else { return Checked::wrong(at) };
        if equality && let Some((mistake, help)) = never(&symbol, &left, &right) {
            return self.refuse(at, mistake, Some(help));
        }
        if !left.reads && !right.reads {
            let help = "compare an attribute instead".to_owned();
            return self.refuse(at, Mistake::Constant, Some(help));
        }
        if equality && !(self.can_equal(&left, &right, at) && self.can_equal(&right, &left, at))
            || !self.can_meet(&left, &right, Likeness::Same, at)
        {
            return Checked::wrong(at);
        }
        if matches!(left.kind, Instant | Duration) && (left.reads_now || right.reads_now) {
            let linear = |side: &Checked| side.linear;
            let difference =
                linear(&left).zip(linear(&right)).and_then(|(left, right)| left.minus(right));
            if matches!(difference, Some(Linear { times: 0, .. })) {
                let help = "compare it with another instant than `now`".to_owned();
                return self.refuse(at, Mistake::Constant, Some(help));
            }
            self.boundaries.extend(Boundary::of_comparison(difference));
        }
        let exactly = !left.rounded && !right.rounded;
        if exactly && (left.kind == Decimal || right.kind == Decimal) {
            let (name, turned) = match token {
                Token::EqualsTo => ("number_is", false),
                Token::NotEqualsTo => ("number_is_not", false),
                Token::LessThan => ("number_below", false),
                Token::GreaterThan => ("number_below", true),
                Token::LessThanEqualsTo => ("number_at_most", false),
                _ => ("number_at_most", true),
            };
            let sides = if turned { [right, left] } else { [left, right] };
            return self.pure(name, sides, at);
        }
        let sides = [exact(&left, &right), exact(&right, &left)];
        Checked::of(Boolean, build::operator(call, sides, at), &[&left, &right])
    }

    /// Whether an attribute can have a value at all.
    fn can_equal(&mut self, side: &Checked, other: &Checked, at: Position) -> bool {
        let Some(path) = &side.path else { return true };
        if let (Kind::Integer, Expr::FloatConstant(number, _)) = (side.kind, &other.expr) {
            // A whole number written with a point is what it says.
            if number.fract() == 0.0 {
                return true;
            }
            let mistake = Mistake::NeverEqual { path: path.clone(), value: number.to_string() };
            self.fault(at, mistake, Some("it is always a whole number".to_owned()));
            return false;
        }
        self.can_be_found(side, other, Likeness::Same)
    }

    fn arithmetic(
        &mut self,
        call: &FnCallExpr,
        token: &Token,
        left: &Checked,
        right: &Checked,
        at: Position,
    ) -> Checked {
        use Kind::{Decimal, Duration, Instant, Integer};
        let linears = left.linear.zip(right.linear);
        let sum = || linears.and_then(|(left, right)| left.plus(right));
        let difference = || linears.and_then(|(left, right)| left.minus(right));
        let (kind, linear) = match (left.kind, token, right.kind) {
            (Kind::Unknown, ..) | (.., Kind::Unknown) => return Checked::wrong(at),
            (Integer, _, Integer) => (Integer, None),
            (Integer | Decimal, _, Integer | Decimal) => (Decimal, None),
            (Instant, Token::Plus, Duration) | (Duration, Token::Plus, Instant) => (Instant, sum()),
            (Instant, Token::Minus, Duration) => (Instant, difference()),
            (Instant, Token::Minus, Instant) | (Duration, Token::Minus, Duration) => {
                (Duration, difference())
            }
            (Duration, Token::Plus, Duration) => (Duration, sum()),
            (one, _, other) => {
                let wrong = if matches!(one, Integer | Decimal) { right } else { left };
                let help = match (one, other) {
                    (Instant | Duration, _) | (_, Instant | Duration) => {
                        "add or take away `days(30)`, `hours(2)` or `minutes(15)`"
                    }
                    _ => "calculate with numbers only",
                };
                return self.no_operator(&token.to_string(), wrong, at, Some(help));
            }
        };
        if kind != Decimal {
            let expr = build::operator(call, [left.expr.clone(), right.expr.clone()], at);
            return Checked { linear, ..Checked::of(kind, expr, &[left, right]) };
        }
        let sides = [left, right].map(|side| match (side.kind, side.rounded) {
            // One that is whole is calculated with as a decimal all the same: 3 / 2 is 1.5.
            (Decimal, false) => self.native("decimal", side.expr.clone(), at),
            _ => side.expr.clone(),
        });
        // Infinity compares with everything. Whole numbers err by themselves.
        let expr = self.native("finite", build::operator(call, sides, at), at);
        Checked { rounded: true, ..Checked::of(kind, expr, &[left, right]) }
    }

    /// A native function of one argument.
    fn native(&self, name: &str, argument: Expr, at: Position) -> Expr {
        self.natives.call(name, [argument, Expr::IntegerConstant(0, at)], at)
    }

    /// A length of time.
    pub(super) fn duration(&mut self, unit: i64, number: &Checked, at: Position) -> Checked {
        if let Some(millis) = number.integer().and_then(|number| number.checked_mul(unit)) {
            let expr = Expr::IntegerConstant(millis, at);
            return Checked::constant(Kind::Duration, expr, Some(Linear::constant(millis)));
        }
        let unit = Expr::IntegerConstant(unit, at);
        let expr = self.natives.call("*", [number.expr.clone(), unit], at);
        Checked::of(Kind::Duration, expr, &[number])
    }
}

/// A side of a comparison. A whole number that is written with a point is one all the same where
/// it stands beside another, so that the two are compared to the last digit.
fn exact(side: &Checked, other: &Checked) -> Expr {
    match &side.expr {
        Expr::FloatConstant(number, at)
            if other.kind == Kind::Integer && number.fract() == 0.0 && number.abs() < 1e18 =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within 64 bits")]
            Expr::IntegerConstant(**number as i64, *at)
        }
        expr => expr.clone(),
    }
}

const OWNER: &str = "`subject.owner` is whether the account is theirs; write \
                     `subject.id == resource.owner` for whose a resource is";

/// How something is looked for in a list that is compared.
fn among(left: &Checked, right: &Checked, not: bool) -> String {
    let is_list = |side: &Checked| matches!(side.kind, Kind::Texts | Kind::Integers);
    let (one, other) = (left.written(), right.written());
    let (bang, is_in) = if not { ("!", "!in") } else { ("", "in") };
    match (is_list(left), is_list(right)) {
        (true, true) => format!("write `{bang}overlaps({one}, {other})` for something in common"),
        (true, false) => format!("write `{other} {is_in} {one}` to look for something in a list"),
        _ => format!("write `{one} {is_in} {other}` to look for something in a list"),
    }
}

/// What is wrong with an equality that does not say what it looks like: of an instant and the
/// first moment of a day, of an address and a range of them.
fn never(symbol: &str, left: &Checked, right: &Checked) -> Option<(Mistake, String)> {
    [(left, right), (right, left)].into_iter().find_map(|(side, other)| {
        if side.begins {
            let help = format!(
                "write `date_in({}, ...)` with that day twice for any time of the day, and `<` or \
                 `>=` for before and after it",
                other.written()
            );
            return Some((Mistake::NotAllowed(format!("`{symbol}` beside a date")), help));
        }
        if !other.reads || !lists::is_network(side) {
            return None;
        }
        let (path, value) = (other.written(), side.text().unwrap_or_default().to_owned());
        Some((Mistake::NeverEqual { path, value }, lists::network_help(other, side)))
    })
}

/// Whether a part is a number that people mean as an hour of the day.
fn is_hour(side: &Checked) -> bool {
    side.integer().is_some_and(|number| (0..=24).contains(&number))
}

/// Whether a part is a text such as `9:00`, which people mean as an hour of the day.
fn is_clock(side: &Checked) -> bool {
    side.text().is_some_and(|text| {
        let mut parts = text.split(':');
        let hour = parts.next().is_some_and(|hour| (1..=2).contains(&hour.len()));
        hour && text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    })
}
