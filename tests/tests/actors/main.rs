//! Actors as users write them, looked at through the spans that they leave in the testkit's recorder.
//!
//! `shapes` has whole actors before and after adoption, `seen` what the macro sees in them, `scopes` when a span opens and
//! closes, `channels` each way to send and to receive, `adapter` the spans of a framework's handlers, and `testkit` what users' own
//! tests see.

mod adapter;
mod channels;
mod scopes;
mod seen;
mod send_failures;
mod shapes;
mod testkit;
mod told_or_asked;
