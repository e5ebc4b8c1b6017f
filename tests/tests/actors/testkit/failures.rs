//! The messages of failed assertions, and the places that they point to.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use traced_actor::sync::mpsc;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Envelope, TracedExt, traced_actor};

#[traced_actor]
enum Request {
    #[traced(fields(number))]
    Count {
        number: u64,
    },
    Other,
}

fn handle(request: Request) {
    drop(Envelope::bare(request).open());
}

/// The text of a panic.
fn said<T>(work: impl FnOnce() -> T) -> String {
    let thrown = catch_unwind(AssertUnwindSafe(work)).err().expect("it fails");
    *thrown.downcast::<String>().expect("a text")
}

#[test]
fn a_tree_that_differs_is_shown_line_by_line() {
    let spans = testkit::record();
    handle(Request::Count { number: 7 });
    handle(Request::Other);
    let said = said(|| {
        assert_tree!(
            spans,
            "
            Request/Count number=8
            Request/Other
            "
        );
    });
    assert_eq!(
        said,
        "the tree is another one (- expected, + found):\n\
         - Request/Count number=8\n\
         + Request/Count number=7\n  \
           Request/Other"
    );
}

/// Run in a separate process, a failure names this file, not the kit.
#[test]
fn a_failure_is_at_the_caller() {
    const CHILD: &str = "TRACED_ACTOR_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let spans = testkit::record();
        assert_tree!(spans, "Request/Other");
        return;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "testkit::failures::a_failure_is_at_the_caller"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0");
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("failures.rs:"), "{said}");
    assert!(!said.contains("src/testkit/spans.rs:"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_shows_what_has_ended() {
    let spans = testkit::record();
    handle(Request::Count { number: 7 });
    let waiting = AssertUnwindSafe(spans.ended("Request/Other", 1)).catch_unwind();
    let thrown = waiting.await.unwrap_err();
    let said = thrown.downcast::<String>().unwrap();
    let expected =
        "0 of 1 spans of `Request/Other` have ended after 10 s; these have:\nRequest/Count number=7";
    assert!(said.ends_with(expected) && said.contains("failures.rs:"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_span_that_stays_open_is_told() {
    let spans = testkit::record();
    let (_request, _span) = Envelope::bare(Request::Other).open();
    let thrown = AssertUnwindSafe(spans.idle()).catch_unwind().await.unwrap_err();
    let said = thrown.downcast::<String>().unwrap();
    assert!(said.contains("1 spans are open after 10 s"), "{said}");
}

#[test]
fn a_span_without_its_parent_is_told() {
    let spans = testkit::record();
    let (request, mut span) = Envelope::bare(Request::Other).open();
    let entered = span.enter();
    let below = Envelope::capture(Request::Count { number: 1 });
    drop(entered);
    drop(below.open());
    assert_eq!(
        said(|| spans.assert_connected()),
        "Request/Count lost its parent: that span has not ended here, or was never recorded\n\
         in:\n\
         Request/Count number=1 (parent missing)"
    );
    drop((request, span));
    spans.assert_connected();
}

/// The handler's work goes on in a task of plain tokio, which nobody can know as the handler's.
#[tokio::test]
async fn a_send_that_lost_its_context_is_told() {
    let spans = testkit::record();
    let (requests, mut receiver) = mpsc::channel(8);
    tokio::spawn(async move { requests.send(Request::Other).await.unwrap() }).await.unwrap();
    let receive = async { receiver.recv().await.is_some() };
    assert!(receive.traced().await);
    spans.ended("Request/Other", 1).await;
    assert_eq!(
        said(|| spans.assert_connected()),
        "Request/Other lost its context: it was sent by a plain task or thread, which belongs to no message; start that by \
         `task::spawn` or in the test's scope\n\
         in:\n\
         Request/Other (context lost)"
    );
    spans.assert_connected_except(&["Request/Other"]);
    spans.assert_connected_except(&["Request"]);
}
