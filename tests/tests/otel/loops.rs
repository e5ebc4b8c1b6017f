//! A trace that loops is cut, and goes on as a linked one with the same decision.

use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer};
use opentelemetry_sdk::trace::SpanData;
use traced_actor::sync::mpsc;
use traced_actor::traced_actor;

use crate::support::{
    assert_child, assert_root, float, handle_all, install, only, spans, take_all, text, tracer,
};

/// Asserts that a root has one link, to this span.
#[track_caller]
fn assert_linked(root: &SpanData, to: &SpanContext) {
    assert_eq!(root.parent_span_id, SpanId::INVALID, "{} has a parent", root.name);
    let links: Vec<_> =
        root.links.iter().map(|link| (link.span_context.trace_id(), link.span_context.span_id())).collect();
    assert_eq!(links, [(to.trace_id(), to.span_id())], "{}", root.name);
}

/// 200 messages to itself behind the first one make 201 spans.
#[tokio::test]
async fn a_loop_of_200_messages_is_cut_after_every_64() {
    install();
    #[traced_actor(name = "Loop", hop_limit = 64)]
    struct Again(u32);

    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Again(200)).await.unwrap();
    let again = sender.clone();
    drop(sender);
    traced_actor::TracedExt::traced(async move {
        while let Some(Again(left)) = receiver.recv().await {
            match left.checked_sub(1) {
                Some(left) => again.send(Again(left)).await.unwrap(),
                None => break,
            }
        }
    })
    .await;

    let spans = spans("Loop");
    assert_eq!(spans.len(), 201);
    let traces: Vec<&[SpanData]> =
        spans.chunk_by(|a, b| a.span_context.trace_id() == b.span_context.trace_id()).collect();
    assert_eq!(traces.iter().map(|trace| trace.len()).collect::<Vec<_>>(), [64, 64, 64, 9]);

    assert_root(&spans[0]);
    for trace in &traces {
        for pair in trace.windows(2) {
            assert_child(&pair[1], &pair[0].span_context);
            assert_eq!(text(&pair[1], "sampling.reason").as_deref(), Some("parent"));
        }
    }
    for pair in traces.windows(2) {
        let (before, first) = (pair[0].last().unwrap(), &pair[1][0]);
        assert_linked(first, &before.span_context);
        assert_eq!(text(first, "sampling.reason").as_deref(), Some("loop"));
    }
    // One decision, made for the first span.
    for span in &spans {
        assert!(span.span_context.is_sampled());
        assert_eq!(float(span, "sampling.probability"), Some(1.0));
    }
}

#[tokio::test]
async fn an_unsampled_loop_stays_unsampled_beyond_the_limit() {
    install();
    #[traced_actor(name = "QuietLoop", hop_limit = 4)]
    struct Again(u32);

    let unsampled = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::NOT_SAMPLED,
        true,
        TraceState::default(),
    );
    let (sender, receiver) = mpsc::channel(1);
    {
        let _guard = Context::new().with_remote_span_context(unsampled).attach();
        sender.try_send(Again(20)).unwrap();
    }
    let mut again = Some(sender);
    handle_all(receiver, async |Again(left)| match left.checked_sub(1) {
        Some(left) => again.as_ref().expect("more to send").send(Again(left)).await.unwrap(),
        None => drop(again.take()),
    })
    .await;

    assert_eq!(spans("QuietLoop").len(), 0);
}

#[tokio::test]
async fn a_linked_kind_starts_a_trace_of_its_own_linked_to_its_sender() {
    install();
    #[traced_actor]
    struct Linking;
    #[traced_actor(name = "Linked")]
    enum Linked {
        #[traced(link)]
        Ban,
    }
    #[traced_actor]
    struct BelowLinked;

    let (sender, receiver) = mpsc::channel(1);
    let (link, to_link) = mpsc::channel(1);
    let (below, to_below) = mpsc::channel(1);
    sender.send(Linking).await.unwrap();
    drop(sender);
    handle_all(receiver, async move |Linking| link.send(Linked::Ban).await.unwrap()).await;
    handle_all(to_link, async move |Linked::Ban| below.send(BelowLinked).await.unwrap()).await;
    take_all(to_below).await;

    let (sender, linked_span) = (only("Linking"), only("Linked/Ban"));
    assert_linked(&linked_span, &sender.span_context);
    assert_ne!(linked_span.span_context.trace_id(), sender.span_context.trace_id());
    assert_eq!(text(&linked_span, "sampling.reason").as_deref(), Some("link"));
    assert_child(&only("BelowLinked"), &linked_span.span_context);
}

/// The kind says how it is connected, not whether it is kept.
#[tokio::test]
async fn a_linked_kind_without_a_sampled_sender_has_no_link() {
    install();
    #[traced_actor(name = "LinkedAlone")]
    enum Linked {
        #[traced(link)]
        Ban,
    }

    let (sender, receiver) = mpsc::channel(1);
    sender.send(Linked::Ban).await.unwrap();
    drop(sender);
    take_all(receiver).await;

    let span = only("LinkedAlone/Ban");
    assert_root(&span);
    assert_eq!(text(&span, "sampling.reason").as_deref(), Some("always_on"));
}

/// Each round goes through a plain span, which is the parent and counts no hop.
#[tokio::test]
async fn a_loop_through_plain_spans_is_cut_as_well() {
    install();
    #[traced_actor(name = "NestedLoop", hop_limit = 4)]
    struct Again(u32);

    let (sender, receiver) = mpsc::channel(1);
    sender.send(Again(9)).await.unwrap();
    let mut again = Some(sender);
    handle_all(receiver, async |Again(left)| {
        let Some(left) = left.checked_sub(1) else { return drop(again.take()) };
        let nested = Context::current_with_span(tracer().start("nested in NestedLoop"));
        let again = again.as_ref().expect("more to send");
        // The context is captured when `send` is called.
        async { again.send(Again(left)).await.unwrap() }.with_context(nested).await;
    })
    .await;

    let spans = spans("NestedLoop");
    let traces = spans.chunk_by(|a, b| a.span_context.trace_id() == b.span_context.trace_id());
    assert_eq!(traces.map(<[_]>::len).collect::<Vec<_>>(), [4, 4, 2]);
    let nested = crate::support::spans("nested in NestedLoop");
    assert_eq!(nested.len(), 9);
    // A cut round is linked with the plain span that sent it.
    for (before, after) in nested.iter().zip(&spans[1..]) {
        if after.links.is_empty() {
            assert_child(after, &before.span_context);
        } else {
            assert_linked(after, &before.span_context);
        }
    }
}
