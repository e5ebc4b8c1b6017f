//! The traces that are wanted, with a lookup that almost always tests a single bit.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use traced_actor::context::{Timestamp, TraceId};

use super::trigger::Trigger;

/// The number of bits of the filter. With 1,000 wanted traces, one in 65 of the others passes it.
const BITS: usize = 1 << 16;

pub(crate) struct Wanted {
    count: AtomicUsize,
    /// The bits of the wanted traces. A trace whose bit is not set is not wanted.
    filter: Box<[AtomicU64]>,
    traces: Mutex<Traces>,
    most: usize,
}

#[derive(Default)]
struct Traces {
    by_id: HashMap<TraceId, Want>,
    /// The traces in the order in which they expire.
    order: VecDeque<(Timestamp, TraceId)>,
    /// The traces that were not searched for yet.
    new: Vec<TraceId>,
    refused: u64,
}

#[derive(Clone, Copy)]
struct Want {
    trigger: Trigger,
    is_taken: bool,
}

impl Wanted {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            count: AtomicUsize::new(0),
            filter: (0..BITS / 64).map(|_| AtomicU64::new(0)).collect(),
            traces: Mutex::default(),
            most,
        }
    }

    /// Returns whether any trace is wanted.
    pub(crate) fn has_any(&self) -> bool {
        self.count.load(Relaxed) > 0
    }

    /// Returns whether a trace is wanted.
    #[inline]
    pub(crate) fn has(&self, trace: TraceId) -> bool {
        self.find(trace).is_some()
    }

    /// Returns why a trace is wanted, if it is.
    pub(crate) fn trigger(&self, trace: TraceId) -> Option<Trigger> {
        self.find(trace).map(|want| want.trigger)
    }

    /// Returns why a trace is wanted, or `None` if it is not.
    ///
    /// A trace counts only once [`take_new`](Self::take_new) has returned it. Until then it is not searched for.
    #[inline]
    pub(crate) fn get(&self, trace: TraceId) -> Option<Trigger> {
        self.find(trace).filter(|want| want.is_taken).map(|want| want.trigger)
    }

    #[inline]
    fn find(&self, trace: TraceId) -> Option<Want> {
        if self.count.load(Relaxed) == 0 || !self.may_have(trace) {
            return None;
        }
        self.lock().by_id.get(&trace).copied()
    }

    #[inline]
    fn may_have(&self, trace: TraceId) -> bool {
        let (word, bit) = place(trace);
        self.filter[word].load(Relaxed) & bit != 0
    }

    /// Makes a trace wanted until this time. Returns whether it is new, and there was room for it.
    pub(crate) fn add(&self, trace: TraceId, trigger: Trigger, until: Timestamp) -> bool {
        let mut traces = self.lock();
        if traces.by_id.contains_key(&trace) {
            return false;
        }
        if traces.by_id.len() >= self.most {
            traces.refused += 1;
            return false;
        }
        traces.by_id.insert(trace, Want { trigger, is_taken: false });
        traces.order.push_back((until, trace));
        traces.new.push(trace);
        let (word, bit) = place(trace);
        self.filter[word].fetch_or(bit, Relaxed);
        self.count.store(traces.by_id.len(), Relaxed);
        true
    }

    /// Returns the traces that were added since the last call.
    pub(crate) fn take_new(&self) -> Vec<TraceId> {
        let mut traces = self.lock();
        let new = std::mem::take(&mut traces.new);
        for trace in &new {
            if let Some(want) = traces.by_id.get_mut(trace) {
                want.is_taken = true;
            }
        }
        new
    }

    /// Removes expired traces.
    pub(crate) fn expire(&self, now: Timestamp) {
        let mut traces = self.lock();
        let Traces { by_id, order, .. } = &mut *traces;
        let before = by_id.len();
        while let Some((_, trace)) = order.front().filter(|(until, _)| *until <= now) {
            by_id.remove(trace);
            order.pop_front();
        }
        if by_id.len() == before {
            return;
        }
        // Other traces may have the same bits.
        let mut filter = vec![0; BITS / 64];
        for trace in by_id.keys() {
            let (word, bit) = place(*trace);
            filter[word] |= bit;
        }
        for (place, bits) in self.filter.iter().zip(filter) {
            place.store(bits, Relaxed);
        }
        self.count.store(by_id.len(), Relaxed);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.lock().refused
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Traces> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the word and the bit of a trace. The lower half of an id is random.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "sixteen bits")]
fn place(trace: TraceId) -> (usize, u64) {
    let hash = (trace.get() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
    ((hash / 64) as usize, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_unix_nanos(nanos)
    }

    fn trace(number: u128) -> TraceId {
        TraceId::new(number).unwrap()
    }

    #[test]
    fn a_trace_is_wanted_until_its_time_is_over_and_searched_for_once() {
        let wanted = Wanted::new(2);
        assert!(wanted.add(trace(1), Trigger::Error, at(10)));
        assert!(!wanted.add(trace(1), Trigger::Slow, at(90)), "it is wanted already");
        assert!(wanted.add(trace(2), Trigger::Slow, at(20)));
        assert!(!wanted.add(trace(3), Trigger::Slow, at(30)));
        assert_eq!(wanted.refused(), 1);
        assert!(wanted.has(trace(1)) && !wanted.has(trace(3)));
        assert_eq!(wanted.get(trace(1)), None, "nobody has searched for it");
        assert_eq!(wanted.take_new(), [trace(1), trace(2)]);
        assert_eq!(wanted.take_new(), []);
        assert_eq!((wanted.get(trace(1)), wanted.get(trace(2))), (Some(Trigger::Error), Some(Trigger::Slow)));
        wanted.expire(at(10));
        assert_eq!((wanted.get(trace(1)), wanted.get(trace(2))), (None, Some(Trigger::Slow)));
        wanted.expire(at(20));
        assert!(!wanted.has(trace(2)));
    }

    /// The filter is what makes a look-up cheap.
    #[test]
    fn with_a_thousand_wanted_almost_all_others_end_at_the_filter() {
        let wanted = Wanted::new(10_000);
        let ids =
            |seed: u128| (1..=1000).map(move |number| trace(number * 0x9e37_79b9_7f4a_7c15_f39c + seed));
        for id in ids(0) {
            assert!(wanted.add(id, Trigger::Error, at(10)));
        }
        assert!(ids(0).all(|id| wanted.may_have(id)));
        let passed = ids(7).filter(|id| wanted.may_have(*id)).count();
        assert!(passed < 40, "{passed} of 1000");
        wanted.expire(at(10));
        assert!(!ids(0).any(|id| wanted.may_have(id)));
    }
}
