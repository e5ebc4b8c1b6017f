//! The rest of futures' channel, as the crate has it.

use futures_util::future::FusedFuture;
use futures_util::stream::FusedStream;
use futures_util::{FutureExt, SinkExt, StreamExt};
use traced_actor_channels::futures::channel::mpsc::{self, RecvError, TryRecvError};

use super::*;

fn hashed(hash: impl FnOnce(&mut std::hash::DefaultHasher)) -> u64 {
    use std::hash::Hasher;
    let mut hasher = std::hash::DefaultHasher::new();
    hash(&mut hasher);
    hasher.finish()
}

#[tokio::test]
async fn errors_and_views_are_its_own() {
    let (mut sender, mut receiver) = mpsc::channel_named_by_type(0);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.try_send(1).unwrap();
    let error = sender.try_send(2).unwrap_err();
    assert!(error.is_full() && !error.is_disconnected());
    assert_eq!(error.to_string(), "send failed because channel is full");
    assert!(error.clone().into_send_error().is_full());
    assert_eq!(error.into_inner(), 2);
    let other = sender.clone();
    assert!(sender.same_receiver(&other) && sender.is_connected_to(&receiver) && !sender.is_closed());
    assert_eq!(hashed(|hasher| sender.hash_receiver(hasher)), hashed(|hasher| other.hash_receiver(hasher)));
    assert_eq!(receiver.recv().await, Ok(1));
    receiver.close();
    assert!(sender.is_closed());
    let error = sender.try_send(3).unwrap_err();
    assert!(error.is_disconnected());
    assert_eq!(error.to_string(), "send failed because receiver is gone");
    assert!(error.into_send_error().is_disconnected());
    assert!(sender.send(4).await.unwrap_err().is_disconnected());
    assert!(poll_fn(|cx| sender.poll_ready(cx)).await.unwrap_err().is_disconnected());
    drop((sender, other));
    assert_eq!(receiver.recv().await, Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert!(receiver.is_terminated());

    let (mut sender, mut receiver) = mpsc::unbounded_named_by_type();
    assert!(sender.is_empty() && poll_fn(|cx| sender.poll_ready(cx)).await.is_ok());
    (1..=3).for_each(|n| sender.unbounded_send(n).unwrap());
    assert_eq!(sender.len(), 3);
    assert_eq!(receiver.next().await, Some(1));
    assert!(sender.same_receiver(&sender.clone()) && sender.is_connected_to(&receiver));
    sender.disconnect();
    assert_eq!(receiver.by_ref().collect::<Vec<_>>().await, [2, 3]);
    let error = sender.unbounded_send(4).unwrap_err();
    assert!(error.is_disconnected());
    assert_eq!(error.into_inner(), 4);
    let (sender, receiver) = mpsc::unbounded_named_by_type::<u8>();
    sender.close_channel();
    assert!(sender.is_closed());
    drop(receiver);
}

/// In `futures::select!` a receive must be fused.
#[tokio::test]
async fn receives_are_fused() {
    let (mut sender, mut receiver) = mpsc::channel_named_by_type::<u8>(1);
    let mut receive = receiver.recv();
    assert!(!receive.is_terminated());
    assert_eq!((&mut receive).now_or_never(), None);
    sender.close().await.unwrap();
    drop(sender);
    assert_eq!((&mut receive).now_or_never(), Some(Err(RecvError)));
    assert!(receive.is_terminated());
}

/// Through the traits: `forward` from a stream into a sink.
#[tokio::test]
async fn senders_are_sinks_and_receivers_are_streams() {
    #[traced_actor]
    #[derive(Debug)]
    struct Piped(u8);

    let (first, mut receiver) = mpsc::unbounded();
    let cause = handling(async {
        let messages = futures_util::stream::iter([Ok(Piped(1)), Ok(Piped(2))]);
        messages.forward(first).await.unwrap();
    })
    .await;
    async {
        assert_eq!(receiver.next().await.map(|Piped(n)| n), Some(1));
        assert!(current().is_some());
        assert_eq!(receiver.next().await.map(|Piped(n)| n), Some(2));
        assert!(receiver.next().await.is_none());
        assert_eq!(current(), None);
    }
    .traced()
    .await;
    let spans = spans("Piped");
    assert_eq!(spans.len(), 2);
    assert!(spans.iter().all(|span| span.parent == Some(cause)));
}
