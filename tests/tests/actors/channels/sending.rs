//! A message carries the context that its sender had when it sent the message.

use super::*;

/// Receives everything and gives out the spans that the messages came from.
async fn senders<M>(mut receiver: mpsc::Receiver<M>) -> Vec<Option<SpanId>> {
    let mut senders = Vec::new();
    while let Some(envelope) = receiver.recv_envelope().await {
        senders.push(envelope.context().map(|context| context.span_id));
    }
    senders
}

#[tokio::test]
async fn every_way_to_send_carries_the_context() {
    let (sender, receiver) = mpsc::channel_named_by_type(16);
    let (unbounded, mut unbounded_receiver) = mpsc::unbounded_channel_named_by_type();
    let cause = handling(async {
        sender.send("send").await.unwrap();
        sender.try_send("try_send").unwrap();
        sender.send_timeout("send_timeout", Duration::from_secs(1)).await.unwrap();
        sender.reserve().await.unwrap().send("reserve");
        sender.try_reserve().unwrap().send("try_reserve");
        sender.reserve_many(1).await.unwrap().for_each(|permit| permit.send("reserve_many"));
        sender.try_reserve_many(1).unwrap().for_each(|permit| permit.send("try_reserve_many"));
        let sender = sender.reserve_owned().await.unwrap().send("reserve_owned");
        let sender = sender.try_reserve_owned().unwrap().send("try_reserve_owned");
        sender.downgrade().upgrade().unwrap().send("upgrade").await.unwrap();
        unbounded.send("unbounded").unwrap();
        unbounded.downgrade().upgrade().unwrap().send("unbounded upgrade").unwrap();
    })
    .await;
    assert_eq!(senders(receiver).await, [Some(cause); 10]);
    for _ in 0..2 {
        let envelope = unbounded_receiver.recv_envelope().await.unwrap();
        assert_eq!(envelope.context().unwrap().span_id, cause);
    }
}

#[test]
fn a_thread_that_blocks_sends_in_the_context_of_what_it_received() {
    #[traced_actor(name = "BlockingIn")]
    struct In;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(1);
    let (out, mut sent) = mpsc::channel_named_by_type(1);
    sender.blocking_send(In).unwrap();
    drop(sender);
    receiver.blocking_recv().unwrap();
    out.blocking_send("out").unwrap();
    assert!(receiver.blocking_recv().is_none());
    let envelope = sent.blocking_recv_envelope().unwrap();
    assert_eq!(envelope.context().unwrap().span_id, only("BlockingIn").context.span_id);
    assert_eq!(current(), None, "the thread is as it was");
}

#[tokio::test]
async fn a_permit_captures_when_it_sends_not_when_it_is_made() {
    let (sender, receiver) = mpsc::channel_named_by_type(3);
    let (mut permit, mut owned, mut many) = (None, None, None);
    let reserving = handling(async {
        permit = Some(sender.reserve().await.unwrap());
        owned = Some(sender.clone().reserve_owned().await.unwrap());
        many = Some(sender.reserve_many(1).await.unwrap());
    })
    .await;
    let sending = handling(async {
        permit.unwrap().send("permit");
        drop(owned.unwrap().send("owned"));
        many.unwrap().next().unwrap().send("many");
    })
    .await;
    drop(sender);
    assert_ne!(reserving, sending);
    assert_eq!(senders(receiver).await, [Some(sending); 3]);
}

/// In a `select!`, every arm's future is made before the first is polled, and a `recv()` behind the
/// `send` ends the message that the `send` belongs to.
#[tokio::test]
async fn a_send_beside_a_receive_belongs_to_the_message_before() {
    #[traced_actor(name = "Beside")]
    struct In;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(1);
    let (out, sent) = mpsc::channel_named_by_type(1);
    sender.send(In).await.unwrap();
    async {
        receiver.recv().await.unwrap();
        tokio::select! {
            biased;
            result = out.send("out") => result.unwrap(),
            _ = receiver.recv() => unreachable!("there is none"),
        }
    }
    .traced()
    .await;
    drop(out);
    assert_eq!(senders(sent).await, [Some(only("Beside").context.span_id)]);
}

/// Waiting for room does not change whose message it is.
#[tokio::test]
async fn a_send_that_waits_keeps_the_context_of_its_call() {
    let (sender, mut receiver) = mpsc::channel_named_by_type(1);
    sender.try_send("first").unwrap();
    let mut waiting = None;
    let cause = handling(async {
        let mut send = Box::pin(sender.send("second"));
        assert!(poll_once(send.as_mut()).is_pending());
        waiting = Some(send);
    })
    .await;
    assert!(receiver.recv_envelope().await.unwrap().context().is_none());
    waiting.unwrap().await.unwrap();
    assert_eq!(receiver.recv_envelope().await.unwrap().context().unwrap().span_id, cause);
}

#[tokio::test]
async fn the_other_channels_carry_the_context_too() {
    let (flume_sender, flume_receiver) = flume::unbounded_named_by_type();
    let (async_sender, async_receiver) = async_channel::bounded_named_by_type(8);
    let cause = handling(async {
        flume_sender.send("send").unwrap();
        flume_sender.try_send("try_send").unwrap();
        flume_sender.send_timeout("send_timeout", Duration::from_secs(1)).unwrap();
        flume_sender.send_deadline("send_deadline", std::time::Instant::now()).unwrap();
        flume_sender.send_async("send_async").await.unwrap();
        flume_sender.clone().into_send_async("into_send_async").await.unwrap();
        flume_sender.downgrade().upgrade().unwrap().send("upgrade").unwrap();
        async_sender.send("send").await.unwrap();
        async_sender.try_send("try_send").unwrap();
        async_sender.send_blocking("send_blocking").unwrap();
        async_sender.force_send("force_send").unwrap();
        async_sender.downgrade().upgrade().unwrap().send("upgrade").await.unwrap();
    })
    .await;
    drop((flume_sender, async_sender));
    let mut seen = Vec::new();
    while let Ok(envelope) = flume_receiver.recv_envelope() {
        seen.push(envelope.context().map(|context| context.span_id));
    }
    assert_eq!(seen, [Some(cause); 7]);
    seen.clear();
    while let Ok(envelope) = async_receiver.recv_envelope().await {
        seen.push(envelope.context().map(|context| context.span_id));
    }
    assert_eq!(seen, [Some(cause); 5]);
}
