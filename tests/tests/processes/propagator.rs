//! OpenTelemetry's side: our propagator in the place of its own, and baggage in both directions.
//!
//! A separate process, because the recorder and OpenTelemetry's globals are the process's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use traced_actor::{Envelope, traced_actor};
use traced_actor_opentelemetry::Propagator;
use traced_actor_propagation::{CompositePropagator, Edge, Format, Trust};
use traced_actor_tests::isolated::ran_in_child;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";

type Headers = HashMap<String, String>;

struct Sdk {
    provider: SdkTracerProvider,
    spans: InMemorySpanExporter,
}

fn sdk() -> &'static Sdk {
    static SDK: OnceLock<Sdk> = OnceLock::new();
    SDK.get_or_init(|| {
        let spans = InMemorySpanExporter::default();
        let builder = SdkTracerProvider::builder().with_simple_exporter(spans.clone());
        let provider = traced_actor_opentelemetry::install(builder).unwrap();
        global::set_text_map_propagator(Propagator::new(CompositePropagator::default()));
        Sdk { provider, spans }
    })
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn extracted(propagator: &Propagator, pairs: &[(&str, &str)]) -> SpanContext {
    propagator.extract_with_context(&Context::new(), &headers(pairs)).span().span_context().clone()
}

fn span_named(name: &str) -> SpanData {
    let spans = sdk().spans.get_finished_spans().unwrap();
    spans.into_iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name}"))
}

/// Each row is what the SDK's own propagator gets wrong (`facts/otel.md`).
#[test]
fn what_opentelemetry_s_own_gets_wrong_is_right() {
    if ran_in_child("propagator::what_opentelemetry_s_own_gets_wrong_is_right", &[]) {
        return;
    }
    let propagator = Propagator::new(CompositePropagator::default());
    for bad in ["00-1-1-01", "0-1-1-1", "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] {
        assert!(!extracted(&propagator, &[("traceparent", bad)]).is_valid(), "{bad}");
    }
    // Headers; the flags and the tracestate that come out.
    type Row = (&'static [(&'static str, &'static str)], u8, &'static str);
    let rows: [Row; 4] = [
        (&[("traceparent", PARENT)], 3, ""),
        (&[("traceparent", PARENT), ("tracestate", " a=1 ,, b=2")], 3, "a=1,b=2"),
        (&[("traceparent", PARENT), ("tracestate", "a=1,B=2")], 3, ""),
        (
            &[
                ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02"),
                ("tracestate", "a=1"),
            ],
            2,
            "a=1",
        ),
    ];
    for (pairs, flags, state) in rows {
        let context = extracted(&propagator, pairs);
        assert_eq!(context.trace_id().to_string(), TRACE, "{pairs:?}");
        assert!(context.is_remote());
        assert_eq!(
            (context.trace_flags().to_u8(), &*context.trace_state().header()),
            (flags, state),
            "{pairs:?}"
        );

        // It goes out as it came, with no empty header.
        let mut out = Headers::new();
        propagator.inject_context(&Context::new().with_remote_span_context(context), &mut out);
        assert!(out["traceparent"].starts_with(&PARENT[..53]));
        assert!(out["traceparent"].ends_with(&flags.to_string()));
        assert_eq!(out.get("tracestate").map_or("", |list| list), state);
    }
}

#[test]
fn other_formats_baggage_and_trust_go_through_it_too() {
    if ran_in_child("propagator::other_formats_baggage_and_trust_go_through_it_too", &[]) {
        return;
    }
    let b3 = Propagator::new(CompositePropagator::new([Format::B3, Format::Baggage]));
    assert_eq!(b3.fields().collect::<Vec<_>>(), ["b3", "baggage"]);
    let cx = b3.extract_with_context(
        &Context::new(),
        &headers(&[("b3", &format!("{TRACE}-b7ad6b7169203331-1")), ("baggage", "user=alice%20b;p")]),
    );
    assert!(cx.span().span_context().is_sampled());
    assert_eq!(cx.baggage().get("user").unwrap().as_str(), "alice b");
    let mut out = Headers::new();
    b3.inject_context(&cx, &mut out);
    assert_eq!(out["baggage"], "user=alice%20b;p");
    // "No" without ids is a decision: not a root to be decided about again.
    let denied = extracted(&b3, &[("b3", "0")]);
    assert!(denied.is_valid() && denied.is_remote() && !denied.is_sampled());

    // Baggage without a context comes in and goes out alone.
    let cx = b3.extract_with_context(&Context::new(), &headers(&[("baggage", "a=1")]));
    let mut out = Headers::new();
    b3.inject_context(&cx, &mut out);
    assert_eq!(out, headers(&[("baggage", "a=1")]));

    let ignoring = Propagator::with_edge(Edge::new("out").trust(Trust::Ignore));
    assert!(!extracted(&ignoring, &[("traceparent", PARENT)]).is_valid());
}

#[traced_actor(name = "OtelRelay")]
struct Forward {
    out: Arc<Mutex<Headers>>,
}

/// Works like an axum handler: extract, make current, send; and the actor calls another service.
#[test]
fn a_trace_and_its_baggage_go_through_an_actor() {
    if ran_in_child("propagator::a_trace_and_its_baggage_go_through_an_actor", &[]) {
        return;
    }
    sdk();
    let request =
        headers(&[("traceparent", PARENT), ("tracestate", "ta=h:7,vendor=x"), ("baggage", "user=alice%20b")]);
    let cx = global::get_text_map_propagator(|propagator| propagator.extract(&request));

    let message = Forward { out: Arc::default() };
    let out = message.out.clone();
    let envelope = {
        let _guard = cx.attach();
        Envelope::capture(message)
    };
    // On another thread, where nothing of that is current.
    std::thread::spawn(move || {
        let (message, mut handling) = envelope.open();
        let _entered = handling.enter();
        Context::map_current(|cx| assert_eq!(cx.baggage().get("user").unwrap().as_str(), "alice b"));
        global::get_text_map_propagator(|propagator| propagator.inject(&mut *message.out.lock().unwrap()));

        // Ours says the same as OpenTelemetry's.
        let mut ours: Vec<(String, String)> = Vec::new();
        CompositePropagator::default().inject(&mut ours);
        assert_eq!(ours.into_iter().collect::<Headers>(), *message.out.lock().unwrap());
    })
    .join()
    .unwrap();

    let out = out.lock().unwrap();
    let span = span_named("OtelRelay/Forward").span_context;
    assert_eq!(out["traceparent"], format!("00-{TRACE}-{}-03", span.span_id()));
    assert_eq!(out["tracestate"], "ta=h:8,vendor=x", "one message further");
    assert_eq!(out["baggage"], "user=alice%20b");
}

#[traced_actor(name = "OtelRoot")]
struct Begin;

/// Our own trace ids are random, and say so; also under a span that OpenTelemetry's own API makes within.
#[test]
fn a_root_of_ours_has_the_random_flag() {
    if ran_in_child("propagator::a_root_of_ours_has_the_random_flag", &[]) {
        return;
    }
    let tracer = sdk().provider.tracer("test");
    let (_, mut handling) = Envelope::bare(Begin).open();
    let _entered = handling.enter();
    let flags = || {
        let mut ours: Vec<(String, String)> = Vec::new();
        CompositePropagator::default().inject(&mut ours);
        let mut theirs = Headers::new();
        global::get_text_map_propagator(|propagator| propagator.inject(&mut theirs));
        assert_eq!(ours[0].1, theirs["traceparent"]);
        ours[0].1[53..].to_owned()
    };
    assert_eq!(flags(), "03");
    tracer.in_span("inner", |_| assert_eq!(flags(), "03"));
}
