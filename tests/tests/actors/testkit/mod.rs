//! The test kit as users see it: their own spans, trees, waiting, and helpful messages of failures.

#![allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]
#![allow(clippy::unused_self, reason = "an actor may have no state")]

mod exported;
mod failures;
mod scopes;
