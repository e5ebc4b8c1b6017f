//! Reading, writing and peeking allocate nothing: an allocator counts.

use std::cell::Cell;
use std::hint::black_box;

use traced_actor::context::{ContextState, SampledContext, Timestamp};
use traced_actor::{Options, testkit};
use traced_actor_propagation::Format::{B3, B3Multi, Baggage, Jaeger, TraceContext, XRay};
use traced_actor_propagation::carrier::WriteCarrier;
use traced_actor_propagation::{
    CompositePropagator, Edge, Outcome, Trust, b3, filter, filter_keeping_ids, jaeger, traceparent,
    tracestate, xray,
};
use traced_actor_tests::counting::Count;
use traced_actor_tests::isolated::ran_in_child;

pub(crate) struct Calls;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

impl Count for Calls {
    fn count(allocated: Option<usize>, _: Option<usize>) {
        if allocated.is_some() {
            // A thread that is being torn down is not counted.
            let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
        }
    }
}

/// Returns the number of allocations of this thread during `work`.
fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.get();
    let output = black_box(work());
    let after = ALLOCATIONS.get();
    drop(output);
    after - before
}

const YES: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
const NO: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02";

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| vec![1_u8]), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn parsers_allocate_nothing() {
    type Row = (&'static str, fn() -> bool);
    let rows: [Row; 15] = [
        ("traceparent", || traceparent::parse(YES.as_bytes()).is_ok()),
        ("traceparent, later", || {
            traceparent::parse(b"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x").is_ok()
        }),
        ("traceparent, malformed", || traceparent::parse(&YES.as_bytes()[1..]).is_err()),
        ("peek", || traceparent::peek(NO.as_bytes()) == traceparent::SampledFlag::Unsampled),
        ("filter", || filter(NO.as_bytes()).is_ok_and(|carried| carried.is_unsampled())),
        ("filter that keeps ids", || filter_keeping_ids(NO.as_bytes()).is_ok()),
        ("tracestate", || tracestate::parse(b"a=1,b=2").is_ok_and(|list| list.is_some())),
        ("tracestate, bad", || tracestate::parse(b"a=1,B=2").is_err()),
        ("b3", || b3::parse(b"0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3ac9a4f6e3b90").is_ok()),
        ("b3, decision", || b3::parse(b"0").is_ok()),
        ("b3, malformed", || b3::parse(b"0af7651916cd43dd-").is_err()),
        ("jaeger", || jaeger::parse(b"0af7651916cd43dd8448eb211c80319c%3Ab7ad6b7169203331:0:1").is_ok()),
        ("jaeger, malformed", || jaeger::parse(b"0:0:0:1").is_err()),
        ("xray", || {
            xray::parse(b"Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1").is_ok()
        }),
        ("xray, malformed", || xray::parse(b"Root=2-0;Parent=1").is_err()),
    ];
    for (name, parse) in rows {
        let mut expected = false;
        assert_eq!(allocations(|| expected = parse()), 0, "{name}");
        assert!(expected, "{name}");
    }
}

/// Takes what is written without its own allocation.
#[derive(Default)]
struct Written(usize);

impl WriteCarrier for Written {
    fn set(&mut self, name: &str, value: &str) {
        self.0 += name.len() + value.len();
    }

    fn unset(&mut self, _: &str) {}
}

#[test]
fn writers_allocate_nothing() {
    let context = SampledContext::new(traceparent::parse(YES.as_bytes()).unwrap());
    assert_eq!(allocations(|| traceparent::write(&context.context)), 0);
    // The first new id seeds the generator.
    CompositePropagator::default().inject_context(ContextState::Unsampled, &mut Written::default());
    for format in [TraceContext, Baggage, B3, B3Multi, Jaeger, XRay] {
        let formats = CompositePropagator::new([format]);
        for state in [ContextState::Sampled(&context), ContextState::Unsampled, ContextState::Absent] {
            let mut written = Written::default();
            assert_eq!(
                allocations(|| formats.inject_context(state, &mut written)),
                0,
                "{format:?} {state:?}"
            );
            assert_eq!(
                written.0 > 0,
                format != Baggage && state != ContextState::Absent,
                "{format:?} {state:?}"
            );
        }
    }
}

#[test]
fn an_edge_allocates_nothing_for_what_is_not_sampled() {
    if ran_in_child("an_edge_allocates_nothing_for_what_is_not_sampled", &[]) {
        return; // its recorder is another one
    }
    testkit::install();
    let never = Options::new().start_never();
    let all = || CompositePropagator::new([TraceContext, Baggage, B3, Jaeger, XRay]);
    let mut headers = http::HeaderMap::new();
    for (name, value) in [("traceparent", NO), ("tracestate", "a=1,b=2"), ("baggage", "user=alice")] {
        headers.insert(name, value.parse().unwrap());
    }
    let now = Timestamp::now();
    let rows = [
        (Edge::new("edge"), Outcome::Unsampled),
        (Edge::new("edge").formats(all()), Outcome::Unsampled),
        (Edge::new("edge").trust(Trust::Ids).options(never), Outcome::Decided(false)),
        (Edge::new("edge").trust(Trust::Ignore), Outcome::Ignored),
    ];
    for (edge, outcome) in rows {
        let mut found = None;
        assert_eq!(allocations(|| found = Some(edge.accept(&headers, now))), 0, "{edge:?}");
        assert_eq!(found.map(|arrived| arrived.outcome), Some(outcome), "{edge:?}");
    }
    // Nothing is there, or in another format.
    let b3: [(&str, &str); 1] = [("b3", "0")];
    let none: [(&str, &str); 0] = [];
    let edge = Edge::new("edge").formats(all());
    assert_eq!(allocations(|| drop((edge.accept(&b3, now), edge.accept(&none, now)))), 0);
}
