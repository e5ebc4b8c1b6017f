//! Tasks that continue the trace of their spawner.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::flow::FlowState;
use crate::observe::ClosureHandling;
use crate::sync::Traced;

/// Spawns a task that continues the caller's span: messages that it sends belong to the same span.
///
/// Like [`tokio::spawn`], but the task runs in its own flow. Spawn another actor with `tokio::spawn` instead: the messages
/// that it sends without having received one, such as those of its timers, would continue the caller's trace for ever.
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
/// Panics if called outside of a tokio runtime.
#[track_caller]
pub fn spawn<F: Future<Output: Send + 'static> + Send + 'static>(future: F) -> JoinHandle<F::Output> {
    tokio::spawn(Traced::inheriting(future))
}

/// Spawns a task on the current `LocalSet` that continues the caller's span.
///
/// Like [`tokio::task::spawn_local`], but the task runs in its own flow.
///
/// # Panics
///
/// Panics if called outside of a `LocalSet`.
#[track_caller]
pub fn spawn_local<F: Future<Output: 'static> + 'static>(future: F) -> JoinHandle<F::Output> {
    tokio::task::spawn_local(Traced::inheriting(future))
}

/// Runs a blocking closure that continues the caller's span.
///
/// Like [`tokio::task::spawn_blocking`]. Messages that the closure sends belong to the caller's span.
///
/// # Panics
///
/// Panics if called outside of a tokio runtime.
#[track_caller]
pub fn spawn_blocking<F: FnOnce() -> T + Send + 'static, T: Send + 'static>(work: F) -> JoinHandle<T> {
    let (mut flow, mut handling) = (FlowState::inherit(None), ClosureHandling::of_task());
    tokio::task::spawn_blocking(move || {
        handling.run(|| {
            let _entered = flow.enter();
            work()
        })
    })
}
