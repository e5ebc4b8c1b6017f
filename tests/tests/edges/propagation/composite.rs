//! Several formats: their order, and `OTEL_PROPAGATORS`.

use std::collections::{BTreeMap, HashMap};

use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::Format::{B3, B3Multi, Baggage, Jaeger, TraceContext, XRay};
use traced_actor_propagation::carrier::{ReadCarrier, Single, WriteCarrier};
use traced_actor_propagation::{CompositePropagator, Edge, Format, Outgoing, ParseError, SamplingFlag};

use super::support::{SPAN, TRACE, context, sampled, written};

const W3C: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
const NO: (&str, &str) = ("b3", "0");

/// The format that is used, and the malformed ones before it.
#[test]
fn the_first_valid_format_in_the_user_s_order_is_believed() {
    type Row<'a> = (
        &'a [Format],
        &'a [(&'a str, &'a str)],
        Option<(Format, SamplingFlag)>,
        Option<(Format, ParseError)>,
    );
    let bad = ("traceparent", "00-x");
    let rows: &[Row<'_>] = &[
        (&[TraceContext, B3], &[W3C, NO], Some((TraceContext, SamplingFlag::Sampled)), None),
        (&[B3, TraceContext], &[W3C, NO], Some((B3, SamplingFlag::Unsampled)), None),
        (&[TraceContext, B3], &[NO], Some((B3, SamplingFlag::Unsampled)), None),
        (&[TraceContext], &[NO], None, None),
        (
            &[TraceContext, B3],
            &[bad, NO],
            Some((B3, SamplingFlag::Unsampled)),
            Some((TraceContext, ParseError::Length)),
        ),
        (&[TraceContext], &[bad], None, Some((TraceContext, ParseError::Length))),
        (&[], &[W3C], None, None),
    ];
    for (formats, headers, found, error) in rows {
        let formats = CompositePropagator::new(formats.iter().copied());
        let headers = headers.to_vec();
        let incoming = formats.extract(&headers);
        assert_eq!(incoming.found.map(|(format, found)| (format, found.flag)), *found, "{headers:?}");
        assert_eq!(incoming.error, *error, "{headers:?}");
    }
}

#[test]
fn every_name_of_the_specification_is_known() {
    let rows: [(Option<&str>, &[Format]); 10] = [
        (None, &[TraceContext, Baggage]),
        (Some(""), &[TraceContext, Baggage]),
        (Some("tracecontext"), &[TraceContext]),
        (Some("b3,b3multi"), &[B3, B3Multi]),
        (Some(" jaeger , xray "), &[Jaeger, XRay]),
        (Some("baggage,tracecontext"), &[Baggage, TraceContext]),
        (Some("b3,tracecontext,b3"), &[B3, TraceContext]), // once each
        (Some("b3,"), &[B3]),
        (Some("none"), &[]),
        (Some(" none "), &[]),
    ];
    for (value, formats) in rows {
        assert_eq!(CompositePropagator::parse(value).unwrap().formats(), formats, "{value:?}");
    }
}

#[test]
fn a_name_that_is_not_known_is_an_error_that_says_what_to_write() {
    for name in ["ottrace", "B3", "none,b3", "tracecontext;baggage"] {
        let wrong = name.split(',').next().unwrap();
        assert_eq!(
            CompositePropagator::parse(Some(name)).unwrap_err().to_string(),
            format!(
                "OTEL_PROPAGATORS has `{wrong}`: write none, or a list of tracecontext, baggage, b3, b3multi, \
                 jaeger, xray"
            )
        );
    }
}

#[test]
fn all_formats_are_written_with_the_same_ids() {
    let headers = written(&[XRay, Jaeger, B3, TraceContext], &sampled(None, None));
    assert_eq!(
        headers,
        [
            ("b3".into(), format!("{TRACE}-{SPAN}-1")),
            ("traceparent".into(), format!("00-{TRACE}-{SPAN}-03")),
            ("uber-trace-id".into(), format!("{TRACE}:{SPAN}:0:1")),
            (
                "x-amzn-trace-id".into(),
                format!("Root=1-0af76519-16cd43dd8448eb211c80319c;Parent={SPAN};Sampled=1")
            ),
        ]
    );
}

/// "No" has new ids, the same in all formats, and each reader understands it.
#[test]
fn unsampled_is_written_as_no_with_new_ids() {
    let formats = [TraceContext, B3, B3Multi, Jaeger, XRay];
    let mut headers: Vec<(String, String)> = Vec::new();
    CompositePropagator::new(formats).inject_context(ContextState::Unsampled, &mut headers);
    let mut ids = Vec::new();
    for format in formats {
        let formats = CompositePropagator::new([format]);
        let (_, found) = formats.extract(&headers).found.unwrap();
        assert_eq!(found.flag, SamplingFlag::Unsampled, "{format:?}");
        let context = found.context.unwrap();
        ids.push((context.trace_id, context.span_id));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_ne!(ids[0].0, Outgoing::unsampled().context().trace_id);
}

#[test]
fn what_is_written_replaces_what_was_there() {
    let stale =
        || vec![("TraceParent".to_owned(), "old".to_owned()), ("tracestate".to_owned(), "old=1".to_owned())];
    let mut headers = stale();
    CompositePropagator::default().inject_context(ContextState::Sampled(&sampled(None, None)), &mut headers);
    assert_eq!(headers, [("traceparent".to_owned(), format!("00-{TRACE}-{SPAN}-03"))]);
    let mut headers = stale();
    CompositePropagator::default().inject_context(ContextState::Absent, &mut headers);
    assert_eq!(headers, []);
}

/// Headers that a format reads but does not write are also part of the earlier context.
#[test]
fn no_other_form_of_an_earlier_context_stays() {
    const B3_MULTI: [(&str, &str); 5] = [
        ("X-B3-TraceId", "80f198ee56343ba864fe8b2a57d3eff7"),
        ("X-B3-SpanId", "e457b5a2e4d86bd1"),
        ("X-B3-ParentSpanId", "05e3ac9a4f6e3b90"),
        ("X-B3-Sampled", "1"),
        ("X-B3-Flags", "1"),
    ];
    const B3_SINGLE: (&str, &str) = ("B3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1");
    const BAGGAGE: [(&str, &str); 3] =
        [("UberCtx-User", "eve"), ("uberctx-tier", "gold"), ("Jaeger-Baggage", "user=eve")];
    const KEPT: (&str, &str) = ("uberct", "kept");

    fn check<C: ReadCarrier + WriteCarrier + Default>() {
        let forms = [
            (&[B3][..], &B3_MULTI[..]),
            (&[B3Multi], &[B3_SINGLE]),
            (&[Jaeger], &BAGGAGE),
            (&[Jaeger, Baggage], &BAGGAGE),
        ];
        let with = sampled(None, Some("user=alice"));
        let without = sampled(None, None);
        let states = [
            ContextState::Sampled(&with),
            ContextState::Sampled(&without),
            ContextState::Unsampled,
            ContextState::Absent,
        ];
        for (formats, stale) in forms {
            let formats = CompositePropagator::new(formats.iter().copied());
            for state in states {
                let (mut fresh, mut reused) = (C::default(), C::default());
                stale.iter().chain([&KEPT]).for_each(|(name, value)| reused.set(name, value));
                formats.inject_context(state, &mut reused);
                formats.inject_context(state, &mut fresh);
                fresh.set(KEPT.0, KEPT.1);
                let names = |carrier: &C| {
                    let mut names = Vec::new();
                    carrier.visit_names(&mut |name| names.push(name.to_ascii_lowercase()));
                    names.sort();
                    names
                };
                assert_eq!(names(&reused), names(&fresh), "{formats:?} {state:?}");
                assert_eq!(formats.extract_baggage(&reused), formats.extract_baggage(&fresh), "{formats:?}");
            }
        }
        // Both forms of B3 are written if both are asked for.
        for both in [[B3, B3Multi], [B3Multi, B3]] {
            let mut carrier = C::default();
            CompositePropagator::new(both).inject_context(states[0], &mut carrier);
            for form in both {
                let formats = CompositePropagator::new([form]);
                assert_eq!(formats.extract(&carrier).found.unwrap().1.context, Some(context(1)), "{form:?}");
            }
            assert!(carrier.single("b3") != Single::None && carrier.single("x-b3-traceid") != Single::None);
        }
    }
    check::<Vec<(String, String)>>();
    check::<HashMap<String, String>>();
    check::<BTreeMap<String, String>>();
    check::<http::HeaderMap>();
}

/// Baggage without a context goes in every format that has baggage.
#[test]
fn baggage_alone_is_written_in_every_format_that_has_some() {
    for (format, written) in [
        (Baggage, Some(("baggage", "user=alice%20b"))),
        (Jaeger, Some(("uberctx-user", "alice%20b"))),
        (TraceContext, None),
        (B3, None),
    ] {
        let mut headers: Vec<(String, String)> = Vec::new();
        let formats = CompositePropagator::new([format]);
        formats.inject_baggage(Some("user=alice%20b"), &mut headers);
        let written: Vec<_> =
            written.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(headers, written);
        assert_eq!(formats.extract_baggage(&headers).as_deref(), written.first().map(|_| "user=alice%20b"));
    }
}

#[test]
fn http_s_headers_are_a_carrier() {
    let mut headers = http::HeaderMap::new();
    headers.append("traceparent", "old".parse().unwrap());
    headers.append("traceparent", "older".parse().unwrap());
    let formats = CompositePropagator::new([TraceContext, B3Multi]);
    formats.inject_context(ContextState::Sampled(&sampled(Some("a=1"), None)), &mut headers);
    assert_eq!(headers["traceparent"], format!("00-{TRACE}-{SPAN}-03"));
    assert_eq!(headers["X-B3-TraceId"], TRACE);
    let incoming = formats.extract(&headers);
    assert_eq!(incoming.found.unwrap().1.tracestate.as_deref(), Some("a=1"));
}

/// Every format in every carrier gives back what it can hold, at the ends of what a context may say; and "no" as "no".
#[test]
fn every_carrier_gives_back_what_was_written() {
    fn through<C: WriteCarrier + ReadCarrier + Default>() {
        let mut largest = sampled(None, Some(&format!("k={}", "x".repeat(8190))));
        largest.tracestate =
            Some((0..7).map(|i| format!("k{i}={}", "v".repeat(120))).collect::<Vec<_>>().join(",").into());
        let contexts = [f64::EPSILON / 16.0, 1e-9, 0.1 + 0.2, 1.0 - f64::EPSILON / 2.0].map(|probability| {
            let mut context = largest.clone();
            (context.probability, context.hops) = (Some(probability), u16::MAX);
            context
        });
        for context in contexts.into_iter().chain([sampled(None, None), largest]) {
            for format in [TraceContext, B3, B3Multi, Jaeger, XRay] {
                let formats = || CompositePropagator::new([format, Baggage]);
                let mut carrier = C::default();
                formats().inject_context(ContextState::Sampled(&context), &mut carrier);
                let arrived = Edge::new("any").formats(formats()).accept(&carrier, Timestamp::now());
                let ContextState::Sampled(read) = arrived.context.state() else { panic!("{format:?}") };
                let ids = |context: &traced_actor::TraceContext| (context.trace_id, context.span_id);
                assert_eq!(ids(&read.context), ids(&context.context), "{format:?}");
                assert_eq!(read.baggage, context.baggage, "{format:?}");
                if format == TraceContext {
                    assert_eq!((read.probability, read.hops), (context.probability, context.hops));
                    assert_eq!(read.tracestate, context.tracestate);
                }
                // A context that is written over it leaves none of its fields.
                formats().inject_context(ContextState::Unsampled, &mut carrier);
                let arrived = Edge::new("any").formats(formats()).accept(&carrier, Timestamp::now());
                assert_eq!(arrived.context.state(), ContextState::Unsampled, "{format:?}");
                formats().inject_context(ContextState::Absent, &mut carrier);
                let arrived = Edge::new("any").formats(formats()).accept(&carrier, Timestamp::now());
                assert_eq!(arrived.context.state(), ContextState::Absent, "{format:?}");
            }
        }
    }
    through::<Vec<(String, String)>>();
    through::<Vec<(String, Vec<u8>)>>();
    through::<HashMap<String, String>>();
    through::<BTreeMap<String, String>>();
    through::<http::HeaderMap>();
}
