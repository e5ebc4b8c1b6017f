//! A message carries the context that its sender had when it sent the message. Everything else works as in the
//! original.

use futures_util::SinkExt;
use traced_actor_channels::crossbeam_channel;
use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::std::sync::mpsc as std_mpsc;

use super::*;

const SOON: Duration = Duration::from_secs(60);

#[tokio::test]
async fn every_way_to_send_carries_the_context() {
    let (crossbeam, crossbeam_receiver) = crossbeam_channel::bounded_named_by_type(8);
    let (std_sender, std_receiver) = std_mpsc::channel_named_by_type();
    let (sync, sync_receiver) = std_mpsc::sync_channel_named_by_type(8);
    let (mut bounded, mut bounded_receiver) = futures_mpsc::channel_named_by_type(8);
    let (mut unbounded, mut unbounded_receiver) = futures_mpsc::unbounded_named_by_type();
    let cause = handling(async {
        crossbeam.send("send").unwrap();
        crossbeam.try_send("try_send").unwrap();
        crossbeam.send_timeout("send_timeout", SOON).unwrap();
        crossbeam.send_deadline("send_deadline", Instant::now() + SOON).unwrap();
        crossbeam.clone().send("clone").unwrap();
        std_sender.send("send").unwrap();
        std_sender.clone().send("clone").unwrap();
        sync.send("send").unwrap();
        sync.try_send("try_send").unwrap();
        sync.clone().send("clone").unwrap();
        bounded.try_send("try_send").unwrap();
        bounded.send("send").await.unwrap();
        bounded.feed("feed").await.unwrap();
        bounded.start_send("start_send").unwrap();
        SinkExt::send(&mut bounded, "as a sink").await.unwrap();
        bounded.clone().try_send("clone").unwrap();
        unbounded.unbounded_send("unbounded_send").unwrap();
        unbounded.send("send").await.unwrap();
        unbounded.feed("feed").await.unwrap();
        unbounded.start_send("start_send").unwrap();
        SinkExt::send(&mut unbounded, "as a sink").await.unwrap();
        SinkExt::send(&mut &unbounded, "as a shared sink").await.unwrap();
    })
    .await;
    drop((crossbeam, std_sender, sync, bounded, unbounded));

    let mut seen = Vec::new();
    seen.extend(
        std::iter::from_fn(|| crossbeam_receiver.recv_envelope().ok()).map(|envelope| sender_of(&envelope)),
    );
    assert_eq!(seen.len(), 5);
    seen.extend(
        std::iter::from_fn(|| std_receiver.recv_envelope().ok()).map(|envelope| sender_of(&envelope)),
    );
    assert_eq!(seen.len(), 7);
    seen.extend(
        std::iter::from_fn(|| sync_receiver.recv_envelope().ok()).map(|envelope| sender_of(&envelope)),
    );
    assert_eq!(seen.len(), 10);
    while let Ok(envelope) = bounded_receiver.recv_envelope().await {
        seen.push(sender_of(&envelope));
    }
    assert_eq!(seen.len(), 16);
    while let Ok(envelope) = unbounded_receiver.recv_envelope().await {
        seen.push(sender_of(&envelope));
    }
    assert_eq!(seen, [Some(cause); 22]);
}

/// Waiting for room does not change whose message it is, nor does a receive that comes between the call and the poll.
#[tokio::test]
async fn a_futures_send_keeps_the_context_of_its_call() {
    let (mut sender, mut receiver) = futures_mpsc::channel_named_by_type(0);
    sender.try_send("first").unwrap();
    let mut waiting = None;
    let cause = handling(async {
        waiting = Some(Box::pin(sender.send("second")));
    })
    .await;
    let mut waiting = waiting.unwrap();
    assert!(poll_once(waiting.as_mut()).is_pending());
    assert_eq!(sender_of(&receiver.recv_envelope().await.unwrap()), None);
    let (sent, received) = tokio::join!(waiting, receiver.recv_envelope());
    sent.unwrap();
    assert_eq!(sender_of(&received.unwrap()), Some(cause));
}

/// An envelope that is forwarded keeps its context, through every channel.
#[tokio::test]
async fn a_forwarded_envelope_keeps_its_context() {
    let (crossbeam, crossbeam_receiver) = crossbeam_channel::bounded_named_by_type(2);
    let (std_sender, std_receiver) = std_mpsc::channel_named_by_type();
    let (sync, sync_receiver) = std_mpsc::sync_channel_named_by_type(2);
    let (mut bounded, mut bounded_receiver) = futures_mpsc::channel_named_by_type(1);
    let (unbounded, mut unbounded_receiver) = futures_mpsc::unbounded_named_by_type();
    let cause = handling(async { crossbeam.send(Cause).unwrap() }).await;
    crossbeam.send_envelope(crossbeam_receiver.try_recv_envelope().unwrap()).unwrap();
    crossbeam.try_send_envelope(crossbeam_receiver.recv_envelope().unwrap()).unwrap();
    std_sender.send_envelope(crossbeam_receiver.recv_envelope().unwrap()).unwrap();
    sync.send_envelope(std_receiver.recv_envelope().unwrap()).unwrap();
    sync.try_send_envelope(sync_receiver.recv_envelope().unwrap()).unwrap();
    bounded.try_send_envelope(sync_receiver.try_recv_envelope().unwrap()).unwrap();
    unbounded.unbounded_send_envelope(bounded_receiver.recv_envelope().await.unwrap()).unwrap();
    assert_eq!(sender_of(&unbounded_receiver.try_recv_envelope().unwrap()), Some(cause));
}

#[test]
fn crossbeams_errors_and_views_are_its_own() {
    use crossbeam_channel::{RecvError, RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};

    let (sender, receiver) = crossbeam_channel::bounded_named_by_type(2);
    assert_eq!((sender.capacity(), receiver.capacity()), (Some(2), Some(2)));
    assert!(sender.is_empty() && receiver.is_empty());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!((sender.len(), receiver.len()), (2, 2));
    assert!(sender.is_full() && receiver.is_full());
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(sender.send_timeout(3, Duration::ZERO), Err(SendTimeoutError::Timeout(3)));
    assert_eq!(sender.send_deadline(3, Instant::now()), Err(SendTimeoutError::Timeout(3)));
    let (other, _) = crossbeam_channel::unbounded_named_by_type();
    assert!(sender.same_channel(&sender.clone()) && !sender.same_channel(&other));
    assert!(receiver.same_channel(&receiver.clone()));
    assert_eq!(format!("{sender:?} {receiver:?}"), "Sender { .. } Receiver { .. }");
    assert_eq!(format!("{:?} {:?}", receiver.iter(), receiver.try_iter()), "Iter { .. } TryIter { .. }");
    assert_eq!((&receiver).into_iter().next(), Some(1));
    drop(sender);
    assert_eq!(receiver.recv(), Ok(2), "what was sent can be received");
    assert_eq!(receiver.recv(), Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(receiver.recv_deadline(Instant::now()), Err(RecvTimeoutError::Disconnected));

    let (sender, receiver) = crossbeam_channel::bounded_named_by_type(0);
    assert_eq!(sender.try_send(4), Err(TrySendError::Full(4)), "a rendezvous");
    drop(receiver);
    assert_eq!(sender.send(5).unwrap_err().into_inner(), 5);
    assert_eq!(sender.try_send(6), Err(TrySendError::Disconnected(6)));
    assert_eq!(sender.send_timeout(7, SOON), Err(SendTimeoutError::Disconnected(7)));
}

#[test]
fn stds_errors_and_views_are_its_own() {
    use std_mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

    let (sender, receiver) = std_mpsc::sync_channel_named_by_type(1);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
    let (plain, theirs) = std::sync::mpsc::sync_channel::<u8>(1);
    assert_eq!(format!("{sender:?} {receiver:?}"), format!("{plain:?} {theirs:?}"));
    assert_eq!((&receiver).into_iter().next(), Some(1));
    drop(sender);
    assert_eq!(receiver.recv(), Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Disconnected));

    let (sender, receiver) = std_mpsc::sync_channel_named_by_type(0);
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)), "a rendezvous");
    let sending = std::thread::spawn(move || {
        sender.send(4).unwrap();
        sender
    });
    assert_eq!(receiver.recv(), Ok(4));
    let sender = sending.join().unwrap();
    drop(receiver);
    assert_eq!(sender.send(5), Err(SendError(5)));
    assert_eq!(sender.try_send(6), Err(TrySendError::Disconnected(6)));

    let (sender, receiver) = std_mpsc::channel_named_by_type();
    (1..=3).for_each(|n| sender.send(n).unwrap());
    assert_eq!(receiver.try_iter().take(1).collect::<Vec<_>>(), [1]);
    drop(sender);
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [2, 3]);
    let (sender, receiver) = std_mpsc::channel_named_by_type();
    drop(receiver);
    assert_eq!(sender.send(7), Err(SendError(7)));
}
