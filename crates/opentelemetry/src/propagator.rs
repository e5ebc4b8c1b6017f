//! Our propagation as OpenTelemetry's: a `TextMapPropagator`, and its `Extractor` and `Injector` as carriers.

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::baggage;
use super::context::{arriving, from_otel};
use super::current::with_random;
use traced_actor::context::{ContextState, MessageContext, SampledContext, Timestamp};
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier};
use traced_actor_propagation::{Composite, Edge, Outgoing, PropagatorError};

/// Our propagation in the place of OpenTelemetry's own.
///
/// It keeps the letter of W3C's specification where the SDK's does not: lengths, digits, several headers, the random
/// flag, the grammar and limits of `tracestate`. It reads and writes the other formats of its [`Composite`] too, and
/// believes what arrives as far as its [`Edge`] says.
///
/// Unlike our own contexts, OpenTelemetry's has room for the ids of what is not sampled, so those are kept.
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
    /// Creates a propagator that reads and writes these formats, and believes everything.
    pub fn new(formats: Composite) -> Self {
        Self::with_edge(Edge::new("extract").formats(formats))
    }

    /// Creates a propagator for the formats of `OTEL_PROPAGATORS`.
    ///
    /// # Errors
    ///
    /// When that names a format which does not exist.
    pub fn from_env() -> Result<Self, PropagatorError> {
        Composite::from_env().map(Self::new)
    }

    /// Creates a propagator that believes as much as this edge does, and writes its formats.
    pub fn with_edge(edge: Edge) -> Self {
        let headers = edge.get_formats().formats().iter().flat_map(|format| format.headers());
        let fields = headers.map(|header| (*header).to_owned()).collect();
        Self { edge: edge.keep_unsampled(true), fields }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let formats = self.edge.get_formats();
        let baggage = baggage::list(cx);
        let mut carrier = ToInjector(injector);
        let span = cx.span();
        match from_otel(span.span_context()) {
            None => formats.write_baggage(baggage.as_deref(), &mut carrier),
            Some(mut context) => {
                context.context = with_random(context.context);
                // A message counts its hops itself; OpenTelemetry's span knows them as of the edge at best.
                if let Some(hops) = hops_of(&context) {
                    context.hops = hops;
                }
                let outgoing = Outgoing::sampled(&context).with_baggage(baggage.as_deref());
                formats.write_outgoing(&outgoing, &mut carrier);
            }
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let arrived = self.edge.accept(&FromExtractor(extractor), Timestamp::now());
        let (context, baggage) = match (arrived.carried.state(), arrived.kept) {
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
            // "No" without ids: OpenTelemetry has no place for that but a span context.
            (ContextState::Unsampled, None) => {
                let mut context = SampledContext::new(*Outgoing::unsampled().context());
                context.remote = true;
                (arriving(&context), None)
            }
            (ContextState::Absent, None) => (SpanContext::NONE, None),
        };
        let baggage = baggage.or_else(|| self.edge.read_baggage(&FromExtractor(extractor)));
        let cx = if context.is_valid() { cx.with_remote_span_context(context) } else { cx.clone() };
        baggage::with_baggage(cx, baggage.as_deref())
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

/// The hops of what this thread is handling, where that is part of this trace.
fn hops_of(context: &SampledContext) -> Option<u16> {
    match MessageContext::current().state() {
        ContextState::Sampled(handled) if handled.context.trace_id == context.context.trace_id => {
            Some(handled.hops)
        }
        _ => None,
    }
}

/// OpenTelemetry's extractor as a carrier.
///
/// An extractor that does not override `get_all` gives the first value of a name only, so a header that came twice
/// is not seen to be malformed.
pub struct FromExtractor<'e>(pub &'e dyn Extractor);

impl ReadCarrier for FromExtractor<'_> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.get_all(name).unwrap_or_default() {
            visit(value.as_bytes());
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.keys().into_iter().for_each(visit);
    }
}

/// OpenTelemetry's injector as a carrier. It can set values and take none out: give it a carrier without a context.
pub struct ToInjector<'i>(pub &'i mut dyn Injector);

impl WriteCarrier for ToInjector<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.0.set(name, value.to_owned());
    }

    fn unset(&mut self, _: &str) {}
}

impl std::fmt::Debug for FromExtractor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FromExtractor").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ToInjector<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ToInjector").finish_non_exhaustive()
    }
}
