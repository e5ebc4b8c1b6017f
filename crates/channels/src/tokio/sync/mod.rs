//! The broadcast channel of [`tokio::sync`].
//!
//! # Why there is no `watch`
//!
//! A `watch` holds a state, and no messages: a value that nobody has looked at yet is overwritten, and one that somebody looks at is
//! looked at again. There is no moment at which a value is received, so there is none at which a span could begin or end, and the
//! context of the last writer is that of one out of any number of changes that a reader sees as one. A span that claimed to be
//! caused by it would be wrong as often as right. What a reader does after `changed()` is work of its own: open a span for it, or
//! put the ids of the change into the value, as `(TraceContext, State)`, and link to them.

pub mod broadcast;
