//! Contexts from browsers, and the list of `OTEL_PROPAGATORS`: external texts that are not headers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::{CompositePropagator, Edge, browser};

fuzz_target!(|text: &str| {
    let (by_protocol, left) = browser::from_protocols(text);
    assert!(left.iter().all(|protocol| !protocol.starts_with("traceparent.")));
    let edge = Edge::new("fuzz");
    for headers in
        [browser::from_query(text), by_protocol, browser::from_first_frame(text).unwrap_or_default()]
    {
        let arrived = edge.accept(&headers, Timestamp::from_unix_nanos(1));
        if let ContextState::Sampled(sampled) = arrived.context.state() {
            assert!(sampled.context.is_sampled());
        }
    }
    let _ = CompositePropagator::parse(Some(text));
});
