//! Holding a question against the contract of its catalog.
//!
//! This comes before everything that reads an attribute, the cache included: what a step reads
//! is of the type that was declared, under the name that was declared, or it is not there.

use super::recorder::Recorder;
use crate::decision::{Asserted, AttributeFault, Outcome, Reason, Request, Resource, Stage};
use crate::diagnostic::suggest;
use crate::fast::Mark;
use crate::model::{Attributes, Value, as_millis};
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
        for name in declared.naming_roles() {
            if sent.at(name).is_some_and(|named| !are_roles(snapshot, named)) {
                return Err(refuse(root, &Breach::Value(name.to_string()), record));
            }
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

/// What a question says, as whatever reads it wants it: under the names that were declared, and
/// with instants as milliseconds. Of what is so already there is nothing.
#[derive(Debug, Default)]
pub(crate) struct Read<'r> {
    resource: Option<Attributes<'r>>,
    context: Option<Attributes<'r>>,
    action: Option<Attributes<'r>>,
    subject: Option<Attributes<'r>>,
}

/// The attributes of a question as they are read; `None` where they are so already. One that is
/// sent under two names that disagree stays under both, and is denied.
#[inline]
pub(crate) fn renamed<'r>(snapshot: &Snapshot, request: &Request<'r>) -> Option<Read<'r>> {
    let contract = &snapshot.catalog.contract;
    if !contract.aliased && !contract.timed {
        return None;
    }
    let resource = aliased(contract, request);
    if !contract.timed {
        return resource.map(|resource| Read { resource: Some(resource), ..Read::default() });
    }
    timed(contract, request, resource)
}

fn aliased<'r>(contract: &Contract, request: &Request<'r>) -> Option<Attributes<'r>> {
    let declared = &contract.kind(request.resource.kind)?.attributes;
    let sent = request.resource.attributes;
    let is_alias = |name: &str| matches!(declared.get(name), Some(Name::Alias(_)));
    let any = contract.aliased && sent.iter().any(|(name, _)| is_alias(name));
    any.then(|| under_their_names(declared, sent))
}

fn timed<'r>(
    contract: &Contract,
    request: &Request<'r>,
    resource: Option<Attributes<'r>>,
) -> Option<Read<'r>> {
    let of_kind = contract.kind(request.resource.kind).map(|kind| kind.attributes.instants());
    let instants = of_kind.unwrap_or(&contract.instants);
    let read = Read {
        resource: in_millis(instants, resource.as_ref().unwrap_or(request.resource.attributes))
            .or(resource),
        context: in_millis(contract.context.instants(), request.context),
        action: in_millis(contract.action.instants(), request.asserted.action),
        subject: in_millis(contract.subject.instants(), request.asserted.subject),
    };
    let Read { resource, context, action, subject } = &read;
    let any = [resource, context, action, subject].into_iter().any(Option::is_some);
    any.then_some(read)
}

/// Attributes with instants that were sent as texts in milliseconds; `None` where none was.
fn in_millis<'r>(instants: &[Box<str>], sent: &Attributes<'r>) -> Option<Attributes<'r>> {
    let is_text = |path: &str| {
        let mut found = Vec::new();
        sent.all_at(path, &mut found);
        found.iter().any(|value| as_millis(value).is_some())
    };
    let written: Vec<&str> = instants.iter().map(|it| &**it).filter(|it| is_text(it)).collect();
    if written.is_empty() {
        return None;
    }
    let mut read = sent.clone();
    for path in written {
        read.change_at(path, &|value| {
            if let Some(millis) = as_millis(value) {
                *value = millis;
            }
        });
    }
    Some(read)
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

/// A question with its attributes as they are read.
pub(crate) fn with_attributes<'r>(request: &Request<'r>, read: &'r Read<'r>) -> Request<'r> {
    let Read { resource, context, action, subject } = read;
    let asserted = Asserted {
        action: action.as_ref().unwrap_or(request.asserted.action),
        subject: subject.as_ref().unwrap_or(request.asserted.subject),
        ..request.asserted
    };
    let attributes = resource.as_ref().unwrap_or(request.resource.attributes);
    let resource = Resource { attributes, ..request.resource };
    Request { resource, context: context.as_ref().unwrap_or(request.context), asserted, ..*request }
}
