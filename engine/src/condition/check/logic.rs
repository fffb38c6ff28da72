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
}

impl Logic {
    /// The tree of a condition that was rewritten; `None` if it is one part.
    pub(super) fn of(expr: &Expr, reads: &[Read]) -> Option<Self> {
        match tree(expr, reads) {
            Self::Leaf(_) => None,
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
            None => !matches!(call.name.as_str(), "finite" | "lower"),
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
