//! Users, their invitations and what they are given.

use crate::call::{Call, cut, item, page};
use crate::matching::Matching;
use crate::query::{Form, PAGED, Param};
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{
    SchemaOf, changed, instant, item as item_schema, name, object, of, page as page_schema, raw,
    revision,
};
use async_trait::async_trait;
use axum::http::Method;
use permesso_engine::model::{Assignment, Grant, Instant, Invitation, Status, User};
use permesso_front::Problem;
use permesso_node::operation::{
    Accept, INVITATION_DAYS, Invite, Invited, Operation, Plan, PutUser, Resend, Seats, SetRoles,
    SetStatus, seats,
};
use permesso_node::{Caller, ChangeError, DocumentKind, View, kept};
use permesso_store::Which;
use permesso_store::feed::Facet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Somebody to be invited.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Invitee {
    /// Who they are to be. The invitation is pending whatever this says.
    user: User,
    /// Whose roles, policies and rights they are given, as they are now.
    #[serde(default)]
    same_as: Option<String>,
    /// For how many days it can be accepted.
    #[serde(default = "days")]
    #[schemars(range(min = 1, max = 365))]
    days: u16,
}

/// An invitation that is sent again.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Again {
    /// For how many days it can be accepted.
    #[serde(default = "days")]
    #[schemars(range(min = 1, max = 365))]
    days: u16,
}

impl Default for Again {
    fn default() -> Self {
        Self { days: days() }
    }
}

/// An invitation that is accepted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// What stands in the link.
    #[schemars(length(min = 1, max = 256))]
    token: String,
}

/// What a user's document says of how they stand, if anything.
#[derive(Deserialize)]
struct Stands {
    #[serde(default)]
    status: Option<Status>,
    #[serde(default)]
    invitation: Option<Invitation>,
}

/// The roles that a user is to hold.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Roles {
    /// All of them, each by its name or within limits.
    roles: Vec<Assignment>,
}

/// The grants that a user is to have besides roles.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Grants {
    /// All of them, each perhaps within a window of time.
    grants: Vec<Grant>,
}

const fn days() -> u16 {
    INVITATION_DAYS
}

/// For how many days at most.
const MOST_DAYS: u16 = 365;

const USERS: &str = "/tenants/{tenant}/users";
const USER: &str = "/tenants/{tenant}/users/{id}";

const FILTERS: [(&str, Facet); 5] = [
    ("role", Facet::Role),
    ("team", Facet::Team),
    ("policy", Facet::Policy),
    ("tag", Facet::Tag),
    ("status", Facet::Status),
];

pub(crate) fn routes() -> Vec<Route> {
    let filters = [
        Param::text("role", "Who holds this role; one filter at a time"),
        Param::text("team", "Who is in this team"),
        Param::text("policy", "Who has this policy"),
        Param::text("tag", "Who carries this tag"),
        Param {
            name: "status",
            form: Form::Choice(&["active", "pending", "inactive", "deleted"]),
            about: "Whose status it is",
        },
    ];
    vec![
        Route::new(Method::GET, USERS, "listUsers", "The users of a tenant, by id", list)
            .reads("permesso.users.read")
            .query(PAGED)
            .query(filters)
            .answers(page_schema(item_schema(of::<User>()))),
        Route::new(
            Method::POST,
            USERS,
            "inviteUser",
            "Invite somebody. The token of the link is in this answer and in no other",
            invite,
        )
        .takes(of::<Invitee>())
        .creates()
        .answers(sent()),
        Route::new(Method::GET, USER, "getUser", "A user, and how the invitation stands", get)
            .reads("permesso.users.read")
            .answers(user_schema()),
        Route::new(
            Method::PUT,
            USER,
            "putUser",
            "Change what is known of a user. Status and invitation stay as they are: left out they \
             are not looked at, and what is said of them has to be so",
            put,
        )
        .matching(Matching::Must)
        .takes(of::<User>())
        .answers(changed(Vec::new())),
        Route::new(Method::DELETE, USER, "deleteUser", "Delete a user", |call| {
            status(call, Status::Deleted)
        })
        .matching(Matching::May)
        .answers(changed(Vec::new())),
        Route::new(
            Method::POST,
            format!("{USER}/resend"),
            "resendInvitation",
            "Send an invitation again. The old link stops working",
            resend,
        )
        .matching(Matching::May)
        .may_take(of::<Again>())
        .answers(sent()),
        Route::new(
            Method::POST,
            format!("{USER}/accept"),
            "acceptInvitation",
            "Accept an invitation, with the token of the link",
            accept,
        )
        .takes(of::<Accepted>())
        .answers(changed(Vec::new())),
        Route::new(
            Method::POST,
            format!("{USER}/deactivate"),
            "deactivateUser",
            "Let a user take part no more. What is assigned stays",
            |call| status(call, Status::Inactive),
        )
        .matching(Matching::May)
        .answers(changed(Vec::new())),
        Route::new(
            Method::POST,
            format!("{USER}/reactivate"),
            "reactivateUser",
            "Let a user take part again",
            |call| status(call, Status::Active),
        )
        .matching(Matching::May)
        .answers(changed(Vec::new())),
        Route::new(
            Method::PUT,
            format!("{USER}/roles"),
            "putUserRoles",
            "Say which roles a user holds",
            roles,
        )
        .matching(Matching::May)
        .takes(of::<Roles>())
        .answers(changed(Vec::new())),
        Route::new(
            Method::PUT,
            format!("{USER}/grants"),
            "putUserGrants",
            "Say what a user is granted besides roles",
            grants,
        )
        .matching(Matching::May)
        .takes(of::<Grants>())
        .answers(changed(Vec::new())),
        Route::new(
            Method::GET,
            "/tenants/{tenant}/seats",
            "getSeats",
            "How many users there are, by what a seat depends on",
            count,
        )
        .reads("permesso.users.read")
        .answers(of::<Seats>()),
    ]
}

/// What sending an invitation answers.
fn sent() -> SchemaOf {
    changed(vec![
        ("user?", raw(name())),
        ("token?", raw(json!({"type": "string", "description": "Shown once"}))),
        ("expires_at?", raw(instant())),
    ])
}

fn user_schema() -> SchemaOf {
    let invitation = object(vec![
        ("state", raw(json!({"type": "string", "enum": ["accepted", "pending", "expired"]}))),
        ("sent_at?", raw(instant())),
        ("expires_at?", raw(instant())),
        ("times?", raw(json!({"type": "integer", "minimum": 1}))),
    ]);
    object(vec![
        ("id", raw(name())),
        ("revision", raw(revision())),
        ("document", of::<User>()),
        ("invitation", invitation),
    ])
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let asked = FILTERS.iter().filter_map(|(name, facet)| Some((*facet, call.query.text(name)?)));
    let asked: Vec<(Facet, &str)> = asked.collect();
    let which = match asked.as_slice() {
        [] => Which::All(DocumentKind::User.name()),
        [(facet, value)] => Which::Having(*facet, value),
        _ => return Err(Problem::bad("one filter is taken at a time; leave the others out")),
    };
    listed(&call, &view, which).await
}

/// A page of users.
pub(super) async fn listed(
    call: &Call,
    view: &View<'_>,
    which: Which<'_>,
) -> Result<Reply, Problem> {
    let limit = call.query.limit();
    let more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let found = view.store().page(view.realm(), which, call.query.after(), more).await?;
    let (found, next) = cut(found, limit, |object| &object.id);
    let items = found.into_iter().map(|object| {
        let document = kept::value(&object.body);
        item(&object.id, object.revision, &document)
    });
    Ok(page(view.revision(), items.collect(), next))
}

/// How an invitation stands.
#[derive(Serialize)]
struct Standing {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let id = call.id();
    let found = view.object(DocumentKind::User, id).await?;
    let object = found.ok_or_else(|| view.missing(DocumentKind::User, id))?;
    let user = kept::read::<User>(&object.body).map_err(|_| Problem::internal())?;
    let invited = view.object(DocumentKind::Invitation, id).await?;
    let invited = invited.and_then(|object| object.body.read::<Invited>().ok());
    let state = match (user.invitation, &invited) {
        (Invitation::Accepted, _) => "accepted",
        (Invitation::Pending, Some(invited)) if invited.expires_at <= call.now => "expired",
        (Invitation::Pending, _) => "pending",
    };
    let invitation = Standing {
        state,
        sent_at: invited.as_ref().map(|invited| Instant::from_millis(invited.sent_at)),
        expires_at: invited.as_ref().map(|invited| Instant::from_millis(invited.expires_at)),
        times: invited.as_ref().map(|invited| invited.times),
    };
    let mut answer = item(id, object.revision, &user);
    if let Value::Object(answer) = &mut answer {
        answer.insert("invitation".to_owned(), json!(invitation));
    }
    Ok(Reply::json(&answer).revision(view.revision()).etag(object.revision))
}

fn good_days(days: u16) -> Result<u16, Problem> {
    match days {
        1..=MOST_DAYS => Ok(days),
        _ => Err(Problem::invalid("days", format!("say 1 to {MOST_DAYS} days"))),
    }
}

async fn invite(call: Call) -> Result<Reply, Problem> {
    let Invitee { user, same_as, days } = call.read()?;
    let place = call.place(&["tenants", call.part("tenant"), "users", &user.id]);
    let operation = Invite { user, same_as, days: good_days(days)? };
    Ok(call.change(&operation, Vec::new()).await?.at(&place))
}

async fn put(call: Call) -> Result<Reply, Problem> {
    let user: User = call.read()?;
    let Stands { status, invitation } = call.read()?;
    let id = call.id();
    if *user.id != *id {
        let says = &user.id;
        let message = format!("the path says `{id}` and the document `{says}`; write one of them");
        return Err(Problem::invalid("id", message));
    }
    let preconditions = call.matching(DocumentKind::User, id)?.unwrap_or_default();
    call.change(&PutUser { user, status, invitation }, preconditions).await
}

async fn status(call: Call, status: Status) -> Result<Reply, Problem> {
    let user = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::User, &user)?.unwrap_or_default();
    call.change(&SetStatus { user, status }, preconditions).await
}

async fn resend(call: Call) -> Result<Reply, Problem> {
    let Again { days } = call.read_or_default()?;
    let user = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::User, &user)?.unwrap_or_default();
    call.change(&Resend { user, days: good_days(days)? }, preconditions).await
}

async fn accept(call: Call) -> Result<Reply, Problem> {
    let Accepted { token } = call.read()?;
    let operation = Accept { user: call.id().to_owned(), token };
    // Whoever has the link may, so nothing is asked of who brings it.
    call.change_as(&call.realm()?, &Caller::System, &operation, Vec::new()).await
}

async fn roles(call: Call) -> Result<Reply, Problem> {
    let Roles { roles } = call.read()?;
    let user = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::User, &user)?.unwrap_or_default();
    call.change(&SetRoles { user, roles }, preconditions).await
}

/// What a user is granted besides roles becomes something else.
struct SetGrants {
    user: String,
    grants: Vec<Grant>,
}

#[async_trait]
impl Operation for SetGrants {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.users.assign"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut user = view.user(&self.user).await?;
        if user.status == Status::Deleted {
            return Err(ChangeError::Guarded {
                guard: "wrong-state",
                message: format!("`{}` was deleted; invite them again", self.user),
                users: None,
            });
        }
        user.grants.clone_from(&self.grants);
        Plan::new("user.assign").put(DocumentKind::User, self.user.clone(), &user)
    }
}

async fn grants(call: Call) -> Result<Reply, Problem> {
    let Grants { grants } = call.read()?;
    let user = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::User, &user)?.unwrap_or_default();
    call.change(&SetGrants { user, grants }, preconditions).await
}

async fn count(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let seats = seats(&view).await?;
    Ok(Reply::json(&json!(seats)).revision(view.revision()))
}
