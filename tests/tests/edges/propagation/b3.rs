//! B3, single and multi: every rule of openzipkin/b3-propagation.

use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::SamplingFlag::{Forced, Open, Sampled, Unsampled};
use traced_actor_propagation::b3::parse;
use traced_actor_propagation::{CompositePropagator, Edge, Format, ParseError};

use super::support::{SPAN, Summary, TRACE, context, ids, no_ids, read, sampled, summary, written};

fn single(text: &str) -> Result<Summary, ParseError> {
    parse(text.as_bytes()).map(|found| summary(&found))
}

#[test]
fn what_is_valid_in_one_header_is_read() {
    let rows = [
        ("0", no_ids(Unsampled)),
        ("1", no_ids(Sampled)),
        ("d", no_ids(Forced)),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", ids(Open)),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", ids(Unsampled)),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1", ids(Sampled)),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d", ids(Forced)),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3ac9a4f6e3b90", ids(Sampled)),
        // 64 bits: filled on the left.
        (
            "8448eb211c80319c-b7ad6b7169203331-1",
            ("00000000000000008448eb211c80319c".into(), SPAN.into(), Sampled),
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(single(text), Ok(expected), "{text}");
    }
}

/// One defect a row; the twins are above.
#[test]
fn what_is_malformed_in_one_header_is_refused() {
    let rows = [
        ("", ParseError::TraceId),
        ("2", ParseError::TraceId),
        ("0af7651916cd43dd8448eb211c80319c", ParseError::Length),
        ("0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-1", ParseError::TraceId),
        ("0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1", ParseError::TraceId),
        ("00000000000000000000000000000000-b7ad6b7169203331-1", ParseError::TraceId),
        ("0000000000000000-b7ad6b7169203331-1", ParseError::TraceId),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-1", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b71692033310-1", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c-0000000000000000-1", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-", ParseError::Flags),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-2", ParseError::Flags),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-true", ParseError::Flags),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3", ParseError::SpanId),
        ("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3ac9a4f6e3b90-", ParseError::Length),
    ];
    for (text, error) in rows {
        assert_eq!(single(text), Err(error), "{text}");
    }
}

#[test]
fn several_headers_are_read() {
    let trace = ("X-B3-TraceId", TRACE);
    let span = ("X-B3-SpanId", SPAN);
    let sampled = |value| ("X-B3-Sampled", value);
    let flags = |value| ("X-B3-Flags", value);
    type Row<'a> = (&'a [(&'a str, &'a str)], Result<Option<Summary>, ParseError>);
    let rows: &[Row<'_>] = &[
        (&[], Ok(None)),
        (&[trace, span], Ok(Some(ids(Open)))),
        (&[trace, span, sampled("1")], Ok(Some(ids(Sampled)))),
        (&[trace, span, sampled("0")], Ok(Some(ids(Unsampled)))),
        (&[trace, span, sampled("True")], Ok(Some(ids(Sampled)))),
        (&[trace, span, sampled("false")], Ok(Some(ids(Unsampled)))),
        (&[trace, span, flags("1")], Ok(Some(ids(Forced)))),
        // Debug goes before a decision; other flags say nothing.
        (&[trace, span, flags("1"), sampled("0")], Ok(Some(ids(Forced)))),
        (&[trace, span, flags("2"), sampled("0")], Ok(Some(ids(Unsampled)))),
        (&[sampled("0")], Ok(Some(no_ids(Unsampled)))),
        (&[("X-B3-ParentSpanId", SPAN), trace, span], Ok(Some(ids(Open)))),
        // The first value counts.
        (&[trace, span, sampled("1"), sampled("0")], Ok(Some(ids(Sampled)))),
        // Empty is not absent.
        (&[trace, span, sampled("")], Err(ParseError::Flags)),
        (&[trace, span, sampled("yes")], Err(ParseError::Flags)),
        (&[trace, ("X-B3-SpanId", "")], Err(ParseError::SpanId)),
        (&[("X-B3-TraceId", ""), span], Err(ParseError::TraceId)),
        (&[trace], Err(ParseError::Field)),
        (&[span], Err(ParseError::Field)),
    ];
    for (headers, expected) in rows {
        assert_eq!(&read(Format::B3Multi, headers), expected, "{headers:?}");
    }
}

/// Both forms are read whichever is written; the single header goes before, unless it is malformed.
#[test]
fn one_header_goes_before_several() {
    let multi = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
    for format in [Format::B3, Format::B3Multi] {
        let mut headers = multi.to_vec();
        assert_eq!(read(format, &headers), Ok(Some(ids(Sampled))));
        headers.push(("b3", "0"));
        assert_eq!(read(format, &headers), Ok(Some(no_ids(Unsampled))));
        headers.pop();
        headers.push(("b3", "x"));
        assert_eq!(read(format, &headers), Ok(Some(ids(Sampled))));
    }
    assert_eq!(read(Format::B3, &[("b3", "0"), ("b3", "0")]), Err(ParseError::Several));
}

#[test]
fn both_forms_are_written() {
    let context = sampled(None, None);
    assert_eq!(written(&[Format::B3], &context), [("b3".into(), format!("{TRACE}-{SPAN}-1"))]);
    assert_eq!(
        written(&[Format::B3Multi], &context),
        [
            ("x-b3-sampled".into(), "1".into()),
            ("x-b3-spanid".into(), SPAN.into()),
            ("x-b3-traceid".into(), TRACE.into()),
        ]
    );
}

/// The debug flag crosses a process, in whatever format it goes on.
#[test]
fn a_forced_trace_stays_forced() {
    let edge = Edge::new("b3").formats(CompositePropagator::new([Format::B3]));
    let arrived = edge.accept(&[("b3", format!("{TRACE}-{SPAN}-d"))], Timestamp::now());
    let ContextState::Sampled(context) = arrived.context.state() else { panic!("{arrived:?}") };
    assert_eq!(context.context, self::context(1));
    assert_eq!(written(&[Format::B3], context), [("b3".into(), format!("{TRACE}-{SPAN}-d"))]);
    assert_eq!(written(&[Format::B3Multi], context)[0], ("x-b3-flags".into(), "1".into()));
    assert_eq!(written(&[Format::Jaeger], context)[0].1, format!("{TRACE}:{SPAN}:0:3"));
    assert_eq!(written(&[Format::TraceContext], context)[1], ("tracestate".into(), "ta-debug=1".into()));
}
