//! A request and its response while they go on, and their span by OpenTelemetry's [HTTP] and [RPC] conventions.
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

/// What is known of an exchange while it goes on.
pub(crate) struct Exchange {
    pub(crate) side: Side,
    /// `None` where somebody else's span is followed.
    pub(crate) span: Option<MessageSpan>,
    pub(crate) passed: Passed,
    pub(crate) reply: Reply,
    /// The request asked for nothing but a head.
    is_head: bool,
    is_grpc: bool,
    /// The method of a call of gRPC that is recorded.
    call: Option<String>,
    /// What the response says of gRPC's status.
    status: Option<grpc::Status>,
    /// Why it failed, by the response.
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

    /// Runs work of the exchange: in its span, and with what is passed on.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        let _passed = self.passed.enter();
        // Where the work panics, the span ends here, and says so by itself.
        let mut span = self.span.take();
        let entered = span.as_mut().map(MessageSpan::enter);
        let result = work(self);
        drop(entered);
        self.span = span;
        result
    }

    /// Notes what the head of a response says. The current span is that of the exchange.
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

    /// Notes the status of a call of gRPC, from the head or the trailers. The current span is that of the exchange.
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

    /// Notes what comes behind the body.
    pub(crate) fn set_trailers(&mut self, trailers: &HeaderMap) {
        self.run(|exchange| exchange.set_grpc_status(trailers));
    }

    /// Returns whether nothing is to come behind a head with this status.
    pub(crate) fn is_answered(&self, status: StatusCode) -> bool {
        let has_no_body = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        self.is_head || has_no_body || self.status.is_some()
    }

    /// Returns whether one who drops the rest of the response gives the exchange up.
    pub(crate) fn needs_end(&self) -> bool {
        self.side == Side::Server || self.is_grpc
    }

    /// Ends the span as the response has it.
    pub(crate) fn end(mut self) {
        self.name_call();
        let Some(span) = self.span else { return };
        span.end(self.error.map(|error| Failure::new(error, None)));
    }

    /// Ends the span with a failure that is none of the response's.
    pub(crate) fn fail(mut self, failure: Failure<'_>) {
        self.name_call();
        let Some(span) = self.span else { return };
        span.end(Some(failure));
    }

    /// Puts the method onto the span of a server. Any stranger names methods: what this server has is known by its answer.
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
