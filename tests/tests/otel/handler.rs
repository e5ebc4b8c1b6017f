//! Within a sampled handler its span is OpenTelemetry's current one, and nowhere else.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;

use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt, Tracer};
use tokio::task::yield_now;
use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};

use crate::support::{
    assert_child, assert_root, current, handle_all, identity, install, only, spans, take_all, tracer,
};

/// The tasks of a two-thread runtime wander; each message is polled many times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_handler_s_span_is_current_at_every_poll_and_in_no_neighbour() {
    install();
    const MESSAGES: u64 = 50;
    const POLLS: usize = 20;

    #[traced_actor]
    struct Polled;

    let done = Arc::new(AtomicBool::new(false));
    let neighbour = tokio::spawn({
        let done = done.clone();
        async move {
            while !done.load(SeqCst) {
                assert_eq!(current(), None, "a neighbour sees a handler's span");
                yield_now().await;
            }
        }
    });

    let (sender, mut receiver) = mpsc::channel(8);
    let actor = tokio::spawn(async move {
        let handle = async move {
            let mut seen: Vec<Vec<SpanContext>> = Vec::new();
            while let Some(Polled) = receiver.recv().await {
                let mut polls = Vec::new();
                for _ in 0..POLLS {
                    polls.extend(current());
                    yield_now().await;
                }
                seen.push(polls);
            }
            seen
        };
        let seen = handle.traced().await;
        assert_eq!(current(), None, "the handler's span outlives its loop");
        seen
    });
    for _ in 0..MESSAGES {
        sender.send(Polled).await.unwrap();
        assert_eq!(current(), None, "the sender sees a handler's span");
    }
    drop(sender);
    let seen = actor.await.unwrap();
    done.store(true, SeqCst);
    neighbour.await.unwrap();

    let spans = spans("Polled");
    assert_eq!(spans.len() as u64, MESSAGES);
    for (span, polls) in spans.iter().zip(seen) {
        assert_root(span);
        assert_eq!(polls, vec![span.span_context.clone(); POLLS]);
    }
}

#[tokio::test]
async fn nothing_is_current_once_the_next_message_is_asked_for() {
    install();
    #[traced_actor]
    struct Last;

    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Last).await.unwrap();
    async move {
        receiver.recv().await;
        assert!(current().is_some());
        let mut next = pin!(receiver.recv());
        assert!(current().is_some(), "it is asked for by the first poll, not by the call");
        assert!(poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await);
        assert_eq!(current(), None, "after the first poll");
        yield_now().await;
        assert_eq!(current(), None, "at a later poll");
    }
    .traced()
    .await;
    assert_eq!(spans("Last").len(), 1);
}

#[tokio::test]
async fn a_plain_span_in_a_handler_is_its_child_and_the_parent_of_what_is_sent_under_it() {
    install();
    #[traced_actor]
    struct Outer;
    #[traced_actor]
    struct UnderNested;
    #[traced_actor]
    struct AfterNested;

    let (outer, to_outer) = mpsc::channel(1);
    let (under, to_under) = mpsc::channel(1);
    let (after, to_after) = mpsc::channel(1);
    outer.send(Outer).await.unwrap();
    drop(outer);
    handle_all(to_outer, async move |Outer| {
        let nested = Context::current_with_span(tracer().start("nested in Outer"));
        async {
            yield_now().await;
            under.send(UnderNested).await.unwrap();
        }
        .with_context(nested)
        .await;
        after.send(AfterNested).await.unwrap();
    })
    .await;
    take_all(to_under).await;
    take_all(to_after).await;

    let outer = only("Outer");
    let nested = only("nested in Outer");
    assert_child(&nested, &outer.span_context);
    assert_eq!(nested.span_kind, SpanKind::Internal);
    assert_child(&only("UnderNested"), &nested.span_context);
    assert_child(&only("AfterNested"), &outer.span_context);
}

/// A context that the handler attaches on purpose is later than its span.
#[tokio::test]
async fn a_foreign_trace_that_a_handler_attaches_is_what_its_sends_go_on_with() {
    install();
    #[traced_actor]
    struct Attaching;
    #[traced_actor]
    struct UnderForeign;

    let foreign = crate::support::root("foreign");
    let (outer, to_outer) = mpsc::channel(1);
    let (under, to_under) = mpsc::channel(1);
    outer.send(Attaching).await.unwrap();
    drop(outer);
    handle_all(to_outer, async |Attaching| {
        let _guard = foreign.clone().attach();
        under.try_send(UnderForeign).unwrap();
    })
    .await;
    drop(under);
    take_all(to_under).await;

    assert_child(&only("UnderForeign"), &identity(&foreign));
}

/// `#[traced(skip)]` makes no span, and what runs below the message stays in its sender's trace.
#[tokio::test]
async fn a_skipped_message_passes_its_sender_s_span_on_to_opentelemetry() {
    install();
    #[traced_actor]
    enum Skipped {
        #[traced(skip)]
        Tick,
    }
    #[traced_actor]
    struct BelowSkipped;

    let caller = crate::support::root("caller");
    let (skipped, to_skipped) = mpsc::channel(1);
    let (below, to_below) = mpsc::channel(1);
    {
        let _guard = caller.clone().attach();
        skipped.try_send(Skipped::Tick).unwrap();
    }
    drop(skipped);
    handle_all(to_skipped, async move |Skipped::Tick| {
        yield_now().await;
        tracer().in_span("plain below a skipped message", |_| ());
        below.send(BelowSkipped).await.unwrap();
    })
    .await;
    take_all(to_below).await;

    assert_eq!(spans("Skipped").len(), 0);
    assert_child(&only("BelowSkipped"), &identity(&caller));
    assert_child(&only("plain below a skipped message"), &identity(&caller));
}

/// One thread runs everything here, so whatever a panic left on it would be seen.
#[tokio::test]
async fn a_panic_leaves_nothing_current_on_its_thread() {
    install();
    #[traced_actor]
    struct Exploding;
    #[traced_actor]
    struct AfterExplosion;

    let (sender, receiver) = mpsc::channel(1);
    sender.send(Exploding).await.unwrap();
    let actor = tokio::spawn(handle_all(receiver, async |Exploding| {
        yield_now().await;
        assert!(current().is_some());
        panic!("on purpose");
    }));
    assert!(actor.await.unwrap_err().is_panic());
    assert_eq!(current(), None);

    let (sender, receiver) = mpsc::channel(1);
    sender.send(AfterExplosion).await.unwrap();
    drop(sender);
    take_all(receiver).await;
    assert_root(&only("AfterExplosion"));
}

/// Polled in turn by one task, each between two polls of the other.
#[tokio::test]
async fn two_loops_of_one_task_keep_to_themselves() {
    install();
    #[traced_actor]
    struct Left;
    #[traced_actor]
    struct Right;
    const MESSAGES: usize = 10;

    async fn seen<M>(mut receiver: mpsc::Receiver<M>) -> Vec<SpanContext> {
        let mut seen = Vec::new();
        while receiver.recv().await.is_some() {
            let span = current().expect("the message's span");
            yield_now().await;
            assert_eq!(current().as_ref(), Some(&span));
            seen.push(span);
        }
        seen
    }

    let (left, to_left) = mpsc::channel(MESSAGES);
    let (right, to_right) = mpsc::channel(MESSAGES);
    for _ in 0..MESSAGES {
        left.send(Left).await.unwrap();
        right.send(Right).await.unwrap();
    }
    drop((left, right));
    let (left, right) = tokio::join!(seen(to_left).traced(), seen(to_right).traced());
    assert_eq!(current(), None);

    let contexts = |name| spans(name).into_iter().map(|span| span.span_context).collect::<Vec<_>>();
    assert_eq!((left, right), (contexts("Left"), contexts("Right")));
}

/// A loop that a handler polls itself is somebody else's work: it neither sees the handler nor hides it.
#[tokio::test]
async fn a_receive_within_a_handler_is_current_until_it_is_done_and_then_the_handler_again() {
    install();
    #[traced_actor]
    struct OuterWork;
    #[traced_actor]
    struct InnerWork;
    #[traced_actor]
    struct UnderInner;
    #[traced_actor]
    struct UnderOuter;

    let (outer, to_outer) = mpsc::channel(1);
    let (inner, to_inner) = mpsc::channel(1);
    let (under_inner, to_under_inner) = mpsc::channel(1);
    let (under_outer, to_under_outer) = mpsc::channel(1);
    outer.send(OuterWork).await.unwrap();
    inner.send(InnerWork).await.unwrap();
    drop((outer, inner));
    let mut to_inner = Some(to_inner);
    handle_all(to_outer, async |OuterWork| {
        let outer = current();
        let mut to_inner = to_inner.take().expect("one message");
        while let Some(InnerWork) = to_inner.recv().await {
            assert_ne!(current(), outer);
            yield_now().await;
            assert_ne!(current(), outer);
            under_inner.send(UnderInner).await.unwrap();
        }
        assert_eq!(current(), outer);
        yield_now().await;
        assert_eq!(current(), outer);
        under_outer.send(UnderOuter).await.unwrap();
    })
    .await;
    drop((under_inner, under_outer));
    take_all(to_under_inner).await;
    take_all(to_under_outer).await;

    let (outer, inner) = (only("OuterWork"), only("InnerWork"));
    assert_root(&outer);
    assert_root(&inner);
    assert_child(&only("UnderInner"), &inner.span_context);
    assert_child(&only("UnderOuter"), &outer.span_context);
}

/// Without a scope the span is recorded, and nothing is connected with it.
#[tokio::test]
async fn a_receive_outside_of_any_scope_makes_nothing_current() {
    install();
    #[traced_actor]
    struct Unscoped;
    #[traced_actor]
    struct FromUnscoped;

    let before = traced_actor::counters().out_of_scope;
    let (sender, mut receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    sender.send(Unscoped).await.unwrap();
    receiver.recv().await.unwrap();
    assert_eq!(current(), None);
    next.send(FromUnscoped).await.unwrap();
    drop((receiver, next));
    take_all(to_next).await;

    assert_root(&only("Unscoped"));
    assert_root(&only("FromUnscoped"));
    assert!(traced_actor::counters().out_of_scope > before);
}

/// A loop that nobody annotated knows no actor's name; the handler does.
#[tokio::test]
async fn a_handler_names_the_span_that_its_loop_could_not() {
    install();
    #[traced_actor]
    enum RenamedCommand {
        Enter,
    }
    struct Renamed;
    #[traced_actor]
    impl Renamed {
        async fn handle(&mut self, RenamedCommand::Enter: RenamedCommand) {
            yield_now().await;
        }
    }
    let (sender, mut receiver) = mpsc::channel(8);
    sender.send(RenamedCommand::Enter).await.unwrap();
    drop(sender);
    let task = async move {
        while let Some(command) = receiver.recv().await {
            Renamed.handle(command).await;
        }
    };
    tokio::spawn(task).await.unwrap();
    assert!(spans("RenamedCommand").is_empty());
    let span = only("Renamed");
    assert_eq!(span.name, "Renamed/Enter");
    // The SDK keeps both values of an attribute that is set twice; what is set last counts.
    for name in ["actor.name", "messaging.destination.name"] {
        let value = span.attributes.iter().rev().find(|attribute| attribute.key.as_str() == name);
        assert_eq!(value.map(|attribute| attribute.value.to_string()).as_deref(), Some("Renamed"));
    }
}
