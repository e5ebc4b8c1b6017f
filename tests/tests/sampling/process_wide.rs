//! The process-wide sampler, through to the spans. A process has one, so this is one test.

mod metrics;

use std::collections::BTreeMap;
use std::time::Duration;

use traced_actor::context::{Carried, State};
use traced_actor::record::FinishedSpan;
use traced_actor::sampling::jaeger::{JaegerRemote, Operations, Strategy};
use traced_actor::sampling::{
    AlwaysOff, AlwaysOn, Curve, Forced, ManualClock, ParentBased, Switch, set_fanout_curve, set_sampler,
};
use traced_actor::sync::mpsc;
use traced_actor::{Envelope, TracedExt, broadcast, counters, otel, testkit, traced_actor};

#[traced_actor(name = "Process")]
enum Work {
    #[traced(key = user, fields(user))]
    Do { user: u64 },
}

#[traced_actor(start = never)]
#[derive(Clone)]
struct Deliver;

/// Receives one piece of work, and broadcasts to so many; how many of them are traced.
async fn handle(work: Work, carried: Carried, recipients: usize) -> usize {
    let (sender, mut receiver) = mpsc::channel(1);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..recipients).map(|_| mpsc::channel::<Deliver>(1)).unzip();
    async {
        sender.send_envelope(Envelope::new(work, carried)).await.unwrap_or_else(|_| unreachable!());
        receiver.recv().await.unwrap();
        broadcast(&senders, Deliver).await;
    }
    .traced()
    .await;
    drop(receiver);
    let is_sampled = |mut receiver: mpsc::Receiver<Deliver>| {
        matches!(receiver.try_recv_envelope().unwrap().state(), State::Sampled(_))
    };
    receivers.into_iter().map(is_sampled).filter(|sampled| *sampled).count()
}

fn root(user: u64) -> impl Future<Output = usize> {
    handle(Work::Do { user }, Carried::ABSENT, 0)
}

/// An attribute of the last span, as text.
fn last(name: &str) -> Option<String> {
    let spans: Vec<FinishedSpan> = testkit::install().named("Process");
    spans.last().and_then(|span| span.attribute(name)).map(ToString::to_string)
}

fn kept(reason: &str) -> u64 {
    counters().kept.get(reason).copied().unwrap_or(0)
}

#[tokio::test]
async fn the_process_s_sampler_is_replaced_while_it_runs() {
    let spans = testkit::install();
    let switch = Switch::new(AlwaysOff);
    set_sampler(switch.clone()).unwrap();
    let before = counters();
    root(1).await;
    assert!(spans.named("Process").is_empty());

    // AlwaysOff asks everyone, and so even drops what a sender kept; a parent-based one does not.
    switch.set(ParentBased::new(AlwaysOn));
    root(1).await;
    assert_eq!(last("sampling.reason").as_deref(), Some("always_on"));
    assert_eq!(last("sampler.type"), None);
    handle(Work::Do { user: 1 }, Carried::UNSAMPLED, 0).await;
    assert_eq!(spans.named("Process").len(), 1);
    switch.set(AlwaysOn);
    handle(Work::Do { user: 1 }, Carried::UNSAMPLED, 0).await;
    assert_eq!(spans.named("Process").len(), 2, "it asks everyone, from the moment on that it is set");

    // Jaeger's attributes are on roots, typed, before the message's own.
    let clock = ManualClock::new();
    let jaeger = JaegerRemote::with_clock(clock.clone());
    jaeger.apply(&Strategy::Operations(Operations::new(0.0, 1.0, vec![("Process/Do".into(), 1.0)])));
    switch.set(ParentBased::new(jaeger.clone()));
    root(1).await;
    let found = [last("sampler.type"), last("sampler.param"), last("sampling.reason"), last("user")];
    assert_eq!(found.map(Option::unwrap), ["probabilistic", "1", "ratio", "1"]);
    jaeger.apply(&Strategy::Operations(Operations::new(0.125, 1.0, vec![("Process/Do".into(), 0.0)])));
    clock.advance(Duration::from_secs(1));
    let lower = kept("lowerbound");
    root(1).await;
    let found = [last("sampler.type"), last("sampler.param"), last("sampling.reason")];
    assert_eq!(found.map(Option::unwrap), ["lowerbound", "0", "lowerbound"]);
    assert_eq!((last("sampling.probability"), kept("lowerbound")), (None, lower + 1));

    // A key is the message's field.
    switch.set(ParentBased::new(Forced::new(AlwaysOff, 100.0).key(4711)));
    let spans_before = spans.named("Process").len();
    root(1).await;
    root(4711).await;
    assert_eq!(spans.named("Process").len(), spans_before + 1);
    assert_eq!((last("sampling.reason").as_deref(), last("user").as_deref()), (Some("forced"), Some("4711")));
    assert_eq!(
        counters().dropped["always_off"] - before.dropped.get("always_off").unwrap_or(&0),
        2,
        "the first of all, and that of user 1"
    );

    // What is counted is reported as metrics, with the same words.
    let mut expected = BTreeMap::from([(String::from("skipped"), counters().skipped)]);
    for (decision, reasons) in [("kept", counters().kept), ("dropped", counters().dropped)] {
        expected.extend(reasons.iter().map(|(reason, count)| (format!("{decision} {reason}"), *count)));
    }
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let expected = expected
        .into_iter()
        .map(|(name, count)| (format!("traced_actor.messages {{message}} {name}"), count as f64))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(metrics::reported(otel::observe_counters), expected);

    // The fan-out curve of those that name none: √25, and a tenth.
    switch.set(AlwaysOn);
    for (curve, chosen) in [(Curve::Discord, 5), (Curve::Probability(|_| 0.4), 10), (Curve::Budget(10), 10)] {
        set_fanout_curve(curve);
        assert_eq!(handle(Work::Do { user: 1 }, Carried::ABSENT, 25).await, chosen, "{curve:?}");
    }
}
