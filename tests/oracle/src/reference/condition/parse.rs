//! Reads the part of the language that the generator writes.

/// A part of a condition, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(super) part: Part,
    from: usize,
    to: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    Truth(bool),
    Whole(i64),
    Decimal(f64),
    Text(String),
    Path(String),
    List(Vec<Node>),
    Not(Box<Node>),
    Minus(Box<Node>),
    Both(Box<Node>, &'static str, Box<Node>),
    Call(String, Vec<Node>),
}

/// Operators by how tightly they bind, the loosest first.
const LEVELS: [&[&str]; 8] = [
    &["||"],
    &["&&"],
    &["==", "!="],
    &["in", "!in"],
    &["<=", ">=", "<", ">"],
    &["??"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Reads a condition.
///
/// # Errors
///
/// Where it is not understood.
pub(crate) fn parse(text: &str) -> Result<Node, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, next: 0 };
    let node = reader.level(0)?;
    match reader.peek() {
        None => Ok(node),
        Some(token) => Err(format!("`{}` cannot stand here", token.text)),
    }
}

impl Node {
    /// Calls `each` with where every part stands, from the outside in.
    pub(crate) fn visit_places(&self, each: &mut impl FnMut(usize, usize)) {
        each(self.from, self.to);
        match &self.part {
            Part::Not(inner) | Part::Minus(inner) => inner.visit_places(each),
            Part::Both(left, _, right) => {
                left.visit_places(each);
                right.visit_places(each);
            }
            Part::List(items) | Part::Call(_, items) => {
                items.iter().for_each(|item| item.visit_places(each));
            }
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Name,
    Number,
    Text,
    Sign,
}

#[derive(Debug)]
struct Token {
    sort: Sort,
    /// As it stands; of a text what it says.
    text: String,
    from: usize,
    to: usize,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    const SIGNS: [&str; 19] = [
        "??", "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "(", ")",
        "[", "]",
    ];
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let from = text.len() - rest.len();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let while_true = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let (sort, length, said) = if first == '"' {
            let (said, length) = quoted(rest)?;
            (Sort::Text, length, Some(said))
        } else if first.is_ascii_digit() {
            (Sort::Number, while_true(|c| c.is_ascii_digit() || c == '.'), None)
        } else if first.is_ascii_alphabetic() || first == '_' {
            (Sort::Name, while_true(word), None)
        } else if rest.strip_prefix("!in").is_some_and(|after| !after.starts_with(word)) {
            (Sort::Sign, 3, None)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Sort::Sign, sign.len(), None)
        } else if first == ',' {
            (Sort::Sign, 1, None)
        } else {
            return Err(format!("`{first}` is not understood"));
        };
        let (written, after) = rest.split_at(length);
        let text = said.unwrap_or_else(|| written.to_owned());
        tokens.push(Token { sort, text, from, to: from + length });
        rest = after;
    }
}

/// What a text in quotes says, and how long it is with them.
fn quoted(rest: &str) -> Result<(String, usize), String> {
    let mut said = String::new();
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, '"') => return Ok((said, at + 1)),
            _ => {
                said.push(c);
                escaped = false;
            }
        }
    }
    Err("a text does not end".to_owned())
}

struct Reader<'t> {
    tokens: &'t [Token],
    next: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Result<&'t Token, String> {
        let token = self.peek().ok_or("it stops before it is complete")?;
        self.next += 1;
        Ok(token)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|it| it.sort == Sort::Sign && it.text == sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<usize, String> {
        match self.takes(sign) {
            true => Ok(self.tokens.get(self.next - 1).map_or(0, |token| token.to)),
            false => Err(format!("`{sign}` is missing")),
        }
    }

    /// Everything that binds at least as tightly as a level of operators.
    fn level(&mut self, level: usize) -> Result<Node, String> {
        let Some(operators) = LEVELS.get(level) else { return self.single() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.peek().and_then(|token| {
            let named = token.sort == Sort::Sign || token.text == "in" && token.sort == Sort::Name;
            operators.iter().find(|operator| named && **operator == token.text)
        }) {
            self.next += 1;
            let right = self.level(level + 1)?;
            let (from, to) = (left.from, right.to);
            left = Node { part: Part::Both(Box::new(left), operator, Box::new(right)), from, to };
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Node, String> {
        let token = self.take()?;
        let from = token.from;
        let (part, to) = match (token.sort, token.text.as_str()) {
            (Sort::Sign, "!") => {
                let inner = self.single()?;
                let to = inner.to;
                (Part::Not(Box::new(inner)), to)
            }
            (Sort::Sign, "-") => {
                let inner = self.single()?;
                let to = inner.to;
                (Part::Minus(Box::new(inner)), to)
            }
            (Sort::Sign, "(") => {
                let inner = self.level(0)?;
                (inner.part, self.expect(")")?)
            }
            (Sort::Sign, "[") => {
                let (items, to) = self.items("]")?;
                (Part::List(items), to)
            }
            (Sort::Sign, other) => return Err(format!("`{other}` cannot stand here")),
            (Sort::Text, text) => (Part::Text(text.to_owned()), token.to),
            (Sort::Number, text) => {
                let wrong = |_| format!("`{text}` is no number");
                let part = match text.contains('.') {
                    true => Part::Decimal(text.parse().map_err(|_| wrong(()))?),
                    false => Part::Whole(text.parse().map_err(|_| wrong(()))?),
                };
                (part, token.to)
            }
            (Sort::Name, "true") => (Part::Truth(true), token.to),
            (Sort::Name, "false") => (Part::Truth(false), token.to),
            (Sort::Name, name) if self.takes("(") => {
                let (mut items, to) = self.items(")")?;
                // A function that is called on a path takes it as its first argument.
                let called = match name.rsplit_once('.') {
                    Some((path, called)) => {
                        let (part, to) = (Part::Path(path.to_owned()), from + path.len());
                        items.insert(0, Node { part, from, to });
                        called
                    }
                    None => name,
                };
                (Part::Call(called.to_owned(), items), to)
            }
            (Sort::Name, name) => (Part::Path(name.to_owned()), token.to),
        };
        Ok(Node { part, from, to })
    }

    /// Parts with commas between them up to an end, and where that ends.
    fn items(&mut self, end: &str) -> Result<(Vec<Node>, usize), String> {
        let mut items = Vec::new();
        while self.peek().is_some_and(|token| token.text != end || token.sort != Sort::Sign) {
            items.push(self.level(0)?);
            if !self.takes(",") {
                break;
            }
        }
        Ok((items, self.expect(end)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        fn tell(node: &Node) -> String {
            match &node.part {
                Part::Truth(value) => value.to_string(),
                Part::Whole(value) => value.to_string(),
                Part::Decimal(value) => format!("{value:?}"),
                Part::Text(text) => format!("{text:?}"),
                Part::Path(path) => path.clone(),
                Part::List(items) => format!("[{}]", all(items)),
                Part::Not(inner) => format!("(not {})", tell(inner)),
                Part::Minus(inner) => format!("(minus {})", tell(inner)),
                Part::Both(left, operator, right) => {
                    format!("({} {operator} {})", tell(left), tell(right))
                }
                Part::Call(name, items) => format!("{name}({})", all(items)),
            }
        }
        fn all(items: &[Node]) -> String {
            items.iter().map(tell).collect::<Vec<_>>().join(", ")
        }
        parse(text).map_or_else(|error| error, |node| tell(&node))
    }

    #[test]
    fn operators_bind_as_they_do_in_the_language() {
        assert_eq!(told("a || b && c == d in e"), "(a || (b && (c == (d in e))))");
        assert_eq!(told("a == 1 + 2 * b < c"), "(a == ((1 + (2 * b)) < c))");
        assert_eq!(told("!a.b && -c - 1 < -2.5"), "((not a.b) && (((minus c) - 1) < (minus 2.5)))");
        assert_eq!(told("a - 1 - 2"), "((a - 1) - 2)");
        assert_eq!(told("a ?? 1 < 2 && b"), "(((a ?? 1) < 2) && b)");
        assert_eq!(told("!(a || b)"), "(not (a || b))");
    }

    #[test]
    fn functions_stand_alone_or_behind_a_path() {
        assert_eq!(told("f(a.b, \"x\\\"y\", [1, 2])"), "f(a.b, \"x\\\"y\", [1, 2])");
        assert_eq!(told("a.b.f(\"x\") && now.g(1)"), "(f(a.b, \"x\") && g(now, 1))");
        assert_eq!(told("!in_team(\"n\") && a !in b"), "((not in_team(\"n\")) && (a !in b))");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for wrong in ["a &&", "(a", "a b", "\"a", "f(a", "a = 1", "[1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
