//! Receive scopes: the state of a task, put on the thread at each poll and taken off behind it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::record::{Failure, Saved, set_instance};
use crate::sampling::Options;

pin_project! {
    /// A future that runs in a receive scope of its own. Made by [`TracedExt::traced`] and by the macro.
    ///
    /// The scope goes on with what the task is doing when it is polled first (nothing, right after a
    /// `tokio::spawn`), and every poll puts two words on the thread and takes them off, about a nanosecond
    /// while nothing is sampled. Spans that it opened and left open end with it: when the future is done, or
    /// with status Error and `error.type` `cancelled` or `panic` when it is dropped earlier.
    #[must_use = "a future does nothing unless it is awaited or spawned"]
    pub struct Traced<F> {
        saved: Saved,
        #[pin]
        future: F,
    }

    impl<F> PinnedDrop for Traced<F> {
        fn drop(this: Pin<&mut Self>) {
            this.project().saved.finish(Some(interruption()));
        }
    }
}

impl<F> Traced<F> {
    pub(crate) fn new(future: F, options: Option<&'static Options>) -> Self {
        Self::with_saved(future, Saved::fresh(options))
    }

    /// A scope in which nobody has decided, whatever the task is doing.
    pub(crate) fn absent(future: F, options: &'static Options) -> Self {
        Self::with_saved(future, Saved::absent(Some(options)))
    }

    /// A scope with this state, whatever the task is doing.
    pub(crate) fn with_saved(future: F, saved: Saved) -> Self {
        Self { saved, future }
    }

    /// Names the instance of the actor, where several have the same name: the attribute `actor.instance`.
    pub fn instance(mut self, name: impl Into<Arc<str>>) -> Self {
        self.saved.name(name.into());
        self
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let entered = this.saved.enter();
        let poll = this.future.poll(cx);
        drop(entered);
        if poll.is_ready() {
            this.saved.finish(None);
        }
        poll
    }
}

/// Makes a receive scope of any future.
pub trait TracedExt: Future + Sized {
    /// Runs the future in a receive scope, so that what it sends is connected with what it receives.
    ///
    /// ```
    /// use traced_actor::TracedExt;
    /// use traced_actor::sync::mpsc;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (sender, mut receiver) = mpsc::channel_of::<u32>(8);
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
}

impl<F: Future> TracedExt for F {}

/// A receive scope on this thread, for a function that blocks.
pub struct EnteredScope {
    /// The thread's state before, while the scope is entered.
    saved: Option<Saved>,
}

impl EnteredScope {
    pub(crate) fn new(options: &'static Options) -> Self {
        let mut saved = Saved::inherit(Some(options));
        std::mem::forget(saved.enter());
        Self { saved: Some(saved) }
    }
}

impl Drop for EnteredScope {
    fn drop(&mut self) {
        if let Some(mut saved) = self.saved.take() {
            saved.leave();
            let panicking = std::thread::panicking();
            saved.finish(if panicking { Some(Failure::PANIC) } else { None });
        }
    }
}

/// Why a future that is dropped now did not finish.
pub(crate) fn interruption() -> Failure<'static> {
    if std::thread::panicking() { Failure::PANIC } else { Failure::CANCELLED }
}

/// Names the instance of the actor whose scope is running: the attribute `actor.instance` of its spans.
///
/// Called at the start of the receive loop; outside of a scope it does nothing.
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
