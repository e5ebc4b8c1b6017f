//! gRPC's names of methods in paths, and of statuses in headers.

use http::{HeaderMap, StatusCode};

/// The values of `rpc.response.status_code`, by number.
const STATUSES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The status of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(u8);

impl Status {
    /// Reads the status from the head of the response to a call that failed before it sent anything.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get("grpc-status")?.to_str().ok()?;
        let number: u8 = text.parse().ok()?;
        // An unknown status is `UNKNOWN`, as gRPC defines it.
        Some(Self(if usize::from(number) < STATUSES.len() { number } else { 2 }))
    }

    /// Returns the status of a call that was answered by something else than gRPC, such as a proxy. `None` for 200.
    ///
    /// The mapping is [gRPC's](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
    pub(crate) fn of_http(status: StatusCode) -> Option<Self> {
        Some(Self(match status.as_u16() {
            200 => return None,
            400 => 13,
            401 => 16,
            403 => 7,
            404 => 12,
            429 | 502 | 503 | 504 => 14,
            _ => 2,
        }))
    }

    pub(crate) fn name(self) -> &'static str {
        STATUSES[usize::from(self.0)]
    }

    /// Returns whether the server has no handler for the method.
    pub(crate) fn is_unimplemented(self) -> bool {
        self.0 == 12
    }

    /// Returns whether the server failed, by the conventions. All other statuses are the caller's mistakes.
    pub(crate) fn is_server_error(self) -> bool {
        matches!(self.0, 2 | 4 | 12 | 13 | 14 | 15)
    }

    pub(crate) fn is_ok(self) -> bool {
        self.0 == 0
    }
}

/// Returns whether a request is a gRPC call.
pub(crate) fn is_call(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(http::header::CONTENT_TYPE) else { return false };
    value
        .as_bytes()
        .strip_prefix(b"application/grpc")
        .is_some_and(|rest| matches!(rest, [] | [b'+' | b';', ..]))
}

/// Returns the method of a path `/package.Service/Method`.
pub(crate) fn method(path: &str) -> Option<&str> {
    let method = path.strip_prefix('/')?;
    let (service, name) = method.split_once('/')?;
    let is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    (is_name(service) && is_name(name) && method.len() <= 200).then_some(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_two_names() {
        assert_eq!(method("/chat.Guild/Post"), Some("chat.Guild/Post"));
        for path in ["", "/", "/a", "/a/", "//a", "/a/b/c", "a/b", "/a b/c", "/a/é"] {
            assert_eq!(method(path), None, "{path}");
        }
        assert_eq!(method(&format!("/a/{}", "b".repeat(200))), None);
    }

    #[test]
    fn a_call_is_known_by_its_content_type() {
        let is = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", value.parse().unwrap());
            is_call(&headers)
        };
        assert!(is("application/grpc") && is("application/grpc+proto") && is("application/grpc;charset=x"));
        assert!(!is("application/grpc-web+proto") && !is("application/json"));
        assert!(!is_call(&HeaderMap::new()));
    }

    #[test]
    fn an_answer_of_http_has_a_status_of_grpc() {
        let of = |status| Status::of_http(StatusCode::from_u16(status).unwrap()).map(Status::name);
        assert_eq!([200, 400, 401].map(of), [None, Some("INTERNAL"), Some("UNAUTHENTICATED")]);
        assert_eq!([403, 404].map(of), [Some("PERMISSION_DENIED"), Some("UNIMPLEMENTED")]);
        assert_eq!([429, 502, 503, 504].map(of), [Some("UNAVAILABLE"); 4]);
        assert_eq!([204, 302, 405, 500].map(of), [Some("UNKNOWN"); 4]);
    }

    #[test]
    fn a_status_that_is_not_known_is_unknown() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-status", value.parse().unwrap());
            Status::of(&headers).map(Status::name)
        };
        assert_eq!(of("0"), Some("OK"));
        assert_eq!(of("16"), Some("UNAUTHENTICATED"));
        assert_eq!(of("17"), Some("UNKNOWN"));
        assert_eq!(of("256"), None);
        assert_eq!(of("x"), None);
    }
}
