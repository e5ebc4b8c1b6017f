//! A request and its response while they are in progress, and their span by OpenTelemetry's [HTTP] and [RPC]
//! conventions.
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/

use http::{HeaderMap, Response, StatusCode};
use traced_actor::record::Failure;
use traced_actor::{Envelope, MessageSpan, Options, current_span};

use crate::grpc;
use crate::head::{Head, Side, status_text};
use crate::passed::Passed;
use crate::reply::Reply;
use crate::serving::Serving;
use crate::tries::Tries;

/// A request and its response while they go on.
pub(crate) struct Exchange {
    /// `None` where somebody else's span is followed.
    span: Option<MessageSpan>,
    passed: Passed,
    noted: Noted,
}

/// The facts about an exchange that its span needs at the end.
pub(crate) struct Noted {
    side: Side,
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
    reply: Reply,
    /// The tries of the request that is sent.
    tries: Option<Tries>,
}

impl Exchange {
    /// Creates an exchange without a span.
    pub(crate) fn new(side: Side, passed: Passed, reply: Reply) -> Self {
        let noted = Noted {
            side,
            is_recording: false,
            is_head: false,
            is_grpc: false,
            call: None,
            status: None,
            error: None,
            reply,
            tries: None,
        };
        Self { span: None, passed, noted }
    }

    /// Opens the span of this request, and names it.
    pub(crate) fn open(&mut self, request: Envelope<Head<'_>>, options: &'static Options) {
        let (head, mut span) = request.open_in(options);
        let noted = &mut self.noted;
        (noted.is_head, noted.is_grpc) = (head.is_answered_by_head(), head.is_grpc());
        noted.is_recording = span.is_recording();
        if noted.is_recording {
            noted.call = head.call();
            if let Some(name) = head.name() {
                let _entered = span.enter();
                current_span().update_name(&name);
            }
        }
        self.span = Some(span);
    }

    /// Goes on in this span, which is the request's though another layer describes it: its ids are not known here.
    pub(crate) fn follow(&mut self, span: MessageSpan) {
        self.span = Some(span);
        self.noted.reply = self.noted.reply.without_ids();
    }

    /// Sets the tries of which this is one.
    pub(crate) fn set_tries(&mut self, tries: Option<Tries>) {
        self.noted.tries = tries;
    }

    /// Returns whether the span is recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.noted.is_recording
    }

    /// Runs work of the exchange in its span, with the headers to forward. A panic ends the span and is recorded in it.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce(&mut Noted, &Passed) -> R) -> R {
        let Self { span, passed, noted } = self;
        let _passed = passed.enter();
        let _serving = (span.is_some() && noted.side == Side::Server).then(Serving::enter);
        let _entered = span.as_mut().map(MessageSpan::enter);
        let working = Working(noted);
        work(working.0, passed)
    }

    /// Notes what comes behind the body.
    pub(crate) fn set_trailers(&mut self, trailers: &HeaderMap) {
        self.run(|noted, _| noted.set_grpc_status(trailers));
    }

    /// Returns whether nothing is to come behind a head with this status.
    pub(crate) fn is_answered(&self, status: StatusCode) -> bool {
        let has_no_body = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        self.noted.is_head || has_no_body || self.noted.status.is_some()
    }

    /// Returns whether dropping the rest of the response cancels the exchange.
    pub(crate) fn needs_end(&self) -> bool {
        self.noted.side == Side::Server || self.noted.is_grpc
    }

    /// Ends the span as the response has it.
    pub(crate) fn end(mut self) {
        self.name_call();
        let Some(span) = self.span else { return };
        span.end(self.noted.error.map(|error| Failure::new(error, None)));
    }

    /// Ends the span with a failure that does not come from the response.
    pub(crate) fn fail(mut self, failure: Failure<'_>) {
        self.name_call();
        let Some(span) = self.span else { return };
        span.end(Some(failure));
    }

    fn name_call(&mut self) {
        if self.noted.call.is_some()
            && let Some(span) = &mut self.span
        {
            let _entered = span.enter();
            self.noted.name_call();
        }
    }
}

/// Names the call if the work panics, before that ends the span.
struct Working<'a>(&'a mut Noted);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.name_call();
        }
    }
}

impl Noted {
    /// Puts the method onto the span of a server, which is the current one.
    ///
    /// Any client can invent methods. The answer shows which ones this server has.
    fn name_call(&mut self) {
        let (Some(method), Side::Server) = (self.call.take(), self.side) else { return };
        let current = current_span();
        if self.status.is_some_and(grpc::Status::is_unimplemented) {
            current.set_attribute("rpc.method", "_OTHER");
            current.set_attribute("rpc.method_original", &*method);
        } else {
            current.set_attribute("rpc.method", &*method);
            current.update_name(&method);
        }
    }

    /// Records the head of a response, and adds the reply headers to it. The current span is that of the exchange.
    pub(crate) fn respond<B>(&mut self, response: &mut Response<B>, passed: &Passed) {
        if self.is_grpc {
            self.set_grpc_status(response.headers());
        } else {
            self.set_status(response.status().as_u16());
        }
        if let Some(tries) = self.tries.as_ref().filter(|_| response.status().is_redirection()) {
            tries.redirect();
        }
        self.reply.write(response.headers_mut(), passed);
    }

    fn set_status(&mut self, status: u16) {
        if self.is_recording {
            current_span().set_attribute("http.response.status_code", u64::from(status));
        }
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
        if self.is_recording {
            current_span().set_attribute("rpc.response.status_code", status.name());
        }
        if if self.side == Side::Server { status.is_server_error() } else { !status.is_ok() } {
            self.error = Some(status.name());
        }
    }
}
