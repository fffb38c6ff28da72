//! The roles of a user as they would be.

use crate::Failure;
use clap::Args;
use permesso_engine::load;
use permesso_engine::model::{Assignment, User};
use serde_json::{Map, Value, json};

/// A role, the limits within which it is held, and what becomes of it.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The role
    pub(super) role: String,
    /// Only for records of this team and of those below it; may be given several times
    #[arg(long = "team", value_name = "PATH")]
    pub(super) teams: Vec<String>,
    /// From this instant on: a date, or 2026-12-31T18:00:00+01:00
    #[arg(long, value_name = "INSTANT")]
    pub(super) from: Option<String>,
    /// Before this instant, as above; a date is included
    #[arg(long, value_name = "INSTANT")]
    pub(super) until: Option<String>,
    /// Only where this condition holds
    #[arg(long, value_name = "EXPRESSION")]
    pub(super) condition: Option<String>,
    /// Take it away: within exactly these limits where some are given, else however it is held
    #[arg(long, conflicts_with = "replace")]
    pub(super) remove: bool,
    /// Hold the role in this way only, in place of every other in which it is held
    #[arg(long)]
    pub(super) replace: bool,
}

/// What becomes of the roles of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reassignment {
    /// The places in the list of those that go.
    pub(super) gone: Vec<usize>,
    /// What is added.
    pub(super) added: Option<Assignment>,
    /// All of them from then on.
    pub(crate) roles: Vec<Assignment>,
    role: String,
}

impl Wanted {
    /// As it is written: in JSON, or in one line of YAML.
    pub(super) fn written(&self) -> Value {
        let mut written = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                written.insert(name.to_owned(), value);
            }
        };
        set("role", Some(json!(self.role)));
        set("teams", (!self.teams.is_empty()).then(|| json!(self.teams)));
        set("valid_from", self.from.as_ref().map(|from| json!(from)));
        set("valid_until", self.until.as_ref().map(|until| json!(until)));
        set("condition", self.condition.as_ref().map(|condition| json!(condition)));
        Value::Object(written)
    }

    fn assignment(&self) -> Result<Assignment, Failure> {
        serde_json::from_value(self.written()).map_err(|error| {
            let told = load::plain(&error.to_string());
            Failure(format!("error: {told}"))
        })
    }

    /// What becomes of a user's roles; nothing where they are so already.
    pub(crate) fn edit(&self, user: &User) -> Result<Option<Reassignment>, Failure> {
        let held = &user.roles;
        let wanted = self.assignment()?;
        let (id, role) = (&user.id, &self.role);
        let of_role = |it: &Assignment| it.role == wanted.role;
        let places = |keep: &dyn Fn(&Assignment) -> bool| -> Vec<usize> {
            let held = held.iter().enumerate();
            held.filter(|(_, it)| of_role(it) && keep(it)).map(|(place, _)| place).collect()
        };
        let same = places(&|it| *it == wanted);
        let gone = match (self.remove, self.replace, wanted.is_limited()) {
            (true, _, true) if same.is_empty() && held.iter().any(of_role) => {
                return Err(Failure(format!(
                    "error: `{id}` holds `{role}` in another way; leave the limits out to take it \
                     away however it is held"
                )));
            }
            (true, _, true) => same.clone(),
            (true, _, false) => places(&|_| true),
            (false, true, _) => places(&|it| *it != wanted),
            (false, false, true) => {
                if held.iter().any(|it| of_role(it) && !it.is_limited()) {
                    return Err(Failure(format!(
                        "error: `{id}` holds `{role}` at once, which these limits would not change; \
                         say --replace to hold it within them only"
                    )));
                }
                Vec::new()
            }
            // What is held at once is held within any limits.
            (false, false, false) => places(&Assignment::is_limited),
        };
        if self.remove && gone.is_empty() {
            return Err(Failure(format!("error: `{id}` does not hold `{role}`")));
        }
        let added = (!self.remove && same.is_empty()).then(|| wanted.clone());
        if gone.is_empty() && added.is_none() {
            return Ok(None);
        }
        let stay = held.iter().enumerate().filter(|(place, _)| !gone.contains(place));
        let roles = stay.map(|(_, it)| it.clone()).chain(added.clone()).collect();
        Ok(Some(Reassignment { gone, added, roles, role: role.clone() }))
    }
}

impl Reassignment {
    /// What was done.
    pub(crate) fn told(&self, user: &str) -> String {
        let role = &self.role;
        let Some(added) = &self.added else {
            return match self.roles.iter().any(|it| it.role.as_str() == role.as_str()) {
                true => format!("`{user}` holds `{role}` no longer in that way"),
                false => format!("`{user}` holds `{role}` no longer"),
            };
        };
        let mut told = format!("`{user}` holds `{role}`");
        if let Some(teams) = &added.teams {
            let teams: Vec<&str> = teams.iter().map(|team| team.as_str()).collect();
            told.push_str(&format!(" for {}", teams.join(", ")));
        }
        if let Some(from) = added.valid_from {
            told.push_str(&format!(" from {from}"));
        }
        if let Some(until) = added.valid_until {
            told.push_str(&format!(" before {until}"));
        }
        if let Some(condition) = &added.condition {
            told.push_str(&format!(" where {condition}"));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(role: &str, until: Option<&str>, remove: bool, replace: bool) -> Wanted {
        let until = until.map(str::to_owned);
        let role = role.to_owned();
        Wanted { role, teams: Vec::new(), from: None, until, condition: None, remove, replace }
    }

    #[test]
    fn what_is_wanted_is_what_comes_of_it_and_nothing_is_limited_in_vain() {
        let limited = json!({"role": "a", "valid_until": "2026-12-31"});
        let other = json!({"role": "a", "valid_until": "2027-12-31"});
        let until = Some("2026-12-31");
        for (held, wanted, comes) in [
            (json!([]), wanted("a", None, false, false), Some(json!(["a"]))),
            (json!(["b"]), wanted("a", until, false, false), Some(json!(["b", limited]))),
            (json!(["a"]), wanted("a", until, false, false), None),
            (json!(["a"]), wanted("a", until, false, true), Some(json!([limited]))),
            (json!([other]), wanted("a", until, false, false), Some(json!([other, limited]))),
            (json!([other]), wanted("a", until, false, true), Some(json!([limited]))),
            (json!([other, "b"]), wanted("a", None, false, false), Some(json!(["b", "a"]))),
            (json!(["a", other, "b"]), wanted("a", None, true, false), Some(json!(["b"]))),
            (json!([limited, other]), wanted("a", until, true, false), Some(json!([other]))),
            (json!([other]), wanted("a", until, true, false), None),
            (json!(["b"]), wanted("a", None, true, false), None),
        ] {
            let user: User = serde_json::from_value(json!({"id": "u", "roles": held})).unwrap();
            let edit = wanted.edit(&user).ok().flatten();
            let roles = edit.map(|edit| serde_json::to_value(edit.roles).unwrap());
            let comes = comes.map(|roles| {
                let roles: Vec<Assignment> = serde_json::from_value(roles).unwrap();
                serde_json::to_value(roles).unwrap()
            });
            assert_eq!(roles, comes, "{held} {wanted:?}");
        }
        let user: User = serde_json::from_value(json!({"id": "u", "roles": ["a"]})).unwrap();
        assert!(wanted("a", None, false, false).edit(&user).unwrap().is_none());
        assert!(wanted("a", Some("soon"), false, false).edit(&user).is_err());
    }
}
