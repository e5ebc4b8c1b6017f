//! Counts and times against the truth: a clock that the test sets, and messages whose waits and handling times it knows.
//!
//! `TRUTH_MESSAGES=10000000 cargo test --release -p traced-actor-metrics --test truth` runs ten million.

use std::time::Duration;

use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, traced_actor};
use traced_actor_metrics::{Histogram, Metrics, MetricsClock, RELATIVE_ERROR};

#[traced_actor]
enum Message {
    Join { takes: u64 },
    Post { takes: u64, fails: bool },
}

struct Guild {
    clock: MetricsClock,
}

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) -> Result<(), std::fmt::Error> {
        let (Message::Join { takes } | Message::Post { takes, .. }) = message;
        self.clock.advance(Duration::from_nanos(takes));
        match std::future::ready(message).await {
            Message::Post { fails: true, .. } => Err(std::fmt::Error),
            _ => Ok(()),
        }
    }
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// Returns a duration from a hundred nanoseconds to some seconds, with each power of two equally often.
    fn nanos(&mut self) -> u64 {
        let power = 7 + self.next() % 25;
        (1 << power) + self.next() % (1 << power)
    }
}

#[derive(Default)]
struct Truth {
    waits: Vec<u64>,
    handlings: Vec<u64>,
    failed: u64,
}

impl Truth {
    #[track_caller]
    fn check(mut self, stats: &traced_actor_metrics::KindStats) {
        assert_eq!(stats.messages, self.waits.len() as u64);
        assert_eq!((stats.failed, stats.running), (self.failed, 0));
        check(&mut self.waits, &stats.wait);
        check(&mut self.handlings, &stats.handling);
    }
}

/// Compares what was counted with all that there was.
#[track_caller]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks"
)]
fn check(all: &mut [u64], found: &Histogram) {
    all.sort_unstable();
    assert_eq!(found.count, all.len() as u64);
    assert_eq!(found.sum_nanos, all.iter().sum::<u64>());
    assert_eq!(Some(&found.max_nanos), all.last());
    for q in [0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0] {
        let rank = ((q * all.len() as f64).ceil() as usize).max(1);
        // Nothing is shorter than a nanosecond.
        let truth = all[rank - 1].max(1) as f64 / 1e9;
        let found = found.quantile(q).unwrap().as_secs_f64();
        assert!(
            (found / truth - 1.0).abs() <= RELATIVE_ERROR,
            "the {q}-quantile is {truth} s, and not {found} s"
        );
    }
}

#[tokio::test]
async fn counts_are_exact_and_quantiles_are_within_the_error_of_a_bucket() {
    let messages: usize =
        std::env::var("TRUTH_MESSAGES").map_or(200_000, |text| text.parse().expect("a number of messages"));
    let clock = MetricsClock::manual();
    let metrics = Metrics::builder().clock(clock.clone()).install().unwrap();
    let mut numbers = Numbers(1);
    let (mut joins, mut posts) = (Truth::default(), Truth::default());
    let mut now = 0_u64;
    let run = async {
        let (sender, mut receiver) = mpsc::channel(64);
        let mut guild = Guild { clock: clock.clone() };
        let mut sent = std::collections::VecDeque::new();
        let mut left = messages;
        while left > 0 {
            let burst = (1 + usize::try_from(numbers.next() % 64).expect("small")).min(left);
            left -= burst;
            for _ in 0..burst {
                let (gap, takes) = (numbers.nanos(), numbers.nanos());
                clock.advance(Duration::from_nanos(gap));
                now += gap;
                let message = match numbers.next() % 3 {
                    0 => Message::Join { takes },
                    other => Message::Post { takes, fails: other == 1 },
                };
                assert!(sender.try_send(message).is_ok());
                sent.push_back(now);
            }
            for _ in 0..burst {
                let message = receiver.recv().await.unwrap();
                let wait = now - sent.pop_front().unwrap();
                let (truth, takes, fails) = match message {
                    Message::Join { takes } => (&mut joins, takes, false),
                    Message::Post { takes, fails } => (&mut posts, takes, fails),
                };
                truth.waits.push(wait);
                truth.handlings.push(takes);
                truth.failed += u64::from(fails);
                now += takes;
                assert_eq!(guild.handle(message).await.is_err(), fails);
            }
        }
    };
    run.traced().await;
    let snapshot = metrics.snapshot();
    let failed = posts.failed;
    joins.check(snapshot.kind("Guild", "Join").unwrap());
    let stats = snapshot.kind("Guild", "Post").unwrap();
    posts.check(stats);
    assert_eq!(stats.errors["core::fmt::Error"], failed);
    assert_eq!(snapshot.sends.iter().map(|send| send.attempts).sum::<u64>(), messages as u64);
    assert_eq!(snapshot.overflow, traced_actor_metrics::Overflow::default());
}
