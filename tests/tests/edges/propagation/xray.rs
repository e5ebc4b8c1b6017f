//! AWS's `X-Amzn-Trace-Id`.

use traced_actor::context::{ContextState, Timestamp};
use traced_actor_propagation::SamplingFlag::{Open, Sampled, Unsampled};
use traced_actor_propagation::xray::parse;
use traced_actor_propagation::{CompositePropagator, Edge, Format, ParseError};

use super::support::{SPAN, Summary, ids, no_ids, sampled, summary, written};

/// [`TRACE`](super::support::TRACE) as AWS writes it.
const ROOT: &str = "Root=1-0af76519-16cd43dd8448eb211c80319c";

fn header(text: &str) -> Result<Summary, ParseError> {
    parse(text.as_bytes()).map(|found| summary(&found))
}

#[test]
fn what_is_valid_is_read() {
    let parent = format!("Parent={SPAN}");
    let rows = [
        (format!("{ROOT};{parent};Sampled=1"), ids(Sampled)),
        (format!("{ROOT};{parent};Sampled=0"), ids(Unsampled)),
        (format!("{ROOT};{parent};Sampled=?"), ids(Open)),
        (format!("{ROOT};{parent}"), ids(Open)),
        (format!("Sampled=1; {parent} ;{ROOT};"), ids(Sampled)),
        (format!("Self=1-67891234-12456789abcdef012345678;{ROOT};{parent};Sampled=1"), ids(Sampled)),
        // A load balancer's: no span to continue.
        (ROOT.to_owned(), no_ids(Open)),
        (format!("{ROOT};Sampled=1"), no_ids(Sampled)),
    ];
    for (text, expected) in rows {
        assert_eq!(header(&text), Ok(expected), "{text}");
    }
}

/// One defect a row; the twins are above.
#[test]
fn what_is_malformed_is_refused() {
    let parent = format!("Parent={SPAN}");
    let rows = [
        (String::new(), ParseError::Field),
        (format!("{parent};Sampled=1"), ParseError::Field),
        (format!("{ROOT};{ROOT};{parent}"), ParseError::Field),
        (format!("{ROOT};{parent};Sampled=1;Sampled=1"), ParseError::Field),
        (format!("{ROOT};{parent};Sampled"), ParseError::Separator),
        (format!("{ROOT};{parent};Sampled=2"), ParseError::Flags),
        (format!("{ROOT};{parent};Sampled="), ParseError::Flags),
        (format!("{ROOT}0;{parent}"), ParseError::TraceId),
        (format!("Root=2-0af76519-16cd43dd8448eb211c80319c;{parent}"), ParseError::TraceId),
        (format!("Root=1-0af7651916cd43dd8448eb211c80319c0;{parent}"), ParseError::TraceId),
        (format!("Root=1-0AF76519-16cd43dd8448eb211c80319c;{parent}"), ParseError::TraceId),
        (format!("Root=1-00000000-000000000000000000000000;{parent}"), ParseError::TraceId),
        (format!("{ROOT};Parent=b7ad6b716920333"), ParseError::SpanId),
        (format!("{ROOT};Parent=0000000000000000"), ParseError::SpanId),
        (format!("{ROOT};{parent};Other={}", "x".repeat(1024)), ParseError::Length),
    ];
    for (text, error) in rows {
        assert_eq!(header(&text), Err(error), "{text}");
    }
}

#[test]
fn a_header_has_a_bound() {
    let exactly = |length: usize| format!("{:;<length$}", format!("{ROOT};Parent={SPAN};Sampled=1"));
    assert_eq!(header(&exactly(1024)), Ok(ids(Sampled)));
    assert_eq!(header(&exactly(1025)), Err(ParseError::Length));
}

/// `Lineage` counts the hops between functions, and must not be lost; `Self` is a load balancer's.
#[test]
fn fields_that_are_not_known_are_passed_on() {
    let text = format!("{ROOT};Parent={SPAN};Sampled=1;Lineage=a87bd80c:1|68fd508a:5;Self=1-678");
    let edge = Edge::new("aws").formats(CompositePropagator::new([Format::XRay]));
    let arrived = edge.accept(&[("X-Amzn-Trace-Id", &text)], Timestamp::now());
    let ContextState::Sampled(context) = arrived.context.state() else { panic!("{arrived:?}") };
    assert_eq!(written(&[Format::XRay], context), [("x-amzn-trace-id".into(), text)]);
}

/// A field that no `tracestate` can hold, or too much of them, costs only itself.
#[test]
fn a_field_that_cannot_be_passed_on_costs_nothing_else() {
    // More than there is room for, by little and by far.
    let (long, longer) = (format!("A={}", "x".repeat(256)), format!("A={}", "x".repeat(300)));
    for other in ["A=ü", "A=1,2", "A:B=1", &long, &longer] {
        let text = format!("{ROOT};Parent={SPAN};Sampled=1;{other};B=2");
        let found = parse(text.as_bytes()).unwrap();
        assert_eq!(found.tracestate.as_deref(), Some("ta-xray=B:2"), "{other}");
    }
    let value = "x".repeat(253);
    let text = format!("{ROOT};Parent={SPAN};A={value}");
    assert_eq!(parse(text.as_bytes()).unwrap().tracestate, Some(format!("ta-xray=A:{value}").into()));
}

/// A stranger's `tracestate` may have a member of that name, too.
#[test]
fn a_field_that_is_written_already_is_not_passed_on() {
    let context = sampled(Some("ta-xray=Root:1-x;A:1;Sampled:0;Parent:y;B:2"), None);
    let expected = format!("{ROOT};Parent={SPAN};Sampled=1;A=1;B=2");
    assert_eq!(written(&[Format::XRay], &context), [("x-amzn-trace-id".into(), expected)]);
}
