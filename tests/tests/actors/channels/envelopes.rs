//! Envelopes: received without a span, forwarded with the context that they came with.

use super::*;

/// Receives `$receive` from one channel while something else is handled, forwards it by `$forward` into another;
/// its span is the child of whoever sent it first.
macro_rules! forwarded {
    ($($test:ident $actor:ident ($sender:ident, $receiver:ident) $channel:expr; $send:expr;
       $receive:expr; |$envelope:ident| $forward:expr;)*) => {
        $(#[tokio::test]
        async fn $test() {
            #[traced_actor]
            struct $actor;

            let ($sender, $receiver) = $channel;
            #[allow(unused_mut)] // some receive through `&self`
            let mut $receiver = $receiver;
            let cause = handling(async { $send.unwrap() }).await;
            handling(async {
                let before = current();
                let $envelope: Envelope<$actor> = $receive;
                assert_eq!($envelope.context().map(|context| context.span_id), Some(cause));
                assert_eq!(current(), before, "nothing was opened");
                $forward;
            })
            .await;
            assert!(spans(stringify!($actor)).is_empty(), "nothing was opened");
            one($receiver).traced().await.expect("it was forwarded into the channel that it came from");
            assert_eq!(only(stringify!($actor)).parent, Some(cause));
        })*
    };
}

/// Receives one message in the way of the channel, and drops the receiver.
async fn one<M>(mut receiver: impl Receive<M>) -> Option<M> {
    receiver.receive().await
}

trait Receive<M> {
    async fn receive(&mut self) -> Option<M>;
}

impl<M> Receive<M> for mpsc::Receiver<M> {
    async fn receive(&mut self) -> Option<M> {
        self.recv().await
    }
}

impl<M> Receive<M> for mpsc::UnboundedReceiver<M> {
    async fn receive(&mut self) -> Option<M> {
        self.recv().await
    }
}

impl<M> Receive<M> for flume::Receiver<M> {
    async fn receive(&mut self) -> Option<M> {
        self.recv_async().await.ok()
    }
}

impl<M> Receive<M> for async_channel::Receiver<M> {
    async fn receive(&mut self) -> Option<M> {
        self.recv().await.ok()
    }
}

forwarded! {
    send_envelope SendEnvelope (sender, receiver) mpsc::channel(1); sender.send(SendEnvelope).await;
        receiver.recv_envelope().await.unwrap(); |envelope| sender.send_envelope(envelope).await.unwrap();
    try_send_envelope TrySendEnvelope (sender, receiver) mpsc::channel(1); sender.send(TrySendEnvelope).await;
        receiver.try_recv_envelope().unwrap(); |envelope| sender.try_send_envelope(envelope).unwrap();
    permit_send_envelope PermitSendEnvelope (sender, receiver) mpsc::channel(1);
        sender.send(PermitSendEnvelope).await;
        receiver.recv_envelope().await.unwrap();
        |envelope| sender.reserve().await.unwrap().send_envelope(envelope);
    owned_permit_send_envelope OwnedPermitSendEnvelope (sender, receiver) mpsc::channel(1);
        sender.send(OwnedPermitSendEnvelope).await;
        receiver.recv_envelope().await.unwrap();
        |envelope| sender.clone().reserve_owned().await.unwrap().send_envelope(envelope);
    recv_many_envelopes Many (sender, receiver) mpsc::channel(1); sender.send(Many).await;
        many(async |buffer| receiver.recv_many_envelopes(buffer, 9).await).await;
        |envelope| sender.send_envelope(envelope).await.unwrap();
    unbounded Unbounded (sender, receiver) mpsc::unbounded_channel(); sender.send(Unbounded);
        receiver.recv_envelope().await.unwrap(); |envelope| sender.send_envelope(envelope).unwrap();
    unbounded_try UnboundedTry (sender, receiver) mpsc::unbounded_channel(); sender.send(UnboundedTry);
        receiver.try_recv_envelope().unwrap(); |envelope| sender.send_envelope(envelope).unwrap();
    unbounded_many UnboundedMany (sender, receiver) mpsc::unbounded_channel(); sender.send(UnboundedMany);
        many(async |buffer| receiver.recv_many_envelopes(buffer, 9).await).await;
        |envelope| sender.send_envelope(envelope).unwrap();
    over_flume OverFlume (sender, receiver) flume::bounded(1); sender.send(OverFlume);
        receiver.recv_envelope().unwrap(); |envelope| sender.send_envelope(envelope).unwrap();
    over_flume_async OverFlumeAsync (sender, receiver) flume::bounded(1);
        sender.send_async(OverFlumeAsync).await;
        receiver.recv_envelope_async().await.unwrap();
        |envelope| sender.send_envelope_async(envelope).await.unwrap();
    over_flume_try OverFlumeTry (sender, receiver) flume::bounded(1); sender.try_send(OverFlumeTry);
        receiver.try_recv_envelope().unwrap(); |envelope| sender.try_send_envelope(envelope).unwrap();
    over_async OverAsync (sender, receiver) async_channel::bounded(1); sender.send(OverAsync).await;
        receiver.recv_envelope().await.unwrap(); |envelope| sender.send_envelope(envelope).await.unwrap();
    over_async_try OverAsyncTry (sender, receiver) async_channel::bounded(1); sender.try_send(OverAsyncTry);
        receiver.try_recv_envelope().unwrap(); |envelope| sender.try_send_envelope(envelope).unwrap();
}

async fn many<M>(receive: impl AsyncFnOnce(&mut Vec<Envelope<M>>) -> usize) -> Envelope<M> {
    let mut batch = Vec::new();
    assert_eq!(receive(&mut batch).await, 1);
    batch.pop().unwrap()
}

#[test]
fn a_blocking_receive_of_an_envelope_opens_nothing() {
    #[traced_actor]
    struct Blocking;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(1);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel();
    sender.blocking_send(Blocking).unwrap();
    unbounded.send(Blocking).unwrap();
    drop((sender, unbounded));
    assert!(receiver.blocking_recv_envelope().is_some());
    assert!(unbounded_receiver.blocking_recv_envelope().is_some());
    assert_eq!(current(), None);
    assert!(receiver.blocking_recv_envelope().is_none());
    assert!(unbounded_receiver.blocking_recv_envelope().is_none());
    assert!(spans("Blocking").is_empty());
}

/// Each context of a batch, where `recv_many` would have linked them all to one span.
#[tokio::test]
async fn a_batch_of_envelopes_keeps_each_context() {
    let (sender, mut receiver) = mpsc::channel_named_by_type(4);
    let first = handling(async { sender.send(1).await.unwrap() }).await;
    let second = handling(async { sender.send(2).await.unwrap() }).await;
    sender.send_envelope(unsampled(3)).await.unwrap();
    sender.send(4).await.unwrap();
    let mut batch = Vec::new();
    assert_eq!(receiver.recv_many_envelopes(&mut batch, 3).await, 3);
    assert_eq!(receiver.recv_many_envelopes(&mut batch, 3).await, 1, "appended");
    let contexts: Vec<_> =
        batch.iter().map(|envelope| envelope.context().map(|context| context.span_id)).collect();
    assert_eq!(contexts, [Some(first), Some(second), None, None]);
    assert!(matches!(batch[2].state(), ContextState::Unsampled));
    assert!(matches!(batch[3].state(), ContextState::Absent));
    assert_eq!(batch.into_iter().map(Envelope::into_message).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

/// A failed send returns the envelope unchanged.
#[tokio::test]
async fn errors_give_the_envelope_back() {
    use mpsc::error::TrySendError;
    use traced_actor_channels::flume::TrySendError as FlumeError;

    fn is_as_it_was(envelope: &Envelope<&str>) -> bool {
        matches!(envelope.state(), ContextState::Unsampled) && *envelope.message() == "back"
    }
    let back = || unsampled("back");

    let (sender, receiver) = mpsc::channel_named_by_type(1);
    sender.try_send("first").unwrap();
    assert!(matches!(sender.try_send_envelope(back()), Err(TrySendError::Full(e)) if is_as_it_was(&e)));
    drop(receiver);
    assert!(matches!(sender.try_send_envelope(back()), Err(TrySendError::Closed(e)) if is_as_it_was(&e)));
    assert!(is_as_it_was(&sender.send_envelope(back()).await.unwrap_err().0));

    let (sender, receiver) = mpsc::unbounded_channel_named_by_type();
    drop(receiver);
    assert!(is_as_it_was(&sender.send_envelope(back()).unwrap_err().0));

    let (sender, receiver) = flume::bounded_named_by_type(1);
    sender.send("first").unwrap();
    assert!(matches!(sender.try_send_envelope(back()), Err(FlumeError::Full(e)) if is_as_it_was(&e)));
    drop(receiver);
    assert!(matches!(sender.try_send_envelope(back()), Err(FlumeError::Disconnected(e)) if is_as_it_was(&e)));
    assert!(is_as_it_was(&sender.send_envelope(back()).unwrap_err().0));
    assert!(is_as_it_was(&sender.send_envelope_async(back()).await.unwrap_err().0));

    let (sender, receiver) = async_channel::bounded_named_by_type(1);
    drop(receiver);
    assert!(is_as_it_was(&sender.try_send_envelope(back()).unwrap_err().into_inner()));
    assert!(is_as_it_was(&sender.send_envelope(back()).await.unwrap_err().0));
}
