//! A span that is on its way to the processor, as OpenTelemetry's API sees it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, Span, SpanContext, Status};
use opentelemetry_sdk::trace::SpanData;

use super::Shared;

/// The span of a message. A handler reaches it through `Context::current().span()`.
pub(super) struct DirectSpan {
    span_context: SpanContext,
    /// Taken by the end.
    data: Option<SpanData>,
    shared: Arc<Shared>,
}

impl DirectSpan {
    /// A span with this beginning; its attributes and links are within the limits.
    pub(super) fn new(data: SpanData, shared: Arc<Shared>) -> Self {
        Self { span_context: data.span_context.clone(), data: Some(data), shared }
    }
}

impl Span for DirectSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let Some(data) = &mut self.data else { return };
        let limits = &self.shared.limits;
        if data.events.events.len() < limits.counts.max_events_per_span as usize {
            let (attributes, dropped) = limits.bounded(attributes, limits.counts.max_attributes_per_event);
            data.events.events.push(Event::new(name, timestamp, attributes, dropped));
        } else {
            data.events.dropped_count += 1;
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.span_context
    }

    fn is_recording(&self) -> bool {
        self.data.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(data) = &mut self.data {
            self.shared.add_attribute(data, attribute);
        }
    }

    /// Ok stands above Error, and Error above Unset.
    fn set_status(&mut self, status: Status) {
        if let Some(data) = self.data.as_mut().filter(|data| status > data.status) {
            data.status = status;
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(data) = &mut self.data {
            data.name = new_name.into();
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(data) = &mut self.data {
            self.shared.add_link(data, span_context, attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(mut data) = self.data.take() {
            data.end_time = timestamp;
            self.shared.finish(data);
        }
    }
}

impl Shared {
    pub(super) fn add_attribute(&self, data: &mut SpanData, attribute: KeyValue) {
        if data.attributes.len() < self.limits.counts.max_attributes_per_span as usize {
            data.attributes.push(self.limits.shortened(attribute));
        } else {
            data.dropped_attributes_count += 1;
        }
    }

    pub(super) fn add_link(&self, data: &mut SpanData, to: SpanContext, attributes: Vec<KeyValue>) {
        if data.links.links.len() < self.limits.counts.max_links_per_span as usize {
            let (attributes, dropped) =
                self.limits.bounded(attributes, self.limits.counts.max_attributes_per_link);
            data.links.links.push(Link::new(to, attributes, dropped));
        } else {
            data.links.dropped_count += 1;
        }
    }
}
