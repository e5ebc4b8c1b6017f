//! Reasons why a send or a call failed, with the same values for all actors.

use super::counters::count_failure;

/// The reason why a message was not handled, or a call was not answered.
///
/// The words are the same for the actors of this crate and for those of each framework. They are the `error.type` on
/// the sender's span, and the keys of [`Counters::failures`](super::Counters::failures).
///
/// An adapter of a framework maps the framework's errors to these, and calls
/// [`CurrentSpan::record_send_failure`](crate::CurrentSpan::record_send_failure):
///
/// ```
/// use traced_actor::record::SendFailure;
///
/// assert_eq!(SendFailure::MailboxFull.error_type(), "mailbox_full");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendFailure {
    /// No reply came in time.
    Timeout,
    /// The mailbox had no room.
    MailboxFull,
    /// The actor had ended before the message was sent, or was not started yet.
    NotRunning,
    /// The actor ended, or dropped the reply channel, before it replied.
    Stopped,
    /// The handler panicked.
    Panic,
    /// The actor was being restarted.
    Restarting,
}

impl SendFailure {
    /// Returns the word for this reason: `timeout`, `mailbox_full`, `not_running`, `stopped`, `panic` or `restarting`.
    pub const fn error_type(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::MailboxFull => "mailbox_full",
            Self::NotRunning => "not_running",
            Self::Stopped => "stopped",
            Self::Panic => "panic",
            Self::Restarting => "restarting",
        }
    }

    /// Counts it in [`Counters::failures`](super::Counters::failures), whether or not a span is recorded.
    #[cold]
    pub fn count(self) {
        count_failure(self.error_type());
    }
}

/// A guard that counts a panic that began after its creation and unwinds through it. Forget it if there was none.
pub(crate) struct CountPanic {
    had_begun: bool,
}

impl CountPanic {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { had_begun: std::thread::panicking() }
    }
}

impl Drop for CountPanic {
    #[inline]
    fn drop(&mut self) {
        if std::thread::panicking() && !self.had_begun {
            SendFailure::Panic.count();
        }
    }
}
