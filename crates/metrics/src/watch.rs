//! A watch over open work: says once of each piece that it takes too long.

use std::collections::HashSet;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::metrics::Metrics;
use crate::open_work::{OpenHandling, OpenWork, Place};

/// Handlings that are looked at in a look.
const MOST: usize = 1000;

/// Finds handlings that have run for longer than a threshold, each of them once, and cycles.
///
/// [`start`](Self::start) looks in a thread of its own. To look yourself, call [`look`](Self::look).
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
#[derive(Debug)]
pub struct Watch {
    metrics: Metrics,
    threshold: Duration,
    every: Duration,
    /// What was said already, as long as it is open.
    said: HashSet<u128>,
    cycles: HashSet<Vec<Place>>,
}

/// The work that a look has found for the first time.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Overdue {
    /// Handlings that have run for longer than the threshold.
    pub handlings: Vec<OpenHandling>,
    /// Actors that wait for one another in a circle.
    pub cycles: Vec<Vec<Place>>,
    /// All open work that is older than the threshold.
    pub work: OpenWork,
}

impl Watch {
    /// Creates a watch with this threshold. It looks ten times in that time, and at least once in a minute.
    pub fn new(metrics: Metrics, threshold: Duration) -> Self {
        let every = (threshold / 10).clamp(Duration::from_millis(10), Duration::from_secs(60));
        Self { metrics, threshold, every, said: HashSet::new(), cycles: HashSet::new() }
    }

    /// Looks once. Returns what was not there in earlier looks, or `None` if nothing new is overdue.
    pub fn look(&mut self) -> Option<Overdue> {
        let work = self.metrics.open_work(self.threshold, MOST);
        let open: HashSet<u128> = work.handlings.iter().map(|one| one.id).collect();
        self.said.retain(|id| open.contains(id));
        let new = work.handlings.iter().filter(|one| !self.said.contains(&one.id));
        let handlings: Vec<OpenHandling> = new.cloned().collect();
        self.said.extend(handlings.iter().map(|one| one.id));
        self.cycles.retain(|cycle| work.cycles.contains(cycle));
        let new = work.cycles.iter().filter(|cycle| !self.cycles.contains(*cycle));
        let cycles: Vec<Vec<Place>> = new.cloned().collect();
        self.cycles.extend(cycles.iter().cloned());
        if handlings.is_empty() && cycles.is_empty() {
            return None;
        }
        Some(Overdue { handlings, cycles, work })
    }

    /// Looks in a thread of its own until the guard is dropped, and calls `report` with what is new.
    ///
    /// # Panics
    ///
    /// Panics if the system starts no thread.
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

/// A guard of a watch's thread, which ends when it is dropped.
#[derive(Debug)]
#[must_use = "dropped, it watches no more"]
pub struct Watching {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if there was one, was shown by its own thread.
            let _ = thread.join();
        }
    }
}

/// A warning, with a line for each handling and each cycle.
impl std::fmt::Display for Overdue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for one in &self.handlings {
            let OpenHandling { place, kind, running, .. } = one;
            write!(f, "{place} has been handling {kind} for {} s", running.as_secs())?;
            let ask = self.work.asks.iter().find(|ask| ask.from.as_ref() == Some(place));
            if let Some(ask) = ask {
                let through: Vec<String> = ask.through.iter().map(ToString::to_string).collect();
                write!(f, ", and waits for {}", through.join(", which waits for "))?;
            } else if let Some(last) = &one.last_sent_to {
                write!(f, ", and has last sent to {last}")?;
            }
            let queue = self.work.mailboxes.iter().find(|mailbox| mailbox.place == *place);
            if let Some(queue) = queue {
                let seconds = queue.oldest_wait.as_secs();
                write!(f, "; {} messages wait for it, the oldest for {seconds} s", queue.depth)?;
            }
            f.write_str("\n")?;
        }
        for cycle in &self.cycles {
            let places: Vec<String> = cycle.iter().map(ToString::to_string).collect();
            writeln!(f, "a cycle: {} waits for the first", places.join(" waits for "))?;
        }
        Ok(())
    }
}
