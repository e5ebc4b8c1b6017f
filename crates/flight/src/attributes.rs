//! The attributes of a span, in the order in which the runtime has them.

use std::time::Duration;

use traced_actor::record::Attribute;

use super::span::{Later, SpanRecord, Value};
use super::table::Names;

/// The reason of a span that only a trigger keeps.
const TRIGGERED: &str = "triggered";

/// Visits the attributes of a span: as `SpanStart::attributes` and `SpanEnd::attributes` of the runtime do, and what its handler added
/// between them.
pub(crate) fn visit(span: &SpanRecord, names: &Names, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
    let of = span.operation;
    if of.is_message {
        visit("messaging.system", Attribute::Static("traced_actor"));
        visit("messaging.operation.name", Attribute::Static("process"));
        visit("messaging.operation.type", Attribute::Static("process"));
        visit("messaging.destination.name", Attribute::Static(of.actor));
        if let Some(count) = span.batch {
            visit("messaging.batch.message_count", Attribute::Int(count.into()));
        }
        visit("actor.name", Attribute::Static(of.actor));
        if let Some(instance) = &span.instance {
            visit("actor.instance", Attribute::Str(instance));
        }
        visit("actor.message.kind", Attribute::Static(of.kind));
        if let Some(wait) = span.wait {
            visit("actor.mailbox.wait", Attribute::Float(wait.as_secs_f64()));
        }
    }
    if span.context.is_sampled() {
        visit("sampling.reason", Attribute::Static(names.name(span.reason)));
        if let Some(probability) = span.probability {
            visit("sampling.probability", Attribute::Float(probability));
        }
    } else {
        visit("sampling.reason", Attribute::Static(TRIGGERED));
    }
    if let Some(trigger) = span.trigger {
        visit("sampling.trigger", Attribute::Static(trigger.name()));
    }
    for (name, value) in span.fields() {
        visit(name, attribute(&value, names));
    }
    for later in &span.later {
        if let Later::Attribute { name, value } = later {
            visit(names.name(*name), attribute(value, names));
        }
    }
    if let Some(error) = &span.error {
        visit("error.type", Attribute::Static(names.name(error.error_type)));
    }
    if let Some([size, selected, errors, shortest, longest]) = span.fanout {
        let seconds = |nanos| Attribute::Float(Duration::from_nanos(nanos).as_secs_f64());
        visit("sampling.fanout.size", Attribute::Int(size.cast_signed()));
        visit("sampling.fanout.selected", Attribute::Int(selected.cast_signed()));
        visit("sampling.fanout.errors", Attribute::Int(errors.cast_signed()));
        visit("sampling.fanout.wait.min", seconds(shortest));
        visit("sampling.fanout.wait.max", seconds(longest));
    }
}

fn attribute<'a>(value: &'a Value, names: &Names) -> Attribute<'a> {
    match value {
        Value::Bool(value) => Attribute::Bool(*value),
        Value::Int(value) => Attribute::Int(*value),
        Value::Float(value) => Attribute::Float(*value),
        Value::Text(text) => Attribute::Str(text),
        Value::Name(number) => Attribute::Static(names.name(*number)),
    }
}
