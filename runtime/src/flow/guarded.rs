//! Calls foreign code (recorders, samplers, fields of a message), so that it cannot harm the application.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::here::{HERE, Here};

/// Calls foreign code. Returns `None` if it panicked.
///
/// Messages that it sends are not traced. Otherwise an exporter that sends to a traced actor would create a span for
/// each span.
#[inline]
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    let _set_aside = HERE.with(Here::set_aside);
    catch_unwind(AssertUnwindSafe(run)).ok()
}

/// Calls foreign code that sends nothing: it makes a span current, or reads the current one. Returns `None` if it
/// panicked.
#[inline]
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}
