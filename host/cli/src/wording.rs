//! Words that several commands print: who gave a right, how far it goes, where that stands.

use comfy_table::{ContentArrangement, Table, presets};
use permesso_engine::decision::Obligation;
use permesso_engine::inspect::{
    Follow, Follows, Gate, Giver, Limits, Openness, Required, RightSource, Void,
};
use permesso_engine::model::{Access, Document, Place, Scope};
use permesso_folders::TenantFolder;
use std::path::Path;

/// An empty table in the style of all.
pub(super) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// Lines of the documents, as `tenant.yaml:12`.
pub(super) fn places(places: &[Place], folder: &TenantFolder) -> String {
    let known = places.iter().filter(|place| place.at.line > 0);
    let names: Vec<String> = known
        .map(|place| {
            let file = match place.document {
                Document::Catalog => &folder.catalog.source().file,
                Document::Tenant => &folder.tenant.file,
                Document::Directory => &folder.directory.file,
            };
            let name = Path::new(file).file_name().map_or(file.into(), |it| it.to_string_lossy());
            format!("{name}:{}", place.at.line)
        })
        .collect();
    names.join(", ")
}

/// Who gave a right.
pub(super) fn giver(giver: &Giver<'_>) -> String {
    match giver {
        Giver::Role(id) => format!("role `{id}`"),
        Giver::Policy(id) => format!("policy `{id}`"),
        Giver::User => "granted to the user".to_owned(),
        Giver::Ticked => "ticked for the user".to_owned(),
        Giver::Baseline => "held by every active member".to_owned(),
        Giver::Owner => "owns the account".to_owned(),
    }
}

/// A source with its lines.
pub(super) fn source(source: &RightSource<'_>, folder: &TenantFolder) -> String {
    let at = places(&source.places, folder);
    let at = if at.is_empty() { at } else { format!(" ({at})") };
    format!("{}{at}", giver(&source.giver))
}

/// A limited scope.
pub(super) fn limits(limits: &Limits) -> String {
    let mut text = limits.scope.to_string();
    if !limits.teams.is_empty() {
        text.push_str(&format!(" in {}", limits.teams.join(", ")));
    }
    if !limits.exact_teams.is_empty() {
        text.push_str(&format!(" in exactly {}", limits.exact_teams.join(", ")));
    }
    if let Some(from) = limits.valid_from {
        text.push_str(&format!(" from {}", from));
    }
    if let Some(until) = limits.valid_until {
        text.push_str(&format!(" until {}", until));
    }
    if let Some(condition) = &limits.condition {
        text.push_str(&format!(" if {condition}"));
    }
    if let Some(and) = &limits.and {
        text.push_str(&format!(" and within {}", self::limits(and)));
    }
    text
}

/// Everything that a permission is held at.
pub(super) fn reach(scope: Scope, limited: &[Limits], teams: &[String]) -> String {
    let mut parts = Vec::new();
    if !scope.is_none() || limited.is_empty() {
        parts.push(scope.to_string());
    }
    parts.extend(limited.iter().map(limits));
    let text = parts.join("; ");
    if teams.is_empty() { text } else { format!("{text} (of {})", teams.join(", ")) }
}

/// Why something that is granted is of no use.
pub(super) fn void(void: &Void<'_>) -> String {
    match void {
        Void::Status(status) => format!("the user is {}", status.name()),
        Void::Pending => "the invitation has not been accepted".to_owned(),
        Void::Plan(name) => format!("the plan does not include `{name}`"),
        Void::Guard(name) => format!("the guard `{name}` does not let this user"),
        Void::Requires(name) => format!("it also needs `{name}`, which is held nowhere"),
        Void::BoundBy(name) => format!("`{name}` forbids it"),
        Void::NobodysOwn => "nothing is anybody's own".to_owned(),
    }
}

/// What has to be held on the same record besides.
pub(super) fn required(all: &[Required]) -> String {
    let texts = all.iter().map(|it| {
        let held = reach(it.scope, &it.limited, &it.teams);
        let by = match it.delegated_by.is_empty() {
            true => String::new(),
            false => format!(" or as `{}` delegated it", it.delegated_by.join("`, `")),
        };
        format!(", as far as `{}` is held too: {held}{by}", it.permission)
    });
    texts.collect()
}

/// Something that may follow from a change.
pub(super) fn follow(it: &Follow) -> String {
    let reader = it.reader;
    let place = it.place.filter(|place| place.at.line > 0).map(|place| {
        let document = match place.document {
            Document::Catalog => "catalog",
            Document::Tenant => "tenant",
            Document::Directory => "people",
        };
        format!(" (line {} of the {document})", place.at.line)
    });
    let of = it.delegated_by.as_ref().map(|from| format!(" of `{from}`, who delegated"));
    let others = if it.for_others { " for others" } else { "" };
    let more = if it.more > 0 { format!(" and {} more", it.more) } else { String::new() };
    format!(
        "{reader} `{}`{} reads {}{}, which differs: may decide otherwise{others} about {}{more}",
        it.id,
        place.unwrap_or_default(),
        it.reads.join(", "),
        of.unwrap_or_default(),
        it.governs.join(", "),
    )
}

/// What may follow from a change, one a line.
pub(super) fn follows(all: &Follows) -> Vec<String> {
    let mut lines: Vec<String> = all.listed.iter().map(follow).collect();
    if all.more > 0 {
        lines.push(format!("{} more that may follow", all.more));
    }
    lines
}

/// An item and an access to it.
pub(super) fn gate(gate: &Gate<'_>) -> String {
    let access = match gate.access {
        Access::View => "view",
        Access::Edit => "edit",
    };
    format!("{access} {}:{}", gate.kind, gate.id)
}

/// Whether something is open.
pub(super) const fn open(open: Openness) -> &'static str {
    match open {
        Openness::Yes => "yes",
        Openness::No => "no",
        Openness::Depends => "depends on the record",
    }
}

/// What a caller has to do.
pub(super) fn obligation(obligation: &Obligation) -> String {
    let values = match obligation.values.is_empty() {
        true => String::new(),
        false => format!(" {}", obligation.values.join(", ")),
    };
    format!("{}{values} (from {})", obligation.code, obligation.source)
}

/// Names in a row, in the quotes that the messages use.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A number with its noun.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
