//! The current span, for use in handlers.

use std::fmt;
use std::sync::Arc;

use crate::context::{MessageContext, TraceContext};
use crate::flow::{self, ActiveSpan};
use crate::record::field::Value;
use crate::record::{Failure, SendFailure};

/// Returns the span of the message that is being handled.
///
/// If the message is not sampled, the methods of the result do nothing.
///
/// ```
/// # fn store(_: &str) -> Result<(), String> { Ok(()) }
/// # fn handle(text: &str) {
/// let span = traced_actor::current_span();
/// span.set_attribute("text.len", text.len());
/// if let Err(error) = store(text) {
///     span.record_error(&error);
/// }
/// # }
/// # handle("hello");
/// ```
pub fn current_span() -> CurrentSpan {
    CurrentSpan(flow::current_span())
}

impl MessageContext {
    /// Returns the context of the message that is being handled.
    ///
    /// Outside of a handler the context is absent.
    ///
    /// Ignores spans that OpenTelemetry or another library has made current, and does not count as a send. To send a
    /// message, use [`Envelope::capture`](crate::Envelope::capture).
    ///
    /// Allocates if the message is sampled. [`CurrentSpan::context`] does not.
    ///
    /// ```
    /// use traced_actor::context::MessageContext;
    ///
    /// assert!(MessageContext::current().is_absent());
    /// ```
    pub fn current() -> Self {
        flow::current()
    }
}

/// A handle to the span of a message that is being handled. Created by [`current_span`].
///
/// The handle does not keep the span open. Attributes and events that are added after the end of the span are lost.
#[derive(Clone)]
pub struct CurrentSpan(Option<Arc<ActiveSpan>>);

impl CurrentSpan {
    /// Returns the ids and flags of the span, or `None` if the message is not sampled.
    pub fn context(&self) -> Option<TraceContext> {
        self.0.as_ref().map(|span| span.context().context)
    }

    /// Adds an attribute to the span.
    pub fn set_attribute(&self, name: &'static str, value: impl Value) {
        if let Some(span) = &self.0 {
            value.visit(|value| span.set_attribute(name, value));
        }
    }

    /// Changes the name of the span. Use it if a better name is known only later, such as the route of a request.
    ///
    /// Use only a small number of different names. Recorders that intern names keep the first name if there are too
    /// many.
    pub fn update_name(&self, name: &str) {
        if let Some(span) = &self.0 {
            span.update_name(name);
        }
    }

    /// Adds an event to the span, with the current time.
    pub fn add_event(&self, name: &'static str) {
        if let Some(span) = &self.0 {
            span.add_event(name);
        }
    }

    /// Marks the span as failed. Sets its status to Error, and `error.type` to the type of the error.
    ///
    /// Use it for errors that the handler does not return. Errors that it returns are recorded automatically.
    pub fn record_error<E: fmt::Display>(&self, error: &E) {
        if let Some(span) = &self.0 {
            span.record_error(&Failure::new(std::any::type_name::<E>(), Some(error)));
        }
    }

    /// Records that a send or a call of the handler failed: sets `error.type`, and [counts](SendFailure::count) the
    /// failure.
    ///
    /// The span's status does not change, since a handler that continues has not failed. The failure is counted even if
    /// the message is not sampled.
    pub fn record_send_failure(&self, failure: SendFailure) {
        flow::record_send_failure_on(self.0.as_deref(), failure);
    }
}

impl fmt::Debug for CurrentSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CurrentSpan").field(&self.context()).finish()
    }
}
