//! Attributes that a sampler adds to a span, without an allocation.

use std::cell::Cell;

/// The maximum number of attributes of a sampler. Further attributes are dropped.
const MAX: usize = 4;

/// The value of an attribute that a sampler adds.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SamplerAttribute {
    /// A static text.
    Str(&'static str),
    /// A floating-point number.
    Float(f64),
    /// An integer.
    Int(i64),
}

/// The attributes that a sampler adds to the span of an [`Operation`](super::Operation). Only the first four are kept.
///
/// The caller of a sampler keeps them on its stack. Nothing is allocated.
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
    /// Creates an empty list of attributes.
    #[inline]
    pub const fn new() -> Self {
        Self {
            attributes: [Cell::new(None), Cell::new(None), Cell::new(None), Cell::new(None)],
            consistent: Cell::new(None),
        }
    }

    /// Adds an attribute. A later value replaces an earlier one with the same name.
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

    /// Returns the probability with which the trace id's randomness keeps the operation, if a sampler used it.
    pub(crate) fn consistent(&self) -> Option<f64> {
        self.consistent.get()
    }
}
