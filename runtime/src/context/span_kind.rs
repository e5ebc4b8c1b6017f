//! The role of a span in its trace.

/// The role of a span in its trace, as [OpenTelemetry][spec] defines it.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/trace/api/#spankind
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SpanKind {
    /// Work within the process.
    Internal,
    /// A request is handled.
    Server,
    /// A request is sent, or a broker is called.
    Client,
    /// A message is handed to a broker.
    Producer,
    /// A message is handled. The spans of actors' messages have this kind.
    #[default]
    Consumer,
}
