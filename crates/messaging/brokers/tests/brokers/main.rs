//! Real brokers: one trace through each, and what becomes of it when something fails.
//!
//! `../install` installs what is missing. A test whose server cannot be had says so and passes, unless `REQUIRE_BROKERS` is set.

mod actor;
mod forwarded;
mod kafka;
mod kafka_records;
mod nats;
mod nats_promotions;
mod nats_requests;
mod postgres;
mod postgres_rows;
mod rabbitmq;
mod redis;
mod redis_groups;
mod spans;
