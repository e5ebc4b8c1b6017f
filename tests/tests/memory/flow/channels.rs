//! A channel that carries contexts allocates as often as the one that it mirrors, while nothing is sampled: no allocation is added
//! to a send, nor to a receive.

use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use traced_actor::context::MessageContext;
use traced_actor::{Envelope, TracedExt, traced_actor};

use super::counting::Counters;

/// Sends and receives this many messages before it counts, and as many while it does.
const MESSAGES: u64 = 640;

#[traced_actor]
#[derive(Clone)]
struct Ping(u64);

#[derive(Clone)]
struct Plain(u64);

/// Sends and receives; what it allocates once it is warm.
macro_rules! allocations {
    ($message:ident, ($sender:ident, $receiver:ident) $channel:expr, |$one:ident| $send:expr, $receive:expr) => {{
        #[allow(unused_mut)] // some are used through `&self`
        let (mut $sender, mut $receiver) = $channel;
        let mut before = 0;
        let counters = Counters::start();
        for number in 0..2 * MESSAGES {
            if number == MESSAGES {
                before = counters.allocations();
            }
            let $one = $message(number);
            assert!($send.is_ok());
            let $message(received) = $receive;
            assert_eq!(received, number);
        }
        counters.allocations() - before
    }};
}

/// The same program over both channels, in a flow that works on something unsampled.
macro_rules! compare {
    ($($test:ident: $theirs:path, $ours:path;
       $make:ident($($argument:expr)?), |$sender:ident, $receiver:ident, $one:ident| $send:expr, $receive:expr;)*) => {
        $(#[tokio::test]
        async fn $test() {
            let theirs = {
                use $theirs as channel;
                async { allocations!(Plain, ($sender, $receiver) channel::$make($($argument)?), |$one| $send, $receive) }.await
            };
            let ours = async {
                use $ours as channel;
                let (_, mut handled) = Envelope::new(Ping(0), MessageContext::UNSAMPLED).open();
                let work = async {
                    allocations!(Ping, ($sender, $receiver) channel::$make($($argument)?), |$one| $send, $receive)
                };
                handled.run(work).await
            };
            assert_eq!(ours.traced().await, theirs);
        })*
    };
}

compare! {
    bounded: tokio::sync::mpsc, traced_actor::sync::mpsc;
        channel(8), |sender, receiver, message| sender.send(message).await, receiver.recv().await.unwrap();
    bounded_at_once: tokio::sync::mpsc, traced_actor::sync::mpsc;
        channel(8), |sender, receiver, message| sender.try_send(message), receiver.try_recv().unwrap();
    unbounded: tokio::sync::mpsc, traced_actor::sync::mpsc;
        unbounded_channel(), |sender, receiver, message| sender.send(message), receiver.recv().await.unwrap();
    broadcast: tokio::sync::broadcast, traced_actor_channels::tokio::sync::broadcast;
        channel(8), |sender, receiver, message| sender.send(message), receiver.recv().await.unwrap();
    flume_blocking: flume, traced_actor_channels::flume;
        bounded(8), |sender, receiver, message| sender.send(message), receiver.recv().unwrap();
    flume_async: flume, traced_actor_channels::flume;
        bounded(8), |sender, receiver, message| sender.send_async(message).await, receiver.recv_async().await.unwrap();
    async_channel: async_channel, traced_actor_channels::async_channel;
        bounded(8), |sender, receiver, message| sender.send(message).await, receiver.recv().await.unwrap();
    crossbeam: crossbeam_channel, traced_actor_channels::crossbeam_channel;
        unbounded(), |sender, receiver, message| sender.send(message), receiver.recv().unwrap();
    std_bounded: std::sync::mpsc, traced_actor_channels::std::sync::mpsc;
        sync_channel(8), |sender, receiver, message| sender.send(message), receiver.recv().unwrap();
    std_unbounded: std::sync::mpsc, traced_actor_channels::std::sync::mpsc;
        channel(), |sender, receiver, message| sender.send(message), receiver.try_recv().unwrap();
    futures_bounded: futures_channel::mpsc, traced_actor_channels::futures::channel::mpsc;
        channel(8), |sender, receiver, message| sender.try_send(message),
        poll_fn(|cx| Pin::new(&mut receiver).poll_next(cx)).await.unwrap();
    futures_unbounded: futures_channel::mpsc, traced_actor_channels::futures::channel::mpsc;
        unbounded(), |sender, receiver, message| sender.unbounded_send(message), receiver.recv().await.unwrap();
}
