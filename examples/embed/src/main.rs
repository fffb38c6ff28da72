//! Permesso inside an application: no server, no port, no second process.
//!
//! ```sh
//! cargo xtask families
//! cargo run --release --package permesso-embed
//! ```

use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Value};
use permesso_folders::{DecisionPoint, SetupError};
use std::time::{SystemTime, UNIX_EPOCH};

fn main() -> Result<(), SetupError> {
    // Folders of a product each, and the components of the families that they need.
    let point =
        DecisionPoint::builder().families("target/families").folder("examples/iclosed").build()?;

    // What the application knows about the event. What it leaves out counts as unknown.
    let event: Attributes<'_> = [
        ("hosts", Value::List(vec!["maya.iyer".into(), "jack.turner".into()])),
        ("created_by", "hannah.cole".into()),
    ]
    .into_iter()
    .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());

    for (user, action) in [
        ("maya.iyer", "events.view"),
        ("maya.iyer", "events.manage"),
        ("hannah.cole", "events.manage"),
        ("noah.bauer", "events.host"),
    ] {
        let request = Request {
            subject: user,
            action,
            resource: Resource { kind: "event", id: Some("e-1"), attributes: &event },
            context: &Attributes::new(),
            asserted: Asserted::NONE,
            now: i64::try_from(now).unwrap_or(i64::MAX),
        };
        let decision = point.decide("peakline", &request);
        let verdict = if decision.is_allow() { "may" } else { "may not" };
        println!("{user} {verdict} {action}: {}", decision.reason);
        for obligation in &decision.obligations {
            println!("  but has to: {} {:?}", obligation.code, obligation.values);
        }
    }
    Ok(())
}
