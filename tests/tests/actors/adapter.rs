//! The span of a handler that an adapter of a framework runs.

use std::task::Poll;

use traced_actor::actor::HandlerSpan;
use traced_actor::context::MessageContext;
use traced_actor::sync::wrap::Describe;
use traced_actor::testkit::{self, assert_tree};
use traced_actor::{Options, traced_actor};

#[traced_actor]
struct Post;

fn open() -> HandlerSpan {
    let options = const { &Options::new().name("Adapter") };
    HandlerSpan::open(&Post, Some(MessageContext::ABSENT), Describe::message(), options, || Some(false))
}

#[test]
fn a_span_that_is_dropped_after_a_call_has_not_failed() {
    let spans = testkit::record();
    let mut span = open();
    assert!(span.is_recording());
    assert_eq!(span.call(|| 7), 7);
    drop(span);
    assert_tree!(spans, "Adapter/Post");
}

#[test]
fn a_future_that_is_dropped_is_cancelled() {
    let spans = testkit::record();
    let mut future = Box::pin(open().run(std::future::pending::<()>(), |()| None));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(future.as_mut().poll(&mut cx), Poll::Pending);
    drop(future);
    assert_tree!(spans, "Adapter/Post error=\"cancelled\"");
}
