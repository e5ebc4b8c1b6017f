//! The counters and reports of a [`BatchProcessor`], with exporters that fail, hang and work.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData, SpanExporter};
use traced_actor_opentelemetry::{BatchProcessor, ExportLoss, observe_export, reported};
use traced_actor_tests::isolated::isolated;

#[derive(Debug)]
struct Refusing;

impl SpanExporter for Refusing {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("connection refused".into()))
    }
}

/// Says how many spans it was given, and waits until it may go on.
#[derive(Debug)]
struct Gated {
    entered: Sender<usize>,
    go_on: Mutex<Receiver<()>>,
}

impl SpanExporter for Gated {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.entered.send(batch.len()).ok();
        self.go_on.lock().unwrap().recv().ok();
        Ok(())
    }
}

fn provider(batches: &BatchProcessor) -> SdkTracerProvider {
    SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn).with_span_processor(batches.clone()).build()
}

fn end_spans(provider: &SdkTracerProvider, count: usize) {
    let tracer = provider.tracer("test");
    (0..count).for_each(|_| tracer.start("span").end());
}

#[test]
fn a_failing_exporter_is_counted_and_reported_once_in_a_minute() {
    let reports = Arc::new(Mutex::new(Vec::<ExportLoss>::new()));
    let heard = reports.clone();
    let batches = BatchProcessor::builder(Refusing)
        .destination("http://collector:4317 over grpc")
        .report(move |loss| heard.lock().unwrap().push(loss.clone()))
        .build();
    let provider = provider(&batches);
    for _ in 0..3 {
        end_spans(&provider, 5);
        let error = provider.force_flush().unwrap_err().to_string();
        assert!(error.contains("http://collector:4317 over grpc"), "{error}");
    }

    let counts = batches.counts();
    assert_eq!((counts.ended, counts.failed, counts.exported, counts.queue_full), (15, 15, 0, 0));
    assert_eq!((counts.lost(), counts.waiting()), (15, 0));
    {
        let reports = reports.lock().unwrap();
        let [report] = &reports[..] else { panic!("once a minute: {reports:?}") };
        assert_eq!((report.lost, &*report.destination), (5, "http://collector:4317 over grpc"));
        assert_eq!(
            report.to_string(),
            "5 spans were lost on the way to http://collector:4317 over grpc; of 5 in all, 0 were exported, 5 failed, \
             0 found the queue full; the exporter said: Operation failed: connection refused"
        );
    }

    // Nothing is new, and still the end says what was lost in all.
    let error = provider.shutdown().unwrap_err().to_string();
    assert!(error.contains("15 spans were lost on the way to http://collector:4317 over grpc"), "{error}");
}

/// A wrapped exporter reports losses behind the SDK's own processors, which report nothing.
#[test]
fn an_exporter_that_is_wrapped_reports_behind_the_processors_of_the_sdk() {
    let reports = Arc::new(Mutex::new(Vec::<ExportLoss>::new()));
    let exporter = || {
        let heard = reports.clone();
        let exporter = reported(Refusing).destination("http://collector:4317 over grpc");
        exporter.report(move |loss| heard.lock().unwrap().push(loss.clone()))
    };
    let builder = || SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOn);
    for provider in [
        builder().with_batch_exporter(exporter()).build(),
        builder().with_simple_exporter(exporter()).build(),
    ] {
        for _ in 0..3 {
            end_spans(&provider, 2);
            provider.force_flush().ok();
        }
        let mut reports = reports.lock().unwrap();
        let [report] = &reports[..] else { panic!("once a minute: {reports:?}") };
        assert!(report.lost == 1 || report.lost == 2, "as many as were given at once: {report:?}");
        assert_eq!(&*report.destination, "http://collector:4317 over grpc");
        assert_eq!(report.last_error.as_deref(), Some("Operation failed: connection refused"));
        reports.clear();
    }
    // One that works has nothing to say.
    let kept = InMemorySpanExporter::default();
    let provider = builder().with_batch_exporter(reported(kept.clone())).build();
    end_spans(&provider, 3);
    provider.force_flush().unwrap();
    assert_eq!(kept.get_finished_spans().unwrap().len(), 3);
}

#[test]
fn what_a_full_queue_drops_is_counted_one_by_one() {
    let (entered, enters) = channel();
    let (let_go, go_on) = channel();
    let (report, reported) = channel();
    let batches = BatchProcessor::builder(Gated { entered, go_on: Mutex::new(go_on) })
        .destination("nowhere")
        .queue(8)
        .report(move |loss| drop(report.send(loss.clone())))
        .build();
    let provider = provider(&batches);

    end_spans(&provider, 8); // a whole batch, which the exporter takes
    assert_eq!(enters.recv().unwrap(), 8);
    end_spans(&provider, 8 + 5); // eight wait, five are too many
    let counts = batches.counts();
    assert_eq!((counts.ended, counts.queue_full, counts.exported, counts.waiting()), (21, 5, 0, 16));
    let loss: ExportLoss = reported.recv().unwrap(); // although the exporter has not come back
    assert_eq!((loss.lost, loss.last_error), (1, None));

    (0..2).for_each(|_| let_go.send(()).unwrap());
    let error = provider.shutdown().unwrap_err().to_string();
    assert!(error.contains("5 spans were lost on the way to nowhere"), "{error}");
    assert!(error.contains("16 were exported, 0 failed, 5 found the queue full"), "{error}");
    end_spans(&provider, 2);
    assert_eq!(batches.counts().after_shutdown, 0, "the provider's tracers stop before their processors");
}

#[test]
fn an_exporter_that_works_is_no_error_and_counts_as_a_metric() {
    let exporter = InMemorySpanExporter::default();
    let batches =
        BatchProcessor::builder(exporter.clone()).report(|loss| panic!("nothing was lost: {loss}")).build();
    let tracers = provider(&batches);
    end_spans(&tracers, 600); // more than one batch
    tracers.force_flush().unwrap();
    assert_eq!(exporter.get_finished_spans().unwrap().len(), 600);
    let counts = batches.counts();
    assert_eq!((counts.ended, counts.exported, counts.lost(), counts.waiting()), (600, 600, 0, 0));

    let metrics = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(metrics.clone()).build();
    let meters = SdkMeterProvider::builder().with_reader(reader).build();
    let _counter = observe_export(&meters.meter("test"), &batches);
    meters.force_flush().unwrap();
    let collected = metrics.get_finished_metrics().unwrap();
    let all = collected.iter().flat_map(ResourceMetrics::scope_metrics);
    let metric = all.flat_map(ScopeMetrics::metrics).find(|it| it.name() == "traced_actor.export.spans");
    let Some(AggregatedMetrics::U64(MetricData::Sum(sum))) = metric.map(Metric::data) else {
        panic!("no counter: {metric:?}")
    };
    let mut points: Vec<_> = sum
        .data_points()
        .map(|point| (point.attributes().next().unwrap().value.to_string(), point.value()))
        .collect();
    points.sort();
    let expected = [("after_shutdown", 0), ("export_failed", 0), ("exported", 600), ("queue_full", 0)];
    assert_eq!(points, expected.map(|(outcome, count)| (outcome.to_owned(), count)));
    tracers.shutdown().unwrap();
}

#[test]
fn a_reporter_that_panics_costs_its_report_only() {
    let batches = BatchProcessor::builder(Refusing).report(|_| panic!("full disk")).build();
    let provider = provider(&batches);
    end_spans(&provider, 1);
    provider.force_flush().unwrap_err();
    end_spans(&provider, 1);
    provider.force_flush().unwrap_err();
    assert_eq!(batches.counts().failed, 2);
}

#[test]
fn spans_that_are_not_sampled_are_none_of_its_business() {
    let exporter = InMemorySpanExporter::default();
    let batches = BatchProcessor::new(exporter);
    let never = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff);
    let provider = never.with_span_processor(batches.clone()).build();
    end_spans(&provider, 3);
    provider.shutdown().unwrap();
    assert_eq!(batches.counts().ended, 0);
}

/// The variables for traces take precedence over the general ones, as for the exporter, and an empty one counts as
/// unset.
#[test]
fn the_destination_is_that_of_the_environment() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ];
    isolated("the_destination_is_that_of_the_environment", &variables, || {
        assert_eq!(BatchProcessor::new(Refusing).destination(), "http://collector:4317 over grpc");
    });
}
