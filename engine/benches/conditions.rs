//! What a condition costs: once when it is saved, and each time that it is asked.

use criterion::{Criterion, criterion_group, criterion_main};
use permesso_engine::condition::{AttributeDeclarations, AttributeSchema, ConditionEngine};
use permesso_engine::model::{Attributes, Value};
use std::borrow::Cow;
use std::hint::black_box;

fn conditions(criterion: &mut Criterion) {
    let declared: AttributeDeclarations = serde_saphyr::from_str(
        "{resource.amount: integer, resource.shared: boolean, resource.stage: text, \
         context.ip: text}",
    )
    .unwrap_or_default();
    let schema = AttributeSchema::new(&declared);
    let engine = ConditionEngine::new();
    let roles = (0..5).map(|n| Value::from(format!("role_{n}"))).collect();
    let known: Attributes<'_> = [
        ("resource.amount", Value::Int(900)),
        ("resource.shared", Value::Bool(true)),
        ("resource.stage", Value::from("negotiation")),
        ("context.ip", Value::from("10.2.3.4")),
        ("subject.roles", Value::List(roles)),
        ("now", Value::Int(1_783_000_000_000)),
    ]
    .into_iter()
    .collect();
    for (name, source) in [
        ("one comparison", "resource.shared == true"),
        (
            "three comparisons",
            r#"resource.amount <= 1000 && resource.stage == "negotiation" && resource.shared == true"#,
        ),
        ("a role", r#"has_role("role_4")"#),
        ("an address", r#"in_cidr(context.ip, ["192.168.0.0/16", "10.0.0.0/8"])"#),
        ("office hours", r#"hour_in(now, 0, 23, "Europe/Rome")"#),
        (
            "six clauses",
            r#"resource.amount <= 1000 && resource.stage in ["new", "negotiation"]
               && (has_role("role_9") || has_role("role_4"))
               && in_cidr(context.ip, "10.0.0.0/8") && now > instant("2026-01-01T00:00:00Z")"#,
        ),
    ] {
        criterion.bench_function(&format!("condition: compile {name}"), |bencher| {
            bencher.iter(|| engine.compile(black_box(source), &schema).map_err(|_| ()));
        });
        let Ok(condition) = engine.compile(source, &schema) else { continue };
        let inputs: Vec<_> =
            condition.inputs().iter().map(|path| (path, known.get(&path.to_string()))).collect();
        criterion.bench_function(&format!("condition: evaluate {name}"), |bencher| {
            bencher.iter(|| {
                black_box(&condition).evaluate(|path| {
                    let (_, value) = inputs.iter().find(|(known, _)| *known == path)?;
                    value.map(Cow::Borrowed)
                })
            });
        });
        if condition.reads_now() {
            criterion.bench_function(&format!("condition: next change of {name}"), |bencher| {
                bencher.iter(|| condition.next_change(black_box(1_783_000_000_000)));
            });
        }
    }
    criterion.bench_function("condition: build the engine", |bencher| {
        bencher.iter(ConditionEngine::new);
    });
}

criterion_group!(benches, conditions);
criterion_main!(benches);
