//! The examples of the public specifications, as they stand there, and what the same page says that they mean.
//!
//! Rules and their limits are in the file of each format; these are the texts that others publish.

use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::SamplingFlag::{self, Forced, Open, Sampled, Unsampled};
use traced_actor_propagation::{Edge, Format, ParseError};

use super::support::{Summary, read};

struct Vector {
    source: &'static str,
    format: Format,
    headers: &'static [(&'static str, &'static str)],
    /// Trace id, span id, decision.
    expected: Result<(&'static str, &'static str, SamplingFlag), ParseError>,
}

const B3: &str = "github.com/openzipkin/b3-propagation, README.md";
const JAEGER: &str = "jaegertracing.io/docs, Client libraries: propagation format";
const XRAY: &str = "docs.aws.amazon.com/xray, Concepts: tracing header";
const W3C: &str = "w3.org/TR/trace-context, 3.2.2.5 and 3.2.3";

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";

#[rustfmt::skip]
const VECTORS: &[Vector] = &[
    // "Single Header": `b3={TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`.
    v(B3, Format::B3, &[("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90")], Ok(ids(TRACE, "e457b5a2e4d86bd1", Sampled))),
    v(B3, Format::B3, &[("b3", "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1")], Ok(ids(TRACE, "05e3ac9a4f6e3b90", Sampled))),
    // "a deferred decision".
    v(B3, Format::B3, &[("b3", "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90")], Ok(ids(TRACE, "05e3ac9a4f6e3b90", Open))),
    // "b3: 0", "a do-not-sample decision"; "debug is encoded as `d`".
    v(B3, Format::B3, &[("b3", "0")], Ok(ids("", "", Unsampled))),
    v(B3, Format::B3, &[("b3", "1")], Ok(ids("", "", Sampled))),
    v(B3, Format::B3, &[("b3", "d")], Ok(ids("", "", Forced))),
    v(B3, Format::B3, &[("b3", "a3ce929d0e0e4736-00f067aa0ba902b7-1")], Ok(ids("0000000000000000a3ce929d0e0e4736", "00f067aa0ba902b7", Sampled))),
    // "Multiple Headers".
    v(B3, Format::B3Multi, &[
        ("X-B3-TraceId", "80f198ee56343ba864fe8b2a57d3eff7"), ("X-B3-ParentSpanId", "05e3ac9a4f6e3b90"),
        ("X-B3-SpanId", "e457b5a2e4d86bd1"), ("X-B3-Sampled", "1"),
    ], Ok(ids(TRACE, "e457b5a2e4d86bd1", Sampled))),
    v(B3, Format::B3Multi, &[
        ("X-B3-TraceId", "463ac35c9f6413ad48485a3953bb6124"), ("X-B3-SpanId", "a2fb4a1d1a96d312"), ("X-B3-Sampled", "0"),
    ], Ok(ids("463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312", Unsampled))),
    // "X-B3-Flags: 1", "debug implies an accept decision".
    v(B3, Format::B3Multi, &[
        ("X-B3-TraceId", "463ac35c9f6413ad48485a3953bb6124"), ("X-B3-SpanId", "a2fb4a1d1a96d312"), ("X-B3-Flags", "1"),
    ], Ok(ids("463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312", Forced))),
    v(B3, Format::B3Multi, &[("X-B3-Sampled", "0")], Ok(ids("", "", Unsampled))),
    // `{trace-id}:{span-id}:{parent-span-id}:{flags}`; "0 value is valid and means root span (when not ignored)";
    // "clients in some languages may omit leading zeros".
    v(JAEGER, Format::Jaeger, &[("uber-trace-id", "5b8aa5a2d2c872e8321cf37308d69df2:051581bf3cb55c13:0:1")], Ok(ids("5b8aa5a2d2c872e8321cf37308d69df2", "051581bf3cb55c13", Sampled))),
    v(JAEGER, Format::Jaeger, &[("Uber-Trace-Id", "5b8aa5a2d2c872e8321cf37308d69df2:51581bf3cb55c13:0:1")], Ok(ids("5b8aa5a2d2c872e8321cf37308d69df2", "051581bf3cb55c13", Sampled))),
    v(JAEGER, Format::Jaeger, &[("uber-trace-id", "5b8aa5a2d2c872e8321cf37308d69df2:051581bf3cb55c13:0:0")], Ok(ids("5b8aa5a2d2c872e8321cf37308d69df2", "051581bf3cb55c13", Unsampled))),
    // "Bit 2 debug": "used as a debug flag … implies sampled"; the sampled bit is set with it.
    v(JAEGER, Format::Jaeger, &[("uber-trace-id", "321cf37308d69df2:51581bf3cb55c13:0:3")], Ok(ids("0000000000000000321cf37308d69df2", "051581bf3cb55c13", Forced))),
    // "base16-encoded … colon may be URL-encoded".
    v(JAEGER, Format::Jaeger, &[("uber-trace-id", "5b8aa5a2d2c872e8321cf37308d69df2%3A051581bf3cb55c13%3A0%3A1")], Ok(ids("5b8aa5a2d2c872e8321cf37308d69df2", "051581bf3cb55c13", Sampled))),
    // "Value … 0 is not valid" of a trace id.
    v(JAEGER, Format::Jaeger, &[("uber-trace-id", "0:051581bf3cb55c13:0:1")], Err(ParseError::TraceId)),
    // "Example tracing header with root trace ID and sampling decision": no span to continue.
    v(XRAY, Format::XRay, &[("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")], Ok(ids("", "", Sampled))),
    v(XRAY, Format::XRay, &[("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")], Ok(ids("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", Sampled))),
    v(XRAY, Format::XRay, &[("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0")], Ok(ids("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", Unsampled))),
    // "Sampled=?", "the decision is deferred".
    v(XRAY, Format::XRay, &[("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?")], Ok(ids("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", Open))),
    // A load balancer's, as docs.aws.amazon.com/elasticloadbalancing has it.
    v(XRAY, Format::XRay, &[("X-Amzn-Trace-Id", "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678")], Ok(ids("", "", Open))),
    v(XRAY, Format::XRay, &[("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0|68fd508a:5|c512fbe3:2")], Ok(ids("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", Sampled))),
    // "Examples of HTTP traceparent Headers".
    v(W3C, Format::TraceContext, &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")], Ok(ids("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", Sampled))),
    v(W3C, Format::TraceContext, &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")], Ok(ids("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", Unsampled))),
    // "All bytes as zero … is considered an invalid value"; "Version `ff` is invalid".
    v(W3C, Format::TraceContext, &[("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01")], Err(ParseError::TraceId)),
    v(W3C, Format::TraceContext, &[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")], Err(ParseError::SpanId)),
    v(W3C, Format::TraceContext, &[("traceparent", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")], Err(ParseError::Version)),
];

type Expected = Result<(&'static str, &'static str, SamplingFlag), ParseError>;

const fn v(
    source: &'static str,
    format: Format,
    headers: &'static [(&'static str, &'static str)],
    expected: Expected,
) -> Vector {
    Vector { source, format, headers, expected }
}

const fn ids(
    trace: &'static str,
    span: &'static str,
    flag: SamplingFlag,
) -> (&'static str, &'static str, SamplingFlag) {
    (trace, span, flag)
}

#[test]
fn the_examples_of_the_specifications_mean_what_they_say() {
    for Vector { source, format, headers, expected } in VECTORS {
        let expected: Result<Option<Summary>, ParseError> =
            expected.map(|(trace, span, flag)| Some((trace.into(), span.into(), flag)));
        assert_eq!(read(*format, headers), expected, "{headers:?}, {source}");
    }
}

/// opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling and tracestate-handling, and OTEP 235: a
/// threshold `T` of 56 bits, trailing zeros cut, of what is rejected; the probability is `1 - T / 2^56`.
#[test]
fn the_thresholds_of_opentelemetry_are_probabilities() {
    let two_to = |bits: i32| 2_f64.powi(bits);
    let rows = [
        ("0", Some(1.0)),
        ("8", Some(0.5)),
        ("4", Some(0.75)),
        ("c", Some(0.25)),
        ("e", Some(0.125)),
        // 1 % and 10 % and two thirds, with as many digits as the page has.
        ("fd70a", Some(f64::from(0x10_0000 - 0xf_d70a) / two_to(20))),
        ("e666", Some(f64::from(0x1_0000 - 0xe666) / two_to(16))),
        ("55555", Some(f64::from(0x10_0000 - 0x5_5555) / two_to(20))),
        // The least that 56 bits can say.
        ("ffffffffffffff", Some(two_to(-56))),
        ("fffffffffffff", Some(two_to(-52))),
        ("ffffffffffffff0", None), // fifteen digits
        ("", None),
        ("C", None), // "lower-case"
        ("g", None),
    ];
    let edge = Edge::new("edge");
    for (threshold, expected) in rows {
        let list = format!("ot=th:{threshold}");
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03";
        let arrived = edge.accept(&[("traceparent", parent), ("tracestate", &list)], Timestamp::now());
        let ContextState::Sampled(context) = arrived.context.state() else {
            panic!("{threshold}: not sampled")
        };
        assert_eq!(context.probability, expected, "{threshold}");
    }
}
