//! Local tail sampling: which traces are kept is decided when their part in this process is over.
//!
//! A [`Tail`] holds the finished spans of a trace back until it knows more than a head sampler can: whether something
//! failed, or was slow. Then all of them are handed on, or none; and whatever of the trace ends later, in whichever
//! actor, follows. Of the rest a share is kept by chance, with its probability, so that counts stay unbiased.
//!
//! ```text
//!   actors ─► start, finish ─► Tail ─┬─ failed, slow: at once ──────► kept
//!                                    ├─ quiet, too old, no room: ─┬─► kept, by chance
//!                                    │                            └─► dropped, and counted
//!                                    └─ ends after the decision: ───► follows it
//! ```
//!
//! # Which head it needs
//!
//! A tail sees what the head keeps. Keep everything (`always_on`, the default), or a share where that costs too much:
//! errors are then seen in that share alone. All spans of a trace that starts here are made, with their attributes, so
//! a tail saves the export and what lies behind it, not the making of spans.
//!
//! # What leaves the process
//!
//! Messages sent to other processes say *sampled*, because when they are sent nobody knows better. A process that
//! receives them decides about its own part: with a tail of its own and the same chance it keeps the same traces by
//! chance, for that is decided by the trace id alone; what failed or was slow it keeps where it happened. Without a
//! tail it keeps everything. The weights in the contexts are those of the head; those on the kept spans are of both.
//!
//! # Bounds
//!
//! Spans, bytes and traces that are held back, the time for which they are, and the decisions that are remembered have
//! limits ([`TailOptions`]). Where a limit is reached, the trace that would be decided about next is decided about now,
//! by what is known of it, and counted in [`TailCounters::evicted`]. A decision that was forgotten is made again; chance
//! decides the same.

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

/// Holds finished spans back until it is known whether their trace is worth keeping. See the [module](self).
///
/// A clone is the same tail. [`recorder`](Tail::recorder) makes it record this crate's spans; a tail of OpenTelemetry's
/// is a `TailProcessor`, with the feature `opentelemetry`.
///
/// Cost: for the start and the end of a span one of sixteen locks, chosen by the trace id, and two look-ups; spans are
/// handed on outside of the lock, on the thread that decided.
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
    /// Creates a tail that hands each span that is kept to `keep`, on the thread that decides: it enqueues and returns.
    ///
    /// A thread of its own decides about what has become quiet.
    ///
    /// # Errors
    ///
    /// When the operating system has no thread left.
    pub fn new(options: TailOptions, keep: impl Fn(S) + Send + Sync + 'static) -> io::Result<Self> {
        let period = (options.quiet / 4).clamp(Duration::from_millis(1), Duration::from_secs(1));
        let tail = Self::with_clock(options, SystemClock, keep);
        let shared = Arc::downgrade(&tail.0);
        thread::Builder::new()
            .name("tail-sampling".into())
            .spawn(move || decide_until_gone(&shared, period))?;
        Ok(tail)
    }

    /// Creates a tail as [`new`](Self::new) does, by this clock and without a thread: whoever moves the clock calls [`tick`](Self::tick).
    pub fn with_clock(
        options: TailOptions,
        clock: impl Clock + 'static,
        keep: impl Fn(S) + Send + Sync + 'static,
    ) -> Self {
        let (keep, clock) = (Box::new(keep), Box::new(clock));
        Self(Arc::new(Shared { buffer: Buffer::new(options), keep, clock }))
    }

    /// Tells that a span of this trace has started. Returns `false` if the trace was decided about, and is not kept: then
    /// there is no need to make the span.
    pub fn started(&self, trace: TraceId) -> bool {
        let (wanted, kept) = self.0.buffer.started(trace, self.0.clock.now());
        self.0.keep(kept);
        wanted
    }

    /// Tells that a span has ended. One whose start was not told is as good.
    pub fn finished(&self, span: S) {
        self.0.keep(self.0.buffer.finished(span, self.0.clock.now()));
    }

    /// Decides about what is due.
    pub fn tick(&self) {
        self.0.tick();
    }

    /// Decides about everything that is held back. For the end of the program, where spans that are still open are too
    /// late anyway; they follow the decision.
    pub fn flush(&self) {
        self.0.flush();
    }

    /// Returns what happened so far.
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

/// What was held back when the last handle went is decided about as well.
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
