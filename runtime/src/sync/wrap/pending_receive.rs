//! A receive that was requested, and may not have been polled yet.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::ReceiveOutput;
use crate::Envelope;
use crate::flow::ReceiveSite;

/// A receiver's state, whose last message ends when the next one is requested.
pub trait EndLast {
    /// Ends the last message, unless a handler has claimed it.
    fn close(&mut self);
}

/// A guard for a receive that may be dropped before its first poll.
///
/// A `select!` evaluates the expression of a disabled branch without polling it. Therefore the last message ends at
/// the first poll, or at the drop if the future was never polled. A future that receives keeps one of these, and
/// calls [`ask`](Self::ask) in each poll. Declare it before the channel's own future, since fields are dropped in the
/// order of their declaration.
pub struct PendingReceive<L: EndLast> {
    last: L,
    polled: bool,
}

impl<L: EndLast> PendingReceive<L> {
    /// Creates the guard of a receive.
    #[inline]
    pub fn new(last: L) -> Self {
        Self { last, polled: false }
    }

    /// Returns the receiver's state.
    pub fn last(&self) -> &L {
        &self.last
    }

    /// Records a poll, and returns the receiver's state. The first poll ends the last message.
    #[inline]
    pub fn ask(&mut self) -> &mut L {
        if !self.polled {
            self.polled = true;
            self.last.close();
        }
        &mut self.last
    }
}

impl<L: EndLast> Drop for PendingReceive<L> {
    #[inline]
    fn drop(&mut self) {
        if !self.polled {
            self.last.close();
        }
    }
}

impl<L: EndLast> fmt::Debug for PendingReceive<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingReceive").field("polled", &self.polled).finish_non_exhaustive()
    }
}

/// Receives an envelope with the channel's own future, and counts it.
///
/// The last message ends at the first poll, or when the future is dropped.
pub(super) async fn receive_envelope<M, L: OpenNext<M>, F: Future<Output: ReceiveOutput<M>>>(
    mut asked: PendingReceive<L>,
    future: F,
) -> F::Output {
    let last = asked.ask();
    future.await.aside(|| last.take_next())
}

/// A last message that can be followed by the next one.
pub(super) trait OpenNext<M>: EndLast {
    fn open_next(&mut self, envelope: Envelope<M>, place: ReceiveSite) -> M;

    /// Counts the next message, which is not opened.
    fn take_next(&self);
}

pin_project! {
    /// The next message, from a channel's own future.
    pub(super) struct Receive<M, L: EndLast, F> {
        asked: PendingReceive<L>,
        place: ReceiveSite,
        #[pin]
        future: F,
        _message: PhantomData<fn() -> M>,
    }
}

impl<M, L: OpenNext<M>, F> Receive<M, L, F> {
    pub(super) fn new(last: L, place: ReceiveSite, future: F) -> Self {
        Self { asked: PendingReceive::new(last), place, future, _message: PhantomData }
    }
}

impl<M, L: OpenNext<M>, F: Future<Output: ReceiveOutput<M>>> Future for Receive<M, L, F> {
    type Output = <F::Output as ReceiveOutput<M>>::Opened;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let last = this.asked.ask();
        let received = ready!(this.future.poll(cx));
        Poll::Ready(received.open_with(|envelope| last.open_next(envelope, *this.place)))
    }
}
