//! Who gains and who loses by a change that is only tried. Where not all whom it may concern are
//! looked at, the answer says that it is cut.

use permesso_engine::inspect::{Proposal, impact};
use permesso_front::Problem;
use permesso_node::{Caller, Concerned, Done, DryRun, Node};
use permesso_store::Realm;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many of them are listed.
const LISTED: usize = 200;

/// What a change does to people, as far as the caller may see them; null where it is about no
/// policy of a tenant.
pub(crate) async fn of(
    node: &Arc<Node>,
    realm: &Realm,
    caller: &Caller,
    now: i64,
    done: &Done,
    tried: &DryRun,
) -> Result<Value, Problem> {
    if tried.before().is_none() || tried.after().is_none() {
        return Ok(Value::Null);
    }
    let Concerned { before, after, cut } =
        Concerned::of(&**node.store(), realm, &done.edited, tried).await?;
    let examined = before.users.len().max(after.users.len());
    // Whoever may not see the users is told how many, and not who.
    let may_see = node.may(realm, caller, "permesso.users.read").await.is_ok();
    let acting = match caller {
        Caller::User { id, .. } => Some(id.clone()),
        _ => None,
    };
    let acting = acting.filter(|id| before.users.iter().any(|user| *user.id == **id));
    let (node, tried) = (Arc::clone(node), tried.clone());
    let limit = if may_see { LISTED } else { 0 };
    let told = tokio::task::spawn_blocking(move || {
        let (before, after) = tried.compile_with(&node, before, after)?;
        let proposal = Proposal {
            before: &before,
            after: &after,
            now,
            acting: acting.as_deref(),
            questions: &[],
            limit,
        };
        let mut changes = impact(&proposal).map_err(|error| {
            tracing::error!(%error, "an impact could not be worked out");
            Problem::internal()
        })?;
        let users: Vec<Value> = changes.by_ref().map(|user| json!(user)).collect();
        Ok::<_, Problem>(json!({
            "examined": examined,
            "cut": cut,
            "harmless": changes.is_harmless(),
            "totals": changes.totals(),
            "users": users,
            "touched": changes.touched(),
            "rules": changes.rules(),
            "exposed": changes.exposed(),
            "follows": changes.follows(),
            "more_follows": changes.more_follows(),
            "warnings": changes.warnings(),
        }))
    });
    told.await.map_err(|_| Problem::internal())?
}
