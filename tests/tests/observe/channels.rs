//! Sends that wait or fail, of the channels of `traced-actor-channels`: told as those of `mpsc` are.

use std::time::{Duration, Instant};

use futures_util::poll;
use traced_actor::traced_actor;
use traced_actor_channels::futures::channel::mpsc as futures_mpsc;
use traced_actor_channels::std::sync::mpsc as std_mpsc;
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::{async_channel, crossbeam_channel, flume};

use super::log;

const NOT_LONG: Duration = Duration::from_millis(1);

/// Returns what was said of waits and failures of this type.
fn told<M>() -> Vec<String> {
    log::of::<M>()
        .into_iter()
        .filter(|line| line.starts_with("waited") || line.starts_with("failed"))
        .collect()
}

fn attempts<M>() -> usize {
    log::of::<M>().iter().filter(|line| line.starts_with("send")).count()
}

#[tokio::test]
async fn of_flume() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = flume::bounded(1);
    sender.send(Letter).unwrap();
    assert!(sender.try_send(Letter).is_err());
    assert!(sender.send_timeout(Letter, NOT_LONG).is_err());
    {
        let mut waits = std::pin::pin!(sender.send_async(Letter));
        assert!(poll!(waits.as_mut()).is_pending());
        assert!(receiver.try_recv().is_ok());
        assert!(poll!(waits.as_mut()).is_ready());
    }
    drop(sender.send_async(Letter));
    drop(receiver);
    assert!(sender.send(Letter).is_err());
    let expected = [
        "failed Letter: Full",
        "failed Letter: Full",
        "waited Letter",
        "failed Letter: Cancelled",
        "failed Letter: Closed",
    ];
    assert_eq!((told::<Letter>(), attempts::<Letter>()), (expected.map(str::to_owned).to_vec(), 6));
}

#[tokio::test]
async fn of_async_channel() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = async_channel::bounded(1);
    sender.send(Letter).await.unwrap();
    assert!(sender.try_send(Letter).is_err());
    {
        let mut waits = std::pin::pin!(sender.send(Letter));
        assert!(poll!(waits.as_mut()).is_pending());
        assert!(receiver.try_recv().is_ok());
        assert!(poll!(waits.as_mut()).is_ready());
    }
    drop(receiver);
    assert!(sender.send_blocking(Letter).is_err());
    assert_eq!(told::<Letter>(), ["failed Letter: Full", "waited Letter", "failed Letter: Closed"]);
}

#[test]
fn of_crossbeam() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = crossbeam_channel::bounded(1);
    sender.send(Letter).unwrap();
    assert!(sender.try_send(Letter).is_err());
    assert!(sender.send_deadline(Letter, Instant::now()).is_err());
    drop(receiver);
    assert!(sender.send(Letter).is_err());
    assert_eq!(told::<Letter>(), ["failed Letter: Full", "failed Letter: Full", "failed Letter: Closed"]);
}

#[test]
fn of_std() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (sender, receiver) = std_mpsc::sync_channel(1);
    sender.send(Letter).unwrap();
    assert!(sender.try_send(Letter).is_err());
    drop(receiver);
    assert!(sender.send(Letter).is_err());
    let (unbounded, receiver) = std_mpsc::channel();
    drop(receiver);
    assert!(unbounded.send(Letter).is_err());
    assert_eq!(told::<Letter>(), ["failed Letter: Full", "failed Letter: Closed", "failed Letter: Closed"]);
}

#[tokio::test]
async fn of_futures() {
    #[traced_actor]
    struct Letter;
    log::start();
    let (mut sender, mut receiver) = futures_mpsc::channel(0);
    sender.try_send(Letter).unwrap();
    assert!(sender.try_send(Letter).is_err());
    {
        let mut waits = std::pin::pin!(sender.send(Letter));
        assert!(poll!(waits.as_mut()).is_pending());
        assert!(receiver.try_recv().is_ok());
        // The message is in the channel, and the sender waits until it is taken.
        assert!(poll!(waits.as_mut()).is_pending());
        assert!(receiver.try_recv().is_ok());
        assert!(poll!(waits.as_mut()).is_ready());
    }
    drop(receiver);
    assert!(sender.try_send(Letter).is_err());
    assert_eq!(told::<Letter>(), ["failed Letter: Full", "waited Letter", "failed Letter: Closed"]);
}

#[test]
fn of_broadcast() {
    #[traced_actor]
    #[derive(Clone)]
    struct Letter;
    log::start();
    let (sender, receiver) = broadcast::channel(1);
    assert!(sender.send(Letter).is_ok());
    drop(receiver);
    assert!(sender.send(Letter).is_err());
    assert_eq!(told::<Letter>(), ["failed Letter: Closed"]);
}
