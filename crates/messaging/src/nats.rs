//! NATS with `async-nats`: core NATS and `JetStream`.
//!
//! ```no_run
//! use async_nats::jetstream;
//! use traced_actor_messaging::{Consumer, System, nats};
//! use traced_actor_propagation::Edge;
//!
//! # async fn run() -> Result<(), async_nats::Error> {
//! # async fn store(_: &[u8]) -> Result<(), std::io::Error> { Ok(()) }
//! let client = async_nats::connect("localhost").await?;
//! nats::publish(&client, "orders", None, "a table".into()).await?;
//!
//! let consumer = Consumer::new(System::Nats, Edge::new("orders"));
//! # let messages: Vec<jetstream::Message> = Vec::new();
//! for message in messages {
//!     nats::process_and_ack(&consumer, &message, store(&message.payload)).await?;
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::Future;

use async_nats::jetstream::{self, AckKind};
use async_nats::{Client, HeaderMap, HeaderName, Message};
use traced_actor::context::MessageContext;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier, has_prefix};

use crate::{Consumer, Facts, Producer, Sending, System};

/// Reads the headers of a message, if it has any. Names are read in any case.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub Option<&'a HeaderMap>);

impl ReadCarrier for Reader<'_> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let all = self.0.into_iter().flat_map(HeaderMap::iter);
        for value in all.filter(|(key, _)| is(key, name)).flat_map(|(_, values)| values) {
            visit(value.as_str().as_bytes());
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.into_iter().flat_map(HeaderMap::iter).for_each(|(name, _)| visit(name.as_ref()));
    }
}

/// Writes the headers of a message. Other headers are kept.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut HeaderMap);

impl WriteCarrier for Writer<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        // A line break would end the header. W3C's values have none.
        if !value.contains(['\r', '\n']) {
            self.0.insert(name, value);
        }
    }

    fn unset(&mut self, name: &str) {
        self.remove(|key| is(key, name));
    }

    fn unset_prefix(&mut self, prefix: &str) {
        self.remove(|key| has_prefix(key.as_ref(), prefix));
    }
}

impl Writer<'_> {
    fn remove(&mut self, is_removed: impl Fn(&HeaderName) -> bool) {
        // The map has no `remove`.
        if self.0.iter().any(|(key, _)| is_removed(key)) {
            let mut kept = HeaderMap::new();
            for (key, values) in self.0.iter().filter(|(key, _)| !is_removed(key)) {
                // The map's `collect` would keep only one value for each name.
                for value in values {
                    kept.append(key.clone(), value.clone());
                }
            }
            *self.0 = kept;
        }
    }
}

fn is(key: &HeaderName, name: &str) -> bool {
    AsRef::<str>::as_ref(key).eq_ignore_ascii_case(name)
}

/// Publishes a message to a subject, with the context of the span `send …` in its headers.
///
/// If the context would make the message too large for the server, it is left out.
///
/// # Errors
///
/// Returns the errors of `async_nats`.
pub async fn publish(
    client: &Client,
    subject: &str,
    headers: Option<HeaderMap>,
    payload: Vec<u8>,
) -> Result<(), async_nats::PublishError> {
    let (sending, headers) = write(client, subject, headers, &payload);
    sending.run(client.publish_with_headers(subject.to_owned(), headers, payload.into())).await
}

/// Publishes a message to a stream, and waits until the server has stored it.
///
/// If the context would make the message too large for the server, it is left out.
///
/// # Errors
///
/// Returns the errors of `async_nats`.
pub async fn publish_to_stream(
    context: &jetstream::Context,
    client: &Client,
    subject: &str,
    headers: Option<HeaderMap>,
    payload: Vec<u8>,
) -> Result<jetstream::publish::PublishAck, jetstream::context::PublishError> {
    let (sending, headers) = write(client, subject, headers, &payload);
    let stored =
        async { context.publish_with_headers(subject.to_owned(), headers, payload.into()).await?.await };
    sending.run(stored).await
}

fn write(client: &Client, subject: &str, headers: Option<HeaderMap>, payload: &[u8]) -> (Sending, HeaderMap) {
    let mut facts = Facts::of(subject);
    facts.temporary = is_temporary(subject);
    facts.body_size = Some(payload.len());
    let mut sending = Producer::new(System::Nats).send(&facts);
    let mut headers = headers.unwrap_or_default();
    sending.write(&mut Writer(&mut headers));
    if payload.len() + size(&headers) > client.server_info().max_payload {
        sending.remove(&mut Writer(&mut headers));
    }
    (sending, headers)
}

/// Returns the size of the headers as they are sent: a first line, `name: value` lines, and an empty one.
fn size(headers: &HeaderMap) -> usize {
    let line = |name: &str, value: &str| name.len() + value.len() + ": \r\n".len();
    let all = headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    "NATS/1.0\r\n\r\n".len() + all.map(|(name, value)| line(name.as_ref(), value.as_str())).sum::<usize>()
}

fn is_temporary(subject: &str) -> bool {
    subject.starts_with("_INBOX.")
}

/// Returns the facts about a message.
pub fn facts(message: &Message) -> Facts<'_> {
    let mut facts = Facts::of(message.subject.as_str());
    facts.temporary = is_temporary(message.subject.as_str());
    facts.body_size = Some(message.payload.len());
    facts
}

/// Returns the facts of a message of a stream: also the name of its consumer, and how often it was delivered.
pub fn stream_facts(message: &jetstream::Message) -> Facts<'_> {
    let mut facts = facts(&message.message);
    if let Ok(info) = message.info() {
        facts.group = Some(info.consumer);
        facts.delivery_count = u64::try_from(info.delivered).ok();
    }
    facts
}

/// Reads the context of a message.
pub fn context(consumer: &Consumer, message: &Message) -> MessageContext {
    consumer.context(&Reader(message.headers.as_ref()))
}

/// Handles a message of a stream in the span `process …`, and settles it.
///
/// It is acknowledged (`ack`), or requested again if the handler fails (`nak`).
///
/// # Errors
///
/// Returns the error of the handler or of the acknowledgement. The message is then delivered again.
pub async fn process_and_ack<E>(
    consumer: &Consumer,
    message: &jetstream::Message,
    handler: impl Future<Output = Result<(), E>>,
) -> Result<(), async_nats::Error>
where
    E: fmt::Display + Into<async_nats::Error>,
{
    let facts = stream_facts(message);
    let context = context(consumer, &message.message);
    let handled = async {
        let result = handler.await;
        let (name, kind) = match result {
            Ok(()) => ("ack", AckKind::Ack),
            Err(_) => ("nak", AckKind::Nak(None)),
        };
        let settled = consumer.settle(name, &facts, message.ack_with(kind)).await;
        result.map_err(Into::into).and(settled)
    };
    consumer.process(&facts, context, handled).await
}
