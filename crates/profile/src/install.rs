//! Starts publishing.

use std::fmt;

use traced_actor::observe::{self, Observer};

use crate::numbers::Numbers;
use crate::publish::publishing;

/// Publishes the work of this process's handlers. Applies to messages that are sent later.
///
/// # Errors
///
/// Returns an error if an observer is already installed. Use [around] to combine both.
pub fn install() -> Result<(), InstallError> {
    observe::observe(around(Numbers::new())).map_err(|_| InstallError)
}

/// The error of installing this crate if an observer is already installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstallError;

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "messages are observed already; put this observer around that one, before the first actor starts",
        )
    }
}

impl std::error::Error for InstallError {}

/// Returns an observer that publishes the work of handlers, and forwards every event to another observer.
///
/// Handlings that the other observer does not follow are not published.
pub fn around(observer: impl Observer) -> impl Observer {
    publishing(observer)
}
