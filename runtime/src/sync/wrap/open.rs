//! The last message of a receiver that is used through `&mut self`.

use std::future::Future;

use super::pending_receive::{EndLast, OpenNext, PendingReceive, Receive, receive_envelope};
use super::{Channel, ReceiveMode, ReceiveOutput};
use crate::Envelope;
use crate::envelope::Describe;
use crate::flow::{self, ReceiveSite};

/// The last message of a receiver. While it is open, messages that its flow sends continue its span.
///
/// A receiver that is used through `&mut self` keeps one. The message ends when the next one is requested, or when
/// this is dropped, unless a handler has claimed it. A receiver's own methods forward to the methods here, which end
/// the last message before they receive. Mark them with `#[track_caller]`, since warnings name the place of a
/// receive.
///
/// A receiver that is used through `&self`, or by several flows, keeps [`OpenMessages`](super::OpenMessages).
///
/// # Cost
///
/// Receiving an unsampled message allocates nothing.
pub struct OpenMessage<M> {
    pub(super) describe: Describe<M>,
    pub(super) last: flow::OpenMessage,
}

// A part of every receiver: two words for the description, the rest for the message.
const _: () = assert!(size_of::<OpenMessage<[u64; 8]>>() <= 80);

impl<M> OpenMessage<M> {
    /// Creates the state of a receiver that has received nothing yet, of a [`Channel`] or a [`Describe`].
    pub fn new(channel: impl Into<Channel<M>>) -> Self {
        let channel = channel.into();
        Self { describe: channel.describe, last: flow::OpenMessage::new(channel.receiver_mailbox()) }
    }

    /// Counts messages that were taken out of the mailbox and not opened.
    #[inline]
    pub(crate) fn take(&self, messages: usize) {
        self.last.take(messages);
    }

    // ----- a receive in one call -----

    /// Receives a message with the channel's own future, and opens it.
    ///
    /// The last message ends at the first poll, or when the future is dropped without a poll.
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as `future`.
    #[inline]
    #[track_caller]
    pub fn receive<F>(
        &mut self,
        future: F,
    ) -> impl Future<Output = <F::Output as ReceiveOutput<M>>::Opened> + use<'_, M, F>
    where
        F: Future<Output: ReceiveOutput<M>>,
    {
        Receive::new(self, ReceiveSite::of(ReceiveMode::Async), future)
    }

    /// Receives a message with the channel's own function, and opens it.
    ///
    /// The last message ends before the function is called.
    ///
    /// Pass [`ReceiveMode::Async`] if `receive` returns a `Poll`, [`ReceiveMode::Blocking`] if it blocks, and otherwise [`ReceiveMode::Try`].
    #[inline]
    #[track_caller]
    pub fn receive_now<R: ReceiveOutput<M>>(
        &mut self,
        how: ReceiveMode,
        receive: impl FnOnce() -> R,
    ) -> R::Opened {
        let place = ReceiveSite::of(how);
        self.close();
        receive().open_with(|envelope| self.open(envelope, place))
    }

    /// Receives an envelope with the channel's own future, without opening the message.
    ///
    /// The last message ends as in [`receive`](Self::receive).
    pub fn receive_envelope<F>(&mut self, future: F) -> impl Future<Output = F::Output> + use<'_, M, F>
    where
        F: Future<Output: ReceiveOutput<M>>,
    {
        receive_envelope(PendingReceive::new(self), future)
    }

    /// Receives an envelope with the channel's own function, without opening the message.
    ///
    /// The last message ends as in [`receive_now`](Self::receive_now).
    pub fn receive_envelope_now<R: ReceiveOutput<M>>(&mut self, receive: impl FnOnce() -> R) -> R {
        self.close();
        receive().aside(|| self.take(1))
    }

    // ----- its parts -----

    /// Opens the message of a received envelope, and returns it. Call [`close`](Self::close) for the last message
    /// first.
    #[inline]
    pub fn open(&mut self, mut envelope: Envelope<M>, place: ReceiveSite) -> M {
        self.open_in_place(&mut envelope, place);
        envelope.into_message()
    }

    /// Opens the message in its place, and leaves the envelope bare.
    ///
    /// Moving the message once would cost as much as everything else that this function does.
    #[inline]
    pub(crate) fn open_in_place(&mut self, envelope: &mut Envelope<M>, place: ReceiveSite) {
        let context = envelope.take_context();
        self.last.open(context, envelope.message(), self.describe, place);
    }

    /// Opens a batch, moves its messages to the end of `buffer`, and returns how many.
    ///
    /// Two or more messages have one span, with a link to the sender of each sampled one. A single message is opened
    /// as by [`open`](Self::open). Call [`close`](Self::close) for the last message first.
    pub fn open_batch(
        &mut self,
        batch: &mut Vec<Envelope<M>>,
        buffer: &mut Vec<M>,
        place: ReceiveSite,
    ) -> usize {
        let count = batch.len();
        if count == 1 {
            buffer.extend(batch.pop().map(|envelope| self.open(envelope, place)));
        } else if count > 1 {
            let mut contexts = Vec::with_capacity(count);
            self.last.take(count);
            buffer.extend(batch.drain(..).map(|envelope| {
                let (message, context) = envelope.into_parts();
                self.last.observe_batched(&context, &message, self.describe);
                contexts.push(context);
                message
            }));
            let first = &buffer[buffer.len() - count];
            self.last.open_batch(contexts, first, self.describe, place);
        }
        count
    }

    /// Ends the last message, unless a handler has claimed it.
    #[inline]
    pub fn close(&mut self) {
        self.last.close();
    }
}

impl<M> EndLast for &mut OpenMessage<M> {
    #[inline]
    fn close(&mut self) {
        self.last.close();
    }
}

impl<M> OpenNext<M> for &mut OpenMessage<M> {
    #[inline]
    fn open_next(&mut self, envelope: Envelope<M>, place: ReceiveSite) -> M {
        self.open(envelope, place)
    }

    fn take_next(&self) {
        self.take(1);
    }
}

opaque!(OpenMessage<M>);
