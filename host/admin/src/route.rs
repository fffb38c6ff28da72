//! What an endpoint is: where it is, what it takes, what it answers, and what it does.
//!
//! The router and the `OpenAPI` document are both made from these, so neither can know of
//! something that the other does not.

use crate::call::Call;
use crate::matching::Matching;
use crate::media::JSON;
use crate::query::{Form, Param};
use crate::reply::Reply;
use crate::schema::SchemaOf;
use axum::http::{Method, StatusCode};
use permesso_auth::key::Verb;
use permesso_front::Problem;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// What an endpoint does.
pub(crate) type Run = Arc<dyn Fn(Call) -> Answering + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

/// Who gets as far as the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteGate {
    /// Everybody.
    Open,
    /// Whoever may read anything at all.
    Known,
    /// The same, also where what is known is too old for anything else: the answer says how old.
    Aged,
    /// Keys of the platform.
    Platform,
    /// Keys of the platform that are good for the tenant in the path.
    PlatformIn,
    /// Whoever is good for the tenant in the path, which has to exist.
    Tenant,
}

/// A body that is taken.
#[derive(Clone)]
pub(crate) struct Taken {
    /// By content type.
    pub(crate) media: Vec<(&'static str, SchemaOf)>,
    /// Whether it has to be there.
    pub(crate) required: bool,
}

/// An endpoint.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Unique: the operation's id.
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) gate: RouteGate,
    /// What has to be held to get as far as the endpoint.
    pub(crate) permission: Option<&'static str>,
    /// Whether it writes.
    pub(crate) changes: bool,
    pub(crate) query: Vec<Param>,
    pub(crate) matching: Matching,
    /// Whether ETag says of which revision the answer is.
    pub(crate) tagged: bool,
    pub(crate) taken: Option<Taken>,
    /// Of success.
    pub(crate) status: StatusCode,
    /// What success answers, by content type.
    pub(crate) answers: Vec<(&'static str, SchemaOf)>,
    pub(crate) run: Run,
}

impl Route {
    /// An endpoint. Within a tenant's path it is about that tenant, else about the platform.
    pub(crate) fn new<F, Fut>(
        method: Method,
        path: impl Into<String>,
        name: impl Into<String>,
        summary: impl Into<String>,
        run: F,
    ) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Problem>> + Send + 'static,
    {
        let path = path.into();
        let gate = if path.starts_with("/tenants/{tenant}") {
            RouteGate::Tenant
        } else {
            RouteGate::Platform
        };
        let changes = method != Method::GET;
        let tagged = !changes && path.ends_with('}');
        Self {
            method,
            gate,
            changes,
            name: name.into(),
            summary: summary.into(),
            permission: None,
            query: if changes { vec![DRY_RUN] } else { Vec::new() },
            matching: Matching::No,
            tagged,
            taken: None,
            status: StatusCode::OK,
            answers: Vec::new(),
            run: Arc::new(move |call| Box::pin(run(call))),
            path,
        }
    }

    pub(crate) fn gate(mut self, gate: RouteGate) -> Self {
        self.gate = gate;
        self
    }

    pub(crate) fn reads(mut self, permission: &'static str) -> Self {
        self.permission = Some(permission);
        self
    }

    /// It writes nothing, though it is asked with a body.
    pub(crate) fn only_looks(mut self) -> Self {
        self.changes = false;
        self.query.clear();
        self
    }

    pub(crate) fn query(mut self, params: impl IntoIterator<Item = Param>) -> Self {
        self.query.extend(params);
        self
    }

    pub(crate) fn matching(mut self, matching: Matching) -> Self {
        self.matching = matching;
        self
    }

    pub(crate) fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    pub(crate) fn takes(self, schema: SchemaOf) -> Self {
        self.taken(Taken { media: vec![(JSON, schema)], required: true })
    }

    pub(crate) fn may_take(self, schema: SchemaOf) -> Self {
        self.taken(Taken { media: vec![(JSON, schema)], required: false })
    }

    pub(crate) fn taken(mut self, taken: Taken) -> Self {
        self.taken = Some(taken);
        self
    }

    pub(crate) fn creates(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }

    pub(crate) fn answers(self, schema: SchemaOf) -> Self {
        self.answers_as(JSON, schema)
    }

    pub(crate) fn answers_as(mut self, media: &'static str, schema: SchemaOf) -> Self {
        self.answers.push((media, schema));
        self
    }

    /// What a key needs for it.
    pub(crate) fn verb(&self) -> Option<Verb> {
        match self.gate {
            RouteGate::Open => None,
            RouteGate::Platform | RouteGate::PlatformIn => Some(Verb::Platform),
            RouteGate::Known | RouteGate::Aged => Some(Verb::Read),
            RouteGate::Tenant if self.changes => Some(Verb::Write),
            RouteGate::Tenant => Some(Verb::Read),
        }
    }

    /// The names in its path.
    pub(crate) fn path_names(&self) -> impl Iterator<Item = &str> {
        self.path
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|name| name.strip_suffix('}')))
    }
}

const DRY_RUN: Param =
    Param { name: "dry_run", form: Form::Flag, about: "Only say what it would do" };

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
