//! The counts beside messages: failures, sends, asks, lives, mailboxes, instances; and the page.

#![allow(clippy::unused_async, reason = "a handler is async whether or not it awaits")]

use std::time::Duration;

use tokio::sync::oneshot;
use traced_actor::sampling::RecordingMeter;
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, OnPanic, Spawn, TracedExt, testkit, traced_actor};
use traced_actor_metrics::{Metrics, MetricsClock, Rank, Snapshot, TracingCost};

const SECOND: Duration = Duration::from_secs(1);

#[traced_actor]
enum Message {
    Join,
    Post { fails: bool },
    Panic,
    Count { respond_to: oneshot::Sender<u8> },
    Ignore { respond_to: oneshot::Sender<u8> },
    Hang { respond_to: oneshot::Sender<u8> },
}

struct Guild {
    clock: MetricsClock,
}

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) -> Result<(), std::fmt::Error> {
        self.clock.advance(SECOND / 4);
        match message {
            Message::Join | Message::Post { fails: false } => {}
            Message::Post { fails: true } => return Err(std::fmt::Error),
            Message::Panic => panic!("as asked for"),
            Message::Count { respond_to } => drop(respond_to.send(3)),
            Message::Ignore { respond_to } => drop(respond_to),
            Message::Hang { respond_to } => {
                tokio::time::sleep(Duration::from_secs(3600)).await;
                drop(respond_to);
            }
        }
        Ok(())
    }
}

#[traced_actor]
struct Letter;

#[traced_actor]
struct Part(u8);

#[tokio::test(start_paused = true)]
async fn all_that_happens_is_counted_once() {
    let clock = MetricsClock::manual();
    let metrics = Metrics::builder().clock(clock.clone()).install().unwrap();
    assert!(Metrics::builder().install().is_err(), "there is one");
    assert!(Metrics::installed().is_some());

    actors(metrics, &clock).await;
    sends(metrics).await;
    batches_and_envelopes(metrics, &clock).await;
    instances_without_a_mailbox(metrics).await;
    sampled(metrics, &clock).await;
    what_tracing_costs(metrics).await;
    let text = serde_json::to_string(&metrics.snapshot()).unwrap();
    let read: Snapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(read.kinds, metrics.snapshot().kinds);
}

async fn actors(metrics: Metrics, clock: &MetricsClock) {
    let guild = Guild { clock: clock.clone() };
    let guild = Spawn::new(guild).instance("guild#1").on_panic(|_, _| OnPanic::Continue).start();
    for message in
        [Message::Join, Message::Post { fails: false }, Message::Post { fails: true }, Message::Panic]
    {
        guild.cast(message).await.unwrap();
    }
    let patience = SECOND;
    assert_eq!(guild.call(patience, |respond_to| Message::Count { respond_to }).await.unwrap(), 3);
    assert!(guild.call(patience, |respond_to| Message::Ignore { respond_to }).await.is_err());
    assert!(guild.call(patience, |respond_to| Message::Hang { respond_to }).await.is_err());
    guild.cast(Message::Join).await.unwrap();
    clock.advance(10 * SECOND);

    let snapshot = metrics.snapshot();
    let counts = |kind: &str| {
        let stats = snapshot.kind("Guild", kind).unwrap();
        (stats.messages, stats.failed, stats.running)
    };
    assert_eq!(counts("Join"), (1, 0, 0));
    assert_eq!(counts("Post"), (2, 1, 0));
    assert_eq!(counts("Panic"), (1, 1, 0));
    assert_eq!(counts("Count"), (1, 0, 0));
    assert_eq!(counts("Hang"), (0, 0, 1), "its caller has given up, and it runs still");
    assert_eq!(snapshot.kind("Guild", "Post").unwrap().errors["core::fmt::Error"], 1);
    assert_eq!(snapshot.kind("Guild", "Panic").unwrap().errors["panic"], 1);
    let join = snapshot.kind("Guild", "Join").unwrap();
    assert_eq!((join.handling.sum(), join.wait.sum()), (SECOND / 4, Duration::ZERO));
    // The fourth message has waited for three others.
    assert_eq!(snapshot.kind("Guild", "Panic").unwrap().wait.sum(), 3 * SECOND / 4);

    let asks = &snapshot.asks;
    assert_eq!((asks.answered, asks.no_reply, asks.timeout, asks.waiting), (1, 1, 1, 0));
    let actor = snapshot.actor("Guild").unwrap();
    assert_eq!((actor.mailboxes, actor.depth, actor.deepest, actor.capacity), (1, 1, 1, 64));
    assert_eq!((actor.started, actor.restarted, actor.ended, actor.panicked), (1, 1, 0, 0));
    assert!((actor.oldest_wait_seconds - 10.0).abs() < 1e-6, "{actor:?}");

    // The instance: six messages of a quarter of a second, and one that runs.
    let [guild_1] = &metrics.instance("guild#1")[..] else { panic!("one") };
    assert_eq!((guild_1.actor.as_str(), guild_1.depth), ("Guild", 1));
    let shares = guild_1.seconds.iter().flat_map(|second| &second.kinds);
    let of =
        |kind: &str| shares.clone().filter(|share| share.kind == kind).map(|share| share.share).sum::<f64>();
    assert!((of("Post") - 0.5).abs() < 1e-3 && (of("Hang") - 10.25).abs() < 1e-3, "{guild_1:#?}");
    assert_eq!(metrics.top_instances(Rank::Busy, 1)[0].name, "guild#1");
    assert!(metrics.instance("guild#2").is_empty());

    tokio::time::sleep(2 * Duration::from_secs(3600)).await;
    guild.stop();
    guild.join().await.unwrap();
    let actor = metrics.snapshot().actor("Guild").unwrap().clone();
    assert_eq!((actor.mailboxes, actor.dead_letters, actor.ended), (0, 0, 1));
    assert!(metrics.instance("guild#1").is_empty(), "it is gone");
}

async fn sends(metrics: Metrics) {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.send(Letter).await.unwrap();
    assert!(sender.try_send(Letter).is_err());
    assert!(sender.send_timeout(Letter, SECOND).await.is_err());
    let full = metrics.snapshot().actor("Letter").unwrap().clone();
    assert_eq!((full.depth, full.capacity, full.full), (1, 1, 1));
    let (sent, _) = tokio::join!(sender.send(Letter), receiver.recv());
    sent.unwrap();
    drop(receiver);
    assert!(sender.send(Letter).await.is_err());
    let snapshot = metrics.snapshot();
    let send = snapshot.sends.iter().find(|send| send.message_type == "Letter").unwrap();
    assert_eq!((send.attempts, send.waited.count), (5, 1));
    let failed: Vec<_> = send.failed.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
    assert_eq!(failed, [("mailbox_full", 1), ("not_running", 1), ("timeout", 1)]);
    assert_eq!(snapshot.actor("Letter").unwrap().dead_letters, 1);
}

async fn batches_and_envelopes(metrics: Metrics, clock: &MetricsClock) {
    struct Parts;
    #[traced_actor]
    impl Parts {
        async fn handle(&mut self, part: Part) {
            assert!(part.0 < 4);
        }
    }
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for number in 0..4 {
        sender.send(Part(number)).unwrap();
    }
    clock.advance(SECOND);
    async {
        let mut batch = Vec::new();
        assert_eq!(receiver.recv_many(&mut batch, 2).await, 2);
        let held = Envelope::hold(receiver.recv().await.unwrap());
        let aside = receiver.recv_envelope().await.unwrap();
        clock.advance(SECOND);
        Parts.handle(held).await;
        Parts.handle(aside).await;
    }
    .traced()
    .await;
    let snapshot = metrics.snapshot();
    let batched = snapshot.kind("Part", "Part").unwrap();
    assert_eq!((batched.messages, batched.wait.sum(), batched.handling.count), (2, 2 * SECOND, 0));
    let batch = snapshot.kind("Part", "batch").unwrap();
    assert_eq!((batch.messages, batch.handling.count), (0, 1), "its messages are counted by their kinds");
    let handled = snapshot.kind("Parts", "Part").unwrap();
    assert_eq!((handled.messages, handled.running), (2, 0), "a stashed message is counted once");
    assert_eq!(handled.wait.sum(), 2 * SECOND, "until it was handled");
}

/// The name is the flow's, and no later message's that gets the same place.
async fn instances_without_a_mailbox(metrics: Metrics) {
    struct Looker(Metrics);
    #[traced_actor]
    impl Looker {
        async fn handle(&mut self, part: Part) -> Option<String> {
            let work = self.0.open_work(Duration::ZERO, 100);
            let own = work.handlings.iter().find(|one| one.place.actor == "Looker");
            assert_eq!(part.0, 9);
            own.expect("it runs").place.instance.clone()
        }
    }
    let named = async {
        traced_actor::instance("eu-1");
        Looker(metrics).handle(Envelope::bare(Part(9))).await
    };
    assert_eq!(named.traced().await.as_deref(), Some("eu-1"));
    assert_eq!(Looker(metrics).handle(Envelope::bare(Part(9))).await, None);
}

/// The time of tracing by step, while a meter runs.
async fn what_tracing_costs(metrics: Metrics) {
    #[traced_actor]
    struct Measured;
    #[traced_actor]
    struct Below;
    struct Sender(mpsc::Sender<Below>);
    #[traced_actor]
    impl Sender {
        async fn handle(&mut self, message: Measured) {
            let Measured = message;
            self.0.send(Below).await.unwrap();
        }
    }
    let cost = || metrics.snapshot().tracing;
    assert_eq!(cost(), TracingCost::default(), "nobody has measured");
    let _spans = testkit::record();
    let meter = RecordingMeter::start(1).expect("no other one runs");
    let began = std::time::Instant::now();
    let (below, mut received) = mpsc::channel(64);
    let mut sender = Sender(below);
    for _ in 0..64 {
        sender.handle(Measured).await;
    }
    meter.charge(SECOND / 4);
    let took = began.elapsed().as_secs_f64();
    let cost_so_far = cost();
    let TracingCost { capture_seconds, open_seconds, record_seconds, export_seconds, .. } = cost_so_far;
    let steps = [capture_seconds, open_seconds, record_seconds, export_seconds];
    assert!(steps[..3].iter().all(|step| *step > 0.0), "{steps:?}");
    assert!(steps[..3].iter().sum::<f64>() <= took, "{steps:?} of {took}");
    assert!((steps[3] - 0.25).abs() < 1e-9);
    let page = metrics.open_metrics();
    for (step, seconds) in ["capture", "open", "record", "export"].into_iter().zip(steps) {
        let line = format!("traced_actor_tracing_time_seconds_total{{step=\"{step}\"}} {seconds}\n");
        assert!(page.contains(&line), "{line}{page}");
    }
    drop(meter);
    assert!(received.recv().await.is_some());
    sender.handle(Measured).await;
    assert_eq!(cost(), cost_so_far, "it stands still when nobody measures");
}

async fn sampled(metrics: Metrics, clock: &MetricsClock) {
    #[traced_actor]
    struct Seen;
    struct Watcher(MetricsClock);
    #[traced_actor]
    impl Watcher {
        async fn handle(&mut self, seen: Seen) {
            let Seen = seen;
            self.0.advance(Duration::from_millis(3));
        }
    }
    let spans = testkit::record();
    let watcher = Spawn::new(Watcher(clock.clone())).start();
    watcher.cast(Seen).await.unwrap();
    watcher.stop();
    watcher.join().await.unwrap();
    assert_eq!(spans.tree().trim(), "Watcher/Seen");

    let snapshot = metrics.snapshot();
    let [exemplar] = &snapshot.kind("Watcher", "Seen").unwrap().exemplars[..] else { panic!("one") };
    let span = &spans.all()[0];
    assert_eq!(exemplar.trace_id, span.context.trace_id.to_string());
    assert_eq!(exemplar.span_id, span.context.span_id.to_string());
    assert!((exemplar.seconds - 0.003).abs() < 1e-9);

    let page = metrics.open_metrics();
    let labels = "actor_name=\"Watcher\",actor_message_kind=\"Seen\"";
    // 3 ms: above 2⁻¹⁰ s, and not above 2⁻⁸ s.
    assert!(
        page.contains(&format!(
            "messaging_process_duration_seconds_bucket{{{labels},le=\"0.0009765625\"}} 0\n"
        ))
    );
    let bucket = format!(
        "messaging_process_duration_seconds_bucket{{{labels},le=\"0.00390625\"}} 1 # {{trace_id=\"{}\",span_id=\"{}\"}} 0.003 ",
        exemplar.trace_id, exemplar.span_id
    );
    assert!(page.contains(&bucket), "{page}");
    assert!(page.contains(&format!("messaging_process_duration_seconds_count{{{labels}}} 1\n")));
    assert!(page.contains(&format!("messaging_client_consumed_messages_total{{{labels}}} 1\n")));
    assert!(page.contains("actor_failures_total{actor_name=\"Guild\",actor_message_kind=\"Post\",error_type=\"core::fmt::Error\"} 1\n"));
    assert!(page.contains("actor_send_failures_total{actor_message_type=\"Letter\",actor_message_kind=\"Letter\",error_type=\"timeout\"} 1\n"));
    assert!(page.contains("actor_asks_total{outcome=\"timeout\"} 1\n"));
    assert!(page.ends_with("# EOF\n"));
    well_formed(&page);
}

/// Checks what the specification says of every page: a family is declared once, before its samples, which stand together.
fn well_formed(page: &str) {
    let mut declared = std::collections::BTreeSet::new();
    let mut current = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(declared.insert(name.to_owned()), "{name} is declared twice");
            assert!(["counter", "gauge", "histogram"].contains(&kind));
            name.clone_into(&mut current);
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').unwrap();
            assert!(name == current && name.ends_with(&format!("_{unit}")), "{line}");
        } else if !line.starts_with('#') {
            assert!(line.starts_with(&current), "{line} is not of {current}");
            let sample = line.split(" # ").next().unwrap();
            let value = sample.rsplit(' ').next().unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    assert!(declared.len() > 15);
}
