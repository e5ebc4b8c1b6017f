//! Fan-outs: policies through to the messages, and totals through several levels.

use traced_actor::context::{
    ContextState, SampledContext, TraceContext, TraceFlags, new_span_id, new_trace_id,
};
use traced_actor::sampling::{FanoutPolicy, Options};
use traced_actor::sync::mpsc;
use traced_actor::wire::binary;
use traced_actor::{Envelope, TracedExt, broadcast, testkit, traced_actor};

#[traced_actor(start = always)]
struct Start;

#[traced_actor(start = never)]
#[derive(Clone)]
struct Relay;

#[traced_actor(start = never)]
#[derive(Clone)]
struct Deliver;

/// The sizes of the second level: 37 relays, 1 to 50 recipients each.
fn sizes() -> impl Iterator<Item = usize> {
    (0..37).map(|relay| relay * 7 % 50 + 1)
}

/// One broadcast to the relays, each of which broadcasts; the estimate of the recipients of the second.
async fn nested() -> f64 {
    let (start, mut started) = mpsc::channel(1);
    let (relays, mut relay_receivers): (Vec<_>, Vec<_>) = (0..37).map(|_| mpsc::channel::<Relay>(1)).unzip();
    start.send(Start).await.unwrap();
    async {
        started.recv().await.unwrap();
        broadcast(&relays, Relay).await;
    }
    .traced()
    .await;

    let mut estimate = 0.0;
    for (receiver, size) in relay_receivers.iter_mut().zip(sizes()) {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..size).map(|_| mpsc::channel::<Deliver>(1)).unzip();
        async {
            receiver.recv().await.unwrap();
            broadcast(&senders, Deliver).await;
        }
        .traced()
        .await;
        for mut receiver in receivers {
            if let ContextState::Sampled(context) = receiver.try_recv_envelope().unwrap().state() {
                estimate += 1.0 / context.probability.unwrap();
            }
        }
    }
    estimate
}

/// Each relay has the same chance, and each second level is exact: so the mean over the runs is the truth: within 3 σ,
/// which an unbiased estimate misses once in 370 seeds, and with these seeds never.
#[tokio::test]
async fn nested_broadcasts_are_unbiased_over_a_thousand_runs() {
    testkit::install();
    let mut estimates = Vec::new();
    for run in 0..1000 {
        testkit::seed(run);
        estimates.push(nested().await);
    }
    let truth: usize = sizes().sum();
    #[expect(clippy::cast_precision_loss, reason = "about a thousand")]
    let truth = truth as f64;
    let mean = estimates.iter().sum::<f64>() / 1000.0;
    let variance = estimates.iter().map(|estimate| (estimate - mean).powi(2)).sum::<f64>() / 999.0;
    let sigma = (variance / 1000.0).sqrt();
    assert!((mean - truth).abs() < 3.0 * sigma, "{mean} is not {truth}, σ {sigma}");
    assert!(sigma < 0.01 * truth, "the test is able to fail: {sigma}");
}

/// The kind's policy holds for the fan-outs of its handling, announced or not; Discord's table is one by name.
#[tokio::test]
async fn a_kind_s_policy_is_for_what_its_handling_sends() {
    #[traced_actor(start = always, fanout_budget = 3)]
    enum Guild {
        #[traced(fanout_policy = discord)]
        Post,
        #[traced(fanout_policy = a_fifth)]
        React,
        #[traced(fanout = *_0, fanout_policy = discord)]
        Announced(usize),
        Plain,
    }
    fn a_fifth(n: u64) -> f64 {
        assert_eq!(n, 400);
        0.2
    }

    async fn chosen(message: Guild) -> usize {
        let announced = matches!(message, Guild::Announced(_));
        let (sender, mut receiver) = mpsc::channel(1);
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..400).map(|_| mpsc::channel::<Deliver>(1)).unzip();
        sender.send(message).await.unwrap_or_else(|_| unreachable!());
        async {
            receiver.recv().await.unwrap();
            if announced {
                for sender in &senders {
                    sender.send(Deliver).await.unwrap_or_else(|_| unreachable!());
                }
            } else {
                broadcast(&senders, Deliver).await;
            }
        }
        .traced()
        .await;
        let sampled = |mut receiver: mpsc::Receiver<Deliver>| {
            matches!(receiver.try_recv_envelope().unwrap().state(), ContextState::Sampled(_))
        };
        receivers.into_iter().map(sampled).filter(|sampled| *sampled).count()
    }

    testkit::install();
    assert_eq!(chosen(Guild::Post).await, 10); // from 100 to 10,000
    assert_eq!(chosen(Guild::React).await, 80);
    assert_eq!(chosen(Guild::Announced(400)).await, 10);
    assert_eq!(chosen(Guild::Plain).await, 3);
    const OF_THE_ACTOR: Options = Options::new().name("Guild").fanout_policy(FanoutPolicy::Discord);
    assert!(format!("{OF_THE_ACTOR:?}").contains("Discord"), "a constant");
}

/// A weight has an end: however unlikely it was that a message was kept, and however many it is sent on to, what goes on is
/// a probability that the next node accepts.
#[tokio::test]
async fn the_least_probability_stays_the_least() {
    const LEAST: f64 = f64::EPSILON / 16.0;
    testkit::install();
    for (probability, fanout_probability) in
        [(LEAST, LEAST), (LEAST, 1.0), (1.0, LEAST), (LEAST * 3.0, LEAST * 3.0), (1e-9, 1e-9)]
    {
        let ids = TraceContext::new(new_trace_id(), new_span_id(), TraceFlags::SAMPLED);
        let mut context = SampledContext::new(ids);
        context.probability = Some(probability);
        #[expect(clippy::cast_possible_truncation, reason = "powers of two, and one that is near enough")]
        {
            context.fanout_probability = fanout_probability as f32;
        }
        for _level in 0..4 {
            let (sender, mut receiver) = mpsc::channel(1);
            sender.send_envelope(Envelope::new(Deliver, context.clone())).await.unwrap();
            let (senders, receivers): (Vec<_>, Vec<_>) =
                (0..1000).map(|_| mpsc::channel::<Deliver>(1)).unzip();
            async {
                receiver.recv().await.unwrap();
                broadcast(&senders, Deliver).await;
            }
            .traced()
            .await;
            let mut chosen = 0;
            for mut receiver in receivers {
                let envelope = receiver.try_recv_envelope().unwrap();
                if let ContextState::Sampled(sent) = envelope.state() {
                    chosen += 1;
                    let known = sent.probability.unwrap();
                    assert!((LEAST..=probability).contains(&known), "{known:e}");
                    let arrived = binary::read(&binary::write(envelope.message_context()));
                    let ContextState::Sampled(read) = arrived.state() else { panic!("{arrived:?}") };
                    assert_eq!(
                        (read.probability, read.fanout_probability),
                        (Some(known), sent.fanout_probability)
                    );
                    context = sent.clone();
                }
            }
            assert_eq!(chosen, 10);
        }
    }
}
