//! The ids of what is being worked on, for log lines.

use traced_actor::context::TraceContext;

/// The span that this thread is working on; none where nothing is sampled.
///
/// Within a handler this is the handler's span: its trace id is what all messages of one user action have in
/// common, and its span id is this message's own.
///
/// With OpenTelemetry no call is needed for logs that go through it: the handler's span is its current one, and
/// its log records take the ids from there, those of `tracing` through `opentelemetry-appender-tracing`. For
/// lines that are formatted here, one by one or all of them in a `FormatEvent` of `tracing-subscriber`:
///
/// ```
/// fn log(line: &str) {
///     match traced_actor_propagation::current() {
///         Some(context) => println!("{line} trace_id={} span_id={}", context.trace_id, context.span_id),
///         None => println!("{line}"),
///     }
/// }
/// # log("joined");
/// ```
///
/// Cost: about 1 ns where nothing is sampled, a reference count otherwise. No send is counted.
pub fn current() -> Option<TraceContext> {
    traced_actor::current_span().context()
}
