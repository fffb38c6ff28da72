//! A manifest for the unit tests of this module.

use permesso_engine::family::{InputKind, InputSpec, Manifest, ObligationSpec, ReasonSpec};

pub(super) fn manifest() -> Manifest {
    let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    let input = |path: &str, kind| InputSpec { path: path.parse().unwrap(), kind };
    Manifest {
        id: "docs".to_owned(),
        version: "1.0.0".to_owned(),
        title: "Documents".to_owned(),
        permissions: texts(&["doc.view", "doc.share"]),
        kinds: texts(&["doc"]),
        inputs: vec![
            input("subject.id", InputKind::Text),
            input("resource.owner", InputKind::Texts),
            input("resource.published", InputKind::Boolean),
            input("resource.price", InputKind::Decimal),
            input("resource.labels", InputKind::Table),
            input("now", InputKind::Instant),
        ],
        reasons: vec![ReasonSpec { code: "draft".to_owned(), text: "A draft.".to_owned() }],
        obligations: vec![ObligationSpec { code: "watermark".to_owned(), values: Vec::new() }],
        requires: texts(&["doc.view"]),
        floors: texts(&["doc.view"]),
        config_schema: String::new(),
    }
}
