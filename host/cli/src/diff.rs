//! `permesso diff`: how two users differ, and what would make them equal.

use super::ask::folder;
use super::code::differences;
use super::what_can::membership;
use super::{Components, Failure, Stored, compiled, now, print_pretty, wording};
use clap::Args;
use comfy_table::Table;
use permesso_engine::inspect::{Besides, Diff, Edit, GrantWithin, Less, Possession, Way, diff};
use permesso_engine::model::Instant;
use permesso_store::Location;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Whom to compare.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// A folder with product.yaml, tenant.yaml and people.yaml; may be given several times
    #[arg(long = "example", value_name = "DIR", required_unless_present = "store")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    components: Components,
    /// Compare a tenant of this store with files instead: `sqlite:FILE` or
    /// `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL", conflicts_with = "folders", requires = "tenant")]
    store: Option<Location>,
    /// The tenant, where the folders hold more than one
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// A user's id; with --store a file, or a folder with tenant.yaml
    #[arg(value_name = "A")]
    a: String,
    /// Another user's
    #[arg(value_name = "B", required_unless_present = "store", conflicts_with = "store")]
    b: Option<String>,
    /// The instant, such as 2026-12-31T18:00:00+01:00 [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        if let (Some(store), Some(tenant)) = (&self.store, &self.tenant) {
            let stored = Stored { store: store.clone() };
            let found = differences(&stored, &self.components, tenant, Path::new(&self.a))?;
            print!("{found}");
            return Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let point = self.components.build(&self.folders)?;
        let b = self.b.as_deref().unwrap_or_default();
        let folder = folder(self.tenant.as_deref(), &point)?;
        let tenant = compiled(&point, folder)?;
        let diff = diff(&tenant, &self.a, b, self.at.map_or_else(now, Instant::millis))?;
        if self.json {
            print_pretty(&diff)?;
        } else {
            print!("{}", text(&diff));
        }
        Ok(if diff.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn text(diff: &Diff<'_>) -> String {
    let (a, b) = (diff.a, diff.b);
    if diff.is_empty() {
        return format!("`{a}` and `{b}` do not differ\n");
    }
    let mut out = String::new();
    let mut add = |title: &str, table: &Table, count: usize| {
        if count > 0 {
            out.push_str(&format!("{title}\n{table}\n\n"));
        }
    };
    let header = ["", a, b, "to make them equal, and what else that does"];
    let mut table = wording::table(header);
    for it in &diff.permissions {
        let name = match it.restricts {
            true => format!("{} (restricts)", it.permission),
            false => it.permission.to_owned(),
        };
        table.add_row([name, held(&it.a), held(&it.b), ways(&it.ways)]);
    }
    for it in &diff.delegated {
        let name = format!("{}\ndelegated by `{}`", it.permission, it.from);
        let (mine, theirs) = match it.less {
            Less::A => ("less", "more"),
            Less::B => ("more", "less"),
            Less::Both => ("otherwise", "otherwise"),
        };
        let way = format!("`{}` would have to delegate it", it.from);
        table.add_row([name, mine.to_owned(), theirs.to_owned(), way]);
    }
    add("Permissions", &table, diff.permissions.len() + diff.delegated.len());
    let mut table = wording::table(header);
    for it in &diff.programs {
        let of = |it| membership(it).split_once(": ").map_or(String::new(), |(_, how)| cell(how));
        table.add_row([it.a.program.to_owned(), of(&it.a), of(&it.b), ways(&it.ways)]);
    }
    add("Programs", &table, diff.programs.len());
    let mut table = wording::table(header);
    for it in &diff.items {
        let of = |open| wording::open(open).to_owned();
        table.add_row([wording::gate(&it.gate), of(it.a.open), of(it.b.open), ways(&it.ways)]);
    }
    add("Exclusive items", &table, diff.items.len());
    if !diff.follows.is_empty() {
        out.push_str("May differ, where a record or an instant decides\n");
        for text in wording::follows(&diff.follows) {
            out.push_str(&format!("  {text}\n"));
        }
        out.push('\n');
    }
    if diff.untried > 0 {
        let untried = wording::count(diff.untried, "change was", "changes were");
        out.push_str(&format!("{untried} not tried because there are too many\n"));
    }
    out
}

/// What is said in a row, one part a line.
fn cell(text: &str) -> String {
    text.replace("; ", "\n")
}

fn held(it: &Possession<'_>) -> String {
    let mut text = wording::reach(it.scope, &it.limited, &it.teams);
    text.push_str(&wording::required(&it.requires));
    let givers: Vec<String> = it.givers.iter().map(wording::giver).collect();
    if !givers.is_empty() {
        text.push_str(&format!("\n{}", givers.join("\n")));
    }
    if let Some(void) = &it.void {
        text.push_str(&format!("\nof no use: {}", wording::void(void)));
    }
    text
}

fn ways(ways: &[Way<'_>]) -> String {
    if ways.is_empty() {
        return "nothing that one user could be given".to_owned();
    }
    let all: Vec<String> = ways.iter().map(way).collect();
    all.join("\n")
}

fn way(way: &Way<'_>) -> String {
    let changes: Vec<String> = way.changes.iter().map(edit).collect();
    let mut text = format!("`{}`: {}", way.user, changes.join(" and "));
    for (word, besides) in [("opens", &way.opens), ("closes", &way.closes)] {
        if besides.count() > 0 {
            text.push_str(&format!("\n  also {}", names(word, besides)));
        }
    }
    for follows in wording::follows(&way.follows) {
        text.push_str(&format!("\n  {follows}"));
    }
    text
}

fn names(word: &str, it: &Besides<'_>) -> String {
    let mut names: Vec<String> = it.permissions.iter().map(|name| (*name).to_owned()).collect();
    let delegated = it.delegated.iter();
    names.extend(delegated.map(|it| format!("{} delegated by `{}`", it.permission, it.from)));
    names.extend(it.programs.iter().map(|name| format!("program {name}")));
    names.extend(it.items.iter().map(wording::gate));
    let mut parts = Vec::new();
    if !names.is_empty() {
        let more = if it.more > 0 { format!(" and {} more", it.more) } else { String::new() };
        parts.push(format!("{word} {}{more}", names.join(", ")));
    }
    if !it.restrictions.is_empty() {
        let word = if word == "opens" { "lifts" } else { "imposes" };
        parts.push(format!("{word} {}", it.restrictions.join(", ")));
    }
    parts.join("; ")
}

fn edit(edit: &Edit) -> String {
    match edit {
        Edit::Activate => "reactivate".to_owned(),
        Edit::Accept => "have the invitation accepted".to_owned(),
        Edit::MakeOwner => "make the account's owner".to_owned(),
        Edit::GiveRole { role } => format!("give role `{role}`"),
        Edit::TakeRole { role } => format!("take role `{role}`"),
        Edit::AttachPolicy { policy } => format!("attach policy `{policy}`"),
        Edit::DetachPolicy { policy } => format!("detach policy `{policy}`"),
        Edit::Grant { permission, scope, limited } => {
            let limited: Vec<_> = limited.iter().map(GrantWithin::limits).collect();
            format!("grant `{permission}` at {}", wording::reach(*scope, &limited, &[]))
        }
        Edit::Revoke { permission } => format!("delete the grants of `{permission}`"),
        Edit::RevokeCategory { category } => format!("delete the grants of category `{category}`"),
        Edit::Tick { permission } => format!("tick `{permission}`"),
        Edit::Untick { permission } => format!("remove the tick of `{permission}`"),
        Edit::TickAgain { permission } => format!("tick `{permission}` again"),
        Edit::AddTag { tag } => format!("add tag `{tag}`"),
        Edit::JoinTeam { team } => format!("put in team `{team}`"),
        // No comparison proposes what is left.
        other => other.to_string(),
    }
}
