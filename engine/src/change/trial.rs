//! What edits of a user open and close.

use super::World;
use crate::directory::Compiled;
use crate::model::InputPath;
use crate::profile::{Effect, Gate, Person, Profile, Readers, gates};
use crate::snapshot::{Member, Snapshot};
use std::cell::OnceCell;

/// A user of whom changes are tried.
pub(crate) struct Trial<'a> {
    person: Person<'a>,
    profile: Profile<'a>,
    /// The exclusive items and the profile with them. Few edits have anything to do with them.
    with_gates: OnceCell<(Vec<Gate<'a>>, Profile<'a>)>,
    /// Whether a program admits to one item and not to another one that it gives.
    by_item: bool,
    /// What reads of users.
    readers: OnceCell<Readers<'a>>,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(tenant: &'a Compiled, member: &'a Member, now: i64) -> Self {
        let person = Person::new(tenant, member, now);
        let profile = Profile::new(&person, &[]);
        let by_item = tenant.snapshot.programs.iter().any(|program| {
            let condition = program.matchers.condition.as_ref();
            condition.is_some_and(|clause| clause.condition.inputs().iter().any(is_of_item))
        });
        Self { person, profile, with_gates: OnceCell::new(), by_item, readers: OnceCell::new() }
    }

    /// What is open in a world and was not, and the other way round.
    pub(crate) fn effect(&self, world: &World<'_>) -> Effect {
        let supposed = world.supposed();
        let person = Person {
            member: &world.member,
            now: world.now,
            supposed: Some(&supposed),
            ..self.person
        };
        let snapshot = self.snapshot();
        let after = Profile::new(&person, &[]);
        let mut effect = if self.profile.is_admitted_alike(&after) && !self.by_item {
            self.profile.effect(&after, snapshot)
        } else {
            let (gates, before) = self.with_gates();
            before.effect(&after.with_gates(&person, gates), snapshot)
        };
        let readers = self.readers.get_or_init(|| Readers::new(snapshot, snapshot, Vec::new()));
        effect.follows = readers.follows(self.person, person, None);
        effect
    }

    /// The exclusive items that an effect counts.
    pub(crate) fn gates(&self) -> &[Gate<'a>] {
        &self.with_gates().0
    }

    fn with_gates(&self) -> &(Vec<Gate<'a>>, Profile<'a>) {
        self.with_gates.get_or_init(|| {
            let gates = gates(self.snapshot());
            let profile = Profile::new(&self.person, &gates);
            (gates, profile)
        })
    }

    fn snapshot(&self) -> &'a Snapshot {
        self.person.snapshot()
    }
}

fn is_of_item(path: &InputPath) -> bool {
    matches!(path, InputPath::ResourceKind | InputPath::ResourceId)
}
