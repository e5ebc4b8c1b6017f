//! The metrics through OpenTelemetry.
//!
//! The SDK takes numbers through observable instruments ([`observe`]). It takes no histogram that is counted already: its data types
//! cannot be made outside of it, and it has no `MetricProducer`. So histograms, with their exemplars, are written as OTLP beside what
//! the SDK has collected ([`OtlpExporter`]).

mod instruments;
mod otlp;
mod pending;

pub use instruments::observe;
pub use otlp::OtlpExporter;

use opentelemetry::KeyValue;

use crate::families::Labels;

/// Returns the labels as attributes, with those that the messaging conventions ask for where the name is one of theirs.
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
