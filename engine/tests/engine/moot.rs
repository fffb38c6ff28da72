//! What can be known, when it is written, to hold always, never or of nobody: each is refused with
//! its place and what to write.

use crate::common;
use crate::wrong_names::{PEOPLE, TENANT, catalog, of_grant, refused, sound, taken, told};
use permesso_engine::compile::FamilySet;

/// What is said of a condition about tickets.
fn of_ticket(condition: &str) -> String {
    of_grant(&format!("permission: ticket.read, scope: all, condition: '{condition}'"))
}

/// What is said of the desk in which something else stands.
fn changed(from: &str, to: &str) -> String {
    let catalog = sound();
    assert!(catalog.contains(from), "{from}");
    told(&catalog.replacen(from, to, 1), "", PEOPLE)
}

#[test]
fn a_text_that_every_text_holds_is_not_looked_for() {
    refused(
        &[
            ("contains(resource.place, \"\")", &["`resource.place` always holds the empty text"]),
            ("!resource.place.contains(\"\")", &["always holds"]),
            ("starts_with(resource.place, \"\")", &["always begins with"]),
            ("ends_with(resource.state, \"\")", &["always ends with", "resource.state != \"\""]),
            ("contains(lower(resource.place), \"\")", &["always holds"]),
        ],
        of_ticket,
    );
    taken(&["resource.place == \"\"", "\"\" in [resource.place, \"x\"]"], of_ticket);
}

#[test]
fn what_is_compared_with_itself_is_refused() {
    refused(
        &[
            ("resource.place == resource.place", &["always the same", "something else"]),
            ("resource.place != resource.place", &["always the same"]),
            ("resource.amount <= resource.amount", &["always the same"]),
            ("lower(resource.place) == lower(resource.place)", &["always the same"]),
            ("resource.amount + 1 > resource.amount + 1", &["always the same"]),
            ("(resource.place ?? \"x\") == (resource.place ?? \"x\")", &["always the same"]),
            ("contains(resource.place, resource.place)", &["always the same"]),
            ("overlaps(resource.labels, resource.labels)", &["always the same"]),
            ("now == now", &["always the same"]),
            ("now < now + days(1)", &["always the same"]),
        ],
        of_ticket,
    );
    taken(
        &["resource.amount + 1 > resource.amount * 2", "resource.amount < subject.level"],
        of_ticket,
    );
}

#[test]
fn two_that_have_no_value_in_common_are_not_compared() {
    let told = |condition: &str| {
        let more = "attributes:\n  resource.size: {type: text, one_of: [small, large]}\n  \
                    subject.sizes: {type: texts, one_of: [SMALL, huge]}";
        let catalog =
            sound().replace("attributes:\n  resource.place", &format!("{more}\n  resource.place"));
        let tenant = TENANT.replace("roles:\n", &format!("roles:\n  - {{id: tried, grants: [{{permission: ticket.read, scope: all, condition: '{condition}'}}]}}\n"));
        match common::build(&catalog, &tenant, PEOPLE, &FamilySet::default()) {
            Ok(_) => String::new(),
            Err(found) => found.to_string(),
        }
    };
    refused(
        &[
            ("resource.size == subject.grade", &["is never", "junior, senior"]),
            ("resource.size != subject.grade", &["is never"]),
            ("resource.size in subject.sizes", &["is never"]),
            ("overlaps(subject.sizes, resource.labels)", &["is never"]),
            ("resource.size in [subject.grade, resource.state]", &["is never"]),
            ("contains(resource.size, subject.grade)", &["never holds"]),
            // Of tickets; reports have other states.
            ("resource.state == resource.size", &["is never"]),
        ],
        told,
    );
    taken(
        &[
            "lower(resource.size) in lower(subject.sizes)",
            "resource.size == resource.place",
            "resource.size in [subject.grade, \"small\"]",
        ],
        told,
    );
    // What one kind has of both is looked at, not what any kind has of either.
    let kinds = |state: &str, mood: &str| {
        let catalog = sound()
            .replace("amount: integer}", &format!("amount: integer, mood: {mood}}}"))
            .replace("pages: integer}", &format!("pages: integer, mood: {state}}}"));
        let condition = "resource.state == resource.mood";
        let tenant = TENANT.replace("roles:\n", &format!("roles:\n  - {{id: tried, grants: [{{permission: ticket.read, scope: all, condition: '{condition}'}}]}}\n"));
        common::build(&catalog, &tenant, PEOPLE, &FamilySet::default())
            .map_err(|it| it.to_string())
            .err()
    };
    let (open, sent) = ("{type: text, one_of: [open]}", "{type: text, one_of: [sent]}");
    assert_eq!(kinds(sent, open), None);
    let said = kinds(open, sent).unwrap();
    assert!(said.contains("never alike in one of the kinds"), "{said}");
}

#[test]
fn what_a_record_says_is_no_name_unless_it_is_known_to_be_one() {
    refused(
        &[
            ("has_role(resource.place)", &["`resource.place` could be any text", "one_of"]),
            ("!has_role(resource.place)", &["could be any text"]),
            ("has_tag(resource.place)", &["names a tag"]),
            ("in_team(resource.place)", &["names a team"]),
            ("has_role(subject.id)", &["`subject.id` could be any text"]),
            // None of its values is a role, or a tag.
            ("has_role(resource.state)", &["the role `open`, which there is not"]),
            ("has_tag(subject.grade)", &["the tag `junior`"]),
        ],
        of_ticket,
    );
    let listed = |path: &str, values: &str, condition: &str| {
        let catalog = sound().replace(
            "resource.place: text",
            &format!("{path}: {{type: text, one_of: [{values}]}}\n  resource.place: text"),
        );
        let tenant = TENANT.replace("roles:\n", &format!("roles:\n  - {{id: tried, grants: [{{permission: ticket.read, scope: all, condition: '{condition}'}}]}}\n"));
        common::build(&catalog, &tenant, PEOPLE, &FamilySet::default())
            .map_or_else(|it| it.to_string(), |_| String::new())
    };
    assert_eq!(listed("resource.wanted", "agent, writer", "has_role(resource.wanted)"), "");
    assert_eq!(listed("resource.wanted", "vip", "has_tag(resource.wanted)"), "");
    assert_eq!(listed("resource.wanted", "sales, support", "in_team(resource.wanted)"), "");
    let said = listed("resource.wanted", "agent, wirter", "has_role(resource.wanted)");
    assert!(said.contains("the role `wirter`") && said.contains("`writer`"), "{said}");
    // By this one records name their teams.
    let team =
        sound().replace("resource.place: text", "resource.place: text\n  resource.team: text");
    let grant = "roles: [{id: tried, grants: [{permission: ticket.read, scope: all, condition: in_team(resource.team)}]}]";
    let tenant = format!("tenant: acme\nproduct: desk\n{grant}");
    assert!(common::build(&team, &tenant, PEOPLE, &FamilySet::default()).is_ok());
}

#[test]
fn a_list_is_not_compared_with_one_text_nor_a_text_with_a_list() {
    let told = |require: &str| {
        let require = format!("resource.{require}");
        told(&catalog("subject.level > 1", &require, "subject.level > 1"), "", PEOPLE)
    };
    refused(
        &[
            ("labels: urgent", &["product.yaml", "`resource.labels` is a list", "\"urgent\" in"]),
            ("labels: {is_not: urgent}", &["is a list"]),
            ("labels: {in: [urgent, spam]}", &["is a list"]),
            ("labels: {at_least: 3}", &["never be"]),
            ("state: {is: [open]}", &["never be"]),
            ("state: {in: [[open]]}", &["never be"]),
            ("amount: {is: [1]}", &["never be"]),
        ],
        told,
    );
    taken(&["labels: {is: [urgent]}", "labels: {present: true}", "state: open"], told);
}

#[test]
fn kinds_that_a_rule_is_never_about_are_not_asked_for() {
    refused(
        &[
            ("resource.kind == \"report\"", &["`resource.kind` is never `report`", "ticket"]),
            ("resource.kind != \"report\"", &["is never `report`"]),
            ("resource.kind in [\"ticket\", \"report\"]", &["is never `report`"]),
            ("starts_with(resource.kind, \"rep\")", &["is never `rep`"]),
        ],
        of_ticket,
    );
    taken(&["resource.kind == \"ticket\""], of_ticket);
    let any = |condition: &str| {
        of_grant(&format!(
            "permissions: [any.see, ticket.read], scope: all, condition: '{condition}'"
        ))
    };
    taken(&["resource.kind == \"report\""], any);
    let require = |require: &str| {
        told(&catalog("subject.level > 1", require, "subject.level > 1"), "", PEOPLE)
    };
    refused(
        &[
            (
                "resource.kind: report",
                &["product.yaml", "guards.door.require", "is never `report`"],
            ),
            ("resource.kind: {is_not: report}", &["is never `report`"]),
            ("resource.kind: {in: [ticket, report]}", &["is never `report`"]),
        ],
        require,
    );
    taken(&["resource.kind: ticket"], require);
}

#[test]
fn what_is_taken_where_nothing_is_sent_need_be_none_of_the_values() {
    taken(
        &[
            "(resource.state ?? \"\") == \"open\"",
            "(resource.state ?? \"\") != \"\"",
            "(resource.state ?? \"unknown\") in [\"open\", \"unknown\"]",
            "lower(resource.state ?? \"\") == \"open\"",
            "overlaps(resource.labels ?? [\"none\"], [\"none\", \"spam\"])",
        ],
        of_ticket,
    );
    refused(
        &[
            // What is nearly one of them is a slip.
            ("(resource.state ?? \"opne\") == \"open\"", &["`\"open\"`"]),
            ("(resource.state ?? \"\") == \"shut\"", &["`resource.state` is never `shut`"]),
            ("(resource.state ?? \"x\") == \"\"", &["is never ``"]),
        ],
        of_ticket,
    );
}

#[test]
fn an_attribute_without_a_type_is_told_from_one_that_nobody_declared() {
    let of_any = |condition: &str| {
        let catalog = sound().replace("resource.place: text", "resource.place: any");
        let catalog = catalog
            .replace("condition: subject.level > 1, m", &format!("condition: '{condition}', m"));
        told(&catalog, "", PEOPLE)
    };
    let said = of_any("resource.place == \"x\"");
    assert!(said.contains("`resource.place` is declared as any value"), "{said}");
    assert!(said.contains("declare a type of it"), "{said}");
    assert!(of_any("is_set(resource.place)").contains("declared as any value"));
    assert!(of_any("resource.plaze == \"x\"").contains("unknown attribute"));
}

#[test]
fn what_covers_roles_is_named_as_an_attribute_and_can_hold_roles() {
    let check = |names: &str| {
        let to = format!("check: {{covered: [{names}]}}");
        changed("require: {resource.amount: 1}", &to)
    };
    let said = check("resource.place");
    assert!(said.contains("write `place`, without `resource.`"), "{said}");
    let said = check("amount");
    assert!(said.contains("`amount` is declared as integer, which names no role"), "{said}");
    assert_eq!(check("place"), "");
    assert_eq!(check("labels"), "");
}

#[test]
fn a_permission_that_nobody_could_use_is_refused() {
    let said = changed("{id: ticket.close}", "{id: ticket.close, requires: [report.read]}");
    for told in
        ["product.yaml", "permissions.ticket.close.requires", "about ticket", "about report"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(
        changed("{id: ticket.close}", "{id: ticket.close, requires: [any.see, ticket.read]}"),
        ""
    );
    let said = changed("{id: ticket.close}", "{id: ticket.close, exclusive: view}");
    assert!(
        said.contains("which no program can give here") && said.contains("`resource_kinds`"),
        "{said}"
    );
    // A part is given with its whole.
    let part = sound()
        .replace("ticket: {attributes", "ticket: {part_of: [{kind: report, by: id}], attributes")
        .replace("{id: ticket.close}", "{id: ticket.close, exclusive: view}");
    assert_eq!(told(&part, "", PEOPLE), "");
    let plans = "plans: {small: {entitlements: [basic]}, large: {addons: [closing]}}\nguards:";
    let entitled = |name: &str| {
        let catalog = sound().replace("guards:", plans);
        let to = format!("{{id: ticket.close, entitlement: {name}}}");
        told(&catalog.replace("{id: ticket.close}", &to), "", PEOPLE)
    };
    assert_eq!(entitled("closing"), "");
    let said = entitled("closnig");
    assert!(said.contains("no plan includes `closnig`") && said.contains("`closing`"), "{said}");
}

#[test]
fn what_stands_twice_in_a_list_is_refused() {
    let one_of = changed("one_of: [open, closed]", "one_of: [open, closed, open]");
    assert!(
        one_of.starts_with("product.yaml:") && one_of.contains("`open` stands twice"),
        "{one_of}"
    );
    let plans = "plans: {small: {entitlements: [basic, basic]}}\nguards:";
    assert!(changed("guards:", plans).contains("plans.small.entitlements"));
    let people = |user: &str| told(&sound(), "", &format!("users: [{{id: u, {user}}}]"));
    refused(
        &[
            (
                "tags: [vip, night, vip]",
                &["people.yaml", "users.u.tags", "`vip` stands here twice"],
            ),
            ("policies: [extra, extra]", &["users.u.policies"]),
            ("teams: [support, support]", &["users.u.teams"]),
        ],
        people,
    );
    taken(&["tags: [vip, night], policies: [extra], teams: [support]"], people);
    let tenant = |more: &str| told(&sound(), more, PEOPLE);
    refused(
        &[
            ("  - {id: a, policies: [extra, extra]}", &["roles.a.policies"]),
            ("  - {id: a, parents: [writer, writer]}", &["roles.a.parents"]),
            (
                "programs: [{id: p, match: {tags: [vip, vip]}, gives: []}]",
                &["programs.p.match.tags", "twice"],
            ),
            ("programs: [{id: p, match: {roles: [agent, agent]}, gives: []}]", &["match.roles"]),
        ],
        tenant,
    );
}

#[test]
fn names_that_are_the_administrations_are_no_teams_and_no_tags() {
    let listed = |list: &str| {
        let tenant = format!("{{tenant: acme, product: desk, {list}}}");
        let built = common::build(&sound(), &tenant, "users: []", &FamilySet::default());
        built.map_or_else(|it| it.to_string(), |_| String::new())
    };
    for list in [
        "teams: [permesso]",
        "teams: [permesso.x/y]",
        "teams: [Permesso-x]",
        "tags: [permesso.vip]",
        "tags: [{id: PERMESSO}]",
    ] {
        let said = listed(list);
        assert!(said.contains("kept for the administration"), "{list}: {said}");
        assert!(said.starts_with("tenant.yaml:"), "{list}: {said}");
    }
    assert_eq!(listed("teams: [sales/permesso], tags: [my-permesso]"), "");
    let unlisted = "{tenant: acme, product: desk}";
    let people = "users: [{id: u, tags: [permesso.x], teams: [permesso/y]}]";
    let built = common::build(&sound(), unlisted, people, &FamilySet::default());
    assert_eq!(built.unwrap_err().to_string().matches("kept for the administration").count(), 2);
}

#[test]
fn a_copy_names_the_role_that_it_was_copied_from() {
    let tenant = |more: &str| told(&sound(), more, PEOPLE);
    refused(
        &[("  - {id: a, duplicate_of: wirter}", &["roles.a.duplicate_of", "`writer`"])],
        tenant,
    );
    taken(&["  - {id: a, duplicate_of: writer}", "  - {id: a, duplicate_of: agent}"], tenant);
    // One that was deleted since is no slip.
    taken(&["  - {id: a, duplicate_of: sales_of_last_year}"], tenant);
}

#[test]
fn a_grant_of_nothing_is_told_with_its_line() {
    for nothing in ["permissions: []", "permissions: {kinds: [], actions: [read]}"] {
        let said = of_grant(&format!("{nothing}, scope: all"));
        assert!(said.starts_with("tenant.yaml:8:"), "{said}");
        assert!(said.contains("the grant names no permission"), "{said}");
    }
}
