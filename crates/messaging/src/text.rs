//! A context in the first line of a payload that has no headers. The payload follows in the next line.
//!
//! `traced-socket.js` writes the same form: `traceparent=…`, a line feed, the payload. A payload without such a line is
//! bare.

use std::fmt::Write as _;

use traced_actor::context::MessageContext;
use traced_actor_propagation::browser;
use traced_actor_propagation::carrier::WriteCarrier;

use crate::{Consumer, Sending};

/// Writes a payload after the context of the span.
///
/// If the result would have more than `max` bytes, or if there is no context, it is only the payload.
pub fn write(sending: &mut Sending, payload: &str, max: usize) -> String {
    let mut line = Line(String::new());
    sending.write(&mut line);
    if line.0.is_empty() || line.0.len() + 1 + payload.len() > max {
        return payload.to_owned();
    }
    format!("{}\n{payload}", line.0)
}

/// Reads the context before a payload, and returns the payload. A bare payload is returned unchanged.
pub fn read<'a>(consumer: &Consumer, text: &'a str) -> (MessageContext, &'a str) {
    match browser::from_message(text) {
        Some((headers, payload)) => (consumer.context(&headers), payload),
        None => (MessageContext::ABSENT, text),
    }
}

/// Key-value pairs in the syntax of a query.
struct Line(String);

impl WriteCarrier for Line {
    fn set(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        for byte in value.bytes() {
            // Characters that a query and a line cannot contain are percent-encoded.
            if matches!(byte, b'&' | b'%' | b'+' | b'\n' | b'\r') || !byte.is_ascii() {
                let _ = write!(self.0, "%{byte:02X}"); // never fails
            } else {
                self.0.push(char::from(byte));
            }
        }
    }

    fn unset(&mut self, _: &str) {}
}
