//! The child process: prepares one set, runs it, and prints its figures.

use std::process::ExitCode;
use std::time::Duration;

use crate::figures::{Figure, Figures};
use crate::{Args, Contestant, Set, allocations, parent, thread_time};

/// The set and the number of the child process: `name seed`. The parent sets it.
pub(crate) const CHILD: &str = "TRACED_ACTOR_BENCH_CHILD";

/// Runs the benchmark: each set in several processes. Prints the table, and writes it to `<name>.jsonl` in the target
/// directory.
///
/// Exits with a failure if something could not be measured. A missed budget is not a failure.
#[must_use]
pub fn main(name: &str, sets: &[Set]) -> ExitCode {
    let result = Args::parse().and_then(|args| match std::env::var(CHILD) {
        Err(_) => parent::run(name, sets, &args),
        Ok(child) => {
            let (set, seed) = child.rsplit_once(' ').ok_or("a child needs a set and a seed")?;
            let set = sets.iter().find(|known| known.name == set).ok_or("a child needs a set that exists")?;
            measure(set, seed.parse().map_err(|_| "the seed is no number")?, args.rounds(), args.quick)
                .print();
            Ok(())
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

struct Running {
    name: &'static str,
    run: Box<dyn FnMut(u64)>,
    after: Box<dyn FnMut()>,
    repetitions: u64,
    samples: Vec<f64>,
}

fn measure(set: &Set, seed: u64, rounds: usize, quick: bool) -> Figures {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut figures = Figures::default();
    let mut running = Vec::new();
    (set.world)();
    for index in random.order(set.contestants.len()) {
        let (name, prepare) = set.contestants[index];
        random.litter();
        match prepare() {
            Contestant::Counted(value) => {
                figures.insert(name, Figure { samples: vec![value], allocations: 0.0 });
            }
            Contestant::Timed { mut run, mut after, most } => {
                let sample = Duration::from_millis(if quick { 2 } else { 4 });
                let repetitions = calibrate(&mut run, &mut after, most, sample);
                running.push(Running { name, run, after, repetitions, samples: Vec::with_capacity(rounds) });
            }
        }
    }
    for round in 0..rounds {
        let count = running.len();
        for turn in 0..count {
            // No contestant always comes first, or always after the same one.
            let turn = if round % 2 == 0 { turn } else { count - 1 - turn };
            let contestant = &mut running[(round / 2 + turn) % count];
            let sample = timed(&mut contestant.run, contestant.repetitions);
            contestant.samples.push(per_repetition(sample, contestant.repetitions));
            (contestant.after)();
        }
    }
    for mut contestant in running {
        let ((), allocated) = allocations::count(|| (contestant.run)(contestant.repetitions));
        (contestant.after)();
        #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
        let allocations = allocated.count as f64 / contestant.repetitions as f64;
        figures.insert(contestant.name, Figure { samples: contestant.samples, allocations });
    }
    figures
}

/// Returns the number of repetitions that takes about as long as `sample`.
fn calibrate(run: &mut dyn FnMut(u64), after: &mut dyn FnMut(), most: u64, sample: Duration) -> u64 {
    let mut repetitions = 64.min(most);
    loop {
        let took = timed(run, repetitions);
        after();
        if took >= sample / 4 || repetitions == most {
            let each = per_repetition(took, repetitions).max(0.01);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a count of repetitions"
            )]
            let fitting = (sample.as_nanos() as f64 / each) as u64;
            return fitting.clamp(1, most);
        }
        repetitions = (repetitions * 4).min(most);
    }
}

fn timed(run: &mut dyn FnMut(u64), repetitions: u64) -> Duration {
    let start = thread_time();
    run(repetitions);
    thread_time().saturating_sub(start)
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of milliseconds")]
fn per_repetition(time: Duration, repetitions: u64) -> f64 {
    time.as_nanos() as f64 / repetitions as f64
}

/// The layout of each process: random, and the same each time the benchmark runs.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }

    fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }

    /// Moves the next allocations to another place.
    fn litter(&mut self) {
        for _ in 0..self.below(64) {
            let size = 16 + self.below(4096);
            std::mem::forget(Vec::<u8>::with_capacity(size));
        }
    }
}
