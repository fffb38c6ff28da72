//! Three values, held against a naive evaluator: what is known of the inputs is random.

use super::*;
use proptest::prelude::*;

/// What is sent of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Null,
    IllTyped,
    Low,
    High,
}

/// The attributes, and what each of them is where it is low and where it is high.
const PATHS: [&str; 5] =
    ["resource.amount", "resource.shared", "resource.region", "resource.teams", "resource.due"];

fn value(path: usize, sent: Sent) -> Option<Value<'static>> {
    let map = || Value::Map([("a", Value::Int(1))].into_iter().collect());
    let (low, high) = match path {
        0 => (Value::Int(1), Value::Int(9)),
        1 => (Value::Bool(false), Value::Bool(true)),
        2 => ("Milan".into(), "ROME".into()),
        3 => (texts(&["a"]), texts(&["b", "c"])),
        _ => (Value::Int(at("2026-07-01T00:00:00Z")), Value::Int(at("2026-12-24T12:00:00Z"))),
    };
    match sent {
        Sent::Nothing => None,
        Sent::Null => Some(Value::Null),
        Sent::IllTyped => Some(map()),
        Sent::Low => Some(low),
        Sent::High => Some(high),
    }
}

/// A part that holds where an attribute is high, and how it says so.
#[derive(Debug, Clone, Copy)]
enum Leaf {
    High(usize),
    Set(usize),
    /// With something in place of what is missing.
    Or(usize, bool),
}

const HIGH: [&str; 5] = [
    "resource.amount > 5",
    "resource.shared",
    "lower(resource.region) == \"rome\"",
    "overlaps(resource.teams, [\"c\", \"d\"])",
    "date_in(resource.due, \"2026-12-24\", \"2027-01-06\", \"UTC\")",
];
const OR: [[&str; 2]; 5] = [
    ["resource.amount ?? 1 > 5", "resource.amount ?? 7 > 5"],
    ["(resource.shared ?? false)", "resource.shared ?? true"],
    [
        "lower(resource.region ?? \"x\") == \"rome\"",
        "lower(resource.region ?? \"Rome\") == \"rome\"",
    ],
    [
        "overlaps(resource.teams ?? [], [\"c\"])",
        "overlaps([\"c\", \"d\"], resource.teams ?? [\"d\"])",
    ],
    [
        "(resource.due ?? date(\"2026-12-23\", \"UTC\")) >= date(\"2026-12-24\", \"UTC\")",
        "(resource.due ?? date(\"2026-12-24\", \"UTC\")) >= date(\"2026-12-24\", \"UTC\")",
    ],
];

impl Leaf {
    fn written(self) -> String {
        match self {
            Self::High(path) => HIGH[path].to_owned(),
            Self::Set(path) => format!("is_set({})", PATHS[path]),
            Self::Or(path, high) => OR[path][usize::from(high)].to_owned(),
        }
    }

    fn worth(self, sent: &[Sent]) -> Option<bool> {
        let (Self::High(path) | Self::Set(path) | Self::Or(path, _)) = self;
        match (self, sent[path]) {
            (Self::Set(_), Sent::Nothing | Sent::Null) => Some(false),
            (Self::Set(_), _) => Some(true),
            (Self::Or(_, high), Sent::Nothing | Sent::Null) => Some(high),
            (_, Sent::High) => Some(true),
            (_, Sent::Low) => Some(false),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
enum Tree {
    Leaf(Leaf),
    Not(Box<Tree>),
    Joined(&'static str, Box<[Tree; 2]>),
}

impl Tree {
    /// Kleene's tables.
    fn worth(&self, sent: &[Sent]) -> Option<bool> {
        match self {
            Self::Leaf(leaf) => leaf.worth(sent),
            Self::Not(inner) => inner.worth(sent).map(|it| !it),
            Self::Joined(operator, both) => {
                let sides = [both[0].worth(sent), both[1].worth(sent)];
                match *operator {
                    "&&" if sides.contains(&Some(false)) => Some(false),
                    "||" if sides.contains(&Some(true)) => Some(true),
                    "&&" => Some(sides[0]? && sides[1]?),
                    "||" => Some(sides[0]? || sides[1]?),
                    "==" => Some(sides[0]? == sides[1]?),
                    _ => Some(sides[0]? != sides[1]?),
                }
            }
        }
    }

    /// As it is written, or with the two sides of everything changed over.
    fn written(&self, over: bool) -> String {
        match self {
            Self::Leaf(leaf) => format!("({})", leaf.written()),
            Self::Not(inner) => format!("!{}", inner.written(over)),
            Self::Joined(operator, both) => {
                let (one, other) = (both[0].written(over), both[1].written(over));
                let (one, other) = if over { (other, one) } else { (one, other) };
                format!("({one} {operator} {other})")
            }
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = (0..PATHS.len(), 0..4).prop_map(|(path, kind)| {
        Tree::Leaf(match kind {
            0 => Leaf::Set(path),
            1 => Leaf::Or(path, false),
            2 => Leaf::Or(path, true),
            _ => Leaf::High(path),
        })
    });
    let operators = prop::sample::select(vec!["&&", "||", "&&", "||", "==", "!="]);
    leaf.prop_recursive(4, 12, 2, move |inner| {
        prop_oneof![
            1 => inner.clone().prop_map(|it| Tree::Not(Box::new(it))),
            4 => (operators.clone(), inner.clone(), inner)
                .prop_map(|(operator, one, other)| Tree::Joined(operator, Box::new([one, other]))),
        ]
    })
}

fn sent() -> impl Strategy<Value = Sent> {
    prop::sample::select(vec![
        Sent::Nothing,
        Sent::Null,
        Sent::IllTyped,
        Sent::Low,
        Sent::Low,
        Sent::High,
        Sent::High,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_condition_says_what_its_parts_come_to_in_whichever_order(
        tree in trees(),
        sent in prop::collection::vec(sent(), PATHS.len()),
    ) {
        let inputs: Vec<_> = PATHS
            .iter()
            .enumerate()
            .filter_map(|(at, path)| Some((*path, value(at, sent[at])?)))
            .collect();
        let expected = tree.worth(&sent);
        for source in [tree.written(false), tree.written(true)] {
            prop_assert_eq!(evaluate(&source, &inputs).ok(), expected, "{} of {:?}", source, sent);
            let opposite = format!("!({source})");
            let denied = evaluate(&opposite, &inputs).ok();
            prop_assert_eq!(denied, expected.map(|it| !it), "{}", opposite);
        }
    }
}
