//! `RabbitMQ` with `lapin`.
//!
//! ```no_run
//! use lapin::options::{BasicAckOptions, BasicPublishOptions};
//! use lapin::{BasicProperties, Channel, message::Delivery};
//! use traced_actor_messaging::{Consumer, System, rabbitmq};
//! use traced_actor_propagation::Edge;
//!
//! # async fn run(channel: Channel, delivery: Delivery) -> lapin::Result<()> {
//! # async fn store(_: &[u8]) -> lapin::Result<()> { Ok(()) }
//! let options = BasicPublishOptions::default();
//! let confirm = rabbitmq::publish(&channel, "", "orders", options, b"a table", BasicProperties::default()).await?;
//! confirm.await?;
//!
//! let consumer = Consumer::new(System::RabbitMq, Edge::new("orders"));
//! let facts = rabbitmq::facts("orders", &delivery);
//! let context = rabbitmq::context(&consumer, &delivery);
//! consumer.process(&facts, context, async {
//!     store(&delivery.data).await?;
//!     consumer.settle("ack", &facts, delivery.ack(BasicAckOptions::default())).await
//! }).await?;
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::fmt;

use lapin::message::Delivery;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};
use traced_actor::context::MessageContext;
use traced_actor_propagation::carrier::{ReadCarrier, WriteCarrier, has_prefix};

use crate::{Consumer, Facts, Producer, Sending, System};

/// The default frame size of `RabbitMQ`, minus the room for the other properties of a message.
const LONGEST_HEADERS: usize = 128 * 1024 - 4 * 1024;

/// Reads the headers of a message, if it has any. Names are read in any case.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub Option<&'a FieldTable>);

impl ReadCarrier for Reader<'_> {
    fn visit_values<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let all = self.0.into_iter().flat_map(FieldTable::inner);
        for (_, value) in all.filter(|(key, _)| key.as_str().eq_ignore_ascii_case(name)) {
            match value {
                AMQPValue::LongString(text) => visit(text.as_bytes()),
                AMQPValue::ShortString(text) => visit(text.as_str().as_bytes()),
                AMQPValue::ByteArray(bytes) => visit(bytes.as_slice()),
                _ => {}
            }
        }
    }

    fn visit_names<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        self.0.into_iter().flat_map(FieldTable::inner).for_each(|(name, _)| visit(name.as_str()));
    }
}

/// Writes the headers of a message. Other headers are kept.
#[derive(Debug)]
pub struct Writer<'a>(pub &'a mut FieldTable);

impl WriteCarrier for Writer<'_> {
    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.0.insert(ShortString::from(name), AMQPValue::LongString(value.into()));
    }

    fn unset(&mut self, name: &str) {
        self.remove(|key| key.eq_ignore_ascii_case(name));
    }

    fn unset_prefix(&mut self, prefix: &str) {
        self.remove(|key| has_prefix(key, prefix));
    }
}

impl Writer<'_> {
    fn remove(&mut self, is_removed: impl Fn(&str) -> bool) {
        // The table has no `remove`.
        if self.0.inner().keys().any(|key| is_removed(key.as_str())) {
            let kept = self.0.inner().iter().filter(|(key, _)| !is_removed(key.as_str()));
            let kept: BTreeMap<_, _> = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
            *self.0 = kept.into();
        }
    }
}

/// Publishes a message, with the context of the span `send …` in its headers.
///
/// The span ends when the message is written. The returned confirmation has the broker's answer, and
/// [`publish_confirmed`] waits for it. A context that would make the headers larger than a frame of `RabbitMQ`'s default
/// size is left out, because the server would close the connection.
///
/// # Errors
///
/// Returns the errors of `lapin`.
pub async fn publish(
    channel: &Channel,
    exchange: &str,
    routing_key: &str,
    options: BasicPublishOptions,
    payload: &[u8],
    properties: BasicProperties,
) -> lapin::Result<PublisherConfirm> {
    let (sending, published) = start(channel, exchange, routing_key, options, payload, properties);
    sending.run(published).await
}

/// Publishes a message as [`publish`] does, and waits for the broker's answer, with which the span ends.
///
/// Use it on a channel with [`confirm_select`](Channel::confirm_select). The span fails if the broker refuses the
/// message, or returns it because it is mandatory and no queue takes it. The returned confirmation says which.
///
/// # Errors
///
/// Returns the errors of `lapin`.
///
/// # Cancel safety
///
/// If the future is dropped, the span ends as `cancelled`, and the message may have been sent.
pub async fn publish_confirmed(
    channel: &Channel,
    exchange: &str,
    routing_key: &str,
    options: BasicPublishOptions,
    payload: &[u8],
    properties: BasicProperties,
) -> lapin::Result<Confirmation> {
    let (sending, published) = start(channel, exchange, routing_key, options, payload, properties);
    let confirmed = async {
        match published.await.map_err(Unsent::Failed)?.await.map_err(Unsent::Failed)? {
            confirmed @ (Confirmation::Ack(None) | Confirmation::NotRequested) => Ok(confirmed),
            refused => Err(Unsent::Refused(Box::new(refused))),
        }
    };
    match sending.run(confirmed).await {
        Ok(confirmed) => Ok(confirmed),
        Err(Unsent::Refused(confirmed)) => Ok(*confirmed),
        Err(Unsent::Failed(error)) => Err(error),
    }
}

/// The reason why a message did not get to a queue.
enum Unsent {
    Failed(lapin::Error),
    /// The broker refused it, or sent it back.
    Refused(Box<Confirmation>),
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = match self {
            Self::Failed(error) => return error.fmt(f),
            Self::Refused(refused) => &**refused,
        };
        match refused {
            Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
                write!(f, "returned: {} {}", returned.reply_code, returned.reply_text)
            }
            _ => f.write_str("refused by the broker"),
        }
    }
}

/// Starts the span `send …` of a message. Returns it with the future that publishes the message with its context.
fn start<'a>(
    channel: &'a Channel,
    exchange: &str,
    routing_key: &str,
    options: BasicPublishOptions,
    payload: &'a [u8],
    properties: BasicProperties,
) -> (Sending, impl Future<Output = lapin::Result<PublisherConfirm>> + use<'a>) {
    let destination = destination(exchange, routing_key);
    let mut facts = Facts::of(&destination);
    facts.routing_key = Some(routing_key);
    facts.body_size = Some(payload.len());
    let mut sending = Producer::new(System::RabbitMq).send(&facts);
    let mut headers = properties.headers().clone().unwrap_or_default();
    sending.write(&mut Writer(&mut headers));
    if size(&headers) > LONGEST_HEADERS {
        sending.remove(&mut Writer(&mut headers));
    }
    let properties = properties.with_headers(headers);
    let (exchange, routing_key) = (ShortString::from(exchange), ShortString::from(routing_key));
    (sending, channel.basic_publish(exchange, routing_key, options, payload, properties))
}

/// Returns the size of a table when sent, in bytes.
fn size(table: &FieldTable) -> usize {
    let fields = table.inner().iter().map(|(name, value)| 1 + name.as_str().len() + size_of_value(value));
    4 + fields.sum::<usize>()
}

fn size_of_value(value: &AMQPValue) -> usize {
    1 + match value {
        AMQPValue::LongString(text) => 4 + text.as_bytes().len(),
        AMQPValue::ShortString(text) => 1 + text.as_str().len(),
        AMQPValue::ByteArray(bytes) => 4 + bytes.as_slice().len(),
        AMQPValue::FieldArray(values) => 4 + values.as_slice().iter().map(size_of_value).sum::<usize>(),
        AMQPValue::FieldTable(table) => size(table),
        // Numbers.
        _ => 8,
    }
}

/// Returns `exchange:routing key`, as in OpenTelemetry's conventions. Empty parts are omitted.
fn destination(exchange: &str, routing_key: &str) -> String {
    match (exchange, routing_key) {
        ("", key) => key.to_owned(),
        (exchange, "") => exchange.to_owned(),
        (exchange, key) => format!("{exchange}:{key}"),
    }
}

/// Returns the facts about a message from this queue.
pub fn facts<'a>(queue: &'a str, delivery: &'a Delivery) -> Facts<'a> {
    let mut facts = Facts::of(queue);
    facts.routing_key = Some(delivery.routing_key.as_str());
    facts.body_size = Some(delivery.data.len());
    facts.message_id = delivery.properties.message_id().as_ref().map(ShortString::as_str);
    facts.redelivered = delivery.redelivered;
    facts.delivery_count = failed_deliveries(delivery).map(|failed| failed.saturating_add(1));
    facts
}

/// Returns how often a quorum queue has delivered a message without success.
///
/// Other queues only tell whether it was delivered before.
fn failed_deliveries(delivery: &Delivery) -> Option<u64> {
    match delivery.properties.headers().as_ref()?.inner().get("x-delivery-count")? {
        AMQPValue::LongLongInt(count) => u64::try_from(*count).ok(),
        AMQPValue::LongInt(count) => u64::try_from(*count).ok(),
        AMQPValue::LongUInt(count) => Some(u64::from(*count)),
        AMQPValue::ShortInt(count) => u64::try_from(*count).ok(),
        AMQPValue::ShortUInt(count) => Some(u64::from(*count)),
        AMQPValue::ShortShortInt(count) => u64::try_from(*count).ok(),
        AMQPValue::ShortShortUInt(count) => Some(u64::from(*count)),
        _ => None,
    }
}

/// Reads the context of a message.
pub fn context(consumer: &Consumer, delivery: &Delivery) -> MessageContext {
    consumer.context(&Reader(delivery.properties.headers().as_ref()))
}
