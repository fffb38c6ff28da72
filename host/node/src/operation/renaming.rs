//! Something is called otherwise, and whatever names it follows.
//!
//! Here is where a tenant's documents name roles and tags, each place once. What names one in a
//! way that cannot be followed, such as a condition that looks for the role which a record says,
//! is told as a place and not passed over: it would go on looking for what is gone.

use permesso_engine::condition::{ConditionTest, Named, rename_in};
use permesso_engine::model::{
    Assignment, Attributes, Catalog, FamilySettings, Grant, InputPath, Matchers, Policy, Predicate,
    Program, Role, RoleCheck, SharingRule, Tenant, Test, Text, User, Value,
};
use permesso_names::folded;
use std::collections::BTreeSet;

/// So many places are told.
const TOLD: usize = 10;

/// A role or a tag that is called otherwise.
#[derive(Debug)]
pub(crate) struct Renaming<'a> {
    named: Named,
    from: &'a str,
    to: &'a str,
    /// Where it may be named in a way that cannot be followed.
    unclear: Vec<String>,
}

impl<'a> Renaming<'a> {
    pub(crate) fn new(named: Named, from: &'a str, to: &'a str) -> Self {
        Self { named, from, to, unclear: Vec::new() }
    }

    /// The list of the subject's that it is looked for in.
    pub(crate) fn list(&self) -> InputPath {
        list_of(self.named)
    }

    /// The places that cannot be followed, in words; none where all can.
    pub(crate) fn unclear(&self) -> Option<String> {
        (!self.unclear.is_empty()).then(|| told(self.unclear.clone()))
    }

    /// Somewhere it goes on being named.
    pub(crate) fn stays(&mut self, place: String) {
        self.unclear.push(place);
    }

    /// What `from` becomes, where the text is that.
    pub(crate) fn text(&self, text: &mut Text) -> bool {
        let is = text.as_str() == self.from;
        if is {
            *text = Text::new(self.to.to_owned(), text.at());
        }
        is
    }

    /// The same of a tag.
    pub(crate) fn tag(&self, text: &mut Text) -> bool {
        self.named == Named::Tag && self.text(text)
    }

    /// The roles that a key acts with.
    pub(crate) fn key_roles(&self, roles: &mut BTreeSet<String>) -> bool {
        let is = self.named == Named::Role && roles.remove(self.from);
        is && roles.insert(self.to.to_owned())
    }

    fn texts(&self, texts: &mut [Text]) -> bool {
        texts.iter_mut().fold(false, |found, text| self.text(text) | found)
    }

    /// A list of roles, where it is a role.
    fn roles(&self, roles: &mut [Text]) -> bool {
        self.named == Named::Role && self.texts(roles)
    }

    fn condition(&mut self, place: &str, condition: &mut Option<Text>) -> bool {
        let Some(condition) = condition else { return false };
        let renamed = rename_in(condition, self.named, self.from, self.to);
        if renamed.unclear && !self.unclear.iter().any(|known| known == place) {
            self.unclear.push(place.to_owned());
        }
        if renamed.changed {
            *condition = Text::new(renamed.source, condition.at());
        }
        renamed.changed
    }

    fn cases(&self, cases: &mut [ConditionTest]) -> bool {
        cases.iter_mut().fold(false, |found, case| self.inputs("", &mut case.inputs) | found)
    }

    /// What a case says that the subject holds, by its path or in maps within each other.
    fn inputs(&self, above: &str, inputs: &mut Attributes<'static>) -> bool {
        let list = match self.named {
            Named::Role => "subject.roles",
            Named::Team => "subject.teams",
            Named::Tag => "subject.tags",
        };
        let mut found = false;
        let taken = std::mem::take(inputs);
        for (name, value) in taken.iter() {
            let path = match above {
                "" => name.to_owned(),
                above => format!("{above}.{name}"),
            };
            let mut value = value.clone();
            match &mut value {
                Value::Map(map) => found |= self.inputs(&path, map),
                value if path == list => found |= self.value(value),
                _ => {}
            }
            inputs.push(name.to_owned(), value);
        }
        found
    }

    fn value(&self, value: &mut Value<'static>) -> bool {
        match value {
            Value::Text(text) if *text == self.from => {
                *value = Value::text(self.to.to_owned());
                true
            }
            Value::List(items) => {
                items.iter_mut().fold(false, |found, item| self.value(item) | found)
            }
            _ => false,
        }
    }

    fn grants(&mut self, place: &str, grants: &mut [Grant]) -> bool {
        grants.iter_mut().fold(false, |found, grant| {
            let condition = self.condition(place, &mut grant.condition);
            self.cases(&mut grant.cases) | condition | found
        })
    }

    /// Roles as somebody holds them.
    pub(crate) fn assignments(&mut self, place: &str, roles: &mut [Assignment]) -> bool {
        roles.iter_mut().fold(false, |found, held| {
            let role = self.named == Named::Role && self.text(&mut held.role);
            self.condition(place, &mut held.condition) | role | found
        })
    }

    fn matchers(&mut self, place: &str, matchers: &mut Matchers) -> bool {
        let roles = self.roles(&mut matchers.roles);
        let tags = self.named == Named::Tag && self.texts(&mut matchers.tags);
        let condition = self.condition(place, &mut matchers.condition);
        self.cases(&mut matchers.cases) | condition | roles | tags
    }

    pub(crate) fn role(&mut self, role: &mut Role) -> bool {
        let place = format!("the role `{}`", role.id);
        let itself = self.named == Named::Role && self.text(&mut role.id);
        let copied = self.named == Named::Role
            && role.duplicate_of.as_mut().is_some_and(|original| self.text(original));
        let parents = self.roles(&mut role.parents);
        let others = self.roles(&mut role.distinct_from);
        self.grants(&place, &mut role.grants) | itself | copied | parents | others
    }

    pub(crate) fn policy(&mut self, policy: &mut Policy) -> bool {
        self.grants(&format!("the policy `{}`", policy.id), &mut policy.grants)
    }

    pub(crate) fn program(&mut self, program: &mut Program) -> bool {
        self.matchers(&format!("the program `{}`", program.id), &mut program.matchers)
    }

    pub(crate) fn sharing(&mut self, rule: &mut SharingRule) -> bool {
        let place = format!("the sharing rule `{}`", rule.id);
        let viewers = self.matchers(&place, &mut rule.viewers);
        let condition = self.condition(&place, &mut rule.condition);
        self.cases(&mut rule.cases) | condition | viewers
    }

    pub(crate) fn user(&mut self, user: &mut User) -> bool {
        let place = format!("the user `{}`", user.id);
        let roles = self.assignments(&place, &mut user.roles);
        let tags = self.named == Named::Tag && self.texts(&mut user.tags);
        self.grants(&place, &mut user.grants) | roles | tags
    }

    /// A family that is told of it may know it by its name, from its settings.
    pub(crate) fn family(&mut self, id: &str, settings: &FamilySettings) {
        if settings.config.iter().any(|(_, value)| hints(value, self.from)) {
            self.unclear.push(of_family(id));
        }
    }

    /// A catalog is not the tenant's to change.
    pub(crate) fn catalog(&mut self, catalog: &Catalog) {
        self.unclear.extend(of_catalog(catalog, self.named, self.from));
    }
}

const fn list_of(named: Named) -> InputPath {
    match named {
        Named::Role => InputPath::SubjectRoles,
        Named::Team => InputPath::SubjectTeams,
        Named::Tag => InputPath::SubjectTags,
    }
}

fn of_family(id: &str) -> String {
    format!("the settings of the family `{id}`")
}

/// The families whose settings may mean a name.
pub(crate) fn of_families(tenant: &Tenant, name: &str) -> Vec<String> {
    let meaning = tenant
        .families
        .iter()
        .filter(|(_, settings)| settings.config.iter().any(|(_, value)| hints(value, name)));
    meaning.map(|(id, _)| of_family(id)).collect()
}

/// Whether a setting may mean a name: how a family compares words is its own, so case, width and
/// what stands between words do not count.
fn hints(value: &Value<'_>, name: &str) -> bool {
    let words = |text: &str| -> String {
        let folded = folded(text);
        let letters = folded.chars().map(|it| if it.is_alphanumeric() { it } else { ' ' });
        let spaced: String = letters.collect();
        spaced.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::Text(text) => {
            text == name || format!(" {} ", words(text)).contains(&format!(" {} ", words(name)))
        }
        Value::List(items) => items.iter().any(|item| hints(item, name)),
        Value::Map(map) => {
            map.iter().any(|(key, value)| words(key) == words(name) || hints(value, name))
        }
        _ => false,
    }
}

/// Whether a text is somewhere in a value, as a name or as what is named.
fn says(value: &Value<'_>, text: &str) -> bool {
    match value {
        Value::Text(known) => *known == text,
        Value::List(items) => items.iter().any(|item| says(item, text)),
        Value::Map(map) => map.iter().any(|(name, value)| name == text || says(value, text)),
        _ => false,
    }
}

/// Places in words, the first ones.
pub(crate) fn told(mut places: Vec<String>) -> String {
    let more = places.len().saturating_sub(TOLD);
    places.truncate(TOLD);
    let mut text = places.join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// A condition, and whose it is.
type Place<'t> = (String, &'t Text);

/// Where a catalog names a role or a tag of which nothing says that it is the catalog's: in what
/// looks at the subject.
pub(crate) fn of_catalog(catalog: &Catalog, named: Named, id: &str) -> Vec<String> {
    let mut places = Vec::new();
    let list = list_of(named);
    for guard in &catalog.guards {
        let check = matches!(&guard.check, Some(RoleCheck::KeepsHolder(role))
            if named == Named::Role && role.as_str() == id);
        let required = guard.require.as_ref().is_some_and(|it| compares(it, &list, id));
        let condition = guard.condition.as_ref().is_some_and(|it| looks_for(it, named, id));
        if check || required || condition {
            places.push(format!("the product's guard `{}`", guard.id));
        }
    }
    for (_, permission) in catalog.permissions() {
        let unless = permission.constraint.as_ref().and_then(|it| it.unless.as_ref());
        if unless.is_some_and(|it| compares(it, &list, id)) {
            places.push(format!("the product's toggle `{}`", permission.id));
        }
    }
    for role in &catalog.standard_roles {
        let mut conditions = role.grants.iter().filter_map(|grant| grant.condition.as_ref());
        if conditions.any(|it| looks_for(it, named, id)) {
            places.push(format!("the product's role `{}`", role.id));
        }
    }
    let mut held = catalog.baseline.roles.iter().filter_map(|held| held.condition.as_ref());
    if held.any(|it| looks_for(it, named, id)) {
        places.push("the product's baseline".to_owned());
    }
    places
}

fn compares(predicate: &Predicate, list: &InputPath, id: &str) -> bool {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().any(|part| compares(part, list, id))
        }
        Predicate::Compare { path, test } if path == list => match test {
            Test::Is(value) | Test::IsNot(value) => says(value, id),
            Test::In(values) => values.iter().any(|value| says(value, id)),
            _ => false,
        },
        Predicate::Compare { .. } | Predicate::Own(_) => false,
    }
}

/// Whether a condition looks for it, or for something of which that cannot be said.
pub(crate) fn looks_for(condition: &str, named: Named, id: &str) -> bool {
    // Any other name would do: only whether it is found is of interest.
    let renamed = rename_in(condition, named, id, "");
    renamed.changed || renamed.unclear
}

/// The conditions of a policy of a tenant, and whose they are.
pub(crate) fn conditions(tenant: &Tenant) -> impl Iterator<Item = Place<'_>> {
    let roles = tenant.roles.iter().flat_map(|it| of_grants("role", &it.id, &it.grants));
    let policies = tenant.policies.iter().flat_map(|it| of_grants("policy", &it.id, &it.grants));
    let programs = tenant.programs.iter().filter_map(|it| {
        let condition = it.matchers.condition.as_ref()?;
        Some((format!("the program `{}`", it.id), condition))
    });
    let sharing = tenant.sharing.policies.iter().chain(&tenant.sharing.overrides);
    let sharing = sharing.flat_map(|rule| {
        let conditions = rule.condition.iter().chain(&rule.viewers.condition);
        conditions.map(move |condition| (format!("the sharing rule `{}`", rule.id), condition))
    });
    let teams = tenant.teams.iter().flat_map(|team| {
        let held = team.roles.iter().filter_map(|held| held.condition.as_ref());
        held.map(move |condition| (format!("the team `{}`", team.path), condition))
    });
    let baseline = tenant.baseline.iter().flatten().filter_map(|held| held.condition.as_ref());
    let baseline = baseline.map(|condition| ("the baseline".to_owned(), condition));
    roles.chain(policies).chain(programs).chain(sharing).chain(teams).chain(baseline)
}

fn of_grants<'t>(
    what: &'static str,
    id: &'t Text,
    grants: &'t [Grant],
) -> impl Iterator<Item = Place<'t>> {
    let conditions = grants.iter().filter_map(|grant| grant.condition.as_ref());
    conditions.map(move |condition| (format!("the {what} `{id}`"), condition))
}

/// The conditions of a user's own.
pub(crate) fn conditions_of(user: &User) -> impl Iterator<Item = &Text> {
    let held = user.roles.iter().filter_map(|held| held.condition.as_ref());
    held.chain(user.grants.iter().filter_map(|grant| grant.condition.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cases_follow_by_path_and_in_maps_and_leave_other_texts_alone() {
        let mut rule: SharingRule = serde_json::from_value(json!({
            "id": "r", "outcome": "hide", "condition": "has_role(\"a\") && resource.x == \"a\"",
            "cases": [
                {"inputs": {"subject.roles": ["b", "a"], "resource.x": "a"}, "expect": true},
                {"inputs": {"subject": {"roles": ["a"]}, "resource": {"x": "a"}}, "expect": true},
            ],
        }))
        .unwrap();
        let mut renaming = Renaming::new(Named::Role, "a", "z");
        assert!(renaming.sharing(&mut rule) && renaming.unclear().is_none());
        let written = serde_json::to_value(&rule).unwrap();
        assert_eq!(written["condition"], "has_role(\"z\") && resource.x == \"a\"");
        let inputs = [
            json!({"subject.roles": ["b", "z"], "resource.x": "a"}),
            json!({"subject": {"roles": ["z"]}, "resource": {"x": "a"}}),
        ];
        assert_eq!(
            [&written["cases"][0]["inputs"], &written["cases"][1]["inputs"]],
            inputs.each_ref()
        );
    }
}
