//! Publishes nothing, if the feature is disabled or the platform is not supported.

use std::io;

use traced_actor::observe::Observer;

/// The record of a thread, which does not exist here.
#[derive(Clone)]
pub(crate) enum Context {}

/// Returns whether anything is published: the feature is enabled, and the platform is supported.
pub const fn is_publishing() -> bool {
    false
}

/// Publishes what this process is, for profilers. Does nothing here: see [`is_publishing`].
///
/// # Errors
///
/// Returns no error here.
pub fn publish_process(attributes: &[(&str, &str)]) -> io::Result<()> {
    let _ = attributes;
    Ok(())
}

impl Context {
    pub(crate) fn swap(_: Option<Self>) -> Option<Self> {
        None
    }
}

/// Returns the observer unchanged.
pub(crate) fn publishing(observer: impl Observer) -> impl Observer {
    observer
}
