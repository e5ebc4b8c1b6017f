//! Runs a future, or a blocking function, in its own flow.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::flow::{FlowState, InFlow, Unjudged, set_instance};
use crate::observe::Handling;
use crate::record::Failure;
use crate::sampling::Options;

pin_project! {
    /// A future that runs in its own flow. Created by [`TracedExt::traced`] and [`TracedExt::in_current_trace`].
    ///
    /// A flow connects the messages that its future sends with the message that it received. At the first poll, the
    /// flow continues the span that the task is working on. Right after a `tokio::spawn` there is none.
    ///
    /// Spans that are still open in the flow end when the future completes. If the future is dropped earlier, they
    /// end with status Error, and `error.type` is `cancelled`, or `panic` during a panic. Messages that the future's
    /// locals send when they are dropped still belong to the flow.
    ///
    /// # Cost
    ///
    /// Each poll saves and restores a few words of thread-local state.
    #[must_use = "a future does nothing unless it is awaited or spawned"]
    pub struct Traced<F> {
        #[pin]
        inner: InFlow<F, Unjudged>,
    }
}

impl<F> Traced<F> {
    pub(crate) fn new(future: F, options: Option<&'static Options>) -> Self {
        Self::with_flow(future, FlowState::fresh(options))
    }

    /// Runs the future in a flow that continues what the caller is working on.
    pub(crate) fn inheriting(future: F) -> Self {
        Self { inner: InFlow::new(FlowState::inherit(None), Handling::of_task(), future, Unjudged) }
    }

    pub(crate) fn with_flow(future: F, flow: FlowState) -> Self {
        Self { inner: InFlow::new(flow, Handling::NONE, future, Unjudged) }
    }

    /// Sets the name of this instance of the actor, which its spans have as the attribute `actor.instance`.
    ///
    /// Use it where several actors have the same name.
    pub fn instance(mut self, name: impl Into<Arc<str>>) -> Self {
        self.inner.flow.name(name.into());
        self
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().inner.poll(cx)
    }
}

/// An extension trait that runs any future in a flow.
pub trait TracedExt: Future + Sized {
    /// Runs the future in a flow, which connects what it sends with what it receives.
    ///
    /// ```
    /// use traced_actor::TracedExt;
    /// use traced_actor::sync::mpsc;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (sender, mut receiver) = mpsc::channel_named_by_type::<u32>(8);
    /// let sum = tokio::spawn(
    ///     async move {
    ///         let mut sum = 0;
    ///         while let Some(n) = receiver.recv().await {
    ///             sum += n;
    ///         }
    ///         sum
    ///     }
    ///     .traced(),
    /// );
    /// sender.send(7).await.unwrap();
    /// drop(sender);
    /// assert_eq!(sum.await.unwrap(), 7);
    /// # }
    /// ```
    fn traced(self) -> Traced<Self> {
        Traced::new(self, None)
    }

    /// Runs the future in a flow that continues the span of the caller of this method, wherever it is polled.
    ///
    /// For a `JoinSet` and for spawns of other libraries, where [`task::spawn`](crate::task::spawn) cannot be used.
    ///
    /// ```
    /// use tokio::task::JoinSet;
    /// use traced_actor::{TracedExt, sync::mpsc};
    ///
    /// # async fn in_a_handler(tasks: &mut JoinSet<()>, sender: mpsc::Sender<u32>) {
    /// tasks.spawn(
    ///     async move {
    ///         sender.send(7).await.ok(); // continues the handler's trace
    ///     }
    ///     .in_current_trace(),
    /// );
    /// # }
    /// ```
    fn in_current_trace(self) -> Traced<Self> {
        Traced::inheriting(self)
    }
}

impl<F: Future> TracedExt for F {}

/// A guard that runs a blocking function in a flow on this thread.
#[expect(missing_debug_implementations, reason = "named by generated code only")]
pub struct EnteredScope {
    /// The thread's previous state, while the flow is entered.
    flow: Option<FlowState>,
}

impl EnteredScope {
    pub(crate) fn new(mut flow: FlowState) -> Self {
        std::mem::forget(flow.enter());
        Self { flow: Some(flow) }
    }

    /// Ends the flow, with the function's failure if there was one.
    pub fn end(mut self, failure: Option<Failure<'_>>) {
        self.leave(failure);
    }

    fn leave(&mut self, failure: Option<Failure<'_>>) {
        if let Some(mut flow) = self.flow.take() {
            flow.leave();
            flow.finish(false, failure);
        }
    }
}

impl Drop for EnteredScope {
    fn drop(&mut self) {
        let panicking = std::thread::panicking();
        self.leave(if panicking { Some(Failure::PANIC) } else { None });
    }
}

/// Sets the name of the running actor's instance, which its spans have as the attribute `actor.instance`.
///
/// Call it at the start of the receive loop. Outside of a flow it does nothing.
///
/// ```
/// # struct Guild { id: u64 }
/// # use traced_actor::{traced_actor, sync::mpsc};
/// # impl Guild {
/// async fn run(self) {
///     traced_actor::instance(format!("guild-{}", self.id));
///     // …
/// }
/// # }
/// ```
pub fn instance(name: impl Into<Arc<str>>) {
    set_instance(name.into());
}
