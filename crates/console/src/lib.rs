//! Prints each finished trace as a waterfall in the terminal, while you develop.
//!
//! Add one line at the start of the program. It needs no service and no configuration:
//!
//! ```
//! # fn main() -> Result<(), traced_actor_console::InstallError> {
//! let _console = traced_actor_console::install()?;
//! // … run …
//! # Ok(())
//! # } // dropping the handle prints the remaining traces
//! ```
//!
//! It prints to the standard error, 80 columns wide, and in color if the terminal supports it:
//!
//! ```text
//! trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1.00 ms · 4 spans
//!                                       waited  handled
//! Gateway/Dispatch                               400 µs  ██████████
//! └─ Guild/Post                         250 µs   400 µs        ░░░░░░░██████████
//!    │  channel=7 text_len=12 · fan-out: 10 of 10,000 kept
//!    ├─ Session/Deliver ×1,000 fanout   150 µs  20.0 µs                ░░░░█
//!    └─ Session/Deliver ×1,000 fanout  90.0 µs  20.0 µs                        ░░█
//! ```
//!
//! [`waterfall`] draws the same text from spans that you collected yourself.
//!
//! # Cost
//!
//! The actor's thread builds the span, puts it into a bounded queue and continues. It never waits. If the queue is
//! full, the span is dropped and counted ([`Console::dropped`]).
//!
//! A separate thread collects and prints. It prints a trace when none of its spans is open and nothing happened in it
//! for 200 ms. A trace whose spans stay open is printed after ten seconds. Spans that end later are printed as a
//! separate trace with a mark. At most 1,000 traces with 2,000 spans each are held. What exceeds this is counted in the
//! output.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod collect;
#[cfg(feature = "opentelemetry")]
mod processor;
mod render;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use self::collect::{Collector, Limits, Printable};
use traced_actor::TraceId;
use traced_actor::record::{self, FinishedSpan, FinishedSpans, OpenSpan, Recorder, SpanStart};
use traced_actor::sampling::{self, EnvError};

pub use self::render::waterfall;

/// The maximum number of events that wait for the console's thread.
const QUEUE: usize = 16_384;
/// The interval between checks for traces that are due.
const TICK: Duration = Duration::from_millis(50);
/// The default width in columns.
const WIDTH: usize = 80;

/// Prints each finished trace of this process to the standard error, with the defaults of [`ConsoleBuilder`].
///
/// # Errors
///
/// Returns the errors of [`ConsoleBuilder::install`].
pub fn install() -> Result<Console, InstallError> {
    ConsoleBuilder::new().install()
}

/// Configures and installs the console. Use it if the defaults of [`install`] do not fit.
///
/// ```
/// use traced_actor::{Envelope, traced_actor};
/// use traced_actor_console as console;
///
/// #[traced_actor]
/// struct Greet;
///
/// # #[derive(Clone, Default)]
/// # struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
/// # impl std::io::Write for Shared {
/// #     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
/// #         self.0.lock().unwrap().write(bytes)
/// #     }
/// #     fn flush(&mut self) -> std::io::Result<()> {
/// #         Ok(())
/// #     }
/// # }
/// # fn main() -> Result<(), console::InstallError> {
/// # let file = Shared::default();
/// # let printed = file.clone();
/// let console = console::ConsoleBuilder::new().width(60).writer(file).install()?;
///
/// let (_greet, handling) = Envelope::bare(Greet).open();
/// handling.end_ok();
///
/// console.flush();
/// # let text = String::from_utf8(printed.0.lock().unwrap().clone()).unwrap();
/// # assert!(text.starts_with("trace ") && text.contains(" · 1 span\n"), "{text}");
/// # assert!(text.contains("\nGreet/Greet "), "{text}");
/// # assert!(matches!(console::install(), Err(console::InstallError::AlreadyInstalled)));
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is printed before `install`"]
pub struct ConsoleBuilder {
    writer: Option<Box<dyn Write + Send>>,
    color: bool,
    width: usize,
    limits: Limits,
}

impl ConsoleBuilder {
    /// Creates a builder with the defaults: 80 columns, to the standard error.
    ///
    /// The output has colors if [`anstream`] detects that the terminal supports them.
    pub fn new() -> Self {
        Self { writer: None, color: true, width: WIDTH, limits: Limits::default() }
    }

    /// Sets the width of the output in columns, at least 40.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }

    /// Sets where to print. Text that the writer fails to write is lost.
    ///
    /// The output has no colors, unless [`color`](Self::color) is called afterwards.
    pub fn writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.writer = Some(Box::new(writer));
        self.color = false;
        self
    }

    /// Sets whether to write ANSI colors.
    ///
    /// To the standard error they are only written if it is a terminal. `NO_COLOR` and similar variables are respected.
    pub fn color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Starts the console's thread, and installs the console as the recorder of this process.
    ///
    /// The process-wide sampler is set from `OTEL_TRACES_SAMPLER`, unless
    /// [`set_sampler`](traced_actor::sampling::set_sampler) was called before. The default keeps every trace.
    ///
    /// # Errors
    ///
    /// Returns an error if a recorder is already installed, if the environment names a sampler that does not exist, or
    /// if the operating system cannot start a thread.
    pub fn install(self) -> Result<Console, InstallError> {
        let sampler = sampling::from_env().map_err(InstallError::Sampler)?;
        let (console, exporter) = self.start().map_err(InstallError::Thread)?;
        record::install(exporter).map_err(|_| InstallError::AlreadyInstalled)?;
        // A sampler that is already set is the user's choice.
        let _ = sampling::set_sampler(sampler);
        Ok(console)
    }

    /// Starts the console's thread, and returns an exporter that sends spans to it.
    ///
    /// The exporter is a [`Recorder`], which can be part of another recorder. With the feature `opentelemetry` it is
    /// also a `SpanProcessor`. Added to a tracer provider, it shows all spans that the provider exports, including
    /// those that do not belong to a message.
    ///
    /// ```
    /// # #[cfg(feature = "opentelemetry")] {
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    ///
    /// let (_console, exporter) = traced_actor_console::ConsoleBuilder::new().start().unwrap();
    /// let provider = traced_actor_opentelemetry::install(
    ///     SdkTracerProvider::builder().with_span_processor(exporter), // .with_batch_exporter(…)
    /// );
    /// # provider.unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot start a thread.
    pub fn start(self) -> io::Result<(Console, ConsoleExporter)> {
        let (queue, events) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let printer = Printer {
            writer: self.writer.unwrap_or_else(|| Box::new(anstream::stderr())),
            color: self.color,
            width: self.width,
            dropped: dropped.clone(),
            reported: 0,
        };
        let collector = Collector::new(self.limits);
        thread::Builder::new()
            .name("traced-actor-console".to_owned())
            .spawn(move || run(&events, collector, printer))?;
        let queue = Queue { events: queue, dropped };
        Ok((Console { queue: queue.clone() }, ConsoleExporter::new(queue)))
    }
}

impl Default for ConsoleBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ConsoleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleBuilder")
            .field("width", &self.width)
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}

/// The handle of the console. Dropping it prints all spans that have ended, like [`flush`](Self::flush).
///
/// Spans that end later are still printed.
pub struct Console {
    queue: Queue,
}

impl Console {
    /// Prints every span that has ended so far, and blocks this thread until that is done.
    ///
    /// Call it at the end of the program, and not in an actor.
    pub fn flush(&self) {
        self.queue.flush();
    }

    /// Returns the number of spans that were dropped because the queue was full.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped.load(Relaxed)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.flush();
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}

/// Sends spans to the console. [`ConsoleBuilder::start`] returns it.
pub struct ConsoleExporter {
    queue: Queue,
    spans: FinishedSpans<Take>,
}

type Take = Box<dyn Fn(FinishedSpan) + Send + Sync>;

impl ConsoleExporter {
    fn new(queue: Queue) -> Self {
        let finished = queue.clone();
        let take: Take = Box::new(move |span| finished.put(Event::Finished(Box::new(span))));
        Self { queue, spans: FinishedSpans::keeping_all(take) }
    }

    /// Records that a span of this trace has started, so that the trace is not printed before the span ends.
    ///
    /// It never waits.
    pub fn started(&self, trace: TraceId) {
        self.queue.put(Event::Started(trace));
    }

    /// Sends a finished span of another recorder to the console. It never waits.
    pub fn finished(&self, span: FinishedSpan) {
        self.queue.put(Event::Finished(Box::new(span)));
    }

    /// Blocks until every span that has ended is printed.
    pub fn flush(&self) {
        self.queue.flush();
    }
}

impl Recorder for ConsoleExporter {
    fn start(&self, span: &SpanStart<'_>) -> Option<OpenSpan> {
        let started = self.spans.start(span)?;
        self.queue.put(Event::Started(started.context().trace_id));
        Some(started)
    }
}

impl fmt::Debug for ConsoleExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConsoleExporter")
    }
}

/// Returned when the console could not be installed.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// A recorder is already installed. A process has one.
    AlreadyInstalled,
    /// The environment names a sampler that does not exist.
    Sampler(EnvError),
    /// The operating system could not start a thread.
    Thread(io::Error),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInstalled => record::AlreadyInstalled.fmt(f),
            Self::Sampler(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start the thread of the console: {error}"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyInstalled => None,
            Self::Sampler(error) => Some(error),
            Self::Thread(error) => Some(error),
        }
    }
}

// ===== between the threads =====

enum Event {
    Started(TraceId),
    Finished(Box<FinishedSpan>),
    /// Prints everything, and then answers.
    Flush(SyncSender<()>),
}

/// The actors' end of the queue.
#[derive(Clone)]
struct Queue {
    events: SyncSender<Event>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    /// Puts an event into the queue without waiting.
    ///
    /// The start of a span may be lost. A span that is lost is counted.
    fn put(&self, event: Event) {
        let is_start = matches!(event, Event::Started(_));
        if self.events.try_send(event).is_err() && !is_start {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.events.send(Event::Flush(done)).is_ok() {
            // An error means that the thread has ended, and with it all it had.
            let _ = wait.recv();
        }
    }
}

/// Runs the console's thread. Ends when no sender is left.
fn run(events: &Receiver<Event>, mut collector: Collector, mut printer: Printer) {
    let mut looked = Instant::now();
    loop {
        let received = if collector.is_empty() {
            events.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            events.recv_timeout(TICK)
        };
        let now = Instant::now();
        match received {
            Ok(Event::Started(trace)) => printer.print(collector.started(trace, now)),
            Ok(Event::Finished(span)) => printer.print(collector.finished(*span, now)),
            Ok(Event::Flush(done)) => {
                printer.print(collector.all());
                printer.flush();
                let _ = done.try_send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                printer.print(collector.all());
                printer.flush();
                return;
            }
        }
        if now.duration_since(looked) >= TICK {
            looked = now;
            printer.print(collector.due(now));
        }
    }
}

struct Printer {
    writer: Box<dyn Write + Send>,
    color: bool,
    width: usize,
    dropped: Arc<AtomicU64>,
    /// The number of dropped spans that was already reported.
    reported: u64,
}

impl Printer {
    /// Prints traces. Errors are ignored, because a development tool that cannot print has no place to report them.
    fn print(&mut self, traces: impl IntoIterator<Item = Printable>) {
        for trace in traces {
            let spans: Vec<&FinishedSpan> = trace.spans.iter().collect();
            let mut text = render::draw(&spans, trace.rest, self.width, self.color);
            text.push('\n');
            let dropped = self.dropped.load(Relaxed);
            if dropped > self.reported {
                let lost = usize::try_from(dropped - self.reported).unwrap_or(usize::MAX);
                let lost = text::count(lost, "span");
                text.push_str("console: ");
                text.push_str(&lost);
                text.push_str(" dropped: they ended faster than they are printed\n\n");
                self.reported = dropped;
            }
            let _ = self.writer.write_all(text.as_bytes());
        }
    }

    fn flush(&mut self) {
        let _ = self.writer.flush();
    }
}

/// Tests the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
