//! Work under a context without its own span, and spans that end as soon as they have begun: for adapters.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;
use traced_actor::actor::{call_within, short_span, within};
use traced_actor::context::{MessageContext, SampledContext, TraceFlags, new_span_id, new_trace_id};
use traced_actor::{Envelope, Kind, TraceContext, testkit, traced_actor};

#[traced_actor]
struct Within(u32);

fn sampled() -> SampledContext {
    SampledContext::new(TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED))
}

/// The context that a send of this moment would carry.
fn sent() -> Option<TraceContext> {
    Envelope::capture(Within(0)).context().copied()
}

#[tokio::test]
async fn what_is_sent_within_continues_the_context_and_nothing_else() {
    let spans = testkit::install();
    let before = spans.named("Within").len();
    let context = sampled();
    let ids = context.context;
    let (go, wait) = oneshot::channel::<()>();
    let work = within(context.into(), async {
        let first = sent();
        wait.await.unwrap();
        (first, sent(), MessageContext::current())
    });
    // It goes on wherever it is polled, and nothing of it is left between its polls.
    let task = tokio::spawn(work);
    tokio::task::yield_now().await;
    assert_eq!(sent(), None);
    go.send(()).unwrap();
    let (first, second, _) = task.await.unwrap();
    for sent in [first, second] {
        assert_eq!(sent.map(|sent| (sent.trace_id, sent.span_id)), Some((ids.trace_id, ids.span_id)));
    }
    assert_eq!(spans.named("Within").len(), before, "it has no span");
}

#[tokio::test]
async fn unsampled_and_absent_stay_so_within_a_handler_too() {
    let _ = testkit::install();
    let outer = sampled();
    let outer_trace = outer.context.trace_id;
    within(outer.into(), async {
        assert!(within(MessageContext::UNSAMPLED, async { MessageContext::current().is_unsampled() }).await);
        let absent = within(MessageContext::ABSENT, async { Envelope::capture(Within(1)) }).await;
        assert_ne!(absent.context().map(|context| context.trace_id), Some(outer_trace));
        assert_eq!(sent().map(|context| context.trace_id), Some(outer_trace), "and the outer one is back");
    })
    .await;
    assert!(call_within(MessageContext::UNSAMPLED, || MessageContext::current().is_unsampled()));
    assert!(MessageContext::current().is_absent());
}

#[test]
fn a_function_runs_under_a_context_and_a_panic_leaves_nothing_of_it() {
    let _ = testkit::install();
    let context = sampled();
    let ids = context.context;
    assert_eq!(call_within(context.clone().into(), sent).map(|sent| sent.span_id), Some(ids.span_id));
    let panicked = std::panic::catch_unwind(|| call_within(context.into(), || panic!("as asked")));
    assert!(panicked.is_err());
    assert_eq!(sent(), None);
}

/// Messages that its locals send from `Drop` are its work.
#[test]
fn a_future_that_is_dropped_drops_its_locals_under_the_context() {
    struct Last<'a>(&'a std::cell::Cell<Option<TraceContext>>);
    impl Drop for Last<'_> {
        fn drop(&mut self) {
            self.0.set(sent());
        }
    }
    let _ = testkit::install();
    let context = sampled();
    let ids = context.context;
    let last = std::cell::Cell::new(None);
    {
        let mut future = pin!(within(context.into(), async {
            let _last = Last(&last);
            std::future::pending::<()>().await;
        }));
        let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll, Poll::Pending);
    }
    assert_eq!(last.get().map(|sent| sent.span_id), Some(ids.span_id));
}

#[test]
fn a_short_span_is_a_child_with_its_fields_and_decides_for_what_comes_after() {
    static OPENED: Kind = Kind::new("opened");
    let spans = testkit::install();
    let context = sampled();
    let ids = context.context;
    let opened = short_span("Door", &OPENED, context.into(), |fields| fields.record("door.width", &90));
    let opened = opened.expect("a sampled context is kept");
    let [span] = <[_; 1]>::try_from(spans.named("Door/opened")).expect("one span");
    assert_eq!((opened.context.trace_id, opened.context.span_id), (ids.trace_id, span.context.span_id));
    assert_eq!(span.parent, Some(ids.span_id));
    assert!(span.attribute("door.width").is_some());
    assert!(short_span("Door", &OPENED, MessageContext::UNSAMPLED, |_| {}).is_none());
    assert_eq!(spans.named("Door/opened").len(), 1);
}
