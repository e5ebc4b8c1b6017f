//! Local tail sampling, in simulated time: what is kept, how long it is held back, and what the bounds do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use traced_actor::context::{Timestamp, new_span_id};
use traced_actor::{SpanId, TraceId};
use traced_actor_sampling::tail::{Tail, TailCounters, TailOptions, TailSpan};
use traced_actor_sampling::{Clock, ManualClock};

/// A span of the test's own: a tail asks no more of one.
#[derive(Debug, Clone)]
struct Span {
    trace: TraceId,
    id: SpanId,
    name: &'static str,
    took: Duration,
    failed: bool,
    warned: bool,
    bytes: usize,
    kept: Option<(&'static str, f64)>,
}

impl TailSpan for Span {
    fn trace_id(&self) -> TraceId {
        self.trace
    }
    fn name(&self) -> &str {
        self.name
    }
    fn duration(&self) -> Duration {
        self.took
    }
    fn is_failed(&self) -> bool {
        self.failed
    }
    fn is_warned(&self) -> bool {
        self.warned
    }
    fn bytes(&self) -> usize {
        self.bytes
    }
    fn kept(&mut self, reason: &'static str, chance: f64) {
        assert!(self.kept.replace((reason, chance)).is_none(), "handed on once");
    }
}

fn span(trace: u128) -> Span {
    Span {
        trace: TraceId::new(trace).unwrap(),
        id: new_span_id(),
        name: "Guild/Post",
        took: Duration::from_millis(1),
        failed: false,
        warned: false,
        bytes: 100,
        kept: None,
    }
}

fn failed(trace: u128) -> Span {
    Span { failed: true, ..span(trace) }
}

/// A tail, and what it handed on.
struct Fixture {
    clock: ManualClock,
    tail: Tail<Span>,
    kept: Arc<Mutex<Vec<Span>>>,
}

impl Fixture {
    /// In one shard, and nothing by chance.
    fn new(set: impl FnOnce(&mut TailOptions)) -> Self {
        let mut options = TailOptions::default();
        options.chance = 0.0;
        options.shards = 1;
        set(&mut options);
        let (clock, kept) = (ManualClock::new(), Arc::new(Mutex::new(Vec::new())));
        let taken = kept.clone();
        let tail = Tail::with_clock(options, clock.clone(), move |span| taken.lock().unwrap().push(span));
        Self { clock, tail, kept }
    }

    fn start(&self, trace: u128) -> bool {
        self.tail.started(TraceId::new(trace).unwrap())
    }

    /// A whole span; `None` if it was refused.
    fn run(&self, span: Span) -> Option<SpanId> {
        let id = span.id;
        self.tail.started(span.trace).then(|| {
            self.tail.finished(span);
            id
        })
    }

    fn after(&self, milliseconds: u64) -> &Self {
        self.clock.advance(Duration::from_millis(milliseconds));
        self.tail.tick();
        self
    }

    fn kept(&self) -> Vec<SpanId> {
        self.kept.lock().unwrap().iter().map(|span| span.id).collect()
    }

    fn reasons(&self) -> Vec<(&'static str, f64)> {
        self.kept.lock().unwrap().iter().map(|span| span.kept.unwrap()).collect()
    }

    /// The counters, once they were found to agree with each other.
    fn counters(&self) -> TailCounters {
        let counters = self.tail.counters();
        let kept: u64 = counters.kept.values().sum();
        let dropped: u64 = counters.dropped.values().sum();
        assert_eq!(kept + dropped + counters.held_spans, counters.finished, "{counters:?}");
        assert_eq!(kept, self.kept.lock().unwrap().len() as u64, "{counters:?}");
        counters
    }
}

#[test]
fn a_warning_keeps_the_whole_trace_unless_it_should_not() {
    let warned = |trace| Span { warned: true, ..span(trace) };
    let tail = Fixture::new(|_| ());
    let kept = [tail.run(span(1)), tail.run(warned(1))].map(Option::unwrap);
    assert!(tail.run(span(2)).is_some());
    tail.after(60_000);
    assert_eq!(tail.kept(), kept);
    assert_eq!(tail.reasons(), [("tail.warning", 1.0); 2]);

    let tail = Fixture::new(|options| options.warnings = false);
    assert!(tail.run(warned(1)).is_some());
    tail.after(60_000);
    assert_eq!(tail.kept(), []);
}

#[test]
fn a_failure_keeps_its_trace_at_once_before_and_after_it() {
    let tail = Fixture::new(|_| {});
    let before = tail.run(span(1)).unwrap();
    let other = tail.run(span(2)).unwrap();
    assert!(tail.kept().is_empty());
    let failure = tail.run(failed(1)).unwrap();
    assert_eq!(tail.kept(), [before, failure]);
    let after = tail.run(span(1)).unwrap();
    assert_eq!(tail.kept(), [before, failure, after]);
    assert_eq!(tail.reasons(), [("tail.error", 1.0); 3]);
    tail.after(60_000);
    assert!(!tail.kept().contains(&other));
    let counters = tail.counters();
    assert_eq!((counters.kept["tail.error"], counters.dropped["tail.chance"]), (3, 1));
}

#[test]
fn a_slow_span_keeps_its_trace_by_its_operation_s_limit() {
    let tail = Fixture::new(|options| {
        options.slow = Some(Duration::from_millis(100));
        options.slow_operations.insert("Guild/Report".into(), Duration::from_secs(10));
    });
    let took =
        |trace, name, milliseconds| Span { name, took: Duration::from_millis(milliseconds), ..span(trace) };
    tail.run(took(1, "Guild/Post", 99));
    tail.run(took(2, "Guild/Report", 9_999));
    assert!(tail.kept().is_empty());
    let post = tail.run(took(3, "Guild/Post", 100)).unwrap();
    let report = tail.run(took(4, "Guild/Report", 10_000)).unwrap();
    assert_eq!(tail.kept(), [post, report]);
    assert_eq!(tail.reasons(), [("tail.slow", 1.0); 2]);
}

/// Two seconds after the last span ended, not after the first; and not while one is open.
#[test]
fn a_trace_is_decided_about_when_it_is_quiet() {
    let tail = Fixture::new(|options| options.chance = 1.0);
    tail.run(span(1));
    tail.after(1500).run(span(1));
    tail.after(1999);
    assert_eq!(tail.kept().len(), 0);
    assert!(tail.start(1));
    tail.after(20_000);
    assert_eq!(tail.kept().len(), 0, "a span is open");
    tail.tail.finished(span(1));
    tail.after(1999);
    assert_eq!(tail.kept().len(), 0);
    tail.after(1);
    assert_eq!(tail.kept().len(), 3);
    assert_eq!(tail.counters().evicted.len(), 0, "that was its time");
}

#[test]
fn a_trace_that_does_not_become_quiet_is_decided_about_when_it_is_old() {
    let tail = Fixture::new(|_| {});
    tail.start(1);
    tail.run(span(1));
    tail.after(29_999);
    assert_eq!(tail.counters().held_spans, 1);
    tail.after(1);
    let counters = tail.counters();
    assert_eq!((counters.held_traces, counters.evicted["time"], counters.dropped["tail.evicted"]), (0, 1, 1));
    // The span that is still open follows, though it fails: the trace is decided about once.
    tail.tail.finished(failed(1));
    assert_eq!(tail.counters().dropped["tail.evicted"], 2);
}

#[test]
fn spans_of_a_dropped_trace_are_not_even_started() {
    let tail = Fixture::new(|_| {});
    tail.run(span(1));
    tail.after(2000);
    assert!(tail.run(failed(1)).is_none());
    assert!(tail.run(failed(2)).is_some());
    assert_eq!(tail.counters().refused, 1);
}

/// Each bound by itself: the oldest gives way, and is counted.
#[test]
fn each_bound_holds_and_says_so() {
    type Set = fn(&mut TailOptions);
    let bounds: [(&str, Set); 3] = [
        ("traces", |options| options.max_traces = 10),
        ("spans", |options| options.max_spans = 10),
        ("bytes", |options| options.max_bytes = 1000),
    ];
    for (bound, set) in bounds {
        let tail = Fixture::new(set);
        for trace in 1..=25 {
            tail.run(span(trace));
            let counters = tail.counters();
            assert!(counters.held_traces <= 10 && counters.held_spans <= 10 && counters.held_bytes <= 1000);
        }
        let counters = tail.counters();
        assert_eq!((counters.evicted.len(), counters.evicted[bound]), (1, 15), "{bound}");
        assert_eq!((counters.dropped["tail.evicted"], counters.held_spans), (15, 10), "{bound}");
        // The youngest are there still.
        assert_eq!(tail.run(failed(25)).map(|_| tail.kept().len()), Some(2), "{bound}");
        assert_eq!(tail.run(failed(1)), None, "{bound}");
    }
}

#[test]
fn one_trace_of_many_spans_does_not_drive_out_the_others() {
    let tail = Fixture::new(|options| options.max_trace_spans = 3);
    tail.run(span(1));
    for _ in 0..10 {
        tail.run(span(2));
    }
    let counters = tail.counters();
    assert_eq!((counters.evicted["trace_spans"], counters.held_traces, counters.refused), (1, 1, 7));
}

#[test]
fn remembered_decisions_are_bounded_and_a_forgotten_one_is_made_again() {
    let tail = Fixture::new(|options| options.max_decisions = 100);
    for trace in 1..=1000 {
        tail.run(span(trace));
    }
    tail.after(2000);
    assert_eq!(tail.counters().decisions, 100);
    assert!(tail.run(span(1000)).is_none());
    assert!(tail.run(failed(1)).is_some());
    assert_eq!(tail.kept().len(), 1, "of the forgotten one's the late failure is kept");
}

#[test]
fn a_flush_decides_about_what_is_left_and_so_does_the_end() {
    let tail = Fixture::new(|options| options.chance = 1.0);
    tail.run(span(1));
    tail.start(2);
    tail.tail.flush();
    assert_eq!((tail.kept().len(), tail.counters().held_traces), (1, 0));
    tail.run(span(3));
    let kept = tail.kept.clone();
    drop(tail);
    assert_eq!(kept.lock().unwrap().len(), 2);
}

/// For chance, 3 σ of 20,000 traces at a tenth are 127. Tails with the same share keep the same traces, and a greater
/// share keeps those as well.
#[test]
fn chance_keeps_its_share_and_the_same_traces_everywhere() {
    let kept = |share, shards| {
        let tail = Fixture::new(|options| (options.chance, options.shards) = (share, shards));
        for trace in 1..=20_000 {
            tail.run(span(trace << 70 | trace));
        }
        tail.tail.flush();
        assert!(tail.reasons().iter().all(|found| *found == ("tail.chance", share)));
        let kept = tail.kept.lock().unwrap();
        kept.iter().map(|span| span.trace).collect::<std::collections::BTreeSet<_>>()
    };
    let tenth = kept(0.1, 1);
    assert!((1873..=2127).contains(&tenth.len()), "{}", tenth.len());
    assert_eq!(tenth, kept(0.1, 16));
    assert!(tenth.is_subset(&kept(0.5, 16)));
}

/// A head of one in ten before the tail, by the lower bits of the trace id: of those it keeps, the tail keeps its share
/// as of any others. 3 σ of 2,000 at a tenth are 40.
#[test]
fn chance_is_independent_of_a_consistent_head() {
    let tail = Fixture::new(|options| options.chance = 0.1);
    let head_keeps = |trace: u128| (trace & ((1 << 56) - 1)) >= (1 << 56) / 10 * 9;
    let mut work = super::support::Work::new(11);
    let mut traces = 0;
    while traces < 2000 {
        let trace = work.id();
        if head_keeps(trace) {
            traces += 1;
            tail.run(span(trace));
        }
    }
    tail.tail.flush();
    assert!((160..=240).contains(&tail.kept().len()), "{}", tail.kept().len());
}

/// Totals of spans, over 100 runs with fixed seeds: traces of 1 to 20 spans, some of which fail or are slow, too many
/// for the bounds, so that some are decided about early, and with spans that end late. The mean error is within 3 σ
/// (the variance of a total is Σ n²(1 − p)/p² over the kept traces of n spans, Horvitz and Thompson 1952).
#[test]
fn totals_are_unbiased_also_where_the_bounds_are_reached() {
    let (mut error, mut variance, mut evicted) = (0.0, 0.0, 0);
    for seed in 0..100 {
        let mut work = super::support::Work::new(seed);
        let tail = Fixture::new(|options| {
            options.chance = 0.1;
            options.slow = Some(Duration::from_millis(100));
            options.max_spans = 300;
            options.max_decisions = 5000;
        });
        let mut truth = 0.0;
        let mut late = Vec::new();
        for _ in 0..400 {
            let trace = work.id();
            for _ in 0..=work.below(20) {
                let took = Duration::from_millis(if work.below(200) == 0 { 150 } else { 1 });
                let span = Span { failed: work.below(200) == 0, took, ..span(trace) };
                truth += 1.0;
                assert!(tail.start(trace) || tail.counters().refused > 0);
                if work.below(10) == 0 { late.push(span) } else { tail.tail.finished(span) }
            }
            tail.after(work.below(40));
        }
        late.drain(..).for_each(|span| tail.tail.finished(span));
        tail.tail.flush();
        evicted += tail.counters().evicted["spans"];
        let mut by_trace = std::collections::BTreeMap::<_, (f64, f64)>::new();
        for span in &*tail.kept.lock().unwrap() {
            let (reason, chance) = span.kept.unwrap();
            assert_eq!(chance < 1.0, reason == "tail.chance");
            let (spans, p) = by_trace.entry(span.trace).or_insert((0.0, chance));
            assert!((*p - chance).abs() < 1e-12, "one decision a trace");
            *spans += 1.0;
        }
        error += by_trace.values().map(|(spans, p)| spans / p).sum::<f64>() - truth;
        variance += by_trace.values().map(|(spans, p)| spans.powi(2) * (1.0 - p) / p.powi(2)).sum::<f64>();
    }
    let sigma = variance.sqrt();
    assert!(evicted > 1000, "{evicted} were decided about early");
    assert!(error.abs() <= 3.0 * sigma, "an error of {error} where one σ is {sigma}");
    assert!(sigma * 3.0 < 0.1 * 100.0 * 4000.0, "the test is able to fail: {sigma}");
}

/// Eight threads, sixteen shards: nothing is lost and nothing is handed on twice.
#[test]
fn threads_share_it() {
    let tail = Fixture::new(|options| {
        (options.chance, options.shards, options.max_spans) = (0.3, 16, 400);
    });
    std::thread::scope(|scope| {
        for thread in 0..8_u128 {
            let tail = &tail;
            scope.spawn(move || {
                for round in 0..2000 {
                    // Each trace has spans of every thread.
                    let trace = 1 + round;
                    if tail.start(trace) {
                        tail.tail.finished(if (round + thread) % 97 == 0 {
                            failed(trace)
                        } else {
                            span(trace)
                        });
                    }
                    if round % 100 == 0 {
                        tail.after(100);
                    }
                }
            });
        }
    });
    tail.tail.flush();
    let counters = tail.counters();
    assert_eq!(counters.finished + counters.refused, 16_000);
    assert_eq!((counters.held_spans, counters.held_bytes, counters.held_traces), (0, 0, 0));
    let mut kept = tail.kept();
    kept.sort_unstable();
    kept.dedup();
    assert_eq!(kept.len() as u64, counters.kept.values().sum::<u64>());
}

/// The system's clock and a separate thread: nobody ticks.
#[test]
fn a_thread_decides_about_what_became_quiet() {
    let mut options = TailOptions::default();
    options.chance = 1.0;
    options.quiet = Duration::from_millis(20);
    let (sender, kept) = std::sync::mpsc::channel();
    let tail =
        Tail::new(options, move |span: Span| sender.send((span.id, Timestamp::now())).unwrap()).unwrap();
    let span = span(1);
    let (id, ended) = (span.id, traced_actor_sampling::SystemClock.now());
    tail.started(span.trace);
    tail.finished(span);
    let (found, at) = kept.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(found == id && at.since(ended) >= Duration::from_millis(20));
}
