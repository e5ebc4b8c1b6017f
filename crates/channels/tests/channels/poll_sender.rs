//! A sender of `mpsc` that is polled for room, and is a sink.

use futures_util::SinkExt;
use traced_actor_channels::tokio_util::sync::PollSender;

use super::*;

#[tokio::test]
async fn a_sink_carries_the_context_of_start_send() {
    let (sender, mut receiver) = mpsc::channel_named_by_type(1);
    let mut sink = PollSender::new(sender);
    let cause = handling(async { sink.send("first").await.unwrap() }).await;
    assert!(poll_once(std::pin::pin!(poll_fn(|cx| sink.poll_reserve(cx))).as_mut()).is_pending());
    assert_eq!(sender_of(&receiver.recv_envelope().await.unwrap()), Some(cause));
    // Room is kept outside, and used within.
    poll_fn(|cx| sink.poll_reserve(cx)).await.unwrap();
    let cause = handling(async { sink.send_item("second").unwrap() }).await;
    assert_eq!(sender_of(&receiver.recv_envelope().await.unwrap()), Some(cause));
}

/// `close`, `abort_send` and the errors work like those of tokio-util.
#[tokio::test]
async fn the_rest_is_tokio_utils() {
    let (sender, mut receiver) = mpsc::channel_named_by_type(1);
    let mut sink = PollSender::new(sender.clone());
    assert!(sink.get_ref().unwrap().same_channel(&sender) && !sink.is_closed());
    poll_fn(|cx| sink.poll_reserve(cx)).await.unwrap();
    assert!(sender.try_send(1).is_err(), "the room is kept");
    assert!(sink.abort_send());
    sender.try_send(1).unwrap();
    let mut other = sink.clone();
    assert_eq!(receiver.recv().await, Some(1));
    poll_fn(|cx| sink.poll_reserve(cx)).await.unwrap();
    sink.close();
    assert!(sink.is_closed() && sink.get_ref().is_none());
    sink.send_item(2).unwrap();
    let error = sink.send_item(3).unwrap_err();
    assert_eq!(error.to_string(), "channel closed");
    assert_eq!(error.into_inner(), Some(3));
    assert_eq!(receiver.recv().await, Some(2));
    SinkExt::close(&mut other).await.unwrap();
    assert!(other.is_closed());
    assert_eq!(poll_fn(|cx| other.poll_reserve(cx)).await.unwrap_err().into_inner(), None);
    drop((sender, sink, other));
    assert_eq!(receiver.recv().await, None);
}

#[test]
#[should_panic(expected = "poll_reserve")]
fn sending_without_room_panics() {
    let (sender, _receiver) = mpsc::channel_named_by_type(1);
    PollSender::new(sender).send_item(1).unwrap();
}
