//! What a condition names, for whoever wants to take away what is named, or to call it otherwise.

use super::check::Named;
use rhai::{Engine, Position, Token};

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

/// A condition in which a name was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The condition from then on.
    pub source: String,
    /// Whether it is another one.
    pub changed: bool,
    /// Whether it may name it in a way that was not replaced: it looks for what a record says, or
    /// in a list that is made there.
    pub unclear: bool,
}

/// Calls a role, a tag or a team otherwise, wherever a condition looks for it by a text:
/// `has_role("agent")`, `"agent" in subject.roles`. What else a condition compares with the same
/// text, such as the state of a record, stays as it is.
#[must_use]
pub fn rename_in(source: &str, named: Named, from: &str, to: &str) -> Renamed {
    let tokens = lex(source);
    let looked = Looked { tokens: &tokens, named };
    let (mut texts, mut asks) = (Vec::new(), Vec::new());
    for at in 0..tokens.len() {
        let Some(ask) = looked.by_text(at) else { continue };
        asks.push(ask);
        if matches!(looked.at(at), Some(Token::StringConstant(text)) if text.as_str() == from) {
            texts.push(at);
        }
    }
    let unclear = (0..tokens.len()).any(|at| looked.asks(at) && !asks.contains(&at));
    let unchanged = |unclear| Renamed { source: source.to_owned(), changed: false, unclear };
    if texts.is_empty() {
        return unchanged(unclear);
    }
    let mut written = source.to_owned();
    // From the end, so that what stands before stays where it is.
    for (_, position) in texts.iter().rev().filter_map(|at| tokens.get(*at)) {
        let Some((begin, end)) = literal(source, *position) else { return unchanged(true) };
        let quoted = to.replace('\\', "\\\\").replace('"', "\\\"");
        written.replace_range(begin..end, &format!("\"{quoted}\""));
    }
    let is: Vec<Token> = lex(&written).into_iter().map(|(token, _)| token).collect();
    let wanted = tokens.iter().enumerate().map(|(at, (token, _))| match texts.contains(&at) {
        true => Token::StringConstant(Box::new(to.into())),
        false => token.clone(),
    });
    if !wanted.eq(is) {
        return unchanged(true);
    }
    Renamed { source: written, changed: true, unclear }
}

fn lex(source: &str) -> Vec<(Token, Position)> {
    let engine = Engine::new_raw();
    let sources = [source];
    let (tokens, _control) = engine.lex(&sources);
    tokens.take_while(|(token, _)| *token != Token::EOF).collect()
}

/// Where a text stands that begins at a position, with its quotation marks.
fn literal(source: &str, position: Position) -> Option<(usize, usize)> {
    let (line, column) = (position.line()?, position.position()?);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let line = source.get(start..)?;
    let (within, _) = line.char_indices().nth(column - 1)?;
    let begin = start + within;
    let mut rest = source.get(begin..)?.char_indices();
    if rest.next()?.1 != '"' {
        return None;
    }
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '"' => return Some((begin, begin + at + 1)),
            _ => {}
        }
    }
    None
}

/// Where a condition looks for something in a list of the subject's.
struct Looked<'t> {
    tokens: &'t [(Token, Position)],
    named: Named,
}

impl Looked<'_> {
    fn at(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|(token, _)| token)
    }

    fn is(&self, at: Option<usize>, wanted: &Token) -> bool {
        at.and_then(|at| self.at(at)) == Some(wanted)
    }

    fn is_name(&self, at: Option<usize>, wanted: &str) -> bool {
        let token = at.and_then(|at| self.at(at));
        matches!(token, Some(Token::Identifier(name)) if name.as_str() == wanted)
    }

    /// Whether something is looked for there: a function that does, or the list itself.
    fn asks(&self, at: usize) -> bool {
        self.is_name(Some(at), self.named.function()) || self.is_list(Some(at))
    }

    /// Whether the list stands there.
    fn is_list(&self, at: Option<usize>) -> bool {
        let Some(at) = at else { return false };
        self.is_name(Some(at), "subject")
            && self.is(Some(at + 1), &Token::Period)
            && self.is_name(Some(at + 2), self.named.list())
    }

    /// Where the list stands that the text is looked for in as one of several:
    /// `overlaps(subject.roles, ["agent", "owner"])`, or the other way round.
    fn overlapped(&self, at: usize) -> Option<usize> {
        let part = |at: usize| matches!(self.at(at), Some(Token::StringConstant(_) | Token::Comma));
        let begin = (0..at).rev().find(|at| !part(*at))?;
        let end = (at..self.tokens.len()).find(|at| !part(*at))?;
        let bracketed =
            self.is(Some(begin), &Token::LeftBracket) && self.is(Some(end), &Token::RightBracket);
        if !bracketed {
            return None;
        }
        let before = |n| begin.checked_sub(n);
        let called = |name: Option<usize>, paren: Option<usize>| {
            self.is_name(name, "overlaps") && self.is(paren, &Token::LeftParen)
        };
        if self.is(before(1), &Token::Comma) && self.is(Some(end + 1), &Token::RightParen) {
            let list = before(4).filter(|list| self.is_list(Some(*list)));
            return list.filter(|_| called(before(6), before(5)));
        }
        let other = self.is(Some(end + 1), &Token::Comma)
            && self.is_list(Some(end + 2))
            && self.is(Some(end + 5), &Token::RightParen);
        (other && called(before(2), before(1))).then_some(end + 2)
    }

    /// Where it is asked for by the text that stands there.
    fn by_text(&self, at: usize) -> Option<usize> {
        let Some(Token::StringConstant(_)) = self.at(at) else { return None };
        let (before, closed) = (|n| at.checked_sub(n), self.is(Some(at + 1), &Token::RightParen));
        if closed && self.is(before(1), &Token::LeftParen) {
            if self.is_name(before(2), self.named.function()) {
                return before(2);
            }
            let method = self.is_name(before(2), "contains") && self.is(before(3), &Token::Period);
            if method && self.is_list(before(6)) {
                return before(6);
            }
        }
        if closed
            && self.is(before(1), &Token::Comma)
            && self.is_list(before(4))
            && self.is(before(5), &Token::LeftParen)
            && self.is_name(before(6), "contains")
        {
            return before(4);
        }
        if let Some(list) = self.overlapped(at) {
            return Some(list);
        }
        let within = self.is(Some(at + 1), &Token::In) || self.is(Some(at + 1), &Token::NotIn);
        let whole = !self.is(before(1), &Token::Plus) && !self.is(Some(at + 5), &Token::Period);
        (within && whole && self.is_list(Some(at + 2))).then_some(at + 2)
    }
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

    #[test]
    fn a_name_is_replaced_where_it_is_looked_for_and_nowhere_else() {
        for (source, to, changed, unclear) in [
            ("has_role(\"agent\")", "has_role(\"b \\\"c\")", true, false),
            (
                "!has_role( \"agent\" ) // \"agent\"\n|| \"agent\" in subject.roles",
                "!has_role( \"b \\\"c\" ) // \"agent\"\n|| \"b \\\"c\" in subject.roles",
                true,
                false,
            ),
            (
                "contains(subject.roles, \"agent\")",
                "contains(subject.roles, \"b \\\"c\")",
                true,
                false,
            ),
            (
                "subject.roles.contains(\"agent\")",
                "subject.roles.contains(\"b \\\"c\")",
                true,
                false,
            ),
            (
                "resource.by == \"é\" && has_role(\"agent\")",
                "resource.by == \"é\" && has_role(\"b \\\"c\")",
                true,
                false,
            ),
            (
                "has_role(\"agent\") && resource.by == \"agent\"",
                "has_role(\"b \\\"c\") && resource.by == \"agent\"",
                true,
                false,
            ),
            (
                "overlaps(subject.roles, [\"a\", \"agent\"]) || overlaps([\"agent\"], subject.roles)",
                "overlaps(subject.roles, [\"a\", \"b \\\"c\"]) || overlaps([\"b \\\"c\"], subject.roles)",
                true,
                false,
            ),
            (
                "overlaps(subject.roles, [\"a\", \"c\"])",
                "overlaps(subject.roles, [\"a\", \"c\"])",
                false,
                false,
            ),
            (
                "overlaps(subject.roles, [\"agent\", resource.by])",
                "overlaps(subject.roles, [\"agent\", resource.by])",
                false,
                true,
            ),
            ("has_role(\"agents\")", "has_role(\"agents\")", false, false),
            ("has_tag(\"agent\")", "has_tag(\"agent\")", false, false),
            ("resource.by == \"agent\"", "resource.by == \"agent\"", false, false),
            ("has_role(resource.by)", "has_role(resource.by)", false, true),
            (
                "has_role(resource.by) && has_role(\"agent\")",
                "has_role(resource.by) && has_role(\"b \\\"c\")",
                true,
                true,
            ),
            ("subject.roles == [\"agent\"]", "subject.roles == [\"agent\"]", false, true),
            ("has_role(`agent`)", "has_role(`agent`)", false, true),
        ] {
            let renamed = rename_in(source, Named::Role, "agent", "b \"c");
            let wanted = Renamed { source: to.to_owned(), changed, unclear };
            assert_eq!(renamed, wanted, "{source}");
        }
        let team = rename_in("in_team(\"east\")", Named::Team, "east", "west");
        assert_eq!(team.source, "in_team(\"west\")");
        let tag = rename_in("\"vip\" in subject.tags && has_tag(\"vip\")", Named::Tag, "vip", "v");
        assert_eq!(tag.source, "\"v\" in subject.tags && has_tag(\"v\")");
    }
}
