//! A scope is entered, and left again.

use super::here::HERE;
use crate::context::scope::ScopeId;

/// What runs here is in this scope from here on. Returns the one that it was in.
pub(crate) fn enter_scope(scope: ScopeId) -> ScopeId {
    HERE.with(|here| here.set_scope(scope))
}
