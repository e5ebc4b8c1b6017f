//! Mailboxes of the channels of `traced-actor-channels`: their depth and capacity, and what is left in them.

use std::future::poll_fn;

use futures_util::poll;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, traced_actor};
use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::std::sync::mpsc as std_mpsc;
use traced_actor_channels::tokio_util::sync::PollSender;
use traced_actor_channels::{async_channel, crossbeam_channel, flume};

use super::log;

/// Three messages into a mailbox for three, one that finds no room, and one that is taken out: two are left.
macro_rules! bounded {
    ($($name:ident: $channel:expr;)*) => {$(
        #[test]
        fn $name() {
            #[traced_actor]
            struct Letter(u8);
            log::start();
            let (sender, receiver) = $channel;
            for number in 0..3 {
                assert!(sender.try_send(Letter(number)).is_ok());
            }
            assert!(sender.try_send(Letter(3)).is_err());
            assert_eq!(receiver.try_recv().map(|letter| letter.0), Ok(0));
            drop(receiver);
            assert!(sender.try_send(Letter(4)).is_err());
            let expected = [
                "send Letter (0 of 3)",
                "send Letter (1 of 3 since 77)",
                "send Letter (2 of 3 since 77)",
                "send Letter (3 of 3 since 77)",
                "failed Letter: Full",
                "1 ?/Letter (2 of 3)",
                "1 ended",
                "closed (2 of 3)",
                "send Letter (2 of 3)",
                "failed Letter: Closed",
            ];
            assert_eq!(log::of::<Letter>(), expected);
        }
    )*};
}

bounded! {
    of_flume: flume::bounded(3);
    of_async_channel: async_channel::bounded(3);
    of_crossbeam: crossbeam_channel::bounded(3);
    of_std: std_mpsc::sync_channel(3);
}

#[test]
fn an_unbounded_one_has_no_capacity() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = std_mpsc::channel();
    sender.send(Letter).unwrap();
    sender.send(Letter).unwrap();
    drop(receiver);
    let expected = ["send Letter (0 of 0)", "send Letter (1 of 0 since 77)", "closed (2 of 0 since 77)"];
    assert_eq!(log::of::<Letter>(), expected);
}

/// A message that waits for room enters the mailbox when there is room.
#[tokio::test]
async fn of_futures() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (mut sender, mut receiver) = futures_mpsc::channel(0);
    sender.try_send(Letter).unwrap();
    {
        let mut waits = std::pin::pin!(sender.send(Letter));
        assert!(poll!(waits.as_mut()).is_pending());
        assert!(receiver.try_recv().is_ok());
        assert!(poll!(waits.as_mut()).is_pending());
    }
    drop(receiver);
    let told = log::of::<Letter>();
    // It is counted when there is room, and so the send is to no mailbox yet.
    let expected = ["send Letter (0 of 0)", "send Letter", "1 ?/Letter (0 of 0)"];
    assert_eq!(told[..3], expected);
    assert_eq!(told.last().unwrap(), "closed (1 of 0 since 77)");
}

#[tokio::test]
async fn what_waits_and_is_given_up_is_in_no_mailbox() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = flume::bounded(1);
    sender.send(Letter).unwrap();
    {
        let mut waits = std::pin::pin!(sender.send_async(Letter));
        assert!(poll!(waits.as_mut()).is_pending());
        assert_eq!(receiver.len(), 1);
    }
    assert!(receiver.recv_async().await.is_ok());
    sender.send(Letter).unwrap();
    let told = log::of::<Letter>();
    assert!(told.contains(&"1 ?/Letter (0 of 1)".to_owned()), "{told:?}");
    assert_eq!(told.last().unwrap(), "send Letter (0 of 1)");
}

/// The mailbox is closed with the last receiver, and a message that any of them takes is out of it.
#[test]
fn receivers_that_are_cloned_share_it() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, first) = async_channel::unbounded();
    let second = first.clone();
    let weak = first.downgrade();
    for _ in 0..5 {
        sender.try_send(Letter).unwrap();
    }
    assert!(first.try_recv().is_ok());
    assert!(second.try_recv_envelope().is_ok());
    drop((first, second.clone()));
    let third = weak.upgrade().expect("one is left");
    drop(second);
    assert!(third.try_recv().is_ok());
    assert!(!log::of::<Letter>().iter().any(|line| line.starts_with("closed")));
    drop(third);
    let told = log::of::<Letter>();
    assert_eq!(told.last().unwrap(), "closed (2 of 0)", "{told:?}");
}

#[test]
fn envelopes_are_counted_as_messages_are() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = crossbeam_channel::bounded(2);
    sender.send(Letter).unwrap();
    let envelope = receiver.recv_envelope().unwrap();
    sender.send_envelope(envelope).unwrap();
    assert!(sender.try_send_envelope(Envelope::bare(Letter)).is_ok());
    assert!(sender.try_send_envelope(Envelope::bare(Letter)).is_err(), "full");
    drop(receiver);
    assert_eq!(
        log::of::<Letter>(),
        ["send Letter (0 of 2)", "closed (2 of 2 since 77)"],
        "forwarded, and not sent"
    );
}

#[test]
fn a_message_that_takes_the_place_of_another_is_one() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = async_channel::bounded(1);
    assert!(sender.force_send(Letter).unwrap().is_none());
    assert!(sender.force_send(Letter).unwrap().is_some());
    assert!(receiver.try_recv().is_ok());
    drop(receiver);
    let told = log::of::<Letter>();
    assert_eq!(told[1..3], ["send Letter", "1 ?/Letter (0 of 1)"]);
    assert_eq!(told.last().unwrap(), "closed (0 of 1)");
}

#[tokio::test]
async fn what_a_sink_sends_is_counted() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = mpsc::channel(2);
    let mut sink = PollSender::new(sender);
    for _ in 0..2 {
        assert!(poll_fn(|cx| sink.poll_reserve(cx)).await.is_ok());
        assert!(sink.send_item(Letter).is_ok());
    }
    drop(receiver);
    let expected = ["send Letter (0 of 2)", "send Letter (1 of 2 since 77)", "closed (2 of 2 since 77)"];
    assert_eq!(log::of::<Letter>(), expected);
}

/// Messages through tokio's own sender are not counted. They do not hide a message that is counted.
#[tokio::test]
async fn what_is_sent_past_the_mailbox_hides_nothing_in_it() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, mut receiver) = mpsc::channel(4);
    let past = sender.clone().into_tokio();
    for _ in 0..3 {
        past.try_send(Envelope::bare(Letter)).unwrap();
        assert!(receiver.recv().await.is_some());
    }
    sender.try_send(Letter).unwrap();
    sender.try_send(Letter).unwrap();
    drop(receiver);
    let told: Vec<_> = log::of::<Letter>().into_iter().filter(|line| !line.contains('?')).collect();
    let expected =
        ["send Letter (0 of 4)", "send Letter (1 of 4 since 77)", "3 ended", "closed (2 of 4 since 77)"];
    assert_eq!(told[told.len() - 4..], expected);
}
