//! `console` in `OTEL_TRACES_EXPORTER`.

use traced_actor_tests::isolated::is_child;

use crate::child::run;
use crate::collector::Collector;

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_printed() {
    let Some(said) = run("console::spans_are_printed", &[("OTEL_TRACES_EXPORTER", "console")]).await else {
        return;
    };
    assert!(said.0.contains("Shop/Order"), "{}", said.0);
    assert!(said.is_exported() && said.warnings().is_empty(), "{}", said.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_printed_and_exported() {
    let name = "console::spans_are_printed_and_exported";
    if is_child() {
        run(name, &[]).await;
        return;
    }
    let collector = Collector::http(None, false).await;
    let endpoint = collector.endpoint("http");
    let variables = [("OTEL_TRACES_EXPORTER", "console, otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)];
    let Some(said) = run(name, &variables).await else { return };
    assert!(said.0.contains("Shop/Order") && said.is_exported(), "{}", said.0);
    assert_eq!(collector.take().len(), 1);
}

/// Deprecated by OpenTelemetry, and its exporter sends no `service.name`.
#[tokio::test(flavor = "multi_thread")]
async fn zipkin_is_warned_about() {
    let variables = [("OTEL_TRACES_EXPORTER", "console,zipkin")];
    let Some(said) = run("console::zipkin_is_warned_about", &variables).await else { return };
    let expected = "OTEL_TRACES_EXPORTER is `console,zipkin`: there is `otlp`, `console` and `none` alone; `console` is used";
    assert_eq!(said.warnings(), [expected]);
    assert!(said.0.contains("Shop/Order"), "{}", said.0);
}
