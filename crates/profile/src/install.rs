//! Starts publishing.

use std::fmt;

use traced_actor::observe::{self, Observer};

use crate::numbers::Numbers;
use crate::publish::{publish_process, publishing};

/// Publishes the work of this process's handlers, and a description of the process.
///
/// Applies to messages that are sent later.
///
/// The process's `service.name` is `OTEL_SERVICE_NAME`, or else the name of the executable. See [`publish_process`].
///
/// # Errors
///
/// Returns an error if an observer is already installed. Use [around] to combine both.
pub fn install() -> Result<(), InstallError> {
    observe::observe(around(Numbers::new())).map_err(|_| InstallError)?;
    // Without the description, a profiler knows the trace and no names.
    let _ = publish_process(&[("service.name", &service_name())]);
    Ok(())
}

fn service_name() -> String {
    let executable = || Some(std::env::current_exe().ok()?.file_stem()?.to_string_lossy().into_owned());
    let named = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    named.or_else(executable).unwrap_or_else(|| "unknown_service".to_owned())
}

/// The error of installing this crate if an observer is already installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstallError;

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "messages are already observed; wrap that observer in this one, before the first actor starts",
        )
    }
}

impl std::error::Error for InstallError {}

/// Returns an observer that publishes the work of handlers, and forwards every event to another observer.
///
/// Handlings that the other observer does not follow are not published. The ids that it assigns to handlings must be
/// below 2³¹, because the higher ones are used for tasks.
pub fn around(observer: impl Observer) -> impl Observer {
    publishing(observer)
}
