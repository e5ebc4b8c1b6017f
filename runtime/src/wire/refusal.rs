//! Reasons why this crate refuses to write. Some formats do not keep the text of an error.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Display;

thread_local! {
    /// The reason of the last refusal.
    static REFUSED: Cell<Option<String>> = const { Cell::new(None) };
}

/// Creates a serializer's error for a refusal, and stores the reason.
#[cold]
pub fn refused<E: serde::ser::Error>(reason: impl Display) -> E {
    let reason = reason.to_string();
    let error = E::custom(&reason);
    REFUSED.set(Some(reason));
    error
}

/// Creates an error for a refusal outside of a serializer, and stores the reason.
#[cold]
pub fn refusal(reason: impl Display) -> Box<dyn Error + Send + Sync> {
    let reason = reason.to_string();
    REFUSED.set(Some(reason.clone()));
    reason.into()
}

/// Takes the reason of this thread's last refusal. It is kept even if the format has lost the error's text.
pub fn take_refusal() -> Option<String> {
    REFUSED.take()
}
