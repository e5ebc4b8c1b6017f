//! Exports the histograms as OTLP, in one request with the SDK's own data.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Exemplar as ProtoExemplar, ExponentialHistogram, ExponentialHistogramDataPoint,
    Metric, ResourceMetrics as ProtoResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::attributes;
use crate::families::HISTOGRAMS;
use crate::histogram::{Histogram, SCALE};
use crate::metrics::Metrics;
use crate::snapshot::{Exemplar, Snapshot};

/// Exports all metrics of a meter provider as OTLP, together with the histograms of [`Metrics`].
///
/// `messaging.process.duration`, `actor.mailbox.time` and `actor.send.wait` are exponential histograms in seconds, with
/// the scale 4. `messaging.process.duration` has exemplars: the trace ids of kept spans. The temporality of all data is
/// cumulative.
///
/// This is an exporter for the SDK's periodic reader, which exports only if the provider has an instrument. So call
/// [`observe`](super::observe) as well. The exporter encodes a request in protobuf, and calls `send` with the bytes on
/// the reader's thread. Post them to `/v1/metrics` of a collector with your HTTP client, with the content type
/// `application/x-protobuf`.
///
/// ```no_run
/// use opentelemetry::metrics::MeterProvider;
/// use opentelemetry_sdk::error::OTelSdkError;
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
/// use traced_actor_metrics::{Metrics, OtlpExporter, observe};
///
/// let metrics = Metrics::builder().install().unwrap();
/// let exporter = OtlpExporter::new(metrics, |request: Vec<u8>| {
///     let collector = ureq::post("http://127.0.0.1:4318/v1/metrics").content_type("application/x-protobuf");
///     let sent = collector.send(request.as_slice()).map(drop);
///     std::future::ready(sent.map_err(|error| OTelSdkError::InternalFailure(error.to_string())))
/// });
/// let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter).build();
/// observe(&provider.meter("my service"), metrics);
/// ```
pub struct OtlpExporter<S> {
    metrics: Metrics,
    send: S,
}

impl<S, F> OtlpExporter<S>
where
    S: Fn(Vec<u8>) -> F + Send + Sync + 'static,
    F: Future<Output = OTelSdkResult> + Send,
{
    /// Creates an exporter that calls `send` with each encoded request.
    pub fn new(metrics: Metrics, send: S) -> Self {
        Self { metrics, send }
    }
}

impl<S, F> PushMetricExporter for OtlpExporter<S>
where
    S: Fn(Vec<u8>) -> F + Send + Sync + 'static,
    F: Future<Output = OTelSdkResult> + Send,
{
    async fn export(&self, collected: &ResourceMetrics) -> OTelSdkResult {
        let mut request = ExportMetricsServiceRequest::from(collected);
        let histograms = histograms(&self.metrics.snapshot());
        match request.resource_metrics.first_mut() {
            Some(resource) => resource.scope_metrics.push(histograms),
            None => request.resource_metrics.push(ProtoResourceMetrics {
                scope_metrics: vec![histograms],
                ..ProtoResourceMetrics::default()
            }),
        }
        (self.send)(request.encode_to_vec()).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

impl<S> fmt::Debug for OtlpExporter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporter").finish_non_exhaustive()
    }
}

/// Returns all histograms of a snapshot.
fn histograms(snapshot: &Snapshot) -> ScopeMetrics {
    let metric = |family: &crate::families::HistogramFamily| {
        let mut data_points = Vec::new();
        (family.points)(snapshot, &mut |labels, histogram, every, exemplars| {
            data_points.push(ExponentialHistogramDataPoint {
                attributes: attributes(family.name, labels).iter().map(Into::into).collect(),
                exemplars: exemplars.iter().filter_map(exemplar).collect(),
                start_time_unix_nano: nanos(snapshot.start_unix_seconds),
                time_unix_nano: nanos(snapshot.unix_seconds),
                ..data_point(histogram, every)
            });
        });
        Metric {
            name: family.name.to_owned(),
            description: family.help.to_owned(),
            unit: "s".to_owned(),
            data: Some(Data::ExponentialHistogram(ExponentialHistogram {
                data_points,
                aggregation_temporality: AggregationTemporality::Cumulative.into(),
            })),
            ..Metric::default()
        }
    };
    ScopeMetrics {
        scope: Some(InstrumentationScope {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        }),
        metrics: HISTOGRAMS.iter().map(metric).collect(),
        ..ScopeMetrics::default()
    }
}

/// Returns the data point of a histogram, in which each count stands for `every` messages. The buckets are
/// OpenTelemetry's.
fn data_point(of: &Histogram, every: u32) -> ExponentialHistogramDataPoint {
    let many = u64::from(every.max(1));
    let offset = of.buckets.first().map_or(0, |bucket| bucket.index);
    let mut bucket_counts = Vec::new();
    for bucket in &of.buckets {
        // They are in ascending order, starting with the first one.
        let at = usize::try_from(bucket.index - offset).unwrap_or(0);
        bucket_counts.resize(at, 0);
        bucket_counts.push(bucket.count.saturating_mul(many));
    }
    ExponentialHistogramDataPoint {
        count: of.count.saturating_mul(many),
        sum: Some(of.sum().as_secs_f64() * f64::from(every.max(1))),
        scale: SCALE.into(),
        positive: Some(Buckets { offset, bucket_counts }),
        max: (of.count > 0).then(|| of.max().as_secs_f64()),
        ..ExponentialHistogramDataPoint::default()
    }
}

fn exemplar(of: &Exemplar) -> Option<ProtoExemplar> {
    Some(ProtoExemplar {
        time_unix_nano: nanos(of.unix_seconds),
        trace_id: u128::from_str_radix(&of.trace_id, 16).ok()?.to_be_bytes().to_vec(),
        span_id: u64::from_str_radix(&of.span_id, 16).ok()?.to_be_bytes().to_vec(),
        value: Some(Value::AsDouble(of.seconds)),
        ..ProtoExemplar::default()
    })
}

fn nanos(unix_seconds: f64) -> u64 {
    crate::clock::nanos(Duration::try_from_secs_f64(unix_seconds).unwrap_or_default())
}
