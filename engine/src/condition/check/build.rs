//! The rewritten parts of a condition.

use super::{Checked, Kind};
use rhai::{
    Dynamic, Engine, Expr, FnArgsVec, FnCallExpr, ImmutableString, Position, StaticVec, Stmt,
    Variant,
};
use std::num::{NonZeroU8, NonZeroUsize};

/// The input of this number. The first stands last in the scope, so that its place, which is
/// counted from the end, is known before the number of inputs is.
pub(super) fn variable(index: usize, at: Position) -> Expr {
    let place = NonZeroUsize::MIN.saturating_add(index);
    let short = u8::try_from(place.get()).ok().and_then(NonZeroU8::new);
    Expr::Variable(Box::new((Some(place), ImmutableString::new())), short, at)
}

/// A value that stands for what was written.
pub(super) fn value(value: impl Variant + Clone, at: Position) -> Expr {
    Expr::DynamicConstant(Box::new(Dynamic::from(value)), at)
}

/// Calls of the native functions, to be given their arguments. The library does not say how it
/// finds a function, so each is a call that its own parser has made.
#[derive(Debug)]
pub(in crate::condition) struct Natives(Vec<FnCallExpr>);

impl Natives {
    /// Those of an engine. All take two arguments.
    pub(in crate::condition) fn of(engine: &Engine, names: &[&str]) -> Self {
        let calls = names.iter().map(|name| format!("{name}(0, 0)"));
        let calls = calls.chain(["0 * 0".to_owned()]).filter_map(|source| {
            let ast = engine.compile_expression(source).ok()?;
            match ast.statements() {
                [Stmt::Expr(expr)] => match &**expr {
                    Expr::FnCall(call, _) => Some((**call).clone()),
                    _ => None,
                },
                _ => None,
            }
        });
        Self(calls.collect())
    }

    /// A call of a function. One that does not exist is never true.
    pub(super) fn call(&self, name: &str, args: [Expr; 2], at: Position) -> Expr {
        match self.0.iter().find(|call| call.name == name) {
            Some(call) => operator(call, args, at),
            None => Expr::Unit(at),
        }
    }
}

/// An operator, or a native function, of other parts.
pub(super) fn operator<const N: usize>(call: &FnCallExpr, args: [Expr; N], at: Position) -> Expr {
    let call = FnCallExpr { args: FnArgsVec::from_iter(args), ..call.clone() };
    Expr::FnCall(Box::new(call), at)
}

/// Several parts that are true or false as one.
pub(super) fn joined(
    parts: Vec<Checked>,
    join: impl FnOnce(Box<StaticVec<Expr>>) -> Expr,
) -> Checked {
    let reads_now = parts.iter().any(|part| part.reads_now);
    let exprs = parts.into_iter().map(|part| part.expr).collect();
    Checked {
        reads: true,
        reads_now,
        ..Checked::constant(Kind::Boolean, join(Box::new(exprs)), None)
    }
}
