//! Reasons why a send failed, with the words that all actors share.

use std::task::Poll;

use traced_actor::current_span;
use traced_actor::record::SendFailure;
use traced_actor::sync::wrap::SendAttempt;

/// An error of a channel's send. A wait for room that timed out counts as no room.
pub(crate) trait Reason {
    /// Returns whether there was no room. Otherwise, there is no receiver.
    fn is_full(&self) -> bool {
        false
    }
}

/// Returns the failure that an error stands for.
pub(crate) fn reason<E: Reason>(error: &E) -> SendFailure {
    if error.is_full() { SendFailure::MailboxFull } else { SendFailure::NotRunning }
}

/// Ends a forward, whose failure is not recorded.
#[cfg_attr(
    not(any(
        feature = "flume",
        feature = "async-channel",
        feature = "futures",
        feature = "crossbeam",
        feature = "std"
    )),
    expect(dead_code, reason = "no other channel forwards")
)]
pub(crate) fn forwarded<T, E>(attempt: SendAttempt, sent: Result<T, E>) -> Result<T, E> {
    if sent.is_ok() {
        attempt.sent();
    }
    sent
}

/// Records a failed poll for room. The message that was to be sent is not known here.
#[cfg_attr(
    not(any(feature = "futures", feature = "sink")),
    expect(dead_code, reason = "no other channel is polled for room")
)]
pub(crate) fn recorded<T, E: Reason>(polled: Poll<Result<T, E>>) -> Poll<Result<T, E>> {
    if let Poll::Ready(Err(error)) = &polled {
        current_span().record_send_failure(reason(error));
    }
    polled
}

/// Implements it for an error, by the pattern of a full channel. Without a pattern, there is no receiver.
macro_rules! reason {
    ($feature:literal, $error:ty $(, $full:pat)?) => {
        #[cfg(feature = $feature)]
        impl<T> Reason for $error {
            $(fn is_full(&self) -> bool {
                matches!(self, $full)
            })?
        }
    };
}

reason!("flume", ::flume::SendError<T>);
reason!("flume", ::flume::TrySendError<T>, Self::Full(_));
reason!("flume", ::flume::SendTimeoutError<T>, Self::Timeout(_));
reason!("async-channel", ::async_channel::SendError<T>);
reason!("async-channel", ::async_channel::TrySendError<T>, Self::Full(_));
reason!("crossbeam", ::crossbeam_channel::SendError<T>);
reason!("crossbeam", ::crossbeam_channel::TrySendError<T>, Self::Full(_));
reason!("crossbeam", ::crossbeam_channel::SendTimeoutError<T>, Self::Timeout(_));
reason!("std", ::std::sync::mpsc::SendError<T>);
reason!("std", ::std::sync::mpsc::TrySendError<T>, Self::Full(_));
reason!("broadcast", ::tokio::sync::broadcast::error::SendError<T>);
reason!("sink", ::tokio_util::sync::PollSendError<T>);

#[cfg(feature = "futures")]
impl<T> Reason for futures_channel::mpsc::TrySendError<T> {
    fn is_full(&self) -> bool {
        self.is_full()
    }
}

#[cfg(feature = "futures")]
impl Reason for futures_channel::mpsc::SendError {
    fn is_full(&self) -> bool {
        self.is_full()
    }
}
