//! Local tail sampling: decides which traces to keep when their part in this process is complete.
//!
//! A [`Tail`] holds the finished spans of a trace until it is known whether something failed or was slow, which a head
//! sampler cannot know. Then it passes on all of them, or none. Spans of the trace that end later, in any actor, follow
//! the same decision. Of the other traces it keeps a share by chance, and records the probability, so counts stay
//! unbiased.
//!
//! ```text
//!   actors ─► start, finish ─► Tail ─┬─ failed, slow: at once ──────► kept
//!                                    ├─ quiet, too old, no room: ─┬─► kept, by chance
//!                                    │                            └─► dropped, and counted
//!                                    └─ ends after the decision: ───► follows it
//! ```
//!
//! # Which head sampler it needs
//!
//! A tail sees only what the head sampler keeps. Keep everything (`always_on`, the default). If that costs too much,
//! keep a share. Errors are then only seen in that share. All spans of a trace that starts here are created, with their
//! attributes. A tail saves the cost of the export and of the back end, but not the cost of creating spans.
//!
//! # What leaves the process
//!
//! Messages that are sent to other processes are marked as sampled, because the decision is made later. The receiving
//! process decides about its own part. If it has a tail with the same chance, it keeps the same traces by chance,
//! because that choice depends only on the trace id. Failed and slow traces are kept only where the failure or the
//! delay happened. A process without a tail keeps everything. The weights in contexts are those of the head. The
//! weights on kept spans include the tail.
//!
//! # Limits
//!
//! There are limits for the number of spans, bytes and traces that are held, the time for which they are held, and the
//! number of remembered decisions ([`TailOptions`]). When a limit is reached, the trace that is next in line is decided
//! about immediately with the information so far, and counted in [`TailCounters::evicted`]. A decision that was
//! forgotten is made again, and the choice by chance has the same result.

mod buffer;
mod counters;
mod options;
#[cfg(feature = "opentelemetry")]
mod processor;
mod recorder;
mod span;

use std::sync::{Arc, Weak};
use std::time::Duration;
use std::{fmt, io, thread};

use crate::clock::{Clock, SystemClock};
use traced_actor::context::TraceId;
use traced_actor::record::FinishedSpan;

use buffer::Buffer;
pub use counters::TailCounters;
pub use options::TailOptions;
#[cfg(feature = "opentelemetry")]
pub use processor::TailProcessor;
pub use span::TailSpan;
#[cfg(feature = "tracing")]
pub(crate) use span::WARNING_ATTRIBUTE;

/// Holds finished spans until it is known whether to keep their trace. See the [module](self).
///
/// [`recorder`](Tail::recorder) returns a recorder that feeds this tail. For spans of OpenTelemetry, use
/// `TailProcessor`, with the feature `opentelemetry`. Clones share one tail.
///
/// The start and the end of a span each cost one of sixteen locks, chosen by the trace id, and two lookups. Spans are
/// passed on outside of the lock, on the thread that decided.
///
/// ```
/// use std::time::Duration;
/// use traced_actor_sampling::tail::{Tail, TailOptions};
/// use traced_actor::record::{self, FinishedSpan};
///
/// let mut options = TailOptions::default();
/// options.chance = 0.01;
/// options.slow = Some(Duration::from_millis(500));
/// options.slow_operations.insert("Guild/Post".into(), Duration::from_millis(50));
///
/// let tail = Tail::new(options, |span: FinishedSpan| println!("{}", span.name))?;
/// record::install(tail.recorder())?;
/// // … run …
/// tail.flush();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tail<S: TailSpan = FinishedSpan>(Arc<Shared<S>>);

struct Shared<S: TailSpan> {
    buffer: Buffer<S>,
    keep: Box<dyn Fn(S) + Send + Sync>,
    clock: Box<dyn Clock>,
}

impl<S: TailSpan> Tail<S> {
    /// Creates a tail that passes each kept span to `keep`.
    ///
    /// `keep` runs on the thread that decides, so it should only enqueue the span. A separate thread decides about
    /// traces without new spans.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread.
    pub fn new(options: TailOptions, keep: impl Fn(S) + Send + Sync + 'static) -> io::Result<Self> {
        let period = (options.quiet / 4).clamp(Duration::from_millis(1), Duration::from_secs(1));
        let tail = Self::with_clock(options, SystemClock, keep);
        let shared = Arc::downgrade(&tail.0);
        thread::Builder::new()
            .name("tail-sampling".into())
            .spawn(move || decide_until_gone(&shared, period))?;
        Ok(tail)
    }

    /// Creates a tail like [`new`](Self::new), with this clock and without a thread.
    ///
    /// Call [`tick`](Self::tick) whenever you advance the clock.
    pub fn with_clock(
        options: TailOptions,
        clock: impl Clock + 'static,
        keep: impl Fn(S) + Send + Sync + 'static,
    ) -> Self {
        let (keep, clock) = (Box::new(keep), Box::new(clock));
        Self(Arc::new(Shared { buffer: Buffer::new(options), keep, clock }))
    }

    /// Records that a span of this trace has started.
    ///
    /// Returns `false` if the trace was already dropped. The span need not be created then.
    pub fn started(&self, trace: TraceId) -> bool {
        let (wanted, kept) = self.0.buffer.started(trace, self.0.clock.now());
        self.0.keep(kept);
        wanted
    }

    /// Records that a span has ended. Its start need not have been recorded.
    pub fn finished(&self, span: S) {
        self.0.keep(self.0.buffer.finished(span, self.0.clock.now()));
    }

    /// Decides about all traces that are due.
    pub fn tick(&self) {
        self.0.tick();
    }

    /// Decides about all traces that are held. Call it at the end of the program.
    ///
    /// Spans that are still open follow the decision when they end.
    pub fn flush(&self) {
        self.0.flush();
    }

    /// Returns the counts so far.
    pub fn counters(&self) -> TailCounters {
        self.0.buffer.counters()
    }
}

impl<S: TailSpan> Shared<S> {
    fn tick(&self) {
        let now = self.clock.now();
        self.buffer.decide_due(now, |kept| self.keep(kept));
    }

    fn flush(&self) {
        self.buffer.decide_all(|kept| self.keep(kept));
    }

    fn keep(&self, spans: Vec<S>) {
        spans.into_iter().for_each(&self.keep);
    }
}

/// Decides about the held traces when the last handle is dropped.
impl<S: TailSpan> Drop for Shared<S> {
    fn drop(&mut self) {
        self.flush();
    }
}

fn decide_until_gone<S: TailSpan>(shared: &Weak<Shared<S>>, period: Duration) {
    loop {
        thread::sleep(period);
        match shared.upgrade() {
            Some(shared) => shared.tick(),
            None => return,
        }
    }
}

impl<S: TailSpan> Clone for Tail<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: TailSpan> fmt::Debug for Tail<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tail")
    }
}
