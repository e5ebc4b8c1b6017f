//! Every way to send captures the context, every way to receive opens and ends a span: for each kind of channel,
//! looked at through the spans that are left.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use traced_actor::context::{ContextState, MessageContext};
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sync::{mpsc, stream};
use traced_actor::{Envelope, SpanId, TracedExt, testkit, traced_actor};
use traced_actor_channels::{async_channel, flume};

mod batches;
mod envelopes;
mod handed;
mod nested;
mod receiving;
mod sending;
mod shared;
mod std_types;
mod wrapped;

/// A message whose handling causes others.
#[traced_actor]
struct Cause;

/// Handles a sampled message by doing `work`; gives out its span.
async fn handling(work: impl Future<Output = ()>) -> SpanId {
    testkit::install();
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Cause).await.unwrap();
    async {
        receiver.recv().await.unwrap();
        let span = current().expect("nobody sent the cause, so it starts a trace");
        work.await;
        drop(receiver);
        span
    }
    .traced()
    .await
}

/// The span that a message sent here and now continues.
fn current() -> Option<SpanId> {
    Envelope::capture(Cause).context().map(|context| context.span_id)
}

/// Returns `true` if a message sent here is unsampled: decided, and not merely undecided.
fn is_unsampled() -> bool {
    matches!(Envelope::capture(Cause).state(), ContextState::Unsampled)
}

fn unsampled<M>(message: M) -> Envelope<M> {
    Envelope::new(message, MessageContext::UNSAMPLED)
}

fn spans(actor: &str) -> Vec<FinishedSpan> {
    testkit::install().named(actor)
}

/// The only span of this actor.
#[track_caller]
fn only(actor: &str) -> FinishedSpan {
    let spans = spans(actor);
    assert_eq!(spans.len(), 1, "{actor}: {spans:#?}");
    spans.into_iter().next().unwrap()
}

fn text(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(OwnedAttribute::to_string)
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn next<S: Stream>(mut stream: Pin<&mut S>) -> Option<S::Item> {
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}
