//! Each channel carries the context beside its messages, opens and ends spans as `mpsc` does, and is otherwise the original.
//! Looked at through the spans that are left.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::Stream;
use traced_actor::context::ContextState;
use traced_actor::record::{FinishedSpan, OwnedAttribute};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, SpanId, TracedExt, fanout, testkit, traced_actor};

mod broadcast;
mod failures;
mod fanouts;
mod futures;
mod implemented;
mod loops;
mod poll_sender;
mod random;
mod receiving;
mod sending;
mod threads;
mod traits;

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

fn sender_of<M>(envelope: &Envelope<M>) -> Option<SpanId> {
    envelope.context().map(|context| context.span_id)
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
