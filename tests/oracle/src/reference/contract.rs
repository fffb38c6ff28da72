//! What a question may say, read aloud: kinds, names and types of attributes.

use super::Evaluator;
use super::condition::instant_of;
use permesso_engine::decision::{AttributeFault, Reason, Request};
use permesso_engine::model::{
    AttributeRule, AttributeType, Attributes, Category, Exposure, Kinds, Permission, Value,
};
use std::collections::BTreeMap;

impl Evaluator<'_> {
    /// Whether the catalog says what questions may be about.
    fn is_closed(&self) -> bool {
        let categories = &self.catalog.categories;
        categories.iter().any(|category| {
            category.kinds.is_some() || category.permissions.iter().any(|it| it.kinds.is_some())
        })
    }

    /// The attributes of the resource under their own names, if the question is one that the
    /// catalog knows.
    pub(super) fn contract(
        &self,
        category: &Category,
        permission: &Permission,
        request: &Request<'_>,
    ) -> Result<Attributes<'static>, Reason> {
        let sent = request.resource.attributes.clone().into_owned();
        if !self.is_closed() {
            return Ok(sent);
        }
        let kind = request.resource.kind;
        let declared = self.declared_of(kind).ok_or_else(|| Reason::UnknownKind(kind.into()))?;
        let kinds = permission.kinds.as_ref().or(category.kinds.as_ref());
        if let Some(Kinds::Only(kinds)) = kinds
            && !kinds.iter().any(|known| known.as_str() == kind)
        {
            return Err(Reason::WrongKind(kind.into()));
        }
        let named = self.under_their_names(&declared, &sent);
        check("resource", &declared, &named)?;
        let context: Vec<_> = self.below("context.").collect();
        check("context", &context, request.context)?;
        for name in &permission.required {
            let has = declared.iter().any(|(path, _)| *path == **name);
            if has && matches!(named.at(name), None | Some(Value::Null)) {
                let path = format!("resource.{name}").into();
                self.seen.note("contract: the permission wants to be told more");
                return Err(Reason::Attribute { path, fault: AttributeFault::Missing });
            }
        }
        Ok(named)
    }

    /// Whether questions of a kind can say one of the attributes.
    pub(super) fn hands_out(&self, kind: &str, attributes: &[String]) -> bool {
        if !self.is_closed() {
            return true;
        }
        let declared = self.declared_of(kind).unwrap_or_default();
        attributes.iter().any(|name| declared.iter().any(|(path, _)| path == name))
    }

    fn below(&self, root: &'static str) -> impl Iterator<Item = (String, AttributeRule)> + '_ {
        let all = self.catalog.attributes.rules();
        all.filter_map(move |(path, rule)| {
            Some((path.strip_prefix(root)?.to_owned(), rule.clone()))
        })
    }

    /// What is declared of a kind, in the order in which it is missed.
    fn declared_of(&self, kind: &str) -> Option<Vec<(String, AttributeRule)>> {
        let own = &self.catalog.resource_kinds.get(kind)?.attributes;
        let mut common = BTreeMap::new();
        let relations = self.catalog.relations.iter().map(|name| name.to_string());
        for name in relations.chain([self.catalog.teams.attribute.clone()]) {
            common.insert(name, AttributeRule::from(AttributeType::Texts));
        }
        for content in self.catalog.sharing.contents.keys() {
            let mut rule = AttributeRule::from(AttributeType::Text);
            let all = [Exposure::Share, Exposure::Redact, Exposure::Hide];
            rule.one_of = all.map(|exposure| exposure.name().to_owned()).to_vec();
            common.insert(format!("sharing.{content}"), rule);
        }
        common.extend(self.below("resource."));
        let mut declared: Vec<_> =
            own.rules().map(|(name, rule)| (name.to_owned(), rule.clone())).collect();
        declared.extend(common.into_iter().filter(|(name, _)| own.get(name).is_none()));
        Some(declared)
    }

    fn under_their_names(
        &self,
        declared: &[(String, AttributeRule)],
        sent: &Attributes<'static>,
    ) -> Attributes<'static> {
        let mut named = Attributes::new();
        for (name, value) in sent.iter() {
            let nothing = matches!(value, Value::Null);
            let Some(of) = alias(declared, name) else {
                // What says nothing does not take away what another name said.
                if !nothing || named.get(name).is_none() {
                    named.set(name.to_owned(), value.clone());
                }
                continue;
            };
            let itself = sent.at(of).filter(|value| !matches!(value, Value::Null));
            match itself.or_else(|| named.get(of)) {
                None | Some(Value::Null) => named.set(of.to_owned(), value.clone()),
                Some(also) if also == value || nothing => {}
                Some(_) => named.set(name.to_owned(), value.clone()),
            }
            self.seen.note("contract: an attribute under another name");
        }
        named
    }
}

fn alias<'d>(declared: &'d [(String, AttributeRule)], name: &str) -> Option<&'d str> {
    let of = declared.iter().find(|(_, rule)| rule.aliases.iter().any(|alias| alias == name));
    of.map(|(of, _)| of.as_str())
}

/// Holds attributes against what is declared: first what was sent, then what was not.
fn check(
    root: &str,
    declared: &[(String, AttributeRule)],
    sent: &Attributes<'_>,
) -> Result<(), Reason> {
    let wrong =
        |path: &str, fault| Err(Reason::Attribute { path: format!("{root}.{path}").into(), fault });
    for (name, value) in sent.iter() {
        if let Some(of) = alias(declared, name) {
            return wrong(of, AttributeFault::Twice);
        }
        if let Some((path, rule)) = declared.iter().find(|(path, _)| path == name) {
            if let Some(fault) = fault(rule, value) {
                return wrong(path, fault);
            }
            continue;
        }
        let prefix = format!("{name}.");
        let below = || declared.iter().filter(|(path, _)| path.starts_with(&prefix));
        if below().next().is_none() || matches!(value, Value::Null) {
            continue;
        }
        let Value::Map(map) = value else { return wrong(name, AttributeFault::NoMap) };
        let mut faults = below().filter_map(|(path, rule)| {
            let value = map.at(path.strip_prefix(&prefix)?)?;
            Some((path, fault(rule, value)?))
        });
        if let Some((path, fault)) = faults.next() {
            return wrong(path, fault);
        }
        // What lies in the map may be sent beside it as well, if it says the same.
        let twice = below().find(|(path, _)| {
            let within = path.strip_prefix(&prefix).and_then(|rest| map.at(rest));
            let beside = sent.get(path);
            within.is_some() && beside.is_some() && within != beside
        });
        if let Some((path, _)) = twice {
            return wrong(path, AttributeFault::Twice);
        }
    }
    for (path, _) in declared.iter().filter(|(_, rule)| rule.required) {
        if matches!(sent.at(path), None | Some(Value::Null)) {
            return wrong(path, AttributeFault::Missing);
        }
    }
    Ok(())
}

fn fault(rule: &AttributeRule, value: &Value<'_>) -> Option<AttributeFault> {
    let mistyped = Some(AttributeFault::Mistyped(rule.kind));
    let listed = |text: &str| rule.one_of.is_empty() || rule.one_of.iter().any(|it| it == text);
    let whole = |value: &Value<'_>| match value {
        Value::Int(_) => true,
        Value::Float(number) => number.fract() == 0.0 && number.abs() < 2_f64.powi(63),
        _ => false,
    };
    match (rule.kind, value) {
        (_, Value::Null) | (AttributeType::Any, _) => None,
        (AttributeType::Boolean, Value::Bool(_)) => None,
        (AttributeType::Integer, value) if whole(value) => None,
        (AttributeType::Instant, value) if instant_of(value).is_some() => None,
        (AttributeType::Decimal, Value::Int(_) | Value::Float(_)) => None,
        (AttributeType::Text | AttributeType::Texts, Value::Text(text)) => {
            (!listed(text)).then_some(AttributeFault::Value)
        }
        (AttributeType::Texts, Value::List(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            match texts {
                None => mistyped,
                Some(texts) => (!texts.into_iter().all(listed)).then_some(AttributeFault::Value),
            }
        }
        _ => mistyped,
    }
}
