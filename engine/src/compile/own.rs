//! Users' own attributes, against what a closed catalog declares: one that is misspelt would be as
//! good as none, and nobody would be told.
//!
//! This is asked of what is written. What a store holds already is served: an attribute that is not
//! declared decides nothing.

use crate::diagnostic::{Reporter, suggest};
use crate::model::{Attributes, InputPath, User, Value};
use crate::snapshot::Snapshot;

/// Refuses attributes of a user that nothing declares.
pub(super) fn refuse(user: &User, snapshot: &Snapshot, report: &mut Reporter<'_>) {
    let catalog = &snapshot.catalog;
    if !catalog.contract.closed || user.attributes.is_empty() {
        return;
    }
    let rules = catalog.source.value.attributes.rules();
    let mut known: Vec<&str> =
        rules.filter_map(|(path, _)| path.strip_prefix("subject.")).collect();
    // What a family looks at itself need not be of a type that could be declared.
    for family in snapshot.families.iter() {
        let Some(installed) = &family.installed else {
            // Nobody knows what one reads that is not there.
            return;
        };
        known.extend(installed.family.manifest().inputs.iter().filter_map(
            |input| match &input.path {
                InputPath::SubjectAttribute(name) => Some(name.as_ref()),
                _ => None,
            },
        ));
    }
    let mut unknown = Vec::new();
    undeclared(&user.attributes, "", &known, &mut unknown);
    for path in unknown {
        let message = format!("`{path}` is no attribute that the product declares of users");
        let help = suggest(&path, known.iter().copied())
            .unwrap_or_else(|| "leave it out, or have it declared in the catalog".to_owned());
        report.fault(user.id.at(), format!("users.{}.attributes", user.id), message, Some(help));
    }
}

/// The paths of all that is not declared.
fn undeclared(of: &Attributes<'_>, above: &str, known: &[&str], unknown: &mut Vec<String>) {
    for (name, value) in of.iter() {
        let path = match above {
            "" => name.to_owned(),
            above => format!("{above}.{name}"),
        };
        // A whole map may be declared, or read by a family, and so may something in it.
        if known.contains(&&*path) {
            continue;
        }
        let group = format!("{path}.");
        match value {
            Value::Map(within) if known.iter().any(|known| known.starts_with(&group)) => {
                undeclared(within, &path, known, unknown);
            }
            _ => unknown.push(path),
        }
    }
}
