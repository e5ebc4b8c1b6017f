//! The traces that are held, and remembered decisions. Each part of the trace ids has its own lock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{TailCounters, TailOptions, TailSpan};
use traced_actor::context::{Timestamp, TraceId, forks, watch_forks};

pub(super) struct Buffer<S> {
    /// The options, with the limits for one shard.
    options: TailOptions,
    shards: Box<[Mutex<Shard<S>>]>,
}

struct Shard<S> {
    /// The result of [`forks`] at the last use.
    forks: u32,
    held: HashMap<TraceId, Held<S>>,
    /// The times at which traces are examined, in order. The number distinguishes equal times.
    due: BTreeMap<(Timestamp, u64), TraceId>,
    entered: u64,
    decided: HashMap<TraceId, Verdict>,
    /// The decided traces, the oldest first.
    remembered: VecDeque<TraceId>,
    counters: TailCounters,
}

/// A trace that is held.
struct Held<S> {
    due: (Timestamp, u64),
    first: Timestamp,
    last: Timestamp,
    open: u32,
    bytes: usize,
    spans: Vec<S>,
}

#[derive(Clone, Copy)]
enum Verdict {
    Keep { reason: &'static str, chance: f64 },
    Drop { reason: &'static str },
}

const ERROR: Verdict = Verdict::Keep { reason: "tail.error", chance: 1.0 };
const WARNING: Verdict = Verdict::Keep { reason: "tail.warning", chance: 1.0 };
const SLOW: Verdict = Verdict::Keep { reason: "tail.slow", chance: 1.0 };

impl<S: TailSpan> Buffer<S> {
    pub(super) fn new(options: TailOptions) -> Self {
        let options = options.divided();
        watch_forks();
        let shards = (0..options.shards).map(|_| Mutex::new(Shard::new())).collect();
        Self { options, shards }
    }

    fn shard(&self, trace: TraceId) -> MutexGuard<'_, Shard<S>> {
        let index = mixed(trace, 0x9e37_79b9_7f4a_7c15) % self.shards.len() as u64;
        #[expect(clippy::cast_possible_truncation, reason = "less than the number of shards")]
        lock(&self.shards[index as usize])
    }

    /// Notes the start of a span.
    ///
    /// Returns whether the span should be created, which is false if its trace is dropped. Also returns spans of other
    /// traces that had to make room and are to be passed on.
    pub(super) fn started(&self, trace: TraceId, now: Timestamp) -> (bool, Vec<S>) {
        let mut shard = self.shard(trace);
        match shard.decided.get(&trace) {
            Some(Verdict::Keep { .. }) => (true, Vec::new()),
            Some(Verdict::Drop { .. }) => {
                shard.counters.refused += 1;
                (false, Vec::new())
            }
            None => {
                shard.hold(trace, now, &self.options).open += 1;
                (true, shard.make_room(&self.options))
            }
        }
    }

    /// Notes a finished span.
    ///
    /// Returns the spans to pass on: none yet, the trace so far, or those of other traces that had to make room.
    pub(super) fn finished(&self, span: S, now: Timestamp) -> Vec<S> {
        let trace = span.trace_id();
        let mut shard = self.shard(trace);
        shard.counters.finished += 1;
        if let Some(&verdict) = shard.decided.get(&trace) {
            return shard.follow(verdict, vec![span]);
        }
        let verdict = if span.is_failed() {
            Some(ERROR)
        } else if self.options.warnings && span.is_warned() {
            Some(WARNING)
        } else if self.options.is_slow(span.name(), span.duration()) {
            Some(SLOW)
        } else {
            None
        };
        let bytes = span.bytes();
        let held = shard.hold(trace, now, &self.options);
        held.open = held.open.saturating_sub(1);
        held.last = now;
        held.bytes += bytes;
        held.spans.push(span);
        let full = held.spans.len() >= self.options.max_trace_spans;
        shard.counters.held_spans += 1;
        shard.counters.held_bytes += bytes as u64;
        if let Some(verdict) = verdict {
            return shard.decide(trace, verdict, &self.options);
        }
        if full {
            return shard.evict(trace, "trace_spans", &self.options);
        }
        shard.make_room(&self.options)
    }

    /// Decides about traces that are quiet or too old.
    pub(super) fn decide_due(&self, now: Timestamp, keep: impl Fn(Vec<S>)) {
        for shard in &self.shards {
            let kept = lock(shard).decide_due(now, &self.options);
            keep(kept);
        }
    }

    /// Decides about all traces.
    pub(super) fn decide_all(&self, keep: impl Fn(Vec<S>)) {
        for shard in &self.shards {
            let mut kept = Vec::new();
            let mut shard = lock(shard);
            while let Some((_, &trace)) = shard.due.first_key_value() {
                let verdict = chance(trace, self.options.chance, "tail.chance");
                kept.append(&mut shard.decide(trace, verdict, &self.options));
            }
            drop(shard); // before anything of the user's runs
            keep(kept);
        }
    }

    pub(super) fn counters(&self) -> TailCounters {
        let mut total = TailCounters::default();
        self.shards.iter().for_each(|shard| total.add(&lock(shard).counters));
        total
    }
}

impl<S: TailSpan> Shard<S> {
    fn new() -> Self {
        Self {
            forks: forks(),
            held: HashMap::new(),
            due: BTreeMap::new(),
            entered: 0,
            decided: HashMap::new(),
            remembered: VecDeque::new(),
            counters: TailCounters::default(),
        }
    }

    /// Removes traces that the parent process held. The parent decides about them and passes them on.
    #[cold]
    fn forget_parents(&mut self) {
        self.forks = forks();
        self.held.clear();
        self.due.clear();
        (self.counters.held_traces, self.counters.held_spans, self.counters.held_bytes) = (0, 0, 0);
    }

    /// Returns the trace, which is held from now on if it is new.
    fn hold(&mut self, trace: TraceId, now: Timestamp, options: &TailOptions) -> &mut Held<S> {
        let (due, entered, traces) = (&mut self.due, &mut self.entered, &mut self.counters.held_traces);
        self.held.entry(trace).or_insert_with(|| {
            *entered += 1;
            *traces += 1;
            let key = (after(now, options.quiet), *entered);
            due.insert(key, trace);
            Held { due: key, first: now, last: now, open: 0, bytes: 0, spans: Vec::new() }
        })
    }

    fn decide_due(&mut self, now: Timestamp, options: &TailOptions) -> Vec<S> {
        let mut kept = Vec::new();
        while let Some((&(due, number), &trace)) = self.due.first_key_value() {
            let Some(held) = self.held.get_mut(&trace).filter(|_| due <= now) else { break };
            let latest = after(held.first, options.timeout);
            // An open trace is examined again. A span that has ended in the meantime has postponed the end of the quiet
            // time.
            let quiet =
                if held.open > 0 { after(now, options.quiet) } else { after(held.last, options.quiet) };
            let next = quiet.min(latest);
            if next > now {
                self.due.remove(&held.due);
                held.due = (next, number);
                self.due.insert(held.due, trace);
            } else if held.open > 0 {
                kept.append(&mut self.evict(trace, "time", options));
            } else {
                let verdict = chance(trace, options.chance, "tail.chance");
                kept.append(&mut self.decide(trace, verdict, options));
            }
        }
        kept
    }

    /// Decides about traces early until the limits are met.
    fn make_room(&mut self, options: &TailOptions) -> Vec<S> {
        let mut kept = Vec::new();
        let over = |count: u64, limit: usize| count > limit as u64;
        loop {
            let reason = match &self.counters {
                counters if over(counters.held_traces, options.max_traces) => "traces",
                counters if over(counters.held_spans, options.max_spans) => "spans",
                counters if over(counters.held_bytes, options.max_bytes) => "bytes",
                _ => return kept,
            };
            let Some((_, &trace)) = self.due.first_key_value() else { return kept };
            kept.append(&mut self.evict(trace, reason, options));
        }
    }

    fn evict(&mut self, trace: TraceId, bound: &'static str, options: &TailOptions) -> Vec<S> {
        *self.counters.evicted.entry(bound).or_default() += 1;
        self.decide(trace, chance(trace, options.chance, "tail.evicted"), options)
    }

    /// Stops holding a trace, and remembers the decision.
    fn decide(&mut self, trace: TraceId, verdict: Verdict, options: &TailOptions) -> Vec<S> {
        let Some(held) = self.held.remove(&trace) else { return Vec::new() };
        self.due.remove(&held.due);
        self.counters.held_traces -= 1;
        self.counters.held_spans -= held.spans.len() as u64;
        self.counters.held_bytes -= held.bytes as u64;
        self.decided.insert(trace, verdict);
        self.remembered.push_back(trace);
        while self.remembered.len() > options.max_decisions.max(1) {
            if let Some(forgotten) = self.remembered.pop_front() {
                self.decided.remove(&forgotten);
            }
        }
        self.counters.decisions = self.remembered.len() as u64;
        self.follow(verdict, held.spans)
    }

    /// Counts the spans of a decided trace, and returns those that are kept.
    fn follow(&mut self, verdict: Verdict, mut spans: Vec<S>) -> Vec<S> {
        let count = spans.len() as u64;
        match verdict {
            Verdict::Keep { reason, chance } => {
                if count > 0 {
                    *self.counters.kept.entry(reason).or_default() += count;
                }
                for span in &mut spans {
                    span.kept(reason, chance);
                }
                spans
            }
            Verdict::Drop { reason } => {
                if count > 0 {
                    *self.counters.dropped.entry(reason).or_default() += count;
                }
                Vec::new()
            }
        }
    }
}

/// Returns the decision by chance about a trace in which nothing failed. It is the same in every process with this
/// share.
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a float has")]
fn chance(trace: TraceId, share: f64, dropped: &'static str) -> Verdict {
    let unit = (mixed(trace, 0xd1b5_4a32_d192_ed03) >> 11) as f64 / (1_u64 << 53) as f64;
    if unit < share {
        Verdict::Keep { reason: "tail.chance", chance: share }
    } else {
        Verdict::Drop { reason: dropped }
    }
}

/// Returns a hash of the trace id.
///
/// It is independent of the id's lower bits, which are the randomness that heads use for consistent sampling. The
/// finalizer is that of [`SplitMix64`](https://doi.org/10.1145/2714064.2660195).
#[expect(clippy::cast_possible_truncation, reason = "the halves are folded")]
fn mixed(trace: TraceId, salt: u64) -> u64 {
    let finish = |mut x: u64| {
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let id = trace.get();
    finish(finish(id as u64 ^ salt).wrapping_add((id >> 64) as u64))
}

fn after(time: Timestamp, wait: std::time::Duration) -> Timestamp {
    let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
    Timestamp::from_unix_nanos(time.unix_nanos().saturating_add(nanos))
}

fn lock<S: TailSpan>(shard: &Mutex<Shard<S>>) -> MutexGuard<'_, Shard<S>> {
    let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
    if shard.forks != forks() {
        shard.forget_parents();
    }
    shard
}
