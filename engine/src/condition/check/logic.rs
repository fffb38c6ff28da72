//! A condition as what its parts are worth one by one.
//!
//! The script library stops at the first part that has no answer. That suits a condition whose
//! parts all have one, and is how each is run first. Where a part has none, what the others say
//! may settle it all the same, wherever they stand; that is told from this tree.

use super::Read;
use rhai::{AST, Expr, Stmt, Token};

/// How the parts of a condition are joined.
#[derive(Debug)]
pub(in crate::condition) enum Logic {
    /// All of them hold.
    All(Box<[Logic]>),
    /// At least one of them holds.
    Any(Box<[Logic]>),
    /// It does not hold.
    Not(Box<Logic>),
    /// Both are the same: both hold, or neither does.
    Same(Box<[Logic; 2]>),
    /// Something that is known or not as a whole.
    Leaf(Leaf),
}

/// A part that is known or not as a whole.
#[derive(Debug)]
pub(in crate::condition) struct Leaf {
    pub(in crate::condition) ast: AST,
    /// Which of what the condition reads it reads.
    pub(in crate::condition) reads: Box<[usize]>,
    /// The part itself, where it looks through a list of which some is read: what is known of the
    /// list may settle it.
    looks_through: Option<Expr>,
}

impl Leaf {
    /// The same without what is unknown of a list that it looks through. If that holds, so does
    /// the whole. `None` where there is no such list, or nothing else in it.
    pub(in crate::condition) fn without(&self, unknown: impl Fn(usize) -> bool) -> Option<AST> {
        let Some(Expr::FnCall(call, at)) = &self.looks_through else { return None };
        let known = |expr: &Expr| {
            let mut reads = Vec::new();
            collect(expr, &mut reads);
            !reads.into_iter().any(&unknown)
        };
        let mut call = call.clone();
        for arg in &mut call.args {
            if let Expr::Array(items, _) = arg {
                items.retain(|item| known(item));
                if items.is_empty() {
                    return None;
                }
            } else if !known(arg) {
                return None;
            }
        }
        Some(AST::new([Stmt::Expr(Box::new(Expr::FnCall(call, *at)))]))
    }
}

/// Whether it looks through a list that was not written out as a whole.
fn looks_through(expr: &Expr) -> bool {
    let Expr::FnCall(call, _) = expr else { return false };
    matches!(call.name.as_str(), "contains" | "overlaps")
        && call.args.iter().any(|arg| matches!(arg, Expr::Array(..)))
}

impl Logic {
    /// The tree of a condition that was rewritten; `None` if it is one part that is known
    /// or not as a whole.
    pub(super) fn of(expr: &Expr, reads: &[Read]) -> Option<Self> {
        match tree(expr, reads) {
            Self::Leaf(leaf) if leaf.looks_through.is_none() => None,
            logic => Some(logic),
        }
    }
}

fn tree(expr: &Expr, reads: &[Read]) -> Logic {
    let several = |parts: &[Expr]| parts.iter().map(|part| tree(part, reads)).collect();
    match expr {
        Expr::And(parts, _) => Logic::All(several(parts)),
        Expr::Or(parts, _) => Logic::Any(several(parts)),
        Expr::FnCall(call, _) => match (&call.op_token, call.args.as_slice()) {
            (Some(Token::Bang), [inner]) => Logic::Not(Box::new(tree(inner, reads))),
            (Some(token @ (Token::EqualsTo | Token::NotEqualsTo)), [left, right])
                if is_truth(left, reads) && is_truth(right, reads) =>
            {
                let same = Logic::Same(Box::new([tree(left, reads), tree(right, reads)]));
                if *token == Token::EqualsTo { same } else { Logic::Not(Box::new(same)) }
            }
            _ => part(expr),
        },
        _ => part(expr),
    }
}

fn part(expr: &Expr) -> Logic {
    let mut reads = Vec::new();
    collect(expr, &mut reads);
    reads.sort_unstable();
    reads.dedup();
    Logic::Leaf(Leaf {
        ast: AST::new([Stmt::Expr(Box::new(expr.clone()))]),
        reads: reads.into_boxed_slice(),
        looks_through: looks_through(expr).then(|| expr.clone()),
    })
}

/// Whether a part is true or false, and not a number, a text or a list.
fn is_truth(expr: &Expr, reads: &[Read]) -> bool {
    match expr {
        Expr::And(..) | Expr::Or(..) | Expr::BoolConstant(..) => true,
        Expr::Variable(..) => {
            index(expr).and_then(|index| reads.get(index)).is_some_and(Read::is_truth)
        }
        Expr::Coalesce(parts, _) => parts.first().is_some_and(|part| is_truth(part, reads)),
        Expr::FnCall(call, _) => match &call.op_token {
            Some(token) => matches!(
                token,
                Token::Bang
                    | Token::EqualsTo
                    | Token::NotEqualsTo
                    | Token::LessThan
                    | Token::LessThanEqualsTo
                    | Token::GreaterThan
                    | Token::GreaterThanEqualsTo
            ),
            // Of the native functions only these say something else than yes or no.
            None => !matches!(call.name.as_str(), "finite" | "decimal" | "lower"),
        },
        _ => false,
    }
}

/// What a part reads.
fn collect(expr: &Expr, reads: &mut Vec<usize>) {
    match expr {
        Expr::Variable(..) => reads.extend(index(expr)),
        Expr::FnCall(call, _) => call.args.iter().for_each(|part| collect(part, reads)),
        Expr::Array(parts, _) => parts.iter().for_each(|part| collect(part, reads)),
        Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
            parts.iter().for_each(|part| collect(part, reads));
        }
        _ => {}
    }
}

fn index(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Variable(variable, ..) => variable.0?.get().checked_sub(1),
        _ => None,
    }
}
