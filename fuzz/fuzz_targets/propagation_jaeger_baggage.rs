//! `jaeger-baggage`, and the probability that a `tracestate` stands for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::{CompositePropagator, Edge, Format, baggage};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let formats = CompositePropagator::new([Format::Jaeger]);
    if let Some(list) = formats.extract_baggage(&[("jaeger-baggage", &*text)]) {
        assert_eq!(baggage::parse(list.as_bytes()), Some(list));
    }
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = [("traceparent", parent), ("tracestate", &*text)];
    let arrived = Edge::new("fuzz").accept(&request, Timestamp::from_unix_nanos(1));
    if let ContextState::Sampled(context) = arrived.context.state() {
        assert!(context.probability.is_none_or(|chance| (1.0..=2_f64.powi(56)).contains(&(1.0 / chance))));
    }
});
