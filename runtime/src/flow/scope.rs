//! Enters and leaves scopes.

use super::here::HERE;
use crate::context::scope::ScopeId;

/// Puts the current flow into this scope, and returns the previous one.
pub(crate) fn enter_scope(scope: ScopeId) -> ScopeId {
    HERE.with(|here| here.set_scope(scope))
}
