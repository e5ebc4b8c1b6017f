//! Headers of a response that tell which trace it belongs to.

use http::{HeaderMap, HeaderName, HeaderValue};
use traced_actor::current_span;
use traced_actor_propagation::traceparent;

use crate::passed::{Passed, REQUEST_ID};

const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The headers that a response gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) trace_response: bool,
    pub(crate) server_timing: bool,
    pub(crate) request_id: bool,
}

impl Reply {
    /// Removes headers that contain the trace id.
    pub(crate) fn without_ids(self) -> Self {
        Self { request_id: self.request_id, ..Self::default() }
    }

    /// Writes the headers. The current span is that of the exchange.
    pub(crate) fn write(self, headers: &mut HeaderMap, passed: &Passed) {
        if self.request_id
            && !headers.contains_key(REQUEST_ID)
            && let Some(id) = passed.header(REQUEST_ID)
        {
            // Fails only for more than the 32,768 names that a map can hold. The same applies below.
            let _ = headers.try_insert(HeaderName::from_static(REQUEST_ID), id.clone());
        }
        if !self.trace_response && !self.server_timing {
            return;
        }
        let Some(context) = current_span().context() else { return };
        let value = traceparent::write(&context);
        if self.trace_response
            && let Ok(value) = HeaderValue::from_str(value.as_str())
        {
            let _ = headers.try_insert(TRACE_RESPONSE, value);
        }
        if self.server_timing
            && let Ok(value) = HeaderValue::from_str(&format!("traceparent;desc=\"{}\"", value.as_str()))
        {
            // In addition to the application's own.
            let _ = headers.try_append(SERVER_TIMING, value);
        }
    }
}
