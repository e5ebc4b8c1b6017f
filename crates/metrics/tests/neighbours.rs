//! Counts while others read them, threads that end, and actors without a name.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use traced_actor::sync::mpsc;
use traced_actor::{OnPanic, Spawn, TracedExt, traced_actor};
use traced_actor_metrics::{Metrics, Rank};

#[traced_actor]
enum Message {
    Join,
    Fail,
    Panic,
}

struct Guild;

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) -> Result<(), std::fmt::Error> {
        match std::future::ready(message).await {
            Message::Join => Ok(()),
            Message::Fail => Err(std::fmt::Error),
            Message::Panic => panic!("as asked for"),
        }
    }
}

const THREADS: u64 = 12;
const MESSAGES: u64 = 3000;

/// Handles messages on a thread of its own, which ends then. One in ten fails.
fn work() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let run = async {
        let (sender, mut receiver) = mpsc::channel(8);
        for number in 0..MESSAGES {
            sender.send(if number % 10 == 0 { Message::Fail } else { Message::Join }).await.unwrap();
            let message = receiver.recv().await.unwrap();
            assert_eq!(Guild.handle(message).await.is_err(), number % 10 == 0);
        }
    };
    runtime.block_on(run.traced());
}

fn sum(metrics: Metrics) -> u64 {
    let snapshot = metrics.snapshot();
    ["Join", "Fail"].iter().filter_map(|kind| snapshot.kind("Guild", kind)).map(|kind| kind.messages).sum()
}

/// Twelve threads, four at a time, and two that read all that there is.
fn readers_while_writers_run_and_threads_that_end(metrics: Metrics) {
    let is_over = AtomicBool::new(false);
    let looks = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut before = 0;
                while !is_over.load(Relaxed) {
                    let now = sum(metrics);
                    assert!(now >= before, "a count never falls: {now} after {before}");
                    before = now;
                    let work = metrics.open_work(Duration::ZERO, 10);
                    assert!(work.handlings.len() <= 10 && work.cycles.is_empty(), "{work:#?}");
                    assert!(metrics.open_metrics().ends_with("# EOF\n"));
                    assert!(metrics.top_instances(Rank::Depth, 3).is_empty(), "nobody has a name");
                    looks.fetch_add(1, Relaxed);
                }
            });
        }
        for _ in 0..THREADS / 4 {
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                worker.join().unwrap();
            }
        }
        while looks.load(Relaxed) < 4 {
            std::thread::yield_now();
        }
        is_over.store(true, Relaxed);
    });
    let snapshot = metrics.snapshot();
    let all = THREADS * MESSAGES;
    assert_eq!(snapshot.kind("Guild", "Join").unwrap().messages, all * 9 / 10);
    let failed = snapshot.kind("Guild", "Fail").unwrap();
    assert_eq!((failed.messages, failed.failed, failed.running), (all / 10, all / 10, 0));
    assert_eq!(failed.errors["core::fmt::Error"], all / 10);
    assert_eq!(failed.handling.count, all / 10);
    assert_eq!(snapshot.sends.iter().map(|send| send.attempts).sum::<u64>(), all);
    assert!(snapshot.actors.iter().all(|actor| actor.mailboxes == 0 && actor.dead_letters == 0));
    assert!(metrics.open_work(Duration::ZERO, 10).handlings.is_empty());
}

/// An actor that panics, without a name, with messages in its mailbox when it ends.
async fn an_unnamed_actor_that_panics(metrics: Metrics) {
    let before = metrics.snapshot();
    let letters = before.actor("Guild").map_or(0, |actor| actor.dead_letters);
    let guild = Spawn::new(Guild).capacity(8).on_panic(|_, _| OnPanic::Continue).start();
    guild.cast(Message::Panic).await.unwrap();
    guild.cast(Message::Join).await.unwrap();
    while metrics.snapshot().kind("Guild", "Join").unwrap().messages
        == before.kind("Guild", "Join").unwrap().messages
    {
        tokio::task::yield_now().await;
    }
    let snapshot = metrics.snapshot();
    let panics = snapshot.kind("Guild", "Panic").unwrap();
    assert_eq!((panics.messages, panics.failed, panics.errors["panic"], panics.running), (1, 1, 1, 0));
    assert_eq!(snapshot.actor("Guild").unwrap().restarted, 1);
    assert!(metrics.open_work(Duration::ZERO, 10).handlings.is_empty(), "a panic leaves nothing open");

    // It ends while two are queued.
    let ends = Spawn::new(Guild).capacity(8).on_panic(|_, _| OnPanic::Stop).start();
    for message in [Message::Panic, Message::Join, Message::Join] {
        ends.cast(message).await.unwrap();
    }
    // How it ended is counted below.
    let _ = ends.join().await;
    let actor = metrics.snapshot().actor("Guild").cloned().unwrap();
    assert_eq!((actor.panicked, actor.dead_letters - letters), (1, 2));
    assert!(metrics.instance("").is_empty());
}

#[tokio::test]
async fn counts_are_exact_whoever_reads_and_whoever_ends() {
    let metrics = Metrics::builder().install().unwrap();
    tokio::task::spawn_blocking(move || readers_while_writers_run_and_threads_that_end(metrics))
        .await
        .unwrap();
    an_unnamed_actor_that_panics(metrics).await;
}
