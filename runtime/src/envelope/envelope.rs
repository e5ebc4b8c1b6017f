//! The envelope.

use std::fmt;

use super::{Describe, Message};
use crate::context::{ContextState, MessageContext, SampledContext, TraceContext};
use crate::flow;
use crate::observe::is_observed;

/// A message with the trace context of its sender, or without one.
///
/// Within a process, the channels of [`traced_actor::sync`](crate::sync) carry the context, and `recv` returns the
/// plain message. Use this type for messages that are serialized, that come from an adapter, or that go through other
/// channels:
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
/// An envelope is eight bytes larger than its message if the message is aligned to eight bytes. This holds for almost
/// all types with a pointer, a length or a `u64`. A message with a smaller alignment takes 8 to 15 bytes more, such
/// as 15 for a `u8`. A message with a larger alignment takes as many bytes more as its alignment, such as 16 for a
/// `u128`.
///
/// `Debug` does not print the message, which may be secret and need not implement `Debug`.
#[derive(Clone, Default)]
pub struct Envelope<M> {
    message: M,
    context: MessageContext,
}

impl<M: Message> Envelope<M> {
    /// Creates an envelope with the current context, as a send does.
    ///
    /// Allocates if the context is sampled.
    pub fn capture(message: M) -> Self {
        let mut context = flow::capture(|| message.kind());
        if is_observed() {
            flow::observe_send(&mut context, Describe::message().message_type(&message), None);
        }
        Self { message, context }
    }

    /// Captures the current context like [`capture`](Self::capture), but does not report a send to the observer.
    ///
    /// For this project's adapters, whose requests and broker messages are not messages of actors.
    #[doc(hidden)]
    pub fn capture_unobserved(message: M) -> Self {
        Self { context: flow::capture(|| message.kind()), message }
    }

    /// Stashes a received message with the context that it came with.
    ///
    /// Use it for a stash, a retry queue, or a loop that is one message behind. A handler that is called with the
    /// envelope handles the message in its own trace.
    ///
    /// The span that the receive opened is discarded, as if the message had not been received yet. If messages were
    /// already sent under that span, or if the recorder cannot discard it (OpenTelemetry's provider cannot), the span
    /// ends, and the message continues it.
    ///
    /// A message that this flow has not received gets the current context, as in [`capture`](Self::capture).
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
    pub fn hold(message: M) -> Self {
        let context = flow::hold(&message, Describe::message()).aside();
        Self { message, context }
    }
}

impl<M> Envelope<M> {
    /// Creates an envelope without a context: no sampling decision has been made.
    pub const fn bare(message: M) -> Self {
        Self { message, context: MessageContext::ABSENT }
    }

    /// Creates an envelope with this context.
    pub fn new(message: M, context: impl Into<MessageContext>) -> Self {
        Self { message, context: context.into().aside() }
    }

    /// Returns a reference to the message.
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// Returns a mutable reference to the message.
    pub const fn message_mut(&mut self) -> &mut M {
        &mut self.message
    }

    /// Returns the message and drops its context.
    #[inline]
    pub fn into_message(self) -> M {
        self.message
    }

    /// Returns the message and its context.
    #[inline]
    pub fn into_parts(self) -> (M, MessageContext) {
        (self.message, self.context)
    }

    /// Takes the context out. The message is bare from here on.
    #[inline]
    pub(crate) const fn take_context(&mut self) -> MessageContext {
        std::mem::replace(&mut self.context, MessageContext::ABSENT)
    }

    /// Creates an envelope for a message that is being sent.
    #[inline]
    pub(crate) const fn carrying(message: M, context: MessageContext) -> Self {
        Self { message, context }
    }

    /// Marks the message as stashed: it is not the message that was received last.
    #[inline]
    pub(crate) fn aside(self) -> Self {
        Self { message: self.message, context: self.context.aside() }
    }

    /// Marks the message like [`aside`](Self::aside), in place.
    #[inline]
    pub(crate) fn set_aside(&mut self) {
        self.context.set_aside();
    }

    /// Returns the envelope as it goes into a mailbox.
    #[inline]
    pub(crate) fn sent(mut self) -> Self {
        self.context.set_sent();
        self
    }

    /// Returns the state of the context: absent, unsampled or sampled.
    pub fn state(&self) -> ContextState<'_> {
        self.context.state()
    }

    /// Returns a reference to the context.
    pub const fn message_context(&self) -> &MessageContext {
        &self.context
    }

    /// Returns the sender's trace context if the message is sampled.
    pub fn context(&self) -> Option<&TraceContext> {
        match self.context.state() {
            ContextState::Sampled(SampledContext { context, .. }) => Some(context),
            ContextState::Absent | ContextState::Unsampled => None,
        }
    }

    /// Transforms the message and keeps the context.
    pub fn map<N>(self, change: impl FnOnce(M) -> N) -> Envelope<N> {
        Envelope { message: change(self.message), context: self.context }
    }
}

/// Converts a message into an envelope without a context.
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

// The cost of a context for each queued message.
const _: () = {
    assert!(size_of::<Envelope<[u64; 8]>>() == 64 + 8);
    assert!(size_of::<Envelope<String>>() == size_of::<String>() + 8);
    assert!(size_of::<Envelope<u32>>() == 4 + 12);
    assert!(size_of::<Envelope<u8>>() == 1 + 15);
    assert!(size_of::<Envelope<()>>() == 8);
    assert!(size_of::<Envelope<u128>>() == 16 + align_of::<u128>());
    assert!(align_of::<u128>() == 16);
};
