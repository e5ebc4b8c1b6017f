//! ractor's feature `message_span_propogation`, and what can be done where it cannot be turned off.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing::dispatcher::{self, Dispatch};
use tracing::level_filters::LevelFilter;

static IGNORED: AtomicBool = AtomicBool::new(false);

/// Sends traced messages without the sender's `tracing` span, as without `message_span_propogation`.
///
/// ractor turns the feature on by default, and so does `ractor_cluster`; one crate of the program is enough. It keeps the
/// sender's `tracing` span open until the message has been handled, so that the span's duration is too long. After this call the
/// sender's span ends when the sender is done. Log lines of the handler no longer show the fields of the sender's span.
///
/// Holds for the whole process and for all messages that are sent from now on. A send takes a few nanoseconds more where a
/// `tracing` subscriber is installed, less than ractor takes to keep the span.
///
/// ```
/// traced_actor_ractor::ignore_message_spans();
/// ```
pub fn ignore_message_spans() {
    IGNORED.store(true, Relaxed);
}

/// Boxes a message. ractor looks for the current span while it does.
#[inline]
pub(crate) fn boxing<T>(work: impl FnOnce() -> T) -> T {
    if IGNORED.load(Relaxed) && LevelFilter::current() != LevelFilter::OFF {
        // Without a subscriber there is no current span.
        dispatcher::with_default(&Dispatch::none(), work)
    } else {
        work()
    }
}
