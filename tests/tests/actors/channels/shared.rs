//! Receivers that are cloned, or used by several tasks and threads through `&self`.

use std::sync::Arc;

use super::*;

#[tokio::test]
async fn clones_have_a_last_message_each() {
    #[traced_actor]
    struct Cloned;

    testkit::install();
    let (flume_sender, flume_one) = flume::unbounded();
    let (async_sender, async_one) = async_channel::unbounded();
    let (flume_other, async_other) = (flume_one.clone(), async_one.clone());
    for _ in 0..2 {
        flume_sender.send(Cloned).unwrap();
        async_sender.send(Cloned).await.unwrap();
    }
    async {
        flume_one.recv_async().await.unwrap();
        flume_other.recv_async().await.unwrap();
        async_one.recv().await.unwrap();
        async_other.recv().await.unwrap();
        drop(async_other.recv());
        assert_eq!(spans("Cloned").len(), 1, "the others are open");
        drop(flume_other.recv_async());
        assert_eq!(spans("Cloned").len(), 2);
        drop((flume_one, async_one));
        tokio::task::yield_now().await;
        assert_eq!(spans("Cloned").len(), 4);
    }
    .traced()
    .await;
}

/// Workers that share one receiver by reference, on several threads: while one handles its message, the others
/// receive, and it still sends under its own.
macro_rules! workers {
    ($($test:ident $actor:ident $channel:expr; |$sender:ident, $message:ident| $send:expr;
       |$receiver:ident| $receive:expr;)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            #[traced_actor]
            struct $actor(usize);

            let ($sender, receiver) = $channel;
            let receiver = Arc::new(receiver);
            let (seen, mut all_seen) = mpsc::unbounded_channel_named_by_type();
            let worker = || {
                let ($receiver, seen) = (receiver.clone(), seen.clone());
                let run = async move {
                    while let Ok($actor(n)) = $receive.await {
                        tokio::task::yield_now().await;
                        seen.send((n, current())).unwrap();
                    }
                    assert_eq!(current(), None, "the worker's scope is left as it was");
                };
                tokio::spawn(run.traced())
            };
            let workers: Vec<_> = (0..8).map(|_| worker()).collect();
            let mut causes = Vec::new();
            for n in 0..200 {
                let $message = $actor(n);
                causes.push(handling(async { $send.await.unwrap() }).await);
            }
            drop(($sender, receiver, seen));
            for worker in workers {
                worker.await.unwrap();
            }
            let spans = spans(stringify!($actor));
            assert_eq!(spans.len(), causes.len());
            while let Some((n, current)) = all_seen.recv().await {
                let own = spans.iter().find(|span| span.parent == Some(causes[n])).unwrap();
                assert_eq!(current, Some(own.context.span_id), "message {n}");
            }
        })*
    };
}

workers! {
    flume_workers FlumeWork flume::unbounded();
        |sender, message| sender.send_async(message); |receiver| receiver.recv_async();
    async_channel_workers AsyncWork async_channel::unbounded();
        |sender, message| sender.send(message); |receiver| receiver.recv();
}

/// The same with messages that are not sampled: each scope is left as it was, undecided.
#[tokio::test]
async fn unsampled_messages_leave_no_trace_in_the_scopes_that_share_a_receiver() {
    testkit::install();
    let (sender, receiver) = flume::unbounded_named_by_type();
    for n in 0..6 {
        sender.send_envelope(unsampled(n)).unwrap();
    }
    drop(sender);
    let worker = async || {
        while receiver.recv_async().await.is_ok() {
            assert!(is_unsampled());
            tokio::task::yield_now().await;
            assert!(is_unsampled(), "another's receive does not end this message");
        }
        assert!(!is_unsampled());
    };
    tokio::join!(worker().traced(), worker().traced(), worker().traced());
}

/// Two futures of one handle in one task: both may be served before the next is asked for.
#[tokio::test]
async fn futures_side_by_side_on_one_handle_lose_nothing() {
    #[traced_actor]
    struct SideBySide(u32);

    testkit::install();
    let (sender, receiver) = flume::unbounded();
    let (async_sender, async_receiver) = async_channel::unbounded();
    async {
        let (mut one, mut two) = (receiver.recv_async(), receiver.recv_async());
        assert!(poll_once(Pin::new(&mut one)).is_pending());
        assert!(poll_once(Pin::new(&mut two)).is_pending());
        sender.send(SideBySide(1)).unwrap();
        sender.send(SideBySide(2)).unwrap();
        let (Ok(SideBySide(first)), Ok(SideBySide(second))) = (one.await, two.await) else { unreachable!() };
        assert_eq!((first, second), (1, 2));
        assert_eq!(spans("SideBySide").len(), 1, "the second message ends the first");

        let (mut one, mut two) = (Box::pin(async_receiver.recv()), Box::pin(async_receiver.recv()));
        assert!(poll_once(one.as_mut()).is_pending());
        assert!(poll_once(two.as_mut()).is_pending());
        async_sender.send(SideBySide(3)).await.unwrap();
        async_sender.send(SideBySide(4)).await.unwrap();
        let (Ok(SideBySide(first)), Ok(SideBySide(second))) = (one.await, two.await) else { unreachable!() };
        assert_eq!((first, second), (3, 4));
        drop((receiver, async_receiver));
        tokio::task::yield_now().await;
        assert_eq!(spans("SideBySide").len(), 4);
        assert_eq!(current(), None);
    }
    .traced()
    .await;
}

/// The rest of the two mirrors, as the crates have it.
#[tokio::test]
async fn flumes_errors_and_views_are_its_own() {
    use traced_actor_channels::flume::{
        RecvError, RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError,
    };

    let (sender, receiver) = flume::bounded_named_by_type(2);
    assert_eq!((sender.capacity(), receiver.capacity()), (Some(2), Some(2)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    sender.send(1).unwrap();
    sender.send_async(2).await.unwrap();
    assert!(sender.is_full() && receiver.is_full() && !sender.is_empty() && !receiver.is_empty());
    assert_eq!((sender.len(), receiver.len()), (2, 2));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(sender.send_timeout(3, Duration::ZERO), Err(SendTimeoutError::Timeout(3)));
    let mut drain = receiver.drain();
    assert_eq!((drain.len(), drain.next(), drain.len()), (2, Some(1), 1));
    drop(drain);
    assert!(receiver.is_empty(), "taken at once");
    let (same, other) = (sender.clone(), flume::bounded_named_by_type(0));
    assert!(sender.same_channel(&same) && !sender.same_channel(&other.0));
    assert!(receiver.same_channel(&receiver.clone()) && !receiver.same_channel(&other.1));
    assert_eq!((sender.sender_count(), sender.receiver_count()), (2, 1));
    assert_eq!(format!("{sender:?} {receiver:?}"), "Sender Receiver");
    let weak = sender.downgrade();
    drop((sender, same));
    assert!(weak.clone().upgrade().is_none() && receiver.is_disconnected());
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
    assert_eq!(receiver.recv_async().await, Err(RecvError::Disconnected));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));

    let (sender, receiver) = other;
    let (sent, received) = tokio::join!(sender.send_async(4), receiver.recv_async());
    assert_eq!((sent, received), (Ok(()), Ok(4)), "a rendezvous");
    let mut waiting = sender.send_async(5);
    assert!(poll_once(Pin::new(&mut waiting)).is_pending());
    drop(receiver);
    assert_eq!(waiting.await.unwrap_err().into_inner(), 5);
    assert_eq!(sender.send(6).unwrap_err().into_inner(), 6);
    assert_eq!(sender.try_send(7), Err(TrySendError::Disconnected(7)));
    assert!(sender.is_disconnected());

    let (sender, receiver) = flume::unbounded_named_by_type();
    (1..=6).for_each(|n| sender.send(n).unwrap());
    let mut stream = receiver.clone().into_stream();
    assert_eq!(next(Pin::new(&mut stream)).await, Some(1));
    assert_eq!(next(Pin::new(&mut stream.clone())).await, Some(2));
    assert_eq!(receiver.clone().into_recv_async().await, Ok(3));
    assert_eq!(receiver.try_iter().take(1).collect::<Vec<_>>(), [4]);
    assert_eq!(stream.len(), 2);
    drop(sender);
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [5, 6]);
    assert_eq!(next(Pin::new(&mut stream)).await, None);
}

#[tokio::test]
async fn async_channels_errors_and_views_are_its_own() {
    use traced_actor_channels::async_channel::{RecvError, SendError, TryRecvError, TrySendError};

    let (sender, receiver) = async_channel::bounded_named_by_type(2);
    assert_eq!((sender.capacity(), receiver.capacity()), (Some(2), Some(2)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.send(1).await.unwrap();
    sender.send_blocking(2).unwrap();
    assert!(sender.is_full() && receiver.is_full() && !sender.is_empty() && !receiver.is_empty());
    assert_eq!((sender.len(), receiver.len()), (2, 2));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(sender.force_send(3), Ok(Some(1)), "in the place of another");
    let (same, other) = (sender.clone(), async_channel::unbounded_named_by_type());
    assert!(sender.same_channel(&same) && !sender.same_channel(&other.0));
    assert!(receiver.same_channel(&receiver.clone()) && !receiver.same_channel(&other.1));
    assert_eq!((sender.sender_count(), receiver.receiver_count()), (2, 1));
    assert_eq!(format!("{sender:?} {receiver:?}"), "Sender { .. } Receiver { .. }");
    let (weak_sender, weak_receiver) = (sender.downgrade(), receiver.downgrade());
    let upgraded = weak_receiver.clone().upgrade().unwrap();
    assert_eq!(upgraded.recv().await, Ok(2));
    assert!(weak_sender.clone().upgrade().unwrap().same_channel(&sender));

    let mut closed = Box::pin(sender.closed());
    assert!(poll_once(closed.as_mut()).is_pending());
    assert!(receiver.close() && !sender.close(), "closed once");
    closed.await;
    assert!(sender.is_closed() && receiver.is_closed());
    assert_eq!(sender.send(4).await, Err(SendError(4)));
    assert_eq!(sender.force_send(4), Err(SendError(4)));
    assert_eq!(sender.try_send(4), Err(TrySendError::Closed(4)));
    assert_eq!(receiver.recv().await, Ok(3), "what was sent can be received");
    assert_eq!(receiver.recv().await, Err(RecvError));
    assert_eq!(receiver.recv_blocking(), Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert!(weak_sender.upgrade().is_none() && weak_receiver.upgrade().is_none());
    assert_eq!(next(Box::pin(receiver).as_mut()).await, None);
}
