//! A receiver keeps no buffer of its largest batch.

use std::future::poll_fn;

use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, traced_actor};

use super::counting::Counters;
use super::rounds::{Threads, Users, carried, install, run};

/// The messages of one burst: 5 MiB.
const BURST: u32 = 20_000;
/// The memory that an idle receiver may keep: tokio keeps a few blocks of 32 messages.
const KEPT: isize = 128 * 1024;

#[traced_actor]
struct Block([u8; 256]);

fn burst(users: Users) -> (mpsc::UnboundedSender<Block>, mpsc::UnboundedReceiver<Block>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    // Two traces by turns: one batch has few links.
    for number in 0..BURST {
        sender.send_envelope(Envelope::new(Block([1; 256]), carried(users, number % 2))).unwrap();
    }
    (sender, receiver)
}

/// Runs a burst whose channel is returned idle: hardly anything may be live then.
#[track_caller]
fn keeps_nothing<C>(burst: impl AsyncFn(Users) -> C) {
    install();
    for users in [Users::Sampled, Users::Unsampled, Users::Mixed] {
        // Once before: what is made once stays.
        drop(run(Threads::One, Some(Counters::start()), burst(users)));
        let counters = Counters::start();
        let runs = async {
            let before = counters.live();
            let idle = burst(users).await;
            let kept = counters.live() - before;
            drop(idle);
            (kept, counters.live() - before)
        };
        let (kept, left) = run(Threads::One, Some(counters), runs);
        assert!(kept <= KEPT, "{users:?}: {kept} bytes are kept by an idle receiver");
        assert!(left <= KEPT, "{users:?}: {left} bytes are left behind it");
    }
}

#[test]
fn recv_many() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = burst(users);
            let mut buffer = Vec::new();
            assert_eq!(receiver.recv_many(&mut buffer, usize::MAX).await, BURST as usize);
            (sender, receiver)
        }
        .traced()
    });
}

#[test]
fn recv_many_with_a_limit() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = burst(users);
            for _ in 0..2 {
                let mut buffer = Vec::new();
                assert_eq!(receiver.recv_many(&mut buffer, BURST as usize / 2).await, BURST as usize / 2);
            }
            (sender, receiver)
        }
        .traced()
    });
}

#[test]
fn recv_many_without_a_scope() {
    keeps_nothing(|users| async move {
        let receive = async move {
            let (sender, mut receiver) = burst(users);
            let mut buffer = Vec::new();
            assert_eq!(receiver.recv_many(&mut buffer, usize::MAX).await, BURST as usize);
            (sender, receiver)
        };
        tokio::spawn(receive).await.unwrap()
    });
}

#[test]
fn recv_many_then_one_by_one() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = burst(users);
            let mut buffer = Vec::new();
            assert_eq!(receiver.recv_many(&mut buffer, usize::MAX).await, BURST as usize);
            drop(buffer);
            for number in 0..1000 {
                let block = Envelope::new(Block([1; 256]), carried(users, number));
                sender.send_envelope(block).unwrap();
                receiver.recv().await.unwrap();
            }
            (sender, receiver)
        }
        .traced()
    });
}

#[test]
fn recv_many_envelopes() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = burst(users);
            let mut buffer = Vec::new();
            assert_eq!(receiver.recv_many_envelopes(&mut buffer, usize::MAX).await, BURST as usize);
            (sender, receiver)
        }
        .traced()
    });
}

#[test]
fn poll_recv_many() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = burst(users);
            let mut buffer = Vec::new();
            let received = poll_fn(|cx| receiver.poll_recv_many(cx, &mut buffer, usize::MAX)).await;
            assert_eq!(received, BURST as usize);
            (sender, receiver)
        }
        .traced()
    });
}

#[test]
fn blocking_recv_many() {
    keeps_nothing(|users| async move {
        let receive = move || {
            let (sender, mut receiver) = burst(users);
            let mut buffer = Vec::new();
            assert_eq!(receiver.blocking_recv_many(&mut buffer, usize::MAX), BURST as usize);
            (sender, receiver)
        };
        // The runtime's threads are counted with the test's.
        tokio::task::spawn_blocking(receive).await.unwrap()
    });
}

#[test]
fn bounded() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = mpsc::channel(BURST as usize);
            for number in 0..BURST {
                let block = Envelope::new(Block([1; 256]), carried(users, number % 2));
                sender.try_send_envelope(block).unwrap();
            }
            let mut buffer = Vec::new();
            assert_eq!(receiver.recv_many(&mut buffer, usize::MAX).await, BURST as usize);
            (sender, receiver)
        }
        .traced()
    });
}

/// One by one, as fast as they come.
#[test]
fn recv() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = burst(users);
            for _ in 0..BURST {
                receiver.recv().await.unwrap();
            }
            (sender, receiver)
        }
        .traced()
    });
}

/// A batch whose messages never shared a trace.
#[test]
fn of_as_many_traces() {
    keeps_nothing(|users| {
        async move {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            for number in 0..BURST {
                sender.send_envelope(Envelope::new(Block([1; 256]), carried(users, number))).unwrap();
            }
            let mut buffer = Vec::new();
            assert_eq!(receiver.recv_many(&mut buffer, usize::MAX).await, BURST as usize);
            drop(buffer);
            // The batch is open until the next receive.
            assert!(receiver.try_recv().is_err());
            (sender, receiver)
        }
        .traced()
    });
}
