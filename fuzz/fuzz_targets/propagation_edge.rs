//! An edge with every format, over headers of which the first byte of each line says the name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::Format::{B3, Baggage, Jaeger, TraceContext, XRay};
use traced_actor_propagation::{CompositePropagator, Edge, Trust, baggage};

const NAMES: [&str; 12] = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "x-b3-flags",
    "uber-trace-id",
    "uberctx-a",
    "jaeger-debug-id",
    "x-amzn-trace-id",
];

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(<[u8]>::split_first);
    let headers: Vec<(&str, &[u8])> =
        lines.map(|(name, value)| (NAMES[usize::from(*name) % NAMES.len()], value)).collect();
    let formats = CompositePropagator::new([TraceContext, Baggage, B3, Jaeger, XRay]);
    for trust in [Trust::Full, Trust::Ids, Trust::Ignore] {
        let edge = Edge::new("fuzz").formats(formats.clone()).trust(trust).keep_unsampled(true);
        let edge = edge.accept_baggage(["a", "tenant"]).sample_by("tenant");
        if let (Some(list), false) = (edge.read_baggage(&headers), edge.is_trusting()) {
            assert!(baggage::members(&list).all(|member| ["a", "tenant"].contains(&member.key())));
        }
        let arrived = edge.accept(&headers, Timestamp::from_unix_nanos(1));
        let mut out: Vec<(String, String)> = Vec::new();
        if let ContextState::Sampled(context) = arrived.context.state() {
            assert!(context.context.is_sampled());
            assert!(
                context.probability.is_none_or(|kept| kept > 0.0 && kept <= 1.0 && (1.0 / kept).is_finite())
            );
            formats.inject_context(arrived.context.state(), &mut out);
            assert!(formats.extract(&out).found.is_some());
            // Nothing is left of what it is written over.
            let mut over: Vec<(String, Vec<u8>)> =
                headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
            formats.inject_context(arrived.context.state(), &mut over);
            assert_eq!(formats.extract(&over), formats.extract(&out));
            assert_eq!(formats.extract_baggage(&over), formats.extract_baggage(&out));
        }
    }
});
