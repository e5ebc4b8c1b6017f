//! Estimates from kept spans, against the true counts of the same run, for several samplers.

use std::sync::Arc;
use std::time::Duration;

use traced_actor::record::{self, FinishedSpans};
use traced_actor::sampling::{ParentBased, Ratio, Sampler, set_sampler};
use traced_actor::sync::mpsc;
use traced_actor::{TracedExt, testkit, traced_actor};
use traced_actor_metrics::{Estimate, Metrics, MetricsClock, SpanEstimates};
use traced_actor_sampling::dynamic::{DynamicSampler, Ema};
use traced_actor_sampling::{
    Adaptive, AdaptiveOptions, Forced, GuaranteedThroughput, ManualClock, Rare, RateLimited,
    ReloadableSampler,
};

/// Recipients of a post.
const RECIPIENTS: usize = 20;
const MESSAGES: u64 = 400;
const RUNS: u64 = 20;

#[traced_actor]
enum Message {
    Join,
    #[traced(fanout = RECIPIENTS)]
    Post {
        number: u64,
    },
}

#[traced_actor]
struct Deliver {
    fails: bool,
}

struct Guild {
    session: mpsc::Sender<Deliver>,
}

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) {
        if let Message::Post { number } = message {
            for recipient in 0..RECIPIENTS as u64 {
                self.session.send(Deliver { fails: (number + recipient) % 5 == 0 }).await.ok();
            }
        }
    }
}

struct Session;

#[traced_actor]
impl Session {
    async fn handle(&mut self, deliver: Deliver) -> Result<(), std::fmt::Error> {
        if std::future::ready(deliver).await.fails { Err(std::fmt::Error) } else { Ok(()) }
    }
}

/// Posts and joins in turns, 200 a second of the sampler's clock.
async fn run(clock: &ManualClock) {
    let (sender, mut receiver) = mpsc::channel(1);
    let (session, mut deliveries) = mpsc::channel(RECIPIENTS);
    let mut guild = Guild { session };
    async {
        for number in 0..MESSAGES {
            // Sent from outside of a flow: each is a root.
            let message = if number % 2 == 0 { Message::Post { number } } else { Message::Join };
            assert!(sender.try_send(message).is_ok());
            clock.advance(Duration::from_millis(5));
            let message = receiver.recv().await.unwrap();
            guild.handle(message).await;
            while let Ok(deliver) = deliveries.try_recv() {
                Session.handle(deliver).await.ok();
            }
        }
    }
    .await;
}

fn adaptive(clock: &ManualClock) -> impl Sampler + 'static {
    let mut options = AdaptiveOptions::default();
    options.interval = Duration::from_secs(1);
    options.initial = 0.5;
    options.target = 10.0;
    Adaptive::new(options).with_clock(clock.clone())
}

type Make = fn(&ManualClock) -> Box<dyn Sampler>;

#[tokio::test]
async fn totals_and_failures_are_those_of_the_metrics_within_the_standard_error() {
    let samplers: [(&str, Make); 7] = [
        ("ratio", |_| Box::new(Ratio::new(0.1))),
        ("guaranteed", |clock| Box::new(GuaranteedThroughput::new(0.1, 2.0).with_clock(clock.clone()))),
        ("rate limited", |clock| Box::new(RateLimited::of(Ratio::new(0.5), 20.0).with_clock(clock.clone()))),
        ("dynamic", |clock| Box::new(DynamicSampler::new(Ema::rate(10.0)).with_clock(clock.clone()))),
        ("adaptive", |clock| Box::new(adaptive(clock))),
        ("forced", |clock| {
            Box::new(Forced::new(Ratio::new(0.1), 1.0).operation("Guild", "Join").with_clock(clock.clone()))
        }),
        ("rare", |clock| Box::new(Rare::new(Ratio::new(0.1)).with_clock(clock.clone()))),
    ];
    let sampler = ReloadableSampler::new(Ratio::new(0.0));
    set_sampler(sampler.clone()).unwrap();
    let estimates = Arc::new(SpanEstimates::with_clock(MetricsClock::manual()));
    let kept = estimates.clone();
    record::install(FinishedSpans::new(move |span| kept.add(&span))).unwrap();
    let metrics = Metrics::builder().clock(MetricsClock::manual()).install().unwrap();

    let counts = || {
        let snapshot = metrics.snapshot();
        [("Guild", "Post"), ("Guild", "Join"), ("Session", "Deliver")].map(|(actor, kind)| {
            let stats = snapshot.kind(actor, kind);
            (actor, kind, stats.map_or(0, |stats| stats.messages), stats.map_or(0, |stats| stats.failed))
        })
    };
    for (name, make) in samplers {
        let mut errors = Vec::new();
        for seed in 0..RUNS {
            testkit::seed(seed);
            let clock = ManualClock::new();
            sampler.set(ParentBased::new(make(&clock)));
            estimates.reset();
            let before = counts();
            run(&clock).traced().await;
            for ((actor, kind, messages, failed), (_, _, messages_before, failed_before)) in
                counts().into_iter().zip(before)
            {
                let (messages, failed) = (messages - messages_before, failed - failed_before);
                assert_eq!(
                    messages,
                    if kind == "Deliver" { MESSAGES / 2 * RECIPIENTS as u64 } else { MESSAGES / 2 }
                );
                assert_eq!(failed > 0, kind == "Deliver");
                let kind = estimates.kind(actor, kind).unwrap_or_default();
                errors.extend(error(kind.messages, messages));
                errors.extend(error(kind.failed, failed).filter(|_| failed > 0));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a hundred")]
        let count = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / count;
        let spread = (errors.iter().map(|error| error * error).sum::<f64>() / count).sqrt();
        println!("{name}: {count} estimates, mean error {mean:.2} and spread {spread:.2} standard errors");
        assert!(count >= 48.0, "{name} keeps enough");
        // Of correlated estimates: those of a run share its posts.
        assert!(mean.abs() < 0.5, "{name}: the mean error is {mean} standard errors");
        // A rate limit gives what it drops to the next one that it keeps, which may be of another kind.
        let widest = if name == "rate limited" { 2.5 } else { 1.6 };
        assert!((0.5..widest).contains(&spread), "{name}: errors are {spread} standard errors");
    }
}

/// Returns the error as a multiple of the standard error.
#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn error(estimate: Estimate, truth: u64) -> Option<f64> {
    (estimate.standard_error > 0.0).then(|| (estimate.value - truth as f64) / estimate.standard_error)
}
