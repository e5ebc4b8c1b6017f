//! The process-wide sampler, through to the spans. A process has one, so this is one test.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use traced_actor::context::{ContextState, MessageContext, SampledContext, Timestamp, new_span_id};
use traced_actor::record::FinishedSpan;
use traced_actor::sampling::{
    AlwaysOff, AlwaysOn, Decision, FanoutPolicy, Operation, ParentBased, Ratio, Sampler, set_fanout_policy,
    set_sampler,
};
use traced_actor::sync::mpsc;
use traced_actor::{
    Envelope, TraceContext, TraceFlags, TraceId, TracedExt, broadcast, counters, testkit, traced_actor,
};
use traced_actor_opentelemetry as otel;
use traced_actor_propagation::{Edge, Trust};
use traced_actor_sampling::jaeger::{JaegerRemote, Operations, Strategy};
use traced_actor_sampling::{Forced, ManualClock, ReloadableSampler};
use traced_actor_tests::isolated::ran_in_child;
use traced_actor_wire::codec::{Json, Postcard};
use traced_actor_wire::{Codec, Encoding};

use super::metrics;

#[traced_actor(name = "Process")]
enum Work {
    #[traced(key = user, fields(user))]
    Do { user: u64 },
}

#[traced_actor(start = never)]
#[derive(Clone)]
struct Deliver;

/// Receives one piece of work, broadcasts to this many recipients, and returns how many of them are traced.
async fn handle(work: Work, carried: MessageContext, recipients: usize) -> usize {
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
        matches!(receiver.try_recv_envelope().unwrap().state(), ContextState::Sampled(_))
    };
    receivers.into_iter().map(is_sampled).filter(|sampled| *sampled).count()
}

fn root(user: u64) -> impl Future<Output = usize> {
    handle(Work::Do { user }, MessageContext::ABSENT, 0)
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
    if ran_in_child("the_process_s_sampler_is_replaced_while_it_runs", &[]) {
        return;
    }
    let spans = testkit::install();
    let switch = ReloadableSampler::new(AlwaysOff);
    set_sampler(switch.clone()).unwrap();
    let before = counters();
    root(1).await;
    assert!(spans.named("Process").is_empty());

    // AlwaysOff asks everyone, and so even drops what a sender kept; a parent-based one does not.
    switch.set(ParentBased::new(AlwaysOn));
    root(1).await;
    assert_eq!(last("sampling.reason").as_deref(), Some("always_on"));
    assert_eq!(last("sampler.type"), None);
    handle(Work::Do { user: 1 }, MessageContext::UNSAMPLED, 0).await;
    assert_eq!(spans.named("Process").len(), 1);
    switch.set(AlwaysOn);
    handle(Work::Do { user: 1 }, MessageContext::UNSAMPLED, 0).await;
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

    // The counts are reported as metrics, with the same names.
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

    // The fan-out policy of those that name none: √25, and a tenth.
    switch.set(AlwaysOn);
    for (policy, chosen) in
        [(FanoutPolicy::Discord, 5), (FanoutPolicy::Probability(|_| 0.4), 10), (FanoutPolicy::Budget(10), 10)]
    {
        set_fanout_policy(policy);
        assert_eq!(handle(Work::Do { user: 1 }, MessageContext::ABSENT, 25).await, chosen, "{policy:?}");
    }

    a_ratio_passes_over_what_it_does_not_keep(&switch).await;
    the_rest_of_a_fan_out_is_settled(&switch).await;
    an_envelope_of_a_stranger_is_decided_about(&switch);
    each_parent_s_case_has_its_sampler(&switch).await;
}

#[traced_actor(name = "Ratio")]
enum Ticket {
    Chance,
    #[traced(sample = always)]
    Always,
    #[traced(skip)]
    Skipped,
}

/// Roots that come in a row, until the sender is gone; how often what is kept, dropped and skipped was counted.
async fn tickets(tickets: impl Fn() -> Ticket, times: usize) -> (u64, u64, u64) {
    let before = counters();
    let (sender, mut receiver) = mpsc::channel(1);
    let send = async move {
        for _ in 0..times {
            sender.send_envelope(Envelope::bare(tickets())).await.unwrap_or_else(|_| unreachable!());
        }
    };
    let receive = async { while receiver.recv().await.is_some() {} };
    tokio::join!(send, receive.traced());
    let after = counters();
    let rise = |after: &BTreeMap<_, u64>, before: &BTreeMap<_, u64>| {
        after.values().sum::<u64>() - before.values().sum::<u64>()
    };
    let dropped = after.dropped.get("ratio").unwrap_or(&0) - before.dropped.get("ratio").unwrap_or(&0);
    assert_eq!(rise(&after.dropped, &before.dropped), dropped, "all for this reason");
    (rise(&after.kept, &before.kept), dropped, after.skipped - before.skipped)
}

/// A fixed share of roots, of which those that are dropped are not asked about.
async fn a_ratio_passes_over_what_it_does_not_keep(switch: &ReloadableSampler) {
    const TIMES: usize = 5000;
    testkit::seed(4);
    switch.set(ParentBased::new(Ratio::new(0.1)));
    let (kept, dropped, skipped) = tickets(|| Ticket::Chance, TIMES).await;
    assert_eq!((kept + dropped, skipped), (5000, 0));
    // 4 σ of 5000 · 0.1 · 0.9.
    assert!(kept.abs_diff(500) <= 85, "{kept}");
    let spans = testkit::install().named("Ratio/Chance");
    assert_eq!(spans.len() as u64, kept);
    for span in &spans {
        assert_eq!(span.attribute("sampling.probability").unwrap().to_string(), "0.1");
        assert_eq!(span.attribute("sampling.reason").unwrap().to_string(), "ratio");
        let randomness = span.context.trace_id.get() & ((1 << 56) - 1);
        assert!(randomness >= (1 << 56) / 10 * 9, "every service that samples by it keeps this trace");
    }

    // Who has its own rule is not passed over, and who is skipped neither.
    switch.set(ParentBased::new(Ratio::new(0.0)));
    assert_eq!(tickets(|| Ticket::Chance, 100).await, (0, 100, 0));
    assert_eq!(tickets(|| Ticket::Always, 100).await, (100, 0, 0));
    assert_eq!(tickets(|| Ticket::Skipped, 100).await, (0, 0, 100));
    // And what was drawn for one ratio does not hold for the next.
    switch.set(ParentBased::new(Ratio::new(1.0)));
    assert_eq!(tickets(|| Ticket::Chance, 100).await, (100, 0, 0));
}

/// With an edge that accepts only ids, an envelope's flag, weight, hops and baggage are ignored: the sampler decides,
/// and sets the weight.
fn an_envelope_of_a_stranger_is_decided_about(switch: &ReloadableSampler) {
    let edge = Edge::new("partners").trust(Trust::Ids);
    let ids = TraceContext::new(TraceId::new(7).unwrap(), new_span_id(), TraceFlags::SAMPLED);
    let forged = || {
        let mut forged = SampledContext::new(ids);
        forged.probability = Some(1e-15);
        forged.hops = 63;
        forged.tracestate = Some("ot=th:fff,vendor=1".into());
        forged.baggage = Some("user=root".into());
        Envelope::new(Onward::Go(0), forged)
    };
    let accept = || {
        let bytes = Postcard.encode(&forged(), Encoding::Envelope).unwrap();
        edge.accept_envelope(Postcard.decode::<Onward>(&bytes).unwrap(), Timestamp::now())
    };
    switch.set(|_: &Operation<'_>| Decision::Keep { probability: Some(0.25), reason: "ours" });
    let kept = accept();
    let ContextState::Sampled(context) = kept.state() else { panic!("the sampler keeps it") };
    assert_eq!((context.context, context.probability, context.hops), (ids, Some(0.25), 0));
    assert_eq!((context.tracestate.as_deref(), context.baggage.as_deref()), (Some("vendor=1"), None));
    assert!((context.fanout_probability - 1.0).abs() < f32::EPSILON);

    switch.set(AlwaysOff);
    assert_eq!(accept().state(), ContextState::Unsampled);
}

/// A message off the wire has a remote parent; a message that is sent while it is handled has a local one.
async fn each_parent_s_case_has_its_sampler(switch: &ReloadableSampler) {
    async fn reason(envelope: Envelope<Onward>) -> Option<String> {
        let before = testkit::install().named("Onward").len();
        sent_while_handling(envelope).await;
        let spans = testkit::install().named("Onward");
        spans[before..].first().map(|span| span.attribute("sampling.reason").unwrap().to_string())
    }
    fn keep(reason: &'static str) -> impl Sampler {
        move |_: &Operation<'_>| Decision::Keep { probability: Some(1.0), reason }
    }
    let off_the_wire = |envelope: &Envelope<Onward>| -> Envelope<Onward> {
        Json.decode(&Json.encode(envelope, Encoding::Envelope).unwrap()).unwrap()
    };
    let ids = TraceContext::new(TraceId::new(7).unwrap(), new_span_id(), TraceFlags::SAMPLED);
    let envelopes = || {
        let unsampled = Envelope::new(Onward::Go(0), MessageContext::UNSAMPLED);
        let sampled = Envelope::new(Onward::Go(0), SampledContext::new(ids));
        [off_the_wire(&unsampled), unsampled, off_the_wire(&sampled), sampled]
    };
    let parent_based = || ParentBased::new(AlwaysOff);
    let follow = [None, None, Some("parent"), Some("parent")];
    let cases = [
        parent_based().remote_unsampled(keep("asked")),
        parent_based().local_unsampled(keep("asked")),
        parent_based().remote_sampled(keep("asked")),
        parent_based().local_sampled(keep("asked")),
    ];
    for (case, sampler) in cases.into_iter().enumerate() {
        switch.set(sampler);
        for (i, envelope) in envelopes().into_iter().enumerate() {
            let expected = if i == case { Some("asked") } else { follow[i] };
            assert_eq!(reason(envelope).await.as_deref(), expected, "case {case}, message {i}");
        }
    }
    // One message later it is this process's decision, whichever process made it.
    switch.set(parent_based().remote_unsampled(AlwaysOff).local_unsampled(keep("asked")));
    let [remote, ..] = envelopes();
    let on = sent_while_handling(remote).await;
    assert_eq!(reason(on).await.as_deref(), Some("asked"));
}

/// Samplers that ask everyone, below a fan-out of 25 that chose ten: what the others send is not sampled again, however
/// far on and whatever the wire, and what the chosen ones send has the true weight.
async fn the_rest_of_a_fan_out_is_settled(switch: &ReloadableSampler) {
    let again: [(Box<dyn Sampler>, f64); 3] =
        [(Box::new(AlwaysOn), 0.4), (Box::new(Ratio::new(0.5)), 0.2), (Box::new(Ratio::new(0.125)), 0.05)];
    for (sampler, expected) in again {
        // The root, by the consistent rule as well: a trace that all of them keep.
        let id = TraceId::new(u128::MAX).unwrap();
        let mut root = SampledContext::new(TraceContext::new(id, new_span_id(), TraceFlags::SAMPLED));
        root.probability = Some(1.0);
        switch.set(sampler);
        let deliveries = sent_by_broadcast(MessageContext::sampled(root)).await;
        let mut weights = 0.0;
        let mut unsampled = 0;
        for delivery in deliveries {
            let on = sent_while_handling(delivery).await;
            // In bytes and in text, to another process, and one further.
            let bytes = Postcard.encode(&on, Encoding::Envelope).unwrap();
            let text = Json.encode(&on, Encoding::Envelope).unwrap();
            for arrived in
                [Postcard.decode::<Onward>(&bytes).unwrap(), Json.decode::<Onward>(&text).unwrap(), on]
            {
                let further = sent_while_handling(arrived).await;
                match further.state() {
                    ContextState::Sampled(context) => {
                        let probability = context.probability.unwrap();
                        assert!(
                            (probability / expected - 1.0).abs() < 1e-6,
                            "{probability} is not {expected}"
                        );
                        weights += 1.0 / probability;
                    }
                    ContextState::Unsampled => unsampled += 1,
                    ContextState::Absent => panic!("somebody forgot the decision"),
                }
            }
        }
        assert_eq!(unsampled, 3 * 15);
        assert!((weights * expected - 30.0).abs() < 1e-3, "{weights}");
    }
    // An unsettled decision is made again: that is its purpose.
    switch.set(AlwaysOn);
    let again = sent_while_handling(Envelope::new(Onward::Go(1), MessageContext::UNSAMPLED)).await;
    // Without a weight: those that its sender kept stand for it.
    assert!(matches!(again.state(), ContextState::Sampled(context) if context.probability.is_none()));
}

#[traced_actor(name = "Onward")]
#[derive(Clone, Serialize, Deserialize)]
enum Onward {
    Go(u8),
}

/// Handles a piece of work that came so by a broadcast to 25; the messages.
async fn sent_by_broadcast(carried: MessageContext) -> Vec<Envelope<Onward>> {
    let (sender, mut receiver) = mpsc::channel(1);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..25).map(|_| mpsc::channel::<Onward>(1)).unzip();
    async {
        let work = Envelope::new(Work::Do { user: 1 }, carried);
        sender.send_envelope(work).await.unwrap_or_else(|_| unreachable!());
        receiver.recv().await.unwrap();
        broadcast(&senders, Onward::Go(0)).await;
    }
    .traced()
    .await;
    receivers.into_iter().map(|mut receiver| receiver.try_recv_envelope().unwrap()).collect()
}

/// Returns the message that is sent while this one is handled.
async fn sent_while_handling(envelope: Envelope<Onward>) -> Envelope<Onward> {
    let (sender, mut receiver) = mpsc::channel(1);
    async {
        sender.send_envelope(envelope).await.unwrap_or_else(|_| unreachable!());
        receiver.recv().await.unwrap();
        Envelope::capture(Onward::Go(0))
    }
    .traced()
    .await
}
