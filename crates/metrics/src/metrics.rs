//! The metrics of the process, and their installation.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use traced_actor::observe::{self, Observer};

use crate::clock::MetricsClock;
use crate::instances::{Instance, Rank};
use crate::observer::Watcher;
use crate::open_work::OpenWork;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::state::State;

static STATE: OnceLock<State> = OnceLock::new();

/// The metrics of the process. Copies refer to the same metrics.
#[derive(Clone, Copy)]
pub struct Metrics(&'static State);

/// The error of installing metrics if an observer is already installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstallError;

/// A builder of the metrics of the process. See [`Metrics::builder`].
#[derive(Debug, Clone)]
#[must_use = "nothing is counted before `install`"]
pub struct MetricsBuilder(Settings);

impl Metrics {
    /// Creates a builder.
    pub fn builder() -> MetricsBuilder {
        MetricsBuilder(Settings::default())
    }

    /// Returns the metrics of the process, if they are installed.
    pub fn installed() -> Option<Self> {
        STATE.get().map(Self)
    }

    /// Returns the counts so far. Merges the counts of all threads, and reads every mailbox.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.0)
    }

    /// Returns the instances of this name, with their timings of the last minutes.
    ///
    /// An instance has a name ([`instance`](traced_actor::instance)) and a channel of [`traced_actor::sync`]. This
    /// reads every mailbox.
    pub fn instance(&self, name: &str) -> Vec<Instance> {
        self.0.instances_named(name)
    }

    /// Returns the first `n` instances in this order. Reads every mailbox.
    pub fn top_instances(&self, rank: Rank, n: usize) -> Vec<Instance> {
        self.0.top_instances(rank, n)
    }

    /// Returns work that has not ended and is older than this: the `most` oldest pieces of each sort. Reads all open
    /// work.
    pub fn open_work(&self, older_than: Duration, most: usize) -> OpenWork {
        OpenWork::of(self.0, older_than, most)
    }

    /// Returns the ids of the `most` oldest handlings, with their numbers of polls.
    pub(crate) fn polls(self, most: usize) -> Vec<(u128, u32)> {
        OpenWork::polls(self.0, most)
    }

    /// Returns a page in the `OpenMetrics` text format, with exemplars. See [`Snapshot::open_metrics`].
    pub fn open_metrics(&self) -> String {
        self.snapshot().open_metrics()
    }
}

impl MetricsBuilder {
    /// Sets the clock. The default is the processor's.
    pub fn clock(mut self, clock: MetricsClock) -> Self {
        self.0.clock = clock;
        self
    }

    /// Times one message in `every`, at random. All messages are counted. The default is 1, which times all.
    ///
    /// A message that is not timed reads the clock only if it is an ask, or if its send waits.
    pub fn time_one_in(mut self, every: u32) -> Self {
        self.0.every = every.max(1);
        self
    }

    /// Sets the maximum number of pairs of an actor and a kind. The default is 512.
    ///
    /// A pair takes about four kilobytes for each thread that handles such messages.
    pub fn most_kinds(mut self, kinds: usize) -> Self {
        self.0.series = kinds.max(1);
        self
    }

    /// Sets the maximum number of handlings that are followed at the same time. The default is 2²⁰.
    ///
    /// A handling takes about a hundred bytes while it runs. With 0, none is followed: messages and waits are counted,
    /// but there are no handling times, no failures and no open work. A message that is not followed and then held counts
    /// when it is received and when it is handled.
    pub fn most_handlings(mut self, handlings: u32) -> Self {
        self.0.handlings = handlings;
        self
    }

    /// Sets the maximum number of asks that are followed at the same time. The default is 2²⁰.
    pub fn most_asks(mut self, asks: u32) -> Self {
        self.0.asks = asks;
        self
    }

    /// Sets the maximum number of mailboxes that are observed at the same time. The default is 2²¹.
    pub fn most_mailboxes(mut self, mailboxes: u32) -> Self {
        self.0.mailboxes = mailboxes;
        self
    }

    /// Sets the maximum number of bytes for the timings of instances. The default is 32 MiB.
    ///
    /// If they need more, the least busy instances lose their timings.
    pub fn most_timing_bytes(mut self, bytes: u64) -> Self {
        self.0.timing_bytes = bytes;
        self
    }

    /// Installs the metrics for the process. Messages that are sent later are counted.
    ///
    /// Call it before the first actor starts, because mailboxes that already exist are not observed.
    ///
    /// # Errors
    ///
    /// Returns an error if metrics or another observer are already installed.
    pub fn install(self) -> Result<Metrics, InstallError> {
        let (metrics, observer) = self.build()?;
        observe::observe(observer).map_err(|_| InstallError)?;
        Ok(metrics)
    }

    /// Returns the metrics and their observer, which you install as part of another observer.
    ///
    /// A process has only one observer, and only one set of metrics.
    ///
    /// # Errors
    ///
    /// Returns an error if metrics already exist.
    pub fn build(self) -> Result<(Metrics, impl Observer + use<>), InstallError> {
        let mut is_first = false;
        let state = STATE.get_or_init(|| {
            is_first = true;
            State::new(&self.0)
        });
        if !is_first {
            return Err(InstallError);
        }
        Ok((Metrics(state), Watcher(state)))
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("messages are already observed; install metrics once, before the first actor starts")
    }
}

impl std::error::Error for InstallError {}
