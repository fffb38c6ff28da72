//! `permesso what-can`: what a user may do, in general or with one resource.

use super::ask::{About, folder};
use super::{Failure, Sources, compiled, now, print_pretty, who_can, wording};
use clap::Args;
use permesso_engine::decision::ANONYMOUS;
use permesso_engine::inspect::{Aside, Circumstances, Void};
use permesso_engine::inspect::{
    DelegatedRight, Depends, ItemAccess, Limited, Matcher, Membership, Openness, Restriction,
    RightSource, SetAside, UserDecision, UserRights, anonymous_rights, items, memberships, rights,
    what_can,
};
use permesso_engine::model::{Instant, Invitation};
use permesso_folders::TenantFolder;
use serde::Serialize;
use serde_json::json;
use std::process::ExitCode;

/// Whose rights to show.
#[derive(Debug, Args)]
pub(super) struct WhatCan {
    #[command(flatten)]
    sources: Sources,
    /// The tenant, where the folders hold more than one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// A user's id
    user: String,
    /// Decide every permission on this resource: its kind, and after a colon its id
    #[arg(value_name = "KIND[:ID]")]
    resource: Option<String>,
    #[command(flatten)]
    about: About,
    /// With a resource: list what is denied as well, with the reasons
    #[arg(long, requires = "resource")]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct View<'a> {
    tenant: &'a str,
    at: Instant,
    rights: UserRights<'a>,
    programs: Vec<Membership<'a>>,
    items: Vec<ItemAccess<'a>>,
}

impl WhatCan {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let point = self.sources.build()?;
        let folder = folder(self.tenant.as_deref(), &point)?;
        let tenant = compiled(&point, folder)?;
        let now = self.about.at.map_or_else(now, Instant::millis);
        if let Some(resource) = &self.resource {
            return self.about.with(resource, |about| {
                let answers = what_can(&tenant, &self.user, about)?;
                self.decisions(answers, folder, about)
            });
        }
        let (name, at) = (tenant.snapshot.tenant(), Instant::from_millis(now));
        let view = match self.about.subject_type == ANONYMOUS {
            // No program has whoever asks so as a member.
            true => {
                let rights = anonymous_rights(&tenant, now)?;
                View { tenant: name, at, rights, programs: Vec::new(), items: Vec::new() }
            }
            false => View {
                tenant: name,
                at,
                rights: rights(&tenant, &self.user, now)?,
                programs: memberships(&tenant, &self.user, now)?,
                items: items(&tenant, &self.user, now)?,
            },
        };
        if self.json {
            print_pretty(&view)?;
        } else {
            print!("{}", text(&view, folder));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What may be done with one resource.
    fn decisions<'a>(
        &self,
        answers: impl Iterator<Item = UserDecision<'a>>,
        folder: &TenantFolder,
        about: Circumstances<'_>,
    ) -> Result<ExitCode, Failure> {
        let (mut allowed, mut denied) = (0, 0);
        let mut list = Vec::new();
        let mut table = wording::table(["permission", "", "why"]);
        for answer in answers {
            let is_allow = answer.decision.is_allow();
            *if is_allow { &mut allowed } else { &mut denied } += 1;
            if !is_allow && !self.all {
                continue;
            }
            if self.json {
                list.push(who_can::view(&answer));
                continue;
            }
            let word = if is_allow { "ALLOW" } else { "DENY" };
            let why = who_can::why(&answer, folder);
            table.add_row([answer.permission, word, &why]);
        }
        if self.json {
            let tenant = folder.tenant.value.tenant.as_str();
            let summary = json!({
                "tenant": tenant,
                "user": self.user,
                "at": Instant::from_millis(about.now),
                "allowed": allowed,
                "denied": denied,
                "decisions": list,
            });
            print_pretty(&summary)?;
        } else {
            println!("{table}");
            println!("{allowed} allowed, {denied} denied");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(view: &View<'_>, folder: &TenantFolder) -> String {
    let rights = &view.rights;
    let roles = match rights.roles.as_slice() {
        // Those that are held within limits are listed with what they grant.
        [] => "no role without limits".to_owned(),
        roles => roles.join(", "),
    };
    let teams = match rights.teams.as_slice() {
        [] => String::new(),
        teams => format!(" in {}", teams.join(", ")),
    };
    let owner = if rights.owner { " and owns the account" } else { "" };
    let pending = match rights.invitation {
        Invitation::Pending => ", invited,",
        Invitation::Accepted => "",
    };
    let mut out = format!(
        "`{}` is {}{pending} and holds {roles}{teams}{owner}; at {}\n",
        rights.user,
        rights.status.name(),
        view.at,
    );
    if rights.held.is_empty() {
        out.push_str("No permission is held.\n");
    } else {
        let mut table = wording::table(["permission", "scope", "from", "the record decides on"]);
        for right in &rights.held {
            let (scopes, from) = sources(&right.sources, &right.limited, folder);
            let scope = match right.sources.is_empty() {
                true => scopes,
                false => {
                    let limits = right.limited.iter().map(|it| wording::limits(&it.limits));
                    let all: Vec<String> =
                        std::iter::once(right.scope.to_string()).chain(limits).collect();
                    all.join("\n")
                }
            };
            table.add_row([right.permission.to_owned(), scope, from, depends(&right.depends)]);
        }
        out.push_str(&format!("{table}\n"));
    }
    section(&mut out, "Granted and of no use", &rights.void, |it| {
        format!("{}: {}", it.permission, wording::void(&it.why))
    });
    section(&mut out, "Set aside", &rights.aside, |it| aside(it, folder));
    section(&mut out, "Restrictions", &rights.restrictions, |it| restriction(it, folder));
    section(&mut out, "Delegated", &rights.delegated, delegated);
    section(&mut out, "Programs", &view.programs, membership);
    if !view.items.is_empty() {
        let mut table = wording::table(["exclusive item", "open", "by", "not by"]);
        for it in &view.items {
            let mut by = it.admitted_by.join(", ");
            if !it.perhaps_by.is_empty() {
                by.push_str(&format!("perhaps {}", it.perhaps_by.join(", ")));
            }
            let closed = if it.closed { "closed by the tenant's list" } else { "" };
            let not_by = [it.not_by.join(", "), closed.to_owned()];
            let not_by: Vec<String> = not_by.into_iter().filter(|it| !it.is_empty()).collect();
            let open = wording::open(it.open).to_owned();
            table.add_row([wording::gate(&it.gate), open, by, not_by.join("; ")]);
        }
        out.push_str(&format!("\n{table}\n"));
    }
    out
}

fn section<T>(out: &mut String, title: &str, list: &[T], line: impl Fn(&T) -> String) {
    if list.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}:\n"));
    for it in list {
        out.push_str(&format!("  {}\n", line(it)));
    }
}

/// The scopes and the givers of sources, one a line.
fn sources(
    sources: &[RightSource<'_>],
    limited: &[Limited<'_>],
    folder: &TenantFolder,
) -> (String, String) {
    let mut scopes: Vec<String> = sources.iter().map(|it| it.scope.to_string()).collect();
    let mut from: Vec<String> = sources
        .iter()
        .map(|it| match sources.len() + limited.len() {
            1 => wording::source(it, folder),
            _ => format!("{}: {}", it.scope, wording::source(it, folder)),
        })
        .collect();
    for it in limited {
        scopes.push(wording::limits(&it.limits));
        let at = wording::places(&[it.place], folder);
        from.push(format!("{} ({at})", wording::giver(&it.giver)));
    }
    (scopes.join("\n"), from.join("\n"))
}

fn depends(it: &Depends<'_>) -> String {
    let mut parts = Vec::new();
    let mut list = |what: &str, names: &[&str]| {
        if !names.is_empty() {
            parts.push(format!("{what} {}", names.join(", ")));
        }
    };
    list("guards", &it.guards);
    list("needs", &it.requires);
    list("unless", &it.bound_by);
    list("sharing of", &it.contents);
    if let Some(family) = it.governed_by {
        let floor = if it.floor { ", which may lift it" } else { "" };
        parts.push(format!("family {family}{floor}"));
    }
    if it.exclusive.is_some() {
        parts.push("exclusive access".to_owned());
    }
    parts.join("\n")
}

fn aside(it: &SetAside<'_>, folder: &TenantFolder) -> String {
    let why = match it.why {
        Aside::Unticked => "unticked for the user",
        Aside::Ended => "it has ended",
        Aside::Condition => "its condition does not hold for the user",
    };
    let at = it.place.map(|place| format!(" ({})", wording::places(&[place], folder)));
    format!("{} by {}{}: {why}", it.permission, wording::giver(&it.giver), at.unwrap_or_default())
}

fn restriction(it: &Restriction<'_>, folder: &TenantFolder) -> String {
    let (_, from) = sources(&it.sources, &it.limited, folder);
    let from = from.replace('\n', ", ");
    let mut does = Vec::new();
    if !it.forbids.is_empty() {
        does.push(format!("forbids {}", wording::quoted(&it.forbids)));
    }
    for it in &it.obliges {
        let values = it.obligation.values.join(", ");
        does.push(format!("obliges to {} {values} on `{}`", it.obligation.code, it.on));
    }
    if !it.sees_redacted.is_empty() {
        does.push(format!("sees {} redacted", it.sees_redacted.join(", ")));
    }
    if !it.shares_redacted.is_empty() {
        does.push(format!("shares {} redacted", it.shares_redacted.join(", ")));
    }
    if does.is_empty() {
        does.push("forbids nothing".to_owned());
    }
    let binds = match it.binds {
        Some(true) => "",
        Some(false) => "; does not bind this user",
        None => "; the record decides whether it binds",
    };
    format!("{}: {}{binds}; from {from}", it.toggle, does.join(", "))
}

fn delegated(it: &DelegatedRight<'_>) -> String {
    let what = match it.void {
        Some(void) if void.user == it.from => format!("of no use: {}", told_of(it.from, &void.why)),
        Some(void) => format!("of no use: {}", wording::void(&void.why)),
        None if it.scope.is_none() && it.limited.is_empty() => {
            format!("of no use: `{}` does not hold it", it.from)
        }
        None => {
            format!(
                "as far as `{}` could do it: {}",
                it.from,
                wording::reach(it.scope, &it.limited, &[])
            )
        }
    };
    let mut text = format!("{} by `{}`, {what}", it.permission, it.from);
    if !it.audiences.is_empty() {
        text.push_str(&format!("; for {}", it.audiences.join(", ")));
    }
    if let Some(from) = it.valid_from {
        text.push_str(&format!("; from {}", from));
    }
    if let Some(until) = it.valid_until {
        text.push_str(&format!("; until {}", until));
    }
    text
}

fn told_of(user: &str, void: &Void<'_>) -> String {
    format!("for `{user}`, {}", wording::void(void))
}

pub(super) fn membership(it: &Membership<'_>) -> String {
    let list = |what: &str, matchers: &[Matcher<'_>]| {
        let names: Vec<String> = matchers.iter().map(matcher).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let word = match it.member {
        Openness::Yes => "a member",
        Openness::No => "not a member",
        Openness::Depends => "depends on the record",
    };
    let why: Vec<String> = [
        list("by", &it.admitted_by),
        list("perhaps by", &it.undecided),
        list("not by", &it.failed),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{}: {word}; {}", it.program, why.join("; "))
}

fn matcher(matcher: &Matcher<'_>) -> String {
    match matcher {
        Matcher::Role(name) => format!("role `{name}`"),
        Matcher::Team(name) => format!("team `{name}`"),
        Matcher::ExactTeam(name) => format!("exactly team `{name}`"),
        Matcher::Tag(name) => format!("tag `{name}`"),
        Matcher::Condition(source) => format!("the condition {source}"),
    }
}
