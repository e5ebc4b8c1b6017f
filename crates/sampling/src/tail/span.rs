//! The properties of a span that a tail needs.

use std::time::Duration;

use traced_actor::context::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

/// The attribute of a span whose handler has recorded a warning or an error.
pub(crate) const WARNING_ATTRIBUTE: &str = "sampling.warning";

/// A finished span that a [`Tail`](super::Tail) can hold.
pub trait TailSpan: Send + 'static {
    /// Returns the id of the trace that the span belongs to.
    fn trace_id(&self) -> TraceId;

    /// Returns the name of the operation, such as `Actor/Kind`.
    fn name(&self) -> &str;

    /// Returns the duration of the span.
    fn duration(&self) -> Duration;

    /// Returns whether the span has an error.
    fn is_failed(&self) -> bool;

    /// Returns whether its handler recorded a warning or an error of `tracing`.
    fn is_warned(&self) -> bool {
        false
    }

    /// Returns an estimate of the memory that the span uses, in bytes.
    fn bytes(&self) -> usize;

    /// Sets the reason why the span is kept, and the probability of that, before it is passed on.
    ///
    /// Write the reason to the attribute `sampling.reason`. If the span's own probability is known, multiply it by
    /// `chance` and write it to `sampling.probability`.
    fn kept(&mut self, reason: &'static str, chance: f64);
}

impl TailSpan for FinishedSpan {
    fn trace_id(&self) -> TraceId {
        self.context.trace_id
    }

    fn name(&self) -> &str {
        self.name
    }

    fn duration(&self) -> Duration {
        Self::duration(self)
    }

    fn is_failed(&self) -> bool {
        self.error.is_some()
    }

    fn is_warned(&self) -> bool {
        self.attributes.iter().any(|(name, _)| *name == WARNING_ATTRIBUTE)
    }

    fn bytes(&self) -> usize {
        let text =
            |value: &OwnedAttribute| if let OwnedAttribute::Str(text) = value { text.capacity() } else { 0 };
        size_of::<Self>()
            + self.attributes.capacity() * size_of::<(&str, OwnedAttribute)>()
            + self.attributes.iter().map(|(_, value)| text(value)).sum::<usize>()
            + size_of_val(&*self.links)
            + self.error.as_ref().map_or(0, String::capacity)
    }

    fn kept(&mut self, reason: &'static str, chance: f64) {
        for (name, value) in &mut self.attributes {
            match (*name, &mut *value) {
                ("sampling.reason", _) => *value = OwnedAttribute::Str(reason.to_owned()),
                ("sampling.probability", OwnedAttribute::Float(probability)) => *probability *= chance,
                _ => {}
            }
        }
    }
}
