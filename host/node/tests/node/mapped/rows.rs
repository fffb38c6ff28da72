//! What is asked of each product, written down as whoever asks the PDP would, beside the edit.

use crate::support::user;
use permesso_engine::model::Status;
use permesso_node::DocumentKind;
use permesso_node::operation::{
    ChangeSettings, DeleteRole, DuplicateRole, Invite, Operation, Put, Resend, SetRoles, SetStatus,
    UpdateUser, body,
};
use serde_json::{Value, json};

/// What the PDP is asked, as whoever asks it writes it down.
pub(super) struct Question {
    pub(super) permission: &'static str,
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) attributes: Value,
}

/// An operation, what does it, and what it is asked as.
pub(super) struct Row {
    pub(super) operation: &'static str,
    pub(super) what: Box<dyn Operation>,
    pub(super) questions: Vec<Question>,
}

impl Row {
    /// The same, asked as something else besides.
    fn and(mut self, permission: &'static str, attributes: Value) -> Self {
        let (kind, id) = self.questions.first().map(|it| (it.kind, it.id.clone())).unwrap();
        self.questions.insert(0, Question { permission, kind, id, attributes });
        self
    }
}

fn row(
    operation: &'static str,
    what: impl Operation + 'static,
    (permission, kind, id): (&'static str, &'static str, &str),
    attributes: Vec<Value>,
) -> Row {
    let of = |attributes| Question { permission, kind, id: id.to_owned(), attributes };
    let questions = attributes.into_iter().map(of).collect();
    Row { operation, what: Box::new(what), questions }
}

pub(super) fn put(kind: DocumentKind, id: &str, says: Value) -> Put {
    Put { kind, id: id.into(), body: body(kind, id, &says).unwrap(), create: false }
}

pub(super) fn role(id: &str, grants: Value) -> Put {
    put(DocumentKind::Role, id, json!({"id": id, "label": "A role", "grants": grants}))
}

pub(super) fn new_role(id: &str, grants: Value) -> Put {
    Put { create: true, ..role(id, grants) }
}

pub(super) fn status(user: &str, status: Status) -> SetStatus {
    SetStatus { user: user.into(), status }
}

pub(super) fn roles(user: &str, roles: &[&str]) -> SetRoles {
    SetRoles { user: user.into(), roles: roles.iter().map(|role| (*role).into()).collect() }
}

fn delete(id: &str) -> DeleteRole {
    DeleteRole { id: id.into(), move_to: None }
}

fn copy(from: &str, id: &str) -> DuplicateRole {
    DuplicateRole { from: from.into(), id: id.into(), label: "A copy".into() }
}

pub(super) fn invite(id: &str, role: &str) -> Invite {
    Invite { user: user(json!({"id": id, "roles": [role]})), same_as: None, days: 7 }
}

fn resend(user: &str) -> Resend {
    Resend { user: user.into(), days: 7 }
}

fn update(says: Value) -> UpdateUser {
    UpdateUser { user: user(says) }
}

pub(super) fn settings(says: Value) -> ChangeSettings {
    ChangeSettings { settings: serde_json::from_value(says).unwrap() }
}

pub(super) fn atender() -> Vec<Row> {
    let none = || vec![json!({})];
    let view = json!([{"permission": "contacts.view", "scope": "all"}]);
    let owner = |total| json!({"target_role": "owner", "owners_total": total});
    vec![
        row("roles.create", new_role("new", view.clone()), ("role.create", "role", "new"), none()),
        row("roles.duplicate", copy("agent", "new"), ("role.duplicate", "role", "new"), none()),
        row("roles.edit", role("beta_tester", view), ("role.edit", "role", "beta_tester"), none()),
        row(
            "roles.delete",
            delete("beta_tester"),
            ("role.delete", "role", "beta_tester"),
            vec![json!({"assigned_users": 1})],
        ),
        row(
            "users.invite",
            invite("new", "agent"),
            ("users.invite", "user", "new"),
            vec![json!({"new_role": ["agent"]})],
        ),
        row(
            "users.resend",
            resend("lena.fischer"),
            ("users.resend_invite", "user", "lena.fischer"),
            none(),
        ),
        row(
            "users.edit",
            update(json!({"id": "rosa.keller", "name": "Rosa", "roles": ["agent_no_bulk"],
                "teams": ["tier1"]})),
            ("users.edit", "user", "rosa.keller"),
            none(),
        ),
        row(
            "teams.members",
            update(json!({"id": "rosa.keller", "name": "Rosa Keller", "roles": ["agent_no_bulk"],
                "teams": ["tier2"]})),
            ("teams.manage_members", "user", "rosa.keller"),
            none(),
        ),
        row(
            "users.assign",
            roles("rosa.keller", &["agent"]),
            ("users.assign_roles", "user", "rosa.keller"),
            vec![json!({"roles": ["agent", "agent_no_bulk"]})],
        ),
        row(
            "users.remove_keeper",
            roles("felix.nakamura", &["team_lead"]),
            ("user.remove_owner_role", "user", "felix.nakamura"),
            vec![owner(2)],
        )
        // Whoever takes a role away assigns roles as well.
        .and("users.assign_roles", json!({"roles": ["owner"]})),
        row(
            "users.deactivate",
            status("felix.nakamura", Status::Inactive),
            ("users.deactivate", "user", "felix.nakamura"),
            vec![owner(2), json!({"target_role": "team_lead", "owners_total": 4})],
        ),
        row(
            "users.delete",
            status("rosa.keller", Status::Deleted),
            ("users.delete", "user", "rosa.keller"),
            vec![json!({"target_role": "agent_no_bulk", "owners_total": 2})],
        ),
        row(
            "teams.create",
            put(DocumentKind::Team, "tier3", json!({})),
            ("teams.create", "team", "tier3"),
            none(),
        ),
        row(
            "teams.edit",
            put(DocumentKind::Team, "vip", json!({"title": "VIP"})),
            ("teams.edit", "team", "vip"),
            none(),
        ),
        row(
            "tenant.edit",
            settings(json!({"product": "atender", "title": "Brightwater"})),
            ("settings.workspace", "settings", "brightwater"),
            none(),
        ),
    ]
}

pub(super) fn iclosed() -> Vec<Row> {
    let none = || vec![json!({})];
    let view = json!([{"permission": "contacts.view", "scope": "own"}]);
    let closer = json!([{"permission": "contacts.view", "scope": "all"}]);
    vec![
        row("roles.create", new_role("new", view.clone()), ("role.create", "role", "new"), none()),
        row(
            "roles.edit",
            role("integrator", view),
            ("role.customize", "role", "integrator"),
            none(),
        ),
        row("roles.edit_standard", role("closer", closer), ("role.edit", "role", "closer"), none()),
        row(
            "roles.delete",
            delete("integrator"),
            ("role.delete", "role", "integrator"),
            vec![json!({"assigned_users": 1})],
        ),
        row(
            "users.invite",
            invite("new", "closer"),
            ("user.invite", "user", "new"),
            vec![json!({"new_role": ["closer"]})],
        ),
        row(
            "users.resend",
            resend("zoe.carter"),
            ("user.resend_invite", "user", "zoe.carter"),
            vec![json!({"invite": "pending"})],
        ),
        row(
            "users.assign",
            roles("maya.iyer", &["setter"]),
            ("user.update_role", "user", "maya.iyer"),
            vec![json!({"role": "closer", "new_role": ["setter"]})],
        ),
        row(
            "users.deactivate",
            status("maya.iyer", Status::Inactive),
            ("settings.user_management", "user", "maya.iyer"),
            none(),
        ),
        row(
            "users.delete",
            status("maya.iyer", Status::Deleted),
            ("user.delete", "user", "maya.iyer"),
            vec![json!({"role": "closer", "owner": false})],
        ),
        row(
            "users.delete (a super admin)",
            status("diego.marin", Status::Deleted),
            ("user.delete", "user", "diego.marin"),
            vec![json!({"role": "super_admin", "owner": false})],
        ),
        row(
            "teams.edit",
            put(DocumentKind::Team, "east", json!({"title": "East"})),
            ("settings.user_management", "settings", "east"),
            none(),
        ),
    ]
}

pub(super) fn clustdoc() -> Vec<Row> {
    let none = || vec![json!({})];
    let view = json!([{"permission": "team.view_activity", "scope": "all"}]);
    vec![
        row(
            "roles.create",
            new_role("new", view.clone()),
            ("role.create_custom", "account", "new"),
            none(),
        ),
        row(
            "roles.edit",
            role("compliance_reader", view),
            ("role.create_custom", "account", "compliance_reader"),
            none(),
        ),
        row(
            "users.invite",
            invite("new", "developer"),
            ("users.manage", "user", "new"),
            vec![json!({"new_role": ["developer"]})],
        ),
        row(
            "users.invite_same_as",
            Invite { user: user(json!({"id": "new"})), same_as: Some("simon.wu".into()), days: 7 },
            ("user.invite_same_as", "user", "new"),
            vec![json!({"new_role": ["developer"]})],
        ),
        row(
            "users.assign",
            roles("simon.wu", &["process_developer"]),
            ("users.manage", "user", "simon.wu"),
            vec![json!({"roles": ["developer"], "new_role": ["process_developer"]})],
        ),
        row(
            "users.deactivate",
            status("julia.brand", Status::Inactive),
            ("users.manage", "user", "julia.brand"),
            vec![json!({"roles": ["agent"]})],
        ),
        row(
            "users.delete",
            status("simon.wu", Status::Deleted),
            ("users.manage", "user", "simon.wu"),
            vec![json!({"roles": ["developer"]})],
        ),
        row(
            "teams.edit",
            put(DocumentKind::Team, "vehicles", json!({"title": "Vehicles"})),
            ("team_settings.manage", "account", "vehicles"),
            none(),
        ),
    ]
}

pub(super) fn cloze() -> Vec<Row> {
    let named = || vec![json!({"name": "A role"})];
    let view = json!([{"permission": "team.view_user", "scope": "all"}]);
    let member = |id: &str| vec![json!({"member": id})];
    vec![
        row("roles.create", new_role("new", view.clone()), ("role.create", "role", "new"), named()),
        row("roles.edit", role("staff", view), ("role.edit", "role", "staff"), named()),
        row("roles.delete", delete("staff"), ("role.edit", "role", "staff"), named()),
        row(
            "policies.edit",
            put(DocumentKind::Policy, "new", json!({"id": "new", "label": "A policy"})),
            ("policy.create", "policy", "new"),
            vec![json!({"name": "A policy"})],
        ),
        row(
            "programs.edit",
            put(
                DocumentKind::Program,
                "new",
                json!({"id": "new", "name": "A program", "match": {"roles": ["agent"]},
                    "gives": [{"kind": "segment", "id": "s", "access": "view"}]}),
            ),
            ("eap.create", "eap", "new"),
            vec![json!({"name": "A program"})],
        ),
        row(
            "teams.edit",
            put(DocumentKind::Team, "US/East", json!({"title": "East"})),
            ("team.edit", "team", "US/East"),
            vec![json!({})],
        ),
        row(
            "users.invite",
            invite("new", "member"),
            ("invite.members", "user", "new"),
            member("new"),
        ),
        row(
            "users.assign",
            roles("nadia.petrov", &["agent"]),
            ("team.edit", "user", "nadia.petrov"),
            member("nadia.petrov"),
        ),
        row(
            "users.deactivate",
            status("nadia.petrov", Status::Inactive),
            ("team.change_user", "user", "nadia.petrov"),
            member("nadia.petrov"),
        ),
        row(
            "users.delete",
            status("nadia.petrov", Status::Deleted),
            ("member.remove", "user", "nadia.petrov"),
            member("nadia.petrov"),
        ),
    ]
}
