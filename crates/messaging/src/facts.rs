//! The facts about a message and its destination, for the attributes of spans.

use std::fmt;

use traced_actor::record::Fields;

/// The broker, as [`messaging.system`][semconv].
///
/// [semconv]: https://opentelemetry.io/docs/specs/semconv/registry/attributes/messaging/
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum System {
    /// Apache Kafka, and compatible brokers.
    Kafka,
    /// NATS, with or without `JetStream`.
    Nats,
    /// `PostgreSQL`: an outbox, or NOTIFY.
    Postgres,
    /// `RabbitMQ`.
    RabbitMq,
    /// Redis streams.
    Redis,
}

impl System {
    /// Returns the value of `messaging.system`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Nats => "nats",
            Self::Postgres => "postgresql",
            Self::RabbitMq => "rabbitmq",
            Self::Redis => "redis",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The facts about a message that its spans record. Unset ones are omitted.
///
/// ```
/// use traced_actor_messaging::Facts;
///
/// let mut facts = Facts::of("orders.eu.4711");
/// facts.template = Some("orders.*.*"); // so that the span's name is one of few
/// facts.body_size = Some(120);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The subject, topic, queue, stream or table: `messaging.destination.name`.
    pub destination: &'a str,
    /// The pattern of the destination, which replaces it in the span's name: `messaging.destination.template`.
    ///
    /// Set it if there are many destinations.
    pub template: Option<&'a str>,
    /// Whether the destination is created for one use, such as for a reply. It is then not in the span's name.
    pub temporary: bool,
    /// The id that the broker or the sender assigned: `messaging.message.id`.
    pub message_id: Option<&'a str>,
    /// The size of the payload in bytes: `messaging.message.body.size`.
    pub body_size: Option<usize>,
    /// The number of messages that are sent, received or handled together: `messaging.batch.message_count`.
    pub batch: Option<usize>,
    /// The group of consumers: `messaging.consumer.group.name`.
    pub group: Option<&'a str>,
    /// The partition: `messaging.destination.partition.id`.
    pub partition: Option<i32>,
    /// The position in the partition: `messaging.kafka.offset`.
    pub offset: Option<i64>,
    /// The routing key: `messaging.rabbitmq.destination.routing_key`.
    pub routing_key: Option<&'a str>,
    /// The number of deliveries, including this one: `messaging.message.delivery_count`, which is not a name of
    /// OpenTelemetry.
    pub delivery_count: Option<u64>,
    /// Whether it was delivered before, for brokers that do not count: `messaging.message.redelivered`, also our own
    /// name.
    pub redelivered: bool,
}

impl<'a> Facts<'a> {
    /// Creates the facts of a message to or from this destination.
    pub fn of(destination: &'a str) -> Self {
        Self { destination, ..Self::default() }
    }

    /// Returns the part of the span's name that names the destination.
    pub(crate) fn place(&self) -> Option<&'a str> {
        let place = self.template.or(Some(self.destination).filter(|_| !self.temporary))?;
        // A longer text is not a name.
        (!place.is_empty() && place.len() <= 200).then_some(place)
    }

    pub(crate) fn record(&self, fields: &mut Fields<'_>) {
        if !self.destination.is_empty() {
            fields.record("messaging.destination.name", self.destination);
        }
        if self.temporary {
            fields.record("messaging.destination.temporary", &true);
        }
        if self.redelivered {
            fields.record("messaging.message.redelivered", &true);
        }
        let mut text = |name, value: Option<&str>| {
            if let Some(value) = value {
                fields.record(name, value);
            }
        };
        text("messaging.destination.template", self.template);
        text("messaging.message.id", self.message_id);
        text("messaging.consumer.group.name", self.group);
        text("messaging.rabbitmq.destination.routing_key", self.routing_key);
        if let Some(partition) = self.partition {
            fields.record("messaging.destination.partition.id", &partition.to_string());
        }
        let mut number = |name, value: Option<u64>| {
            if let Some(value) = value {
                fields.record(name, &value);
            }
        };
        number("messaging.message.body.size", self.body_size.map(|size| size as u64));
        number("messaging.batch.message_count", self.batch.map(|count| count as u64));
        number("messaging.kafka.offset", self.offset.and_then(|offset| offset.try_into().ok()));
        number("messaging.message.delivery_count", self.delivery_count);
    }
}
