//! Exports the metrics through OpenTelemetry.
//!
//! The SDK reads numbers from observable instruments ([`observe`]). It accepts no precomputed histograms: its data
//! types cannot be created outside of it, and it has no `MetricProducer`. So [`OtlpExporter`] writes the histograms,
//! with their exemplars, as OTLP beside the SDK's own data.

mod instruments;
mod otlp;
mod pending;

pub use instruments::observe;
pub use otlp::OtlpExporter;

use opentelemetry::KeyValue;

use crate::families::Labels;

/// Returns the labels as attributes. Adds those that the messaging conventions require, if the name is one of theirs.
fn attributes(family: &str, labels: &Labels<'_>) -> Vec<KeyValue> {
    let own = labels.iter().map(|(name, value)| KeyValue::new(*name, (*value).to_owned()));
    let mut attributes: Vec<KeyValue> = own.collect();
    let operation = match family {
        "messaging.process.duration" | "messaging.client.consumed.messages" => "process",
        "messaging.client.sent.messages" => "send",
        _ => return attributes,
    };
    attributes.push(KeyValue::new("messaging.system", "traced_actor"));
    attributes.push(KeyValue::new("messaging.operation.name", operation));
    if let Some((_, actor)) = labels.iter().find(|(name, _)| *name == "actor.name") {
        attributes.push(KeyValue::new("messaging.destination.name", (*actor).to_owned()));
    }
    attributes
}
