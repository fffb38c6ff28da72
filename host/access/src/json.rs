//! Answers as JSON, written straight into one buffer.
//!
//! An answer is two or three members; building a document for it and walking that costs more
//! than the decision. Written by hand it also has one order of members and no dates, durations
//! or random ids: the same request always gets the same bytes.

use permesso_engine::decision::{Decision, Obligation, Reason};
use std::fmt::{self, Display, Write};

/// About what one decision takes.
pub(super) const DECISION_BYTES: usize = 96;

/// A JSON text under construction.
pub(super) struct Json(String);

impl Json {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    /// Writes what is JSON already.
    pub(super) fn raw(&mut self, json: &str) -> &mut Self {
        self.0.push_str(json);
        self
    }

    /// Writes a text with its quotes.
    pub(super) fn text(&mut self, text: impl Display) -> &mut Self {
        self.0.push('"');
        // Writing into memory fails only where `Display` itself does; the text is then cut.
        let _ = write!(Escaped(&mut self.0), "{text}");
        self.0.push('"');
        self
    }

    /// Writes a text known as such with its quotes.
    pub(super) fn str(&mut self, text: &str) -> &mut Self {
        self.0.push('"');
        escape(&mut self.0, text);
        self.0.push('"');
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        let _ = write!(self.0, "{number}");
        self
    }

    /// Writes a decision: `{"decision":…,"context":{"reason":…,"obligations":…,"revision":…}}`.
    pub(super) fn decision(&mut self, decision: &Decision) {
        let message: Option<&dyn Display> = match decision.reason {
            Reason::Granted => None,
            _ => Some(&decision.reason),
        };
        self.explained(decision, message);
    }

    /// Writes a decision with another message than that of its reason.
    pub(super) fn explained(&mut self, decision: &Decision, message: Option<&dyn Display>) {
        self.raw(if decision.is_allow() {
            "{\"decision\":true,\"context\":{\"reason\":{\"code\":\""
        } else {
            "{\"decision\":false,\"context\":{\"reason\":{\"code\":\""
        });
        self.raw(decision.reason.code()).raw("\"");
        if let Some(detail) = decision.reason.detail() {
            self.raw(",\"detail\":").str(detail);
        }
        if let Some(message) = message {
            self.raw(",\"message\":").text(message);
        }
        self.raw("}");
        if !decision.obligations.is_empty() {
            self.raw(",\"obligations\":");
            self.list(&decision.obligations, |json, obligation| json.obligation(obligation));
        }
        self.raw(",\"revision\":").number(decision.revision).raw("}}");
    }

    fn obligation(&mut self, obligation: &Obligation) {
        self.raw("{\"code\":").str(&obligation.code);
        self.raw(",\"values\":");
        self.list(&obligation.values, |json, value| {
            json.str(value);
        });
        self.raw(",\"source\":").str(&obligation.source).raw("}");
    }

    /// Writes the answer to an item that is no request.
    pub(super) fn faulty(&mut self, message: impl Display) {
        self.raw("{\"decision\":false,\"context\":{\"error\":{\"status\":400,\"message\":");
        self.text(message).raw("}}}");
    }

    /// Writes a list.
    pub(super) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.raw("[");
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }
}

struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

/// Appends a text as the inside of a JSON string. Runs without anything to escape are copied
/// whole.
fn escape(into: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        let (plain, special) = rest.split_at(at);
        into.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            Some('"') => into.push_str("\\\""),
            Some('\\') => into.push_str("\\\\"),
            Some('\n') => into.push_str("\\n"),
            Some(control) => {
                let _ = write!(into, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = characters.as_str();
    }
    into.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_engine::decision::Verdict;
    use std::sync::Arc;

    fn decision(reason: Reason) -> Decision {
        Decision::deny(reason, 7)
    }

    fn written(decision: &Decision) -> String {
        let mut json = Json::with_capacity(0);
        json.decision(decision);
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn every_text_survives_being_written() {
        for text in ["", "plain", "a\"b\\c", "\n\t\r\u{0}\u{1f}", "é漢🦀\"", "\"\"\"", "\\"] {
            let mut json = Json::with_capacity(0);
            json.str(text).raw(" ").text(text);
            let bytes = String::from_utf8(json.into_bytes()).unwrap();
            let read: Vec<String> = serde_json::Deserializer::from_str(&bytes)
                .into_iter::<String>()
                .collect::<Result<_, _>>()
                .unwrap();
            assert_eq!(read, [text, text]);
        }
    }

    #[test]
    fn a_denial_names_its_reason_with_detail_and_message() {
        assert_eq!(
            written(&decision(Reason::Plan("sso".into()))),
            "{\"decision\":false,\"context\":{\"reason\":{\"code\":\"plan\",\"detail\":\"sso\",\
             \"message\":\"the plan does not include `sso`\"},\"revision\":7}}"
        );
    }

    #[test]
    fn an_allow_is_short_and_carries_its_obligations() {
        let mut allow = decision(Reason::Granted);
        allow.verdict = Verdict::Allow;
        assert_eq!(
            written(&allow),
            "{\"decision\":true,\"context\":{\"reason\":{\"code\":\"granted\"},\"revision\":7}}"
        );
        allow.obligations.push(Arc::new(Obligation {
            code: "redact".to_owned(),
            values: vec!["subject".to_owned(), "body".to_owned()],
            source: "redacted".to_owned(),
        }));
        assert!(written(&allow).contains(
            "\"obligations\":[{\"code\":\"redact\",\"values\":[\"subject\",\"body\"],\
             \"source\":\"redacted\"}]"
        ));
    }
}
