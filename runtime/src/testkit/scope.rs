//! A recorder and a sampler for a part of the process, such as one test.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use crate::context::scope::{self, ScopeId};
use crate::flow::enter_scope;
use crate::record::{Recorder, set_scoped};
use crate::sampling::{self, Sampler};
use crate::sync::Traced;

/// A recorder, and perhaps a sampler, for a part of the process: for tests that run side by side.
///
/// In it are the thread on which [`enter`](Self::enter) was called, actors and tasks that are started there by this crate,
/// channels that are made there, and, from each of these on, whatever they start and whoever handles what they send. Each
/// message that is handled in a scope has its span there, and none in the process's recorder. A thread of `std::thread::spawn`
/// enters by itself.
///
/// Where no scope was ever made, scopes cost nothing. One that was made lasts as long as the process, with its recorder.
///
/// [`record`](super::record()) makes one that keeps its spans.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Scope(ScopeId);

impl Scope {
    /// Creates a scope in which this recorder records and every root is kept.
    pub fn new(recorder: impl Recorder + 'static) -> Self {
        Self::with(Box::new(recorder), None)
    }

    /// Creates a scope in which this recorder records what this sampler keeps.
    pub fn with_sampler(recorder: impl Recorder + 'static, sampler: impl Sampler + 'static) -> Self {
        Self::with(Box::new(recorder), Some(Box::new(sampler)))
    }

    fn with(recorder: Box<dyn Recorder>, sampler: Option<Box<dyn Sampler>>) -> Self {
        Self(ScopeId::new(|scope| {
            sampling::set_scoped(scope, sampler, recorder.samples_roots());
            set_scoped(scope, recorder);
        }))
    }

    /// Returns the scope in which this code runs; `None` outside of any.
    pub fn current() -> Option<Self> {
        Some(scope::current()).filter(|scope| !scope.is_process()).map(Self)
    }

    /// Makes what runs on this thread belong to the scope, until the guard is dropped. Within an actor or a task of this crate, what
    /// that does on whichever thread.
    #[must_use = "the scope is left when the guard is dropped"]
    pub fn enter(self) -> EnteredScope {
        EnteredScope { before: enter_scope(self.0), _of_this_thread: PhantomData }
    }

    /// Runs `work` in the scope.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        work()
    }

    /// Wraps a future, which runs in the scope wherever it is polled.
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
    /// A thread leaves what it has entered itself.
    _of_this_thread: PhantomData<*const ()>,
}

impl Drop for EnteredScope {
    fn drop(&mut self) {
        enter_scope(self.before);
    }
}
