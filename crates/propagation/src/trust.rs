//! The level of trust in contexts from outside.

/// The level of trust of an [`Edge`](super::Edge) in incoming contexts.
///
/// | | ids | sampled flag | `tracestate` of others | our weight, hops | baggage |
/// |---|---|---|---|---|---|
/// | `Ignore` | no | no | no | no | only keys of [`accept_baggage`](super::Edge::accept_baggage) |
/// | `Ids` | yes | no: the process's sampler decides | yes | no: its own | only keys of `accept_baggage` |
/// | `Full` | yes | yes | yes | yes | yes |
///
/// The same applies to envelopes from the wire in [`Edge::accept_envelope`](super::Edge::accept_envelope). A codec by
/// itself trusts everything.
///
/// [Tags](super::Edge::forced_by) are read only with `Full`. A sender that can set the ids can influence a sampler that
/// decides by the randomness of the trace id. If untrusted clients can send to you, put a `RateLimited` (of the crate
/// `traced-actor-sampling`) around the sampler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Trust {
    /// Ignores the context. The trace starts here.
    Ignore,
    /// Continues the trace. The process's own sampler decides about it, as about a root.
    Ids,
    /// Accepts the whole context, within the bounds.
    #[default]
    Full,
}
