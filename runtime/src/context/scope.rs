//! Scopes: parts of the process with their own recorder and sampler.
//!
//! This file only has the number of a scope, and which one is current. The current flow of a thread sets it. Lookups
//! of a recorder or a sampler start here.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The number of a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ScopeId(u32);

/// How many scopes there have been. A process that has none asks this and nothing else.
static COUNT: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static CURRENT: Cell<ScopeId> = const { Cell::new(ScopeId::PROCESS) };
}

impl ScopeId {
    /// Everything that is in no scope.
    pub(crate) const PROCESS: Self = Self(0);

    /// Returns the number of a new scope. `prepare` makes ready what is asked for by it, before anybody can.
    pub(crate) fn new(prepare: impl FnOnce(Self)) -> Self {
        // No test starts four thousand million scopes; beyond that they would be one.
        let scope = Self(COUNT.fetch_add(1, Relaxed).saturating_add(1));
        prepare(scope);
        scope
    }

    pub(crate) fn is_process(self) -> bool {
        self == Self::PROCESS
    }

    /// Returns its number, in the order in which they were made; 0 for the process.
    pub(crate) const fn get(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// This one, or `other` where this is the process.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.is_process() { other } else { self }
    }

    /// Makes it current on this thread until the guard is dropped; the process changes nothing.
    pub(crate) fn enter(self) -> InScope {
        if self.is_process() { InScope(None) } else { InScope(Some(set_current(self))) }
    }
}

/// Returns whether there is any scope in this process. One load.
#[inline]
pub(crate) fn any() -> bool {
    COUNT.load(Relaxed) != 0
}

/// Returns the scope that is current on this thread.
#[inline]
pub(crate) fn current() -> ScopeId {
    if any() { CURRENT.get() } else { ScopeId::PROCESS }
}

/// Makes a scope current on this thread, and returns what was.
pub(crate) fn set_current(scope: ScopeId) -> ScopeId {
    CURRENT.replace(scope)
}

/// Makes current again what was.
pub(crate) struct InScope(Option<ScopeId>);

impl Drop for InScope {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            CURRENT.set(before);
        }
    }
}
