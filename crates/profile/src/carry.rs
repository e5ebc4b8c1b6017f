//! Carries what a thread publishes to other tasks and threads.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::publish::Context;

/// The actor, the kind and the trace that a thread publishes.
#[derive(Clone)]
pub struct Published(Option<Context>);

/// Returns what this thread publishes now, so that another thread can publish it.
///
/// ```
/// let published = traced_actor_profile::published();
/// std::thread::spawn(move || published.run(|| { /* … */ })).join().unwrap();
/// ```
pub fn published() -> Published {
    let current = Context::swap(None);
    if current.is_some() {
        Context::swap(current.clone());
    }
    Published(current)
}

/// Publishes, whenever this future is polled, what this thread publishes now.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// tokio::spawn(traced_actor_profile::carry(async { /* … */ })).await.unwrap();
/// # }
/// ```
pub fn carry<F: Future>(future: F) -> Carried<F> {
    Carried { published: published(), future }
}

impl Published {
    /// Runs a function on this thread, and publishes this value meanwhile.
    pub fn run<T>(&self, function: impl FnOnce() -> T) -> T {
        let _restore = Restore(Context::swap(self.0.clone()));
        function()
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published").field("is_some", &self.0.is_some()).finish()
    }
}

/// Restores what was published before, also after a panic.
struct Restore(Option<Context>);

impl Drop for Restore {
    fn drop(&mut self) {
        Context::swap(self.0.take());
    }
}

pin_project! {
    /// A future that publishes, in each poll, what was captured when it was created. Created by [`carry`].
    #[must_use = "a future does nothing unless it is awaited or spawned"]
    pub struct Carried<F> {
        published: Published,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future;
        this.published.run(|| future.poll(cx))
    }
}

impl<F> fmt::Debug for Carried<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("published", &self.published).finish_non_exhaustive()
    }
}
