//! Why a call has no reply.

use std::fmt;

/// Why [`ActorRef::call`](super::ActorRef::call) has no reply. Neither `Debug` nor `Display` prints the message.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<M> {
    /// The actor has ended; here is the message.
    Closed(M),
    /// The actor took the message and dropped the reply channel.
    NoReply,
    /// There was no reply in time.
    Timeout,
}

impl<M> fmt::Display for CallError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "the actor has ended",
            Self::NoReply => "the actor dropped the reply channel",
            Self::Timeout => "the actor did not reply in time",
        })
    }
}

impl<M> fmt::Debug for CallError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "Closed(..)",
            Self::NoReply => "NoReply",
            Self::Timeout => "Timeout",
        })
    }
}

impl<M> std::error::Error for CallError<M> {}
