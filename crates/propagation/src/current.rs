//! The ids of the current span, for log lines.

use traced_actor::context::TraceContext;

/// Returns the ids of the span that this thread is working on. Returns `None` if nothing is sampled.
///
/// In a handler this is the handler's span. All messages of one user action have the same trace id, and each message
/// has its own span id.
///
/// Logs that go through OpenTelemetry need no call: the handler's span is OpenTelemetry's current span, and log records
/// take the ids from it (those of `tracing` through `opentelemetry-appender-tracing`). Use this function for lines that
/// you format yourself, one by one or in a `FormatEvent` of `tracing-subscriber`:
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
/// The cost is a reference count, and less if nothing is sampled. It does not count as a send.
pub fn current() -> Option<TraceContext> {
    traced_actor::current_span().context()
}
