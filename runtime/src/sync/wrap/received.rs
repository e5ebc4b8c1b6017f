//! What a channel's own receive returns.

use std::task::Poll;

use crate::Envelope;

/// An envelope that a channel's own method has received, or why there is none: `Option<Envelope<M>>`,
/// `Result<Envelope<M>, E>`, or a `Poll` of one of them.
pub trait Received<M> {
    /// The same with the plain message.
    type Opened;

    /// Takes the message out of the envelope, if there is one.
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Self::Opened;

    /// Notes that the envelope is given out as it is: no handler takes it for the message that was received last.
    #[must_use]
    fn aside(self) -> Self;
}

impl<M> Received<M> for Option<Envelope<M>> {
    type Opened = Option<M>;

    #[inline]
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Option<M> {
        self.map(open)
    }

    #[inline]
    fn aside(self) -> Self {
        self.map(Envelope::aside)
    }
}

impl<M, E> Received<M> for Result<Envelope<M>, E> {
    type Opened = Result<M, E>;

    #[inline]
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Result<M, E> {
        self.map(open)
    }

    #[inline]
    fn aside(self) -> Self {
        self.map(Envelope::aside)
    }
}

impl<M, R: Received<M>> Received<M> for Poll<R> {
    type Opened = Poll<R::Opened>;

    #[inline]
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Poll<R::Opened> {
        self.map(|received| received.open_with(open))
    }

    #[inline]
    fn aside(self) -> Self {
        self.map(Received::aside)
    }
}
