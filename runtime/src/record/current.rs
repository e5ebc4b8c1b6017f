//! The current recorder: that of the current scope, or else the process's.

use super::bridge::{ContextBridge, CurrentContext};
use super::recorder::{self, Recorder};
use super::scoped;
use crate::context::Timestamp;
use crate::context::scope::any;

/// Returns the recorder of the current scope, if there is one. Costs one load if no scope was ever created.
#[inline]
fn of_scope() -> Option<&'static dyn Recorder> {
    if any() { scoped::recorder() } else { None }
}

/// Returns the current recorder. Costs two loads.
#[inline]
pub(crate) fn recorder() -> Option<&'static dyn Recorder> {
    of_scope().or_else(recorder::of_process)
}

/// Returns the current time by the clock of the current recorder, or else by the process's clock.
#[inline]
pub(crate) fn now() -> Timestamp {
    recorder().and_then(Recorder::now).unwrap_or_else(Timestamp::now)
}

/// Returns whether a recorder is installed, or a scope is current. Costs two loads.
#[inline]
pub fn is_recording() -> bool {
    recorder().is_some()
}

/// Returns the bridge of the current recorder. Costs two loads.
#[inline]
pub(crate) fn bridge() -> Option<&'static dyn ContextBridge> {
    match of_scope() {
        Some(recorder) => recorder.bridge(),
        None => recorder::bridge_of_process(),
    }
}

/// Returns the context that another library has made current. Returns `None` if no bridge knows one.
#[inline]
pub(crate) fn current_context() -> Option<CurrentContext> {
    bridge()?.current_context(None)
}

/// Returns whether the process has a recorder.
#[inline]
pub(crate) fn is_process_recording() -> bool {
    recorder::of_process().is_some()
}
