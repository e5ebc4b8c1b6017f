//! A caller that uses OpenTelemetry and is not an actor: its sends continue its trace.

use std::str::FromStr;

use opentelemetry::baggage::BaggageExt;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer};
use opentelemetry::{Context, KeyValue, StringValue};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};

use crate::support::{
    assert_child, assert_root, current, handle_all, identity, install, only, root, spans, take_all, tracer,
};

/// A span of another process, with these flags.
fn remote(flags: u8) -> SpanContext {
    let state = TraceState::from_str("vendor=x").unwrap();
    SpanContext::new(
        TraceId::from(0xabc_u128 << 64 | 7),
        SpanId::from(9),
        TraceFlags::new(flags),
        true,
        state,
    )
}

#[tokio::test]
async fn a_send_goes_on_with_the_attached_span() {
    install();
    #[traced_actor]
    struct Attached;

    let caller = root("caller");
    let (sender, receiver) = mpsc::channel(2);
    {
        let _guard = caller.clone().attach();
        sender.try_send(Attached).unwrap();
    }
    drop(sender);
    take_all(receiver).await;

    let span = only("Attached");
    assert_child(&span, &identity(&caller));
    assert_eq!(span.span_context.trace_flags(), identity(&caller).trace_flags());
    assert!(!span.parent_span_is_remote);
}

#[tokio::test]
async fn a_send_goes_on_with_the_span_of_its_future() {
    install();
    #[traced_actor]
    struct InFuture;

    let caller = root("caller");
    let (sender, receiver) = mpsc::channel(2);
    async {
        tokio::task::yield_now().await;
        sender.send(InFuture).await.unwrap();
    }
    .with_context(caller.clone())
    .await;
    drop(sender);
    take_all(receiver).await;

    assert_child(&only("InFuture"), &identity(&caller));
}

#[tokio::test]
async fn a_send_behind_the_span_starts_a_trace_of_its_own() {
    install();
    #[traced_actor]
    struct Behind;

    let (sender, receiver) = mpsc::channel(2);
    drop(root("caller").attach());
    sender.send(Behind).await.unwrap();
    drop(sender);
    take_all(receiver).await;

    assert_root(&only("Behind"));
}

#[tokio::test]
async fn flags_and_tracestate_of_another_process_go_on_over_every_hop() {
    install();
    #[traced_actor]
    struct First;
    #[traced_actor]
    struct Second;

    let caller = remote(3); // sampled, and random
    let (first, to_first) = mpsc::channel(1);
    let (second, to_second) = mpsc::channel(1);
    {
        let _guard = Context::new().with_remote_span_context(caller.clone()).attach();
        first.try_send(First).unwrap();
    }
    drop(first);
    handle_all(to_first, async move |First| second.send(Second).await.unwrap()).await;
    take_all(to_second).await;

    let (first, second) = (only("First"), only("Second"));
    assert_child(&first, &caller);
    assert!(first.parent_span_is_remote);
    assert_child(&second, &first.span_context);
    assert!(!second.parent_span_is_remote);
    for span in [first, second] {
        assert_eq!(span.span_context.trace_flags(), TraceFlags::new(3), "{}", span.name);
        assert_eq!(span.span_context.trace_state().header(), "vendor=x", "{}", span.name);
    }
}

#[tokio::test]
async fn an_unsampled_caller_makes_no_span_and_nobody_decides_again() {
    install();
    #[traced_actor]
    struct Unsampled;

    let (first, to_first) = mpsc::channel(1);
    let (second, to_second) = mpsc::channel(1);
    {
        let _guard = Context::new().with_remote_span_context(remote(2)).attach();
        first.try_send(Unsampled).unwrap();
    }
    drop(first);
    handle_all(to_first, async move |Unsampled| second.send(Unsampled).await.unwrap()).await;
    take_all(to_second).await;

    assert_eq!(spans("Unsampled").len(), 0);
}

/// OpenTelemetry sees no parent there; its own root would be an orphan of a trace that nobody keeps.
#[tokio::test]
async fn a_span_within_an_unsampled_handler_starts_no_trace() {
    install();
    #[traced_actor]
    struct Quiet;

    let (sender, receiver) = mpsc::channel(1);
    {
        let _guard = Context::new().with_remote_span_context(remote(0)).attach();
        sender.try_send(Quiet).unwrap();
    }
    drop(sender);
    handle_all(receiver, async |Quiet| {
        tokio::task::yield_now().await;
        tracer().in_span("below an unsampled message", |_| ());
    })
    .await;
    tracer().in_span("behind an unsampled message", |_| ());

    assert_eq!(spans("below an unsampled message").len(), 0);
    assert_root(&only("behind an unsampled message"));
}

#[derive(Debug, PartialEq)]
struct Tenant(u8);

#[tokio::test]
async fn a_send_leaves_the_caller_s_context_as_it_is() {
    install();
    #[traced_actor]
    struct Untouched;

    let caller = root("caller").with_value(Tenant(4)).with_baggage([KeyValue::new("shard", "7")]);
    let (sender, receiver) = mpsc::channel(1);
    async {
        sender.send(Untouched).await.unwrap();
        Context::map_current(|cx| {
            assert_eq!(cx.get::<Tenant>(), Some(&Tenant(4)));
            assert_eq!(cx.baggage().get("shard").map(StringValue::as_str), Some("7"));
            assert_eq!(identity(cx), identity(&caller));
        });
    }
    .with_context(caller.clone())
    .await;
    drop(sender);
    take_all(receiver).await;
    assert_child(&only("Untouched"), &identity(&caller));
}

#[tokio::test]
async fn the_values_around_a_receive_loop_stay_below_the_handler_s_span() {
    install();
    #[traced_actor]
    struct Surrounded(u8);

    let (sender, receiver) = mpsc::channel(2);
    sender.send(Surrounded(0)).await.unwrap();
    sender.send(Surrounded(1)).await.unwrap();
    drop(sender);
    let mut seen = Vec::new();
    handle_all(receiver, async |Surrounded(n)| {
        tokio::task::yield_now().await;
        let tenant = Context::map_current(|cx| cx.get::<Tenant>().map(|tenant| tenant.0));
        seen.push((n, tenant, current().is_some()));
    })
    .with_context(Context::new().with_value(Tenant(5)))
    .await;

    assert_eq!(seen, [(0, Some(5), true), (1, Some(5), true)]);
}

#[tokio::test]
async fn what_is_sent_with_telemetry_suppressed_is_unsampled() {
    install();
    #[traced_actor]
    struct Suppressed;
    #[traced_actor]
    struct Exporting;

    let (sender, receiver) = mpsc::channel(2);
    let (outer, to_outer) = mpsc::channel(1);
    {
        let _caller = root("caller").attach();
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        sender.try_send(Suppressed).unwrap();
    }
    // Within a sampled handler as well.
    outer.send(Exporting).await.unwrap();
    drop(outer);
    handle_all(to_outer, async |Exporting| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        sender.try_send(Suppressed).unwrap();
    })
    .await;
    drop(sender);
    take_all(receiver).await;

    assert_eq!(spans("Exporting").len(), 1);
    assert_eq!(spans("Suppressed").len(), 0);
}

#[test]
fn a_handler_that_is_called_directly_goes_on_with_its_caller() {
    install();
    #[traced_actor]
    struct Direct;

    let caller = root("caller");
    let _guard = caller.clone().attach();
    let (Direct, mut handling) = Envelope::bare(Direct).open();
    let inside = {
        let _entered = handling.enter();
        current()
    };
    handling.end_ok();

    let span = only("Direct");
    assert_child(&span, &identity(&caller));
    assert_eq!(inside, Some(span.span_context));
    assert_eq!(current(), Some(identity(&caller)));
}
