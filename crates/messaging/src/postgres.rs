//! `PostgreSQL`: messages in a table (an outbox), and LISTEN/NOTIFY.
//!
//! It works with every client, because it writes and reads text.
//!
//! # An outbox
//!
//! A message is a row, written in the same transaction as the change that it reports. Another process reads the row and
//! forwards the message:
//!
//! ```
//! use traced_actor_messaging::{Consumer, Facts, Producer, System, postgres};
//! use traced_actor_propagation::Edge;
//!
//! // in the transaction: INSERT INTO outbox (headers, payload) VALUES ($1::jsonb, $2)
//! let mut sending = Producer::new(System::Postgres).send(&Facts::of("outbox"));
//! let headers: String = postgres::headers(&mut sending, None);
//!
//! // SELECT id, headers::text, payload FROM outbox ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 10
//! let consumer = Consumer::new(System::Postgres, Edge::new("outbox"));
//! let context = postgres::context(&consumer, Some(&headers));
//! # let _ = context;
//! ```
//!
//! # NOTIFY
//!
//! A payload has no headers and at most 7,999 bytes. [`notification`] puts a line with the context before it, if there
//! is room. [`read_notification`] also accepts payloads without that line. A listener that does not use it sees the line. So
//! write contexts only when all listeners use it.

use serde_json::{Map, Value};
use traced_actor::context::MessageContext;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier, has_prefix};

use crate::{Consumer, Sending, text};

/// A table for [`headers`] and payloads.
pub const OUTBOX: &str = "CREATE TABLE IF NOT EXISTS outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    headers jsonb,
    payload bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0
)";

/// The longest payload of a notification, in bytes. [PostgreSQL](https://www.postgresql.org/docs/current/sql-notify.html)
/// requires fewer than 8,000 in its default configuration.
pub const LONGEST_NOTIFICATION: usize = 7_999;

/// The length of headers in bytes beyond which no context is read from them.
const LONGEST_HEADERS: usize = 64 * 1024;

/// Returns the headers of a row as JSON: an object, with the context of the span.
///
/// `others` is such an object with your own headers, which are kept with any value. A value that is not an object is ignored.
pub fn headers(sending: &mut Sending, others: Option<&str>) -> String {
    let mut headers = Headers(others.and_then(parse).unwrap_or_default());
    sending.write(&mut headers);
    Value::Object(headers.0).to_string()
}

/// Reads the context from a row's headers. A row without headers, or with malformed ones, is bare.
pub fn context(consumer: &Consumer, headers: Option<&str>) -> MessageContext {
    match headers.filter(|object| object.len() <= LONGEST_HEADERS).and_then(parse) {
        Some(headers) => consumer.context(&Headers(headers)),
        None => MessageContext::ABSENT,
    }
}

/// Returns the payload of a notification, with the context of the span if both fit.
pub fn notification(sending: &mut Sending, payload: &str) -> String {
    text::write(sending, payload, LONGEST_NOTIFICATION)
}

/// Reads the context of a notification, and returns its payload.
pub fn read_notification<'a>(consumer: &Consumer, payload: &'a str) -> (MessageContext, &'a str) {
    text::read(consumer, payload)
}

fn parse(object: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(object) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// The headers of a row, of which texts can be a context.
struct Headers(Map<String, Value>);

impl ReadCarrier for Headers {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (_, value) in self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            if let Value::String(text) = value {
                visit(text.as_bytes());
            }
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.keys().for_each(|name| visit(name));
    }
}

impl WriteCarrier for Headers {
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.0.insert(name.to_owned(), value.into());
    }

    fn unset(&mut self, name: &str) {
        self.0.retain(|key, _| !key.eq_ignore_ascii_case(name));
    }

    fn unset_prefix(&mut self, prefix: &str) {
        self.0.retain(|key, _| !has_prefix(key, prefix));
    }
}
