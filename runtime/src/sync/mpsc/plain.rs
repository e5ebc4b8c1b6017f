//! Conversions from and to tokio's own channels.
//!
//! | the other side is | ours to tokio's | tokio's to ours | what is lost |
//! |---|---|---|---|
//! | generic over the message | `into_tokio` | `from_tokio` | nothing: the message is an [`Envelope`] |
//! | fixed to `Sender<M>` | `to_plain` | `from_plain` | the context of each message |

use tokio::sync::mpsc as tokio_mpsc;

use super::rx::Rx;
use super::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel_described, unbounded_described};
use crate::Envelope;
use crate::envelope::Describe;

/// Forwards each message until one end is closed.
macro_rules! forward {
    ($receive:expr, until $closed:expr, |$message:ident| $send:expr) => {
        tokio::spawn(async move {
            loop {
                let message = tokio::select! {
                    biased;
                    () = $closed => break,
                    message = $receive => message,
                };
                let Some($message) = message else { break };
                if $send.is_err() {
                    break;
                }
            }
        })
    };
}

macro_rules! conversions {
    ($sender:ident, $receiver:ident) => {
        impl<T> $sender<T> {
            /// Returns the description of the channel's messages.
            pub fn describe(&self) -> Describe<T> {
                self.channel.describe
            }

            /// Returns tokio's own sender, which sends envelopes. For an API that is generic over the message.
            ///
            /// The context is kept: send [`Envelope::capture`] of each message.
            ///
            /// ```
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() {
            /// use traced_actor::{Envelope, sync::mpsc, traced_actor};
            ///
            /// #[traced_actor]
            /// struct Job(u32);
            ///
            /// let (sender, mut receiver) = mpsc::channel::<Job>(8);
            /// let generic: tokio::sync::mpsc::Sender<Envelope<Job>> = sender.into_tokio();
            /// generic.send(Envelope::capture(Job(1))).await.unwrap();
            /// assert_eq!(receiver.recv().await.unwrap().0, 1);
            /// # }
            /// ```
            pub fn into_tokio(self) -> tokio_mpsc::$sender<Envelope<T>> {
                self.inner
            }

            /// Creates a sender from tokio's own sender of envelopes. The context is kept.
            ///
            /// For a channel that another library has created.
            pub fn from_tokio(sender: tokio_mpsc::$sender<Envelope<T>>, describe: Describe<T>) -> Self {
                Self { inner: sender, channel: describe.into() }
            }
        }

        impl<T> $receiver<T> {
            /// Creates a receiver from tokio's own receiver of envelopes. The context is kept.
            ///
            /// For a channel that another library has created.
            pub fn from_tokio(receiver: tokio_mpsc::$receiver<Envelope<T>>, describe: Describe<T>) -> Self {
                Self { rx: Rx::new(receiver, describe) }
            }
        }
    };
}

conversions!(Sender, Receiver);
conversions!(UnboundedSender, UnboundedReceiver);

impl<T: Send + 'static> Sender<T> {
    /// Returns tokio's own sender of plain messages, which sends into this channel.
    ///
    /// For an API that names `tokio::sync::mpsc::Sender<T>`, such as irpc and libraries that take an actor's mailbox.
    /// A spawned task forwards each message.
    ///
    /// This loses:
    ///
    /// * **The context** of each message. tokio's sender has no place for it. The message arrives without a context,
    ///   and starts a trace if the sampler decides so.
    /// * Up to two messages that were already sent when the receiver is dropped: one in the queue of the task, and
    ///   one that it is forwarding.
    /// * The state of the channel. The reported capacity is 1, in addition to this channel's, and `closed` completes
    ///   a moment later.
    ///
    /// The order of messages that are sent through one plain sender is kept. The channel stays open until all plain
    /// senders are dropped.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use traced_actor::sync::mpsc;
    ///
    /// let (sender, mut receiver) = mpsc::channel_named_by_type(8);
    /// let plain: tokio::sync::mpsc::Sender<&str> = sender.to_plain();
    /// plain.send("hello").await.unwrap();
    /// assert_eq!(receiver.recv().await, Some("hello"));
    /// # }
    /// ```
    #[must_use]
    pub fn to_plain(&self) -> tokio_mpsc::Sender<T> {
        let (plain, mut sent) = tokio_mpsc::channel(1);
        let sender = self.clone();
        forward!(sent.recv(), until sender.closed(), |message| sender.send_envelope(Envelope::bare(message)).await);
        plain
    }

    /// Creates a sender from tokio's own sender of plain messages. A spawned task forwards each message.
    ///
    /// For an API that names this type.
    ///
    /// This loses what [`to_plain`](Self::to_plain) loses: tokio's receiver has no place for a context.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    #[must_use]
    pub fn from_plain(plain: tokio_mpsc::Sender<T>, describe: Describe<T>) -> Self {
        let (sender, mut sent) = channel_described(1, describe);
        forward!(sent.recv_envelope(), until plain.closed(), |envelope| plain.send(envelope.into_message()).await);
        sender
    }
}

impl<T: Send + 'static> UnboundedSender<T> {
    /// Returns tokio's own unbounded sender of plain messages, which sends into this channel.
    ///
    /// This loses what [`Sender::to_plain`] loses. When the receiver is dropped, all messages that the task has not
    /// forwarded yet are lost.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    #[must_use]
    pub fn to_plain(&self) -> tokio_mpsc::UnboundedSender<T> {
        let (plain, mut sent) = tokio_mpsc::unbounded_channel();
        let sender = self.clone();
        forward!(sent.recv(), until sender.closed(), |message| sender.send_envelope(Envelope::bare(message)));
        plain
    }

    /// Creates an unbounded sender from tokio's own sender of plain messages. See [`Sender::from_plain`].
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    #[must_use]
    pub fn from_plain(plain: tokio_mpsc::UnboundedSender<T>, describe: Describe<T>) -> Self {
        let (sender, mut sent) = unbounded_described(describe);
        forward!(sent.recv_envelope(), until plain.closed(), |envelope| plain.send(envelope.into_message()));
        sender
    }
}
