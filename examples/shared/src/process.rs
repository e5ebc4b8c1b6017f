//! A node as a process: its lines are read by a separate thread.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use traced_actor::record::FinishedSpan;

use crate::figures::Figures;
use crate::span_line::SpanLine;

/// The time without a line after which a node counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Said {
    spans: Vec<FinishedSpan>,
    words: Vec<String>,
    /// The output has ended.
    ended: bool,
}

impl Said {
    /// Returns the number of lines.
    fn count(&self) -> usize {
        self.spans.len() + self.words.len()
    }
}

#[derive(Debug, Default)]
struct Shared {
    said: Mutex<Said>,
    more: Condvar,
}

/// A running node. It is killed if the story ends early.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts this program as a node. The node ends when its standard input ends, and so also with this process.
    ///
    /// # Errors
    ///
    /// Returns the error of starting it.
    pub fn start(
        name: &str,
        change: impl FnOnce(&mut Command),
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut command = Command::new(env::current_exe()?);
        change(&mut command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let shared = Arc::new(Shared::default());
        let reader = thread::spawn({
            let (name, shared) = (name.to_owned(), shared.clone());
            move || read(&name, output, &shared)
        });
        Ok(Self { name: name.to_owned(), child, shared, reader: Some(reader) })
    }

    /// Waits until the node has printed the line, after the first `after` ones. Returns the number of lines until then.
    ///
    /// # Errors
    ///
    /// Returns an error if it ends without it, or is silent for a minute.
    pub fn wait_for(&self, line: &str, after: usize) -> Result<usize, Box<dyn Error + Send + Sync>> {
        let found =
            |said: &Said| Some(after + said.words.iter().skip(after).position(|word| word == line)? + 1);
        self.wait_until(line, found)
    }

    /// Waits until the node has printed a line that begins with this word. Returns the rest of the line.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`wait_for`](Self::wait_for).
    pub fn wait_for_value(&self, word: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        let value = |line: &String| Some(line.strip_prefix(word)?.strip_prefix(' ')?.to_owned());
        self.wait_until(word, |said| said.words.iter().find_map(value))
    }

    fn wait_until<T>(
        &self,
        line: &str,
        found: impl Fn(&Said) -> Option<T>,
    ) -> Result<T, Box<dyn Error + Send + Sync>> {
        let mut said = self.shared.lock();
        let (mut heard, mut deadline) = (said.count(), Instant::now() + PATIENCE);
        loop {
            if let Some(found) = found(&said) {
                return Ok(found);
            }
            if said.count() > heard {
                (heard, deadline) = (said.count(), Instant::now() + PATIENCE);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if said.ended || left.is_zero() {
                let last = said.words.last().cloned().unwrap_or_default();
                return Err(format!("{}: no {line:?}; the last was {last:?}", self.name).into());
            }
            said = self.shared.more.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes lines to the node's standard input.
    pub(crate) fn write(&mut self, lines: &[&str]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut input = self.child.stdin.as_ref().ok_or("it was told to end")?;
        for line in lines {
            writeln!(input, "{line}")?;
        }
        Ok(input.flush()?)
    }

    /// Kills the node (SIGKILL) and returns its spans until then.
    pub(crate) fn kill(mut self) -> Result<Vec<FinishedSpan>, Box<dyn Error + Send + Sync>> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(self.rest().spans)
    }

    /// Ends the node, and returns its spans and its figures.
    ///
    /// # Errors
    ///
    /// Returns an error if it fails.
    pub fn end(mut self) -> Result<(Vec<FinishedSpan>, Figures), Box<dyn Error + Send + Sync>> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        let said = self.rest();
        if !status.success() {
            return Err(format!("{}: {status}", self.name).into());
        }
        let figures = said.words.iter().filter_map(|line| {
            let (name, value) = line.strip_prefix("figure ")?.split_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Ok((said.spans, figures.collect()))
    }

    fn rest(&mut self) -> Said {
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
        std::mem::take(&mut *self.shared.lock())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors are ignored: the node has already ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(name: &str, output: ChildStdout, shared: &Shared) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // The last line of a killed node may be incomplete.
        let span = line.strip_prefix("span ").and_then(|json| serde_json::from_str::<SpanLine>(json).ok());
        let mut said = shared.lock();
        match span {
            Some(span) => said.spans.extend(span.of_node(name)),
            None => said.words.push(line),
        }
        drop(said);
        shared.more.notify_all();
    }
    shared.lock().ended = true;
    shared.more.notify_all();
}
