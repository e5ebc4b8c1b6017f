//! Traces through message brokers: NATS, Kafka, `RabbitMQ`, Redis streams, and `PostgreSQL`.
//!
//! [`Producer`] creates the spans of sending, and writes their contexts into messages. [`Consumer`] reads these
//! contexts, trusts them as an [`Edge`](traced_actor_propagation::Edge) says, and creates the spans of handling. A
//! module for each broker has carriers for its headers, and helpers. Each is behind a feature.
//!
//! | module | feature | the context is in |
//! |---|---|---|
//! | `nats` | `nats` | headers, of core NATS and of `JetStream` |
//! | `kafka` | `kafka` | headers of records |
//! | `rabbitmq` | `rabbitmq` | headers of messages |
//! | `redis` | `redis` | fields of a stream's entries |
//! | `postgres` | `postgres` | a column of an outbox, or the first line of a notification |
//! | [`text`] | | the first line of any text |
//!
//! # The spans
//!
//! They follow OpenTelemetry's [messaging conventions][semconv]: one span for each operation, named `operation destination`.
//!
//! | operation | kind | created by | parent or links |
//! |---|---|---|---|
//! | `send` | PRODUCER | [`Producer::send`] | a child of its sender's; the message carries its context |
//! | `create` | PRODUCER | [`Producer::create`] | a child of its sender's, for each message of a batch; the message carries its context |
//! | `send` of a batch | CLIENT | [`Producer::send_batch`] | a separate trace, with a link to each `create` |
//! | `receive` | CLIENT | [`Consumer::receive`] | a separate trace, with a link to each message |
//! | `process` | CONSUMER | [`Consumer::process`] | a child of the `send`, or [linked](Consumer::links) to it |
//! | `process` of a batch | CONSUMER | [`Consumer::open_batch`] | a separate trace, with a link to each message |
//! | settling: `ack`, `nack`, `commit` | CLIENT | [`Consumer::settle`] | a child of the `process` |
//!
//! If nothing is sampled, there are no spans, and the message is marked as unsampled, so that consumers do not decide
//! again.
//!
//! # Rules for all brokers
//!
//! * Other headers are kept, and names are read in any case.
//! * A message without a context is accepted. A malformed context costs the context, never the message.
//! * A message that is delivered again has another `process` span below the same `send`. If the broker reports it,
//!   `messaging.message.delivery_count` has the number of the delivery.
//! * A message that the consumer moves to a dead-letter queue is sent again, below the `process` span that failed. A
//!   message that the broker moves keeps its headers, and so its trace.
//! * The size of contexts is limited, as at any edge. A context that would make a message too large is left out, if the
//!   client reports the limit before or after the send.
//!
//! [semconv]: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
#![cfg_attr(docsrs, feature(doc_cfg))]

mod consumer;
mod facts;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "nats")]
pub mod nats;
mod operation;
#[cfg(feature = "postgres")]
pub mod postgres;
mod producer;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
#[cfg(feature = "redis")]
pub mod redis;
pub mod text;

pub use consumer::Consumer;
pub use facts::{Facts, System};
pub use producer::{Producer, Sending};

/// Tests the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
