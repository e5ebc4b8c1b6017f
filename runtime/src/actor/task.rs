//! Tasks that go on with the trace of whoever spawned them.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::flow::FlowState;
use crate::sync::Traced;

/// Spawns a task that goes on with what the caller is working on: what it sends continues the same span.
///
/// As [`tokio::spawn`], in a receive scope of its own.
///
/// ```
/// # use traced_actor::{task, sync::mpsc};
/// # async fn in_a_handler(sender: mpsc::Sender<u32>) {
/// task::spawn(async move {
///     sender.send(7).await.ok(); // continues the handler's trace
/// });
/// # }
/// ```
///
/// # Panics
///
/// Outside of a tokio runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(carried(future))
}

/// As [`tokio::task::spawn_local`], otherwise like [`spawn`].
///
/// # Panics
///
/// Outside of a `LocalSet`.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    tokio::task::spawn_local(carried(future))
}

/// As [`tokio::task::spawn_blocking`]; what the closure sends continues the caller's span.
///
/// # Panics
///
/// Outside of a tokio runtime.
#[track_caller]
pub fn spawn_blocking<F, T>(work: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let mut flow = FlowState::inherit(None);
    tokio::task::spawn_blocking(move || {
        let _entered = flow.enter();
        work()
    })
}

/// A future that goes on with what the caller is working on now, wherever it is polled.
fn carried<F: Future>(future: F) -> Traced<F> {
    Traced::inheriting(future)
}
