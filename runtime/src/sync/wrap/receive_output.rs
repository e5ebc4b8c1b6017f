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

    /// Marks the envelope as stashed, so that no handler mistakes it for the last message.
    ///
    /// Calls `taken` if there is an envelope.
    #[must_use]
    fn aside(self, taken: impl FnOnce()) -> Self;
}

macro_rules! output {
    ($output:ident $(, $error:ident)?) => {
        impl<M $(, $error)?> ReceiveOutput<M> for $output<Envelope<M> $(, $error)?> {
            type Opened = $output<M $(, $error)?>;

            #[inline]
            fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Self::Opened {
                self.map(open)
            }

            #[inline]
            fn aside(self, taken: impl FnOnce()) -> Self {
                self.inspect(|_| taken()).map(Envelope::aside)
            }
        }
    };
}

output!(Option);
output!(Result, E);

impl<M, R: ReceiveOutput<M>> ReceiveOutput<M> for Poll<R> {
    type Opened = Poll<R::Opened>;

    #[inline]
    fn open_with(self, open: impl FnOnce(Envelope<M>) -> M) -> Poll<R::Opened> {
        self.map(|received| received.open_with(open))
    }

    #[inline]
    fn aside(self, taken: impl FnOnce()) -> Self {
        self.map(|received| received.aside(taken))
    }
}
