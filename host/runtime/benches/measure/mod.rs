//! Measuring cases against a baseline in one run.

use std::time::{Duration, Instant};
use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Engine, Store};

/// Something to measure that does so many items at once.
pub(crate) struct Case<'c> {
    pub(crate) name: &'static str,
    pub(crate) items: u32,
    pub(crate) call: Box<dyn Fn() + 'c>,
}

impl<'c> Case<'c> {
    pub(crate) fn new(name: &'static str, items: u32, call: impl Fn() + 'c) -> Self {
        Self { name, items, call: Box::new(call) }
    }

    /// The time of one item, over enough of them.
    fn round(&self) -> Duration {
        const ITEMS: u32 = 500;
        let start = Instant::now();
        (0..ITEMS / self.items).for_each(|_| (self.call)());
        start.elapsed() / ITEMS
    }
}

/// Prints what an item of each case takes, and how many times the baseline that is. The cases
/// take turns, and of many short rounds the quickest counts: what the code costs when nothing
/// interferes.
pub(crate) fn compare(baseline: &Case<'_>, cases: &[Case<'_>], rounds: u32) {
    let all: Vec<_> = std::iter::once(baseline).chain(cases).collect();
    let mut quickest = vec![Duration::MAX; all.len()];
    for _ in 0..rounds {
        for (case, quickest) in all.iter().zip(&mut quickest) {
            *quickest = case.round().min(*quickest);
        }
    }
    let baseline = quickest.first().map_or(1.0, Duration::as_secs_f64);
    for (case, quickest) in all.iter().zip(quickest) {
        let ratio = quickest.as_secs_f64() / baseline;
        println!("{:<24} {:>9} ns {ratio:>8.1} x", case.name, quickest.as_nanos());
    }
}

/// A component that does nothing.
pub(crate) struct Empty {
    store: Store<()>,
    function: TypedFunc<(), ()>,
}

impl Empty {
    pub(crate) fn new() -> Self {
        let engine = Engine::default();
        let text = r#"(component
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))"#;
        let component = Component::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &component).unwrap();
        let function = instance.get_typed_func(&mut store, "f").unwrap();
        Self { store, function }
    }

    pub(crate) fn call(&mut self) {
        self.function.call(&mut self.store, ()).unwrap();
    }
}
