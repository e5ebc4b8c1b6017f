//! The role of a span in its trace.

/// The role of a span in its trace, as [OpenTelemetry][spec] defines it.
///
/// [spec]: https://opentelemetry.io/docs/specs/otel/trace/api/#spankind
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SpanKind {
    /// Work inside of the process.
    Internal,
    /// A request is handled.
    Server,
    /// A request is sent, or a broker is asked.
    Client,
    /// A message is given to a broker.
    Producer,
    /// A message is handled. The spans of actors' messages are of this kind.
    #[default]
    Consumer,
}
