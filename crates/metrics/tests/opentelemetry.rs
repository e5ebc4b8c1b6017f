//! The metrics through the OpenTelemetry SDK: names, units and numbers as a reader collects them, and the OTLP request as it is sent.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, Metric};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider, Temporality};
use prost::Message as _;
use traced_actor::sync::{mpsc, oneshot};
use traced_actor::testkit::{self, Spans};
use traced_actor::{Spawn, traced_actor};
use traced_actor_metrics::{Metrics, MetricsClock, OtlpExporter, observe};

#[traced_actor]
enum Message {
    Join,
    Post { fails: bool },
    Count { respond_to: oneshot::Sender<u64> },
}

struct Guild {
    clock: MetricsClock,
}

#[traced_actor]
impl Guild {
    async fn handle(&mut self, message: Message) -> Result<(), std::fmt::Error> {
        match std::future::ready(message).await {
            Message::Join => self.clock.advance(Duration::from_millis(250)),
            Message::Post { fails } => {
                self.clock.advance(Duration::from_millis(2));
                return if fails { Err(std::fmt::Error) } else { Ok(()) };
            }
            Message::Count { respond_to } => drop(respond_to.send(7)),
        }
        Ok(())
    }
}

/// A number of a series, and the unit and the type of its metric.
type Numbers = BTreeMap<(String, String), (String, &'static str, f64)>;

/// Returns all numbers that the SDK has collected, by name and sorted attributes.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn numbers(collected: &[ResourceMetrics]) -> Numbers {
    let mut all = Numbers::new();
    let last = collected.last().expect("it was collected");
    for metric in last.scope_metrics().flat_map(ScopeMetrics::metrics) {
        let mut add = |kind, attributes: Vec<String>, value| {
            let mut attributes = attributes;
            attributes.sort();
            let key = (metric.name().to_owned(), attributes.join(" "));
            assert!(
                all.insert(key.clone(), (metric.unit().to_owned(), kind, value)).is_none(),
                "{key:?} is there twice"
            );
        };
        let text = |one: &opentelemetry::KeyValue| format!("{}={}", one.key, one.value);
        match metric.data() {
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                assert!(
                    sum.is_monotonic() && sum.temporality() == Temporality::Cumulative,
                    "{}",
                    metric.name()
                );
                for point in sum.data_points() {
                    add("counter", point.attributes().map(text).collect(), point.value() as f64);
                }
            }
            AggregatedMetrics::U64(MetricData::Gauge(gauge)) => {
                for point in gauge.data_points() {
                    add("gauge", point.attributes().map(text).collect(), point.value() as f64);
                }
            }
            AggregatedMetrics::F64(MetricData::Sum(sum)) => {
                assert!(sum.is_monotonic(), "{}", metric.name());
                for point in sum.data_points() {
                    add("counter", point.attributes().map(text).collect(), point.value());
                }
            }
            AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                for point in gauge.data_points() {
                    add("gauge", point.attributes().map(text).collect(), point.value());
                }
            }
            other => panic!("{}: {other:?}", metric.name()),
        }
    }
    all
}

/// Returns a provider whose exporter sends what it gets through a channel.
fn otlp_provider(metrics: Metrics) -> (SdkMeterProvider, Receiver<Vec<u8>>) {
    let (sender, requests): (Sender<Vec<u8>>, _) = channel();
    let sender = Mutex::new(sender);
    let exporter = OtlpExporter::new(metrics, move |request| {
        // The provider flushes once more when it is dropped.
        let _ = sender.lock().unwrap().send(request);
        ready(Ok(()))
    });
    let resource = Resource::builder_empty().with_service_name("guilds").build();
    (SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(exporter).build(), requests)
}

fn text_of(attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue]) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let text =
        |one: &opentelemetry_proto::tonic::common::v1::KeyValue| match &one.value.as_ref().unwrap().value {
            Some(Value::StringValue(value)) => format!("{}={value}", one.key),
            other => panic!("{}: {other:?}", one.key),
        };
    let mut all: Vec<String> = attributes.iter().map(text).collect();
    all.sort();
    all.join(" ")
}

fn points(metric: &Metric) -> BTreeMap<String, &ExponentialHistogramDataPoint> {
    assert_eq!(metric.unit, "s", "{}", metric.name);
    let Some(Data::ExponentialHistogram(histogram)) = &metric.data else { panic!("{metric:?}") };
    assert_eq!(histogram.aggregation_temporality, 2, "cumulative");
    histogram.data_points.iter().map(|point| (text_of(&point.attributes), point)).collect()
}

/// Returns the bounds and the count of each bucket that is not empty, by OpenTelemetry's formula.
fn buckets(point: &ExponentialHistogramDataPoint) -> Vec<(f64, f64, u64)> {
    let base = 2_f64.powf(2_f64.powi(-point.scale));
    let positive = point.positive.as_ref().unwrap();
    let bucket = |(at, count): (i32, &u64)| {
        let index = positive.offset + at;
        (*count > 0).then(|| (base.powi(index), base.powi(index + 1), *count))
    };
    (0..).zip(&positive.bucket_counts).filter_map(bucket).collect()
}

#[tokio::test]
async fn a_reader_sees_all_counts_and_otlp_has_the_histograms() {
    let clock = MetricsClock::manual();
    let metrics = Metrics::builder().clock(clock.clone()).install().unwrap();
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
    observe(&provider.meter("guilds"), metrics);
    let (otlp, requests) = otlp_provider(metrics);
    observe(&otlp.meter("guilds"), metrics);

    // Before anything happened: what is not there has no series, and nothing is a zero that nobody counted.
    provider.force_flush().unwrap();
    let none = numbers(&exporter.get_finished_metrics().unwrap());
    assert!(
        none.keys().all(|(name, _)| [
            "actor.asks",
            "actor.asks.waiting",
            "actor.metrics.overflow",
            "traced_actor.tracing.time"
        ]
        .contains(&&**name)),
        "{none:#?}"
    );
    assert!(none.values().all(|(_, _, value)| *value == 0.0), "{none:#?}");

    let (full, mut left) = mpsc::channel::<Message>(1);
    full.try_send(Message::Join).unwrap();
    assert!(full.try_send(Message::Join).is_err());
    let spans = testkit::install();
    let guild = Spawn::new(Guild { clock: clock.clone() }).start();
    guild.cast(Message::Join).await.unwrap();
    for fails in [false, true, false] {
        guild.cast(Message::Post { fails }).await.unwrap();
    }
    let count = guild.call(Duration::from_secs(60), |respond_to| Message::Count { respond_to }).await;
    assert_eq!(count.unwrap(), 7);
    clock.advance(Duration::from_secs(3));

    provider.force_flush().unwrap();
    all_counts(&numbers(&exporter.get_finished_metrics().unwrap()));

    // The other provider: the same numbers, and the histograms beside them, in one request.
    otlp.force_flush().unwrap();
    let request = requests.try_iter().last().expect("it was sent");
    all_histograms(&ExportMetricsServiceRequest::decode(&request[..]).unwrap(), &spans);

    // A collection that comes later sees what has changed since.
    left.close();
    drop(left);
    otlp.force_flush().unwrap();
    let request = ExportMetricsServiceRequest::decode(&requests.try_iter().last().unwrap()[..]).unwrap();
    let letters = request.resource_metrics[0].scope_metrics[0]
        .metrics
        .iter()
        .find(|one| one.name == "actor.dead_letters");
    let Some(Data::Sum(letters)) = &letters.unwrap().data else { panic!("{letters:?}") };
    assert!(letters.is_monotonic);
    let left =
        letters.data_points.iter().find(|point| text_of(&point.attributes) == "actor.name=Message").unwrap();
    assert_eq!(left.value, Some(opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::AsInt(1)));

    // A request that the collector refuses is the reader's error, and nothing else.
    let refusing = OtlpExporter::new(metrics, |_| {
        ready(Err(opentelemetry_sdk::error::OTelSdkError::InternalFailure("no".into())))
    });
    let refused = SdkMeterProvider::builder().with_periodic_exporter(refusing).build();
    observe(&refused.meter("guilds"), metrics);
    assert!(refused.force_flush().is_err());
}

fn kind(kind: &str) -> String {
    format!("actor.message.kind={kind} actor.name=Guild")
}

fn process(kind: &str) -> String {
    format!(
        "actor.message.kind={kind} actor.name=Guild messaging.destination.name=Guild messaging.operation.name=process messaging.system=traced_actor"
    )
}

fn send(kind: &str) -> String {
    format!(
        "actor.message.kind={kind} actor.message.type=Message messaging.operation.name=send messaging.system=traced_actor"
    )
}

fn all_counts(found: &Numbers) {
    let of = |name: &str, unit: &str, is: &'static str, attributes: String, value: f64| {
        let series = (name.to_owned(), attributes);
        let (found_unit, found_is, found) =
            found.get(&series).unwrap_or_else(|| panic!("{series:?} of {found:#?}"));
        assert_eq!((found_unit.as_str(), *found_is), (unit, is), "{series:?}");
        assert!((found - value).abs() < 1e-9, "{series:?} is {found}, and not {value}");
    };
    of("messaging.client.consumed.messages", "{message}", "counter", process("Join"), 1.0);
    of("messaging.client.consumed.messages", "{message}", "counter", process("Post"), 3.0);
    of("messaging.client.sent.messages", "{message}", "counter", send("Join"), 3.0);
    of(
        "actor.failures",
        "{message}",
        "counter",
        format!("{} error.type=core::fmt::Error", kind("Post")),
        1.0,
    );
    of("actor.running_handlings", "{message}", "gauge", kind("Join"), 0.0);
    of(
        "actor.send.failures",
        "{message}",
        "counter",
        "actor.message.kind=Join actor.message.type=Message error.type=mailbox_full".into(),
        1.0,
    );
    of("actor.asks", "{ask}", "counter", "outcome=answered".into(), 1.0);
    of("actor.asks.waiting", "{ask}", "gauge", String::new(), 0.0);
    of("actor.started", "{actor}", "counter", "actor.name=Guild".into(), 1.0);
    of("actor.mailboxes", "{mailbox}", "gauge", "actor.name=Message".into(), 1.0);
    of("actor.mailbox.size", "{message}", "gauge", "actor.name=Message".into(), 1.0);
    of("actor.mailbox.size.max", "{message}", "gauge", "actor.name=Message".into(), 1.0);
    of("actor.mailbox.capacity", "{message}", "gauge", "actor.name=Message".into(), 1.0);
    of("actor.mailbox.full", "{mailbox}", "gauge", "actor.name=Message".into(), 1.0);
    of("actor.mailbox.oldest", "s", "gauge", "actor.name=Message".into(), 3.256);
    of("actor.dead_letters", "{message}", "counter", "actor.name=Message".into(), 0.0);
    of("traced_actor.tracing.time", "s", "counter", "step=export".into(), 0.0);
    of("actor.metrics.overflow", "{item}", "counter", "bound=messages".into(), 0.0);
}

/// The SDK's numbers and the histograms are in one request, with the resource of the provider.
fn all_histograms(request: &ExportMetricsServiceRequest, spans: &Spans) {
    let [resource] = &request.resource_metrics[..] else { panic!("{request:#?}") };
    assert_eq!(text_of(&resource.resource.as_ref().unwrap().attributes), "service.name=guilds");
    let scopes: Vec<&str> =
        resource.scope_metrics.iter().map(|one| one.scope.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(scopes, ["guilds", "traced-actor-metrics"]);
    let counted: Vec<&str> =
        resource.scope_metrics[0].metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert!(counted.contains(&"messaging.client.consumed.messages"), "{counted:?}");
    let [duration, wait, _] = &resource.scope_metrics[1].metrics[..] else { panic!("three") };
    assert_eq!(
        (duration.name.as_str(), wait.name.as_str()),
        ("messaging.process.duration", "actor.mailbox.time")
    );

    let durations = points(duration);
    let posts = durations[&process("Post")];
    assert_eq!((posts.count, posts.scale, posts.zero_count), (3, 4, 0));
    assert!((posts.sum.unwrap() - 0.006).abs() < 1e-9 && (posts.max.unwrap() - 0.002).abs() < 1e-9);
    let [(lower, upper, 3)] = buckets(posts)[..] else { panic!("{posts:?}") };
    assert!(lower < 0.002 && 0.002 <= upper && upper / lower < 1.045, "{lower} to {upper}");
    let joins = durations[&process("Join")];
    let [(lower, upper, 1)] = buckets(joins)[..] else { panic!("{joins:?}") };
    assert!(
        lower < 0.25 && (upper - 0.25).abs() < 1e-9,
        "a bound counts to the bucket below it: {lower} to {upper}"
    );
    // A second of the manual clock is one since the epoch.
    assert_eq!(posts.start_time_unix_nano, 1);
    assert!(posts.time_unix_nano >= 3_250_000_000, "{}", posts.time_unix_nano);

    // The exemplar is the span that was kept.
    let [join] = &spans.named("Guild/Join")[..] else { panic!("one") };
    let [exemplar] = &joins.exemplars[..] else { panic!("{joins:#?}") };
    assert_eq!(exemplar.trace_id, join.context.trace_id.to_bytes());
    assert_eq!(exemplar.span_id, join.context.span_id.to_bytes());
    assert_eq!(
        exemplar.value,
        Some(opentelemetry_proto::tonic::metrics::v1::exemplar::Value::AsDouble(0.25))
    );

    let waits = points(wait);
    assert_eq!(waits[&kind("Join")].count, 1);
}
