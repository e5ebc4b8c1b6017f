//! The attributes of a span, in the order in which the runtime visits them.

use std::time::Duration;

use traced_actor::record::Attribute;

use super::span::{Later, SpanRecord, Value};
use super::table::{Names, Operation};

/// The reason of a span that only a trigger keeps.
const TRIGGERED: &str = "triggered";

/// The name of the attribute that says why a span is kept.
pub(crate) const REASON: &str = "sampling.reason";

/// Visits the attributes of a span, including those that its handler added.
///
/// The order is that of `SpanStart::attributes` and `SpanEnd::attributes` of the runtime.
pub(crate) fn visit(span: &SpanRecord, names: &Names, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
    if span.operation.is_message {
        visit_start(span, &mut visit);
    }
    if span.context.is_sampled() {
        visit(REASON, Attribute::Static(names.name(span.reason)));
    }
    visit_decision(span, &mut visit);
    for (name, value) in span.fields() {
        visit(name, attribute(&value, names));
    }
    visit_later(span, names, visit);
}

/// Visits the attributes at the start of a message's span.
pub(crate) fn visit_start(span: &SpanRecord, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
    if !span.operation.is_message {
        return;
    }
    visit_of_message(span.operation, |name, value| {
        if name == "actor.name"
            && let Some(count) = span.batch
        {
            visit("messaging.batch.message_count", Attribute::Int(count.into()));
        }
        if name == "actor.message.kind"
            && let Some(instance) = &span.instance
        {
            visit("actor.instance", Attribute::Str(instance));
        }
        visit(name, value);
    });
    visit_wait(span, visit);
}

/// Visits the attributes that all messages of an operation have in common.
pub(crate) fn visit_of_message(of: &Operation, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
    visit("messaging.system", Attribute::Static("traced_actor"));
    visit("messaging.operation.name", Attribute::Static("process"));
    visit("messaging.operation.type", Attribute::Static("process"));
    visit("messaging.destination.name", Attribute::Static(of.actor));
    visit("actor.name", Attribute::Static(of.actor));
    visit("actor.message.kind", Attribute::Static(of.kind));
}

/// Visits the wait in the mailbox.
pub(crate) fn visit_wait(span: &SpanRecord, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
    if let Some(wait) = span.wait {
        visit("actor.mailbox.wait", Attribute::Float(wait.as_secs_f64()));
    }
}

/// Visits the rest of what says why a span is kept, after the reason of a span that the sampler kept.
pub(crate) fn visit_decision(span: &SpanRecord, mut visit: impl FnMut(&'static str, Attribute<'_>)) {
    if !span.context.is_sampled() {
        visit(REASON, Attribute::Static(TRIGGERED));
    } else if let Some(probability) = span.probability {
        visit("sampling.probability", Attribute::Float(probability));
    }
    if let Some(trigger) = span.trigger {
        visit("sampling.trigger", Attribute::Static(trigger.name()));
    }
}

/// Visits the attributes after the fields.
pub(crate) fn visit_later(
    span: &SpanRecord,
    names: &Names,
    mut visit: impl FnMut(&'static str, Attribute<'_>),
) {
    for (_, later) in &span.later {
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

/// Returns a value as an attribute.
pub(crate) fn attribute<'a>(value: &'a Value, names: &Names) -> Attribute<'a> {
    match value {
        Value::Bool(value) => Attribute::Bool(*value),
        Value::Int(value) => Attribute::Int(*value),
        Value::Float(value) => Attribute::Float(*value),
        Value::Text(text) => Attribute::Str(text),
        Value::Name(number) => Attribute::Static(names.name(*number)),
    }
}
