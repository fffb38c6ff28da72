//! Cuts a condition into words, roughly: good enough to exchange and to leave out.

/// The words of a text and what stands between them; together they are the text.
#[must_use]
pub fn pieces(source: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text(rest),
            first if word(first) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            first if first.is_whitespace() => {
                rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
            }
            first if operator(first) => rest.find(|c| !operator(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

fn operator(c: char) -> bool {
    "=<>!&|+-*/%".contains(c)
}

/// How long the text in quotes is with which `rest` begins.
fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_a_text_are_the_text() {
        for source in ["", "a.b >= 5 && (c == \"x y\\\" z\")", "\"open", "ß\u{0}`${x}` \"ü\"", "("]
        {
            assert_eq!(pieces(source).concat(), source);
        }
        assert_eq!(
            pieces("a.b>=5 && \"x y\" in c"),
            ["a.b", ">=", "5", " ", "&&", " ", "\"x y\"", " ", "in", " ", "c"]
        );
    }
}
