//! Holding a question against the contract of its catalog.
//!
//! This comes before everything that reads an attribute, the cache included: what a step reads
//! is of the type that was declared, under the name that was declared, or it is not there.

use super::recorder::Recorder;
use crate::decision::{AttributeFault, Outcome, Reason, Request, Resource, Stage};
use crate::diagnostic::suggest;
use crate::fast::Mark;
use crate::model::{Attributes, Value};
use crate::snapshot::{
    AllowedKinds, Breach, Contract, Declared, KindContract, Name, PermissionRule, Snapshot,
};

/// More of a name that nobody knows is not repeated.
const LONGEST_NAME: usize = 128;

/// As many kinds of a permission are compared by name; of more the name is looked up.
const FEW_KINDS: usize = 4;

/// As many undeclared attributes are remarked on: each is held against all that are declared.
const MOST_REMARKS: usize = 20;

/// Whether a question is one that the catalog knows.
#[inline]
pub(crate) fn admit<R: Recorder>(
    snapshot: &Snapshot,
    rule: &PermissionRule,
    request: &Request<'_>,
    record: &mut R,
) -> Result<(), Reason> {
    let contract = &snapshot.catalog.contract;
    if rule.kinds == AllowedKinds::Open {
        return Ok(());
    }
    let kind = kind_of(contract, rule, request.resource.kind, record)?;
    let sent = [
        ("resource", &kind.attributes, request.resource.attributes),
        ("context", &contract.context, request.context),
        ("action", &contract.action, request.asserted.action),
        ("subject", &contract.subject, request.asserted.subject),
    ];
    for (root, declared, sent) in sent {
        if declared.is_empty() {
            continue;
        }
        if let Err(breach) = declared.check(sent) {
            return Err(refuse(root, &breach, record));
        }
    }
    for name in kind.attributes.naming_roles() {
        let named = request.resource.attributes.at(name);
        if named.is_some_and(|named| !are_roles(snapshot, named)) {
            return Err(refuse("resource", &Breach::Value(name.to_string()), record));
        }
    }
    for name in &rule.required {
        let silent = || matches!(request.resource.attributes.at(name), None | Some(Value::Null));
        if kind.attributes.attribute(name).is_some() && silent() {
            return Err(refuse("resource", &Breach::Missing(name), record));
        }
    }
    if R::ON {
        remark(kind, request.resource.attributes, record);
    }
    Ok(())
}

/// Whether all that a value names are roles of the tenant.
fn are_roles(snapshot: &Snapshot, named: &Value<'_>) -> bool {
    match named {
        Value::Text(name) => snapshot.role_ids.contains_key(&**name),
        Value::List(names) => names.iter().all(|name| are_roles(snapshot, name)),
        _ => true,
    }
}

/// What the catalog says of the kind that a question names, if the permission is about it.
fn kind_of<'a, R: Recorder>(
    contract: &'a Contract,
    rule: &PermissionRule,
    name: &str,
    record: &mut R,
) -> Result<&'a KindContract, Reason> {
    let by_position = |at: &u16| contract.kinds.get(usize::from(*at));
    // Most permissions are about one kind or two.
    if let AllowedKinds::Only(kinds) = &rule.kinds {
        let mark = Mark::of(name);
        let mut few = kinds.iter().take(FEW_KINDS).filter_map(by_position);
        if let Some(kind) = few.find(|kind| kind.is(name, mark)) {
            return Ok(kind);
        }
    }
    let position = contract.ids.get(name);
    if let (AllowedKinds::Only(kinds), Some(position)) = (&rule.kinds, position)
        && kinds.contains(position)
        && let Some(kind) = by_position(position)
    {
        return Ok(kind);
    }
    let known = position.and_then(by_position);
    match (&rule.kinds, known) {
        (AllowedKinds::Any | AllowedKinds::Open, Some(kind)) => Ok(kind),
        (_, None) => {
            record.step(Stage::Catalog, Outcome::Deny, || {
                let name = short(name);
                let near = suggest(name, contract.ids.keys().map(|kind| &**kind));
                let near = near.map(|near| format!("; {near}")).unwrap_or_default();
                format!("`{name}` is no kind of resource of the catalog{near}")
            });
            Err(Reason::UnknownKind(short(name).into()))
        }
        (AllowedKinds::Only(kinds), Some(_)) => {
            let kinds: Vec<&str> =
                kinds.iter().filter_map(by_position).map(|it| &*it.name).collect();
            record.step(Stage::Catalog, Outcome::Deny, || {
                format!("`{}` is about {}, not about a {name}", rule.id, kinds.join(", "))
            });
            Err(Reason::WrongKind(name.into()))
        }
    }
}

#[cold]
fn refuse<R: Recorder>(root: &str, breach: &Breach<'_>, record: &mut R) -> Reason {
    let (name, fault) = match breach {
        Breach::Missing(name) => (*name, AttributeFault::Missing),
        Breach::Mistyped(name, wanted) => (name.as_str(), AttributeFault::Mistyped(*wanted)),
        Breach::NoGroup(name) => (*name, AttributeFault::NoMap),
        Breach::Value(name) => (name.as_str(), AttributeFault::Value),
        Breach::Twice(name) => (*name, AttributeFault::Twice),
    };
    let reason = Reason::Attribute { path: format!("{root}.{name}").into(), fault };
    record.step(Stage::Catalog, Outcome::Deny, || reason.to_string());
    reason
}

/// Says which attributes decide nothing because nobody declared them.
fn remark<R: Recorder>(kind: &KindContract, sent: &Attributes<'_>, record: &mut R) {
    let mut undeclared = sent.iter().filter(|(name, _)| kind.attributes.get(name).is_none());
    for (name, _) in undeclared.by_ref().take(MOST_REMARKS) {
        record.step(Stage::Catalog, Outcome::Skip, || {
            let (name, kind, known) = (short(name), &kind.name, kind.attributes.paths());
            let near = suggest(name, known).map(|near| format!("; {near}")).unwrap_or_default();
            format!("`{name}` is not declared of a {kind} and decides nothing{near}")
        });
    }
    let more = undeclared.count();
    if more > 0 {
        record.step(Stage::Catalog, Outcome::Skip, || {
            format!("{more} more attributes are not declared of a {} and decide nothing", kind.name)
        });
    }
}

/// The beginning of a name that nobody knows.
pub(crate) fn short(name: &str) -> &str {
    let mut end = name.len().min(LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

/// The attributes of a question under the names that were declared; `None` where they are so
/// already. One that is sent under two names that disagree stays under both, and is denied.
pub(crate) fn renamed<'r>(snapshot: &Snapshot, request: &Request<'r>) -> Option<Attributes<'r>> {
    let contract = &snapshot.catalog.contract;
    if !contract.aliased {
        return None;
    }
    let kind = contract.ids.get(request.resource.kind)?;
    let declared = &contract.kinds.get(usize::from(*kind))?.attributes;
    let sent = request.resource.attributes;
    let is_alias = |name: &str| matches!(declared.get(name), Some(Name::Alias(_)));
    sent.iter().any(|(name, _)| is_alias(name)).then(|| under_their_names(declared, sent))
}

#[cold]
fn under_their_names<'r>(declared: &Declared, sent: &'r Attributes<'r>) -> Attributes<'r> {
    let mut named = Attributes::new();
    for (name, value) in sent.iter() {
        let Some(Name::Alias(of)) = declared.get(name) else {
            // What says nothing does not take away what another name said.
            if *value != Value::Null || named.get(name).is_none() {
                named.set(name, value.clone());
            }
            continue;
        };
        let itself = sent.at(of).filter(|value| **value != Value::Null);
        let also = itself.or_else(|| named.get(of));
        match also {
            None | Some(Value::Null) => named.set(of.to_string(), value.clone()),
            Some(also) if also == value || *value == Value::Null => {}
            Some(_) => named.set(name, value.clone()),
        }
    }
    named
}

/// A question with its attributes under other names.
pub(crate) fn with_attributes<'r>(
    request: &Request<'r>,
    attributes: &'r Attributes<'r>,
) -> Request<'r> {
    Request { resource: Resource { attributes, ..request.resource }, ..*request }
}
