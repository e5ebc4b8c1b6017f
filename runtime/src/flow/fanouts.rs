//! Fan-outs: the selection of their sends, and the outcome of all of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::active::ActiveSpan;
use crate::record::FanoutSummary;
use crate::sampling::{Kind, Selection};

/// The outcome of the fan-outs of a span. It counts all recipients, also those that were not selected.
pub(super) struct FanoutStats {
    size: AtomicU64,
    selected: AtomicU64,
    errors: AtomicU64,
    /// The number of sends that waited for room, and the total wait in nanoseconds.
    waited: AtomicU64,
    shortest: AtomicU64,
    longest: AtomicU64,
}

impl Default for FanoutStats {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self {
            size: zero(),
            selected: zero(),
            errors: zero(),
            waited: zero(),
            shortest: AtomicU64::new(u64::MAX),
            longest: zero(),
        }
    }
}

impl FanoutStats {
    pub(super) fn add(&self, size: u64, selected: u64) {
        self.size.fetch_add(size, Relaxed);
        self.selected.fetch_add(selected, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.errors.fetch_add(1, Relaxed);
    }

    pub(super) fn waited(&self, wait: Duration) {
        let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        self.waited.fetch_add(1, Relaxed);
        self.shortest.fetch_min(nanos, Relaxed);
        self.longest.fetch_max(nanos, Relaxed);
    }

    /// Returns the summary, or `None` if nothing was sent.
    pub(super) fn summary(&self) -> Option<FanoutSummary> {
        let (size, errors) = (self.size.load(Relaxed), self.errors.load(Relaxed));
        let at_once = size.saturating_sub(errors) > self.waited.load(Relaxed);
        let shortest = if at_once { 0 } else { self.shortest.load(Relaxed) };
        let longest = self.longest.load(Relaxed);
        (size > 0).then(|| FanoutSummary {
            size,
            selected: self.selected.load(Relaxed),
            errors,
            // If all failed, none has waited.
            wait_min: Duration::from_nanos(shortest.min(longest)),
            wait_max: Duration::from_nanos(longest),
        })
    }
}

/// A fan-out's decision about the next send.
pub(super) enum Next {
    /// No fan-out: the message is sent like any other.
    All,
    /// The send is selected, with this probability.
    Selected(f64),
    /// The send is not selected, and neither are this many after it. They are already counted, so the flow need not ask
    /// again.
    NotSelected { skip_next: u32 },
}

impl Next {
    /// Returns the probability with which a fan-out selected the send, if one did.
    pub(super) fn chance(&self) -> Option<f64> {
        match self {
            Self::Selected(chance) => Some(*chance),
            Self::All | Self::NotSelected { .. } => None,
        }
    }
}

/// A fan-out that a flow runs in. Each of its sends is a recipient.
pub(crate) struct FanoutFlow {
    selection: Selection,
    /// The span that sends, if it is one of ours.
    span: Option<Arc<ActiveSpan>>,
    /// Whether other flows send in it, too.
    shared: AtomicBool,
}

impl FanoutFlow {
    pub(super) fn new(selection: Selection, span: Option<Arc<ActiveSpan>>) -> Self {
        Self { selection, span, shared: AtomicBool::new(false) }
    }

    pub(super) fn share(&self) {
        self.shared.store(true, Relaxed);
    }

    /// Counts the next send. At most `most` further sends are skipped.
    pub(super) fn next(&self, most: u32) -> Next {
        let alone = !self.shared.load(Relaxed);
        if self.selection.next(alone) {
            Next::Selected(self.selection.probability())
        } else {
            Next::NotSelected { skip_next: if alone { self.selection.pass(most) } else { 0 } }
        }
    }

    /// Uncounts this many of the last sends.
    pub(super) fn give_back(&self, unsent: u32) {
        self.selection.give_back(unsent);
    }

    /// Adds the sends to the fan-out statistics of the span. Called once.
    pub(crate) fn finish(&self) {
        if let Some(span) = &self.span {
            let (size, selected) = self.selection.counts();
            span.fanouts().add(size, selected);
        }
    }
}

/// A fan-out that the message announced (`#[traced(fanout = …)]`): n messages of one kind follow, and perhaps others.
///
/// It is not known which kind the n messages have. So the first message of every kind is kept for certain, with weight
/// 1, and the others share the rest of the budget. A kind that is sent once is kept. A kind that is sent n times keeps
/// k messages. In both cases the weights add up to the number sent.
pub(super) struct DeclaredFanout {
    n: u64,
    k: u64,
    /// The kind that is sent first, which almost always is the announced one.
    first: OnceLock<Chosen>,
    others: Mutex<Vec<Chosen>>,
}

/// A kind, and the selection of its messages after the first.
type Chosen = (&'static Kind, Selection);

impl DeclaredFanout {
    /// Creates a fan-out, or returns `None` if there is no recipient.
    pub(super) fn new(n: u64, k: u64) -> Option<Self> {
        (n > 0).then(|| Self { n, k, first: OnceLock::new(), others: Mutex::default() })
    }

    /// Returns the probability with which the next message of this kind is selected, if it is.
    ///
    /// `alone` has the meaning that it has for [`Selection::next`].
    pub(super) fn next(&self, kind: &'static Kind, alone: bool) -> Option<f64> {
        match self.first.get() {
            Some((first, rest)) if std::ptr::eq(*first, kind) => chance(rest, alone),
            _ => self.next_of_others(kind, alone),
        }
    }

    fn next_of_others(&self, kind: &'static Kind, alone: bool) -> Option<f64> {
        let mut others = self.others();
        // Also the first message, which another thread may have seen in the meantime.
        if let Some((_, rest)) =
            self.first.get().into_iter().chain(&*others).find(|(k, _)| std::ptr::eq(*k, kind))
        {
            return chance(rest, alone);
        }
        // A budget of one leaves nothing for the others. Then the first is not certain either.
        let certain = self.k > 1;
        let rest = if certain { Selection::new(self.n - 1, self.k - 1) } else { Selection::new(self.n, 1) };
        let chance = if certain { Some(1.0) } else { chance(&rest, true) };
        if let Err(kept) = self.first.set((kind, rest)) {
            others.push(kept);
        }
        chance
    }

    /// Returns the number of messages of the most frequent kind, and how many of them were selected.
    pub(super) fn counts(&self) -> (u64, u64) {
        let certain = u64::from(self.k > 1);
        self.first
            .get()
            .into_iter()
            .chain(&*self.others())
            .map(|(_, rest)| rest.counts())
            .map(|(sent, selected)| (sent + certain, selected + certain))
            .max()
            .unwrap_or_default()
    }

    fn others(&self) -> MutexGuard<'_, Vec<Chosen>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn chance(rest: &Selection, alone: bool) -> Option<f64> {
    rest.next(alone).then(|| rest.probability())
}
