//! What a tail needs to know of a span.

use std::time::Duration;

use traced_actor::context::TraceId;
use traced_actor::record::{FinishedSpan, OwnedAttribute};

/// A finished span that a [`Tail`](super::Tail) can hold back.
pub trait TailSpan: Send + 'static {
    /// The trace that it belongs to.
    fn trace_id(&self) -> TraceId;

    /// `Actor/Kind`, or whatever the operation is called.
    fn name(&self) -> &str;

    /// How long it took.
    fn duration(&self) -> Duration;

    /// Whether it has an error.
    fn is_failed(&self) -> bool;

    /// About how much memory it takes.
    fn bytes(&self) -> usize;

    /// It is kept for this reason, with this probability if its head kept it: to be noted as `sampling.reason`, and in
    /// `sampling.probability` where that is known.
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
