//! The current recorder: that of the current scope, or else the process's.

use super::bridge::ContextBridge;
use super::recorder::{self, Recorder};
use super::scoped;
use crate::context::Timestamp;
use crate::context::scope::any;

/// Returns the recorder that records here. Two loads.
#[inline]
pub(crate) fn recorder() -> Option<&'static dyn Recorder> {
    if any()
        && let Some(scoped) = scoped::recorder()
    {
        Some(scoped)
    } else {
        recorder::of_process()
    }
}

/// Returns the current time by the clock of the recorder that records here, or by the process's.
#[inline]
pub(crate) fn now() -> Timestamp {
    recorder().and_then(Recorder::now).unwrap_or_else(Timestamp::now)
}

/// Returns whether a recorder is installed, or a scope is current. Costs two loads.
#[inline]
pub fn is_recording() -> bool {
    recorder().is_some()
}

/// Returns the bridge of the recorder that records here. Two loads.
#[inline]
pub(crate) fn bridge() -> Option<&'static dyn ContextBridge> {
    if any()
        && let Some(scoped) = scoped::recorder()
    {
        scoped.bridge()
    } else {
        recorder::bridge_of_process()
    }
}

/// Returns whether the process has a recorder.
#[inline]
pub(crate) fn is_process_recording() -> bool {
    recorder::of_process().is_some()
}
