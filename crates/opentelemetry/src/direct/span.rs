//! An open span for OpenTelemetry's API, which is passed to the processor at its end.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Span, SpanContext, SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

use super::shared::Shared;
use crate::current::{NAMES_OF_ACTOR, is_discarding};

/// The span of a message. A handler reaches it through `Context::current().span()`.
pub(super) struct DirectSpan {
    pub(super) span_context: SpanContext,
    pub(super) shared: Arc<Shared>,
    /// Taken at its end.
    pub(super) open: Option<Open>,
}

/// The data that becomes the SDK's `SpanData` at the end. It is smaller, because it is moved more often.
pub(super) struct Open {
    pub(super) parent_span_id: SpanId,
    pub(super) parent_span_is_remote: bool,
    pub(super) span_kind: SpanKind,
    pub(super) name: Cow<'static, str>,
    pub(super) start_time: SystemTime,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) dropped_attributes_count: u32,
    pub(super) status: Status,
    pub(super) events: SpanEvents,
    pub(super) links: SpanLinks,
}

impl Span for DirectSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, mut attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let Some(open) = &mut self.open else { return };
        let limits = &self.shared.limits;
        if open.events.events.len() < limits.counts.max_events_per_span as usize {
            let dropped = limits.apply(&mut attributes, limits.counts.max_attributes_per_event);
            open.events.events.push(Event::new(name, timestamp, attributes, dropped));
        } else {
            open.events.dropped_count += 1;
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        self.open.is_some()
    }

    fn set_attribute(&mut self, mut attribute: KeyValue) {
        let Some(open) = &mut self.open else { return };
        let limits = &self.shared.limits;
        // The name of the handler's actor replaces the previous name.
        let names_actor = NAMES_OF_ACTOR.contains(&attribute.key.as_str());
        if names_actor && let Some(same) = open.attributes.iter_mut().find(|same| same.key == attribute.key) {
            *same = attribute;
        } else if open.attributes.len() < limits.counts.max_attributes_per_span as usize {
            limits.shorten(&mut attribute);
            open.attributes.push(attribute);
        } else {
            open.dropped_attributes_count += 1;
        }
    }

    /// Sets the status. Ok takes precedence over Error, and Error over Unset.
    fn set_status(&mut self, status: Status) {
        if let Some(open) = self.open.as_mut().filter(|open| status > open.status) {
            open.status = status;
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(open) = &mut self.open {
            open.name = new_name.into();
        }
    }

    fn add_link(&mut self, span_context: SpanContext, mut attributes: Vec<KeyValue>) {
        let Some(open) = &mut self.open else { return };
        let limits = &self.shared.limits;
        if open.links.links.len() < limits.counts.max_links_per_span as usize {
            let dropped = limits.apply(&mut attributes, limits.counts.max_attributes_per_link);
            open.links.links.push(Link::new(span_context, attributes, dropped));
        } else {
            open.links.dropped_count += 1;
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        let Some(open) = self.open.take().filter(|_| !is_discarding()) else { return };
        if let Some(processor) = self.shared.ending(
            open.dropped_attributes_count,
            open.events.dropped_count,
            open.links.dropped_count,
        ) {
            processor.on_end(SpanData {
                span_context: self.span_context.clone(),
                parent_span_id: open.parent_span_id,
                parent_span_is_remote: open.parent_span_is_remote,
                span_kind: open.span_kind,
                name: open.name,
                start_time: open.start_time,
                end_time: timestamp,
                attributes: open.attributes,
                dropped_attributes_count: open.dropped_attributes_count,
                events: open.events,
                links: open.links,
                status: open.status,
                instrumentation_scope: self.shared.scope.clone(),
            });
        }
    }
}
