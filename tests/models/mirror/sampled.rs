//! `traced_actor::sync::mpsc` behaves like `tokio::sync::mpsc` in random programs while every message is recorded. It runs in
//! a separate process, because a recorder is global.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use traced_actor::record::{self, FinishedSpans};
use traced_actor_tests::isolated::isolated;

use super::random::check::assert_same;
use super::random::sides::{ours, theirs};

static SPANS: AtomicUsize = AtomicUsize::new(0);

fn record() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        record::install(FinishedSpans::new(|_| {
            SPANS.fetch_add(1, Ordering::Relaxed);
        }))
        .unwrap();
    });
}

fn assert_same_while_recorded(bounded: bool) {
    record();
    let before = SPANS.load(Ordering::Relaxed);
    assert_same(bounded, theirs, ours);
    assert!(SPANS.load(Ordering::Relaxed) > before, "messages were recorded");
}

#[test]
fn bounded_channels_do_the_same() {
    isolated("sampled::bounded_channels_do_the_same", &[], || assert_same_while_recorded(true));
}

#[test]
fn unbounded_channels_do_the_same() {
    isolated("sampled::unbounded_channels_do_the_same", &[], || assert_same_while_recorded(false));
}
