//! Counts while others read them, threads that end, actors without a name and of one name, and asks of all sorts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, OnPanic, Spawn, TracedExt, traced_actor};
use traced_actor_channels::tokio::sync::broadcast;
use traced_actor_channels::tokio::sync::broadcast::error::TryRecvError;
use traced_actor_metrics::{Metrics, OpenAsk, Place, Rank, Watch};

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

/// Handles messages on a separate thread, which ends then. One in ten fails.
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
    // The assertions below check how it ended.
    let _ = ends.join().await;
    let actor = metrics.snapshot().actor("Guild").cloned().unwrap();
    assert_eq!((actor.panicked, actor.dead_letters - letters), (1, 2));
    assert!(metrics.instance("").is_empty());
}

/// Nothing has been sent yet.
fn a_process_without_traffic(metrics: Metrics) {
    let snapshot = metrics.snapshot();
    assert!(snapshot.kinds.is_empty() && snapshot.actors.is_empty() && snapshot.sends.is_empty());
    let page = metrics.open_metrics();
    assert!(page.ends_with("# EOF\n") && !page.contains("NaN") && !page.contains("inf"), "{page}");
    let work = metrics.open_work(Duration::ZERO, 0);
    assert_eq!((work.handlings.len(), work.asks.len(), work.mailboxes.len(), work.omitted), (0, 0, 0, 0));
    assert!(metrics.top_instances(Rank::Busy, 0).is_empty());
    assert_eq!(Watch::new(metrics, Duration::ZERO).look(), None);
}

/// Waits until it is so. The tasks get there by themselves.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{what}");
}

/// Another type of the same name, with a kind of the same name.
mod elsewhere {
    use super::{Duration, Metrics, Spawn, traced_actor};

    #[traced_actor]
    enum Message {
        Join,
    }

    struct Guild;

    #[traced_actor]
    impl Guild {
        async fn handle(&mut self, message: Message) {
            let Message::Join = std::future::ready(message).await;
        }
    }

    pub(super) async fn actors_of_one_name_are_counted_together(metrics: Metrics) {
        let joins = || metrics.snapshot().kind("Guild", "Join").unwrap().messages;
        let before = joins();
        let name = "guild \"é\"\\\n{}";
        let guilds = [Spawn::new(Guild).instance(name).start(), Spawn::new(Guild).instance(name).start()];
        for guild in &guilds {
            guild.cast(Message::Join).await.unwrap();
        }
        super::until("both have joined", || joins() == before + 2).await;
        let snapshot = metrics.snapshot();
        assert_eq!(
            snapshot.kinds.iter().filter(|kind| kind.actor == "Guild" && kind.kind == "Join").count(),
            1
        );
        assert_eq!(metrics.instance(name).len(), 2, "instances of one name are several");
        for guild in guilds {
            guild.stop();
            guild.join().await.unwrap();
        }
        assert!(metrics.instance(name).is_empty());
        assert!(metrics.open_work(Duration::ZERO, 10).mailboxes.is_empty());
    }
}

// ----- asks -----

const LONG: Duration = Duration::from_secs(3600);

#[traced_actor]
enum Question {
    /// Asks the actors in turn, each of which asks the next one.
    Pass {
        chain: Vec<ActorRef<Question>>,
        respond_to: oneshot::Sender<()>,
    },
    /// Asks from a separate task, and waits for it.
    Spawn {
        of: ActorRef<Question>,
        respond_to: oneshot::Sender<()>,
    },
    Hang {
        respond_to: oneshot::Sender<()>,
    },
}

struct Oracle;

#[traced_actor]
impl Oracle {
    async fn handle(&mut self, question: Question) {
        let respond_to = match question {
            Question::Pass { mut chain, respond_to } => {
                match chain.pop() {
                    Some(next) => {
                        drop(next.call(LONG, |respond_to| Question::Pass { chain, respond_to }).await);
                    }
                    None => std::future::pending().await,
                }
                respond_to
            }
            Question::Spawn { of, respond_to } => {
                let asks = async move { of.call(LONG, |respond_to| Question::Hang { respond_to }).await };
                drop(traced_actor::task::spawn(asks).await);
                respond_to
            }
            Question::Hang { respond_to } => {
                std::future::pending::<()>().await;
                respond_to
            }
        };
        drop(respond_to);
    }
}

fn oracle(name: &'static str) -> ActorRef<Question> {
    Spawn::new(Oracle).instance(name).start()
}

fn names(places: &[Place]) -> Vec<&str> {
    places.iter().filter_map(|place| place.instance.as_deref()).collect()
}

/// Turns a cycle, which has no beginning, so that the smallest name is its first.
fn from_the_first_name(mut cycle: Vec<&str>) -> Vec<&str> {
    let first = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
    cycle.rotate_left(first);
    cycle
}

fn asks(metrics: Metrics) -> Vec<OpenAsk> {
    metrics.open_work(Duration::ZERO, 100).asks
}

async fn asks_of_all_sorts(metrics: Metrics) {
    let before = metrics.snapshot().asks;

    // The asker is dropped: its ask is cancelled, and its handling goes on.
    let delphi = oracle("delphi");
    {
        let asking = delphi.call(LONG, |respond_to| Question::Hang { respond_to });
        let mut asking = std::pin::pin!(asking);
        assert!(futures_poll(asking.as_mut()).await);
        assert_eq!(asks(metrics).len(), 1);
        until("it is handled", || metrics.open_work(Duration::ZERO, 9).handlings.len() == 1).await;
    }
    let snapshot = metrics.snapshot();
    assert_eq!((snapshot.asks.cancelled - before.cancelled, snapshot.asks.waiting), (1, 0));
    assert_eq!(snapshot.kind("Oracle", "Hang").unwrap().running, 1, "nobody waits for it, and it runs");

    // An actor that asks itself.
    let narcissus = oracle("narcissus");
    let chain = vec![narcissus.clone()];
    narcissus.cast(Question::Pass { chain, respond_to: oneshot::channel().0 }).await.unwrap();
    until("it asks itself", || asks(metrics).len() == 1).await;
    let work = metrics.open_work(Duration::ZERO, 100);
    assert_eq!(work.cycles.iter().map(|cycle| names(cycle)).collect::<Vec<_>>(), [["narcissus"]]);
    assert_eq!(names(&work.asks[0].through), ["narcissus"]);

    // Three in a circle, and one before it.
    let [a, b, c, d] = ["a", "b", "c", "d"].map(oracle);
    let chain = vec![a.clone(), c.clone(), b.clone(), a.clone()];
    d.cast(Question::Pass { chain, respond_to: oneshot::channel().0 }).await.unwrap();
    until("all four wait", || asks(metrics).len() == 5).await;
    let work = metrics.open_work(Duration::ZERO, 100);
    let mut cycles: Vec<_> = work.cycles.iter().map(|cycle| from_the_first_name(names(cycle))).collect();
    cycles.sort_unstable();
    assert_eq!(cycles, [vec!["a", "b", "c"], vec!["narcissus"]]);
    let of_d = work
        .asks
        .iter()
        .find(|ask| ask.from.as_ref().is_some_and(|from| names(std::slice::from_ref(from)) == ["d"]));
    assert_eq!(names(&of_d.expect("it asks").through), ["a", "b", "c", "a"]);

    // The ask of a spawned task is the task's own, even if the handler waits for the task.
    let spawner = oracle("spawner");
    spawner.cast(Question::Spawn { of: delphi.clone(), respond_to: oneshot::channel().0 }).await.unwrap();
    until("the task asks", || asks(metrics).len() == 6).await;
    let of_task: Vec<_> = asks(metrics).into_iter().filter(|ask| ask.from.is_none()).collect();
    assert_eq!(of_task.iter().map(|ask| names(&ask.through)).collect::<Vec<_>>(), [["delphi"]]);

    // One that runs out of time.
    assert!(delphi.call(Duration::ZERO, |respond_to| Question::Hang { respond_to }).await.is_err());
    let now = metrics.snapshot().asks;
    assert_eq!((now.timeout - before.timeout, now.waiting), (1, 6));
}

#[traced_actor]
#[derive(Clone, Debug, PartialEq)]
struct Tick(u32);

/// Each subscriber has a mailbox, and loses what it takes too late.
fn subscribers_of_a_broadcast(metrics: Metrics) {
    let ticks = |metrics: Metrics| metrics.snapshot().actor("Tick").cloned().unwrap_or_default();
    // tokio makes room for four.
    let (sender, mut quick) = broadcast::channel(3);
    let mut slow = sender.subscribe();
    (0..3).for_each(|number| assert_eq!(sender.send(Tick(number)).ok(), Some(2)));
    let now = ticks(metrics);
    assert_eq!((now.mailboxes, now.depth, now.deepest, now.capacity, now.full), (2, 6, 3, 8, 0));

    (0..2).for_each(|number| assert_eq!(quick.try_recv(), Ok(Tick(number))));
    assert_eq!(ticks(metrics).depth, 4);
    (3..6).for_each(|number| assert_eq!(sender.send(Tick(number)).ok(), Some(2)));
    assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(2)));
    let now = ticks(metrics);
    assert_eq!((now.depth, now.full, now.lagged), (8, 2, 2));

    assert_eq!(slow.try_recv(), Ok(Tick(2)));
    let late = quick.resubscribe();
    assert_eq!((ticks(metrics).mailboxes, ticks(metrics).depth), (3, 7));
    drop((slow, late));
    let now = ticks(metrics);
    assert_eq!((now.mailboxes, now.depth, now.dead_letters), (1, 4, 3));
    drop(quick);
    assert!(sender.send(Tick(9)).is_err());
    assert_eq!(ticks(metrics).dead_letters, 7);
}

/// Polls a future once. Returns whether it waits.
async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

#[tokio::test]
async fn counts_are_exact_whoever_reads_and_whoever_ends() {
    let metrics = Metrics::builder().install().unwrap();
    a_process_without_traffic(metrics);
    tokio::task::spawn_blocking(move || readers_while_writers_run_and_threads_that_end(metrics))
        .await
        .unwrap();
    an_unnamed_actor_that_panics(metrics).await;
    elsewhere::actors_of_one_name_are_counted_together(metrics).await;
    asks_of_all_sorts(metrics).await;
    subscribers_of_a_broadcast(metrics);
}
