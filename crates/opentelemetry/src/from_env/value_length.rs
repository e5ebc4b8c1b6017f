//! Limits the length of texts, which the SDK does not do.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::direct::Limits;

/// Truncates the texts of a span's attributes, and of those of its events and links, before it is exported.
#[derive(Debug)]
pub(super) struct ValueLength<P> {
    pub(super) limits: Limits,
    pub(super) inner: P,
}

impl<P: SpanProcessor> SpanProcessor for ValueLength<P> {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        if self.limits.value_length.is_some() {
            let events = span.events.events.iter_mut().map(|event| &mut event.attributes);
            let links = span.links.links.iter_mut().map(|link| &mut link.attributes);
            for attribute in events.chain(links).chain([&mut span.attributes]).flatten() {
                self.limits.shorten(attribute);
            }
        }
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
