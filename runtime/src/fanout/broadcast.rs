//! Broadcasts of one message to many recipients.

use std::future::Future;

use super::fanout;
use crate::actor::ActorRef;
use crate::sync::mpsc::error::SendError;
use crate::sync::mpsc::{Sender, UnboundedSender};

/// A recipient of a broadcast: a sender or a reference to an actor.
pub trait Recipient<M> {
    /// Sends the message, waiting until there is room.
    fn deliver(&self, message: M) -> impl Future<Output = Result<(), SendError<M>>> + Send;
}

impl<M: Send> Recipient<M> for Sender<M> {
    fn deliver(&self, message: M) -> impl Future<Output = Result<(), SendError<M>>> + Send {
        self.send(message)
    }
}

impl<M: Send> Recipient<M> for UnboundedSender<M> {
    fn deliver(&self, message: M) -> impl Future<Output = Result<(), SendError<M>>> + Send {
        std::future::ready(self.send(message))
    }
}

impl<M: Send> Recipient<M> for ActorRef<M> {
    fn deliver(&self, message: M) -> impl Future<Output = Result<(), SendError<M>>> + Send {
        self.cast(message)
    }
}

impl<M, R: Recipient<M>> Recipient<M> for &R {
    fn deliver(&self, message: M) -> impl Future<Output = Result<(), SendError<M>>> + Send {
        (**self).deliver(message)
    }
}

/// The outcome of a broadcast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broadcast {
    /// The number of recipients that the message was sent to.
    pub sent: usize,
    /// The number of recipients that were closed or dropped.
    pub closed: usize,
}

/// Sends a clone of `message` to each recipient in order, waiting until each mailbox has room.
///
/// Runs as a [`fanout`] whose size is the number of recipients.
///
/// # Cancel safety
///
/// If the future is dropped before it completes, only the first recipients have the message.
///
/// ```
/// # use traced_actor::{broadcast, sync::mpsc};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (first, _kept) = mpsc::channel_named_by_type::<&str>(1);
/// let (second, gone) = mpsc::channel_named_by_type::<&str>(1);
/// drop(gone);
/// let outcome = broadcast([&first, &second], "hello").await;
/// assert_eq!((outcome.sent, outcome.closed), (1, 1));
/// # }
/// ```
pub async fn broadcast<M, I>(recipients: I, message: M) -> Broadcast
where
    M: Clone,
    I: IntoIterator<IntoIter: ExactSizeIterator>,
    I::Item: Recipient<M>,
{
    let recipients = recipients.into_iter();
    let fanout = fanout(recipients.len());
    let mut outcome = Broadcast::default();
    let send = async {
        for recipient in recipients {
            match recipient.deliver(message.clone()).await {
                Ok(()) => outcome.sent += 1,
                Err(SendError(_)) => outcome.closed += 1,
            }
        }
    };
    fanout.run(send).await;
    outcome
}
