//! Texts to try, from noise to conditions in good order.
//!
//! Noise finds what the reader of words does not expect, words in any order what the parser does
//! not, and conditions in good order reach what runs. Between them lie conditions of people with
//! something wrong in them.

mod grammar;
mod mutate;
mod noise;
mod soup;

use crate::random::Random;

/// How a text is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Random bytes and characters.
    Noise,
    /// Words of the language, of the script library and of other languages, in any order.
    Soup,
    /// A condition that follows the grammar and the types.
    Grammar,
    /// A condition of the corpus with something wrong in it.
    Mutation,
}

impl Kind {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Noise, Self::Soup, Self::Grammar, Self::Mutation];

    /// What the report calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Soup => "word soup",
            Self::Grammar => "grammar",
            Self::Mutation => "mutations",
        }
    }
}

/// The text of a seed.
#[must_use]
pub fn text(random: &mut Random, corpus: &[String]) -> (Kind, String) {
    match random.below(10) {
        0 => (Kind::Noise, noise::text(random)),
        1..4 => (Kind::Soup, soup::text(random)),
        4..7 => (Kind::Grammar, grammar::text(random)),
        _ => (Kind::Mutation, mutate::text(random, corpus)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;
    use crate::world::{ENGINE, SCHEMA};

    #[test]
    fn a_seed_makes_the_same_text_every_time() {
        let corpus = corpus::read().unwrap();
        for seed in 0..50 {
            let make = || text(&mut Random::new(seed), &corpus);
            assert_eq!(make(), make());
        }
    }

    #[test]
    fn most_conditions_of_the_grammar_are_in_order_and_some_of_the_rest() {
        let corpus = corpus::read().unwrap();
        let mut compiled = [(0, 0); 4];
        for seed in 0..4_000 {
            let (kind, source) = text(&mut Random::new(seed), &corpus);
            let (all, good) = &mut compiled[kind as usize];
            *all += 1;
            *good += usize::from(ENGINE.compile(&source, &SCHEMA).is_ok());
        }
        let [_, (_, soups), (grammars, good), (mutations, survivors)] = compiled;
        assert!(soups > 0, "{compiled:?}");
        assert!(good * 10 > grammars * 8, "{compiled:?}");
        assert!(survivors * 10 > mutations && survivors < mutations, "{compiled:?}");
    }
}
