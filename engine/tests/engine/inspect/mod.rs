//! Answers about answers: rights, queries, differences, impact.

mod bakery;
mod consequences;
mod diff;
mod follows;
mod impact;
mod properties;
mod proposals;
mod query;
mod questions;
mod rights;
mod worlds;

use crate::common::{EMPTY, build, families, family};
use permesso_engine::compile::{self, Compiled, Definition, PeopleFrom, compile};
use permesso_engine::decision::Resource;
use permesso_engine::family::Answer;
use permesso_engine::inspect::{
    Circumstances, Edit, Follow, Follows, Giver, GrantWithin, Limits, Matcher, Membership,
    Openness, Reader, Required, Void,
};
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Attributes, Directory, Place, Scope};
use std::sync::Arc;

const CATALOG: &str = include_str!("product.yaml");
const TENANT: &str = include_str!("tenant.yaml");
const PEOPLE: &str = include_str!("people.yaml");
const NOW: i64 = 1_000;

fn tenant() -> Compiled {
    edited(CATALOG, TENANT, PEOPLE)
}

fn edited(catalog: &str, tenant: &str, people: &str) -> Compiled {
    compiled(catalog, tenant, &load::directory("people.yaml", people).unwrap())
}

fn compiled(catalog: &str, tenant: &str, directory: &Source<Directory>) -> Compiled {
    let mut family = family(|_| Ok(Answer::ABSTAIN));
    let manifest = &mut Arc::get_mut(&mut family).unwrap().manifest;
    manifest.permissions = vec!["record.sign".to_owned()];
    manifest.floors = Vec::new();
    manifest.inputs.retain(|input| !input.path.to_string().contains("holds"));
    let compiled = compile(&Definition {
        catalog: &compile::catalog(load::catalog("product.yaml", catalog).unwrap()),
        tenant: &Arc::new(load::tenant("tenant.yaml", tenant).unwrap()),
        people: PeopleFrom::Directory(directory),
        families: &families(&family),
        revision: 7,
        lenient: false,
        before: None,
    });
    compiled.unwrap_or_else(|faults| panic!("{faults}"))
}

fn about<'a>(kind: &'a str, attributes: &'a Attributes<'a>) -> Circumstances<'a> {
    let resource = Resource { kind, id: Some("r1"), attributes };
    Circumstances {
        resource,
        context: EMPTY,
        asserted: permesso_engine::decision::Asserted::NONE,
        now: NOW,
    }
}

fn lines(places: &[Place]) -> String {
    let lines: Vec<String> = places
        .iter()
        .map(|place| format!("{:?}:{}", place.document, place.at.line).to_lowercase())
        .collect();
    if lines.is_empty() { String::new() } else { format!(" at {}", lines.join(" ")) }
}

fn giver(giver: &Giver<'_>) -> String {
    match giver {
        Giver::Role(id) => format!("role {id}"),
        Giver::Policy(id) => format!("policy {id}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn limits(limits: &Limits) -> String {
    let Limits { scope, teams, exact_teams, valid_from, valid_until, condition, and } = limits;
    let mut text = scope.to_string();
    if !teams.is_empty() {
        text += &format!(" in {}", teams.join(" "));
    }
    if !exact_teams.is_empty() {
        text += &format!(" in exactly {}", exact_teams.join(" "));
    }
    if let Some(from) = valid_from {
        text += &format!(" from {}", from.millis());
    }
    if let Some(until) = valid_until {
        text += &format!(" until {}", until.millis());
    }
    if let Some(condition) = condition {
        text += &format!(" if {condition}");
    }
    if let Some(and) = and {
        text += &format!(" and {}", self::limits(and));
    }
    text
}

fn reach(scope: Scope, limited: &[Limits]) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !scope.is_none() || limited.is_empty() {
        parts.push(scope.to_string());
    }
    parts.extend(limited.iter().map(limits));
    parts.join(" + ")
}

fn of(teams: &[String]) -> String {
    if teams.is_empty() { String::new() } else { format!(" of {}", teams.join(" ")) }
}

fn void(void: &Void<'_>) -> String {
    match void {
        Void::Status(status) => status.name().to_owned(),
        Void::Pending => "pending".to_owned(),
        Void::Plan(name) => format!("plan without {name}"),
        Void::Guard(name) => format!("guard {name}"),
        Void::Requires(name) => format!("without {name}"),
        Void::BoundBy(name) => format!("bound by {name}"),
        Void::NobodysOwn => "nobody's own".to_owned(),
    }
}

fn matcher(matcher: &Matcher<'_>) -> String {
    match matcher {
        Matcher::Role(name) => format!("role {name}"),
        Matcher::Team(name) => format!("team {name}"),
        Matcher::ExactTeam(name) => format!("exactly {name}"),
        Matcher::Tag(name) => format!("tag {name}"),
        Matcher::Condition(source) => format!("`{source}`"),
    }
}

fn open(open: Openness) -> &'static str {
    match open {
        Openness::Yes => "yes",
        Openness::No => "no",
        Openness::Depends => "depends",
    }
}

fn membership(it: &Membership<'_>) -> String {
    let list =
        |matchers: &[Matcher<'_>]| matchers.iter().map(matcher).collect::<Vec<_>>().join(", ");
    format!(
        "{} {}: by [{}] not by [{}] perhaps by [{}]",
        it.program,
        open(it.member),
        list(&it.admitted_by),
        list(&it.failed),
        list(&it.undecided)
    )
}

fn change(edit: &Edit) -> String {
    match edit {
        Edit::Activate => "activate".to_owned(),
        Edit::Accept => "accept the invitation".to_owned(),
        Edit::MakeOwner => "make owner".to_owned(),
        Edit::GiveRole { role } => format!("give role {role}"),
        Edit::TakeRole { role } => format!("take role {role}"),
        Edit::AttachPolicy { policy } => format!("attach policy {policy}"),
        Edit::DetachPolicy { policy } => format!("detach policy {policy}"),
        Edit::Grant { permission, scope, limited } => {
            let limited: Vec<Limits> = limited.iter().map(GrantWithin::limits).collect();
            format!("grant {permission} at {}", reach(*scope, &limited))
        }
        Edit::Revoke { permission } => format!("revoke {permission}"),
        Edit::Tick { permission } => format!("tick {permission}"),
        Edit::Untick { permission } => format!("remove the tick of {permission}"),
        Edit::TickAgain { permission } => format!("tick {permission} again"),
        Edit::AddTag { tag } => format!("add tag {tag}"),
        Edit::JoinTeam { team } => format!("join team {team}"),
        other => other.to_string(),
    }
}

fn required(all: &[Required]) -> String {
    let of_teams = |it: &Required| of(&it.teams);
    let one = |it: &Required| {
        let by: Vec<String> = it.delegated_by.iter().map(|from| format!(" or by {from}")).collect();
        let (reach, teams, by) = (reach(it.scope, &it.limited), of_teams(it), by.concat());
        format!(" as far as {} {reach}{teams}{by}", it.permission)
    };
    all.iter().map(one).collect()
}

fn follow(it: &Follow) -> String {
    let reader = match it.reader {
        Reader::Guard => "guard",
        Reader::Toggle => "toggle",
        Reader::Program => "program",
        Reader::SharingPolicy => "sharing policy",
        Reader::SharingOverride => "sharing override",
        Reader::Condition => "condition",
        Reader::Family => "family",
    };
    let at = it.place.map(|place| lines(&[place])).unwrap_or_default();
    let by = it.delegated_by.as_ref().map(|from| format!(" of {from}")).unwrap_or_default();
    let others = if it.for_others { " for others" } else { "" };
    let (id, reads, governs) = (&it.id, it.reads.join(" "), it.governs.join(" "));
    format!("{reader} {id}{at} reads {reads}{by}: perhaps {governs}{others}")
}

fn follows(all: &Follows) -> String {
    let mut texts: Vec<String> = all.listed.iter().map(follow).collect();
    if all.more > 0 {
        texts.push(format!("{} more", all.more));
    }
    texts.join("; ")
}
