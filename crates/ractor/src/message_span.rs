//! ractor's feature `message_span_propogation`, and a workaround if it cannot be disabled.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing::dispatcher::{self, Dispatch};
use tracing::level_filters::LevelFilter;

static IGNORED: AtomicBool = AtomicBool::new(false);

/// Sends traced messages without the sender's `tracing` span, as if `message_span_propogation` were disabled.
///
/// ractor and `ractor_cluster` enable that feature by default, and a single crate of the program is enough to enable
/// it. It keeps the sender's `tracing` span open until the message has been handled, so the span's duration is too
/// long. After this call, the sender's span ends when the sender is done. Log lines of the handler no longer show the
/// fields of the sender's span.
///
/// Applies to the whole process, and to all messages that are sent from now on. With a `tracing` subscriber, a send
/// costs slightly more, but less than keeping the span costs.
///
/// ```
/// traced_actor_ractor::ignore_message_spans();
/// ```
pub fn ignore_message_spans() {
    IGNORED.store(true, Relaxed);
}

/// Boxes a message. Meanwhile, ractor reads the current span.
#[inline]
pub(crate) fn boxing<T>(work: impl FnOnce() -> T) -> T {
    if IGNORED.load(Relaxed) && LevelFilter::current() != LevelFilter::OFF {
        // Without a subscriber there is no current span.
        dispatcher::with_default(&Dispatch::none(), work)
    } else {
        work()
    }
}
