//! The envelope.

use std::fmt;

use super::{Describe, Message};
use crate::context::{ContextState, MessageContext, SampledContext, TraceContext};
use crate::flow;

/// A message, bare or with the trace context of its sender.
///
/// In process the context rides inside the channel and this type need not be seen: `recv` yields the plain
/// message. It is for what comes off a wire, out of an adapter, or goes through a channel that is not
/// [`traced_actor::sync`](crate::sync):
///
/// ```
/// use traced_actor::{Envelope, traced_actor};
///
/// #[traced_actor]
/// enum Job {
///     Resize { width: u32 },
/// }
///
/// let (sender, receiver) = std::sync::mpsc::channel();
/// sender.send(Envelope::capture(Job::Resize { width: 100 }))?;
///
/// for envelope in receiver.try_iter() {
///     let (job, _span) = envelope.open();     // the span ends when `_span` is dropped
///     match job {
///         Job::Resize { width } => assert_eq!(width, 100),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Size
///
/// Eight bytes more than the message, for a message that is aligned to eight bytes, as almost all are that hold a pointer, a length
/// or an `u64`. The size is a multiple of the alignment, which is that of the message or eight: so it is 15 more for an `u8`, 8 to 15
/// for what is aligned to less than eight bytes, and as much as its alignment for what is aligned to more (16 for an `u128`).
///
/// `Debug` never prints the message: it may be secret, and need not be printable.
#[derive(Clone, Default)]
pub struct Envelope<M> {
    message: M,
    carried: MessageContext,
}

impl<M> Envelope<M> {
    /// A bare message: nobody has decided about a trace.
    pub const fn bare(message: M) -> Self {
        Self { message, carried: MessageContext::ABSENT }
    }

    /// A message that comes with this context.
    pub fn new(message: M, context: impl Into<MessageContext>) -> Self {
        Self { message, carried: context.into().aside() }
    }

    /// The message with the context of what this thread is working on, as a send would give it.
    ///
    /// Cost: about a nanosecond while nothing is sampled; an allocation otherwise.
    pub fn capture(message: M) -> Self
    where
        M: Message,
    {
        let carried = flow::capture(|| message.kind());
        Self { message, carried }
    }

    /// Puts a message aside that was just received: the message, with the context that it came with.
    ///
    /// For a stash, a retry queue, a loop that is one message behind. The span that the receive opened is taken back, as if the
    /// message had not been received yet; where something was sent below it already, or the recorder cannot take it back
    /// (OpenTelemetry's provider cannot), that span ends and is what the message continues. A handler that is called with the
    /// envelope handles the message in its own trace.
    ///
    /// A message that this flow has not received continues what it is put aside in, as [`capture`](Self::capture).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use std::collections::VecDeque;
    /// use traced_actor::{Envelope, sync::mpsc, traced_actor};
    ///
    /// #[traced_actor]
    /// struct Job(u32);
    ///
    /// let (sender, mut jobs) = mpsc::channel(8);
    /// sender.send(Job(1)).await.unwrap();
    /// let mut later = VecDeque::new();
    /// if let Some(job) = jobs.recv().await {
    ///     later.push_back(Envelope::hold(job));
    /// }
    /// # assert_eq!(later.len(), 1);
    /// # }
    /// ```
    pub fn hold(message: M) -> Self
    where
        M: Message,
    {
        let carried = flow::hold(&message, Describe::message()).aside();
        Self { message, carried }
    }

    /// The message.
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// The message, to be changed.
    pub const fn message_mut(&mut self) -> &mut M {
        &mut self.message
    }

    /// The message alone; its context is dropped.
    #[inline]
    pub fn into_message(self) -> M {
        self.message
    }

    /// The message and what it carries.
    #[inline]
    pub fn into_parts(self) -> (M, MessageContext) {
        (self.message, self.carried)
    }

    /// Takes the context out. The message is bare from here on.
    #[inline]
    pub(crate) const fn take_context(&mut self) -> MessageContext {
        std::mem::replace(&mut self.carried, MessageContext::ABSENT)
    }

    /// A message on its way into a mailbox.
    #[inline]
    pub(crate) const fn carrying(message: M, carried: MessageContext) -> Self {
        Self { message, carried }
    }

    /// As it is taken out of its channel: it is not the message that was received last.
    #[inline]
    pub(crate) fn aside(self) -> Self {
        Self { message: self.message, carried: self.carried.aside() }
    }

    /// As [`aside`](Self::aside).
    #[inline]
    pub(crate) fn set_aside(&mut self) {
        self.carried.set_aside();
    }

    /// As it goes into a mailbox.
    #[inline]
    pub(crate) fn sent(mut self) -> Self {
        self.carried.set_sent();
        self
    }

    /// Which of the three states it carries.
    pub fn state(&self) -> ContextState<'_> {
        self.carried.state()
    }

    /// Returns what it carries.
    pub const fn message_context(&self) -> &MessageContext {
        &self.carried
    }

    /// The sender's trace context, if the message is sampled.
    pub fn context(&self) -> Option<&TraceContext> {
        match self.carried.state() {
            ContextState::Sampled(SampledContext { context, .. }) => Some(context),
            ContextState::Absent | ContextState::Unsampled => None,
        }
    }

    /// The same context with another message.
    pub fn map<N>(self, change: impl FnOnce(M) -> N) -> Envelope<N> {
        Envelope { message: change(self.message), carried: self.carried }
    }
}

/// A bare message.
impl<M> From<M> for Envelope<M> {
    fn from(message: M) -> Self {
        Self::bare(message)
    }
}

impl<M> fmt::Debug for Envelope<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("state", &self.state()).finish_non_exhaustive()
    }
}

// What a queued message pays for its context.
const _: () = {
    assert!(size_of::<Envelope<[u64; 8]>>() == 64 + 8);
    assert!(size_of::<Envelope<String>>() == size_of::<String>() + 8);
    assert!(size_of::<Envelope<u32>>() == 4 + 12);
    assert!(size_of::<Envelope<u8>>() == 1 + 15);
    assert!(size_of::<Envelope<()>>() == 8);
    assert!(size_of::<Envelope<u128>>() == 16 + align_of::<u128>());
    assert!(align_of::<u128>() == 16);
};
