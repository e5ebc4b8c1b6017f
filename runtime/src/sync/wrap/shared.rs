//! The last messages of a receiver that is used through `&self`, possibly by several flows.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pending_receive::{EndLast, OpenNext, PendingReceive, Receive, receive_envelope};
use super::{Channel, ReceiveMode, ReceiveOutput};
use crate::Envelope;
use crate::envelope::Describe;
use crate::flow::{self, FlowKey, ReceiveSite};
use crate::observe::ReceiverMailbox;

/// The last messages of a receiver that is used through `&self`, one for each flow.
///
/// A message ends at the next receive in the same flow, and when this is dropped. Receives of other flows leave it
/// open. A clone of the receiver needs its own state: see [`another`](Self::another). Otherwise this is like
/// [`OpenMessage`](super::OpenMessage).
///
/// # Cost
///
/// A receive takes a short lock four times, which is contended only if the receiver is shared, and searches a list
/// that is cleaned up from 64 flows on. Once a flow has received a message, receiving an unsampled one allocates
/// nothing.
pub struct OpenMessages<M> {
    describe: Describe<M>,
    mailbox: Option<ReceiverMailbox>,
    /// One entry for each flow, open or ended. An ended one is reused for the flow's next message.
    last: Mutex<Vec<(FlowKey, flow::OpenMessage)>>,
}

/// The number of entries from which on those of ended flows are searched and removed.
const MANY: usize = 64;

// A part of every receiver: two words for the description, one for the mailbox, four for the list and its lock.
const _: () = assert!(size_of::<OpenMessages<[u64; 8]>>() <= 56);

impl<M> OpenMessages<M> {
    /// Creates the state of a receiver that has received nothing yet, of a [`Channel`] or a [`Describe`].
    pub fn new(channel: impl Into<Channel<M>>) -> Self {
        let channel = channel.into();
        Self { describe: channel.describe, mailbox: channel.receiver_mailbox(), last: Mutex::default() }
    }

    /// Creates the state of another receiver of the same channel, with its own last messages.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { describe: self.describe, mailbox: self.mailbox.clone(), last: Mutex::default() }
    }

    // ----- a receive in one call -----

    /// Receives a message with the channel's own future, and opens it.
    ///
    /// The last message ends at the first poll, or when the future is dropped without a poll.
    ///
    /// # Cancel safety
    ///
    /// As cancel safe as `future`.
    #[track_caller]
    pub fn receive<F>(
        &self,
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
    #[track_caller]
    pub fn receive_now<R: ReceiveOutput<M>>(
        &self,
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
    pub fn receive_envelope<F>(&self, future: F) -> impl Future<Output = F::Output> + use<'_, M, F>
    where
        F: Future<Output: ReceiveOutput<M>>,
    {
        receive_envelope(PendingReceive::new(self), future)
    }

    /// Receives an envelope with the channel's own function, without opening the message.
    ///
    /// The last message ends as in [`receive_now`](Self::receive_now).
    pub fn receive_envelope_now<R: ReceiveOutput<M>>(&self, receive: impl FnOnce() -> R) -> R {
        self.close();
        receive().aside(|| self.take_next())
    }

    // ----- its parts -----

    /// Opens the message of a received envelope, and returns it.
    pub fn open(&self, envelope: Envelope<M>, place: ReceiveSite) -> M {
        let (message, context) = envelope.into_parts();
        let new = || (FlowKey::here(), flow::OpenMessage::new(self.mailbox.clone()));
        let (here, mut last) = self.take().unwrap_or_else(new);
        // Closed again, since several futures of one flow may have been waiting. Not under the lock, because this runs
        // the message's own code.
        last.close();
        last.open(context, &message, self.describe, place);
        self.put(here, last);
        message
    }

    /// Ends the last message of this flow, unless a handler has claimed it.
    pub fn close(&self) {
        flow::OpenMessage::end_continued();
        if let Some((here, mut last)) = self.take() {
            // Not under the lock, because it calls a recorder.
            last.close();
            self.put(here, last);
        }
    }

    /// Takes out the last message that this flow has received, ended or not.
    fn take(&self) -> Option<(FlowKey, flow::OpenMessage)> {
        let here = FlowKey::known()?;
        let mut all = self.lock();
        let at = all.iter().position(|(flow, _)| *flow == here)?;
        Some(all.swap_remove(at))
    }

    fn put(&self, here: FlowKey, last: flow::OpenMessage) {
        let mut all = self.lock();
        let over: Vec<_> = if all.len() < MANY {
            Vec::new()
        } else {
            all.extract_if(.., |(_, last)| last.is_over()).collect()
        };
        all.push((here, last));
        // Dropping it may call a recorder.
        drop(all);
        drop(over);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(FlowKey, flow::OpenMessage)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> EndLast for &OpenMessages<M> {
    fn close(&mut self) {
        OpenMessages::close(self);
    }
}

impl<M> OpenNext<M> for &OpenMessages<M> {
    fn open_next(&mut self, envelope: Envelope<M>, place: ReceiveSite) -> M {
        self.open(envelope, place)
    }

    fn take_next(&self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.take(1);
        }
    }
}

opaque!(OpenMessages<M>);
