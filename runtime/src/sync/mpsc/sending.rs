//! The future of a send: the message lies in it once, from the call to the channel.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::sync::mpsc as tokio_mpsc;
use tokio::task::coop;

use super::error::SendError;
use crate::Envelope;
use crate::envelope::Describe;
use crate::sync::wrap::SendAttempt;

type Sender<T> = tokio_mpsc::Sender<Envelope<T>>;
type Permit<'a, T> = tokio_mpsc::Permit<'a, Envelope<T>>;

pin_project! {
    /// A send that was asked for.
    ///
    /// Written by hand: the future of an `async` block has a place for the message before its first poll, and another one for when
    /// it waits. Each is moved as often as the future.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(super) struct Sending<'a, T, R, F> {
        sender: &'a Sender<T>,
        // Until it is done.
        unsent: Option<(SendAttempt, T)>,
        reserve: R,
        // Once there was no room.
        #[pin]
        permit: Option<F>,
    }
}

impl<'a, T, R, F> Sending<'a, T, R, F>
where
    R: Fn(&'a Sender<T>) -> F,
    F: Future<Output = Result<Permit<'a, T>, SendError<()>>>,
{
    /// `reserve` waits for room.
    #[expect(
        clippy::inline_always,
        reason = "returned by a call, all of it is moved, also the room for `permit`"
    )]
    #[inline(always)]
    pub(super) fn new(sender: &'a Sender<T>, message: T, describe: Describe<T>, reserve: R) -> Self {
        // Here and not at the first poll: in a `select!` with a `recv()`, the span has ended before that.
        let attempt = SendAttempt::new(&message, describe);
        Self { sender, unsent: Some((attempt, message)), reserve, permit: None }
    }
}

impl<'a, T, R, F> Future for Sending<'a, T, R, F>
where
    R: Fn(&'a Sender<T>) -> F,
    F: Future<Output = Result<Permit<'a, T>, SendError<()>>>,
{
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.permit.is_none() {
            if let Some(permit) = ready!(poll_permit_now(this.sender, cx)) {
                let (attempt, message) = take(this.unsent);
                permit.send(attempt.sealed(message));
                return Poll::Ready(Ok(()));
            }
            if let Some((attempt, _)) = this.unsent {
                attempt.wait();
            }
            this.permit.set(Some((this.reserve)(this.sender)));
        }
        let Some(permit) = this.permit.as_mut().as_pin_mut() else { unreachable!("it was set") };
        let permit = ready!(permit.poll(cx));
        let (mut attempt, message) = take(this.unsent);
        Poll::Ready(if let Ok(permit) = permit {
            permit.send(attempt.envelope(message));
            attempt.sent();
            Ok(())
        } else {
            attempt.failed();
            Err(SendError(message))
        })
    }
}

#[inline]
fn take<T>(unsent: &mut Option<(SendAttempt, T)>) -> (SendAttempt, T) {
    unsent.take().expect("a future is not polled after it was done")
}

/// As tokio's `reserve`, of room that is there: without a place in the queue of senders, which costs more than all that this
/// crate adds to a message. Nobody is overtaken: while senders wait, there is no room.
#[inline]
pub(super) fn poll_permit_now<'a, T>(
    sender: &'a Sender<T>,
    cx: &mut Context<'_>,
) -> Poll<Option<Permit<'a, T>>> {
    // It takes its part of the task's budget, so that a loop that sends yields. Where nothing is left of it, `reserve` does
    // more than wait: it keeps the room, and sees that the channel is closed.
    if !coop::has_budget_remaining() {
        return Poll::Ready(None);
    }
    let coop = ready!(coop::poll_proceed(cx));
    let permit = sender.try_reserve().ok();
    if permit.is_some() {
        coop.made_progress();
    }
    Poll::Ready(permit)
}
