//! The properties of every header.

use traced_actor::context::{ContextState, SampledContext};
use traced_actor_propagation::{CompositePropagator, Format, ParseError, ParsedContext, tracestate};

/// An error, or a context that is written and reads the same again.
pub fn round_trip(parsed: Result<ParsedContext<'_>, ParseError>, format: Format) {
    let Ok(found) = parsed else { return };
    let Some(context) = found.context else { return };
    assert_eq!(context.is_sampled(), found.flag.is_sampled());
    let mut sampled = SampledContext::new(context);
    if let Some(list) = &found.tracestate {
        assert_eq!(tracestate::parse(list.as_bytes()).unwrap().as_deref(), Some(&**list));
        sampled.tracestate = Some((**list).into());
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    let formats = CompositePropagator::new([format]);
    formats.inject_context(ContextState::Sampled(&sampled), &mut headers);
    let (_, again) = formats.extract(&headers).found.expect("what was written can be read");
    assert_eq!(again.context, Some(context));
    assert_eq!(again.tracestate, found.tracestate);
}
