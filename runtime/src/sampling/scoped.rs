//! The samplers of scopes.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::Sampler;
use crate::context::scope::{self, ScopeId};

/// The source of decisions about roots in a scope.
#[derive(Clone, Copy)]
pub(super) enum Decider {
    Sampler(&'static dyn Sampler),
    Recorder,
    /// No sampler: every root is kept.
    Nobody,
}

static DECIDERS: LazyLock<RwLock<HashMap<u32, Decider>>> = LazyLock::new(RwLock::default);

/// Sets the decider of a scope: the sampler, or else the recorder if it `samples_roots`. A scope is never freed.
pub(crate) fn set(scope: ScopeId, sampler: Option<Box<dyn Sampler>>, samples_roots: bool) {
    let decider = match sampler {
        Some(sampler) => Decider::Sampler(Box::leak(sampler)),
        None if samples_roots => Decider::Recorder,
        None => Decider::Nobody,
    };
    DECIDERS.write().unwrap_or_else(PoisonError::into_inner).insert(scope.get(), decider);
}

/// Returns the decider of the current scope, or `None` outside of any scope.
#[inline]
pub(super) fn decider() -> Option<Decider> {
    let scope = scope::current();
    if scope.is_process() { None } else { look_up(scope) }
}

#[inline(never)]
fn look_up(scope: ScopeId) -> Option<Decider> {
    DECIDERS.read().unwrap_or_else(PoisonError::into_inner).get(&scope.get()).copied()
}
