//! What a user's tests see: spans of their own, trees, waiting, and messages of failures that help.

#![allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]
#![allow(clippy::unused_self, reason = "an actor may have no state")]

mod exported;
mod failures;
mod scopes;
