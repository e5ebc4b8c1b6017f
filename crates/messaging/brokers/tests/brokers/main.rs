//! Real brokers: one trace through each, and what becomes of it when something fails.
//!
//! `../install` installs what is missing. A test whose server cannot be had says so and passes, unless `REQUIRE_BROKERS` is set.

mod actor;
mod kafka;
mod nats;
mod postgres;
mod rabbitmq;
mod redis;
mod spans;
