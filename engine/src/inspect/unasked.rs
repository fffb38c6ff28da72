//! What every question about a tenant looks up first, and what is said where there is nothing to
//! be asked about.

use crate::diagnostic::suggest;
use crate::directory::Compiled;
use crate::snapshot::Member;

/// Something that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unasked {
    /// The directory has no such user.
    #[error("the directory of `{tenant}` has no user `{user}`{}", help(.near))]
    User {
        /// The tenant.
        tenant: String,
        /// The user.
        user: String,
        /// The nearest one that it has.
        near: Option<String>,
    },
    /// The catalog knows nobody who asks anonymously.
    #[error(
        "the catalog of {0} lets nobody ask anonymously; it says `subject_types: {{anonymous: {{role: …}}}}` where it does"
    )]
    Anonymous(String),
    /// The catalog has no such permission.
    #[error("the catalog of {product} has no permission `{permission}`{}", help(.near))]
    Permission {
        /// The product.
        product: String,
        /// The permission.
        permission: String,
        /// The nearest one that it has.
        near: Option<String>,
    },
    /// The directory is read as it is needed, and the question is about all of it.
    #[error("the directory of `{0}` is not loaded whole: load those whom the question is about")]
    Open(String),
    /// The permission restricts and cannot be exercised.
    #[error("`{0}` restricts those who hold it; ask about what it forbids instead")]
    Toggle(String),
}

fn help(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!("; {near}")).unwrap_or_default()
}

/// A user of a tenant.
pub(super) fn member<'a>(tenant: &'a Compiled, user: &str) -> Result<&'a Member, Unasked> {
    loaded(tenant)?;
    tenant.member(user).map(|member| &**member).ok_or_else(|| Unasked::User {
        tenant: tenant.snapshot.tenant().to_owned(),
        user: user.to_owned(),
        near: suggest(user, tenant.members().map(|member| member.id())),
    })
}

/// Whoever asks anonymously.
pub(super) fn anonymous(tenant: &Compiled) -> Result<&Member, Unasked> {
    let unknown = || Unasked::Anonymous(tenant.snapshot.product().to_owned());
    tenant.snapshot.anonymous.as_deref().ok_or_else(unknown)
}

/// Refuses tenants that are not loaded whole.
pub(super) fn loaded(tenant: &Compiled) -> Result<(), Unasked> {
    match tenant.is_open() {
        true => Err(Unasked::Open(tenant.snapshot.tenant().to_owned())),
        false => Ok(()),
    }
}
