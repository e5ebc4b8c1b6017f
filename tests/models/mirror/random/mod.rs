//! `traced_actor::sync::mpsc` behaves like `tokio::sync::mpsc` in random programs, without recording.
//!
//! A program creates futures and polls or drops them in any order. All results, wake-ups and drops of messages are
//! compared, with their order.

pub(crate) mod check;
mod log;
mod program;
pub(crate) mod sides;

use check::{assert_same, find_difference};
use log::Seen;
use program::{Operation, Program};
use sides::{ours, theirs};

#[test]
fn bounded_channels_do_the_same() {
    assert_same(true, theirs, ours);
}

#[test]
fn unbounded_channels_do_the_same() {
    assert_same(false, theirs, ours);
}

/// A channel that is never closed.
fn unclosable(program: &Program) -> Vec<Seen> {
    let mut program = program.clone();
    for step in &mut program.steps {
        if step.operation == Operation::Close {
            step.operation = Operation::Advance;
            step.number = 0;
        }
    }
    theirs(&program)
}

/// A channel that wakes nobody.
fn silent(program: &Program) -> Vec<Seen> {
    let mut seen = theirs(program);
    seen.retain(|(what, ..)| *what != "woken");
    seen
}

#[test]
fn a_difference_is_found_and_made_small() {
    for (other, steps) in [(unclosable as check::Run, 1), (silent, 2)] {
        for bounded in [true, false] {
            let report = find_difference(0..1000, bounded, theirs, other).unwrap_err();
            assert!(report.contains("TRACED_ACTOR_SEED="), "{report}");
            assert!(report.lines().filter(|line| line.contains(": Step {")).count() <= steps, "{report}");
        }
    }
}

/// The programs cover all operations: each one has an effect on both kinds of channels.
#[test]
fn programs_reach_what_they_are_about() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..3000 {
        for bounded in [true, false] {
            seen.extend(
                theirs(&Program::random(seed, bounded)).into_iter().map(|(what, ..)| (what, bounded)),
            );
        }
    }
    let both = ["sent", "refused", "received", "received none", "pending", "empty", "disconnected", "closed"];
    let both = both.iter().chain(&["woken", "dropped", "in the buffer", "upgraded", "panicked"]);
    let bounded = ["timeout", "full", "permits", "no permit", "owned", "room"];
    let expected = both.flat_map(|what| [(*what, true), (*what, false)]);
    let missing: Vec<_> =
        expected.chain(bounded.map(|what| (what, true))).filter(|what| !seen.contains(what)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
