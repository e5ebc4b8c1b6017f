//! The settings of an edge. `accept.rs` applies them to a request.

use std::borrow::Cow;

use traced_actor::sampling::{Options, RateLimit};

use super::trust::Trust;
use super::{CompositePropagator, Tag};

/// An edge of the system, where requests arrive from outside: an HTTP or gRPC server, or a consumer of a broker.
///
/// `Edge` decides how far to trust incoming headers, and returns the context for the message to the actor. Malformed
/// headers are ignored and counted. The message is always delivered.
///
/// ```
/// use traced_actor::context::Timestamp;
/// use traced_actor_propagation::{Edge, RateLimit, Trust};
/// use traced_actor::{Envelope, traced_actor};
///
/// #[traced_actor]
/// struct Post {
///     text: String,
/// }
///
/// // Traces may go on from outside; at most ten a second are kept because an outsider says so.
/// let edge = Edge::new("http").trust(Trust::Full).force_limit(RateLimit::new(10.0, 10));
///
/// let headers = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
/// let arrived = edge.accept(&headers, Timestamp::now());
/// let envelope = Envelope::new(Post { text: "hello".into() }, arrived.context);
/// assert!(envelope.context().is_some());
/// ```
#[derive(Debug)]
pub struct Edge {
    pub(crate) name: &'static str,
    pub(crate) formats: CompositePropagator,
    pub(crate) trust: Trust,
    pub(crate) force_limit: Option<RateLimit>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) options: Options,
    pub(crate) keep: bool,
    pub(crate) max_tracestate: usize,
    pub(crate) max_baggage: usize,
    pub(crate) accepted_baggage: Vec<Cow<'static, str>>,
    pub(crate) sample_by: Option<Cow<'static, str>>,
}

impl Edge {
    /// Creates an edge with the formats `tracecontext,baggage` and full trust.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            formats: CompositePropagator::default(),
            trust: Trust::Full,
            force_limit: None,
            tags: Vec::new(),
            options: Options::new(),
            keep: false,
            max_tracestate: 2048,
            max_baggage: super::baggage::MAX_BYTES,
            accepted_baggage: Vec::new(),
            sample_by: None,
        }
    }

    /// Sets the formats that are read, in this order.
    #[must_use]
    pub fn formats(mut self, formats: CompositePropagator) -> Self {
        self.formats = formats;
        self
    }

    /// Sets how far incoming contexts are trusted.
    #[must_use]
    pub const fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Sets how often a sampled flag from outside or a [tag](Self::forced_by) is accepted.
    ///
    /// Beyond the limit, a context is treated like with [`Trust::Ids`].
    #[must_use]
    pub const fn force_limit(mut self, limit: RateLimit) -> Self {
        self.force_limit = Some(limit);
        self
    }

    /// Traces every request with this tag, regardless of its context and of the process's sampler.
    ///
    /// If the request has a trace, it continues. Otherwise a short span `name/forced` starts one. Tags are read only
    /// with [`Trust::Full`], and accepted only as often as [`force_limit`](Self::force_limit) allows.
    ///
    /// ```
    /// use traced_actor::context::Timestamp;
    /// use traced_actor_propagation::{Edge, Outcome, RateLimit};
    /// use traced_actor_propagation::Tag;
    ///
    /// # traced_actor::testkit::install();
    /// let edge = Edge::new("http").forced_by(Tag::header("x-capture")).force_limit(RateLimit::new(5.0, 5));
    /// let arrived = edge.accept(&[("X-Capture", "1")], Timestamp::now());
    /// assert_eq!(arrived.outcome, Outcome::Forced);
    /// ```
    #[must_use]
    pub fn forced_by(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }

    /// Sets the sampling options of this edge, like the options of an actor. By default the process-wide sampler
    /// decides.
    #[must_use]
    pub const fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets whether the ids, the `tracestate` and the baggage of unsampled requests are kept.
    ///
    /// They are returned in [`Extraction::unsampled`](super::Extraction::unsampled). Without this option an unsampled
    /// request costs no allocation and its trace id ends here: later requests that it causes have another one.
    #[must_use]
    pub const fn keep_unsampled(mut self, keep: bool) -> Self {
        self.keep = keep;
        self
    }

    /// Sets the maximum size of `tracestate` and of baggage, in bytes. Longer lists are truncated after a whole member.
    ///
    /// The default for `tracestate` is 2,048 (W3C requires at least 512). The default for baggage is 8,192, which is
    /// also the maximum.
    #[must_use]
    pub const fn bounds(mut self, tracestate: usize, baggage: usize) -> Self {
        self.max_tracestate = tracestate;
        self.max_baggage = baggage;
        self
    }

    /// Sets the baggage keys that are accepted even if the sender is not fully trusted.
    ///
    /// With [`Trust::Full`], all baggage is accepted. With less trust, only that of these keys is accepted.
    ///
    /// ```
    /// use traced_actor_propagation::{Edge, Trust};
    ///
    /// let edge = Edge::new("http").trust(Trust::Ids).accept_baggage(["tenant"]);
    /// let headers = [("baggage", "tenant=acme,role=admin")];
    /// assert_eq!(edge.read_baggage(&headers).as_deref(), Some("tenant=acme"));
    /// ```
    #[must_use]
    pub fn accept_baggage<K: Into<Cow<'static, str>>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.accepted_baggage.extend(keys.into_iter().map(Into::into));
        self
    }

    /// Sets the baggage key whose value is the [sampling key][`Operation::key`] of the decisions that this edge makes.
    ///
    /// Samplers that distinguish keys then decide by it: `Forced`, `DynamicSampler` and others of the crate
    /// `traced-actor-sampling`. The edge decides about requests whose sender made no decision, is not trusted, or
    /// exceeds the limit. With this option, it also decides about requests without a context that have accepted
    /// baggage.
    ///
    /// ```
    /// use traced_actor_propagation::{Edge, Trust};
    ///
    /// let edge = Edge::new("http").trust(Trust::Ids).accept_baggage(["tenant"]).sample_by("tenant");
    /// # let _ = edge;
    /// ```
    ///
    /// [`Operation::key`]: traced_actor::sampling::Operation::key
    #[must_use]
    pub fn sample_by(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.sample_by = Some(key.into());
        self
    }

    /// Returns the sampling options of this edge. Their default name is that of the edge.
    pub fn to_options(&self) -> Options {
        if self.options.actor_name().is_some() { self.options } else { self.options.name(self.name) }
    }

    /// Returns whether senders are fully trusted, within the limits: the trust is [`Trust::Full`].
    pub const fn is_trusting(&self) -> bool {
        matches!(self.trust, Trust::Full)
    }

    /// Returns the formats that are read.
    pub const fn propagator(&self) -> &CompositePropagator {
        &self.formats
    }
}
