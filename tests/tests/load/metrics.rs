//! Metrics as an exporter gets them.

use std::collections::BTreeMap;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

/// Returns the metrics that `observe` reports: the value of each series by its name, unit and attributes' values, like
/// `traced_actor.messages {message} kept always_on`.
pub(crate) fn reported<T>(observe: impl FnOnce(&Meter) -> T) -> BTreeMap<String, f64> {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
    let _instruments = observe(&provider.meter("test"));
    provider.force_flush().unwrap();
    let mut found = BTreeMap::new();
    for metric in exporter.get_finished_metrics().unwrap()[0].scope_metrics().flat_map(ScopeMetrics::metrics)
    {
        let name = format!("{} {}", metric.name(), metric.unit());
        match metric.data() {
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                assert!(sum.is_monotonic(), "{name}");
                for point in sum.data_points() {
                    let mut attributes: Vec<_> = point
                        .attributes()
                        .map(|pair| (pair.key.to_string(), pair.value.to_string()))
                        .collect();
                    attributes.sort_unstable();
                    let values: Vec<_> = attributes.into_iter().map(|(_, value)| value).collect();
                    #[expect(clippy::cast_precision_loss, reason = "tests count to some thousands")]
                    let value = point.value() as f64;
                    found.insert(format!("{name} {}", values.join(" ")).trim_end().to_owned(), value);
                }
            }
            AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                found.extend(gauge.data_points().map(|point| (name.clone(), point.value())));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    found
}
