//! A send that fails is on the span of who sent, in the words that all actors share, and counted, whatever the channel.

use futures_util::{FutureExt, SinkExt};
use traced_actor::counters;
use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::std::sync::mpsc as std_mpsc;
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::tokio_util::sync::PollSender;
use traced_actor_channels::{async_channel, crossbeam_channel, flume};

use super::*;

const NOT_LONG: Duration = Duration::from_millis(1);

/// Does `work` in a handler, whose span has this `error.type` then.
fn failed(work: impl Future<Output = ()>, error_type: &'static str) {
    let count = || counters().failures.get(error_type).copied().unwrap_or(0);
    let before = count();
    let id = handling(work).now_or_never().expect("it waits for nothing but its time");
    let span = testkit::install().all().into_iter().find(|span| span.context.span_id == id).unwrap();
    assert_eq!(text(&span, "error.type").as_deref(), Some(error_type));
    assert!(span.error.is_none(), "a handler that goes on has not failed");
    // Other tests of this process count as well.
    assert!(count() > before);
}

fn full(work: impl Future<Output = ()>) {
    failed(work, "mailbox_full");
}

fn closed(work: impl Future<Output = ()>) {
    failed(work, "not_running");
}

#[test]
fn of_flume() {
    let (sender, receiver) = flume::bounded_named_by_type(1);
    sender.send(0).unwrap();
    full(async { assert!(sender.try_send(1).is_err()) });
    full(async { assert!(sender.send_timeout(1, NOT_LONG).is_err()) });
    full(async { assert!(sender.send_deadline(1, Instant::now()).is_err()) });
    drop(receiver);
    closed(async { assert!(sender.try_send(1).is_err()) });
    closed(async { assert!(sender.send(1).is_err()) });
    closed(async { assert!(sender.send_async(1).await.is_err()) });
    closed(async { assert!(sender.send_timeout(1, NOT_LONG).is_err()) });
}

#[test]
fn of_async_channel() {
    let (sender, receiver) = async_channel::bounded_named_by_type(1);
    sender.try_send(0).unwrap();
    full(async { assert!(sender.try_send(1).is_err()) });
    drop(receiver);
    closed(async { assert!(sender.try_send(1).is_err()) });
    closed(async { assert!(sender.send(1).await.is_err()) });
    closed(async { assert!(sender.send_blocking(1).is_err()) });
    closed(async { assert!(sender.force_send(1).is_err()) });
}

#[test]
fn of_crossbeam() {
    let (sender, receiver) = crossbeam_channel::bounded_named_by_type(1);
    sender.send(0).unwrap();
    full(async { assert!(sender.try_send(1).is_err()) });
    full(async { assert!(sender.send_timeout(1, NOT_LONG).is_err()) });
    full(async { assert!(sender.send_deadline(1, Instant::now()).is_err()) });
    drop(receiver);
    closed(async { assert!(sender.try_send(1).is_err()) });
    closed(async { assert!(sender.send(1).is_err()) });
    closed(async { assert!(sender.send_timeout(1, NOT_LONG).is_err()) });
}

#[test]
fn of_std() {
    let (sender, receiver) = std_mpsc::channel_named_by_type();
    drop(receiver);
    closed(async { assert!(sender.send(1).is_err()) });
    let (sender, receiver) = std_mpsc::sync_channel_named_by_type(1);
    sender.send(0).unwrap();
    full(async { assert!(sender.try_send(1).is_err()) });
    drop(receiver);
    closed(async { assert!(sender.try_send(1).is_err()) });
    closed(async { assert!(sender.send(1).is_err()) });
}

#[test]
fn of_futures() {
    let (mut sender, receiver) = futures_mpsc::channel_named_by_type(0);
    sender.try_send(0).unwrap();
    full(async { assert!(sender.try_send(1).is_err()) });
    drop(receiver);
    let mut sink = sender.clone();
    closed(async { assert!(sender.try_send(1).is_err()) });
    closed(async { assert!(sender.send(1).await.is_err()) });
    closed(async { assert!(SinkExt::send(&mut sink, 1).await.is_err()) });
    closed(async { assert!(sender.start_send(1).is_err()) });

    let (mut sender, receiver) = futures_mpsc::unbounded_named_by_type();
    drop(receiver);
    closed(async { assert!(sender.unbounded_send(1).is_err()) });
    closed(async { assert!(sender.send(1).await.is_err()) });
    closed(async { assert!(SinkExt::send(&mut sender, 1).await.is_err()) });
    closed(async { assert!(sender.start_send(1).is_err()) });
}

#[test]
fn of_broadcast_without_a_subscriber() {
    let (sender, receiver) = broadcast::channel_named_by_type(1);
    drop(receiver);
    closed(async { assert!(sender.send(1).is_err()) });
}

#[test]
fn of_a_sink() {
    let (sender, receiver) = mpsc::channel_named_by_type(1);
    let mut sink = PollSender::new(sender);
    drop(receiver);
    closed(async { assert!(sink.send(1).await.is_err()) });
}

#[traced_actor]
struct Errand;

/// Returns the `error.type` of a handler that returns this error of a send.
fn returned<E: std::fmt::Display>(error: E) -> String {
    struct Returns<E>(Option<E>);

    #[traced_actor]
    impl<E: std::fmt::Display> Returns<E> {
        fn handle(&mut self, _: Errand) -> Result<(), E> {
            self.0.take().map_or(Ok(()), Err)
        }
    }

    let spans = testkit::record();
    assert!(Returns(Some(error)).handle(Errand).is_err());
    text(&spans.named("Returns/Errand").pop().unwrap(), "error.type").unwrap()
}

#[test]
fn that_a_handler_returns() {
    assert_eq!(returned(flume::TrySendError::Full(1)), "mailbox_full");
    assert_eq!(returned(flume::SendTimeoutError::Timeout(1)), "mailbox_full");
    assert_eq!(returned(flume::SendError(1)), "not_running");
    assert_eq!(returned(async_channel::TrySendError::Full(1)), "mailbox_full");
    assert_eq!(returned(async_channel::TrySendError::Closed(1)), "not_running");
    assert_eq!(returned(crossbeam_channel::TrySendError::Full(1)), "mailbox_full");
    assert_eq!(returned(crossbeam_channel::SendTimeoutError::Timeout(1)), "mailbox_full");
    assert_eq!(returned(crossbeam_channel::SendTimeoutError::Disconnected(1)), "not_running");
    assert_eq!(returned(std_mpsc::TrySendError::Full(1)), "mailbox_full");
    assert_eq!(returned(std_mpsc::SendError(1)), "not_running");
    let (mut full, receiver) = futures_mpsc::channel_named_by_type(0);
    full.try_send(0).unwrap();
    assert_eq!(returned(full.try_send(1).unwrap_err()), "mailbox_full");
    drop(receiver);
    assert_eq!(returned(full.try_send(1).unwrap_err().into_send_error()), "not_running");
    // One that is none of a channel's.
    assert_eq!(returned(std::fmt::Error), "core::fmt::Error");
}

/// The same failures where nobody records them.
#[test]
fn are_counted_in_an_unsampled_trace() {
    testkit::install();
    let (sender, receiver) = flume::bounded_named_by_type(1);
    drop(receiver);
    let before = counters().failures.get("not_running").copied().unwrap_or(0);
    traced_actor::actor::call_within(traced_actor::context::MessageContext::UNSAMPLED, || {
        assert!(sender.send(1).is_err());
    });
    assert!(counters().failures["not_running"] > before);
}
