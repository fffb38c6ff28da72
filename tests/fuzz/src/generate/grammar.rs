//! Conditions in good order: every part of the type that is needed there.

use crate::random::Random;
use crate::world::{NUMBERS, TEXTS, instant, paths};
use permesso_engine::condition::AttributeType;

pub(super) fn text(random: &mut Random) -> String {
    let mut writer = Writer { random, text: String::new() };
    let depth = writer.random.below(4);
    writer.truth(depth);
    writer.text
}

struct Writer<'r> {
    random: &'r mut Random,
    text: String,
}

/// What a part is.
type Part<'r> = fn(&mut Writer<'r>, usize);

impl<'r> Writer<'r> {
    fn put(&mut self, word: &str) {
        self.text.push_str(word);
    }

    /// What may stand between two words.
    fn gap(&mut self) {
        let gap = match self.random.below(30) {
            0 => "\n",
            1 => "\t ",
            2 => " /* why */ ",
            3 => " // why\n",
            _ => " ",
        };
        self.put(gap);
    }

    fn name(&mut self, names: &[&str]) {
        let name = self.random.name(names);
        self.put(&name);
    }

    fn path(&mut self, kind: AttributeType) {
        self.name(&paths(kind));
    }

    fn words(&mut self) {
        let text = self.random.name(&TEXTS);
        self.put(&format!("\"{text}\""));
    }

    fn infix(&mut self, left: Part<'r>, operators: &[&str], right: Part<'r>, depth: usize) {
        let begin = self.text.len();
        left(self, depth);
        let end = self.text.len();
        self.gap();
        self.name(operators);
        self.gap();
        let other = self.text.len();
        right(self, depth);
        // What is compared with itself is refused, as is now with what is always as far from it.
        let whole = self.text.get(begin..).unwrap_or_default();
        let reads = ["resource.", "context.", "subject."].iter().any(|root| whole.contains(root));
        let is_same = self.text.get(begin..end) == self.text.get(other..)
            || !reads && whole.matches("now").count() > 1;
        if is_same && operators.iter().any(|it| ["==", "<"].contains(it)) {
            self.text.truncate(begin);
            self.path(AttributeType::Boolean);
        }
    }

    fn within(&mut self, open: &str, part: impl FnOnce(&mut Self)) {
        self.put(open);
        part(self);
        self.put(")");
    }

    /// True or false.
    fn truth(&mut self, depth: usize) {
        let Some(inner) = depth.checked_sub(1) else { return self.leaf() };
        match self.random.below(8) {
            0..4 => {
                let join = self.random.name(&["&&", "||"]);
                for n in 0..2 + self.random.below(3) {
                    if n > 0 {
                        self.gap();
                        self.put(&join);
                        self.gap();
                    }
                    self.within("(", |this| this.truth(inner));
                }
            }
            4 => self.within("!(", |this| this.truth(inner)),
            5 => self.within("(", |this| this.truth(inner)),
            6 => {
                self.within("(", |this| this.truth(inner));
                self.name(&[" == ", " != "]);
                self.path(AttributeType::Boolean);
            }
            _ => self.leaf(),
        }
    }

    fn leaf(&mut self) {
        const COMPARE: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
        let depth = self.random.below(3);
        match self.random.below(20) {
            17 => {
                self.put("overlaps(");
                self.read_texts(0);
                self.put(", ");
                self.within("", |this| this.texts(0));
            }
            18 => {
                self.put("lower(");
                self.within("", |this| this.free_text(0));
                self.name(&[" == ", " != "]);
                self.name(&[
                    "\"rome\"",
                    "lower(resource.title)",
                    "\"straße\"",
                    "lower(subject.billing)",
                ]);
            }
            19 => {
                self.name(&["contains(", "starts_with(", "ends_with("]);
                self.within("lower(", |this| this.free_text(0));
                self.put(", \"o\")");
            }
            0 => match self.random.chance(50) {
                true => self.path(AttributeType::Boolean),
                false => self.name(&[
                    "subject.holds(\"doc.read\")",
                    "!subject.holds(\"not-writable\")",
                    "subject.holds(\"doc.read\") == subject.holds.doc.read",
                ]),
            },
            1 => {
                self.path(AttributeType::Boolean);
                self.name(&[" == true", " != false", " == subject.owner"]);
            }
            2 => self.infix(Self::read_integer, &COMPARE, Self::integer, depth),
            3 => self.infix(Self::read_decimal, &COMPARE, Self::decimal, depth),
            4 => self.infix(Self::free_text, &["==", "!="], Self::any_text, 0),
            5 => self.infix(Self::free_text, &["in", "!in"], Self::texts, 0),
            6 => self.infix(Self::any_text, &["in", "!in"], Self::read_texts, 0),
            7 => self.infix(Self::read_integer, &["in", "!in"], Self::integers, 0),
            8 => {
                self.name(&["has_role(", "has_tag(", "in_team("]);
                self.within("", |this| this.any_text(0));
            }
            9 => {
                self.name(&["contains(", "starts_with(", "ends_with("]);
                self.free_text(0);
                self.put(", ");
                self.within("", |this| this.any_text(0));
            }
            10 => {
                self.free_text(0);
                self.name(&[".contains(", ".starts_with(", ".ends_with("]);
                self.within("", |this| this.any_text(0));
            }
            11 => self.network(),
            12 | 13 => self.calendar(depth),
            14 | 15 => self.infix(Self::read_instant, &COMPARE, Self::instant, depth),
            _ => self.infix(Self::read_duration, &COMPARE, Self::duration, depth),
        }
    }

    fn read_integer(&mut self, depth: usize) {
        self.path(AttributeType::Integer);
        if depth > 1 {
            self.name(&[" + ", " - ", " * ", " / ", " % "]);
            self.integer(0);
        }
    }

    fn integer(&mut self, depth: usize) {
        match (depth, self.random.below(4)) {
            (0, 0..2) | (_, 0) => {
                let number = self.random.pick(&NUMBERS).unwrap_or_default();
                // The smallest one cannot be written.
                self.put(&number.max(-i64::MAX).to_string());
            }
            (0, _) | (_, 1) => self.path(AttributeType::Integer),
            (_, 2) => {
                self.put("-");
                self.within("(", |this| this.integer(depth - 1));
            }
            _ => self.within("(", |this| {
                this.infix(Self::integer, &["+", "-", "*", "/", "%"], Self::integer, depth - 1);
            }),
        }
    }

    fn read_decimal(&mut self, depth: usize) {
        self.path(AttributeType::Decimal);
        if depth > 1 {
            self.name(&[" + ", " - ", " * ", " / ", " % "]);
            self.decimal(0);
        }
    }

    fn decimal(&mut self, depth: usize) {
        match (depth, self.random.below(4)) {
            (0, 0) | (_, 0) => self.name(&["0.5", "0.0", "1e300", "-2.25", "100.0", "1e-300"]),
            (0, 1) => self.path(AttributeType::Integer),
            (0, _) | (_, 1) => self.path(AttributeType::Decimal),
            _ => self.within("(", |this| {
                this.infix(Self::decimal, &["+", "-", "*", "/", "%"], Self::decimal, depth - 1);
            }),
        }
    }

    /// A text that may be anything.
    fn free_text(&mut self, _: usize) {
        self.name(&[
            "resource.title",
            "resource.owner",
            "resource.address.city",
            "subject.billing",
        ]);
    }

    fn any_text(&mut self, _: usize) {
        if self.random.chance(70) { self.words() } else { self.free_text(0) }
    }

    fn read_texts(&mut self, _: usize) {
        self.path(AttributeType::Texts);
    }

    fn texts(&mut self, _: usize) {
        if self.random.chance(30) {
            return self.read_texts(0);
        }
        self.list(Self::any_text);
    }

    fn integers(&mut self, _: usize) {
        self.list(|this, _| {
            let number = this.random.below(10).to_string();
            this.put(&number);
        });
    }

    fn list(&mut self, item: Part<'r>) {
        let items = if self.random.chance(95) { 1 + self.random.below(5) } else { 150 };
        self.put("[");
        for n in 0..items {
            if n > 0 {
                self.put(", ");
            }
            item(self, 0);
        }
        self.put("]");
    }

    fn network(&mut self) {
        self.put("in_cidr(context.ip, ");
        self.within("", |this| {
            this.name(&[
                "\"10.0.0.0/8\"",
                "\"10.1.2.3\"",
                "[\"192.168.0.0/16\", \"2001:db8::/32\"]",
                "[\"0.0.0.0/0\"]",
                "\"::/0\"",
            ]);
        });
    }

    fn calendar(&mut self, depth: usize) {
        const ZONES: [&str; 14] = [
            "UTC",
            "Europe/Rome",
            "America/New_York",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
            "Africa/Cairo",
            "America/Nuuk",
            "Pacific/Chatham",
            "Africa/Casablanca",
            "+02:00",
            "-03:30",
            "Antarctica/Troll",
            // Put back its clocks at a minute past midnight.
            "America/St_Johns",
            // Left a day out.
            "Pacific/Apia",
        ];
        if self.random.chance(55) {
            let (from, to) = (self.random.below(24), 1 + self.random.below(23));
            let to = (from + to) % 24;
            self.put("hour_in(");
            self.instant(depth);
            if self.random.chance(50) {
                let (early, late) = (self.random.below(60), self.random.below(60));
                self.put(&format!(", \"{from}:{early:02}\", \"{to}:{late:02}\", "));
            } else {
                self.put(&format!(", {from}, {to}, "));
            }
        } else if self.random.chance(30) {
            self.put("date_in(");
            self.instant(depth);
            self.put(", ");
            self.name(&[
                "\"2026-07-01\", \"2026-07-01\"",
                "\"2026-03-28\", \"2026-03-30\"",
                "\"2011-12-30\", \"2031-01-01\"",
            ]);
            self.put(", ");
        } else {
            self.put("weekday_in(");
            self.instant(depth);
            self.put(", ");
            self.name(&["\"mon-fri\"", "\"sun\"", "[\"mon\", \"wed-thu\"]", "\"sat-mon\""]);
            self.put(", ");
        }
        let zone = self.random.name(&ZONES);
        self.put(&format!("\"{zone}\")"));
    }

    fn read_instant(&mut self, depth: usize) {
        if self.random.chance(60) {
            self.put("now");
        } else {
            self.path(AttributeType::Instant);
        }
        if depth > 1 {
            self.name(&[" + ", " - "]);
            self.duration(0);
        }
    }

    fn instant(&mut self, depth: usize) {
        match (depth, self.random.below(4)) {
            (0, 0) | (_, 0) => self.name(&[
                "instant(\"2026-07-01T09:00:00Z\")",
                "instant(\"2028-02-29T23:59:59.999+02:00\")",
                "instant(\"2031-01-01T00:00:00-11:00\")",
                "instant(\"1970-01-01T00:00:00Z\")",
            ]),
            (0, 1) | (_, 1) => self.put("now"),
            (0, _) => self.path(AttributeType::Instant),
            (_, 2) => self.infix(Self::instant, &["+", "-"], Self::duration_in_brackets, depth - 1),
            _ => self.infix(Self::duration_in_brackets, &["+"], Self::instant, depth - 1),
        }
    }

    fn read_duration(&mut self, depth: usize) {
        self.within("(", |this| {
            this.infix(Self::read_instant, &["-"], Self::instant, depth.min(1))
        });
    }

    fn duration(&mut self, _: usize) {
        self.name(&["days(", "hours(", "minutes("]);
        self.within("", |this| {
            if this.random.chance(20) {
                this.path(AttributeType::Integer);
            } else if this.random.chance(5) {
                // So long that sums with it leave the range of a number, sooner or later.
                let unit = this.random.pick(&[60_000, 3_600_000, 86_400_000]).unwrap_or(1);
                let number = i64::MAX.saturating_sub(instant(this.random)) / unit;
                this.put(&number.to_string());
            } else {
                let number = this.random.below(6_000).to_string();
                this.put(&number);
            }
        });
    }

    fn duration_in_brackets(&mut self, depth: usize) {
        if depth > 0 && self.random.chance(30) {
            return self.within("(", |this| {
                this.infix(Self::duration, &["+", "-"], Self::duration, depth - 1);
            });
        }
        self.duration(depth);
    }
}
