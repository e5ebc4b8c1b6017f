//! Decides which requests are served.
//!
//! Without a token, the page is only for this machine: the server listens on the loopback interface, and a request must
//! name it as its host. A page of another site whose name resolves to 127.0.0.1 (DNS rebinding) sends that name, and is
//! rejected. With a token, each request must have the token, whatever host it names.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, ORIGIN};

/// The rule for requests.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    token: Option<Token>,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    cookie_name: String,
}

/// The reason why a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The host is not allowed, or another site's page sent the request.
    Host,
    /// The token is missing or wrong.
    Token,
}

impl Access {
    pub(crate) fn new(token: Option<String>) -> Self {
        Self { token: token.map(|text| Token { cookie_name: cookie_name(&text), text }) }
    }

    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text =
            |name| headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok());
        let host = text(HOST).ok_or(Refusal::Host)?;
        // A browser sends the origin if the request comes from another site's page.
        if let Some(origin) = text(ORIGIN)
            && origin.split_once("://").map(|(_, host)| host) != Some(host)
        {
            return Err(Refusal::Host);
        }
        match &self.token {
            None if is_loopback_name(host) => Ok(()),
            None => Err(Refusal::Host),
            Some(token) => {
                let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
                let cookies = text(COOKIE).unwrap_or_default().split(';');
                let cookie = cookies
                    .filter_map(|pair| pair.trim().split_once('='))
                    .find(|(name, _)| *name == token.cookie_name);
                let is_right =
                    |given: Option<&str>| given.is_some_and(|given| are_equal(given.trim(), &token.text));
                let has = is_right(bearer) | is_right(cookie.map(|(_, value)| value));
                has.then_some(()).ok_or(Refusal::Token)
            }
        }
    }

    /// Returns the cookie for the page's own requests, if this is the token in an address that a person opens.
    ///
    /// It has no path, so it applies to the path at which the browser sees the page: a proxy may add one.
    pub(crate) fn cookie(&self, given: &str) -> Option<String> {
        let Token { text, cookie_name } =
            self.token.as_ref().filter(|token| are_equal(given, &token.text))?;
        Some(format!("{cookie_name}={text}; HttpOnly; SameSite=Strict"))
    }
}

/// Returns the name of the cookie with this token: each token has its own.
///
/// A browser sends the cookies of a host to all of its ports. Two viewers on one host have different tokens, and with
/// one name the second cookie would replace the first. The name has the FNV-1a hash of the token, and is as public as
/// the cookie's value.
fn cookie_name(token: &str) -> String {
    let hash =
        token.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("traced_actor_viewer_{hash:08x}")
}

/// Compares all bytes, so that the time does not reveal where they differ.
fn are_equal(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other));
    one.len() == other.len() && differ == 0
}

/// Returns whether a `Host` header names the loopback.
fn is_loopback_name(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return is_loopback(address.ip());
    }
    if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return is_loopback(address);
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost")
}

/// Returns whether an address is only reachable from this machine.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn check(token: Option<&str>, headers: &[(HeaderName, &str)]) -> Result<(), Refusal> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Access::new(token.map(str::to_owned)).check(&headers)
    }

    #[test]
    fn the_host_must_be_the_loopback() {
        for host in
            ["127.0.0.1", "127.0.0.1:4319", "localhost:1", "LOCALHOST", "[::1]:80", "[::1]", "127.9.9.9"]
        {
            assert_eq!(check(None, &[(HOST, host)]), Ok(()), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:4319",
            "10.0.0.1",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "localhost:x",
            "[fe80::1]:80",
            "0.0.0.0",
        ] {
            assert_eq!(check(None, &[(HOST, host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(check(None, &[]), Err(Refusal::Host));
    }

    #[test]
    fn another_s_page_is_refused() {
        let from = |origin| check(None, &[(HOST, "localhost:1"), (ORIGIN, origin)]);
        assert_eq!(from("http://localhost:1"), Ok(()));
        for origin in ["http://evil.example", "null", "http://localhost:2", "http://localhost:1.evil.example"]
        {
            assert_eq!(from(origin), Err(Refusal::Host), "{origin}");
        }
    }

    #[test]
    fn with_a_token_each_request_must_have_it() {
        let host = (HOST, "10.0.0.7:4319");
        let with = |name, value: &str| check(Some("s3cret"), &[host.clone(), (name, value)]);
        assert_eq!(with(AUTHORIZATION, "Bearer s3cret"), Ok(()));
        let access = Access::new(Some("s3cret".to_owned()));
        let cookie = access.cookie("s3cret").unwrap();
        let own = cookie.split(';').next().unwrap();
        assert_eq!(with(COOKIE, &format!("a=b; {own}")), Ok(()));
        // Beside the cookie of another viewer on the same host, in either order.
        let other = Access::new(Some("an0ther".to_owned())).cookie("an0ther").unwrap();
        let other = other.split(';').next().unwrap();
        assert_eq!(with(COOKIE, &format!("{other}; {own}")), Ok(()));
        assert_eq!(with(COOKIE, &format!("{own}; {other}")), Ok(()));
        assert_eq!(with(COOKIE, other), Err(Refusal::Token));
        assert_eq!((access.cookie("s3cre"), Access::new(None).cookie("")), (None, None));
        for wrong in ["Bearer s3cre", "Bearer s3crets", "s3cret", "Bearer "] {
            assert_eq!(with(AUTHORIZATION, wrong), Err(Refusal::Token), "{wrong}");
        }
        let name = own.split('=').next().unwrap();
        assert_eq!(with(COOKIE, &format!("{name}=no")), Err(Refusal::Token));
        assert_eq!(check(Some("s3cret"), &[(HOST, "127.0.0.1")]), Err(Refusal::Token));
    }
}
