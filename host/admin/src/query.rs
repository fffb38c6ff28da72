//! Parameters of a query. What is not known is refused: a misspelt filter that is left out
//! answers with everything.

use permesso_engine::model::Instant;
use permesso_front::Problem;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The largest number: those beyond it are not exact in every reader of JSON.
pub(crate) const LARGEST: u64 = (1 << 53) - 1;

/// The longest text, in bytes.
pub(crate) const LONGEST: usize = 256;

/// How a parameter is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    /// A text of 1 to 256 bytes.
    Text,
    /// A whole number.
    Integer {
        /// At least.
        min: u64,
        /// At most.
        max: u64,
    },
    /// An instant; a date is where that day begins.
    From,
    /// An instant; a date is where that day ends.
    Until,
    /// `true` or `false`.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) about: &'static str,
}

impl Param {
    pub(crate) const fn text(name: &'static str, about: &'static str) -> Self {
        Self { name, form: Form::Text, about }
    }

    pub(crate) const fn number(name: &'static str, about: &'static str) -> Self {
        Self { name, form: Form::Integer { min: 0, max: LARGEST }, about }
    }
}

/// Of lists that come in pages.
pub(crate) const PAGED: [Param; 2] = [Param::text("after", "Only what comes after this id"), LIMIT];

/// How many at a time.
pub(crate) const LIMIT: Param = Param {
    name: "limit",
    form: Form::Integer { min: 1, max: 100 },
    about: "How many at most; 50 where nothing is said",
};

/// How many of a page where nothing is said.
pub(crate) const PAGE: u64 = 50;

/// The parameters of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query(BTreeMap<&'static str, String>);

impl Query {
    /// Those of a query, which may be only these.
    pub(crate) fn parse(text: &str, params: &[Param]) -> Result<Self, Problem> {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let Some(param) = params.iter().find(|param| param.name == name) else {
                let known: Vec<&str> = params.iter().map(|param| param.name).collect();
                let help = match known.is_empty() {
                    true => "this endpoint takes none".to_owned(),
                    false => format!("it takes {}", known.join(", ")),
                };
                return Err(Problem::bad(format!(
                    "the parameter `{}` is unknown; {help}",
                    cut(&name)
                ))
                .with("parameter", cut(&name)));
            };
            if let Err(why) = param.form.check(&value) {
                let detail = format!("`{}` {why}", param.name);
                return Err(Problem::bad(detail).with("parameter", param.name));
            }
            if query.0.insert(param.name, value.into_owned()).is_some() {
                let detail = format!("`{}` is said twice; say it once", param.name);
                return Err(Problem::bad(detail).with("parameter", param.name));
            }
        }
        Ok(query)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn from(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().map(Instant::millis).ok()
    }

    pub(crate) fn until(&self, name: &str) -> Option<i64> {
        Instant::until(self.text(name)?).map(Instant::millis).ok()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// How many at a time.
    pub(crate) fn limit(&self) -> usize {
        usize::try_from(self.number("limit").unwrap_or(PAGE)).unwrap_or(1)
    }

    /// After which id.
    pub(crate) fn after(&self) -> &str {
        self.text("after").unwrap_or_default()
    }
}

impl Form {
    fn check(self, value: &str) -> Result<(), String> {
        match self {
            Self::Text if value.is_empty() => Err("is empty; leave it out".to_owned()),
            Self::Text if value.len() > LONGEST => Err(format!("is longer than {LONGEST} bytes")),
            Self::Text if value.chars().any(char::is_control) => {
                Err("holds control characters; leave them out".to_owned())
            }
            Self::Text => Ok(()),
            Self::Integer { min, max } => {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse::<u64>().ok().filter(|_| digits);
                match number {
                    Some(number) if (min..=max).contains(&number) => Ok(()),
                    _ => Err(format!("has to be a whole number from {min} to {max}")),
                }
            }
            Self::From | Self::Until => value
                .parse::<Instant>()
                .map(|_| ())
                .map_err(|error| format!("is no instant: {error}")),
            Self::Flag if matches!(value, "true" | "false") => Ok(()),
            Self::Flag => Err("has to be `true` or `false`".to_owned()),
            Self::Choice(values) if values.contains(&value) => Ok(()),
            Self::Choice(values) => Err(format!("has to be one of {}", values.join(", "))),
        }
    }

    pub(crate) fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string", "minLength": 1, "maxLength": LONGEST}),
            Self::Integer { min, max } => {
                json!({"type": "integer", "minimum": min, "maximum": max})
            }
            Self::From | Self::Until => {
                json!({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
            }
            Self::Flag => json!({"type": "boolean"}),
            Self::Choice(values) => json!({"type": "string", "enum": values}),
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: [Param; 2] = [Param::text("role", ""), LIMIT];

    #[test]
    fn what_is_known_is_read_and_anything_else_is_refused() {
        let query = Query::parse("role=a%2Fb+c&limit=7", &PARAMS).unwrap();
        assert_eq!((query.text("role"), query.limit()), (Some("a/b c"), 7));
        assert_eq!(Query::parse("", &PARAMS).unwrap().limit(), 50);
        for text in [
            "rol=a",
            "role=a&role=a",
            "role=",
            "limit=0",
            "limit=101",
            "limit=+5",
            "limit=-1",
            "limit=1e1",
            "limit=",
            "role=%00",
            "limit=99999999999999999999",
        ] {
            let refused = Query::parse(text, &PARAMS);
            assert_eq!(refused.err().map(|problem| problem.status().as_u16()), Some(400), "{text}");
        }
    }
}
