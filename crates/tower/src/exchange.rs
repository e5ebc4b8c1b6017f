//! A request and its response while they are in progress, and their span by OpenTelemetry's [HTTP] and [RPC]
//! conventions.
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/

use http::{HeaderMap, Response, StatusCode};
use traced_actor::actor::{EnteredHandlerSpan, HandlerSpan};
use traced_actor::context::MessageContext;
use traced_actor::record::Failure;
use traced_actor::sync::wrap::Describe;
use traced_actor::{MessageSpan, Options, current_span};

use crate::grpc;
use crate::head::{Head, Side, status_text};
use crate::passed::{Entered, Passed};
use crate::reply::Reply;
use crate::serving::Serving;
use crate::tries::Tries;

/// A request and its response while they go on.
pub(crate) struct Exchange {
    /// `None` where somebody else's span is followed.
    span: Option<HandlerSpan>,
    facts: Facts,
}

/// The facts about an exchange that do not depend on its span.
pub(crate) struct Facts {
    side: Side,
    reply: Reply,
    passed: Passed,
    /// `None` if nobody is told how the exchange ends, as of most exchanges that are not sampled.
    noted: Option<Box<Noted>>,
}

/// The facts about an exchange that its span needs at the end.
#[derive(Default)]
struct Noted {
    /// Whether attributes go anywhere.
    is_recording: bool,
    /// The request asked for nothing but a head.
    is_head: bool,
    is_grpc: bool,
    /// The method of a recorded gRPC call.
    call: Option<String>,
    /// The gRPC status in the response.
    status: Option<grpc::Status>,
    /// The failure in the response.
    error: Option<&'static str>,
    /// The tries of the request that is sent.
    tries: Option<Tries>,
}

impl Exchange {
    /// Creates an exchange without a span.
    pub(crate) fn new(side: Side, passed: Passed, reply: Reply) -> Self {
        Self { span: None, facts: Facts { side, reply, passed, noted: None } }
    }

    /// Goes on with an exchange that its sender dropped. Returns `false` if it has to be [opened](Self::open).
    #[inline]
    pub(crate) fn drops(&mut self, context: &MessageContext, options: &'static Options) -> bool {
        self.span = HandlerSpan::of_dropped(context, options);
        self.span.is_some()
    }

    /// Opens the span of this request, and names it.
    pub(crate) fn open(
        &mut self,
        head: &Head<'_>,
        context: MessageContext,
        options: &'static Options,
        tries: Option<Tries>,
    ) {
        let span = HandlerSpan::open(head, Some(context), Describe::message(), options, || None);
        if span.is_told() || tries.is_some() {
            self.facts.noted = Some(Box::new(Noted::of(head, &span, tries)));
        }
        let span = self.span.insert(span);
        if span.is_recording()
            && let Some(name) = head.name()
        {
            span.call(|| current_span().update_name(&name));
        }
    }

    /// Goes on in this span, which is the request's though another layer describes it: its ids are not known here.
    pub(crate) fn follow(&mut self, span: MessageSpan) {
        self.span = Some(span.into());
        self.facts.reply = self.facts.reply.without_ids();
        self.facts.noted = Some(Box::default());
    }

    /// Returns whether the span is recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.facts.noted.as_ref().is_some_and(|noted| noted.is_recording)
    }

    /// Enters the span until the guard is dropped, with the headers to forward. A panic ends the span.
    #[inline]
    pub(crate) fn enter(&mut self) -> Running<'_> {
        let Self { span, facts } = self;
        Running {
            _passed: facts.passed.enter(),
            _serving: Serving::enter(span.is_some() && facts.side == Side::Server),
            _span: span.as_mut().map(HandlerSpan::enter),
            facts,
        }
    }

    /// Notes what comes behind the body.
    pub(crate) fn set_trailers(&mut self, trailers: &HeaderMap) {
        let running = self.enter();
        if let Some(noted) = &mut running.facts.noted {
            noted.set_grpc_status(running.facts.side, trailers);
        }
    }

    /// Returns whether nothing is to come behind a head with this status.
    pub(crate) fn is_answered(&self, status: StatusCode) -> bool {
        let has_no_body = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        has_no_body || self.facts.noted.as_ref().is_some_and(|noted| noted.is_head || noted.status.is_some())
    }

    /// Returns whether the end of the exchange is recorded or observed.
    pub(crate) fn is_noted(&self) -> bool {
        self.facts.noted.is_some()
    }

    /// Returns whether dropping the rest of the response cancels the exchange.
    pub(crate) fn needs_end(&self) -> bool {
        self.facts.noted.as_ref().is_some_and(|noted| self.facts.side == Side::Server || noted.is_grpc)
    }

    /// Ends the span as the response has it.
    #[inline]
    pub(crate) fn end(mut self) {
        if let Some(noted) = &self.facts.noted {
            let error = noted.error;
            self.end_with(error.map(|error| Failure::new(error, None)));
        }
    }

    /// Ends the span with a failure that does not come from the response.
    pub(crate) fn fail(mut self, failure: Failure<'_>) {
        self.end_with(Some(failure));
    }

    fn end_with(&mut self, failure: Option<Failure<'_>>) {
        let (Some(span), Some(noted)) = (&mut self.span, &mut self.facts.noted) else { return };
        if noted.call.is_some() {
            span.call(|| noted.name_call(self.facts.side));
        }
        span.end(failure);
    }
}

/// A guard of the work of an exchange.
pub(crate) struct Running<'a> {
    pub(crate) facts: &'a mut Facts,
    // Left in this order.
    _span: Option<EnteredHandlerSpan<'a>>,
    _serving: Serving,
    _passed: Entered,
}

/// Names the call if the work panics, before that ends the span.
impl Drop for Running<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(noted) = &mut self.facts.noted
            && std::thread::panicking()
        {
            noted.name_call(self.facts.side);
        }
    }
}

impl Facts {
    /// Returns the headers to forward.
    pub(crate) fn passed(&self) -> &Passed {
        &self.passed
    }

    /// Records the head of a response, and adds the reply headers to it. The current span is that of the exchange.
    #[inline]
    pub(crate) fn respond<B>(&mut self, response: &mut Response<B>) {
        if let Some(noted) = &mut self.noted {
            noted.respond(self.side, response);
        }
        if self.reply != Reply::default() {
            self.reply.write(response.headers_mut(), &self.passed);
        }
    }
}

impl Noted {
    fn of(head: &Head<'_>, span: &HandlerSpan, tries: Option<Tries>) -> Self {
        let is_recording = span.is_recording();
        Self {
            is_recording,
            is_head: head.is_answered_by_head(),
            is_grpc: head.is_grpc(),
            call: if is_recording { head.call() } else { None },
            tries,
            ..Self::default()
        }
    }

    /// Puts the method onto the span of a server, which is the current one.
    ///
    /// Any client can invent methods. The answer shows which ones this server has.
    fn name_call(&mut self, side: Side) {
        let (Some(method), Side::Server) = (self.call.take(), side) else { return };
        let current = current_span();
        if self.status.is_some_and(grpc::Status::is_unimplemented) {
            current.set_attribute("rpc.method", "_OTHER");
            current.set_attribute("rpc.method_original", &*method);
        } else {
            current.set_attribute("rpc.method", &*method);
            current.update_name(&method);
        }
    }

    /// Records the head of a response. The current span is that of the exchange.
    fn respond<B>(&mut self, side: Side, response: &Response<B>) {
        if self.is_grpc {
            self.set_grpc_status(side, response.headers());
            self.set_status_of_http(side, response.status());
        } else {
            self.set_status(side, response.status().as_u16());
        }
        if let Some(tries) = self.tries.as_ref().filter(|_| response.status().is_redirection()) {
            tries.redirect();
        }
    }

    fn set_status(&mut self, side: Side, status: u16) {
        if self.is_recording {
            current_span().set_attribute("http.response.status_code", u64::from(status));
        }
        if status >= if side == Side::Server { 500 } else { 400 } {
            self.error = Some(status_text(status));
        }
    }

    /// Records the status of a gRPC call, from the head or the trailers. The current span is that of the exchange.
    fn set_grpc_status(&mut self, side: Side, headers: &HeaderMap) {
        if let Some(status) = grpc::Status::of(headers) {
            let is_error = if side == Side::Server { status.is_server_error() } else { !status.is_ok() };
            self.set_call_status(status, is_error);
        }
    }

    /// Records the status of a gRPC call that no server of gRPC has answered. The current span is that of the exchange.
    fn set_status_of_http(&mut self, side: Side, http: StatusCode) {
        if let Some(status) = grpc::Status::of_http(http) {
            self.set_call_status(status, side == Side::Client || http.is_server_error());
        }
    }

    fn set_call_status(&mut self, status: grpc::Status, is_error: bool) {
        if !self.is_grpc || self.status.is_some() {
            return;
        }
        self.status = Some(status);
        if self.is_recording {
            current_span().set_attribute("rpc.response.status_code", status.name());
        }
        if is_error {
            self.error = Some(status.name());
        }
    }
}
