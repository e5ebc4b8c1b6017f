//! A node's side of the story. A node reports everything as a line of its standard output.
//!
//! | line | printed by | when |
//! |---|---|---|
//! | `ready` | every node | it can receive messages; for the gateway: it has found the guild |
//! | `sessions N` | guild | the number of known sessions has changed |
//! | `handled N` | gateway | the N-th line of its standard input has been handled, or refused |
//! | `figure NAME N` | every node | it ends: see [`Node::figure`] |
//! | `span {…}` | every node | a span has ended: printed by the recorder of [`Node::start`] |

use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use traced_actor::record::{self, AlreadyInstalled, FinishedSpan, FinishedSpans};

use crate::span_line::SpanLine;

/// The number of sessions on the session node: each channel has at most this many readers.
pub const SESSIONS: usize = 100;

/// The capacity of the queue to the thread that prints.
const QUEUE: usize = 65_536;

enum Line {
    Span(FinishedSpan),
    Text(String),
    /// Notifies the flush that all lines before it are printed.
    Flush(Sender<()>),
}

/// Prints the lines of a node on a separate thread, so that no actor waits for it.
#[derive(Debug, Clone)]
pub struct Node {
    lines: SyncSender<Line>,
}

impl Node {
    /// Records every span of this process from now on, as lines of its standard output.
    ///
    /// # Errors
    ///
    /// Returns an error if the process already has a recorder.
    pub fn start() -> Result<Self, AlreadyInstalled> {
        let node = Self::without_recorder();
        let spans = node.clone();
        record::install(FinishedSpans::new(move |span| spans.span(span)))?;
        Ok(node)
    }

    /// Starts printing. For a process whose spans another recorder records.
    pub fn without_recorder() -> Self {
        let (lines, queue) = sync_channel(QUEUE);
        thread::spawn(move || print(&queue));
        Self { lines }
    }

    /// Prints a span. It belongs to this node, unless it has an attribute `node` itself.
    pub fn span(&self, span: FinishedSpan) {
        // If the queue is full, the span is lost. The report then says that a span has no parent.
        drop(self.lines.try_send(Line::Span(span)));
    }

    /// Prints a line.
    pub fn say(&self, line: impl Into<String>) {
        // The thread ends with the process.
        drop(self.lines.send(Line::Text(line.into())));
    }

    /// Prints a figure for the report: `lines` and `malformed` from the gateway; `sent` and `seen` from the guild,
    /// which are the deliveries to the sessions that exist at the end, as counted by the guild and by the sessions.
    pub fn figure(&self, name: &str, value: u64) {
        self.say(format!("figure {name} {value}"));
    }

    /// Waits until everything is printed.
    pub fn flush(&self) {
        let (done, printed) = channel();
        drop(self.lines.send(Line::Flush(done)));
        // An error means that the thread has ended, and prints nothing more.
        let _ = printed.recv();
    }
}

fn print(queue: &Receiver<Line>) {
    let mut out = std::io::stdout().lock();
    for line in queue {
        let printed = match line {
            Line::Span(span) => serde_json::to_string(&SpanLine::from(&span))
                .map_err(Into::into)
                .and_then(|json| writeln!(out, "span {json}")),
            Line::Text(text) => writeln!(out, "{text}"),
            Line::Flush(done) => {
                let _ = done.send(());
                Ok(())
            }
        };
        if printed.and_then(|()| out.flush()).is_err() {
            return; // nobody reads any more
        }
    }
}

/// Waits until standard input ends. Blocks the thread: call it where this is harmless.
pub(crate) fn until_told_to_end() {
    for line in std::io::stdin().lock().lines() {
        if line.is_err() {
            return;
        }
    }
}
