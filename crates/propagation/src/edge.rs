//! A place where messages come in from outside, and what it is told to believe. What it makes of a request is in
//! `accept.rs`.

use traced_actor::sampling::{Options, RateLimit};

use super::trust::Trust;
use super::{CompositePropagator, Tag};

/// A place where messages come in from outside: an HTTP or gRPC server, a consumer of a broker.
///
/// It reads the context of each request, believes as much of it as it is told to, and gives what the message for
/// the actor is to carry. Nothing that arrives costs the message: what is malformed counts as not there.
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
}

impl Edge {
    /// An edge of this name with the formats `tracecontext,baggage` and full trust.
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
        }
    }

    /// The formats that are read, in this order.
    #[must_use]
    pub fn formats(mut self, formats: CompositePropagator) -> Self {
        self.formats = formats;
        self
    }

    /// What is believed.
    #[must_use]
    pub const fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// How often a sampled flag from outside is believed, and a [tag](Self::forced_by). Beyond it the context is taken
    /// as with [`Trust::Ids`].
    #[must_use]
    pub const fn force_limit(mut self, limit: RateLimit) -> Self {
        self.force_limit = Some(limit);
        self
    }

    /// A request with this tag is traced, whatever its own context and our sampler say: its trace goes on, or, where it
    /// names none, begins with a short span `name/forced`.
    ///
    /// Looked at with [`Trust::Full`] only, and no more often than [`force_limit`](Self::force_limit) allows.
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

    /// How the edge itself decides, as an actor's options say it; by default as the process-wide sampler does.
    #[must_use]
    pub const fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Keeps the ids, the `tracestate` and the baggage of what is not sampled, in
    /// [`Extraction::unsampled`](super::Extraction::unsampled). Without it an unsampled request costs no allocation, and its trace id
    /// ends here: what it causes elsewhere has another.
    #[must_use]
    pub const fn keep_unsampled(mut self, keep: bool) -> Self {
        self.keep = keep;
        self
    }

    /// Longer lists are cut to this many bytes, by whole members: `tracestate` (2,048 unless told; W3C asks for at
    /// least 512) and baggage (8,192 unless told, and at most).
    #[must_use]
    pub const fn bounds(mut self, tracestate: usize, baggage: usize) -> Self {
        self.max_tracestate = tracestate;
        self.max_baggage = baggage;
        self
    }

    /// The formats that are read.
    pub const fn propagator(&self) -> &CompositePropagator {
        &self.formats
    }
}
