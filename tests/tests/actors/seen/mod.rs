//! The macro finds the receivers, the handlers and their names in code as people write it. Each message has exactly one
//! span, in its sender's trace, and messages that its handler sends continue that trace.

#![allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::match_same_arms,
    clippy::unused_self,
    clippy::while_let_loop,
    clippy::question_mark,
    clippy::non_minimal_cfg,
    clippy::many_single_char_names,
    clippy::drop_non_drop,
    clippy::default_constructed_unit_structs,
    clippy::explicit_iter_loop,
    clippy::elidable_lifetime_names,
    clippy::diverging_sub_expression,
    clippy::manual_async_fn,
    reason = "written as real code is"
)]

mod everyday;
mod futures;
mod handlers;
mod helpers;
mod loops;
mod names;
mod paths;
mod threads;
mod valid;

use std::future::Future;

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, testkit, traced_actor};

/// A message that is sent while another message is handled.
#[traced_actor(name = "Out")]
pub(crate) struct Note;

#[traced_actor(name = "Root")]
struct Root;

/// Runs something as the work of a traced caller.
pub(crate) async fn in_trace<F: Future>(work: F) -> F::Output {
    let mut root = Envelope::bare(Root).open().1;
    let output = root.run(work).await;
    root.end_ok();
    output
}

/// Sends messages from within a trace, and nothing after them.
pub(crate) async fn sent<T: traced_actor::Message>(messages: Vec<T>) -> mpsc::Receiver<T> {
    testkit::install();
    let (sender, receiver) = mpsc::channel(16);
    in_trace(async {
        for message in messages {
            sender.send(message).await.ok().unwrap();
        }
    })
    .await;
    receiver
}

/// The spans of an actor in their order: what they are called, and how they failed. None is a root.
#[track_caller]
pub(crate) fn check(actor: &str, expected: &[(&str, Option<&str>)]) {
    let mut spans = testkit::install().named(actor);
    spans.sort_by_key(|span| span.start);
    let found: Vec<_> =
        spans.iter().map(|span| (span.name, span.error.as_ref().map(ToString::to_string))).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(kind, error)| (format!("{actor}/{kind}"), error.map(ToOwned::to_owned)))
        .collect();
    let found: Vec<_> = found.into_iter().map(|(name, error)| (name.to_owned(), error)).collect();
    assert_eq!(found, expected);
    for span in &spans {
        assert!(span.parent.is_some(), "{} is a root", span.name);
    }
}

/// Checks the number of notes that were sent, and that each has a context.
#[track_caller]
pub(crate) fn check_notes(notes: &mut mpsc::Receiver<Note>, expected: usize) {
    let mut count = 0;
    while let Ok(envelope) = notes.try_recv_envelope() {
        assert!(envelope.context().is_some(), "sent without a context");
        count += 1;
    }
    assert_eq!(count, expected);
}
