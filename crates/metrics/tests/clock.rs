//! A clock that is set back, as in a simulation: durations are zero then; nothing is reported as long or lost, or panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::oneshot;
use traced_actor::sync::mpsc;
use traced_actor::{ActorRef, Spawn, traced_actor};
use traced_actor_metrics::{Metrics, MetricsClock, Rank, Watch};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3600);

/// A clock that can be set to any time.
#[derive(Clone, Default)]
struct Wall(Arc<AtomicU64>);

impl Wall {
    fn set(&self, seconds: u64) {
        self.0.store(seconds, Relaxed);
    }

    fn clock(&self) -> MetricsClock {
        let wall = self.clone();
        MetricsClock::custom(move || Duration::from_secs(wall.0.load(Relaxed)))
    }
}

#[traced_actor]
enum Message {
    Join { ends_at: u64 },
    Hang { respond_to: oneshot::Sender<u8> },
}

struct Guild(Wall);

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) {
        match message {
            Message::Join { ends_at } => self.0.set(ends_at),
            Message::Hang { respond_to } => {
                std::future::pending::<()>().await;
                drop(respond_to);
            }
        }
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_duration_long() {
    let wall = Wall::default();
    wall.set(1_000_000);
    let metrics = Metrics::builder().clock(wall.clock()).install().unwrap();
    assert!((metrics.snapshot().unix_seconds - 1e6).abs() < 1.0, "the clock's own time");
    let mut watch = Watch::new(metrics, SECOND);
    let guild = Spawn::new(Guild(wall.clone())).instance("guild#1").start();

    // Sent at 1,000,000, received at 999,990, and ended at 999,980: before the clock was made.
    messages(metrics, &guild, &wall).await;
    sends_that_wait(metrics, &wall).await;
    open_work(metrics, &guild, &wall, &mut watch).await;
    instances(metrics, &wall);

    for line in metrics.open_metrics().lines().filter(|line| !line.starts_with('#')) {
        let sample = line.split(" # ").next().unwrap();
        let value: f64 = sample.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(value.is_finite() && (0.0..1e6).contains(&value), "{line}");
    }
}

async fn messages(metrics: Metrics, guild: &ActorRef<Message>, wall: &Wall) {
    let joined = |count: u64| {
        move || metrics.snapshot().kind("Guild", "Join").is_some_and(|join| join.messages == count)
    };
    guild.cast(Message::Join { ends_at: 999_980 }).await.unwrap();
    wall.set(999_990);
    until("it is handled", joined(1)).await;
    // Sent after that, and back in the future.
    guild.cast(Message::Join { ends_at: 1_000_005 }).await.unwrap();
    wall.set(1_000_002);
    until("it is handled", joined(2)).await;
    let snapshot = metrics.snapshot();
    let join = snapshot.kind("Guild", "Join").unwrap();
    assert_eq!((join.wait.count, join.handling.count), (2, 2), "both are counted");
    assert!(join.wait.max() <= 2 * SECOND && join.handling.sum() <= 3 * SECOND, "{join:?}");
}

async fn sends_that_wait(metrics: Metrics, wall: &Wall) {
    #[traced_actor]
    struct Letter;
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Letter).await.unwrap();
    wall.set(1_000_010);
    let take = async {
        wall.set(1_000_006);
        receiver.recv().await
    };
    let (sent, _) = tokio::join!(sender.send(Letter), take);
    sent.unwrap();
    let snapshot = metrics.snapshot();
    let sends = snapshot.sends.iter().find(|send| send.message_type == "Letter").unwrap();
    assert_eq!((sends.waited.count, sends.waited.sum()), (1, Duration::ZERO));
}

/// Open work is not old yet, and is found again when the time has come.
async fn open_work(metrics: Metrics, guild: &ActorRef<Message>, wall: &Wall, watch: &mut Watch) {
    wall.set(1_000_100);
    let asking = guild.clone();
    tokio::spawn(async move { asking.call(LONG, |respond_to| Message::Hang { respond_to }).await });
    until("it hangs", || metrics.open_work(Duration::ZERO, 9).handlings.len() == 1).await;
    guild.cast(Message::Join { ends_at: 0 }).await.unwrap();
    assert_eq!(watch.look(), None);
    for back in [1_000_050, 1_000_000, 10, 0] {
        wall.set(back);
        let work = metrics.open_work(Duration::ZERO, 9);
        assert_eq!((work.handlings.len(), work.asks.len(), work.mailboxes.len()), (1, 1, 1));
        assert_eq!((work.handlings[0].running, work.asks[0].waiting), (Duration::ZERO, Duration::ZERO));
        assert_eq!(work.mailboxes[0].oldest_wait, Duration::ZERO);
        assert!(metrics.open_work(SECOND, 9).handlings.is_empty());
        assert_eq!(watch.look(), None);
    }
    wall.set(1_000_130);
    let found = watch.look().expect("thirty seconds after all");
    assert_eq!(found.handlings[0].running, 30 * SECOND);
    assert!(found.not_polled_for[0] <= 130 * SECOND, "{found:#?}");
}

/// The timings of an instance, with what runs.
fn instances(metrics: Metrics, wall: &Wall) {
    for (time, seconds) in [(1_000_150, 51), (1_000_120, 21), (500, 0), (1_000_110, 11)] {
        wall.set(time);
        let [guild] = &metrics.instance("guild#1")[..] else { panic!("one") };
        let shares = || guild.seconds.iter().flat_map(|second| &second.kinds);
        assert!(shares().all(|share| (0.0..=1.0 + 1e-9).contains(&share.share)), "{guild:#?}");
        let busy = shares().filter(|share| share.kind == "Hang").count();
        assert!(busy <= seconds, "{busy} of {seconds} at {time}");
        assert!(guild.busy <= Duration::from_secs(60), "{guild:#?}");
        assert_eq!(metrics.top_instances(Rank::Busy, 1).len(), 1);
    }
}
