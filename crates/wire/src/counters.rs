//! Counts of problems on the wire. Nothing here runs if there are none.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

#[cfg(feature = "serde")]
use traced_actor::context::MessageContext;
use traced_actor::wire::{Malformed, malformed};

/// Counts of problems on the wire, for this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireCounters {
    /// Trace contexts that could not be used completely, by carrier and reason. Their messages were delivered.
    pub malformed: BTreeMap<(&'static str, Malformed), u64>,
    /// Messages sent without their context, because their shape has no place for one.
    ///
    /// Only messages with a sampling decision are counted.
    pub unplaced: u64,
    /// Messages sent without their context, because the format rejected them with it.
    ///
    /// With their context they would have been too large, or nested too deeply.
    pub left_out: u64,
    /// Messages that could not be decoded, by message type and codec.
    pub decode_errors: BTreeMap<(&'static str, &'static str), u64>,
    /// Messages that could not be encoded, by message type and codec.
    pub encode_errors: BTreeMap<(&'static str, &'static str), u64>,
}

static COUNTERS: Mutex<WireCounters> = Mutex::new(WireCounters {
    malformed: BTreeMap::new(), // in the runtime
    unplaced: 0,
    left_out: 0,
    decode_errors: BTreeMap::new(),
    encode_errors: BTreeMap::new(),
});

/// Returns the counts so far.
pub fn wire_counters() -> WireCounters {
    let counters = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    WireCounters { malformed: malformed(), ..counters }
}

#[cfg(any(feature = "serde", feature = "prost"))]
#[cold]
fn count(change: impl FnOnce(&mut WireCounters)) {
    change(&mut COUNTERS.lock().unwrap_or_else(PoisonError::into_inner));
}

#[cfg(feature = "serde")]
pub(crate) fn count_unplaced() {
    SENT_WITHOUT.set(SENT_WITHOUT.get().wrapping_add(1));
    count(|counters| counters.unplaced += 1);
}

#[cfg(feature = "serde")]
pub(crate) fn count_left_out() {
    SENT_WITHOUT.set(SENT_WITHOUT.get().wrapping_add(1));
    count(|counters| counters.left_out += 1);
}

#[cfg(feature = "serde")]
thread_local! {
    /// The number of messages that this thread has encoded without the context that they had.
    static SENT_WITHOUT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Returns how many messages this thread has encoded without the context that they had.
#[cfg(feature = "serde")]
pub(crate) fn sent_without_context() -> u64 {
    SENT_WITHOUT.get()
}

#[cfg(feature = "serde")]
thread_local! {
    /// The number of envelopes with a malformed context that this thread has decoded.
    static CAME_WITHOUT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts an envelope that was decoded with this context, if the context is absent and so was malformed.
#[cfg(feature = "serde")]
#[inline]
pub(crate) fn count_envelope(context: &MessageContext) {
    if context.is_absent() {
        CAME_WITHOUT.set(CAME_WITHOUT.get().wrapping_add(1));
    }
}

/// Returns how many envelopes with a malformed context this thread has decoded.
#[cfg(feature = "serde")]
pub(crate) fn came_without_context() -> u64 {
    CAME_WITHOUT.get()
}

#[cfg(any(feature = "serde", feature = "prost"))]
pub(crate) fn count_decode_error(message: &'static str, codec: &'static str) {
    count(|counters| *counters.decode_errors.entry((message, codec)).or_default() += 1);
}

#[cfg(feature = "serde")]
pub(crate) fn count_encode_error(message: &'static str, codec: &'static str) {
    count(|counters| *counters.encode_errors.entry((message, codec)).or_default() += 1);
}
