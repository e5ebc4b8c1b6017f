//! The handle of a flight recorder, and its builder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use traced_actor::context::TraceId;
use traced_actor::observe::{self, AlreadyObserved};
use traced_actor::record::{self, AlreadyInstalled, FinishedSpan, Recorder};

use super::collector::{Collector, Progress};
use super::dumps;
use super::file::KeptFile;
use super::finished::Finished;
use super::image::DumpReason;
use super::memory::{MappedFile, Memory};
use super::otlp::{Otlp, OtlpBatch, OtlpResource};
use super::peers::Promotion;
use super::recorder::{FlightRecorder, KEEP, Shared};
use super::sends::SendObserver;
use super::taken::Sink;
use super::trigger::{Trigger, TriggerOptions};

/// The default of [`FlightBuilder::memory`].
const MEMORY: u64 = 64 << 20;
/// The default of [`FlightBuilder::text_bytes`].
const TEXT_BYTES: usize = 64;
/// The time between two rounds of the collector.
const INTERVAL: Duration = Duration::from_millis(50);
/// The minimum pause after a round, in multiples of the round's duration, even if a trigger wakes the collector.
const PAUSES: u32 = 9;

/// A flight recorder: records every message, and passes on the wanted traces.
///
/// See the [crate](crate) for how it works. Dropping the handle passes on the spans that are wanted so far, and stops
/// the collector. The recorder is installed for as long as the process lives. It continues to record, but nothing is
/// passed on.
///
/// ```
/// use std::time::Duration;
/// use traced_actor_flight::{Flight, TriggerOptions};
///
/// let mut triggers = TriggerOptions::default();
/// triggers.slow = Some(Duration::from_millis(500));
///
/// let flight = Flight::builder()
///     .triggers(triggers)
///     .keep(|span| println!("{} took {:?}", span.name, span.duration()))
///     .start()?;
/// flight.install()?;
/// // … run …
/// flight.flush();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Flight {
    shared: &'static Shared,
    progress: Arc<Progress>,
    control: Arc<Control>,
    thread: Option<JoinHandle<()>>,
}

/// Fires triggers from code outside of the recorder.
///
/// For example, `traced-actor-metrics` finds work that has not ended for too long. It does not need a recorder for
/// that:
///
/// ```
/// use std::time::Duration;
/// use traced_actor_flight::{Flight, Trigger};
/// use traced_actor_metrics::{Metrics, Watch};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flight = Flight::builder().start()?;
/// flight.install()?;
/// let (metrics, triggers) = (Metrics::builder().install()?, flight.triggers());
/// let watch = Watch::new(metrics, Duration::from_secs(60)).start(move |found| {
///     for handling in &found.handlings {
///         if let Some(Ok(trace)) = handling.trace_id.as_deref().map(str::parse) {
///             triggers.fire(Trigger::OpenWork, trace);
///         }
///     }
/// });
/// # drop(watch);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Triggers(&'static Shared);

impl Triggers {
    /// Keeps a trace, unless this kind of trigger has fired too often. Returns whether the trace is wanted.
    pub fn fire(&self, trigger: Trigger, trace: TraceId) -> bool {
        self.0.fire(trigger, trace, self.0.clock.now())
    }

    /// Returns the promotion of a trace, to be sent with a reply. Returns `None` if no trigger has fired for the trace.
    ///
    /// The receiver of the reply passes it to [`Peer::promote`]. Call this when the reply is complete, because triggers
    /// that fire later are not included.
    pub fn promotion(&self, trace: TraceId) -> Option<Promotion> {
        self.0.wanted.trigger(trace).map(|trigger| Promotion::new(trace, trigger))
    }
}

impl fmt::Debug for Triggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Triggers")
    }
}

/// Another process that may have a part of the same traces.
///
/// Record which messages come from the peer and are sent to it. Then a trigger here makes the peer keep its part of the
/// trace, and a trigger there makes this process keep its part. Each process tells its own peers, so the whole trace is
/// kept, in whichever process the trigger fires. The connection has no other requirements, and no collector is needed.
///
/// The messages must carry their context, as an [`Envelope`](traced_actor::Envelope) on the wire does. If the sampler
/// does not keep the trace, the context is *provisional*: only a process with a flight recorder continues the trace,
/// and all others treat it as unsampled.
///
/// ```
/// use std::sync::mpsc;
/// use traced_actor_flight::{Flight, Promotion};
///
/// # let flight = Flight::builder().start()?;
/// # let envelope = traced_actor::Envelope::bare(());
/// let (control, messages_of_the_connection) = mpsc::channel::<Promotion>();
/// let peer = flight.connect(move |promotion| drop(control.send(promotion)));
/// // for each message that comes over the connection, or goes over it:
/// if let Some(context) = envelope.context() {
///     peer.shares(context.trace_id);
/// }
/// // for each promotion that comes over the connection:
/// # let bytes = [0; Promotion::LEN];
/// if let Some(promotion) = Promotion::from_bytes(&bytes) {
///     peer.promote(promotion);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Peer {
    shared: &'static Shared,
    number: u64,
}

impl Peer {
    /// Notes that the peer has a part of this trace, because a message of it came from the peer or is sent to the peer.
    ///
    /// The last 65,536 traces are remembered, with up to eight peers each. If the trace is already wanted, the peer is
    /// told immediately.
    pub fn shares(&self, trace: TraceId) {
        let peers = &self.shared.peers;
        peers.note(self.number, trace, false);
        if let Some(trigger) = self.shared.wanted.get(trace) {
            peers.tell(trace, trigger, self.shared.clock.now());
        }
    }

    /// Accepts a promotion from the peer. Returns whether the trace is wanted.
    ///
    /// The promotion is forwarded to other peers that share the trace, unless the trace was wanted before. A peer may
    /// send a hundred promotions per second.
    pub fn promote(&self, promotion: Promotion) -> bool {
        let (shared, trace, now) = (self.shared, promotion.trace_id, self.shared.clock.now());
        if !shared.peers.may_ask(self.number, now) {
            return false;
        }
        shared.peers.note(self.number, trace, true);
        shared.fire(Trigger::Promoted, trace, now)
    }

    /// Accepts a promotion like [`promote`](Self::promote), but only of a trace that this process
    /// [shares](Self::shares) with the peer.
    ///
    /// Use it for a peer that is many processes: a subject of NATS, or a group of a cluster. A promotion reaches all of
    /// them, and most have no part of its trace. Those ignore it: it takes nothing of their limits, and does not count
    /// as late. A process may get its own promotions back.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use traced_actor::TraceId;
    /// use traced_actor_flight::{Flight, Promotion, Trigger};
    ///
    /// # let flight = Flight::builder().start()?;
    /// let (subject, _messages) = mpsc::channel::<[u8; Promotion::LEN]>();
    /// let others = flight.connect(move |promotion| drop(subject.send(promotion.to_bytes())));
    /// # let [ours, theirs] = [1, 2].map(|number| TraceId::new(number).unwrap());
    /// // for each message with a context that comes from any of them, or is sent to any of them:
    /// others.shares(ours);
    /// // for each promotion that comes over the subject:
    /// assert!(others.promote_if_shared(Promotion::new(ours, Trigger::Error)));
    /// assert!(!others.promote_if_shared(Promotion::new(theirs, Trigger::Error)));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn promote_if_shared(&self, promotion: Promotion) -> bool {
        self.shared.peers.has(self.number, promotion.trace_id) && self.promote(promotion)
    }

    /// Refuses a promotion, because its sender is not trusted, and counts it.
    ///
    /// For adapters that connect whole clusters. They trust another node as far as its contexts are trusted, and accept
    /// promotions only with full trust.
    pub fn refuse(&self, _: Promotion) {
        self.shared.peers.refused.fetch_add(1, Relaxed);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.peers.disconnect(self.number);
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("number", &self.number).finish_non_exhaustive()
    }
}

/// Builds a [`Flight`].
#[must_use = "nothing is recorded before the recorder is started and installed"]
pub struct FlightBuilder {
    memory: u64,
    words: Option<&'static [AtomicU64]>,
    text_bytes: usize,
    triggers: TriggerOptions,
    interval: Duration,
    sinks: Vec<Box<dyn Sink>>,
    files: Vec<(PathBuf, u64, OtlpResource)>,
}

/// The counters of a flight recorder so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlightCounters {
    /// The number of records that were written.
    ///
    /// Each message has two, and each attribute, event and link that its handler adds has one, as has each
    /// [observed](Flight::observe_sends) send.
    pub records: u64,
    /// The number of records that were not written, because all memory was used or a field's `Debug` made them.
    pub refused: u64,
    /// The number of fields that did not fit into their record.
    pub cut: u64,
    /// The number of bytes of records that were overwritten. They are lost unless they were wanted before.
    pub overwritten_bytes: u64,
    /// The number of bytes of records that were overwritten before the collector searched for sampled traces.
    pub missed_bytes: u64,
    /// The number of bytes of all rings.
    pub memory_bytes: u64,
    /// The number of spans that were passed on because the sampler keeps them.
    pub by_chance: u64,
    /// The number of spans that were passed on only because of a trigger.
    pub triggered: u64,
    /// The number of wanted spans that never ended, and for which there was no more room.
    pub given_up: u64,
    /// The number of spans that could not be written to a [file](FlightBuilder::file).
    pub unwritten: u64,
    /// The number of triggers that fired within the limit of their kind, by trigger. This includes those in `too_many`.
    pub fired: BTreeMap<&'static str, u64>,
    /// The number of triggers that were ignored because their kind had fired too often, by trigger.
    pub limited: BTreeMap<&'static str, u64>,
    /// The number of promotions that were sent to other processes.
    pub promotions_sent: u64,
    /// The number of promotions that were not sent, or not accepted, because there were too many.
    pub promotions_limited: u64,
    /// The number of promotions that came too late: no record of the trace was left.
    pub promotions_late: u64,
    /// The number of promotions that were [refused](Peer::refuse), because their sender is not trusted.
    pub promotions_refused: u64,
    /// The number of triggers that were ignored because too many traces were wanted.
    pub too_many: u64,
}

/// The shared state of the handle and the collector's thread.
#[derive(Default)]
struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of requested rounds, and of completed ones.
    asked: u64,
    done: u64,
    /// Whether there is a wanted trace that was not searched for yet.
    is_woken: bool,
    stop: bool,
}

impl Control {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a round is completed that began after this call.
    fn round(&self) {
        let mut state = self.lock();
        state.asked += 1;
        let asked = state.asked;
        self.changed.notify_all();
        while state.done < asked && !state.stop {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes the collector run a round soon.
    fn wake(&self) {
        let was_woken = std::mem::replace(&mut self.lock().is_woken, true);
        if !was_woken {
            self.changed.notify_all();
        }
    }

    /// Runs the collector's rounds on its thread, until the handle is dropped.
    fn run(&self, mut collector: Collector, interval: Duration) {
        let mut pause = Duration::ZERO;
        loop {
            let (asked, done, stop) = {
                let state = self.lock();
                let is_idle = |state: &mut State| state.asked == state.done && !state.stop;
                // A search takes time. However many triggers fire, most of the time is left to other threads.
                let waited = self.changed.wait_timeout_while(state, pause.min(interval), is_idle);
                let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
                let is_idle = |state: &mut State| is_idle(state) && !state.is_woken;
                let waited = self.changed.wait_timeout_while(state, interval.saturating_sub(pause), is_idle);
                let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
                state.is_woken = false;
                (state.asked, state.done, state.stop)
            };
            let begun = Instant::now();
            collector.round(stop || asked != done);
            pause = begun.elapsed() * PAUSES;
            self.lock().done = asked;
            self.changed.notify_all();
            if stop {
                return;
            }
        }
    }
}

impl Flight {
    /// Returns a builder of a flight recorder.
    pub fn builder() -> FlightBuilder {
        FlightBuilder {
            memory: MEMORY,
            words: None,
            text_bytes: TEXT_BYTES,
            triggers: TriggerOptions::default(),
            interval: INTERVAL,
            sinks: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Installs the recorder for this process.
    ///
    /// # Errors
    ///
    /// Returns an error if a recorder is already installed.
    pub fn install(&self) -> Result<(), AlreadyInstalled> {
        record::install(self.recorder())
    }

    /// Installs the recorder for this process, together with OpenTelemetry.
    ///
    /// The span of a message is OpenTelemetry's current span while the message is handled. Other spans go through the
    /// returned provider to the processor of `direct`.
    ///
    /// See [`install_connected`](traced_actor_opentelemetry::install_connected). Export the messages' own spans through
    /// the same processor with [`FlightBuilder::processor`].
    ///
    /// # Errors
    ///
    /// Returns an error if a recorder is already installed, or if the environment names a sampler that does not exist.
    #[cfg(feature = "opentelemetry")]
    #[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
    pub fn install_connected(
        &self,
        direct: &traced_actor_opentelemetry::DirectRecorder,
    ) -> Result<opentelemetry_sdk::trace::SdkTracerProvider, traced_actor_opentelemetry::InstallError> {
        traced_actor_opentelemetry::install_connected(self.recorder(), direct)
    }

    /// Returns the recorder, for [`record::install`](traced_actor::record::install).
    ///
    /// It also records messages that the sampler drops. The sampler decides which traces are kept by chance.
    pub fn recorder(&self) -> impl Recorder + use<> {
        FlightRecorder(self.shared)
    }

    /// Records also which messages each handler sends, for [files](crate::FlightFile).
    ///
    /// A file then has what was sent, also if nobody has received it.
    ///
    /// Call it before the program creates mailboxes. It makes the recorder the observer of this process, so it cannot be used
    /// together with `traced-actor-metrics`. The record of a sent message takes 40 bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if this process already has an observer.
    pub fn observe_sends(&self) -> Result<(), AlreadyObserved> {
        observe::observe(SendObserver::new(self.shared))
    }

    /// Keeps a trace, like a trigger. Returns whether the trace is wanted, which is true unless too many traces are.
    pub fn keep_trace(&self, trace: TraceId) -> bool {
        self.shared.fire(Trigger::Command, trace, self.shared.clock.now())
    }

    /// Writes everything in the rings to a file, which [`FlightFile`](crate::FlightFile) reads.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn dump(&self, path: impl AsRef<Path>) -> io::Result<()> {
        dumps::write_to(self.shared, path.as_ref(), DumpReason::Asked)
    }

    /// Writes a file into a directory at each panic of the process, including caught panics.
    ///
    /// The previous panic hook is called afterwards. A process writes at most one file per second, and keeps the last
    /// eight.
    pub fn dump_on_panic(&self, directory: impl Into<PathBuf>) {
        dumps::on_panic(self.shared, directory.into());
    }

    /// Writes a file into a directory at each signal with this number, such as SIGUSR1, which is 10 on Linux.
    ///
    /// The signal then has no other effect. The limits of [`dump_on_panic`](Self::dump_on_panic) apply.
    ///
    /// # Errors
    ///
    /// Returns an error if the signal cannot be handled (such as SIGKILL), or if the operating system cannot start a
    /// thread.
    #[cfg(all(feature = "signal", unix))]
    #[cfg_attr(docsrs, doc(cfg(feature = "signal")))]
    pub fn dump_on_signal(&self, signal: i32, directory: impl Into<PathBuf>) -> io::Result<()> {
        dumps::on_signal(self.shared, signal, directory.into())
    }

    /// Returns a handle that fires triggers from other code.
    pub fn triggers(&self) -> Triggers {
        Triggers(self.shared)
    }

    /// Connects another process that may have a part of the same traces. Dropping the returned peer disconnects it.
    ///
    /// `tell` is called on the collector's thread with each [`Promotion`] for that process. It should only put the
    /// promotion into a queue. Connect only peers that you trust, since each request costs memory and export, up to its
    /// limit.
    pub fn connect(&self, tell: impl Fn(Promotion) + Send + Sync + 'static) -> Peer {
        Peer { shared: self.shared, number: self.shared.peers.connect(Box::new(tell)) }
    }

    /// Blocks until all wanted spans that have ended are passed on.
    pub fn flush(&self) {
        self.control.round();
    }

    /// Returns how long messages are kept: the age of the oldest message that is still in the rings.
    ///
    /// This is the value of the busiest thread, as of the collector's last round. Returns `None` while nothing was
    /// overwritten.
    pub fn horizon(&self) -> Option<Duration> {
        let horizon = self.progress.horizon.load(Relaxed);
        (horizon != u64::MAX).then(|| Duration::from_nanos(horizon))
    }

    /// Returns the counters so far, as of the collector's last round.
    pub fn counters(&self) -> FlightCounters {
        let (shared, progress) = (self.shared, &self.progress);
        FlightCounters {
            records: progress.records.load(Relaxed),
            refused: shared.lanes.refused(),
            cut: shared.cut.load(Relaxed),
            overwritten_bytes: progress.overwritten_words.load(Relaxed) * 8,
            missed_bytes: progress.missed_words.load(Relaxed) * 8,
            memory_bytes: shared.lanes.bytes(),
            by_chance: progress.by_chance.load(Relaxed),
            triggered: progress.triggered.load(Relaxed),
            given_up: progress.given_up.load(Relaxed),
            unwritten: progress.unwritten.load(Relaxed),
            fired: shared.limits.fired(),
            limited: shared.limits.limited(),
            promotions_sent: shared.peers.told.load(Relaxed),
            promotions_limited: shared.peers.limited.load(Relaxed),
            promotions_late: shared.peers.late.load(Relaxed),
            promotions_refused: shared.peers.refused.load(Relaxed),
            too_many: shared.wanted.refused(),
        }
    }
}

impl FlightBuilder {
    /// Sets the maximum number of bytes of all rings. Default: 64 MiB.
    ///
    /// A message takes about 100 bytes, plus 8 for each field that is a number. A thread begins with 64 KiB, and gets
    /// more as needed while memory is left.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Puts the rings into these words, instead of into [`memory`](Self::memory) of the process.
    ///
    /// If the words are those of a mapped file (see `traced-actor-mapped`), the file has the last messages even if the
    /// process is killed. [`FlightFile`](crate::FlightFile) reads it.
    pub fn words(mut self, words: &'static [AtomicU64]) -> Self {
        self.words = Some(words);
        self
    }

    /// Sets the maximum length of a text in a record, in bytes. Default: 64. Longer texts are truncated.
    pub fn text_bytes(mut self, bytes: usize) -> Self {
        self.text_bytes = bytes;
        self
    }

    /// Sets the triggers.
    pub fn triggers(mut self, triggers: TriggerOptions) -> Self {
        self.triggers = triggers;
        self
    }

    /// Sets the time between two rounds of the collector. Default: 50 ms.
    ///
    /// It must be shorter than the [horizon](Flight::horizon). Otherwise spans that the sampler keeps are missed.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Passes each wanted span to a function, which runs on the collector's thread and should only put the span into a
    /// queue.
    ///
    /// This can be called several times.
    pub fn keep(mut self, keep: impl FnMut(FinishedSpan) + Send + 'static) -> Self {
        self.sinks.push(Box::new(Finished(keep)));
        self
    }

    /// Passes the wanted spans to a function as OTLP bytes, in batches.
    ///
    /// It runs on the collector's thread, and should only put the batch into a queue.
    ///
    /// A batch is passed on after one second, or as soon as it has 512 KiB.
    pub fn otlp(mut self, resource: &OtlpResource, export: impl FnMut(OtlpBatch) + Send + 'static) -> Self {
        self.sinks.push(Box::new(Otlp::new(resource, export)));
        self
    }

    /// Appends the wanted spans to a file, as OTLP JSON.
    ///
    /// Each line is an `ExportTraceServiceRequest`, as OpenTelemetry's file exporters write it. If the file would become
    /// longer than `bytes`, it is renamed by appending `.1`, which replaces an older file of that name, and a new file
    /// begins. The collector's thread writes it.
    ///
    /// ```
    /// use traced_actor_flight::{Flight, OtlpResource};
    ///
    /// # let path = std::env::temp_dir().join(format!("flight-doc-{}.jsonl", std::process::id()));
    /// let flight = Flight::builder().file(&path, 64 << 20, &OtlpResource::new("guild")).start()?;
    /// # drop(flight);
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn file(mut self, path: impl Into<PathBuf>, bytes: u64, resource: &OtlpResource) -> Self {
        self.files.push((path.into(), bytes, resource.clone()));
        self
    }

    /// Exports the wanted spans through a span processor of the OpenTelemetry SDK.
    ///
    /// The resource, the instrumentation scope and the limits are those of `direct`.
    #[cfg(feature = "opentelemetry")]
    #[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
    pub fn processor(mut self, direct: &traced_actor_opentelemetry::DirectRecorder) -> Self {
        self.sinks.push(Box::new(super::span_data::Processor(direct.clone())));
        self
    }

    /// Starts the collector.
    ///
    /// Blocks for some milliseconds, and longer the first time in a process, to measure the processor's counter.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread, or a [file](Self::file) cannot be opened.
    pub fn start(mut self) -> io::Result<Flight> {
        let progress = Arc::new(Progress::default());
        for (path, bytes, resource) in self.files {
            self.sinks.push(Box::new(KeptFile::open(path, bytes, &resource, progress.clone())?));
        }
        let (memory, journal) = match self.words {
            None => (Memory::Heap, None),
            Some(words) => {
                let (file, journal) = MappedFile::new(words)
                    .ok_or(io::Error::new(io::ErrorKind::InvalidInput, "too few words"))?;
                (Memory::Mapped(file), Some(journal))
            }
        };
        let shared = Shared::new(self.memory, memory, journal, self.text_bytes, self.triggers);
        let control = Arc::new(Control::default());
        let mut collector = Collector::new(shared, progress.clone(), self.sinks);
        collector.round(false);
        let waking = control.clone();
        let _ = shared.wake.set(Box::new(move || waking.wake()));
        let (controlled, interval) = (control.clone(), self.interval);
        let thread = thread::Builder::new()
            .name("flight-recorder".into())
            .spawn(move || controlled.run(collector, interval))?;
        Ok(Flight { shared, progress, control, thread: Some(thread) })
    }
}

/// Keeps the trace of the message that is being handled. Does nothing if no flight recorder records it.
///
/// ```
/// # let strange = true;
/// if strange {
///     traced_actor_flight::keep();
/// }
/// ```
pub fn keep() {
    traced_actor::current_span().set_attribute(KEEP, true);
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.control.lock().stop = true;
        self.control.changed.notify_all();
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("counters", &self.counters()).finish_non_exhaustive()
    }
}

impl fmt::Debug for FlightBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlightBuilder")
            .field("memory", &self.memory)
            .field("triggers", &self.triggers)
            .finish_non_exhaustive()
    }
}
