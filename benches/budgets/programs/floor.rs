//! The cost of a span that no actor makes and that is never current: two clock readings, the attributes of a message's
//! span, and the way to a batch processor, directly or through a provider. Also a recorder that does nothing.

use std::any::Any;
use std::hint::black_box;

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks, SpanProcessor as _};
use traced_actor::TraceContext;
use traced_actor::context::{Timestamp, new_span_id};
use traced_actor::record::{self, OpenSpan, Recorder, Span, SpanEnd, SpanStart};
use traced_actor_benches::{Contestant, timed};

use super::{Parent, opentelemetry as by_hand, provider};

/// Sends finished spans directly to a processor like that of the other programs.
pub(crate) fn spans() -> Contestant {
    let processor = std::rc::Rc::new(provider::processor());
    let flushed = processor.clone();
    let scope = InstrumentationScope::builder("floor").build();
    timed(move |spans| {
        for number in 0..spans {
            let start = Timestamp::now();
            let attributes = attributes(black_box(number));
            let span_id = SpanId::from_bytes(new_span_id().to_bytes());
            let trace_id = TraceId::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128);
            processor.on_end(SpanData {
                span_context: SpanContext::new(
                    trace_id,
                    span_id,
                    TraceFlags::SAMPLED,
                    false,
                    TraceState::default(),
                ),
                parent_span_id: SpanId::from(0xb7ad_6b71_6920_3331),
                parent_span_is_remote: false,
                span_kind: SpanKind::Consumer,
                name: "Guild/Post".into(),
                start_time: start.into(),
                end_time: Timestamp::now().into(),
                attributes,
                dropped_attributes_count: 0,
                events: SpanEvents::default(),
                links: SpanLinks::default(),
                status: Status::Unset,
                instrumentation_scope: scope.clone(),
            });
        }
    })
    .emptied(provider::ROOM as u64, move || flushed.force_flush().expect("the exporter takes everything"))
}

/// Sends the same spans through the provider, below a parent in another process.
pub(crate) fn provided() -> Contestant {
    let tracer = provider::provider().tracer("floor");
    let cx = by_hand::remote(Parent::Sampled);
    timed(move |spans| {
        for number in 0..spans {
            let start = Timestamp::now();
            let mut span = tracer
                .span_builder("Guild/Post")
                .with_kind(SpanKind::Consumer)
                .with_start_time(start)
                .with_attributes(attributes(black_box(number)))
                .start_with_context(&tracer, &cx);
            span.end_with_timestamp(Timestamp::now().into());
        }
    })
    .emptied(provider::ROOM as u64, provider::flush)
}

/// Returns the number of attributes that a message's span has.
fn attributes(number: u64) -> Vec<KeyValue> {
    let value = i64::try_from(number).unwrap_or(i64::MAX);
    Vec::from([
        KeyValue::new("messaging.system", "floor"),
        KeyValue::new("messaging.operation.name", "process"),
        KeyValue::new("messaging.operation.type", "process"),
        KeyValue::new("messaging.destination.name", "Guild"),
        KeyValue::new("actor.name", "Guild"),
        KeyValue::new("actor.message.kind", "Post"),
        KeyValue::new("actor.mailbox.wait", 0.5),
        KeyValue::new("sampling.reason", "parent"),
        KeyValue::new("channel", value),
        KeyValue::new("first", value),
        KeyValue::new("last", value),
    ])
}

/// Installs a recorder that keeps nothing.
pub(crate) fn install() {
    record::install(Nothing(None)).expect("no other recorder in this process");
}

/// Installs a recorder that keeps nothing, and reads the processor's counter for the time, as the flight recorder does.
pub(crate) fn install_ticking() {
    let counter = quanta::Clock::new();
    let ticks = Ticks { start: counter.raw(), started: Timestamp::now().unix_nanos(), counter };
    record::install(Nothing(Some(ticks))).expect("no other recorder in this process");
}

struct Ticks {
    counter: quanta::Clock,
    start: u64,
    started: u64,
}

struct Nothing(Option<Ticks>);

struct Unseen;

impl Recorder for Nothing {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let parent = new.parent?.context;
        let context = TraceContext::new(parent.trace_id, new_span_id(), parent.flags);
        Some(OpenSpan::shared(context, &Unseen))
    }

    fn now(&self) -> Option<Timestamp> {
        let Ticks { counter, start, started } = self.0.as_ref()?;
        Some(Timestamp::from_unix_nanos(started + counter.delta_as_nanos(*start, counter.raw())))
    }
}

impl Span for Unseen {
    fn finish(&self, _: TraceContext, _: &SpanEnd<'_>) {}

    fn as_any(&self) -> &dyn Any {
        self
    }
}
