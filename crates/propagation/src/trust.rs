//! What of a context from outside is believed.

/// What an [`Edge`](super::Edge) believes of a context that arrives.
///
/// | | ids | sampled flag | `tracestate` of others | our weight, hops | baggage |
/// |---|---|---|---|---|---|
/// | `Ignore` | no | no | no | no | no |
/// | `Ids` | yes | no: we decide | yes | no: our own | no |
/// | `Full` | yes | yes | yes | yes | yes |
///
/// The same holds of an envelope off the wire, behind [`Edge::accept_envelope`](super::Edge::accept_envelope); a codec
/// alone believes everything.
///
/// [Tags](super::Edge::forced_by) are looked at with `Full` alone. A sampler that decides by the trace's randomness
/// can be led by a sender that chooses its ids: put a `RateLimited` (of the crate `traced-actor-sampling`) around it where
/// strangers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Trust {
    /// Nothing: what arrives starts here.
    Ignore,
    /// The trace goes on, and our own sampler decides about it, as about a root.
    Ids,
    /// Everything, within the bounds.
    #[default]
    Full,
}
