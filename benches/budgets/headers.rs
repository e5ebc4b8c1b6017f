//! Trace contexts as headers: reading, writing, and peeking.

use std::collections::HashMap;
use std::hint::black_box;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use traced_actor::TraceContext;
use traced_actor::context::{TraceFlags, new_span_id, new_trace_id};
use traced_actor_benches::{Contestant, Measure, Row, Set, timed};
use traced_actor_propagation::traceparent::{self, Traceparent};

use crate::programs::Parent;
use crate::programs::opentelemetry::remote;

const PARSE: &str = "parse";
const WRITE: &str = "write";
const PEEK: &str = "peek";
const LOOP: &str = "the loop alone";
const EXTRACT: &str = "OpenTelemetry's extract";
const INJECT: &str = "OpenTelemetry's inject";

pub(crate) const HEADERS: Set = Set {
    name: "headers",
    world: || {},
    contestants: &[
        (PARSE, || {
            let values = values().map(|context| traceparent::write(&context));
            each(values, |value: &Traceparent| traceparent::parse(value.as_bytes()))
        }),
        (PEEK, || {
            let values = values().map(|context| traceparent::write(&context));
            each(values, |value: &Traceparent| traceparent::peek(value.as_bytes()))
        }),
        (WRITE, || each(values(), traceparent::write)),
        (LOOP, || each(values(), |_| ())),
        (EXTRACT, || {
            let propagator = TraceContextPropagator::new();
            let values = values().map(|context| {
                HashMap::from([("traceparent".to_owned(), traceparent::write(&context).to_string())])
            });
            each(values, move |headers: &HashMap<_, _>| propagator.extract(headers))
        }),
        (INJECT, || {
            let propagator = TraceContextPropagator::new();
            let mut headers = HashMap::new();
            let contexts = values().map(|_| remote(Parent::Sampled));
            each(contexts, move |context| propagator.inject_context(context, &mut headers))
        }),
    ],
    rows: &[
        Row::new("traceparent: parse", PARSE, EXTRACT, Measure::NetNs(LOOP), Some(15.0)),
        Row::new("traceparent: write", WRITE, INJECT, Measure::NetNs(LOOP), Some(15.0)),
        Row::new("traceparent: flag peek", PEEK, EXTRACT, Measure::NetNs(LOOP), Some(2.0)),
        Row::new("traceparent: parse: allocations", PARSE, EXTRACT, Measure::Allocations, Some(0.0)),
        Row::new("traceparent: write: allocations", WRITE, INJECT, Measure::Allocations, Some(0.0)),
        Row::new("traceparent: flag peek: allocations", PEEK, EXTRACT, Measure::Allocations, Some(0.0)),
    ],
};

const DIFFERENT: usize = 64;

/// Contexts, every other one sampled, so that the processor cannot predict branches.
fn values() -> [TraceContext; DIFFERENT] {
    std::array::from_fn(|index| {
        let flags = if index % 2 == 0 { TraceFlags::SAMPLED } else { TraceFlags::default() };
        TraceContext::new(new_trace_id(), new_span_id(), flags)
    })
}

fn each<T: 'static, R>(values: [T; DIFFERENT], mut work: impl FnMut(&T) -> R + 'static) -> Contestant {
    timed(move |times| {
        for time in 0..times {
            let index = usize::try_from(time).unwrap_or_default() % DIFFERENT;
            black_box(work(black_box(&values[index])));
        }
    })
}
