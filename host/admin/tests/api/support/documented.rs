//! Whether what a server said is what its description says that it says: every answer of every
//! test is held against it.

use super::Said;
use reqwest::Method;
use serde_json::{Value, json};

#[track_caller]
pub(super) fn check(document: &[u8], method: &Method, path: &str, said: &Said) {
    let document: Value = serde_json::from_slice(document).unwrap();
    let path = path.split('?').next().unwrap();
    let Some(operation) = operation(&document, method, path) else {
        assert!([404, 405].contains(&said.status), "{method} {path} is not described");
        return;
    };
    let status = said.status.to_string();
    let response = &operation["responses"][&status];
    let about = format!("{method} {path} {status}: {}", said.text);
    assert!(response.is_object(), "not described: {about}");
    let media = said.header("content-type");
    let schema = &response["content"][media]["schema"];
    assert!(schema.is_object(), "{media} is not described: {about}");
    for name in ["location", "etag", "permesso-revision", "idempotency-replayed"] {
        if said.headers.contains_key(name) {
            assert!(response["headers"][name].is_object(), "`{name}` is not described: {about}");
        }
    }
    if media.ends_with("json") && media != "application/x-ndjson" {
        let mut whole = json!({"components": document["components"]});
        whole.as_object_mut().unwrap().extend(schema.as_object().unwrap().clone());
        let validator = jsonschema::draft202012::new(&whole).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&said.body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {about}");
    }
}

/// The operation that a path is of. What is literal goes before what is a parameter.
fn operation<'d>(document: &'d Value, method: &Method, path: &str) -> Option<&'d Value> {
    let parts: Vec<&str> = format_parts(path);
    let mut found: Vec<(usize, &Value)> = Vec::new();
    for (template, methods) in document["paths"].as_object()? {
        let template: Vec<&str> = format_parts(template.strip_prefix("/admin/v1")?);
        let fits = template.len() == parts.len()
            && template.iter().zip(&parts).all(|(a, b)| a.starts_with('{') || a == b);
        if fits {
            let params = template.iter().filter(|part| part.starts_with('{')).count();
            found.push((params, methods));
        }
    }
    found.sort_by_key(|(params, _)| *params);
    let (_, methods) = found.first()?;
    methods.get(method.as_str().to_ascii_lowercase())
}

fn format_parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}
