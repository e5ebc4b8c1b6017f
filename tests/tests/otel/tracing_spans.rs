//! `tracing` with `tracing-opentelemetry`, around actors and within their handlers.

use tokio::task::yield_now;
use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};
use tracing::{Instrument, info_span, instrument};

use crate::support::{assert_child, assert_root, handle_all, install, only, root, spans, take_all};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instrumented_caller_is_the_parent_of_what_it_sends() {
    install();
    #[traced_actor]
    struct Instrumented;

    let (sender, receiver) = mpsc::channel(1);
    let caller = tokio::spawn(
        async move {
            yield_now().await;
            sender.send(Instrumented).await.unwrap();
        }
        .instrument(info_span!("tracing caller")),
    );
    caller.await.unwrap();
    take_all(receiver).await;

    let caller = only("tracing caller");
    assert_root(&caller);
    assert_child(&only("Instrumented"), &caller.span_context);
}

#[instrument(skip_all)]
async fn instrumented_work(next: mpsc::Sender<FromInstrumented>) {
    yield_now().await;
    next.send(FromInstrumented).await.unwrap();
    info_span!("inner work").in_scope(|| ());
}

#[traced_actor]
struct FromInstrumented;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tracing_spans_in_a_handler_are_below_it_and_above_what_is_sent_under_them() {
    install();
    #[traced_actor]
    struct Handled;
    #[traced_actor]
    struct AfterInstrumented;

    let (sender, receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    let (after, to_after) = mpsc::channel(1);
    sender.send(Handled).await.unwrap();
    drop(sender);
    let actor = tokio::spawn(handle_all(receiver, async move |Handled| {
        yield_now().await;
        info_span!("short work").in_scope(|| ());
        instrumented_work(next.clone()).await;
        after.send(AfterInstrumented).await.unwrap();
    }));
    actor.await.unwrap();
    take_all(to_next).await;
    take_all(to_after).await;

    let handler = only("Handled");
    assert_child(&only("short work"), &handler.span_context);
    let work = only("instrumented_work");
    assert_child(&work, &handler.span_context);
    assert_child(&only("inner work"), &work.span_context);
    assert_child(&only("FromInstrumented"), &work.span_context);
    assert_child(&only("AfterInstrumented"), &handler.span_context);
}

/// A span around the loop lasts as long as the actor. Each message still has its own trace.
#[tokio::test]
async fn a_span_around_the_loop_does_not_take_the_messages_in() {
    install();
    #[traced_actor]
    struct Around;
    #[traced_actor]
    struct FromAround;

    let (sender, receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    sender.send(Around).await.unwrap();
    drop(sender);
    handle_all(receiver, async move |Around| {
        yield_now().await;
        info_span!("work around").in_scope(|| ());
        next.send(FromAround).await.unwrap();
    })
    .instrument(info_span!("life around"))
    .await;
    take_all(to_next).await;

    let handler = only("Around");
    assert_root(&handler);
    assert_child(&only("work around"), &handler.span_context);
    assert_child(&only("FromAround"), &handler.span_context);
}

/// The same within the scope, which is what `#[instrument]` on a receive loop comes to: at each poll the
/// long span is made current after the handler's.
#[tokio::test]
async fn a_span_between_the_scope_and_the_loop_does_not_take_over_what_is_sent() {
    install();
    #[traced_actor]
    struct Between;
    #[traced_actor]
    struct FromBetween;

    let (sender, mut receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(2);
    sender.send(Between).await.unwrap();
    drop(sender);
    async move {
        while let Some(Between) = receiver.recv().await {
            next.send(FromBetween).await.unwrap();
            yield_now().await;
            next.send(FromBetween).await.unwrap();
        }
    }
    .instrument(info_span!("life between"))
    .traced()
    .await;
    take_all(to_next).await;

    let handler = only("Between");
    let sent = spans("FromBetween");
    assert_eq!(sent.len(), 2);
    for span in &sent {
        assert_child(span, &handler.span_context);
    }
}

#[traced_actor]
struct Annotated;

#[traced_actor]
struct FromAnnotated;

struct AnnotatedActor {
    receiver: mpsc::Receiver<Annotated>,
    next: mpsc::Sender<FromAnnotated>,
}

#[traced_actor(name = "Annotated")]
impl AnnotatedActor {
    #[instrument(name = "annotated run", skip_all)]
    async fn run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.handle(message).await;
        }
    }

    #[instrument(name = "annotated handle", skip_all)]
    async fn handle(&mut self, message: Annotated) {
        let Annotated = message;
        yield_now().await;
        self.next.send(FromAnnotated).await.unwrap();
    }
}

#[tokio::test]
async fn instrument_beside_the_macro_is_between_the_message_and_what_it_sends() {
    install();
    let (sender, receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    let caller = root("caller of Annotated");
    {
        let _guard = caller.attach();
        sender.try_send(Annotated).unwrap();
    }
    drop(sender);
    AnnotatedActor { receiver, next }.run().await;
    take_all(to_next).await;

    let message = only("Annotated");
    let handle = only("annotated handle");
    assert_child(&handle, &message.span_context);
    assert_child(&only("FromAnnotated"), &handle.span_context);
    assert_root(&only("annotated run"));
}

#[traced_actor]
enum Conditional {
    Handled,
}

#[traced_actor]
struct FromConditional;

struct ConditionalActor {
    receiver: mpsc::Receiver<Conditional>,
    next: mpsc::Sender<FromConditional>,
}

#[traced_actor(name = "Conditional")]
impl ConditionalActor {
    #[cfg_attr(any(), instrument(name = "never run", skip_all))]
    async fn conditional_run(mut self) {
        while let Some(message) = self.receiver.recv().await {
            self.conditional_handle(message).await;
        }
    }

    /// Has the name of the function, although the macro renames it.
    #[cfg_attr(all(), tracing::instrument(skip_all))]
    async fn conditional_handle(&mut self, message: Conditional) {
        let Conditional::Handled = message;
        yield_now().await;
        self.conditional_helper();
    }

    #[cfg_attr(all(), doc = "Sends.", cfg_attr(not(any()), instrument(skip_all)))]
    fn conditional_helper(&self) {
        self.next.try_send(FromConditional).unwrap();
    }
}

#[tokio::test]
async fn an_attribute_behind_a_condition_is_as_one_without() {
    install();
    let (sender, receiver) = mpsc::channel(1);
    let (next, to_next) = mpsc::channel(1);
    let caller = root("caller of Conditional");
    {
        let _guard = caller.attach();
        sender.try_send(Conditional::Handled).unwrap();
    }
    drop(sender);
    ConditionalActor { receiver, next }.conditional_run().await;
    take_all(to_next).await;

    let handle = only("conditional_handle");
    assert_child(&handle, &only("Conditional/Handled").span_context);
    let helper = only("conditional_helper");
    assert_child(&helper, &handle.span_context);
    assert_child(&only("FromConditional"), &helper.span_context);
    assert!(spans("never run").is_empty());
}
