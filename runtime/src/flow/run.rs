//! A future in its own flow: that of a handler, a loop or a task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::state::FlowState;
use crate::observe::Handling;
use crate::record::Failure;

/// Finds the failure in a future's output.
pub(crate) trait Judge<T> {
    fn failure<'a>(&self, output: &'a T) -> Option<Failure<'a>>;
}

/// A judge that finds no failure, whatever the output is.
pub(crate) struct Unjudged;

impl<T> Judge<T> for Unjudged {
    fn failure<'a>(&self, _: &'a T) -> Option<Failure<'a>> {
        None
    }
}

impl<T, F: for<'a> Fn(&'a T) -> Option<Failure<'a>>> Judge<T> for F {
    #[inline]
    fn failure<'a>(&self, output: &'a T) -> Option<Failure<'a>> {
        self(output)
    }
}

pin_project! {
    /// A future that runs in its own flow.
    ///
    /// Messages that it opened and left open end with it. If it is dropped before it completes, its locals are dropped
    /// in its flow.
    #[must_use = "a future does nothing unless it is awaited or spawned"]
    #[repr(C)]
    pub(crate) struct InFlow<F, J> {
        // First, and separate from memory that the future leaves uninitialized, so that it is moved word by word.
        pub(crate) flow: FlowState,
        // Whether the span that the flow works on ends with the future.
        owns: bool,
        // The observed handling of an unsampled message.
        handling: Handling,
        // `None` once it has completed.
        #[pin]
        future: Option<F>,
        judge: J,
    }

    impl<F, J> PinnedDrop for InFlow<F, J> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                abandon(this.flow, *this.owns, this.handling, || this.future.set(None));
            }
        }
    }
}

/// Ends the flow of a future that is dropped before it completes.
#[cold]
fn abandon(flow: &mut FlowState, owns: bool, handling: &mut Handling, drop_future: impl FnOnce()) {
    {
        let _running = flow.enter();
        drop_future();
    }
    flow.finish(owns, Some(Failure::interruption()));
    handling.interrupt();
}

impl<F, J> InFlow<F, J> {
    /// Creates a flow that does not end the span that it works on. The observed handling ends with the future.
    pub(crate) const fn new(flow: FlowState, handling: Handling, future: F, judge: J) -> Self {
        Self { flow, owns: false, handling, future: Some(future), judge }
    }

    /// Creates the flow of a handler, which ends its span.
    #[inline]
    pub(crate) const fn owning(flow: FlowState, handling: Handling, future: F, judge: J) -> Self {
        Self { flow, owns: true, handling, future: Some(future), judge }
    }
}

impl<F: Future, J: Judge<F::Output>> Future for InFlow<F, J> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let owns = *this.owns;
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("a future was polled after it was done");
        };
        let before = this.handling.enter();
        let running = this.flow.enter_owning(owns);
        let poll = future.poll(cx);
        if poll.is_ready() {
            this.future.set(None);
        }
        drop(running);
        this.handling.leave(before);
        match &poll {
            Poll::Ready(output) => {
                this.handling.end(|| this.judge.failure(output));
                if this.flow.has_open() {
                    this.flow.finish(owns, this.judge.failure(output));
                }
            }
            Poll::Pending => this.flow.end_poll(),
        }
        poll
    }
}
