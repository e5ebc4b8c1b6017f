//! Watches open work, and reports each piece that takes too long once.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::metrics::Metrics;
use crate::open_work::{OpenAsk, OpenHandling, OpenMailbox, OpenWork, Place};

/// The maximum number of handlings, of asks and of mailboxes that each look reads.
const MOST: usize = 1000;

/// Finds work that has been open for longer than a threshold, and cycles. Reports each of them once.
///
/// [`start`](Self::start) looks in a separate thread. To look yourself, call [`look`](Self::look).
///
/// ```no_run
/// use std::time::Duration;
/// use traced_actor_metrics::{Metrics, Watch};
///
/// let metrics = Metrics::builder().install().unwrap();
/// let watch = Watch::new(metrics, Duration::from_secs(60)).start(|found| eprintln!("{found}"));
/// // … run …
/// drop(watch);
/// ```
pub struct Watch {
    metrics: Metrics,
    threshold: Duration,
    every: Duration,
    /// The work that was already reported, as long as it is open.
    handlings: HashSet<u128>,
    asks: HashSet<u128>,
    mailboxes: HashSet<u128>,
    cycles: HashSet<Vec<Place>>,
    /// The number of polls of each open handling, and the time since which it has not changed.
    polls: HashMap<u128, (u32, Duration)>,
    tell: Vec<Tell>,
}

/// A function that gets the results of a look.
type Tell = Box<dyn FnMut(&Overdue) + Send>;

/// The overdue work that a look has found for the first time.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Overdue {
    /// The handlings that have run for longer than the threshold.
    pub handlings: Vec<OpenHandling>,
    /// The asks that have waited for longer than the threshold, and that are not made while a message is handled.
    pub asks: Vec<OpenAsk>,
    /// Mailboxes whose oldest message has waited for longer than the threshold.
    ///
    /// If the actor of a mailbox has been handling one message for that long, the mailbox is omitted, and the handling
    /// is listed.
    pub mailboxes: Vec<OpenMailbox>,
    /// Actors that wait for one another in a circle.
    pub cycles: Vec<Vec<Place>>,
    /// The time since each of `handlings` was last polled, at least: since a look that saw the same number of polls.
    pub not_polled_for: Vec<Duration>,
    /// All open work that is older than the threshold.
    pub work: OpenWork,
}

impl Watch {
    /// Creates a watch with this threshold. It looks ten times within the threshold, and at least once a minute.
    pub fn new(metrics: Metrics, threshold: Duration) -> Self {
        let every = (threshold / 10).clamp(Duration::from_millis(10), Duration::from_secs(60));
        Self {
            metrics,
            threshold,
            every,
            handlings: HashSet::new(),
            asks: HashSet::new(),
            mailboxes: HashSet::new(),
            cycles: HashSet::new(),
            polls: HashMap::new(),
            tell: Vec::new(),
        }
    }

    /// Calls a function with the results of each look, before `look` returns them.
    #[cfg_attr(not(feature = "opentelemetry"), expect(dead_code, reason = "pending spans use it"))]
    pub(crate) fn telling(mut self, tell: impl FnMut(&Overdue) + Send + 'static) -> Self {
        self.tell.push(Box::new(tell));
        self
    }

    /// Looks once. Returns work that earlier looks did not report, or `None` if there is none.
    pub fn look(&mut self) -> Option<Overdue> {
        let work = self.metrics.open_work(self.threshold, MOST);
        let handlings = news(&mut self.handlings, &work.handlings, |one| one.id);
        let not_polled_for = self.polled(&work, &handlings);
        // An ask of a handling is reported with the handling.
        let unheard = |ask: &OpenAsk| ask.from.is_none();
        let asks: Vec<OpenAsk> = work.asks.iter().filter(|ask| unheard(ask)).cloned().collect();
        let busy: HashSet<&Place> = work.handlings.iter().map(|one| &one.place).collect();
        let stuck = work.mailboxes.iter().filter(|mailbox| !busy.contains(&mailbox.place));
        let mailboxes: Vec<OpenMailbox> = stuck.cloned().collect();
        let overdue = Overdue {
            handlings,
            asks: news(&mut self.asks, &asks, |ask| ask.id),
            mailboxes: news(&mut self.mailboxes, &mailboxes, |mailbox| mailbox.id),
            cycles: news(&mut self.cycles, &work.cycles, Vec::clone),
            not_polled_for,
            work,
        };
        if overdue.is_empty() {
            return None;
        }
        for tell in &mut self.tell {
            tell(&overdue);
        }
        Some(overdue)
    }

    /// Returns how long each of these handlings has not been polled, as far as looks have observed it.
    fn polled(&mut self, work: &OpenWork, handlings: &[OpenHandling]) -> Vec<Duration> {
        let now = Duration::try_from_secs_f64(work.unix_seconds).unwrap_or_default();
        let before = std::mem::take(&mut self.polls);
        // All handlings from their first look on, and not only the overdue ones.
        let open = self.metrics.polls(MOST).into_iter();
        self.polls = open
            .map(|(id, polls)| {
                let since = before.get(&id).filter(|(known, _)| *known == polls);
                (id, (polls, since.map_or(now, |(_, since)| *since)))
            })
            .collect();
        let idle = |one: &OpenHandling| {
            let since = self.polls.get(&one.id).map_or(now, |(_, since)| *since);
            now.saturating_sub(since)
        };
        handlings.iter().map(idle).collect()
    }

    /// Looks in a separate thread until the guard is dropped, and calls `report` with new results.
    ///
    /// # Panics
    ///
    /// Panics if the operating system cannot start a thread.
    pub fn start(mut self, mut report: impl FnMut(&Overdue) + Send + 'static) -> Watching {
        let (stop, stopped) = channel::<()>();
        let every = self.every;
        let look = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                if let Some(found) = self.look() {
                    report(&found);
                }
            }
        };
        let thread = std::thread::Builder::new().name("open-work".to_owned()).spawn(look);
        Watching { stop: Some(stop), thread: Some(thread.expect("the system starts a thread")) }
    }
}

/// Returns the pieces that were not reported before, and remembers all that are open.
fn news<T: Clone, K: Hash + Eq>(said: &mut HashSet<K>, all: &[T], key: impl Fn(&T) -> K) -> Vec<T> {
    let new = all.iter().filter(|one| !said.contains(&key(one))).cloned().collect();
    *said = all.iter().map(key).collect();
    new
}

impl Overdue {
    fn is_empty(&self) -> bool {
        let Self { handlings, asks, mailboxes, cycles, .. } = self;
        handlings.is_empty() && asks.is_empty() && mailboxes.is_empty() && cycles.is_empty()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("threshold", &self.threshold).finish_non_exhaustive()
    }
}

/// A guard that stops the thread of a [`Watch`] when it is dropped. Created by [`Watch::start`].
#[derive(Debug)]
#[must_use = "the watch stops when this is dropped"]
pub struct Watching {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // If it panicked, its own thread has printed that.
            let _ = thread.join();
        }
    }
}

/// Formats a warning, with a line for each piece of work and each cycle.
impl fmt::Display for Overdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, one) in self.handlings.iter().enumerate() {
            let OpenHandling { place, kind, running, .. } = one;
            write!(f, "{place} has been handling {kind} for {} s", running.as_secs())?;
            if let Some(ask) = self.work.ask_of(one) {
                write!(f, ", and waits for {}", ask.chain())?;
            } else if let Some(last) = &one.last_sent_to {
                write!(f, ", and has last sent to {last}")?;
            }
            if let Some(queue) = self.work.mailbox_of(place) {
                let seconds = queue.oldest_wait.as_secs();
                write!(f, "; {} messages wait for it, the oldest for {seconds} s", queue.depth)?;
            }
            match self.not_polled_for.get(at).map(Duration::as_secs) {
                Some(seconds) if seconds > 0 => write!(f, "; it was not polled for {seconds} s")?,
                _ => {}
            }
            f.write_str("\n")?;
        }
        for ask in &self.asks {
            writeln!(f, "an ask has waited for {} s for {}", ask.waiting.as_secs(), ask.chain())?;
        }
        for OpenMailbox { place, depth, oldest_wait, .. } in &self.mailboxes {
            let seconds = oldest_wait.as_secs();
            writeln!(f, "{place} takes no message: {depth} wait for it, the oldest for {seconds} s")?;
        }
        for cycle in &self.cycles {
            let places: Vec<String> = cycle.iter().map(ToString::to_string).collect();
            writeln!(f, "a cycle: {} waits for the first", places.join(" waits for "))?;
        }
        Ok(())
    }
}

impl OpenAsk {
    /// Returns the text of the actors that it waits for.
    pub(crate) fn chain(&self) -> String {
        let through: Vec<String> = self.through.iter().map(ToString::to_string).collect();
        through.join(", which waits for ")
    }
}
