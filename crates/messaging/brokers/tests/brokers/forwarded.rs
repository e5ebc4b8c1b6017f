//! Messages that are sent on with the headers that they came with: the new context takes the place of the old one.

use std::collections::{BTreeMap, BTreeSet};

use async_nats::HeaderMap;
use lapin::types::{AMQPValue, FieldTable};
use rdkafka::message::{Header, OwnedHeaders};
use redis::Value;
use traced_actor::testkit;
use traced_actor_messaging::{
    Facts, Producer, Sending, System, kafka, nats, postgres, rabbitmq, redis as streams,
};
use traced_actor_propagation::carrier::ReadCarrier;
use traced_actor_propagation::{CompositePropagator, Format};

use crate::spans::PARENT;

/// The headers of the sender before, as several systems write them, and one that is no part of a context.
const BEFORE: [(&str, &str); 15] = [
    ("TraceParent", PARENT),
    ("tracestate", "vendor=1"),
    ("Baggage", "tenant=old"),
    ("B3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"),
    ("X-B3-TraceId", "0af7651916cd43dd8448eb211c80319c"),
    ("X-B3-SpanId", "b7ad6b7169203331"),
    ("X-B3-ParentSpanId", "00f067aa0ba902b7"),
    ("x-b3-sampled", "1"),
    ("X-B3-Flags", "1"),
    ("uber-trace-id", "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:1"),
    ("UberCtx-Tenant", "old"),
    ("uberctx-role", "admin"),
    ("jaeger-baggage", "tenant=old"),
    ("X-Amzn-Trace-Id", "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1"),
    ("Shop", "7"),
];

/// Writes the context of a message into the headers that it came with, and returns all of them.
type Through = fn(&mut Sending) -> Found;

/// The headers of a message, by their names in lower case.
type Found = BTreeMap<String, Vec<String>>;

fn found(carrier: &dyn ReadCarrier) -> Found {
    let mut names = BTreeSet::new();
    carrier.visit_names(&mut |name| {
        names.insert(name.to_lowercase());
    });
    let values = |name: &str| {
        let mut values = Vec::new();
        carrier.visit_values(name, &mut |value| values.push(String::from_utf8(value.to_vec()).unwrap()));
        values
    };
    names.iter().map(|name| (name.clone(), values(name))).collect()
}

fn through_nats(sending: &mut Sending) -> Found {
    let mut headers = HeaderMap::new();
    for (name, value) in BEFORE {
        headers.append(name, value);
    }
    sending.write(&mut nats::Writer(&mut headers));
    found(&nats::Reader(Some(&headers)))
}

fn through_kafka(sending: &mut Sending) -> Found {
    let before = BEFORE.iter().map(|&(key, value)| Header { key, value: Some(value) });
    let mut headers = before.fold(OwnedHeaders::new(), OwnedHeaders::insert);
    sending.write(&mut kafka::Writer(&mut headers));
    found(&kafka::Reader(Some(&headers)))
}

fn through_rabbitmq(sending: &mut Sending) -> Found {
    let mut headers = FieldTable::default();
    for (name, value) in BEFORE {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    sending.write(&mut rabbitmq::Writer(&mut headers));
    found(&rabbitmq::Reader(Some(&headers)))
}

fn through_redis(sending: &mut Sending) -> Found {
    let mut fields: Vec<_> = BEFORE.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
    sending.write(&mut streams::Writer(&mut fields));
    let read = fields.into_iter().map(|(name, value)| (name, Value::BulkString(value))).collect();
    found(&streams::Reader(&read))
}

fn through_postgres(sending: &mut Sending) -> Found {
    let before: BTreeMap<_, _> = BEFORE.into();
    let headers = postgres::headers(sending, Some(&serde_json::to_string(&before).unwrap()));
    let headers: BTreeMap<String, String> = serde_json::from_str(&headers).unwrap();
    found(&headers)
}

#[test]
fn a_context_takes_the_place_of_the_one_before_in_every_form() {
    use Format::{B3, B3Multi, Baggage, Jaeger, TraceContext, XRay};

    let formats: [(&[Format], &[&str]); 3] = [
        (
            &[TraceContext, Baggage, B3, Jaeger, XRay],
            &["b3", "traceparent", "uber-trace-id", "x-amzn-trace-id"],
        ),
        (
            &[TraceContext, Baggage, B3Multi, Jaeger, XRay],
            &[
                "traceparent",
                "uber-trace-id",
                "x-amzn-trace-id",
                "x-b3-sampled",
                "x-b3-spanid",
                "x-b3-traceid",
            ],
        ),
        (
            &[TraceContext, Baggage, B3, B3Multi, Jaeger, XRay],
            &[
                "b3",
                "traceparent",
                "uber-trace-id",
                "x-amzn-trace-id",
                "x-b3-sampled",
                "x-b3-spanid",
                "x-b3-traceid",
            ],
        ),
    ];
    let carriers: [(&str, Through); 5] = [
        ("NATS", through_nats),
        ("Kafka", through_kafka),
        ("RabbitMQ", through_rabbitmq),
        ("Redis", through_redis),
        ("PostgreSQL", through_postgres),
    ];
    for (formats, written) in formats {
        for (carrier, through) in carriers {
            let spans = testkit::record();
            let producer =
                Producer::new(System::Kafka).formats(CompositePropagator::new(formats.iter().copied()));
            let mut sending = producer.send(&Facts::of("orders"));
            let mut headers = through(&mut sending);
            drop(sending);
            assert_eq!(headers.remove("shop"), Some(vec!["7".to_owned()]), "{carrier}");
            assert_eq!(headers.keys().collect::<Vec<_>>(), written, "{carrier}");
            let span = spans.named("send orders")[0].context.span_id.to_string();
            for (name, values) in &headers {
                let [value] = values.as_slice() else { panic!("{carrier}: {name}: {values:?}") };
                let has_id = !matches!(&**name, "x-b3-sampled" | "x-b3-traceid");
                assert!(!has_id || value.contains(&span), "{carrier}: {name}: {value}");
                assert!(!value.contains("b7ad6b7169203331"), "{carrier}: {name}: {value}");
            }
        }
    }
}

/// Where a message would be too large with a context, none is left.
#[test]
fn a_message_that_is_too_large_for_a_context_keeps_none() {
    let _spans = testkit::record();
    let formats = [Format::TraceContext, Format::Baggage, Format::B3, Format::Jaeger, Format::XRay];
    let sending =
        Producer::new(System::Nats).formats(CompositePropagator::new(formats)).send(&Facts::of("orders"));
    let mut headers = HeaderMap::new();
    for (name, value) in BEFORE {
        headers.append(name, value);
    }
    sending.remove(&mut nats::Writer(&mut headers));
    assert_eq!(found(&nats::Reader(Some(&headers))).into_keys().collect::<Vec<_>>(), ["shop"]);
}
