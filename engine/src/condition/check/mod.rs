//! Checks a condition against the attributes that exist, and rewrites it for running.
//!
//! The walk is a list of what is allowed: whatever the script language has, or grows, and that
//! is not named here is refused. What is allowed is translated as it is checked. A path becomes
//! a numbered variable, so that nothing but the inputs found here can be read when the condition
//! runs and no map is built for it; a zone of time or a range of addresses becomes the value
//! that it was written as. Only what stands in the condition itself is ever translated: there
//! are no values of a request at this time.

mod build;
mod calendar;
mod calls;
mod folding;
mod held;
mod lists;
mod logic;
mod operators;
mod presence;
mod seek;
mod time;
mod unknown;
mod vacuous;

pub(super) use build::Natives;
pub(super) use logic::{Leaf, Logic};
pub(super) use time::Boundary;
use time::Linear;
use unknown::nearest;

use super::fault::{ConditionFault, Mistake};
use super::kind::Kind;
use super::lexical::{self, Tokens};
use super::schema::{Attribute, AttributeSchema};
use super::sought::{Among, Met, Sought};
use crate::model::{AttributeType, InputPath};
use rhai::{AST, ASTFlags, Expr, Position, Stmt};

/// One thing that a condition reads.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) path: InputPath,
    pub(super) kind: AttributeType,
    pub(super) how: How,
    /// The number of the first that reads the same path.
    pub(super) first: usize,
}

/// How something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Its value, without which a part cannot be known.
    Value,
    /// Its value, or nothing where it is not there.
    IfSet,
    /// Whether it is there.
    IsSet,
}

impl Read {
    /// Whether what is read is true or false.
    fn is_truth(&self) -> bool {
        self.how == How::IsSet || self.kind == AttributeType::Boolean
    }
}

/// What is known of a condition that is in order.
pub(super) struct Outline {
    pub(super) expr: Expr,
    /// The same by its parts; `None` if there is only one.
    pub(super) logic: Option<Logic>,
    /// In the order in which they stand in the condition; the first is the last of the scope.
    pub(super) reads: Vec<Read>,
    pub(super) boundaries: Vec<Boundary>,
    /// The texts that it looks for, as far as it takes others to know whether they can be found.
    pub(super) sought: Vec<Sought>,
    /// The teams that it compares those of a record with.
    pub(super) teams: Vec<Box<str>>,
    /// The attributes of a record that it compares with one another.
    pub(super) met: Vec<Met>,
    /// What it takes for a name of the tenant's and could be any text.
    pub(super) unlisted: Vec<(String, Among)>,
    /// Whether it folds texts that it reads, which takes long.
    pub(super) folds: bool,
}

/// What a text names that is looked for in a list of the subject's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A role.
    Role,
    /// A team, or one above it.
    Team,
    /// A tag.
    Tag,
}

impl Named {
    /// The function that looks for it.
    pub(super) const fn function(self) -> &'static str {
        match self {
            Self::Role => "has_role",
            Self::Team => "in_team",
            Self::Tag => "has_tag",
        }
    }

    /// The list of the subject's that it is looked for in.
    pub(super) const fn list(self) -> &'static str {
        match self {
            Self::Role => "roles",
            Self::Team => "teams",
            Self::Tag => "tags",
        }
    }
}

/// A part that was checked.
struct Checked {
    kind: Kind,
    /// Rewritten.
    expr: Expr,
    /// How messages call it.
    label: String,
    /// The texts that it can be, where the schema knows them.
    path: Option<String>,
    /// The texts that it is besides where the attribute is not there.
    instead: Vec<String>,
    /// Whether it was calculated with decimals, and is as near as they are.
    rounded: bool,
    /// Whether it is a text, or a list of them, without differences of case.
    folded: bool,
    /// Whether it is the moment at which a day begins.
    begins: bool,
    /// Whether it depends on anything that is read.
    reads: bool,
    reads_now: bool,
    /// How it grows with `now`, where that is known.
    linear: Option<Linear>,
}

impl Checked {
    /// A part that is wrong.
    fn wrong(at: Position) -> Self {
        let label = Kind::Unknown.words().to_owned();
        Self { reads: true, label, ..Self::constant(Kind::Unknown, Expr::Unit(at), None) }
    }

    fn constant(kind: Kind, expr: Expr, linear: Option<Linear>) -> Self {
        let label = kind.words().to_owned();
        Self {
            kind,
            expr,
            label,
            path: None,
            instead: Vec::new(),
            rounded: false,
            folded: false,
            begins: false,
            reads: false,
            reads_now: false,
            linear,
        }
    }

    /// The result of an operator or function on other parts.
    fn of(kind: Kind, expr: Expr, parts: &[&Checked]) -> Self {
        Self {
            reads: parts.iter().any(|part| part.reads),
            reads_now: parts.iter().any(|part| part.reads_now),
            ..Self::constant(kind, expr, None)
        }
    }

    fn known(&self) -> bool {
        self.kind != Kind::Unknown
    }

    fn text(&self) -> Option<&str> {
        match &self.expr {
            Expr::StringConstant(text, _) => Some(text),
            _ => None,
        }
    }

    /// How it can be written, as far as that is short.
    fn written(&self) -> String {
        match (&self.path, self.text()) {
            (Some(path), _) if self.folded => format!("lower({path})"),
            (Some(path), _) => path.clone(),
            (None, Some(text)) => format!("\"{text}\""),
            (None, None) => match lists::literals(self).as_slice() {
                texts @ ([_] | [_, _] | [_, _, _]) => format!("{texts:?}"),
                _ => "...".to_owned(),
            },
        }
    }

    fn integer(&self) -> Option<i64> {
        match &self.expr {
            Expr::IntegerConstant(number, _) => Some(*number),
            _ => None,
        }
    }
}

/// An argument of a function: a part, or a path before a function that is called on it.
#[derive(Clone, Copy)]
enum Part<'e> {
    Expr(&'e Expr),
    Path(&'e [&'e str], Position),
}

impl Part<'_> {
    fn at(self) -> Position {
        match self {
            Part::Expr(expr) => expr.start_position(),
            Part::Path(_, at) => at,
        }
    }
}

pub(super) struct Checker<'c> {
    schema: &'c AttributeSchema,
    natives: &'c Natives,
    tokens: &'c Tokens,
    source: &'c str,
    reads: Vec<Read>,
    boundaries: Vec<Boundary>,
    sought: Vec<Sought>,
    teams: Vec<Box<str>>,
    met: Vec<Met>,
    unlisted: Vec<(String, Among)>,
    folds: bool,
    faults: Vec<ConditionFault>,
}

impl<'c> Checker<'c> {
    pub(super) fn new(
        schema: &'c AttributeSchema,
        natives: &'c Natives,
        tokens: &'c Tokens,
        source: &'c str,
    ) -> Self {
        Self {
            schema,
            natives,
            tokens,
            source,
            reads: Vec::new(),
            boundaries: Vec::new(),
            sought: Vec::new(),
            teams: Vec::new(),
            met: Vec::new(),
            unlisted: Vec::new(),
            folds: false,
            faults: Vec::new(),
        }
    }

    /// Checks a whole condition.
    pub(super) fn check(mut self, ast: &AST) -> Result<Outline, Vec<ConditionFault>> {
        let [Stmt::Expr(expr)] = ast.statements() else {
            self.fault(Position::NONE, Mistake::Unreadable, None);
            return Err(self.faults);
        };
        let checked = self.truth(expr);
        if self.faults.is_empty() {
            let Self { reads, boundaries, sought, teams, met, unlisted, folds, .. } = self;
            let (expr, logic) = (checked.expr.clone(), Logic::of(&checked.expr, &reads));
            return Ok(Outline {
                expr,
                logic,
                reads,
                boundaries,
                sought,
                teams,
                met,
                unlisted,
                folds,
            });
        }
        self.faults.sort_by_key(|fault| fault.at);
        Err(self.faults)
    }

    fn fault(&mut self, at: Position, mistake: Mistake, help: Option<String>) {
        let at = lexical::position(at, self.source);
        self.faults.push(ConditionFault { at, mistake, help });
    }

    /// Says what is wrong with a part, which is then of no type.
    fn refuse(&mut self, at: Position, mistake: Mistake, help: Option<String>) -> Checked {
        self.fault(at, mistake, help);
        Checked::wrong(at)
    }

    /// A part that has to be true or false, and not always the same.
    fn truth(&mut self, expr: &Expr) -> Checked {
        let checked = self.expr(expr);
        match checked.kind {
            Kind::Unknown => checked,
            Kind::Boolean if checked.reads => checked,
            Kind::Boolean => self.refuse(
                expr.start_position(),
                Mistake::Constant,
                Some("compare it with an attribute, or delete it".to_owned()),
            ),
            kind => self.refuse(
                expr.start_position(),
                Mistake::NotBoolean(kind.words()),
                Some(match checked.path {
                    Some(path) => format!("compare it: `{path} == ...`"),
                    None if checked.reads => "compare it with something".to_owned(),
                    None => lexical::COMPARE_EACH.to_owned(),
                }),
            ),
        }
    }

    fn part(&mut self, part: Part<'_>) -> Checked {
        match part {
            Part::Expr(expr) => self.expr(expr),
            Part::Path(names, at) => self.path(names, at),
        }
    }

    fn expr(&mut self, expr: &Expr) -> Checked {
        let at = expr.start_position();
        match expr {
            Expr::BoolConstant(value, _) => Checked {
                label: format!("`{value}`"),
                ..Checked::constant(Kind::Boolean, expr.clone(), None)
            },
            Expr::IntegerConstant(..) => Checked::constant(Kind::Integer, expr.clone(), None),
            // What is too large to be written is taken for infinity, which compares with all.
            Expr::FloatConstant(value, _) if !value.is_finite() => {
                self.refuse(at, Mistake::NotAllowed("a number as large as this".to_owned()), None)
            }
            Expr::FloatConstant(..) => Checked::constant(Kind::Decimal, expr.clone(), None),
            Expr::StringConstant(text, _) => Checked {
                label: format!("the text `\"{text}\"`"),
                ..Checked::constant(Kind::Text, expr.clone(), None)
            },
            Expr::Array(items, _) => self.list(items, at),
            Expr::Variable(variable, ..) => self.path(&[variable.1.as_str()], at),
            Expr::Dot(..) => self.chain(expr, at),
            Expr::And(parts, pos) => {
                let parts: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                build::joined(parts, |parts| Expr::And(parts, *pos))
            }
            Expr::Or(parts, pos) => {
                let parts: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                build::joined(parts, |parts| Expr::Or(parts, *pos))
            }
            Expr::Coalesce(parts, pos) => self.otherwise(parts, *pos),
            Expr::FnCall(call, pos) if call.op_token.is_some() => self.operator(call, *pos),
            Expr::FnCall(call, pos) if !call.capture_parent_scope => {
                let args: Vec<_> = call.args.iter().map(Part::Expr).collect();
                self.call(&call.name, &args, *pos)
            }
            Expr::Index(..) => self.no_index(at),
            _ => self.refuse(
                at,
                Mistake::NotAllowed("this".to_owned()),
                Some("combine comparisons with `&&`, `||` and `!`".to_owned()),
            ),
        }
    }

    /// `a.b.c`, or `a.b.function(...)`.
    fn chain(&mut self, expr: &Expr, at: Position) -> Checked {
        let mut links = Vec::new();
        flatten(expr, &mut links);
        let mut names = Vec::new();
        let mut links = links.into_iter().peekable();
        while let Some(Link::Name(name)) = links.peek() {
            names.push(*name);
            links.next();
        }
        match (links.next(), links.next()) {
            (None, _) => self.path(&names, at),
            (Some(Link::Call(Expr::Index(..))), None) => self.no_index(at),
            (Some(Link::Call(Expr::MethodCall(call, pos))), None) if !names.is_empty() => {
                let mut args = vec![Part::Path(&names, at)];
                args.extend(call.args.iter().map(Part::Expr));
                self.call(&call.name, &args, *pos)
            }
            _ => self.refuse(
                at,
                Mistake::NotAllowed("this chain of calls".to_owned()),
                Some("write an attribute, or one function on an attribute".to_owned()),
            ),
        }
    }

    fn no_index(&mut self, at: Position) -> Checked {
        let help = "write the name of an attribute behind a dot, as in `resource.x`, and \
                    `\"a\" in resource.x` to look into a list";
        let mistake = Mistake::NotAllowed("`[...]` behind a name".to_owned());
        self.refuse(at, mistake, Some(help.to_owned()))
    }

    /// A path that is read.
    fn path(&mut self, names: &[&str], at: Position) -> Checked {
        let path = names.join(".");
        let schema = self.schema;
        match schema.get(&path) {
            Some(attribute) => self.read(attribute, path, at),
            None => {
                let (mistake, help) = self.unknown_path(path);
                self.refuse(at, mistake, Some(help))
            }
        }
    }

    fn read(&mut self, attribute: &Attribute, path: String, at: Position) -> Checked {
        let index = self.reading(attribute, How::Value);
        let now = attribute.path == InputPath::Now;
        Checked {
            kind: attribute.kind.into(),
            expr: build::variable(index, at),
            label: format!("`{path}`, {},", Kind::from(attribute.kind).words()),
            path: Some(path),
            reads: true,
            reads_now: now,
            ..Checked::constant(
                Kind::Unknown,
                build::variable(index, at),
                now.then_some(Linear::NOW),
            )
        }
    }

    /// The number of what is read so.
    fn reading(&mut self, attribute: &Attribute, how: How) -> usize {
        let place = |same: &dyn Fn(&Read) -> bool, reads: &[Read]| {
            reads.iter().position(|read| read.path == attribute.path && same(read))
        };
        place(&|read| read.how == how, &self.reads).unwrap_or_else(|| {
            let index = self.reads.len();
            let first = place(&|_| true, &self.reads).unwrap_or(index);
            let (path, kind) = (attribute.path.clone(), attribute.kind);
            self.reads.push(Read { path, kind, how, first });
            index
        })
    }
}

/// A part of a chain.
enum Link<'e> {
    Name(&'e str),
    Call(&'e Expr),
}

fn flatten<'e>(expr: &'e Expr, links: &mut Vec<Link<'e>>) {
    match expr {
        Expr::Dot(both, flags, _) if !flags.contains(ASTFlags::NEGATED) => {
            flatten(&both.lhs, links);
            flatten(&both.rhs, links);
        }
        Expr::Variable(variable, ..) => links.push(Link::Name(&variable.1)),
        Expr::Property(property, _) => links.push(Link::Name(&property.2)),
        other => links.push(Link::Call(other)),
    }
}
