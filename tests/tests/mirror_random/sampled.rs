//! `traced_actor::sync::mpsc` does what `tokio::sync::mpsc` does, in random programs, while every message is recorded.

mod check;
mod log;
mod program;
mod sides;

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use check::assert_same;
use sides::{ours, theirs};
use traced_actor::record::{self, FinishedSpans};

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
    assert_same_while_recorded(true);
}

#[test]
fn unbounded_channels_do_the_same() {
    assert_same_while_recorded(false);
}
