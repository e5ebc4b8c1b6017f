//! Compares random programs with the model.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use crate::program::Program;
use crate::support::{Recording, Threads};
use crate::world::{Driver, Here, run};

/// The seed of the first program. `FLOW_SEED` gives another one.
fn first_seed() -> u64 {
    number("FLOW_SEED").unwrap_or(0x5EED)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{variable} is no number: {error}")))
}

/// Runs this many programs, and reports some that differ from the model, shrunk.
fn programs(from: u64, count: u64, recording: &Recording, driver: &mut dyn Driver) {
    let runtime = Arc::new(recording.runtime(Threads::One));
    let (mut spans, mut left_out) = (0, 0);
    let mut different = Vec::new();
    for seed in from..from + count {
        let verdict = run(&Program::generate(seed), recording, &runtime, driver);
        spans += verdict.spans;
        left_out += verdict.left_out;
        if let Some(how) = verdict.failure {
            different.push((seed, how));
        }
        // Enough to see how many are wrong.
        if different.len() == 1000 {
            break;
        }
    }
    println!(
        "seeds {from}..{}: {spans} spans, {left_out} steps that the rules say nothing about",
        from + count
    );
    if different.is_empty() {
        return;
    }
    // Programs that shrink to the same steps count as one difference.
    let mut smallest = BTreeMap::new();
    for (seed, first) in different.iter().take(40) {
        let seed = *seed;
        let fails = |program: &Program| run(program, recording, &runtime, &mut Here).failure;
        let mut program = Program::generate(seed);
        // A program that differs only on several threads is shown unshrunk.
        if fails(&program).is_some() {
            program = program.shrink(|program| fails(program).is_some());
        }
        let how = run(&program, recording, &runtime, driver)
            .failure
            .unwrap_or_else(|| format!("which differs no longer; the first time: {first}"));
        smallest.entry(format!("{:?}", program.steps).len()).or_insert((seed, how));
    }
    let shown: Vec<String> =
        smallest.values().take(8).map(|(seed, how)| format!("FLOW_SEED={seed}, {how}")).collect();
    panic!("{} programs differ from the model. Among them are:\n\n{}", different.len(), shown.join("\n\n"));
}

/// Runs half of the programs on each of two threads, in parallel.
#[test]
fn one_thread_first_half() {
    let count = number("FLOW_PROGRAMS").unwrap_or(100_000) / 2;
    programs(first_seed(), count, &Recording::start(), &mut Here);
}

#[test]
fn one_thread_second_half() {
    let count = number("FLOW_PROGRAMS").unwrap_or(100_000) / 2;
    programs(first_seed() + count, count, &Recording::start(), &mut Here);
}

/// Runs each step of a program, and so each poll of a flow, on another thread than the one before.
#[test]
fn several_threads() {
    let count = number("FLOW_PROGRAMS").unwrap_or(100_000) / 10;
    let recording = Recording::start();
    programs(1_000_000_000 + first_seed(), count, &recording, &mut Around::new(&recording, 3));
}

type Step = Box<dyn FnOnce() + Send>;

/// Runs the steps on several threads in turn.
struct Around {
    threads: Vec<Sender<(Step, Sender<()>)>>,
    next: usize,
}

impl Around {
    fn new(recording: &Recording, count: usize) -> Self {
        let thread = |_| {
            let (sender, receiver) = channel::<(Step, Sender<()>)>();
            let recording = recording.clone();
            std::thread::spawn(move || {
                recording.join();
                for (step, done) in receiver {
                    step();
                    done.send(()).ok();
                }
            });
            sender
        };
        Self { threads: (0..count).map(thread).collect(), next: 0 }
    }
}

impl Driver for Around {
    fn step(&mut self, step: Step) {
        self.next = (self.next + 1) % self.threads.len();
        let (done, all) = channel();
        self.threads[self.next].send((step, done)).expect("the thread lives until its sender is dropped");
        all.recv().expect("the step does not panic");
    }
}
