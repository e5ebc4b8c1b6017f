//! The head of a request, and its attributes by OpenTelemetry's [HTTP] and [RPC] conventions.
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri, Version};
use traced_actor::context::SpanKind;
use traced_actor::record::Fields;
use traced_actor::sampling::Key;
use traced_actor::{Kind, Message, current_span};

use crate::grpc;

/// The end of an exchange that this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

/// The head of a request. It is the message that the exchange's span belongs to.
pub(crate) struct Head<'a> {
    side: Side,
    method: &'a Method,
    uri: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    route: Option<&'a str>,
    is_grpc: bool,
    /// The number of earlier tries of the same request.
    resends: u32,
}

impl<'a> Head<'a> {
    /// Takes it from a request; `resends` are the tries of the same request before this one.
    pub(crate) fn of<B>(side: Side, request: &'a Request<B>, route: Option<&'a str>, resends: u32) -> Self {
        let headers = request.headers();
        Self {
            side,
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers,
            route,
            is_grpc: grpc::is_call(headers),
            resends,
        }
    }

    /// Returns whether the request is a gRPC call.
    pub(crate) fn is_grpc(&self) -> bool {
        self.is_grpc
    }

    /// Returns whether the response is a head without a body, whatever its headers say.
    pub(crate) fn is_answered_by_head(&self) -> bool {
        *self.method == Method::HEAD
    }

    /// Returns the method of a gRPC call, for the response. Only called if there is a span.
    pub(crate) fn call(&self) -> Option<String> {
        if self.is_grpc { grpc::method(self.uri.path()).map(str::to_owned) } else { None }
    }

    /// Returns the name of the span, if it is known before the response and differs from that of its kind.
    pub(crate) fn name(&self) -> Option<String> {
        match (self.is_grpc, self.side) {
            // Any client can send any method name, so only the answer tells whether it exists.
            (true, Side::Server) => None,
            (true, Side::Client) => self.call(),
            (false, _) => self.route.map(|route| format!("{} {route}", self.kind().name())),
        }
    }

    /// Sets the route of the current span, if known.
    pub(crate) fn name_route(&self) {
        if let (false, Some(route), Some(name)) = (self.is_grpc, self.route, self.name()) {
            current_span().set_attribute("http.route", route);
            current_span().update_name(&name);
        }
    }

    fn record_http(&self, fields: &mut Fields<'_>) {
        let known = known_method(self.method);
        fields.record("http.request.method", known.map_or("_OTHER", |at| METHODS[at]));
        if known.is_none() {
            fields.record("http.request.method_original", self.method.as_str());
        }
        match self.side {
            Side::Server => {
                fields.record("url.path", self.uri.path());
                fields.record("url.scheme", self.uri.scheme_str().unwrap_or("http"));
                if let Some(route) = self.route {
                    fields.record("http.route", route);
                }
                if let Some(agent) = self.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()) {
                    fields.record("user_agent.original", agent);
                }
            }
            Side::Client => {
                if self.resends > 0 {
                    fields.record("http.request.resend_count", &u64::from(self.resends));
                }
                if let Some(route) = self.route {
                    fields.record("url.template", route);
                }
                // Without the query and the user information, which may be secret.
                if let (Some(scheme), Some((host, port))) = (self.uri.scheme_str(), self.address()) {
                    let (path, port) =
                        (self.uri.path(), port.map_or_else(String::new, |port| format!(":{port}")));
                    fields.record("url.full", &format!("{scheme}://{host}{port}{path}"));
                }
            }
        }
        if let Some(version) = protocol_version(self.version) {
            fields.record("network.protocol.version", version);
        }
    }

    /// Returns the host and port that the request was sent to.
    fn address(&self) -> Option<(&'a str, Option<u16>)> {
        if let Some(authority) = self.uri.authority() {
            return Some((authority.host(), authority.port_u16()));
        }
        let host = self.headers.get(HOST)?.to_str().ok()?;
        match host.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() && !port.contains(']') => Some((name, port.parse().ok())),
            _ => Some((host, None)),
        }
    }
}

impl Message for Head<'_> {
    fn kind(&self) -> &'static Kind {
        let (server, client) = match known_method(self.method) {
            _ if self.is_grpc => (&GRPC_SERVER, &GRPC_CLIENT),
            Some(at) => (&SERVER[at], &CLIENT[at]),
            None => (&OTHER_SERVER, &OTHER_CLIENT),
        };
        if self.side == Side::Server { server } else { client }
    }

    fn record(&self, fields: &mut Fields<'_>) {
        if self.is_grpc {
            fields.record("rpc.system.name", "grpc");
            if let (Side::Client, Some(method)) = (self.side, grpc::method(self.uri.path())) {
                fields.record("rpc.method", method);
            }
        } else {
            self.record_http(fields);
        }
        if let Some((host, port)) = self.address() {
            fields.record("server.address", host);
            if let Some(port) = port {
                fields.record("server.port", &u64::from(port));
            }
        }
    }

    /// Returns the route, for samplers that decide by a key.
    fn key(&self) -> Option<Key<'_>> {
        self.route.map(Key::Str)
    }
}

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

static SERVER: [Kind; 9] = kinds(SpanKind::Server);
static CLIENT: [Kind; 9] = kinds(SpanKind::Client);
static GRPC_SERVER: Kind = Kind::operation("grpc", SpanKind::Server);
static GRPC_CLIENT: Kind = Kind::operation("grpc", SpanKind::Client);
static OTHER_SERVER: Kind = Kind::operation("HTTP", SpanKind::Server);
static OTHER_CLIENT: Kind = Kind::operation("HTTP", SpanKind::Client);

const fn kinds(side: SpanKind) -> [Kind; 9] {
    let mut kinds = [Kind::operation("", side); 9];
    let mut at = 0;
    while at < METHODS.len() {
        kinds[at] = Kind::operation(METHODS[at], side);
        at += 1;
    }
    kinds
}

/// Returns the index of a method in [`METHODS`].
fn known_method(method: &Method) -> Option<usize> {
    METHODS.iter().position(|known| *known == method.as_str())
}

const fn protocol_version(version: Version) -> Option<&'static str> {
    Some(match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_11 => "1.1",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => return None,
    })
}

/// Returns the text of a status code, for `error.type`.
pub(crate) fn status_text(status: u16) -> &'static str {
    const DIGITS: &[u8; 10] = b"0123456789";
    /// The codes 400 to 599, three digits each.
    static CODES: [u8; 600] = {
        let (mut codes, mut at) = ([0; 600], 0);
        while at < 200 {
            let code = 400 + at;
            codes[at * 3] = DIGITS[code / 100];
            codes[at * 3 + 1] = DIGITS[code / 10 % 10];
            codes[at * 3 + 2] = DIGITS[code % 10];
            at += 1;
        }
        codes
    };
    let at = usize::from(status).wrapping_sub(400).wrapping_mul(3);
    CODES.get(at..at.wrapping_add(3)).and_then(|code| std::str::from_utf8(code).ok()).unwrap_or("_OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_is_its_digits() {
        assert_eq!([400, 404, 500, 503, 599].map(status_text), ["400", "404", "500", "503", "599"]);
        assert_eq!([200, 399, 600, 999].map(status_text), ["_OTHER"; 4]);
    }

    #[test]
    fn the_address_is_the_authority_s_or_the_host_s() {
        let address = |uri: &str, host: &str| {
            let request = Request::get(uri).header("host", host).body(()).unwrap();
            let head = Head::of(Side::Server, &request, None, 0);
            head.address().map(|(host, port)| (host.to_owned(), port))
        };
        let is = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(address("http://a:1/b", "c:2"), is("a", Some(1)));
        assert_eq!(address("/b", "c:2"), is("c", Some(2)));
        assert_eq!(address("/b", "c"), is("c", None));
        assert_eq!(address("/b", "[::1]:80"), is("[::1]", Some(80)));
        assert_eq!(address("/b", "[::1]"), is("[::1]", None));
        assert_eq!(address("/b", "c:x"), is("c", None));
    }
}
