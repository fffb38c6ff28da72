//! What answers cost: instructions, time and memory, and whether memory ever stops growing.

use super::report::{Check, counted, grouped, size, time};
use super::session::{Asked, Session};
use super::{TENANT, show};
use permesso_engine::family::{Family as _, FaultKind};
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Slow questions that are asked again before they are believed to be slow.
const SUSPECTS: usize = 3;
/// How many questions are asked in turn while memory is watched.
const TURN: usize = 16;
/// How long memory is watched, at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// Every call ends within its deadline and its memory. What only an extreme question takes is
/// for the vendor to look at: a host denies it.
pub(super) fn bounded(session: &Session<'_>) -> Check {
    let mut check = Check::new("bounded");
    let deadline = session.options.deadline;
    let cut_off = |kind| session.faults.iter().filter(|(_, fault)| fault.kind == kind).count();
    for (kind, what) in [(FaultKind::Timeout, "time"), (FaultKind::Memory, "memory")] {
        let count = cut_off(kind);
        if count > 0 {
            let calls = counted(count, "call was", "calls were");
            check.fail(format!("{calls} cut off for want of {what}; see `total`"), None);
        }
    }
    let calls = measured(session);
    let mut by_time: Vec<_> = calls.iter().collect();
    by_time.sort_by_key(|(_, wall)| Reverse(*wall));
    for of_rows in [true, false] {
        let suspects = by_time.iter().filter(|(asked, _)| asked.is_row == of_rows);
        for (asked, wall) in suspects.take(SUSPECTS).filter(|(_, wall)| *wall > deadline) {
            // A machine is busy now and then; a family that is slow is slow again.
            let again = (0..5).map(|_| once(session, asked)).min().unwrap_or(*wall);
            if again <= deadline {
                continue;
            }
            let took = format!("takes {}, the deadline is {}", time(again), time(deadline));
            let shown = show::row(session.manifest(), "slow", &asked.question, Some(&asked.answer));
            if of_rows {
                check.fail(format!("a row of the tables {took}"), Some(shown));
                continue;
            }
            check.warn(
                format!(
                    "a call {took}: a host denies this one, unless it is installed with a longer \
                     --deadline-ms"
                ),
                Some(shown),
            );
            break;
        }
    }
    let cost = session.cost;
    let at = |percent: usize| {
        let index = by_time.len() * (100 - percent) / 100;
        by_time.get(index).map_or(Duration::ZERO, |(_, wall)| *wall)
    };
    let mean = cost.fuel / cost.calls.max(1);
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    check.figure("fuel_mean", mean);
    check.figure("fuel_max", cost.fuel_peak);
    check.figure("p50_us", at(50).as_secs_f64() * 1e6);
    check.figure("p99_us", at(99).as_secs_f64() * 1e6);
    check.figure("deadline_us", deadline.as_secs_f64() * 1e6);
    check.figure("memory_first", cost.memory_first);
    check.figure("memory_peak", cost.memory_peak);
    check.summed(format!(
        "fuel {} a call, {} at most; {} at p50, {} at p99 of {}; memory {}, {} at most",
        grouped(number(mean)),
        grouped(number(cost.fuel_peak)),
        time(at(50)),
        time(at(99)),
        time(deadline),
        size(number(cost.memory_first)),
        size(number(cost.memory_peak)),
    ))
}

/// What each call took, asked as a host asks: interpreted families in instances that are kept.
fn measured<'s>(session: &'s Session<'_>) -> Vec<(&'s Asked, Duration)> {
    if !session.options.interpreted {
        return session.asked.iter().map(|asked| (asked, asked.wall)).collect();
    }
    let reused = session.reused();
    let timed = |asked: &'s Asked| {
        let start = Instant::now();
        let _ = reused.evaluate(TENANT, &asked.question);
        (asked, start.elapsed())
    };
    // The first call starts the instance.
    let _ = session.asked.first().map(timed);
    session.asked.iter().map(timed).collect()
}

fn once(session: &Session<'_>, asked: &Asked) -> Duration {
    let family = match session.options.interpreted {
        true => session.reused(),
        false => Arc::clone(&session.fresh),
    };
    let ask = || {
        let start = Instant::now();
        let _ = family.evaluate(TENANT, &asked.question);
        start.elapsed()
    };
    if session.options.interpreted {
        ask();
    }
    ask()
}

/// An instance that is asked the same few questions again and again stops taking memory.
///
/// It is looked at after so many calls, four times as many and sixteen times as many: what is
/// kept of each call shows sooner or later however large the steps are in which an allocator
/// grows, while a heap that is collected now and then has found its size.
pub(super) fn memory(session: &Session<'_>) -> Check {
    let mut check = Check::new("memory");
    let first = if session.options.interpreted { 100 } else { 1_000 };
    let family = session.reused();
    let mut turn: Vec<&Asked> = session.asked.iter().take(TURN).collect();
    let largest = session.asked.iter().max_by_key(|asked| asked.wall);
    turn.extend(largest);
    let mut seen = Vec::new();
    let mut calls = 0;
    let begin = Instant::now();
    for until in [first, first * 4, first * 16] {
        while calls < until {
            let Some(asked) = turn.get(calls % turn.len().max(1)) else { break };
            if begin.elapsed() > PATIENCE && calls >= first {
                break;
            }
            calls += 1;
            if let Err(fault) = family.evaluate(TENANT, &asked.question) {
                let row =
                    show::row(session.manifest(), "kept", &asked.question, Some(&asked.answer));
                let message = format!(
                    "an instance that is asked again and again fails at call {}: {fault}",
                    grouped(calls)
                );
                check.fail(message, Some(row));
                return check.summed(format!("a fault after {}", counted(calls, "call", "calls")));
            }
        }
        seen.push(family.stats().memory_peak.get());
    }
    let [early, middle, late] = seen.as_slice() else { return check };
    let shown = |bytes: u64| size(usize::try_from(bytes).unwrap_or(usize::MAX));
    let limit = session.options.config().memory;
    if usize::try_from(*late).is_ok_and(|late| late >= limit) {
        check.fail(
            format!(
                "an instance that is asked again and again takes all the memory that it is given, \
                 {}; free what a call allocates when it ends",
                size(limit)
            ),
            None,
        );
        return check.summed(format!("all of it after {}", counted(calls, "call", "calls")));
    }
    let grew = match session.options.interpreted {
        true => early < middle && middle < late,
        false => middle < late,
    };
    if grew {
        check.fail(
            format!(
                "the memory of an instance that is asked the same {} again and again grows from \
                 {} after {} to {} after {} and {} after {}; free what a call allocates when it \
                 ends",
                counted(turn.len(), "question", "questions"),
                shown(*early),
                counted(first, "call", "calls"),
                shown(*middle),
                grouped(first * 4),
                shown(*late),
                grouped(first * 16)
            ),
            None,
        );
    }
    check.figure("calls", calls);
    check.figure("bytes", *late);
    check.summed(format!(
        "{} after {}, {} after {}",
        shown(*early),
        counted(first, "call", "calls"),
        shown(*late),
        grouped(calls)
    ))
}
