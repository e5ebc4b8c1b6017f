//! Handles a request at an edge: reads its context, applies the trust, and makes the sampling decision.

use std::borrow::Cow;
use std::sync::Arc;

use super::parsed::{DEBUG_LIST, ParsedContext, SamplingFlag};
use super::short_span::forced_root;
use super::traceparent::{self, SampledFlag};
use super::{Edge, Extraction, Format, Outcome, Trust, UnsampledContext, baggage, tracestate};
use crate::carrier::{ReadCarrier, Single};
use traced_actor::Envelope;
use traced_actor::context::{
    MessageContext, SampledContext, Timestamp, TraceContext, TraceFlags, new_span_id, new_trace_id,
};
use traced_actor::record;
use traced_actor::sampling::{self, Decision, Key, Kind, Operation};

/// The kind of the operations that an edge decides about.
static REQUEST: Kind = Kind::new("request");

impl Edge {
    /// Reads the context of a request that arrived at `now`.
    ///
    /// The carrier searches for each header. An unsampled request then costs no allocation.
    pub fn accept(&self, carrier: &dyn ReadCarrier, now: Timestamp) -> Extraction {
        self.accept_with(carrier, self.traceparent(carrier), &|| now)
    }

    /// Reads the context like [`accept`](Self::accept). Returns `None` if the request [is unsampled](Self::is_unsampled).
    ///
    /// Reads the clock only if there is a context or a tag.
    #[doc(hidden)]
    #[inline]
    pub fn accept_at(&self, carrier: &dyn ReadCarrier, clock: &dyn Fn() -> Timestamp) -> Option<Extraction> {
        let traceparent = self.traceparent(carrier);
        if self.drops(traceparent, carrier) {
            return None;
        }
        Some(self.accept_with(carrier, traceparent, clock))
    }

    /// Reads the context of a request with this `traceparent`.
    fn accept_with(
        &self,
        carrier: &dyn ReadCarrier,
        traceparent: Option<Single<'_>>,
        clock: &dyn Fn() -> Timestamp,
    ) -> Extraction {
        if self.trust == Trust::Ignore {
            return Extraction::new(self.begin_by_key(carrier), Outcome::Ignored);
        }
        let asked = self.is_asked(carrier);
        let all = self.keep || asked || self.trust == Trust::Ids;
        let incoming = self.formats.extract_with(carrier, traceparent, all);
        let Some((_, found)) = incoming.found else {
            if asked && self.allows(clock()) {
                return self.begin_forced(self.read_baggage(carrier), Outcome::Forced);
            }
            let outcome =
                incoming.error.map_or(Outcome::Nothing, |(format, error)| Outcome::Malformed(format, error));
            return Extraction::new(self.begin_by_key(carrier), outcome);
        };
        let baggage = || self.read_baggage(carrier);
        let now = clock();
        match found.flag {
            SamplingFlag::Unsampled | SamplingFlag::Open if asked && self.allows(now) => {
                self.force(&found, baggage(), now)
            }
            SamplingFlag::Unsampled if self.trust == Trust::Full => {
                if let Some(list) = self.provisional(carrier)
                    && let Some(context) = found.context
                {
                    let context = self.sampled(context, Some(&list), baggage(), now);
                    return Extraction::new(context.into(), Outcome::Unsampled);
                }
                let unsampled = if self.keep { self.unsampled_context(&found, baggage()) } else { None };
                Extraction {
                    unsampled,
                    ..Extraction::new(MessageContext::UNSAMPLED_REMOTE, Outcome::Unsampled)
                }
            }
            SamplingFlag::Sampled | SamplingFlag::Forced if self.trust == Trust::Full && self.allows(now) => {
                self.go_on(&found, baggage(), now)
            }
            flag => {
                let limited = flag.is_sampled() && self.trust == Trust::Full;
                self.decide(&found, baggage(), now, if limited { Outcome::Limited } else { Outcome::Decided })
            }
        }
    }

    /// Returns whether the edge accepts that a request is not sampled, by reading only the flag.
    ///
    /// Call this as a cheap test before [`accept`](Self::accept). If it returns `true`, the context is
    /// [`MessageContext::UNSAMPLED_REMOTE`]. Nothing is parsed, and [`peek`](super::traceparent::peek) lists what is
    /// not checked. It returns `false` if the edge needs more than the flag: with a trust other than [`Trust::Full`],
    /// with tags, if it keeps unsampled contexts, if W3C's format is not the first, or if a flight recorder continues
    /// the trace.
    pub fn is_unsampled(&self, carrier: &dyn ReadCarrier) -> bool {
        self.drops(self.traceparent(carrier), carrier)
    }

    /// Returns the `traceparent` of a request, if W3C's format is the first. Otherwise another one may be used.
    #[inline]
    fn traceparent<'a>(&self, carrier: &'a dyn ReadCarrier) -> Option<Single<'a>> {
        let is_first = self.formats.formats().first() == Some(&Format::TraceContext);
        is_first.then(|| carrier.single(traceparent::HEADER))
    }

    /// Returns whether the flag in the `traceparent` of a request is enough to accept that it is not sampled.
    #[inline]
    fn drops(&self, traceparent: Option<Single<'_>>, carrier: &dyn ReadCarrier) -> bool {
        self.trust == Trust::Full
            && !self.keep
            && self.tags.is_empty()
            && matches!(
                traceparent,
                Some(Single::One(value)) if traceparent::peek(value) == SampledFlag::Unsampled
            )
            && self.provisional(carrier).is_none()
    }

    /// Returns the `tracestate` of a request whose sender has recorded the unsampled trace, if this process records it too.
    ///
    /// Both processes have a flight recorder, and the trace continues without the sampled flag.
    #[inline]
    fn provisional<'a>(&self, carrier: &'a dyn ReadCarrier) -> Option<Cow<'a, str>> {
        if !sampling::records_all() || !self.formats.formats().contains(&Format::TraceContext) {
            return None;
        }
        tracestate::read(carrier).ok()?.filter(|list| tracestate::is_provisional(list))
    }

    /// Applies the [`Trust`] of this edge to the context in an envelope from the wire.
    ///
    /// * [`Trust::Full`] keeps the context, within the limits and as often as [`force_limit`](Self::force_limit)
    ///   allows.
    /// * [`Trust::Ids`] keeps only the ids, and the process's own sampler decides.
    /// * [`Trust::Ignore`] keeps nothing.
    ///
    /// A codec trusts every envelope, which is right between the nodes of one system. If others can send to you, call
    /// this after decoding. A [connection](https://docs.rs/traced-actor-wire) of a rollout can call it for each
    /// message.
    ///
    /// ```
    /// use traced_actor::Envelope;
    /// use traced_actor::context::{MessageContext, ContextState, Timestamp};
    /// use traced_actor_propagation::{Edge, Trust};
    ///
    /// let partner = Edge::new("partner").trust(Trust::Ignore);
    /// let envelope = Envelope::new("as it was decoded", MessageContext::UNSAMPLED);
    /// let envelope = partner.accept_envelope(envelope, Timestamp::now());
    /// assert_eq!(envelope.state(), ContextState::Absent);
    /// ```
    pub fn accept_envelope<M>(&self, envelope: Envelope<M>, now: Timestamp) -> Envelope<M> {
        let (message, context) = envelope.into_parts();
        Envelope::new(message, self.accept_context(context, now).context)
    }

    /// Applies the trust of this edge to a context taken out of an envelope.
    ///
    /// Works like [`accept_envelope`](Self::accept_envelope).
    pub fn accept_context(&self, context: MessageContext, now: Timestamp) -> Extraction {
        let sampled = match (self.trust, context.into_sampled()) {
            (Trust::Ignore, context) => {
                let sampled = context.ok().filter(|_| self.sample_by.is_some());
                let list = sampled.and_then(|sampled| self.accepted(sampled.baggage.as_deref()?));
                return Extraction::new(self.root(&REQUEST, list), Outcome::Ignored);
            }
            (_, Ok(sampled)) => sampled,
            (_, Err(context)) if context.is_absent() => return Extraction::new(context, Outcome::Nothing),
            (Trust::Full, Err(context)) => return Extraction::new(context, Outcome::Unsampled),
            // Unsampled, without ids to decide about.
            (Trust::Ids, Err(_)) => return Extraction::new(MessageContext::ABSENT, Outcome::Decided(false)),
        };
        let full = self.trust == Trust::Full;
        // A context that is recorded but not sampled does not force a decision, so it does not count against the limit.
        let provisional = !sampled.context.is_sampled();
        if full && (provisional || self.allows(now)) {
            let bounded =
                |list: &str| tracestate::bounded(list, self.max_tracestate).map(|list| Arc::from(&*list));
            let tracestate = sampled.tracestate.as_deref().and_then(bounded);
            let baggage = sampled.baggage.as_deref().and_then(|list| self.bounded_baggage(list));
            let mut bounded = sampled;
            bounded.tracestate = tracestate;
            bounded.baggage = baggage;
            bounded.remote = true;
            bounded.sent = Some(now);
            let outcome = if provisional { Outcome::Unsampled } else { Outcome::Continued };
            return Extraction::new(bounded.into(), outcome);
        }
        let found = ParsedContext {
            context: Some(sampled.context),
            flag: if provisional { SamplingFlag::Unsampled } else { SamplingFlag::Sampled },
            tracestate: sampled.tracestate.as_deref().map(Cow::Borrowed),
        };
        let baggage = sampled.baggage.as_deref().and_then(|list| self.accepted(list));
        self.decide(&found, baggage, now, if full { Outcome::Limited } else { Outcome::Decided })
    }

    /// Reads the baggage of a request: all of it with [`Trust::Full`], and otherwise that of
    /// [`accept_baggage`](Self::accept_baggage).
    ///
    /// The result is within the limits.
    ///
    /// The result of [`accept`](Self::accept) already contains it if the context is sampled or kept.
    pub fn read_baggage(&self, carrier: &dyn ReadCarrier) -> Option<Arc<str>> {
        if self.trust != Trust::Full && self.accepted_baggage.is_empty() {
            return None;
        }
        self.formats.extract_baggage(carrier).and_then(|list| self.accepted(&list))
    }

    /// Returns the accepted part of a baggage list.
    fn accepted(&self, list: &str) -> Option<Arc<str>> {
        match self.trust {
            Trust::Full => self.bounded_baggage(list),
            Trust::Ids | Trust::Ignore => {
                baggage::only(list, &self.accepted_baggage).and_then(|list| self.bounded_baggage(&list))
            }
        }
    }

    /// Decides about a request without a context that has baggage, and returns the context of its future root.
    ///
    /// A message without a context is decided about when it is handled, and cannot carry baggage. So this edge decides
    /// now. The trace begins with the message and has the [accepted](Self::accept_baggage) baggage. Its reason is
    /// `edge`.
    ///
    /// Returns an absent context if the request has no accepted baggage, or if nothing is recorded. For adapters:
    /// [`accept`](Self::accept) calls this if the edge [samples by](Self::sample_by) baggage.
    pub fn begin(&self, kind: &'static Kind, carrier: &dyn ReadCarrier) -> MessageContext {
        self.root(kind, if record::is_recording() { self.read_baggage(carrier) } else { None })
    }

    /// Returns the context of a root with this baggage, like [`begin`](Self::begin).
    fn root(&self, kind: &'static Kind, baggage: Option<Arc<str>>) -> MessageContext {
        let Some(baggage) = baggage.filter(|_| record::is_recording()) else { return MessageContext::ABSENT };
        let trace_id = new_trace_id();
        match self.decide_by_key(Operation::root(self.name, kind, trace_id), Some(&baggage)) {
            // The recorder's sampler decides about roots when they start.
            Decision::Keep { reason: "recorder", .. } => MessageContext::ABSENT,
            Decision::Keep { probability, .. } => {
                let flags = TraceFlags::SAMPLED.union(TraceFlags::RANDOM);
                let mut root = SampledContext::new(TraceContext::new(trace_id, new_span_id(), flags));
                root.is_root = true;
                root.remote = true;
                root.probability = probability;
                root.baggage = Some(baggage);
                root.into()
            }
            Decision::Drop { .. } => MessageContext::UNSAMPLED,
        }
    }

    fn begin_by_key(&self, carrier: &dyn ReadCarrier) -> MessageContext {
        if self.sample_by.is_some() { self.begin(&REQUEST, carrier) } else { MessageContext::ABSENT }
    }

    /// Asks the sampler about an operation, with the key from the baggage if it has one.
    fn decide_by_key(&self, operation: Operation<'_>, baggage: Option<&str>) -> Decision {
        let key = self.sample_by.as_deref().zip(baggage).and_then(|(key, list)| baggage::value(list, key));
        match &key {
            Some(key) => sampling::decide(&operation.with_key(Key::Str(key)), &self.options),
            None => sampling::decide(&operation, &self.options),
        }
    }

    /// Returns whether a trusted sender requests a trace. Returns `false` if nothing can be recorded.
    fn is_asked(&self, carrier: &dyn ReadCarrier) -> bool {
        !self.tags.is_empty()
            && record::is_recording()
            && self.tags.iter().any(|tag| tag.is_on(carrier, self.trust == Trust::Full))
    }

    fn allows(&self, now: Timestamp) -> bool {
        self.force_limit.as_ref().is_none_or(|limit| limit.allow(now))
    }

    /// Continues a trace that the sender has sampled.
    fn go_on(&self, found: &ParsedContext<'_>, baggage: Option<Arc<str>>, now: Timestamp) -> Extraction {
        let Some(context) = found.context else { return self.begin_forced(baggage, Outcome::Continued) };
        let mut sampled = self.sampled(context, found.tracestate.as_deref(), baggage, now);
        if found.flag == SamplingFlag::Forced {
            sampled.tracestate = Some(DEBUG_LIST.into());
        }
        Extraction::new(sampled.into(), Outcome::Continued)
    }

    /// Samples a trace that the sender has not sampled, because a tag requests it.
    fn force(&self, found: &ParsedContext<'_>, baggage: Option<Arc<str>>, now: Timestamp) -> Extraction {
        let Some(context) = found.context else { return self.begin_forced(baggage, Outcome::Forced) };
        let mut sampled = self.decided_here(context, found, baggage, now);
        // It was not kept by chance, so it stands only for itself.
        sampled.probability = None;
        sampled.fanout_probability = 1.0;
        Extraction::new(sampled.into(), Outcome::Forced)
    }

    /// Starts a trace that a sender requests without naming one.
    ///
    /// The root is created here, so that no span has a parent that was not recorded.
    fn begin_forced(&self, baggage: Option<Arc<str>>, outcome: Outcome) -> Extraction {
        let context = forced_root(self.name).map(|mut root| {
            root.baggage = baggage;
            MessageContext::sampled(root)
        });
        Extraction::new(context.unwrap_or_default(), outcome)
    }

    /// Decides about the sender's trace like about a root.
    fn decide(
        &self,
        found: &ParsedContext<'_>,
        baggage: Option<Arc<str>>,
        now: Timestamp,
        outcome: fn(bool) -> Outcome,
    ) -> Extraction {
        let Some(context) = found.context else {
            return Extraction::new(MessageContext::ABSENT, outcome(false));
        };
        // Nothing is recorded here, so no decision is made.
        let decision = if record::is_recording() {
            let request = Operation::root(self.name, &REQUEST, context.trace_id);
            let request = request.with_tracestate(found.tracestate.as_deref());
            self.decide_by_key(request, baggage.as_deref())
        } else {
            Decision::Drop { reason: "" }
        };
        match decision {
            // The recorder's sampler decides only about roots, so this becomes a root.
            Decision::Keep { reason: "recorder", .. } => {
                Extraction::new(MessageContext::ABSENT, outcome(false))
            }
            Decision::Keep { probability, .. } => {
                let mut sampled = self.decided_here(context, found, baggage, now);
                // The sender's statements about its own decision do not apply to ours.
                sampled.probability = probability;
                sampled.fanout_probability = 1.0;
                sampled.hops = 0;
                Extraction::new(sampled.into(), outcome(true))
            }
            Decision::Drop { .. } => {
                let context =
                    if record::is_recording() { MessageContext::UNSAMPLED } else { MessageContext::ABSENT };
                let unsampled = if self.keep { self.unsampled_context(found, baggage) } else { None };
                Extraction { unsampled, ..Extraction::new(context, outcome(false)) }
            }
        }
    }

    /// Returns the sender's trace, sampled by a decision of this process.
    fn decided_here(
        &self,
        context: TraceContext,
        found: &ParsedContext<'_>,
        baggage: Option<Arc<str>>,
        now: Timestamp,
    ) -> SampledContext {
        let context = TraceContext { flags: context.flags.union(TraceFlags::SAMPLED), ..context };
        let mut sampled = self.sampled(context, found.tracestate.as_deref(), baggage, now);
        // OpenTelemetry's threshold describes the sender's decision.
        sampled.tracestate = sampled.tracestate.as_deref().and_then(tracestate::without_threshold);
        sampled
    }

    fn sampled(
        &self,
        context: TraceContext,
        tracestate: Option<&str>,
        baggage: Option<Arc<str>>,
        now: Timestamp,
    ) -> SampledContext {
        let mut sampled = SampledContext::new(context);
        sampled.remote = true;
        sampled.sent = Some(now);
        sampled.baggage = baggage;
        if let Some(list) = tracestate.and_then(|list| tracestate::bounded(list, self.max_tracestate)) {
            sampled.set_tracestate(&list);
        }
        sampled
    }

    fn unsampled_context(
        &self,
        found: &ParsedContext<'_>,
        baggage: Option<Arc<str>>,
    ) -> Option<UnsampledContext> {
        let context = found.context?;
        let flags = TraceFlags::new(context.flags.bits() & !TraceFlags::SAMPLED.bits());
        let list = match found.tracestate.as_deref() {
            // Removes the weight and the hops of an untrusted sender, so that later services do not trust them.
            Some(list) if self.trust != Trust::Full => tracestate::without(list, tracestate::OUR_MEMBER),
            list => list.map(Cow::Borrowed),
        };
        let list = list.as_deref().and_then(|list| tracestate::bounded(list, self.max_tracestate));
        Some(UnsampledContext {
            context: TraceContext { flags, ..context },
            tracestate: list.map(Arc::from),
            baggage,
        })
    }

    fn bounded_baggage(&self, list: &str) -> Option<Arc<str>> {
        if list.len() <= self.max_baggage {
            return Some(list.into());
        }
        let mut length = 0;
        let fits = list.split(',').take_while(|member| {
            length += member.len() + 1;
            length <= self.max_baggage + 1
        });
        let kept: Vec<&str> = fits.collect();
        Some(kept.join(",").into()).filter(|list: &Arc<str>| !list.is_empty())
    }
}
