//! The return types of channels' own receives.

use std::task::Poll;

use crate::Envelope;

/// The result of a channel's own receive.
///
/// Implemented for `Option<Envelope<M>>`, `Result<Envelope<M>, E>`, and a `Poll` of either.
pub trait ReceiveOutput<M> {
    /// The same type with the plain message.
    type Opened;

    /// Takes the message out of the envelope, if there is one.
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Self::Opened;

    /// Marks the envelope as put aside, so that no handler mistakes it for the last message.
    #[must_use]
    fn aside(self) -> Self;
}

impl<M> ReceiveOutput<M> for Option<Envelope<M>> {
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

impl<M, E> ReceiveOutput<M> for Result<Envelope<M>, E> {
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

impl<M, R: ReceiveOutput<M>> ReceiveOutput<M> for Poll<R> {
    type Opened = Poll<R::Opened>;

    #[inline]
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Poll<R::Opened> {
        self.map(|received| received.open_with(open))
    }

    #[inline]
    fn aside(self) -> Self {
        self.map(ReceiveOutput::aside)
    }
}
