//! Every way to receive opens the message's span as a child of its sender's, and ends the last one.

use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::std::sync::mpsc as std_mpsc;
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::{async_channel, crossbeam_channel, flume};

use super::*;

/// Two ways to receive in one flow: what `$receive` yields runs under its own span, the child of its sender's, until `$ask` asks
/// for the next message, or is the receiver, which is then dropped.
macro_rules! child_span {
    ($($test:ident $actor:ident ($sender:ident, $receiver:ident) $channel:expr;
       $send:expr; $receive:expr; $ask:expr;)*) => {
        $(#[tokio::test]
        async fn $test() {
            #[traced_actor]
            #[derive(Clone, Debug)]
            struct $actor;

            #[allow(unused_mut)] // some send through `&self`
            let (mut $sender, $receiver) = $channel;
            #[allow(unused_mut)] // some receive through `&self`
            let mut $receiver = $receiver;
            let cause = handling(async { $send; }).await;
            async {
                let received: Option<$actor> = $receive;
                received.expect("the message is there");
                let span = current();
                assert!(spans(stringify!($actor)).is_empty(), "open");
                #[allow(clippy::drop_non_drop, dropping_copy_types)] // of the ways to ask, some answer at once
                drop($ask);
                let afterwards = current();
                // If the receiver is dropped, the loop may end with an error, which the message's span records.
                tokio::task::yield_now().await;
                let ended = only(stringify!($actor));
                assert_eq!(ended.parent, Some(cause));
                assert!(text(&ended, "actor.mailbox.wait").is_some(), "{ended:?}");
                assert_eq!(span, Some(ended.context.span_id), "what is sent meanwhile continues it");
                assert_eq!(afterwards, None, "what is sent afterwards does not");
            }
            .traced()
            .await;
        })*
    };
}

child_span! {
    crossbeam_recv CrossbeamRecv (sender, receiver) crossbeam_channel::bounded(1); sender.send(CrossbeamRecv).unwrap();
        receiver.recv().ok(); receiver.try_recv();
    crossbeam_try_recv CrossbeamTryRecv (sender, receiver) crossbeam_channel::unbounded();
        sender.try_send(CrossbeamTryRecv).unwrap();
        receiver.try_recv().ok(); receiver.recv_timeout(Duration::ZERO);
    crossbeam_recv_timeout CrossbeamRecvTimeout (sender, receiver) crossbeam_channel::unbounded();
        sender.send(CrossbeamRecvTimeout).unwrap();
        receiver.recv_timeout(Duration::ZERO).ok(); receiver.recv_deadline(Instant::now());
    crossbeam_recv_deadline CrossbeamRecvDeadline (sender, receiver) crossbeam_channel::unbounded();
        sender.send(CrossbeamRecvDeadline).unwrap();
        receiver.recv_deadline(Instant::now()).ok(); receiver.try_recv_envelope();
    crossbeam_iterators CrossbeamIterators (sender, receiver) crossbeam_channel::unbounded();
        sender.send(CrossbeamIterators).unwrap();
        receiver.iter().next(); receiver.try_iter().next();
    crossbeam_into_iter CrossbeamIntoIter (sender, messages) owned(crossbeam_channel::unbounded());
        sender.send(CrossbeamIntoIter).unwrap();
        messages.next(); messages;
    std_into_iter StdIntoIter (sender, messages) owned(std_mpsc::channel()); sender.send(StdIntoIter).unwrap();
        messages.next(); messages;
    crossbeam_dropped CrossbeamDropped (sender, receiver) crossbeam_channel::unbounded();
        sender.send(CrossbeamDropped).unwrap();
        receiver.recv().ok(); receiver;

    std_recv StdRecv (sender, receiver) std_mpsc::channel(); sender.send(StdRecv).unwrap();
        receiver.recv().ok(); receiver.try_recv();
    std_try_recv StdTryRecv (sender, receiver) std_mpsc::sync_channel(1); sender.try_send(StdTryRecv).unwrap();
        receiver.try_recv().ok(); receiver.recv_timeout(Duration::ZERO);
    std_recv_timeout StdRecvTimeout (sender, receiver) std_mpsc::sync_channel(1); sender.send(StdRecvTimeout).unwrap();
        receiver.recv_timeout(Duration::ZERO).ok(); receiver.try_recv_envelope();
    std_iterators StdIterators (sender, receiver) std_mpsc::channel(); sender.send(StdIterators).unwrap();
        receiver.iter().next(); receiver.try_iter().next();
    std_dropped StdDropped (sender, receiver) std_mpsc::channel(); sender.send(StdDropped).unwrap();
        receiver.recv().ok(); receiver;

    futures_recv FuturesRecv (sender, receiver) futures_mpsc::channel(1); sender.send(FuturesRecv).await.unwrap();
        receiver.recv().await.ok(); receiver.recv();
    futures_try_recv FuturesTryRecv (sender, receiver) futures_mpsc::channel(1);
        sender.try_send(FuturesTryRecv).unwrap();
        receiver.try_recv().ok(); receiver.try_recv();
    futures_stream FuturesStream (sender, receiver) futures_mpsc::channel(1);
        sender.feed(FuturesStream).await.unwrap();
        next(Pin::new(&mut receiver)).await; poll_once(Box::pin(next(Pin::new(&mut receiver))).as_mut());
    futures_recv_envelope FuturesRecvEnvelope (sender, receiver) futures_mpsc::channel(1);
        sender.start_send(FuturesRecvEnvelope).unwrap();
        receiver.recv().await.ok(); receiver.recv_envelope();
    futures_dropped FuturesDropped (sender, receiver) futures_mpsc::channel(1);
        sender.try_send(FuturesDropped).unwrap();
        receiver.recv().await.ok(); receiver;
    futures_unbounded_recv FuturesUnboundedRecv (sender, receiver) futures_mpsc::unbounded();
        sender.unbounded_send(FuturesUnboundedRecv).unwrap();
        receiver.recv().await.ok(); receiver.recv();
    futures_unbounded_stream FuturesUnboundedStream (sender, receiver) futures_mpsc::unbounded();
        sender.send(FuturesUnboundedStream).await.unwrap();
        next(Pin::new(&mut receiver)).await; receiver.try_recv_envelope();
    futures_unbounded_dropped FuturesUnboundedDropped (sender, receiver) futures_mpsc::unbounded();
        sender.start_send(FuturesUnboundedDropped).unwrap();
        receiver.try_recv().ok(); receiver;

    broadcast_recv BroadcastRecv (sender, receiver) broadcast::channel(1); sender.send(BroadcastRecv).unwrap();
        receiver.recv().await.ok(); receiver.recv();
    broadcast_try_recv BroadcastTryRecv (sender, receiver) broadcast::channel(1);
        sender.send(BroadcastTryRecv).unwrap();
        receiver.try_recv().ok(); receiver.try_recv();
    broadcast_recv_envelope BroadcastRecvEnvelope (sender, receiver) broadcast::channel(1);
        sender.send(BroadcastRecvEnvelope).unwrap();
        receiver.recv().await.ok(); receiver.recv_envelope();
    broadcast_try_recv_envelope BroadcastTryRecvEnvelope (sender, receiver) broadcast::channel(1);
        sender.downgrade().upgrade().unwrap().send(BroadcastTryRecvEnvelope).unwrap();
        receiver.recv().await.ok(); receiver.try_recv_envelope();
    broadcast_dropped BroadcastDropped (sender, receiver) broadcast::channel(1);
        sender.send(BroadcastDropped).unwrap();
        receiver.recv().await.ok(); receiver;

    // More ways of the two that have their own tests beside those of `mpsc`.
    flume_into_recv_async FlumeIntoRecvAsync (sender, receiver) flume::unbounded();
        sender.send(FlumeIntoRecvAsync).unwrap();
        receiver.recv_async().await.ok(); receiver.into_recv_async();
    async_channel_blocking_recv AsyncChannelWeak (sender, receiver) async_channel::bounded(1);
        sender.send(AsyncChannelWeak).await.unwrap();
        receiver.recv_blocking().ok(); receiver.try_recv_envelope();
}

/// The receiver's messages, with the receiver.
fn owned<S, R: IntoIterator>((sender, receiver): (S, R)) -> (S, R::IntoIter) {
    (sender, receiver.into_iter())
}

/// A receive that is made and not polled ends the message when it is dropped: a timer was faster.
macro_rules! unpolled {
    ($($test:ident $actor:ident ($sender:ident, $receiver:ident) $channel:expr; $send:expr; $receive:expr; $asked:expr;)*) => {
        $(#[tokio::test]
        async fn $test() {
            #[traced_actor]
            #[derive(Clone, Debug)]
            struct $actor;

            testkit::install();
            #[allow(unused_mut)]
            let (mut $sender, mut $receiver) = $channel;
            $send;
            async {
                $receive;
                let asked = $asked;
                assert_eq!(spans(stringify!($actor)).len(), 0, "made, and neither polled nor dropped");
                drop(asked);
                assert_eq!(spans(stringify!($actor)).len(), 1);
            }
            .traced()
            .await;
        })*
    };
}

unpolled! {
    futures_unpolled FuturesUnpolled (sender, receiver) futures_mpsc::channel(1); sender.try_send(FuturesUnpolled).unwrap();
        receiver.recv().await.unwrap(); receiver.recv();
    futures_envelope_unpolled FuturesEnvelopeUnpolled (sender, receiver) futures_mpsc::unbounded();
        sender.unbounded_send(FuturesEnvelopeUnpolled).unwrap();
        receiver.recv().await.unwrap(); receiver.recv_envelope();
    broadcast_unpolled BroadcastUnpolled (sender, receiver) broadcast::channel(1);
        sender.send(BroadcastUnpolled).unwrap();
        receiver.recv().await.unwrap(); receiver.recv();
}

/// A clone of a receiver has a last message of its own.
#[test]
fn a_crossbeam_clone_ends_only_its_own() {
    #[traced_actor]
    #[derive(Debug)]
    struct CrossbeamClone;

    testkit::install();
    let (sender, one) = crossbeam_channel::unbounded();
    let other = one.clone();
    sender.send(CrossbeamClone).unwrap();
    sender.send(CrossbeamClone).unwrap();
    one.recv().unwrap();
    other.recv().unwrap();
    other.try_recv().unwrap_err();
    assert_eq!(spans("CrossbeamClone").len(), 1);
    drop(one);
    assert_eq!(spans("CrossbeamClone").len(), 2);
    assert_eq!(current(), None);
}
