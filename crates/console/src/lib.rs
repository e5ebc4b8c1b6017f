//! The development exporter: a waterfall of each finished trace in the terminal.
//!
//! One line at the start of the program, with no service and no configuration:
//!
//! ```
//! # fn main() -> Result<(), traced_actor_console::InstallError> {
//! let _console = traced_actor_console::install()?;
//! // … run …
//! # Ok(())
//! # } // dropping the handle prints what is left
//! ```
//!
//! prints to the standard error, 80 columns wide, in color where the terminal has it:
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
//! [`waterfall`] makes the same text from spans that were collected otherwise.
//!
//! # Cost
//!
//! The actor's thread builds the span, puts it into a bounded queue and goes on; it never waits. Where the
//! queue is full the span is dropped, and counted ([`Console::dropped`]). A thread of its own gathers and
//! prints: a trace is printed when none of its spans is open and nothing happened in it for 200 ms, or, with
//! spans that stay open, after ten seconds; spans that end later are printed as a trace of their own, marked.
//! At most 1,000 traces of 2,000 spans each are held back; what is beyond is counted in the output.
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
use traced_actor::record::{self, FinishedSpan, FinishedSpans, Recorder, Span, SpanStart};
use traced_actor::sampling::{self, EnvError};

pub use self::render::waterfall;

/// Events that wait for the console's thread.
const QUEUE: usize = 16_384;
/// How often it looks for traces that are due.
const TICK: Duration = Duration::from_millis(50);
/// Columns, unless the builder says otherwise.
const WIDTH: usize = 80;

/// Prints each finished trace of this process to the standard error: [`Builder::install`] with the defaults.
///
/// # Errors
///
/// As [`Builder::install`].
pub fn install() -> Result<Console, InstallError> {
    Builder::new().install()
}

/// How the console is installed, where [`install`] is not enough.
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
/// let console = console::Builder::new().width(60).writer(file).install()?;
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
pub struct Builder {
    writer: Option<Box<dyn Write + Send>>,
    color: bool,
    width: usize,
    limits: Limits,
}

impl Builder {
    /// Creates a builder: 80 columns, to the standard error, in color where [`anstream`] finds that the terminal has it.
    pub fn new() -> Self {
        Self { writer: None, color: true, width: WIDTH, limits: Limits::default() }
    }

    /// Sets the number of columns, at least 40.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns;
        self
    }

    /// Sets where to print, without color unless [`color`](Self::color) follows. What it fails to write is lost.
    pub fn writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.writer = Some(Box::new(writer));
        self.color = false;
        self
    }

    /// Sets whether to write ANSI escapes. To the standard error they are written only if it is a terminal, and
    /// `NO_COLOR` and its like are obeyed.
    pub fn color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Starts the console's thread and makes it the recorder of this process.
    ///
    /// The process-wide sampler becomes what `OTEL_TRACES_SAMPLER` says, by default every trace, unless
    /// [`set_sampler`](traced_actor::sampling::set_sampler) was called before.
    ///
    /// # Errors
    ///
    /// When a recorder is installed already, when the environment names a sampler that does not exist, or when
    /// the system starts no thread.
    pub fn install(self) -> Result<Console, InstallError> {
        let sampler = sampling::from_env().map_err(InstallError::Sampler)?;
        let (console, exporter) = self.start().map_err(InstallError::Thread)?;
        record::install(exporter).map_err(|_| InstallError::AlreadyInstalled)?;
        // A sampler that is set already is the user's choice.
        let _ = sampling::set_sampler(sampler);
        Ok(console)
    }

    /// Starts the console's thread, and returns what feeds it.
    ///
    /// The exporter is a [`Recorder`], to be part of another one, and, with the feature `opentelemetry`, a
    /// `SpanProcessor`: beside the exporters of a tracer provider it shows what they export, the spans that are
    /// no messages included.
    ///
    /// ```
    /// # #[cfg(feature = "opentelemetry")] {
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    ///
    /// let (_console, exporter) = traced_actor_console::Builder::new().start().unwrap();
    /// let provider = traced_actor_opentelemetry::install(
    ///     SdkTracerProvider::builder().with_span_processor(exporter), // .with_batch_exporter(…)
    /// );
    /// # provider.unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the system starts no thread.
    pub fn start(self) -> io::Result<(Console, Exporter)> {
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
        Ok((Console { queue: queue.clone() }, Exporter::new(queue)))
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("width", &self.width)
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}

/// The console's handle. Dropping it prints what is left, as [`flush`](Self::flush) does; spans that end later
/// are printed still.
pub struct Console {
    queue: Queue,
}

impl Console {
    /// Prints every span that has ended so far, and waits until that is done. Blocks this thread: to be called
    /// where the program ends, and not by an actor.
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

/// Feeds the console. Made by [`Builder::start`].
pub struct Exporter {
    queue: Queue,
    spans: FinishedSpans<Take>,
}

type Take = Box<dyn Fn(FinishedSpan) + Send + Sync>;

impl Exporter {
    fn new(queue: Queue) -> Self {
        let finished = queue.clone();
        let take: Take = Box::new(move |span| finished.put(Event::Finished(Box::new(span))));
        Self { queue, spans: FinishedSpans::keeping_all(take) }
    }

    /// Tells that a span of this trace has started: the trace is not printed before it ends. Never waits.
    pub fn started(&self, trace: TraceId) {
        self.queue.put(Event::Started(trace));
    }

    /// Tells that a span of another recorder has ended. Never waits.
    pub fn finished(&self, span: FinishedSpan) {
        self.queue.put(Event::Finished(Box::new(span)));
    }

    /// Waits until everything that has ended is printed.
    pub fn flush(&self) {
        self.queue.flush();
    }
}

impl Recorder for Exporter {
    fn start(&self, span: &SpanStart<'_>) -> Option<Box<dyn Span>> {
        let started = self.spans.start(span)?;
        self.queue.put(Event::Started(started.context().trace_id));
        Some(started)
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exporter")
    }
}

/// Why the console is not installed.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// Another recorder is installed; a process has one.
    AlreadyInstalled,
    /// The environment names a sampler that does not exist.
    Sampler(EnvError),
    /// The system starts no thread.
    Thread(io::Error),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyInstalled => record::AlreadyInstalled.fmt(f),
            Self::Sampler(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "the console's thread does not start: {error}"),
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
    /// Print everything, then answer.
    Flush(SyncSender<()>),
}

/// The actors' end of the queue.
#[derive(Clone)]
struct Queue {
    events: SyncSender<Event>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    /// Never waits. The start of a span may be lost; a span that is lost is counted.
    fn put(&self, event: Event) {
        let is_start = matches!(event, Event::Started(_));
        if self.events.try_send(event).is_err() && !is_start {
            self.dropped.fetch_add(1, Relaxed);
        }
    }

    fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.events.send(Event::Flush(done)).is_ok() {
            // An error: the thread is gone, and so is what it had.
            let _ = wait.recv();
        }
    }
}

/// The console's thread. Ends when nobody can send any more.
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
    /// Drops that were spoken of.
    reported: u64,
}

impl Printer {
    /// A development tool that cannot print has nobody to tell.
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

/// The examples of the README are checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
