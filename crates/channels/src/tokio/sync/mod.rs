//! The broadcast channel of [`tokio::sync`].
//!
//! # Why there is no `watch`
//!
//! A `watch` holds a state and no messages. A value that no one has read is overwritten, and one value may be read
//! several times. No value is received at a particular moment, so a span would have no beginning and no end. A reader
//! sees any number of changes as one, and the context of the last writer belongs to only one of them. So a span with
//! that context as its cause would often be wrong.
//!
//! The work of a reader after `changed()` is separate work. Open a span for it, or put the ids of the change into the
//! value, as `(TraceContext, State)`, and link to them.

pub mod broadcast;
