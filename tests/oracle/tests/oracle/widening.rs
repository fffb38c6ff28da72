//! More roles and policies never mean less access, except by something that says so by name.

use permesso_engine::Authorizer;
use permesso_engine::decision::{Decision, Reason};
use permesso_oracle::case::{Case, TENANT};
use permesso_oracle::generate;
use permesso_oracle::random::Random;
use serde_json::{Value as Json, json};

/// What turns a yes into a no by its name where somebody is given more.
fn is_named(case: &Case, (subject, action): (&str, &str), reason: &Reason) -> bool {
    match reason {
        // A restricting toggle that came along.
        Reason::Constraint(_) => true,
        // A toggle of the viewer, or a rule of sharing that is for holders of the role.
        Reason::Redacted(_) | Reason::Hidden(_) => true,
        // A guard that asks about the subject, or whether the role is still held by nobody.
        Reason::Guard { id, .. } => {
            let guards = case.catalog.get("guards").and_then(Json::as_array);
            guards.into_iter().flatten().any(|guard| {
                let text = guard.to_string();
                guard.get("id").and_then(Json::as_str) == Some(id)
                    && (text.contains("subject.") || text.contains("unused"))
            })
        }
        // What was delegated, where one of those took it from whoever delegates.
        Reason::OutOfScope(_) | Reason::NotGranted | Reason::NotApplicable(_) => {
            is_delegated_to(case, subject, action)
        }
        // The same of what that requires.
        Reason::Prerequisite(id) => is_delegated_to(case, subject, id),
        _ => false,
    }
}

/// Whether it is this that somebody delegated to the subject.
fn is_delegated_to(case: &Case, subject: &str, action: &str) -> bool {
    let delegations = case.people.get("delegations").and_then(Json::as_array);
    delegations.into_iter().flatten().any(|it| {
        let permissions = it.get("permissions").and_then(Json::as_array);
        it.get("to").and_then(Json::as_str) == Some(subject)
            && permissions.into_iter().flatten().any(|id| id.as_str() == Some(action))
    })
}

/// Whether something asks which roles, policies or permissions somebody holds: a condition may
/// well hold only for those who lack one.
fn asks_what_is_held(case: &Case) -> bool {
    let text = format!("{}{}{}", case.catalog, case.tenant, case.people);
    ["has_role", "subject.roles", "subject.policies"].iter().any(|word| text.contains(word))
}

fn decide(case: &Case) -> Option<Vec<Decision>> {
    let world = case.read().ok()?;
    let authorizer = Authorizer::new(0);
    authorizer.install(world.compile().ok()?);
    let questions = world.questions.iter();
    Some(questions.map(|it| authorizer.decide(TENANT, &it.at(it.now))).collect())
}

#[test]
fn a_role_or_a_policy_more_never_turns_a_yes_into_a_no_unless_something_named_does() {
    let (mut kept, mut turned) = (0, 0);
    for seed in 0..400 {
        let mut case = generate::case(seed, 40);
        if asks_what_is_held(&case) {
            continue;
        }
        // What is not installed denies what it governs; families may say what they like.
        case.families.clear();
        let Some(before) = decide(&case) else { continue };
        let mut random = Random::new(seed);
        let (list, names) = match random.chance(50) {
            true => ("roles", vec!["std0", "std1", "std2", "r0", "r1", "r2", "r3"]),
            false => ("policies", vec!["pol0", "pol1"]),
        };
        let given = random.name(&names);
        let users = case.people.get_mut("users").and_then(Json::as_array_mut);
        for user in users.into_iter().flatten() {
            let held = user.as_object_mut().map(|user| user.entry(list).or_insert(json!([])));
            // Nothing is held twice.
            if let Some(Json::Array(held)) = held
                && !held.contains(&json!(given))
            {
                held.push(json!(given));
            }
        }
        let Some(after) = decide(&case) else { continue };
        let Ok(world) = case.read() else { continue };
        let asked = world.questions.iter().map(|it| {
            let request = it.at(it.now);
            (request.subject.to_owned(), request.action.to_owned())
        });
        let asked: Vec<_> = asked.collect();
        for (n, (before, after)) in before.iter().zip(&after).enumerate() {
            if !before.is_allow() {
                continue;
            }
            if after.is_allow() {
                kept += 1;
                continue;
            }
            turned += 1;
            assert!(
                is_named(&case, (&asked[n].0, &asked[n].1), &after.reason),
                "seed {seed}, question {n}: {list} {given} gave {:?}\n{case}",
                after.reason
            );
        }
    }
    assert!(kept > 500, "only {kept} were looked at");
    assert!(turned > 0, "nothing named turned any: {turned}");
}
