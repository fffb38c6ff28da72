//! What a condition names, for whoever wants to take away what is named.

use rhai::{Engine, Token};

/// Whether a condition names `id` in a text of its own, and anything that asks by such a name:
/// `has_role("agent")`, or `"agent" in subject.roles`. Rather yes than no.
#[must_use]
pub fn condition_names(source: &str, id: &str, asking: &[&str]) -> bool {
    let engine = Engine::new_raw();
    let (mut named, mut asks) = (false, false);
    let sources = [source];
    let (tokens, _control) = engine.lex(&sources);
    for (token, _) in tokens {
        match token {
            Token::StringConstant(text) => named |= text.as_str() == id,
            Token::Identifier(name) => asks |= asking.contains(&name.as_str()),
            Token::EOF => break,
            _ => {}
        }
    }
    named && asks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_what_it_asks_for_by_name() {
        let roles = ["has_role", "roles"];
        for (source, names) in [
            ("has_role(\"agent\")", true),
            ("!has_role( \"agent\" ) && x > 1", true),
            ("\"agent\" in subject.roles", true),
            ("subject.roles.contains(\"agent\")", true),
            ("has_role(\"agents\")", false),
            ("resource.by == \"agent\"", false),
            ("has_role(\"b\") // \"agent\"", false),
            ("has_role(", false),
        ] {
            assert_eq!(condition_names(source, "agent", &roles), names, "{source}");
        }
    }
}
