//! Reads a context from a browser, which cannot set headers when it opens a WebSocket or an event stream.
//!
//! | where | code in the browser |
//! |---|---|
//! | query parameter | `new WebSocket("wss://host/ws?traceparent=00-…-01")` |
//! | sub-protocol | `new WebSocket(url, ["chat", "traceparent.00-…-01"])` |
//! | first frame | `socket.send("traceparent=00-…-01")` |
//!
//! Each function returns pairs of header names and values, which an [`Edge`](super::Edge) can read. Other names and
//! values are ignored. Proxies write queries to their access logs, so do not put confidential baggage into a query.

use super::{baggage, jaeger, traceparent, tracestate};

/// The headers of a context as pairs. They implement [`ReadCarrier`](crate::carrier::ReadCarrier).
pub type Headers = Vec<(&'static str, String)>;

/// The headers that are accepted from a browser.
const NAMES: [&str; 4] = [traceparent::HEADER, tracestate::HEADER, baggage::HEADER, jaeger::HEADER];
/// The name that gives the previous connection.
const PREVIOUS: &str = "previous";
/// The maximum length of a text that is read, in bytes.
const MAX: usize = 16 * 1024;

/// Reads a context from a query, the percent-encoded part of a URL after the `?`.
///
/// ```
/// use traced_actor_propagation::browser;
///
/// let headers = browser::from_query("room=7&traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
/// assert_eq!(headers[0].0, "traceparent");
/// ```
pub fn from_query(query: &str) -> Headers {
    pairs(query).filter_map(|(name, value)| header(name, value)).collect()
}

/// Reads a context from the values of `Sec-WebSocket-Protocol`.
///
/// Each header is sent as a protocol `name.value`, percent-encoded. Also returns the other protocols in their order.
/// The server must select one of those, and not one that carries a header.
///
/// ```
/// use traced_actor_propagation::browser;
///
/// let (headers, protocols) =
///     browser::from_protocols("chat, traceparent.00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
/// assert_eq!((headers.len(), protocols), (1, vec!["chat"]));
/// ```
pub fn from_protocols(protocols: &str) -> (Headers, Vec<&str>) {
    let mut headers = Headers::new();
    let mut left = Vec::new();
    for protocol in protocols_of(protocols) {
        match protocol.split_once('.').and_then(|(name, value)| header(name, value)) {
            Some(header) => headers.push(header),
            None if protocol.is_empty() => {}
            None => left.push(protocol),
        }
    }
    (headers, left)
}

/// Reads a context from the first text frame, which is written like a query.
///
/// Returns `None` if the frame does not begin with one of the headers, or has no valid context. It then belongs to the application.
pub fn from_first_frame(frame: &str) -> Option<Headers> {
    let begins = |name: &&str| frame.strip_prefix(*name).is_some_and(|rest| rest.starts_with('='));
    if !NAMES.iter().any(begins) {
        return None;
    }
    let headers = from_query(frame);
    let parent = headers.iter().find(|(name, _)| *name == traceparent::HEADER);
    let is_w3c = parent.is_some_and(|(_, parent)| traceparent::parse(parent.as_bytes()).is_ok());
    let is_context = is_w3c || matches!(jaeger::read(&headers), Ok(Some(_)));
    is_context.then_some(headers)
}

/// Reads a context from the first line of a text message, which is written like a query. Also returns the message.
///
/// Returns `None` if the line carries no valid `traceparent`. The text then belongs to the application as a whole.
///
/// ```
/// use traced_actor_propagation::browser;
///
/// let text = "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n{\"post\": \"hello\"}";
/// let (headers, message) = browser::from_message(text).unwrap();
/// assert_eq!((headers.len(), message), (1, "{\"post\": \"hello\"}"));
/// assert_eq!(browser::from_message("traceparent=none\nhello"), None);
/// ```
pub fn from_message(text: &str) -> Option<(Headers, &str)> {
    if !text.starts_with("traceparent=") {
        return None;
    }
    let end = text.bytes().take(MAX).position(|byte| byte == b'\n')?;
    let headers = from_query(&text[..end]);
    let (_, parent) = headers.iter().find(|(name, _)| *name == traceparent::HEADER)?;
    traceparent::parse(parent.as_bytes()).ok()?;
    Some((headers, &text[end + 1..]))
}

/// Reads the `traceparent` of the previous connection, under the name `previous` in a query or a first frame.
///
/// ```
/// use traced_actor_propagation::browser;
///
/// let query = "room=7&previous=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// assert_eq!(browser::previous_from_query(query)[0].0, "traceparent");
/// assert!(browser::previous_from_query("room=7").is_empty());
/// ```
pub fn previous_from_query(query: &str) -> Headers {
    previous(pairs(query))
}

/// Reads the `traceparent` of the previous connection from the values of `Sec-WebSocket-Protocol`.
///
/// The protocol is `previous.` followed by the value.
pub fn previous_from_protocols(protocols: &str) -> Headers {
    previous(protocols_of(protocols).filter_map(|protocol| protocol.split_once('.')))
}

/// Returns the names and values of a query.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    bounded(query).split('&').filter_map(|pair| pair.split_once('='))
}

/// Returns the protocols of a list, without surrounding spaces.
fn protocols_of(list: &str) -> impl Iterator<Item = &str> {
    bounded(list).split(',').map(|protocol| protocol.trim_matches([' ', '\t']))
}

/// Returns the text, or an empty one if it is too long.
fn bounded(text: &str) -> &str {
    if text.len() > MAX { "" } else { text }
}

fn previous<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Headers {
    let values = pairs.filter_map(|(name, value)| (name == PREVIOUS).then_some(value));
    values.filter_map(|value| header(traceparent::HEADER, value)).collect()
}

fn header(name: &str, value: &str) -> Option<(&'static str, String)> {
    let name = NAMES.into_iter().find(|known| *known == name)?;
    let value = baggage::decode(value.as_bytes()).into_owned();
    Some((name, value))
}
