//! Bugs in what a question may be.

use super::{Mutant, bug};

/// Those of kinds, and of the names and types of attributes.
pub(super) const CONTRACT: &[Mutant] = &[
    bug(
        "contract: a permission is about every kind",
        "evaluate/contract.rs",
        "Err(Reason::WrongKind(name.into()))",
        "known.ok_or(Reason::WrongKind(name.into()))",
    ),
    bug(
        "contract: an attribute may be of any type",
        "snapshot/contract.rs",
        "value if !self.kind.accepts(value) => Err(Breach::Mistyped(path(), self.kind)),",
        "value if !self.kind.accepts(value) => Ok(self.required),",
    ),
    bug(
        "contract: an attribute may have any value",
        "snapshot/contract.rs",
        "value if !self.lists(value) => Err(Breach::Value(path())),",
        "value if !self.lists(value) => Ok(self.required),",
    ),
    bug(
        "contract: what has to be sent may be left out",
        "snapshot/contract.rs",
        "there.count_ones() as usize == wanted",
        "there.count_ones() as usize <= wanted",
    ),
    bug(
        "contract: what has to be sent may be null",
        "snapshot/contract.rs",
        "Value::Null => Ok(0),",
        "Value::Null => Ok(self.required),",
    ),
    bug(
        "contract: of two names that disagree one counts",
        "evaluate/contract.rs",
        "Some(_) => named.set(name, value.clone()),",
        "Some(_) => {}",
    ),
    bug(
        "contract: what is sent under another name is not there",
        "evaluate/contract.rs",
        "named.set(of.to_string(), value.clone())",
        "{}",
    ),
    bug(
        "anonymous: what is of the same id is one's own",
        "evaluate/grants.rs",
        "!user.anonymous",
        "true",
    ),
    bug(
        "anonymous: whoever asks has what every user has",
        "snapshot/member.rs",
        "if self.anonymous { Scope::NONE } else { rule.baseline }",
        "rule.baseline",
    ),
    bug(
        "anonymous: programs admit whoever asks",
        "evaluate/exclusive.rs",
        "if self.member.anonymous { &[] } else { programs }",
        "programs",
    ),
];
