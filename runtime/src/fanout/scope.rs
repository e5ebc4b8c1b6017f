//! Every send in here is a recipient of one fan-out.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::flow::{FanoutFlow, FlowGuard, FlowState, budget, is_sampled};
use crate::sampling::Selection;
use crate::sync::Traced;

/// Announces `n` sends, of which at most the actor's `fanout_budget` (default 10) are traced.
///
/// Which ones is settled by one random number: every n/k-th. Each of them carries the probability k/n, so that
/// the kept spans stand for n messages exactly; the others are unsampled, and cost nothing further on. The
/// handler's span records what became of all n: `sampling.fanout.size`, `.selected` and `.errors`, and in seconds
/// `.wait.min` and `.wait.max`, for which sends waited for room in a mailbox.
///
/// While nothing is sampled this does nothing. Every send inside counts, so a call to another actor belongs
/// outside of it.
///
/// ```
/// # use traced_actor::{fanout, sync::mpsc};
/// # async fn deliver(sessions: &[mpsc::Sender<u32>]) {
/// fanout(sessions.len())
///     .run(async {
///         for session in sessions {
///             session.send(7).await.ok();
///         }
///     })
///     .await;
/// # }
/// ```
pub fn fanout(n: usize) -> Fanout {
    let n = n as u64;
    // Only within something sampled there is something to choose, and a span to say what became of it.
    if n == 0 || !is_sampled() {
        return Fanout { flow: None, sends: None };
    }
    let (flow, sends) = FlowState::of_fanout(Selection::new(n, budget(n)));
    Fanout { flow: Some(Box::new(flow)), sends: Some(sends) }
}

/// A fan-out that was announced. Made by [`fanout`].
#[must_use = "sends count while it runs or is entered"]
pub struct Fanout {
    flow: Option<Box<FlowState>>,
    sends: Option<Arc<FanoutFlow>>,
}

impl Fanout {
    /// Runs a future whose sends are the recipients.
    pub async fn run<F: Future>(mut self, future: F) -> F::Output {
        match self.flow.take() {
            None => future.await,
            Some(flow) => Traced::with_flow(future, *flow).await,
        }
    }

    /// The sends of this thread are the recipients until the guard is dropped. Not across an `await`.
    pub fn enter(&mut self) -> EnteredFanout<'_> {
        EnteredFanout { _entered: self.flow.as_mut().map(|flow| flow.enter()), _not_send: PhantomData }
    }
}

impl fmt::Debug for Fanout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout").finish_non_exhaustive()
    }
}

/// The recipients are counted when it is done.
impl Drop for Fanout {
    fn drop(&mut self) {
        if let Some(sends) = self.sends.take() {
            sends.finish();
        }
    }
}

/// This thread's sends are the recipients until this is dropped.
#[must_use = "dropped at once, it does nothing"]
pub struct EnteredFanout<'a> {
    _entered: Option<FlowGuard<'a>>,
    /// It belongs to its thread.
    _not_send: PhantomData<*const ()>,
}

impl fmt::Debug for EnteredFanout<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredFanout").finish_non_exhaustive()
    }
}
