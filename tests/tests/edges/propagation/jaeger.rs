//! Jaeger's `uber-trace-id`, its debug id and its baggage.

use traced_actor_propagation::SamplingFlag::{Forced, Sampled, Unsampled};
use traced_actor_propagation::jaeger::parse;
use traced_actor_propagation::{CompositePropagator, Format, ParseError};

use super::support::{SPAN, Summary, TRACE, ids, no_ids, read, sampled, summary, written};

fn header(text: &str) -> Result<Summary, ParseError> {
    parse(text.as_bytes()).map(|found| summary(&found))
}

#[test]
fn what_is_valid_is_read() {
    let rows = [
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1", ids(Sampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:0", ids(Unsampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:05e3ac9a4f6e3b90:01", ids(Sampled)),
        ("0AF7651916CD43DD8448EB211C80319C:B7AD6B7169203331:0:1", ids(Sampled)),
        ("0af7651916cd43dd8448eb211c80319c%3Ab7ad6b7169203331%3a0%3A1", ids(Sampled)),
        ("af7651916cd43dd8448eb211c80319c:b7ad6b7169203331::1", ids(Sampled)),
        // As long as it can be.
        ("0af7651916cd43dd8448eb211c80319c%3Ab7ad6b7169203331%3A05e3ac9a4f6e3b90%3A01", ids(Sampled)),
        ("a1:b2:0:1", (format!("{:0>32}", "a1"), format!("{:0>16}", "b2"), Sampled)),
        // Flags are hex: 2 debug, 8 firehose. Debug without sampled forces nothing.
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:3", ids(Forced)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:2", ids(Unsampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:a", ids(Unsampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:b", ids(Forced)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:8", ids(Unsampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:9", ids(Sampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:10", ids(Unsampled)),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:f", ids(Forced)),
    ];
    for (text, expected) in rows {
        assert_eq!(header(text), Ok(expected), "{text}");
    }
}

/// One defect a row; the twins are above.
#[test]
fn what_is_malformed_is_refused() {
    let rows = [
        ("", ParseError::Separator),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0", ParseError::Separator),
        ("0af7651916cd43dd8448eb211c80319c%3Bb7ad6b7169203331:0:1", ParseError::Separator),
        ("0af7651916cd43dd8448eb211c80319c0:b7ad6b7169203331:0:1", ParseError::TraceId),
        (":b7ad6b7169203331:0:1", ParseError::TraceId),
        ("0:b7ad6b7169203331:0:1", ParseError::TraceId),
        ("0xf7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1", ParseError::TraceId),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b71692033310:0:1", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c:0:0:1", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c:-7ad6b7169203331:0:1", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:05e3ac9a4f6e3b900:1", ParseError::Field),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:", ParseError::Flags),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:100", ParseError::Flags),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:g", ParseError::Flags),
        ("0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1:1", ParseError::Flags),
    ];
    for (text, error) in rows {
        assert_eq!(header(text), Err(error), "{text}");
    }
    assert_eq!(parse(&[b'0'; 4096]).unwrap_err(), ParseError::Length);
}

#[test]
fn a_debug_id_forces_a_trace_where_there_is_no_context() {
    let context = format!("{TRACE}:{SPAN}:0:0");
    assert_eq!(read(Format::Jaeger, &[("jaeger-debug-id", "me")]), Ok(Some(no_ids(Forced))));
    assert_eq!(
        read(Format::Jaeger, &[("jaeger-debug-id", "me"), ("uber-trace-id", &context)]),
        Ok(Some(ids(Unsampled)))
    );
}

/// Baggage as a person writes it into a request, beside the headers of a client.
#[test]
fn baggage_by_hand_has_one_header() {
    let formats = CompositePropagator::new([Format::Jaeger]);
    let rows = [
        ("tier=gold", Some("tier=gold")),
        ("k1=v1, k2=v2", Some("k1=v1,k2=v2")),
        (" k1 = v 1 ,,x,=y, k2=", Some("k1=v%201,k2=")),
        ("k1=a=b;c", Some("k1=a=b%3Bc")),
        ("", None),
        ("x", None),
    ];
    for (text, list) in rows {
        assert_eq!(formats.extract_baggage(&[("jaeger-baggage", text)]).as_deref(), list, "{text}");
    }
    let both = [("Jaeger-Baggage", "a=1"), ("uberctx-b", "2"), ("jaeger-baggage", "c=3")];
    assert_eq!(formats.extract_baggage(&both).as_deref(), Some("b=2,a=1,c=3"));
    let long = format!("a={}", "v".repeat(9000));
    assert_eq!(formats.extract_baggage(&[("jaeger-baggage", &*long)]), None);
}

#[test]
fn baggage_has_headers_of_its_own() {
    let formats = CompositePropagator::new([Format::Jaeger]);
    let headers =
        [("uberctx-user", "alice%20b"), ("UberCtx-Tier", "gold"), ("uberctx-", "x"), ("other", "x")];
    assert_eq!(formats.extract_baggage(&headers).as_deref(), Some("user=alice%20b,Tier=gold"));

    // Twice is malformed; beyond the bound names are not looked at.
    assert_eq!(formats.extract_baggage(&[("uberctx-a", "1"), ("UberCtx-A", "2")]), None);
    let many: Vec<_> = (0..1000).map(|n| (format!("uberctx-k{n}"), "v")).collect();
    assert_eq!(formats.extract_baggage(&many).unwrap().split(',').count(), 180);

    let headers = written(&[Format::Jaeger], &sampled(None, Some("user=alice%20b")));
    assert_eq!(
        headers,
        [
            ("uber-trace-id".into(), format!("{TRACE}:{SPAN}:0:1")),
            ("uberctx-user".into(), "alice%20b".into()),
        ]
    );
}
