//! Ends of our channels in the hands of an API that names tokio's types, and tokio's in the hands of one that names ours.

use tokio::sync::mpsc as tokio_mpsc;
use traced_actor::sync::wrap::Describe;

use super::*;

/// A library that sends to an actor's mailbox and knows only tokio.
async fn library(mailbox: tokio_mpsc::Sender<u32>) {
    for n in 1..=5 {
        mailbox.send(n).await.unwrap();
    }
}

/// The messages arrive in their order, and none is lost; the context is, as the documentation says.
#[tokio::test]
async fn a_plain_sender_sends_into_our_channel_without_a_context() {
    let (sender, mut receiver) = mpsc::channel_named_by_type(2);
    let plain = sender.to_plain();
    drop(sender);
    let sending = handling(library(plain));
    let receiving = async {
        let mut received = Vec::new();
        while let Some(envelope) = receiver.recv_envelope().await {
            assert!(matches!(envelope.state(), ContextState::Absent), "nobody has decided about it");
            received.push(envelope.into_message());
        }
        received
    };
    let (_, received) = tokio::join!(sending, receiving);
    assert_eq!(received, [1, 2, 3, 4, 5], "and the channel closes when the plain senders are gone");
}

/// Each plain message is a root, and a handler's like any other.
#[tokio::test]
async fn a_plain_message_starts_a_trace() {
    #[traced_actor]
    struct Handed;

    testkit::install();
    let (sender, mut receiver) = mpsc::channel(2);
    sender.to_plain().send(Handed).await.unwrap();
    async {
        receiver.recv().await.unwrap();
        assert!(current().is_some());
        drop(receiver);
    }
    .traced()
    .await;
    assert_eq!(only("Handed").parent, None);
}

#[tokio::test]
async fn the_end_of_one_side_is_the_end_of_the_other() {
    let (sender, receiver) = mpsc::channel_named_by_type::<u32>(1);
    let plain = sender.to_plain();
    drop(receiver);
    plain.closed().await;
    assert!(plain.send(1).await.is_err());

    let (sender, mut receiver) = mpsc::unbounded_channel_named_by_type::<u32>();
    let plain = sender.to_plain();
    drop(sender);
    (1..=3).for_each(|n| plain.send(n).unwrap());
    drop(plain);
    for n in 1..=3 {
        assert_eq!(receiver.recv().await, Some(n));
    }
    assert_eq!(receiver.recv().await, None);

    let (plain, receiver) = tokio_mpsc::channel::<u32>(1);
    let sender = mpsc::Sender::from_plain(plain, Describe::type_name());
    drop(receiver);
    sender.closed().await;
    assert!(sender.send(1).await.is_err());

    let (plain, mut receiver) = tokio_mpsc::unbounded_channel();
    let sender = mpsc::UnboundedSender::from_plain(plain, Describe::type_name());
    (1..=3).for_each(|n| sender.send(n).unwrap());
    drop(sender);
    for n in 1..=3 {
        assert_eq!(receiver.recv().await, Some(n));
    }
    assert_eq!(receiver.recv().await, None);
}

/// A library's channel behind one of our senders: the plain messages come out.
#[tokio::test]
async fn a_plain_channel_takes_what_ours_sends() {
    #[traced_actor]
    #[derive(Debug, PartialEq)]
    struct Given(u32);

    let (plain, mut receiver) = tokio_mpsc::channel(1);
    let sender = mpsc::Sender::from_plain(plain, Describe::message());
    let sending = handling(async {
        for n in 1..=5 {
            sender.send(Given(n)).await.unwrap();
        }
    });
    let receiving = async {
        for n in 1..=5 {
            assert_eq!(receiver.recv().await, Some(Given(n)));
        }
    };
    tokio::join!(sending, receiving);
    drop(sender);
    assert_eq!(receiver.recv().await, None);
}

/// Through an API that is generic over the message, nothing is lost in either direction.
#[tokio::test]
async fn envelopes_go_through_tokios_channel_with_their_context() {
    #[traced_actor]
    struct Enveloped;

    let (sender, mut receiver) = mpsc::channel::<Enveloped>(2);
    let generic = sender.clone().into_tokio();
    let again = mpsc::Sender::from_tokio(generic.clone(), Describe::message());
    assert!(sender.same_channel(&again));
    let cause = handling(async {
        generic.send(Envelope::capture(Enveloped)).await.unwrap();
        again.send(Enveloped).await.unwrap();
    })
    .await;
    for _ in 0..2 {
        assert_eq!(receiver.recv_envelope().await.unwrap().context().unwrap().span_id, cause);
    }

    let (generic, plain_receiver) = tokio_mpsc::unbounded_channel();
    let sender = mpsc::UnboundedSender::from_tokio(generic.clone(), Describe::message());
    let mut receiver = mpsc::UnboundedReceiver::from_tokio(plain_receiver, sender.describe());
    let cause = handling(async {
        sender.send(Enveloped).unwrap();
        sender.into_tokio().send(Envelope::capture(Enveloped)).unwrap();
    })
    .await;
    drop(generic);
    async { while receiver.recv().await.is_some() {} }.traced().await;
    let spans = spans("Enveloped");
    assert_eq!(spans.len(), 2);
    assert!(spans.iter().all(|span| span.parent == Some(cause)));
}
