//! A request and its response while they are in progress, and their span by OpenTelemetry's [HTTP] and [RPC]
//! conventions.
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/

use http::{HeaderMap, StatusCode};
use traced_actor::record::Failure;
use traced_actor::{Envelope, MessageSpan, Options, current_span};

use crate::grpc;
use crate::head::{Head, Side, status_text};
use crate::passed::Passed;
use crate::reply::Reply;

/// The state of an exchange while it is in progress.
pub(crate) struct Exchange {
    pub(crate) side: Side,
    /// The span, or `None` if another crate's span is followed.
    pub(crate) span: Option<MessageSpan>,
    pub(crate) passed: Passed,
    pub(crate) reply: Reply,
    /// Whether the request asked for a head only.
    is_head: bool,
    is_grpc: bool,
    /// The method of a recorded gRPC call.
    call: Option<String>,
    /// The gRPC status in the response.
    status: Option<grpc::Status>,
    /// The failure in the response.
    error: Option<&'static str>,
}

impl Exchange {
    /// Creates an exchange without a span.
    pub(crate) fn new(side: Side, passed: Passed, reply: Reply) -> Self {
        Self {
            side,
            span: None,
            passed,
            reply,
            is_head: false,
            is_grpc: false,
            call: None,
            status: None,
            error: None,
        }
    }

    /// Opens the span of this request, and names it.
    pub(crate) fn open(&mut self, request: Envelope<Head<'_>>, options: &'static Options) {
        let (head, mut span) = request.open_in(options);
        (self.is_head, self.is_grpc) = (head.is_answered_by_head(), head.is_grpc());
        if span.is_recording() {
            let _entered = span.enter();
            if let Some(name) = head.name() {
                current_span().update_name(&name);
            }
            self.call = head.call();
        }
        self.span = Some(span);
    }

    /// Returns whether the span is recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.span.as_ref().is_some_and(MessageSpan::is_recording)
    }

    /// Runs work of the exchange in its span, with the headers that are passed on.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        let _passed = self.passed.enter();
        // If the work panics, the span ends here, as a panic.
        let mut span = self.span.take();
        let entered = span.as_mut().map(MessageSpan::enter);
        let result = work(self);
        drop(entered);
        self.span = span;
        result
    }

    /// Records the head of a response. The current span is that of the exchange.
    pub(crate) fn respond(&mut self, status: StatusCode, headers: &HeaderMap) {
        if self.is_grpc {
            self.set_grpc_status(headers);
            return;
        }
        let status = status.as_u16();
        current_span().set_attribute("http.response.status_code", u64::from(status));
        if status >= if self.side == Side::Server { 500 } else { 400 } {
            self.error = Some(status_text(status));
        }
    }

    /// Records the status of a gRPC call, from the head or the trailers. The current span is that of the exchange.
    fn set_grpc_status(&mut self, headers: &HeaderMap) {
        let Some(status) = grpc::Status::of(headers).filter(|_| self.is_grpc && self.status.is_none()) else {
            return;
        };
        self.status = Some(status);
        current_span().set_attribute("rpc.response.status_code", status.name());
        if if self.side == Side::Server { status.is_server_error() } else { !status.is_ok() } {
            self.error = Some(status.name());
        }
    }

    /// Records the trailers after the body.
    pub(crate) fn set_trailers(&mut self, trailers: &HeaderMap) {
        self.run(|exchange| exchange.set_grpc_status(trailers));
    }

    /// Returns whether nothing follows a head with this status.
    pub(crate) fn is_answered(&self, status: StatusCode) -> bool {
        let has_no_body = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        self.is_head || has_no_body || self.status.is_some()
    }

    /// Returns whether dropping the rest of the response cancels the exchange.
    pub(crate) fn needs_end(&self) -> bool {
        self.side == Side::Server || self.is_grpc
    }

    /// Ends the span according to the response.
    pub(crate) fn end(mut self) {
        self.name_call();
        let Some(span) = self.span else { return };
        span.end(self.error.map(|error| Failure::new(error, None)));
    }

    /// Ends the span with a failure that is not in the response.
    pub(crate) fn fail(mut self, failure: Failure<'_>) {
        self.name_call();
        let Some(span) = self.span else { return };
        span.end(Some(failure));
    }

    /// Sets the method of a server's span. Any client can send any method name, so only the answer tells whether it
    /// exists.
    fn name_call(&mut self) {
        let (Some(method), Side::Server) = (self.call.take(), self.side) else { return };
        let Some(span) = &mut self.span else { return };
        let _entered = span.enter();
        let current = current_span();
        if self.status.is_some_and(grpc::Status::is_unimplemented) {
            current.set_attribute("rpc.method", "_OTHER");
            current.set_attribute("rpc.method_original", &*method);
        } else {
            current.set_attribute("rpc.method", &*method);
            current.update_name(&method);
        }
    }
}
