//! How publishing begins.

use std::fmt;

use traced_actor::observe::{self, Observer};

use crate::numbers::Numbers;
use crate::publish::publishing;

/// Publishes what the handlers of this process work on. Messages that are sent later are followed.
///
/// # Errors
///
/// Returns an error if something observes messages already. Put it [around] that.
pub fn install() -> Result<(), InstallError> {
    observe::observe(around(Numbers::new())).map_err(|_| InstallError)
}

/// Returned where something observes messages already.
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

/// Returns an observer that publishes what handlers work on, and tells another one all that it is told.
///
/// Handlings that the other one does not follow are not published.
pub fn around(observer: impl Observer) -> impl Observer {
    publishing(observer)
}
