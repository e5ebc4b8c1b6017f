//! The state of the viewer, and its answers. The HTTP server and other front ends use it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use traced_actor::TraceId;
use traced_actor::record::FinishedSpan;
use traced_actor_metrics::{Instance, Metrics, OpenWork, Rank};

use crate::inbox::Inbox;
use crate::live::{Live, Now};
use crate::pace::Pace;
use crate::store::{Limits, Store};

/// The inverse of the share of a processor that readings of the metrics may take. Slow readings are made less often.
const SHARE: u32 = 200;

/// The viewer, without its server.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) metrics: Option<Metrics>,
    pub(crate) service: String,
    inbox: Arc<Inbox>,
    pace: Option<Pace>,
    store: Mutex<Store>,
    looks: Mutex<Looks>,
    ticks: AtomicU64,
}

#[derive(Debug)]
struct Looks {
    live: Live,
    now: Arc<Now>,
    next: Instant,
}

/// The status of the viewer.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    service: String,
    version: &'static str,
    process: u32,
    metrics: bool,
    traces: usize,
    spans: usize,
    bytes: usize,
    /// The number of traces that were evicted to make room.
    evicted: u64,
    /// The number of spans that arrived faster than they could be processed.
    dropped: u64,
    changes: u64,
}

/// The progress of a trace.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Progress {
    spans: usize,
}

impl App {
    pub(crate) fn new(
        metrics: Option<Metrics>,
        service: String,
        inbox: Arc<Inbox>,
        pace: Option<Pace>,
        limits: Limits,
    ) -> Self {
        let looks = Looks { live: Live::default(), now: Arc::default(), next: Instant::now() };
        Self {
            metrics,
            service,
            inbox,
            pace,
            store: Mutex::new(Store::new(limits)),
            looks: Mutex::new(looks),
            ticks: AtomicU64::new(0),
        }
    }

    /// Processes finished spans. The viewer's thread calls it five times per second.
    pub(crate) fn tick(&self) {
        drop(self.store());
        let ticks = self.ticks.fetch_add(1, Relaxed);
        if let Some(pace) = self.pace.as_ref().filter(|_| ticks % 5 == 4) {
            pace.tick();
        }
    }

    /// Returns the spans so far.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        for span in self.inbox.take() {
            store.add(span);
        }
        store
    }

    /// Returns the spans of a trace.
    pub(crate) fn spans(&self, id: TraceId) -> Option<Vec<FinishedSpan>> {
        self.store().trace(id).map(|trace| trace.spans.clone())
    }

    /// Returns how much of a trace has ended here. Nothing, if there is no such trace.
    pub(crate) fn progress(&self, id: Option<TraceId>) -> Progress {
        let store = self.store();
        let trace = id.and_then(|id| store.trace(id));
        trace.map(|trace| Progress { spans: trace.spans.len() + trace.cut }).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Status {
        let store = self.store();
        Status {
            service: self.service.clone(),
            version: env!("CARGO_PKG_VERSION"),
            process: std::process::id(),
            metrics: self.metrics.is_some(),
            traces: store.traces(),
            spans: store.spans(),
            bytes: store.bytes(),
            evicted: store.evicted(),
            dropped: self.inbox.dropped(),
            changes: store.changes(),
        }
    }

    /// Returns the current state of the actors, from a reading less than a second ago, or older if a reading is slow.
    pub(crate) fn now(&self) -> Arc<Now> {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Instant::now();
        if let Some(metrics) = self.metrics.filter(|_| at >= looks.next) {
            let snapshot = metrics.snapshot();
            looks.now = Arc::new(looks.live.look(at, snapshot));
            // Slightly less than a second, for clients that ask once per second.
            looks.next = at + Duration::from_millis(900).max(at.elapsed() * SHARE);
        }
        looks.now.clone()
    }

    pub(crate) fn open_work(&self, older_than: Duration, most: usize) -> OpenWork {
        self.metrics.map(|metrics| metrics.open_work(older_than, most)).unwrap_or_default()
    }

    pub(crate) fn top_instances(&self, rank: Rank, most: usize) -> Vec<Instance> {
        self.metrics.map(|metrics| metrics.top_instances(rank, most)).unwrap_or_default()
    }
}
