//! The impact of an edit for people: first what to think about, then who is concerned.

use crate::wording;
use permesso_engine::inspect::{
    Followed, Gate, Impact, ItemChange, Openness, Presence, ProgramChange, Reach, RightChange,
    RuleChange, Shift, Side, Touched, UserImpact, Warning,
};
use permesso_engine::model::Access;
use std::io::{self, Write};

/// Prints everything, the users as they come.
pub(crate) fn print(out: &mut impl Write, impact: &mut Impact<'_>) -> io::Result<()> {
    list(out, "Edited", impact.touched(), touched)?;
    list(out, "Warnings", impact.warnings(), warning)?;
    list(out, "Decided by the record, so not told by user", impact.rules(), rule)?;
    list(out, "May follow, where a record or an instant decides", impact.follows(), followed)?;
    if impact.more_follows() > 0 {
        writeln!(out, "and {} more that may follow\n", impact.more_follows())?;
    }
    list(out, "Exclusive", impact.exposed(), |it| {
        let users = wording::count(it.users, "user", "users");
        match it.opens {
            true => format!("{} opens to everybody: {users} gain it", wording::gate(&it.gate)),
            false => format!("{} becomes exclusive: {users} lose it", wording::gate(&it.gate)),
        }
    })?;
    list(out, "Answered differently", impact.flips(), |flip| {
        let request = flip.request;
        let resource = match request.resource.id {
            Some(id) => format!("{}:{id}", request.resource.kind),
            None => request.resource.kind.to_owned(),
        };
        let word = if flip.after.is_allow() { "ALLOW" } else { "DENY" };
        let (who, action, why) = (request.subject, request.action, &flip.after.reason);
        format!("{who} {action} {resource}: now {word}, {why}")
    })?;
    for user in impact.by_ref() {
        print_user(out, &user)?;
    }
    let totals = impact.totals();
    if totals.cut {
        writeln!(out, "cut at {}; raise --limit to see all", totals.listed)?;
    }
    let users = wording::count(totals.users, "user", "users");
    let affected = totals.affected;
    if affected == 0 {
        let decided = impact.rules().is_empty() && impact.follows().is_empty();
        return match decided {
            true => writeln!(out, "nothing changes for any of {users}"),
            false => writeln!(
                out,
                "nothing changes for any of {users} but what may follow from what is listed above"
            ),
        };
    }
    let (losing, gaining) = (totals.losing, totals.gaining);
    let following = match totals.following {
        0 => String::new(),
        some => format!(", for {some} something may follow"),
    };
    writeln!(
        out,
        "something changes for {affected} of {users}: {losing} lose something, {gaining} gain something{following}"
    )
}

fn list<T>(
    out: &mut impl Write,
    title: &str,
    items: &[T],
    line: impl Fn(&T) -> String,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    for item in items {
        writeln!(out, "  {}", line(item))?;
    }
    writeln!(out)
}

fn touched(it: &Touched<'_>) -> String {
    let how = match it.how {
        Side::Added => "is new",
        Side::Removed => "is gone",
        Side::Changed => "changed",
    };
    let holders = it.holders.map(|count| format!(", held by {count}")).unwrap_or_default();
    format!("{} `{}` {how}{holders}", it.what, it.id)
}

fn warning(it: &Warning<'_>) -> String {
    match it {
        Warning::SelfLockout { permission, shift: Shift::Lost } => {
            format!("you lose `{permission}`")
        }
        Warning::SelfLockout { permission, shift: Shift::Gained } => {
            format!("`{permission}` will restrict you")
        }
        Warning::SelfLockout { permission, .. } => {
            format!("you hold `{permission}` less far than before")
        }
        Warning::SelfShutOut(gate) => format!("{} closes to you", wording::gate(gate)),
        Warning::NobodyLeft { permission } => format!("nobody is left who holds `{permission}`"),
        Warning::OpensToEverybody(gate) => opens(gate),
    }
}

fn opens(gate: &Gate<'_>) -> String {
    let access = match gate.access {
        Access::View => "view",
        Access::Edit => "edit",
    };
    let (kind, id) = (gate.kind, gate.id);
    format!(
        "{} opens to everybody, because no program gives it any more; to keep it closed, add \
         {{kind: {kind}, id: {id}, access: {access}}} to the tenant's `closed` list",
        wording::gate(gate)
    )
}

fn followed(it: &Followed) -> String {
    let users = it.users.map(|users| format!(" ({})", wording::count(users, "user", "users")));
    format!("{}{}", wording::follow(&it.follow), users.unwrap_or_default())
}

fn rule(it: &RuleChange<'_>) -> String {
    match it {
        RuleChange::Sharing(what) => format!("sharing rules changed: {what}"),
        RuleChange::Guard(id) => format!("guard `{id}` changed"),
        RuleChange::Own(id) => format!("what counts as own for `{id}` changed"),
        RuleChange::Shows(id) => format!("what `{id}` shows changed"),
        RuleChange::Obligations(id) => format!("the obligations on `{id}` changed"),
        RuleChange::Family(id) => format!("family `{id}` or its settings changed"),
        RuleChange::Program(id) => format!("whom program `{id}` admits by the record changed"),
        RuleChange::Parts(kind) => format!("what a `{kind}` is a part of changed"),
        RuleChange::Attribute(path) => format!("the type of `{path}` changed"),
        RuleChange::About(id) => format!("which kinds of resources `{id}` is about changed"),
        RuleChange::Kind(kind) => {
            format!("what a question about a `{kind}` has to say, or may, changed")
        }
        RuleChange::Asked(root) => format!("what a question may say of the {root} changed"),
        RuleChange::SubjectTypes => "the types of subjects changed".to_owned(),
        RuleChange::Anonymous(id) => {
            format!("what anybody may do with `{id}`, asking anonymously, changed")
        }
        RuleChange::Teams => "how resources lie in teams changed".to_owned(),
    }
}

fn print_user(out: &mut impl Write, user: &UserImpact<'_>) -> io::Result<()> {
    let presence = match user.presence {
        Presence::Stays => "",
        Presence::Joins => " (is new)",
        Presence::Leaves => " (is gone)",
    };
    writeln!(out, "{}{presence}", user.user)?;
    for it in &user.rights {
        writeln!(out, "  {}", right(it))?;
    }
    for it in &user.delegated {
        writeln!(out, "  {}, delegated by `{}`", shift(it.shift, false, it.permission), it.from)?;
    }
    for it in &user.programs {
        writeln!(out, "  {}", program(it))?;
    }
    for it in &user.items {
        writeln!(out, "  {}", item(it))?;
    }
    for text in wording::follows(&user.follows) {
        writeln!(out, "  ± {text}")?;
    }
    writeln!(out)
}

/// What becomes of a right or a restriction, after a mark for more or less.
fn shift(shift: Shift, restricts: bool, name: &str) -> String {
    match (shift, restricts) {
        (Shift::Gained, false) => format!("+ gains {name}"),
        (Shift::Widened, false) => format!("+ holds {name} further"),
        (Shift::Narrowed, false) => format!("- holds {name} less far"),
        (Shift::Lost, false) => format!("- loses {name}"),
        (Shift::Moved, false) => format!("± holds {name} otherwise"),
        (Shift::Gained, true) => format!("- is restricted by {name}"),
        (Shift::Widened, true) => format!("- is restricted by {name} in more cases"),
        (Shift::Narrowed, true) => format!("+ is restricted by {name} in fewer cases"),
        (Shift::Lost, true) => format!("+ is no longer restricted by {name}"),
        (Shift::Moved, true) => format!("± is restricted by {name} in other cases"),
    }
}

fn right(it: &RightChange<'_>) -> String {
    let reach = |it: &Reach| {
        let reach = wording::reach(it.scope, &it.limited, &it.teams);
        format!("{reach}{}", wording::required(&it.requires))
    };
    let (was, is) = (reach(&it.before), reach(&it.after));
    let how = match (it.shift, it.restricts) {
        (Shift::Gained | Shift::Lost, true) => String::new(),
        (Shift::Gained, false) => format!(": {is}"),
        (Shift::Lost, false) => format!(": was {was}"),
        _ => format!(": {was} → {is}"),
    };
    let void = it.void.map(|why| format!(" ({})", wording::void(&why))).unwrap_or_default();
    format!("{}{how}{void}", shift(it.shift, it.restricts, it.permission))
}

fn program(it: &ProgramChange<'_>) -> String {
    match (it.before, it.after) {
        (_, Openness::Yes) => format!("+ joins program {}", it.program),
        (_, Openness::No) => format!("- leaves program {}", it.program),
        (Openness::Yes, Openness::Depends) => {
            format!("- is in program {} only where the record says so", it.program)
        }
        _ => format!("+ is in program {} where the record says so", it.program),
    }
}

fn item(it: &ItemChange<'_>) -> String {
    let gate = wording::gate(&it.gate);
    let everybody = if it.to_everybody { ", as to everybody" } else { "" };
    match (it.before, it.after) {
        (_, Openness::Yes) => format!("+ {gate} opens{everybody}"),
        (_, Openness::No) => format!("- {gate} closes"),
        (Openness::Yes, Openness::Depends) => {
            format!("- {gate} is open only where the record says so")
        }
        _ => format!("+ {gate} is open where the record says so"),
    }
}
