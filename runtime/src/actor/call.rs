//! The error of a call.

use std::fmt;

/// The error of [`ActorRef::call`](super::ActorRef::call). Neither `Debug` nor `Display` prints the message.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<M> {
    /// The actor has ended. Contains the message.
    Closed(M),
    /// The actor dropped the reply channel without a reply.
    NoReply,
    /// The time ran out.
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
