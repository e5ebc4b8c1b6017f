//! Traces through message brokers: NATS, Kafka, `RabbitMQ`, Redis streams, and `PostgreSQL`.
//!
//! [`Producer`] makes the spans of sending and writes their contexts into messages; [`Consumer`] reads them, trusts them as an
//! [`Edge`](traced_actor_propagation::Edge) says, and makes the spans of handling. The modules have what is a broker's own: the carriers of its
//! headers, and helpers. Each is behind a feature.
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
//! | operation | kind | made by | parent or links |
//! |---|---|---|---|
//! | `send` | PRODUCER | [`Producer::send`] | below its sender; the message carries its context |
//! | `create` | PRODUCER | [`Producer::create`] | below its sender, for each message of a batch, which carries its context |
//! | `send` of a batch | CLIENT | [`Producer::send_batch`] | a trace of its own, with a link to each `create` |
//! | `receive` | CLIENT | [`Consumer::receive`] | a trace of its own, with a link to each message |
//! | `process` | CONSUMER | [`Consumer::process`] | below the `send`, or [linked](Consumer::links) to it |
//! | `process` of a batch | CONSUMER | [`Consumer::open_batch`] | a trace of its own, with a link to each message |
//! | settling: `ack`, `nack`, `commit` | CLIENT | [`Consumer::settle`] | below the `process` |
//!
//! While nothing is sampled, there are none, and a message says that it is not sampled: consumers further on do not decide again.
//!
//! # What holds for all
//!
//! * Headers of others are kept, and names are read in any case.
//! * A message without a context is taken as it is. A malformed context costs the context, never the message.
//! * A message that is delivered again has another `process` span below the same `send`. `messaging.message.delivery_count` says which
//!   delivery it is, where the broker tells.
//! * A message that is moved to a dead-letter queue by the consumer is sent anew: below the `process` span that failed. One that the broker moves
//!   keeps its headers, and so its trace.
//! * Contexts are bounded as an edge bounds them. One that makes a message too large is left out, where the client says so before or after.
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

/// The example of the README is checked.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
