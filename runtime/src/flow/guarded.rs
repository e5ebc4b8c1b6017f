//! Code of others: recorders, samplers, the fields of a message. It never harms the application.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::here::{HERE, Here};

/// Runs code of others. `None` if it panicked.
///
/// What it sends meanwhile is not traced: an exporter that sends to a traced actor would make a span for each span.
#[inline]
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    let _set_aside = HERE.with(Here::set_aside);
    catch_unwind(AssertUnwindSafe(run)).ok()
}

/// Runs code of others that does not send: it makes a span current, or asks for the current one. `None` if it panicked.
#[inline]
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}
