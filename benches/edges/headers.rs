//! Writing a context into the headers of a message that already has one, and reading it.

use std::hint::black_box;

use async_nats::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use rdkafka::message::{Header, Headers, OwnedHeaders};
use traced_actor::context::{MessageContext, Timestamp};
use traced_actor_benches::{Contestant, Measure, Row, Set, timed};
use traced_actor_messaging::{Consumer, System, kafka, nats};
use traced_actor_propagation::{CompositePropagator, Edge};

use crate::{SAMPLED, UNSAMPLED, subscriber};

pub(crate) const HEADERS: Set = Set {
    name: "headers",
    world: subscriber::install_on,
    contestants: &[
        ("nats: headers", || nats_write(None)),
        ("nats: headers, unsampled", || nats_write(Some(UNSAMPLED))),
        ("nats: headers, sampled", || nats_write(Some(SAMPLED))),
        ("nats: headers, by hand", nats_by_hand),
        ("kafka: headers", || kafka_write(None)),
        ("kafka: headers, unsampled", || kafka_write(Some(UNSAMPLED))),
        ("kafka: headers, sampled", || kafka_write(Some(SAMPLED))),
        ("kafka: headers, by hand", kafka_by_hand),
        ("nats: read, unsampled", || nats_read(UNSAMPLED)),
        ("nats: read, sampled", || nats_read(SAMPLED)),
        ("nats: read, by hand", nats_read_by_hand),
        ("kafka: read, unsampled", || kafka_read(UNSAMPLED)),
        ("kafka: read, sampled", || kafka_read(SAMPLED)),
        ("kafka: read, by hand", kafka_read_by_hand),
    ],
    rows: &[
        Row::new(
            "nats: writing an unsampled context",
            "nats: headers, unsampled",
            "nats: headers",
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "nats: writing a sampled context",
            "nats: headers, sampled",
            "nats: headers",
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "nats: writing, of OpenTelemetry by hand",
            "nats: headers, sampled",
            "nats: headers, by hand",
            Measure::Ratio,
            None,
        ),
        Row::new(
            "kafka: writing an unsampled context",
            "kafka: headers, unsampled",
            "kafka: headers",
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "kafka: writing a sampled context",
            "kafka: headers, sampled",
            "kafka: headers",
            Measure::AddedNs,
            None,
        ),
        Row::new(
            "kafka: writing, of OpenTelemetry by hand",
            "kafka: headers, sampled",
            "kafka: headers, by hand",
            Measure::Ratio,
            None,
        ),
        Row::new(
            "nats: reading an unsampled context",
            "nats: read, unsampled",
            "nats: read, unsampled",
            Measure::Ns,
            None,
        ),
        Row::new(
            "nats: reading, of OpenTelemetry by hand",
            "nats: read, sampled",
            "nats: read, by hand",
            Measure::Ratio,
            None,
        ),
        Row::new(
            "kafka: reading an unsampled context",
            "kafka: read, unsampled",
            "kafka: read, unsampled",
            Measure::Ns,
            None,
        ),
        Row::new(
            "kafka: reading, of OpenTelemetry by hand",
            "kafka: read, sampled",
            "kafka: read, by hand",
            Measure::Ratio,
            None,
        ),
    ],
};

fn context(parent: &str) -> MessageContext {
    Edge::new("bench").accept(&[("traceparent", parent)], Timestamp::now()).context
}

fn nats_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", "7");
    headers
}

fn kafka_headers() -> OwnedHeaders {
    OwnedHeaders::new().insert(Header { key: "shop", value: Some("7") })
}

/// Makes the headers, and writes a context into them if there is one.
fn nats_write(parent: Option<&'static str>) -> Contestant {
    let (formats, context) = (CompositePropagator::default(), parent.map(context));
    timed(move |times| {
        for _ in 0..times {
            let mut headers = nats_headers();
            if let Some(context) = &context {
                formats.inject_context(context.state(), &mut nats::Writer(&mut headers));
            }
            black_box(headers);
        }
    })
}

fn kafka_write(parent: Option<&'static str>) -> Contestant {
    let (formats, context) = (CompositePropagator::default(), parent.map(context));
    timed(move |times| {
        for _ in 0..times {
            let mut headers = kafka_headers();
            if let Some(context) = &context {
                formats.inject_context(context.state(), &mut kafka::Writer(&mut headers));
            }
            black_box(headers);
        }
    })
}

fn nats_read(parent: &str) -> Contestant {
    let consumer = Consumer::new(System::Nats, Edge::new("bench"));
    let mut headers = nats_headers();
    headers.insert("traceparent", parent);
    timed(move |times| {
        for _ in 0..times {
            black_box(consumer.context(&nats::Reader(Some(black_box(&headers)))));
        }
    })
}

fn kafka_read(parent: &str) -> Contestant {
    let consumer = Consumer::new(System::Kafka, Edge::new("bench"));
    let headers = kafka_headers().insert(Header { key: "traceparent", value: Some(parent) });
    timed(move |times| {
        for _ in 0..times {
            black_box(consumer.context(&kafka::Reader(Some(black_box(&headers)))));
        }
    })
}

// ----- OpenTelemetry's propagator over the same headers, as one writes it by hand -----

struct NatsByHand<'a>(&'a mut HeaderMap);

impl Injector for NatsByHand<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key, value.as_str());
    }
}

struct NatsRead<'a>(&'a HeaderMap);

impl Extractor for NatsRead<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(async_nats::HeaderValue::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_ref()).collect()
    }
}

struct KafkaByHand<'a>(&'a mut OwnedHeaders);

impl Injector for KafkaByHand<'_> {
    fn set(&mut self, key: &str, value: String) {
        *self.0 = std::mem::take(self.0).insert(Header { key, value: Some(&value) });
    }
}

struct KafkaRead<'a>(&'a OwnedHeaders);

impl Extractor for KafkaRead<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|header| header.key == key)?;
        std::str::from_utf8(found.value?).ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|header| header.key).collect()
    }
}

fn parent() -> Context {
    let ids = (TraceId::from_bytes([7; 16]), SpanId::from_bytes([7; 8]));
    let span = SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, true, TraceState::default());
    Context::new().with_remote_span_context(span)
}

fn nats_by_hand() -> Contestant {
    let (propagator, context) = (TraceContextPropagator::new(), parent());
    timed(move |times| {
        for _ in 0..times {
            let mut headers = nats_headers();
            propagator.inject_context(&context, &mut NatsByHand(&mut headers));
            black_box(headers);
        }
    })
}

fn kafka_by_hand() -> Contestant {
    let (propagator, context) = (TraceContextPropagator::new(), parent());
    timed(move |times| {
        for _ in 0..times {
            let mut headers = kafka_headers();
            propagator.inject_context(&context, &mut KafkaByHand(&mut headers));
            black_box(headers);
        }
    })
}

fn nats_read_by_hand() -> Contestant {
    let propagator = TraceContextPropagator::new();
    let mut headers = nats_headers();
    headers.insert("traceparent", SAMPLED);
    timed(move |times| {
        for _ in 0..times {
            black_box(propagator.extract_with_context(&Context::new(), &NatsRead(black_box(&headers))));
        }
    })
}

fn kafka_read_by_hand() -> Contestant {
    let propagator = TraceContextPropagator::new();
    let headers = kafka_headers().insert(Header { key: "traceparent", value: Some(SAMPLED) });
    timed(move |times| {
        for _ in 0..times {
            black_box(propagator.extract_with_context(&Context::new(), &KafkaRead(black_box(&headers))));
        }
    })
}
