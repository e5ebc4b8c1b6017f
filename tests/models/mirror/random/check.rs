//! Runs programs on both channels, and shrinks a program for which they differ.

use std::cell::Cell;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Once;
use std::task::{Context, Poll, Waker};

use tokio::runtime::{Builder, Runtime};

use super::log::{self, Seen, see};
use super::program::Program;

/// Runs a program and returns its log.
pub(crate) type Run = fn(&Program) -> Vec<Seen>;

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    /// Whether a program runs on this thread.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a program's future to its end, within a runtime or outside one.
pub(crate) fn complete(program: &Program, future: impl Future<Output = ()>) -> Vec<Seen> {
    static HOOK: Once = Once::new();
    // Panics are compared as well, so they need not be printed.
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !RUNNING.get() {
                others(info);
            }
        }));
    });
    RUNNING.set(true);
    RUNTIME.with(|runtime| {
        let run = || {
            if program.within_runtime {
                return runtime.block_on(future);
            }
            let _entered = runtime.enter();
            let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(poll, Poll::Ready(()), "nothing to wait for");
        };
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            see("the program panicked", 0, 0);
        }
    });
    RUNNING.set(false);
    log::take()
}

/// Asserts that this many programs give the same log on both channels.
///
/// `TRACED_ACTOR_SEED` is the seed of the first program; it is one greater for each further program.
/// `TRACED_ACTOR_PROGRAMS` is the number of programs.
#[track_caller]
pub(crate) fn assert_same(bounded: bool, theirs: Run, ours: Run) {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let first = number("TRACED_ACTOR_SEED").unwrap_or(0);
    let programs = number("TRACED_ACTOR_PROGRAMS").unwrap_or(100_000);
    if let Err(report) = find_difference(first..first + programs, bounded, theirs, ours) {
        let _ = std::panic::take_hook();
        panic!("{report}");
    }
}

/// Returns a report of the first program for which they differ, shrunk.
pub(crate) fn find_difference(
    seeds: std::ops::Range<u64>,
    bounded: bool,
    theirs: Run,
    ours: Run,
) -> Result<(), String> {
    for seed in seeds {
        let program = Program::random(seed, bounded);
        if theirs(&program) != ours(&program) {
            return Err(report(
                seed,
                &shrunk(program, |program| theirs(program) != ours(program)),
                theirs,
                ours,
            ));
        }
    }
    Ok(())
}

/// Removes steps, and sets numbers to zero, while the program still fails.
fn shrunk(mut program: Program, fails: impl Fn(&Program) -> bool) -> Program {
    let mut size = program.steps.len();
    while size > 0 {
        let mut at = 0;
        while at < program.steps.len() {
            let mut smaller = program.clone();
            smaller.steps.drain(at..(at + size).min(program.steps.len()));
            if fails(&smaller) { program = smaller } else { at += size }
        }
        size /= 2;
    }
    for at in 0..program.steps.len() {
        let set: [fn(&mut super::program::Step); 2] = [|step| step.which = 0, |step| step.number = 0];
        for set in set {
            let mut smaller = program.clone();
            set(&mut smaller.steps[at]);
            if fails(&smaller) {
                program = smaller;
            }
        }
    }
    program
}

fn report(seed: u64, program: &Program, theirs: Run, ours: Run) -> String {
    let Program { capacity, within_runtime, scope, steps } = program;
    let mut text = format!(
        "they differ (TRACED_ACTOR_SEED={seed} TRACED_ACTOR_PROGRAMS=1)\n\
         capacity {capacity:?}, within a runtime: {within_runtime}, scope: {scope:?}\n"
    );
    for (index, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "{index}: {step:?}");
    }
    let (theirs, ours) = (theirs(program), ours(program));
    let same = theirs.iter().zip(&ours).take_while(|(theirs, ours)| theirs == ours).count();
    let _ = writeln!(text, "both saw {:?}", &theirs[..same]);
    let _ = write!(text, "then tokio's saw {:?}\nand ours saw {:?}", &theirs[same..], &ours[same..]);
    text
}
