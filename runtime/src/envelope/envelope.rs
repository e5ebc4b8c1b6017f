//! The envelope.

use std::fmt;

use super::{Describe, Message};
use crate::context::{Carried, SampledContext, State, TraceContext};
use crate::record;

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
/// `Debug` never prints the message: it may be secret, and need not be printable.
#[derive(Clone, Default)]
pub struct Envelope<M> {
    message: M,
    carried: Carried,
}

impl<M> Envelope<M> {
    /// A bare message: nobody has decided about a trace.
    pub const fn bare(message: M) -> Self {
        Self { message, carried: Carried::ABSENT }
    }

    /// A message that comes with this context.
    pub fn new(message: M, carried: impl Into<Carried>) -> Self {
        Self { message, carried: carried.into() }
    }

    /// The message with the context of what this thread is working on, as a send would give it.
    ///
    /// Cost: about a nanosecond while nothing is sampled; an allocation otherwise.
    pub fn capture(message: M) -> Self
    where
        M: Message,
    {
        let carried = record::capture(|| message.kind());
        Self { message, carried }
    }

    pub(crate) fn capture_with(message: M, describe: Describe<M>) -> Self {
        let carried = record::capture(|| describe.kind(&message));
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
    pub fn into_message(self) -> M {
        self.message
    }

    /// The message and what it carries.
    #[inline]
    pub fn into_parts(self) -> (M, Carried) {
        (self.message, self.carried)
    }

    /// As it goes into a mailbox.
    #[inline]
    pub(crate) fn sent(mut self) -> Self {
        self.carried.set_sent();
        self
    }

    /// Which of the three states it carries.
    pub fn state(&self) -> State<'_> {
        self.carried.state()
    }

    /// What it carries.
    #[cfg(any(feature = "serde", feature = "prost"))]
    pub(crate) const fn carried(&self) -> &Carried {
        &self.carried
    }

    /// The sender's trace context, if the message is sampled.
    pub fn context(&self) -> Option<&TraceContext> {
        match self.carried.state() {
            State::Sampled(SampledContext { context, .. }) => Some(context),
            State::Absent | State::Unsampled => None,
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
const _: () = assert!(size_of::<Envelope<[u64; 8]>>() == 64 + 8);
