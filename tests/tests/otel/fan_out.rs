//! One message to many: how many spans there are, and what each of them stands for.

use std::str::FromStr;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer};
use opentelemetry_sdk::trace::SpanData;
use traced_actor::sync::mpsc::{self, Receiver, Sender};
use traced_actor::{broadcast, traced_actor};

use crate::support::{
    assert_child, float, handle_all, identity, install, int, only, root, spans, take_all, text, tracer,
};

fn channels<M: traced_actor::Message>(count: usize) -> (Vec<Sender<M>>, Vec<Receiver<M>>) {
    (0..count).map(|_| mpsc::channel(1)).unzip()
}

/// Returns the number of messages that these spans stand for.
fn weight(spans: &[SpanData]) -> f64 {
    spans.iter().map(|span| 1.0 / float(span, "sampling.probability").expect("a known probability")).sum()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < expected * 1e-9, "{found} is not {expected}");
}

#[tokio::test]
async fn a_broadcast_to_1000_keeps_10_spans_that_stand_for_1000() {
    install();
    #[traced_actor]
    struct Wide;
    #[derive(Clone)]
    #[traced_actor(name = "WideSession", start = never)]
    struct Deliver;

    let (sessions, mailboxes) = channels(1000);
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Wide).await.unwrap();
    drop(sender);
    handle_all(receiver, async move |Wide| {
        assert_eq!(broadcast(&sessions, Deliver).await.sent, 1000);
    })
    .await;
    for mailbox in mailboxes {
        handle_all(mailbox, async |Deliver| {
            // Spans that the user creates with OpenTelemetry there belong to the session's trace, or to none.
            tracer().in_span("within WideSession", |_| ());
        })
        .await;
    }

    let wide = only("Wide");
    assert_eq!(int(&wide, "sampling.fanout.size"), Some(1000));
    assert_eq!(int(&wide, "sampling.fanout.selected"), Some(10));
    let kept = spans("WideSession");
    assert_eq!(kept.len(), 10);
    for span in &kept {
        assert_child(span, &wide.span_context);
        assert_eq!(text(span, "sampling.reason").as_deref(), Some("fanout"));
        assert_eq!(span.span_context.trace_state().get("ta"), Some("w:0.01;i:0.01"));
    }
    // Ten times 1/0.01: 100 has no rounding error.
    assert!((weight(&kept) - 1000.0).abs() < f64::EPSILON, "{}", weight(&kept));

    let below = spans("within WideSession");
    assert_eq!(below.len(), 10, "an unselected session makes no span, and no root of its own");
    for span in &below {
        let parent = kept.iter().find(|kept| kept.span_context.span_id() == span.parent_span_id);
        assert_child(span, &parent.expect("a kept session").span_context);
    }
}

/// 100 sessions, each with 100 devices: 10 sessions kept, 10 devices of each; a device stands for 100.
#[tokio::test]
async fn the_weights_of_nested_broadcasts_multiply() {
    install();
    #[traced_actor]
    struct Nested;
    #[derive(Clone)]
    #[traced_actor(name = "NestedSession", start = never)]
    struct ToSession;
    #[derive(Clone)]
    #[traced_actor(name = "NestedDevice", start = never)]
    struct ToDevice;

    let (sessions, session_mailboxes) = channels(100);
    let (sender, receiver) = mpsc::channel(1);
    sender.send(Nested).await.unwrap();
    drop(sender);
    handle_all(receiver, async move |Nested| {
        broadcast(&sessions, ToSession).await;
    })
    .await;
    for mailbox in session_mailboxes {
        let (devices, device_mailboxes) = channels(100);
        handle_all(mailbox, async move |ToSession| {
            broadcast(&devices, ToDevice).await;
        })
        .await;
        for mailbox in device_mailboxes {
            take_all(mailbox).await;
        }
    }

    let (sessions, devices) = (spans("NestedSession"), spans("NestedDevice"));
    assert_eq!((sessions.len(), devices.len()), (10, 100));
    close(weight(&sessions), 100.0);
    close(weight(&devices), 10_000.0);
    for device in &devices {
        close(float(device, "sampling.probability").unwrap(), 0.01);
        assert!(sessions.iter().any(|session| session.span_context.span_id() == device.parent_span_id));
    }
}

/// `th:8` says that half of all traces are kept. It holds up to the fan-out, and for nobody behind it.
#[tokio::test]
async fn opentelemetry_s_threshold_is_erased_behind_a_fan_out_and_stays_so() {
    install();
    #[traced_actor]
    struct Threshold;
    #[derive(Clone)]
    #[traced_actor(name = "ThresholdSession")]
    struct ToSession;
    #[traced_actor(name = "ThresholdStore")]
    struct ToStore;

    let state = TraceState::from_str("ot=th:8;rv:ff00000000000f,vendor=x").unwrap();
    let caller = SpanContext::new(TraceId::from(77), SpanId::from(78), TraceFlags::SAMPLED, true, state);
    let (sessions, mailboxes) = channels(100);
    let (store, to_store) = mpsc::channel(100);
    let (sender, receiver) = mpsc::channel(1);
    {
        let _guard = Context::new().with_remote_span_context(caller.clone()).attach();
        sender.try_send(Threshold).unwrap();
    }
    drop(sender);
    handle_all(receiver, async move |Threshold| {
        broadcast(&sessions, ToSession).await;
    })
    .await;
    for mailbox in mailboxes {
        handle_all(mailbox, async |ToSession| store.send(ToStore).await.unwrap()).await;
    }
    drop(store);
    take_all(to_store).await;

    let state = |span: &SpanData, key| span.span_context.trace_state().get(key).map(str::to_owned);
    let before = only("Threshold");
    assert_child(&before, &caller);
    assert_eq!(state(&before, "ot").as_deref(), Some("th:8;rv:ff00000000000f"));
    close(float(&before, "sampling.probability").expect("the threshold says it"), 0.5);
    for (name, reason) in [("ThresholdSession", "fanout"), ("ThresholdStore", "parent")] {
        let spans = spans(name);
        assert_eq!(spans.len(), 10, "{name}");
        close(weight(&spans), 200.0); // half of the traces, all of them with 100 recipients
        for span in &spans {
            assert_eq!(state(span, "ta").as_deref(), Some("w:0.05;i:0.1"), "{name}");
            assert_eq!(state(span, "ot").as_deref(), Some("rv:ff00000000000f"), "{name}");
            assert_eq!(state(span, "vendor").as_deref(), Some("x"), "{name}");
            assert_eq!(text(span, "sampling.reason").as_deref(), Some(reason), "{name}");
        }
    }
}

/// An axum handler that broadcasts is not an actor, but has the same budget.
#[tokio::test]
async fn a_plain_opentelemetry_caller_s_broadcast_is_bounded_as_well() {
    install();
    #[derive(Clone)]
    #[traced_actor(name = "PlainSession", start = never)]
    struct Deliver;

    let caller = root("caller");
    let (sessions, mailboxes) = channels(1000);
    opentelemetry::context::FutureExt::with_context(broadcast(&sessions, Deliver), caller.clone()).await;
    drop(sessions);
    for mailbox in mailboxes {
        take_all(mailbox).await;
    }

    let kept = spans("PlainSession");
    assert_eq!(kept.len(), 10);
    // The caller's root is kept for certain, and says so.
    let estimate: f64 = kept.iter().map(|span| 1.0 / float(span, "sampling.probability").unwrap()).sum();
    assert!((estimate - 1000.0).abs() < 1e-6, "{estimate}");
    for span in &kept {
        assert_child(span, &identity(&caller));
    }
}

/// No recipient is sampled, so none is selected, and no decision is made again.
#[tokio::test]
async fn an_unsampled_broadcast_makes_no_span() {
    install();
    #[traced_actor]
    struct QuietWide;
    #[derive(Clone)]
    #[traced_actor(name = "QuietSession")]
    struct Deliver;

    let (sessions, mailboxes) = channels(100);
    let (sender, receiver) = mpsc::channel(1);
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        sender.try_send(QuietWide).unwrap();
    }
    drop(sender);
    handle_all(receiver, async move |QuietWide| {
        broadcast(&sessions, Deliver).await;
    })
    .await;
    for mailbox in mailboxes {
        take_all(mailbox).await;
    }

    assert_eq!((spans("QuietWide").len(), spans("QuietSession").len()), (0, 0));
}
