//! The span of the message that is being handled, for its handler.

use std::fmt;
use std::sync::Arc;

use crate::context::{MessageContext, TraceContext};
use crate::flow::{self, ActiveSpan};
use crate::record::Failure;
use crate::record::field::Value;

/// Returns the span of the message that is being handled here.
///
/// Where nothing is sampled there is none, and what is done with it does nothing.
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
    /// Returns the context of the message that is being handled here: its span, unsampled, or absent outside of a handler.
    ///
    /// Where OpenTelemetry or another library has made a later span current, that one is not looked at, and no send is
    /// counted: [`Envelope::capture`](crate::Envelope::capture) is for messages. Allocates where the message is sampled;
    /// [`CurrentSpan::context`] does not.
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

/// The span of a message that is being handled. Made by [`current_span`].
///
/// It may outlive the handling: what is added after the end of the span is lost. It does not keep the span open.
#[derive(Clone)]
pub struct CurrentSpan(Option<Arc<ActiveSpan>>);

impl CurrentSpan {
    /// Returns the ids and flags of the span; `None` where nothing is sampled.
    pub fn context(&self) -> Option<TraceContext> {
        self.0.as_ref().map(|span| span.context().context)
    }

    /// Adds an attribute to the span.
    pub fn set_attribute(&self, name: &'static str, value: impl Value) {
        if let Some(span) = &self.0 {
            value.visit(|value| span.set_attribute(name, value));
        }
    }

    /// Adds an event to the span, at this moment.
    pub fn add_event(&self, name: &'static str) {
        if let Some(span) = &self.0 {
            span.add_event(name);
        }
    }

    /// Marks the span as failed: its status is Error, and `error.type` is the type of the error.
    ///
    /// For an error that the handler does not return. One that it returns is recorded without this.
    pub fn record_error<E: fmt::Display>(&self, error: &E) {
        if let Some(span) = &self.0 {
            span.record_error(&Failure::new(std::any::type_name::<E>(), Some(error)));
        }
    }
}

impl fmt::Debug for CurrentSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CurrentSpan").field(&self.context()).finish()
    }
}
