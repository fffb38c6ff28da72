//! Documents as they may be shown. The log keeps hashes of secrets; whoever reads what was
//! changed has no use for them, and offline guessing starts with one.

use permesso_auth::{KeyRecord, KeyView};
use permesso_engine::model::Instant;
use permesso_node::{DocumentKind, Edited};
use permesso_store::{Body, DocumentEdit, Record};
use serde_json::{Value, json};

/// A document as it may be shown.
pub(crate) fn document(kind: Option<DocumentKind>, body: &Body) -> Value {
    let plain = || body.read::<Value>().unwrap_or_default();
    match kind {
        Some(DocumentKind::Key) => match body.read::<KeyRecord>() {
            Ok(record) => json!(KeyView::from(&record)),
            Err(_) => Value::Null,
        },
        Some(DocumentKind::Invitation) => {
            let mut value = plain();
            if let Value::Object(members) = &mut value {
                members.remove("token");
            }
            value
        }
        Some(_) => plain(),
        // Of a kind that is not known here: neither is what of it is secret.
        None => Value::Null,
    }
}

/// What has to be held to read documents of a kind.
pub(crate) const fn permission(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::User | DocumentKind::Delegation | DocumentKind::Invitation => {
            "permesso.users.read"
        }
        DocumentKind::Key => "permesso.keys.read",
        _ => "permesso.policy.read",
    }
}

/// What would become of a document; without what it says where that may not be read.
pub(crate) fn edited(edit: &Edited, readable: bool) -> Value {
    let mut shown = json!({"kind": edit.kind.name(), "id": edit.id});
    if let (Value::Object(shown), true) = (&mut shown, readable) {
        for (side, body) in [("before", &edit.before), ("after", &edit.after)] {
            let body = body.as_ref().map(|body| document(Some(edit.kind), body));
            shown.insert(side.to_owned(), json!(body));
        }
    }
    shown
}

/// What became of a document.
fn edit(edit: &DocumentEdit) -> Value {
    let kind = DocumentKind::from_name(&edit.kind);
    let side = |body: &Option<Body>| body.as_ref().map(|body| document(kind, body));
    json!({
        "kind": edit.kind,
        "id": edit.id,
        "before": side(&edit.before),
        "after": side(&edit.after),
    })
}

/// A record of the log.
pub(crate) fn record(record: &Record) -> Value {
    json!({
        "revision": record.revision,
        "at": Instant::from_millis(record.at),
        "actor": record.actor,
        "operation": record.operation,
        "request": record.request,
        "edits": record.edits.iter().map(edit).collect::<Vec<_>>(),
        "previous": record.previous,
        "hash": record.hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_secret_is_never_shown() {
        let invited = json!({"sent_at": 1, "expires_at": 2, "times": 1, "token": "5e1f"});
        let body = Body::of(&invited).unwrap();
        let shown = document(Some(DocumentKind::Invitation), &body);
        assert_eq!(shown, json!({"sent_at": 1, "expires_at": 2, "times": 1}));
        assert_eq!(document(Some(DocumentKind::Team), &body), invited);
        assert_eq!(document(None, &body), Value::Null);
        assert_eq!(
            document(Some(DocumentKind::Key), &body),
            Value::Null,
            "what cannot be read either"
        );
    }
}
