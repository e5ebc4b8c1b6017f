//! A recorder and a sampler for a part of the process, such as one test.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use crate::context::scope::{self, ScopeId};
use crate::flow::enter_scope;
use crate::record::{Recorder, set_scoped};
use crate::sampling::{self, Sampler};
use crate::sync::Traced;

/// A recorder and a sampler for a part of the process, such as a test that runs in parallel with others.
///
/// A scope contains the thread that called [`enter`](Self::enter), the actors and tasks of this crate that are
/// started in it, and the channels that are created in it. It also contains everything that these start, and the
/// handlers of messages that they send. Spans of messages that are handled in a scope go to its recorder, and not to
/// the process's recorder. A thread of `std::thread::spawn` must enter the scope itself.
///
/// A scope and its recorder are never freed. A process without scopes has no cost.
///
/// [`record`](super::record()) creates a scope that keeps its spans in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scope(ScopeId);

impl Scope {
    /// Creates a scope with this recorder, which keeps every root.
    pub fn new(recorder: impl Recorder + 'static) -> Self {
        Self::with(Box::new(recorder), None)
    }

    /// Creates a scope with this recorder and this sampler.
    pub fn with_sampler(recorder: impl Recorder + 'static, sampler: impl Sampler + 'static) -> Self {
        Self::with(Box::new(recorder), Some(Box::new(sampler)))
    }

    fn with(recorder: Box<dyn Recorder>, sampler: Option<Box<dyn Sampler>>) -> Self {
        Self(ScopeId::new(|scope| {
            sampling::set_scoped(scope, sampler, recorder.samples_roots());
            set_scoped(scope, recorder);
        }))
    }

    /// Returns the current scope, or `None` outside of any scope.
    pub fn current() -> Option<Self> {
        Some(scope::current()).filter(|scope| !scope.is_process()).map(Self)
    }

    /// Enters the scope on this thread until the guard is dropped.
    ///
    /// Within an actor or a task of this crate, the scope applies to the actor or task, on whichever thread it runs.
    #[must_use = "the scope is left when the guard is dropped"]
    pub fn enter(self) -> EnteredScope {
        EnteredScope { before: enter_scope(self.0), _of_this_thread: PhantomData }
    }

    /// Runs `work` in the scope.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        work()
    }

    /// Wraps a future, so that it runs in the scope on whichever thread it is polled.
    pub fn wrap<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        self.run(|| Traced::inheriting(future))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&self.0.get()).finish()
    }
}

/// Leaves a [`Scope`] when it is dropped.
#[derive(Debug)]
pub struct EnteredScope {
    before: ScopeId,
    /// Keeps the guard on its thread, since a thread must leave what it entered.
    _of_this_thread: PhantomData<*const ()>,
}

impl Drop for EnteredScope {
    fn drop(&mut self) {
        enter_scope(self.before);
    }
}
