//! What an error of wasmtime means for a decision.
//!
//! All of them deny; which one it was decides whether the platform looks for a slow rule, a
//! leak, a panic or a lack of room. They are told apart by type and by what the limiter
//! remembers, never by their text, which changes with each release.

use super::store::{InstanceLimits, Refused, StoreData};
use permesso_engine::family::{Fault, FaultKind};
use std::fmt::Write as _;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

/// An error while an instance was started. What is no fault of the component is taken for a
/// lack of room: address space, memory mappings.
pub(super) fn of_start(error: &wasmtime::Error, data: &StoreData) -> Fault {
    of_guest(error, data).unwrap_or_else(|| {
        Fault::new(FaultKind::Saturated, format!("no instance can be started: {error:#}"))
    })
}

/// An error while a function was called. What is neither a trap nor a limit is a result that
/// breaks the rules by which values are passed: text that is not UTF-8, a list beyond the end
/// of memory, more bytes than one call may hand over.
pub(super) fn of_call(error: &wasmtime::Error, data: &StoreData) -> Fault {
    of_guest(error, data).unwrap_or_else(|| {
        Fault::new(FaultKind::BadResult, format!("a value cannot be passed: {error:#}"))
    })
}

fn of_guest(error: &wasmtime::Error, data: &StoreData) -> Option<Fault> {
    if error.is::<PoolConcurrencyLimitError>() {
        return Some(Fault::new(FaultKind::Saturated, "the pool of instances is exhausted"));
    }
    let trap = error.downcast_ref::<Trap>();
    if trap == Some(&Trap::Interrupt) {
        return Some(Fault::new(FaultKind::Timeout, "the call outlived its deadline"));
    }
    if let (Some(refused), false) = (data.refused, trap == Some(&Trap::StackOverflow)) {
        let InstanceLimits { memory, table_elements, .. } = data.limits;
        let detail = match refused {
            Refused::Memory => format!("more than {memory} bytes of memory were asked for"),
            Refused::Table => format!("more than {table_elements} table elements were asked for"),
        };
        return Some(Fault::new(FaultKind::Memory, detail));
    }
    let text = trap?.to_string();
    let mut detail = text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned();
    let frames = error.downcast_ref::<WasmBacktrace>().map_or(&[][..], WasmBacktrace::frames);
    for name in frames.iter().filter_map(|frame| frame.func_name()).take(3) {
        // Infallible: the target is a string.
        let _ = write!(detail, ", in `{name}`");
    }
    Some(Fault::new(FaultKind::Trap, detail))
}
