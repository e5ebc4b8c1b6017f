//! From and to the channels of tokio itself.
//!
//! | where the other side is | ours to tokio's | tokio's to ours | what is lost |
//! |---|---|---|---|
//! | generic over the message | `into_tokio` | `from_tokio` | nothing: the message is an [`Envelope`] |
//! | fixed to `Sender<M>` | `to_plain` | `from_plain` | the context of each message |

use tokio::sync::mpsc as tokio_mpsc;

use super::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel_described, unbounded_described};
use crate::Envelope;
use crate::envelope::Describe;

/// Moves each message on until one end is closed.
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
            /// Returns how the channel's messages are described.
            pub fn describe(&self) -> Describe<T> {
                self.describe
            }

            /// Returns tokio's own sender, of envelopes, for an API that is generic over the message. Nothing is lost: give it
            /// [`Envelope::capture`] of each message.
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

            /// Makes a sender of tokio's own, of envelopes, for a channel that another library has made. Nothing is lost.
            pub fn from_tokio(sender: tokio_mpsc::$sender<Envelope<T>>, describe: Describe<T>) -> Self {
                Self::new(sender, describe)
            }
        }

        impl<T> $receiver<T> {
            /// Makes a receiver of tokio's own, of envelopes, for a channel that another library has made. Nothing is lost.
            pub fn from_tokio(receiver: tokio_mpsc::$receiver<Envelope<T>>, describe: Describe<T>) -> Self {
                Self::new(receiver, describe)
            }
        }
    };
}

conversions!(Sender, Receiver);
conversions!(UnboundedSender, UnboundedReceiver);

impl<T: Send + 'static> Sender<T> {
    /// Returns a sender of tokio's that sends into this channel, for an API that names `tokio::sync::mpsc::Sender<T>` (irpc, and
    /// libraries that take an actor's mailbox). A task forwards what is sent.
    ///
    /// What is lost:
    ///
    /// * **the context** of each message: it arrives as one that nobody has decided about, and starts a trace if a sampler says so;
    ///   tokio's sender has no place for a context, and its `send` cannot be seen;
    /// * up to two messages that were sent when the receiver goes away: one that waits for the task, and one in its hands;
    /// * what the channel says of itself: the capacity is 1, on top of this channel's; `closed` comes a moment later.
    ///
    /// The order of what is sent through one plain sender is kept. The channel stays open until all plain senders are gone.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
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

    /// Makes a sender of tokio's into one of ours, for an API that names this type. A task forwards what is sent.
    ///
    /// What is lost is what [`to_plain`](Self::to_plain) says: tokio's receiver has no place for a context.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn from_plain(plain: tokio_mpsc::Sender<T>, describe: Describe<T>) -> Self {
        let (sender, mut sent) = channel_described(1, describe);
        forward!(sent.recv_envelope(), until plain.closed(), |envelope| plain.send(envelope.into_message()).await);
        sender
    }
}

impl<T: Send + 'static> UnboundedSender<T> {
    /// Returns an unbounded sender of tokio's that sends into this channel. As [`Sender::to_plain`]; what waits for the task when the
    /// receiver goes away is lost, however much that is.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn to_plain(&self) -> tokio_mpsc::UnboundedSender<T> {
        let (plain, mut sent) = tokio_mpsc::unbounded_channel();
        let sender = self.clone();
        forward!(sent.recv(), until sender.closed(), |message| sender.send_envelope(Envelope::bare(message)));
        plain
    }

    /// Makes an unbounded sender of tokio's into one of ours. As [`Sender::from_plain`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn from_plain(plain: tokio_mpsc::UnboundedSender<T>, describe: Describe<T>) -> Self {
        let (sender, mut sent) = unbounded_described(describe);
        forward!(sent.recv_envelope(), until plain.closed(), |envelope| plain.send(envelope.into_message()));
        sender
    }
}
