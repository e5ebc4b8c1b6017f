//! The recorders of scopes.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::recorder::Recorder;
use crate::context::scope::{self, ScopeId};

static RECORDERS: LazyLock<RwLock<HashMap<u32, &'static dyn Recorder>>> = LazyLock::new(RwLock::default);

/// Sets the recorder of a scope for as long as the process runs.
pub(crate) fn set(scope: ScopeId, recorder: Box<dyn Recorder>) {
    RECORDERS.write().unwrap_or_else(PoisonError::into_inner).insert(scope.get(), Box::leak(recorder));
}

/// Returns the recorder of the current scope, or `None` outside of any scope.
#[cold]
pub(super) fn recorder() -> Option<&'static dyn Recorder> {
    let scope = scope::current();
    if scope.is_process() {
        return None;
    }
    RECORDERS.read().unwrap_or_else(PoisonError::into_inner).get(&scope.get()).copied()
}
