//! A receive that was asked for.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Received;
use crate::Envelope;
use crate::flow::Place;

/// Something whose last message ends when the next one is asked for.
pub trait Last {
    /// Ends the last message, unless a handler has claimed it.
    fn close(&mut self);
}

/// A receive that was asked for and may be polled or not.
///
/// In a `select!` the expression of a disabled branch is evaluated, and not polled. So it is the first poll that ends the last
/// message; or the drop, where another branch was ready before. A future that receives keeps one of these and calls
/// [`ask`](Self::ask) in each poll. Declare it before the channel's own future, since fields are dropped in that order.
pub struct Asked<L: Last> {
    last: L,
    polled: bool,
}

impl<L: Last> Asked<L> {
    /// Asks for the next message.
    #[inline]
    pub fn new(last: L) -> Self {
        Self { last, polled: false }
    }

    /// Returns what [`new`](Self::new) was called with.
    pub fn last(&self) -> &L {
        &self.last
    }

    /// Notes a poll: the first one ends the last message. Returns what [`new`](Self::new) was called with.
    #[inline]
    pub fn ask(&mut self) -> &mut L {
        if !self.polled {
            self.polled = true;
            self.last.close();
        }
        &mut self.last
    }
}

impl<L: Last> Drop for Asked<L> {
    #[inline]
    fn drop(&mut self) {
        if !self.polled {
            self.last.close();
        }
    }
}

impl<L: Last> fmt::Debug for Asked<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("polled", &self.polled).finish_non_exhaustive()
    }
}

/// A last message that is followed by the next one.
pub(super) trait OpenNext<M>: Last {
    fn open_next(&mut self, envelope: Envelope<M>, place: Place) -> M;
}

pin_project! {
    /// The next message, of a channel's own future.
    pub(super) struct Receive<M, L: Last, F> {
        asked: Asked<L>,
        place: Place,
        #[pin]
        future: F,
        _message: PhantomData<fn() -> M>,
    }
}

impl<M, L: OpenNext<M>, F> Receive<M, L, F> {
    pub(super) fn new(last: L, place: Place, future: F) -> Self {
        Self { asked: Asked::new(last), place, future, _message: PhantomData }
    }
}

impl<M, L: OpenNext<M>, F: Future<Output: Received<M>>> Future for Receive<M, L, F> {
    type Output = <F::Output as Received<M>>::Opened;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let last = this.asked.ask();
        let received = ready!(this.future.poll(cx));
        Poll::Ready(received.open_with(|envelope| last.open_next(envelope, *this.place)))
    }
}

pin_project! {
    /// The next envelope, of a channel's own future.
    pub(super) struct ReceiveEnvelope<M, L: Last, F> {
        asked: Asked<L>,
        #[pin]
        future: F,
        _message: PhantomData<fn() -> M>,
    }
}

impl<M, L: Last, F> ReceiveEnvelope<M, L, F> {
    pub(super) fn new(last: L, future: F) -> Self {
        Self { asked: Asked::new(last), future, _message: PhantomData }
    }
}

impl<M, L: Last, F: Future<Output: Received<M>>> Future for ReceiveEnvelope<M, L, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.asked.ask();
        this.future.poll(cx).map(Received::aside)
    }
}
