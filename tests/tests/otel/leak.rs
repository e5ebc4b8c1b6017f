//! A thousand traces at once through a thousand actors: every span is under its own parent.

use std::collections::HashMap;

use opentelemetry::context::FutureExt;
use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc as plain;
use tokio::task::{JoinSet, yield_now};
use traced_actor::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use traced_actor::{TracedExt, task, traced_actor};

use crate::support::{assert_child, current, identity, install, int, root, spans, tracer};

const TRACES: u64 = 1000;
/// Messages of each trace.
const HOPS: u64 = 8;

#[traced_actor(name = "Wanderer")]
enum Wander {
    /// Goes on to another actor until none is left.
    #[traced(fields(walk, left))]
    Hop { walk: u64, left: u64, random: SmallRng },
    #[traced(skip)]
    Stop,
}

/// The way in which a hop sends the next one on.
const WAYS: u32 = 4;

async fn actor(
    mut mailbox: UnboundedReceiver<Wander>,
    everybody: Vec<UnboundedSender<Wander>>,
    arrived: plain::UnboundedSender<u64>,
) {
    while let Some(Wander::Hop { walk, left, mut random }) = mailbox.recv().await {
        let span = current().expect("the message's span");
        for _ in 0..random.random_range(0..4) {
            yield_now().await;
            assert_eq!(current().as_ref(), Some(&span), "walk {walk}, {left} left");
        }
        let Some(left) = left.checked_sub(1) else {
            arrived.send(walk).unwrap();
            continue;
        };
        let to = everybody[random.random_range(0..everybody.len())].clone();
        match random.random_range(0..WAYS) {
            0 => to.send(Wander::Hop { walk, left, random }).unwrap(),
            1 => {
                let below = async move {
                    yield_now().await;
                    to.send(Wander::Hop { walk, left, random }).unwrap();
                };
                task::spawn(below).await.unwrap();
            }
            2 => {
                drop(task::spawn(async move {
                    yield_now().await;
                    to.send(Wander::Hop { walk, left, random }).unwrap();
                }));
            }
            _ => {
                let nested = tracer().span_builder("wandering").with_attributes([
                    KeyValue::new("walk", i64::try_from(walk).unwrap()),
                    KeyValue::new("left", i64::try_from(left + 1).unwrap()),
                ]);
                let nested = Context::current_with_span(nested.start(&tracer()));
                async {
                    yield_now().await;
                    to.send(Wander::Hop { walk, left, random }).unwrap();
                }
                .with_context(nested)
                .await;
            }
        }
        assert_eq!(current(), Some(span), "walk {walk}, behind its send");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_one_of_a_thousand_interleaved_traces_keeps_to_itself() {
    install();
    let (everybody, mailboxes): (Vec<_>, Vec<_>) = (0..TRACES).map(|_| mpsc::unbounded_channel()).unzip();
    let (arrived, mut arrivals) = plain::unbounded_channel();
    let mut actors = JoinSet::new();
    for mailbox in mailboxes {
        actors.spawn(actor(mailbox, everybody.clone(), arrived.clone()).traced());
    }

    let mut starts = JoinSet::new();
    for walk in 0..TRACES {
        let first = everybody[usize::try_from(walk).unwrap()].clone();
        starts.spawn(async move {
            let start = root("walk");
            async {
                yield_now().await;
                let random = SmallRng::seed_from_u64(walk);
                first.send(Wander::Hop { walk, left: HOPS - 1, random }).unwrap();
            }
            .with_context(start.clone())
            .await;
            (walk, identity(&start))
        });
    }
    let roots: HashMap<u64, SpanContext> = starts.join_all().await.into_iter().collect();
    for _ in 0..TRACES {
        arrivals.recv().await.unwrap();
    }
    // Behind every hop, so each loop asks for its next message, and ends the last span, before it stops.
    for actor in &everybody {
        actor.send(Wander::Stop).unwrap();
    }
    actors.join_all().await;

    let key = |span| (int(span, "walk").unwrap(), int(span, "left").unwrap());
    let (hops, nested) = (spans("Wanderer/Hop"), spans("wandering"));
    assert_eq!(hops.len() as u64, TRACES * HOPS);
    assert!(nested.len() as u64 > TRACES, "a quarter of the sends is nested: {}", nested.len());
    let hops_by_key: HashMap<_, _> = hops.iter().map(|span| (key(span), &span.span_context)).collect();
    let nested_by_key: HashMap<_, _> = nested.iter().map(|span| (key(span), &span.span_context)).collect();
    assert_eq!(hops_by_key.len(), hops.len(), "a hop twice");

    for span in &nested {
        assert_child(span, hops_by_key[&key(span)]);
    }
    for span in &hops {
        let (walk, left) = key(span);
        let before = (walk, left + 1);
        let parent = match nested_by_key.get(&before).or_else(|| hops_by_key.get(&before)) {
            Some(parent) => parent,
            None => &roots[&walk.cast_unsigned()],
        };
        assert_child(span, parent);
    }
}
