//! Repeated work, and the limits on the cost of each repetition.

use std::future::Future;
use std::sync::{Arc, Mutex, Once};
use std::thread::{self, ThreadId};

use tokio::runtime::Builder;
use traced_actor::Envelope;
use traced_actor::context::{MessageContext, SampledContext, TraceContext, TraceFlags};
use traced_actor::record::{self, FinishedSpans};
use traced_actor::{SpanId, TraceId};

use super::counting::{Counters, count_span};

/// The number of live bytes that may be added in the last third of the rounds. A span for each round would be more.
const SLACK: isize = 16 * 1024;

/// The senders' decisions about the received messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Users {
    Sampled,
    Unsampled,
    /// Alternately sampled and unsampled.
    Mixed,
}

/// Returns the context of such a message in this round.
pub(crate) fn carried(users: Users, round: u32) -> MessageContext {
    match users {
        Users::Mixed if round.is_multiple_of(2) => MessageContext::UNSAMPLED,
        Users::Sampled | Users::Mixed => MessageContext::sampled(SampledContext::new(outside(round))),
        Users::Unsampled => MessageContext::UNSAMPLED,
    }
}

/// The number of threads of the runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Threads {
    /// The one that blocks on the future.
    One,
    /// Two workers.
    Two,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    round: u32,
    live: isize,
    allocations: usize,
    /// The time of a thread says nothing about another one's.
    thread: ThreadId,
    cpu: Option<u64>,
}

/// The rounds of one run.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    pub(crate) count: u32,
    users: Users,
    counters: &'static Counters,
    started: Option<u64>,
    marks: Arc<Mutex<Vec<Mark>>>,
}

impl Rounds {
    pub(crate) fn new(count: u32, users: Users) -> Self {
        // Room for all of them: writing down a mark allocates nothing.
        let marks = Arc::new(Mutex::new(Vec::with_capacity(16)));
        Self { count, users, counters: Counters::start(), started: cpu_nanoseconds(), marks }
    }

    /// A message that a user sends in this round.
    pub(crate) fn sent<M>(&self, round: u32, message: M) -> Envelope<M> {
        Envelope::new(message, carried(self.users, round))
    }

    /// Says that this round, counted from 0, is over.
    pub(crate) fn passed(&self, round: u32) {
        let passed = round + 1;
        let tenth = self.count / 10;
        let third = self.count / 3;
        let marked = [tenth, third, self.count / 2, 2 * third, self.count - tenth, self.count];
        if !marked.contains(&passed) {
            return;
        }
        let mark = Mark {
            round: passed,
            live: self.counters.live(),
            allocations: self.counters.allocations(),
            thread: thread::current().id(),
            cpu: cpu_nanoseconds(),
        };
        self.marks.lock().unwrap().push(mark);
    }

    /// Returns what counts the threads of these rounds.
    pub(crate) const fn counters(&self) -> &'static Counters {
        self.counters
    }

    /// Returns how many bytes were live when this many rounds were over.
    pub(crate) fn live_at(&self, rounds: u32) -> isize {
        self.at(rounds).live
    }

    fn at(&self, round: u32) -> Mark {
        let marks = self.marks.lock().unwrap();
        *marks
            .iter()
            .find(|mark| mark.round == round)
            .unwrap_or_else(|| panic!("round {round} was passed: {marks:?}"))
    }

    /// Fails if the last third left more behind than the second, or allocated more often.
    #[track_caller]
    fn check(&self, what: &str) {
        let third = self.count / 3;
        let (first, second, last) = (self.at(third), self.at(2 * third), self.at(self.count));
        let grown = last.live - second.live;
        assert!(grown <= SLACK, "{what}: {grown} bytes more after the last third of {} rounds", self.count);
        let each = |from: Mark, to: Mark| {
            f64::from(u32::try_from(to.allocations - from.allocations).unwrap())
                / f64::from(to.round - from.round)
        };
        let (before, after) = (each(first, second), each(second, last));
        assert!(after <= 1.05 * before + 0.5, "{what}: {before:.2} allocations a round, then {after:.2}");
        let spans = self.counters.spans();
        match self.users {
            Users::Unsampled => assert_eq!(spans, 0, "{what}: nothing is sampled"),
            Users::Sampled => assert!(spans >= self.count as usize, "{what}: {spans} spans"),
            Users::Mixed => assert!(spans >= self.count as usize / 2, "{what}: {spans} spans"),
        }
    }

    /// Fails if the last tenth of the rounds took much more time than the first. Quadratic work takes 19 times as much.
    /// Rounds on different threads are not compared.
    #[track_caller]
    fn check_time(&self, what: &str) {
        let tenth = self.count / 10;
        let (first, before, last) = (self.at(tenth), self.at(self.count - tenth), self.at(self.count));
        let here = thread::current().id();
        if [first, before, last].iter().any(|mark| mark.thread != here) {
            return;
        }
        let (Some(first), Some(before), Some(last)) = (first.cpu, before.cpu, last.cpu) else { return };
        let first = first.saturating_sub(self.started.unwrap_or_default());
        let took = last.saturating_sub(before);
        // Of less than 5 ms the clock says little.
        assert!(
            took < 6 * first.max(5_000_000),
            "{what}: {first} ns for the first tenth of the rounds, {took} ns for the last"
        );
    }
}

/// Runs something that takes this many rounds, on one thread and on several, with sampled users, with unsampled ones and with both.
/// It must leave nothing behind that grows with the rounds.
#[track_caller]
pub(crate) fn flat<F: Future<Output = ()>>(count: u32, work: impl Fn(Rounds) -> F) {
    install();
    for threads in [Threads::One, Threads::Two] {
        for users in [Users::Sampled, Users::Unsampled, Users::Mixed] {
            let rounds = Rounds::new(count, users);
            run(threads, Some(rounds.counters), work(rounds.clone()));
            rounds.check(&format!("{users:?}, {threads:?}"));
            if threads == Threads::One {
                rounds.check_time(&format!("{users:?}"));
            }
        }
    }
}

/// Runs a future on a runtime whose threads are counted together.
pub(crate) fn run<F: Future>(threads: Threads, counters: Option<&'static Counters>, future: F) -> F::Output {
    let mut builder = match threads {
        Threads::One => Builder::new_current_thread(),
        Threads::Two => Builder::new_multi_thread(),
    };
    if threads == Threads::Two {
        builder.worker_threads(2);
    }
    // A second one may start in the last third, with memory of its own.
    builder.max_blocking_threads(1);
    let join = move || {
        if let Some(counters) = counters {
            counters.join();
        }
    };
    // So few that each of them is used often: a thread has what it keeps soon.
    builder.max_blocking_threads(4);
    builder.enable_all().on_thread_start(join).build().unwrap().block_on(future)
}

/// Installs a recorder that keeps nothing.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        record::install(FinishedSpans::new(|_| count_span())).expect("no other recorder is installed");
    });
}

/// The context of a sender in the trace with this number.
fn outside(number: u32) -> TraceContext {
    let trace = TraceId::new(0xA000_0000_0000_0000_0000_0000_0000_0000 | u128::from(number)).unwrap();
    let span = SpanId::new(0xB000_0000_0000_0000 | u64::from(number)).unwrap();
    TraceContext::new(trace, span, TraceFlags::SAMPLED)
}

/// Returns the time that this thread has had on a processor, where the system says so.
fn cpu_nanoseconds() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

#[test]
#[should_panic(expected = "bytes more after the last third")]
fn a_word_for_each_round_is_found() {
    flat(3_000, |rounds| async move {
        let mut kept = Vec::new();
        for round in 0..rounds.count {
            kept.push(Box::new(round.to_string()));
            rounds.passed(round);
        }
    });
}

#[test]
#[should_panic(expected = "allocations a round, then")]
fn more_allocations_in_each_round_are_found() {
    flat(300, |rounds| async move {
        for round in 0..rounds.count {
            for allocation in 0..round {
                drop(std::hint::black_box(Box::new(allocation)));
            }
            rounds.passed(round);
        }
    });
}
