//! What is known of a message kind before any message of it exists.

use super::{Curve, Decision, Operation};

/// A kind of message: a variant of an enum, or a struct. Written by the macro.
///
/// ```
/// use traced_actor::Kind;
///
/// static POST: Kind = Kind::new("Post").sample_ratio(0.01);
/// assert_eq!(POST.name(), "Post");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    name: &'static str,
    /// Of the name: to compare with a kind that is known by a word.
    hash: u32,
    rule: Option<Rule>,
    curve: Option<Curve>,
    skip: bool,
    link: bool,
}

/// The root decision of a kind: `#[traced(sample = …)]`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Always,
    Never,
    Ratio(f64),
    Sampler(fn(&Operation<'_>) -> Decision),
}

impl Kind {
    /// A kind of this name, sampled as its actor is.
    pub const fn new(name: &'static str) -> Self {
        Self { name, hash: name_hash(name), rule: None, curve: None, skip: false, link: false }
    }

    /// A message of this kind starts a trace with this probability.
    #[must_use]
    pub const fn sample_ratio(mut self, ratio: f64) -> Self {
        self.rule = Some(Rule::Ratio(ratio));
        self
    }

    /// A message of this kind always starts a trace.
    #[must_use]
    pub const fn sample_always(mut self) -> Self {
        self.rule = Some(Rule::Always);
        self
    }

    /// A message of this kind never starts a trace; one that it is part of goes on.
    #[must_use]
    pub const fn sample_never(mut self) -> Self {
        self.rule = Some(Rule::Never);
        self
    }

    /// This function decides whether a message of this kind starts a trace.
    #[must_use]
    pub const fn sampler(mut self, sampler: fn(&Operation<'_>) -> Decision) -> Self {
        self.rule = Some(Rule::Sampler(sampler));
        self
    }

    /// So many of the recipients of what handling such a message sends are traced, whatever its actor says.
    #[must_use]
    pub const fn fanout_curve(mut self, curve: Curve) -> Self {
        self.curve = Some(curve);
        self
    }

    /// A message of this kind makes no span; what is sent while it is handled continues its sender's trace.
    #[must_use]
    pub const fn skip(mut self) -> Self {
        self.skip = true;
        self
    }

    /// The span of such a message starts a trace of its own, linked to its sender's; the decision is kept.
    #[must_use]
    pub const fn link(mut self) -> Self {
        self.link = true;
        self
    }

    /// The name: the variant's, unless `#[traced(name = "…")]` says otherwise.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it makes no span.
    pub const fn is_skipped(&self) -> bool {
        self.skip
    }

    /// Whether its span is linked to its sender's instead of being its child.
    pub const fn is_linked(&self) -> bool {
        self.link
    }

    /// Returns a hash of the name.
    #[inline]
    pub(crate) const fn hash(&self) -> u32 {
        self.hash
    }

    pub(super) const fn curve(&self) -> Option<Curve> {
        self.curve
    }

    pub(super) const fn rule(&self) -> Option<Rule> {
        self.rule
    }
}

/// Returns a hash of a name: FNV-1a.
pub(crate) const fn name_hash(name: &str) -> u32 {
    let (bytes, mut hash, mut at) = (name.as_bytes(), 0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}
