//! Why this crate refused to write something. Some formats do not keep the text of an error.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Display;

thread_local! {
    /// Why something was refused last.
    static REFUSED: Cell<Option<String>> = const { Cell::new(None) };
}

/// Returns an error of a serializer that refuses to write something, and keeps the reason.
#[cold]
pub fn refused<E: serde::ser::Error>(reason: impl Display) -> E {
    let reason = reason.to_string();
    let error = E::custom(&reason);
    REFUSED.set(Some(reason));
    error
}

/// As [`refused`], outside of a serializer.
#[cold]
pub fn refusal(reason: impl Display) -> Box<dyn Error + Send + Sync> {
    let reason = reason.to_string();
    REFUSED.set(Some(reason.clone()));
    reason.into()
}

/// Takes the reason for which something was refused last on this thread, whatever the format made of the error.
pub fn take_refusal() -> Option<String> {
    REFUSED.take()
}
