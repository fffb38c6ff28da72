//! The types of content of this API: named alike by what says what is answered and by what is
//! answered.

pub(crate) const JSON: &str = "application/json";
pub(crate) const YAML: &str = "application/yaml";
pub(crate) const LINES: &str = "application/x-ndjson";
pub(crate) const EVENTS: &str = "text/event-stream";
pub(crate) const SCHEMA: &str = "application/schema+json";
