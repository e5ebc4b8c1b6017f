//! An OpenTelemetry `TextMapPropagator` for this project's formats, and its `Extractor` and `Injector` as carriers.

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::baggage;
use super::context::{arriving, from_otel};
use super::current::with_random;
use traced_actor::context::{ContextState, MessageContext, SampledContext, Timestamp};
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier};
use traced_actor_propagation::{CompositePropagator, Edge, Outgoing, PropagatorError};

/// A `TextMapPropagator` that reads and writes the headers of `traced-actor-propagation`.
///
/// It follows the W3C specification where the SDK's propagator does not: lengths, digits, repeated headers, the random
/// flag, and the grammar and limits of `tracestate`. It also reads and writes the other formats of its [`CompositePropagator`].
/// Its [`Edge`] decides how far incoming headers are trusted.
///
/// OpenTelemetry's context can hold the ids of unsampled spans, so those are kept.
///
/// ```
/// use opentelemetry::global;
/// use traced_actor_opentelemetry::Propagator;
///
/// # fn main() -> Result<(), traced_actor_propagation::PropagatorError> {
/// global::set_text_map_propagator(Propagator::from_env()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Propagator {
    edge: Edge,
    fields: Vec<String>,
}

impl Propagator {
    /// Creates a propagator that reads and writes these formats, and trusts all incoming headers.
    pub fn new(formats: CompositePropagator) -> Self {
        Self::with_edge(Edge::new("extract").formats(formats))
    }

    /// Creates a propagator for the formats of `OTEL_PROPAGATORS`.
    ///
    /// # Errors
    ///
    /// Returns an error if the variable names a format that does not exist.
    pub fn from_env() -> Result<Self, PropagatorError> {
        CompositePropagator::from_env().map(Self::new)
    }

    /// Creates a propagator that trusts incoming headers as far as `edge` does, and writes the formats of `edge`.
    pub fn with_edge(edge: Edge) -> Self {
        let headers = edge.propagator().formats().iter().flat_map(|format| format.headers());
        let fields = headers.map(|header| (*header).to_owned()).collect();
        Self { edge: edge.keep_unsampled(true), fields }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let formats = self.edge.propagator();
        let baggage = baggage::list(cx);
        let mut carrier = InjectorCarrier(injector);
        let span = cx.span();
        match from_otel(span.span_context()) {
            None => formats.inject_baggage(baggage.as_deref(), &mut carrier),
            Some(mut context) => {
                context.context = with_random(context.context);
                // A message counts its hops itself. OpenTelemetry's span knows at most those at the edge.
                let hops = hops_of(&context);
                context.hops = hops.unwrap_or(context.hops);
                let outgoing = Outgoing::sampled(&context).with_baggage(baggage.as_deref());
                let outgoing = if hops.is_some() { outgoing.provisional() } else { outgoing };
                formats.inject_outgoing(&outgoing, &mut carrier);
            }
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let arrived = self.edge.accept(&ExtractorCarrier(extractor), Timestamp::now());
        let (context, baggage) = match (arrived.context.state(), arrived.unsampled) {
            // No span has this id yet, so the span that is started next is the root.
            (ContextState::Sampled(context), _) if context.is_root => (SpanContext::NONE, None),
            (ContextState::Sampled(context), _) => (arriving(context), context.baggage.clone()),
            (_, Some(kept)) => {
                let baggage = kept.baggage.clone();
                let mut context = SampledContext::new(kept.context);
                context.remote = true;
                if let Some(list) = kept.tracestate.as_deref() {
                    context.set_tracestate(list);
                }
                (arriving(&context), baggage)
            }
            // An unsampled context without ids. OpenTelemetry can only express it as a span context.
            (ContextState::Unsampled, None) => {
                let mut context = SampledContext::new(*Outgoing::unsampled().context());
                context.remote = true;
                (arriving(&context), None)
            }
            (ContextState::Absent, None) => (SpanContext::NONE, None),
        };
        let baggage = baggage.or_else(|| self.edge.read_baggage(&ExtractorCarrier(extractor)));
        let cx = if context.is_valid() { cx.with_remote_span_context(context) } else { cx.clone() };
        baggage::with_baggage(cx, baggage.as_deref())
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// Returns the hops of the handled message if it belongs to this trace.
fn hops_of(context: &SampledContext) -> Option<u16> {
    match MessageContext::current().state() {
        ContextState::Sampled(handled) if handled.context.trace_id == context.context.trace_id => {
            Some(handled.hops)
        }
        _ => None,
    }
}

/// Reads headers from an OpenTelemetry `Extractor`.
///
/// An extractor that does not override `get_all` returns only the first value of a name. A header that was sent twice
/// is then not detected as malformed.
pub struct ExtractorCarrier<'e>(pub &'e dyn Extractor);

impl ReadCarrier for ExtractorCarrier<'_> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get_all(name).unwrap_or_default() {
            visit(value.as_bytes());
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.keys().into_iter().for_each(visit);
    }
}

/// Writes headers to an OpenTelemetry `Injector`.
///
/// An injector can set values but not remove them. Use a carrier that has no context yet.
pub struct InjectorCarrier<'i>(pub &'i mut dyn Injector);

impl WriteCarrier for InjectorCarrier<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.0.set(name, value.to_owned());
    }

    fn unset(&mut self, _: &str) {}
}

impl std::fmt::Debug for ExtractorCarrier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ExtractorCarrier").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for InjectorCarrier<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("InjectorCarrier").finish_non_exhaustive()
    }
}
