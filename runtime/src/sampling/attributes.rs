//! What a sampler adds to the span that it keeps: a few attributes, without an allocation.

use std::cell::Cell;

/// A sampler may add this many attributes; further ones are dropped.
const MAX: usize = 4;

/// An attribute of a root span by its sampler.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SamplerAttribute {
    /// A constant text.
    Str(&'static str),
    /// A number.
    Float(f64),
    /// A whole number.
    Int(i64),
}

/// The attributes that a sampler adds to the span of an [`Operation`](super::Operation), the first four.
///
/// Whoever asks a sampler provides the place for them, on its stack. Nothing is allocated.
///
/// ```
/// use traced_actor::context::new_trace_id;
/// use traced_actor::sampling::{AlwaysOn, Operation, Sampler, SamplerAttribute, SamplerAttributes};
/// use traced_actor::Kind;
///
/// static SPAN: Kind = Kind::new("span");
/// let attributes = SamplerAttributes::new();
/// let operation = Operation::root("GET /guilds", &SPAN, new_trace_id()).with_attributes(&attributes);
/// operation.set_attribute("sampler.name", SamplerAttribute::Str("mine")); // by a sampler
/// AlwaysOn.sample(&operation);
/// assert_eq!(attributes.iter().collect::<Vec<_>>(), [("sampler.name", SamplerAttribute::Str("mine"))]);
/// ```
#[derive(Debug, Default)]
pub struct SamplerAttributes {
    attributes: [Cell<Option<(&'static str, SamplerAttribute)>>; MAX],
    consistent: Cell<Option<f64>>,
}

impl SamplerAttributes {
    /// Returns an empty place.
    #[inline]
    pub const fn new() -> Self {
        Self {
            attributes: [Cell::new(None), Cell::new(None), Cell::new(None), Cell::new(None)],
            consistent: Cell::new(None),
        }
    }

    /// The last value of a name counts.
    pub(super) fn add(&self, name: &'static str, value: SamplerAttribute) {
        let slot = self.attributes.iter().find(|slot| slot.get().is_none_or(|(taken, _)| taken == name));
        if let Some(slot) = slot {
            slot.set(Some((name, value)));
        }
    }

    /// Returns the attributes, in the order in which they were first added.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, SamplerAttribute)> {
        self.attributes.iter().filter_map(Cell::get)
    }

    pub(super) fn set_consistent(&self, probability: f64) {
        self.consistent.set(Some(probability));
    }

    /// With what probability the trace id's randomness keeps the operation, if it was asked.
    pub(crate) fn consistent(&self) -> Option<f64> {
        self.consistent.get()
    }
}
