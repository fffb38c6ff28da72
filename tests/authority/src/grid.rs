//! All that people of a random tenant can do, decision by decision.

use crate::world::{PAGES, TEAMS};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Value};
use permesso_node::Node;
use std::collections::BTreeMap;

/// A question; whose the record is counts by whether it is the subject's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Square {
    /// What is asked for.
    pub action: &'static str,
    /// Whether the record is the subject's own.
    pub own: bool,
    /// The team of the record.
    pub team: Option<&'static str>,
    /// Its city, or the page's id.
    pub place: &'static str,
}

/// Every question.
#[must_use]
pub fn squares() -> Vec<Square> {
    let mut all = Vec::new();
    for action in ["deal.read", "deal.edit", "deal.close", "deal.audit", "deal.sign"] {
        for own in [true, false] {
            for team in TEAMS.iter().copied().map(Some).chain([None]) {
                for place in ["rome", "oslo"] {
                    all.push(Square { action, own, team, place });
                }
            }
        }
    }
    for place in PAGES {
        all.push(Square { action: "page.view", own: false, team: None, place });
    }
    all
}

/// What each of these users can do, square by square.
///
/// # Panics
///
/// Where the node does not answer.
pub async fn grid(
    node: &Node,
    users: &[String],
    squares: &[Square],
) -> BTreeMap<String, Vec<bool>> {
    let mut all = BTreeMap::new();
    let nothing = Attributes::new();
    for user in users {
        let mut may = Vec::with_capacity(squares.len());
        for square in squares {
            let mut attributes = Attributes::new();
            let owner = if square.own { user.as_str() } else { "somebody" };
            attributes.set("owner", Value::from(owner));
            if let Some(team) = square.team {
                attributes.set("team", Value::from(team));
            }
            attributes.set("city", Value::from(square.place));
            let page = square.action == "page.view";
            let resource = match page {
                true => Resource { kind: "page", id: Some(square.place), attributes: &nothing },
                false => Resource { kind: "deal", id: Some("1"), attributes: &attributes },
            };
            let request = Request {
                subject: user,
                action: square.action,
                resource,
                context: &nothing,
                asserted: Asserted::NONE,
                now: 1_800_000_000_000,
            };
            let decision = node.decide("acme", &request).await;
            may.push(decision.unwrap_or_else(|error| panic!("{error}")).is_allow());
        }
        all.insert(user.clone(), may);
    }
    all
}
