//! Announced fan-outs: every send in them is a recipient.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::flow::{FanoutFlow, FlowGuard, FlowState, budget, is_sampled};
use crate::sampling::Selection;
use crate::sync::Traced;

/// Announces a fan-out of `n` sends, of which at most the actor's `fanout_budget` (default 10) are traced.
///
/// The n sends are divided into k equal parts, where k is the budget, and one send is selected at random in each
/// part. The selected messages carry the probability k/n, so that the kept spans stand for exactly n messages. The
/// other messages are unsampled.
///
/// The handler's span records the outcome of all n sends in `sampling.fanout.size`, `.selected` and `.errors`. It
/// also records the shortest and longest wait for room in a mailbox, in seconds: `.wait.min` and `.wait.max`.
///
/// If the current message is not sampled, this does nothing. Every send counts as a recipient, so call other actors
/// outside of the fan-out.
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
    // Only a sampled flow has something to select, and a span that can record the outcome.
    if n == 0 || !is_sampled() {
        return Fanout { flow: None, sends: None };
    }
    let (flow, sends) = FlowState::of_fanout(Selection::new(n, budget(n)));
    Fanout { flow: Some(Box::new(flow)), sends: Some(sends) }
}

/// An announced fan-out. Created by [`fanout`].
#[must_use = "sends count while it runs or is entered"]
pub struct Fanout {
    flow: Option<Box<FlowState>>,
    sends: Option<Arc<FanoutFlow>>,
}

impl Fanout {
    /// Runs a future, and counts each of its sends as a recipient.
    pub async fn run<F: Future>(mut self, future: F) -> F::Output {
        match self.flow.take() {
            None => future.await,
            Some(flow) => Traced::with_flow(future, *flow).await,
        }
    }

    /// Counts each send of this thread as a recipient until the guard is dropped.
    ///
    /// Do not hold the guard across an `await`.
    pub fn enter(&mut self) -> EnteredFanout<'_> {
        EnteredFanout { _entered: self.flow.as_mut().map(|flow| flow.enter()), _not_send: PhantomData }
    }
}

opaque!(Fanout);

/// Counts the recipients when the fan-out ends.
impl Drop for Fanout {
    fn drop(&mut self) {
        if let Some(sends) = self.sends.take() {
            sends.finish();
        }
    }
}

/// A guard that counts the sends of this thread. Created by [`Fanout::enter`].
#[must_use = "if dropped immediately, it has no effect"]
pub struct EnteredFanout<'a> {
    _entered: Option<FlowGuard<'a>>,
    /// Keeps the guard on its thread.
    _not_send: PhantomData<*const ()>,
}

opaque!(EnteredFanout<'a>);
