//! Scopes: parts of the process with their own recorder and sampler.
//!
//! This file only has the number of a scope and the current scope of each thread, which the thread's current flow sets.
//! Lookups of a recorder or a sampler start here.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The number of a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ScopeId(u32);

/// The number of scopes created so far. A process without scopes reads only this.
static COUNT: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static CURRENT: Cell<ScopeId> = const { Cell::new(ScopeId::PROCESS) };
}

impl ScopeId {
    /// The scope of everything that is in no other scope.
    pub(crate) const PROCESS: Self = Self(0);

    /// Returns the number of a new scope. `prepare` sets up the scope before it can be looked up.
    pub(crate) fn new(prepare: impl FnOnce(Self)) -> Self {
        // No program creates four billion scopes. Any further ones would share a number.
        let scope = Self(COUNT.fetch_add(1, Relaxed).saturating_add(1));
        prepare(scope);
        scope
    }

    pub(crate) fn is_process(self) -> bool {
        self == Self::PROCESS
    }

    /// Returns its number. Scopes are numbered in the order of their creation, and the process has 0.
    pub(crate) const fn get(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Returns this scope, or `other` if this is the process.
    pub(crate) fn or(self, other: Self) -> Self {
        if self.is_process() { other } else { self }
    }

    /// Makes it current on this thread until the guard is dropped. Does nothing if this is the process.
    pub(crate) fn enter(self) -> InScope {
        if self.is_process() { InScope(None) } else { InScope(Some(set_current(self))) }
    }
}

/// Returns whether this process has any scope. Costs one load.
#[inline]
pub(crate) fn any() -> bool {
    COUNT.load(Relaxed) != 0
}

/// Returns the scope that is current on this thread.
#[inline]
pub(crate) fn current() -> ScopeId {
    if any() { CURRENT.get() } else { ScopeId::PROCESS }
}

/// Makes a scope current on this thread, and returns the previous one.
pub(crate) fn set_current(scope: ScopeId) -> ScopeId {
    CURRENT.replace(scope)
}

/// A guard that restores the previous scope.
pub(crate) struct InScope(Option<ScopeId>);

impl Drop for InScope {
    fn drop(&mut self) {
        if let Some(before) = self.0 {
            CURRENT.set(before);
        }
    }
}
