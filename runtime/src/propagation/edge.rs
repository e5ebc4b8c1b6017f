//! Where messages come in from outside: read, believed or not, decided about.

use std::sync::Arc;

use super::extracted::{Choice, Extracted};
use super::short_span::forced_root;
use super::trust::{RateLimit, Trust};
use super::{Arrived, Composite, Kept, Verdict, tracestate};
use crate::carrier::ReadCarrier;
use crate::context::{Carried, SampledContext, Timestamp, TraceContext, TraceFlags};
use crate::record;
use crate::sampling::{self, Decision, Kind, Operation, Options};

/// A place where messages come in from outside: an HTTP or gRPC server, a consumer of a broker.
///
/// It reads the context of each request, believes as much of it as it is told to, and gives what the message for
/// the actor is to carry. Nothing that arrives costs the message: what is malformed counts as not there.
///
/// ```
/// use traced_actor::context::Timestamp;
/// use traced_actor::propagation::{Edge, RateLimit, Trust};
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
/// let envelope = Envelope::new(Post { text: "hello".into() }, arrived.carried);
/// assert!(envelope.context().is_some());
/// ```
#[derive(Debug)]
pub struct Edge {
    name: &'static str,
    formats: Composite,
    trust: Trust,
    force_limit: Option<RateLimit>,
    options: Options,
    keep: bool,
    max_tracestate: usize,
    max_baggage: usize,
}

impl Edge {
    /// An edge of this name with the formats `tracecontext,baggage` and full trust.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            formats: Composite::default(),
            trust: Trust::Full,
            force_limit: None,
            options: Options::new(),
            keep: false,
            max_tracestate: 2048,
            max_baggage: super::baggage::MAX_BYTES,
        }
    }

    /// The formats that are read, in this order.
    #[must_use]
    pub fn formats(mut self, formats: Composite) -> Self {
        self.formats = formats;
        self
    }

    /// What is believed.
    #[must_use]
    pub const fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// How often a sampled flag from outside is believed. Beyond it the context is taken as with [`Trust::Ids`].
    #[must_use]
    pub const fn force_limit(mut self, limit: RateLimit) -> Self {
        self.force_limit = Some(limit);
        self
    }

    /// How the edge itself decides, as an actor's options say it; by default as the process-wide sampler does.
    #[must_use]
    pub const fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Keeps the ids, the `tracestate` and the baggage of what is not sampled, in [`Arrived::kept`]. Without it an
    /// unsampled request costs no allocation, and its trace id ends here: what it causes elsewhere has another.
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
    pub const fn get_formats(&self) -> &Composite {
        &self.formats
    }

    /// Reads the context of a request that arrived `now`.
    ///
    /// Cost: the carrier's search for each header; then, for what is unsampled, about 10 ns and no allocation.
    pub fn accept(&self, carrier: &dyn ReadCarrier, now: Timestamp) -> Arrived {
        if self.trust == Trust::Ignore {
            return Arrived::new(Carried::ABSENT, Verdict::Ignored);
        }
        let incoming = self.formats.read_with(carrier, self.keep || self.trust == Trust::Ids);
        let Some((_, found)) = incoming.found else {
            let verdict = incoming
                .defect
                .map_or(Verdict::Nothing, |(format, defect)| Verdict::Malformed(format, defect));
            return Arrived::new(Carried::ABSENT, verdict);
        };
        let baggage = || self.read_baggage(carrier);
        match found.choice {
            Choice::Unsampled if self.trust == Trust::Full => {
                let kept = if self.keep { self.kept(&found, baggage()) } else { None };
                Arrived { kept, ..Arrived::new(Carried::UNSAMPLED, Verdict::Unsampled) }
            }
            Choice::Sampled | Choice::Forced if self.trust == Trust::Full && self.allows(now) => {
                self.go_on(&found, baggage(), now)
            }
            choice => {
                let limited = choice.is_sampled() && self.trust == Trust::Full;
                self.decide(&found, baggage(), now, if limited { Verdict::Limited } else { Verdict::Decided })
            }
        }
    }

    /// The baggage of a request, if it is believed: a list within the bounds. Already in what [`accept`](Self::accept)
    /// gives for a context that is sampled or kept.
    pub fn read_baggage(&self, carrier: &dyn ReadCarrier) -> Option<Arc<str>> {
        match self.trust {
            Trust::Full => self.formats.read_baggage(carrier).and_then(|list| self.bounded_baggage(&list)),
            Trust::Ids | Trust::Ignore => None,
        }
    }

    fn allows(&self, now: Timestamp) -> bool {
        self.force_limit.as_ref().is_none_or(|limit| limit.allow(now))
    }

    /// The sender decided for a trace.
    fn go_on(&self, found: &Extracted<'_>, baggage: Option<Arc<str>>, now: Timestamp) -> Arrived {
        let Some(context) = found.context else {
            // A decision without ids. The root is ours, so that no span has a parent that nobody recorded.
            let carried = forced_root(self.name)
                .map_or(Carried::ABSENT, |root| SampledContext { baggage, ..root }.into());
            return Arrived::new(carried, Verdict::Continued);
        };
        let mut sampled = self.sampled(context, found.tracestate.as_deref(), baggage, now);
        if found.choice == Choice::Forced {
            let list = super::extracted::with_debug(sampled.tracestate.as_deref());
            sampled.tracestate = Some(list.into());
        }
        Arrived::new(sampled.into(), Verdict::Continued)
    }

    /// We decide about the sender's trace as about a root.
    fn decide(
        &self,
        found: &Extracted<'_>,
        baggage: Option<Arc<str>>,
        now: Timestamp,
        verdict: fn(bool) -> Verdict,
    ) -> Arrived {
        static REQUEST: Kind = Kind::new("request");
        let Some(context) = found.context else { return Arrived::new(Carried::ABSENT, verdict(false)) };
        // Nobody records here, so nobody decides here.
        let decision = if record::is_recording() {
            sampling::decide(&Operation::root(self.name, &REQUEST, context.trace_id), &self.options)
        } else {
            Decision::Drop { reason: "" }
        };
        match decision {
            // The recorder's sampler decides about roots alone, so a root it is.
            Decision::Keep { reason: "recorder", .. } => Arrived::new(Carried::ABSENT, verdict(false)),
            Decision::Keep { probability, .. } => {
                let context = TraceContext { flags: context.flags.union(TraceFlags::SAMPLED), ..context };
                let mut sampled = self.sampled(context, found.tracestate.as_deref(), baggage, now);
                sampled.probability = probability;
                sampled.hops = 0;
                // What OpenTelemetry's threshold says was the sender's decision.
                sampled.tracestate = sampled.tracestate.as_deref().and_then(tracestate::without_threshold);
                Arrived::new(sampled.into(), verdict(true))
            }
            Decision::Drop { .. } => {
                let carried = if record::is_recording() { Carried::UNSAMPLED } else { Carried::ABSENT };
                let kept = if self.keep { self.kept(found, baggage) } else { None };
                Arrived { kept, ..Arrived::new(carried, verdict(false)) }
            }
        }
    }

    fn sampled(
        &self,
        context: TraceContext,
        tracestate: Option<&str>,
        baggage: Option<Arc<str>>,
        now: Timestamp,
    ) -> SampledContext {
        let mut sampled = SampledContext {
            context,
            probability: None,
            hops: 0,
            selected: false,
            remote: true,
            sent: now,
            tracestate: None,
            baggage,
        };
        if let Some(list) = tracestate.and_then(|list| tracestate::bounded(list, self.max_tracestate)) {
            sampled.set_tracestate(&list);
        }
        sampled
    }

    fn kept(&self, found: &Extracted<'_>, baggage: Option<Arc<str>>) -> Option<Kept> {
        let context = found.context?;
        let flags = TraceFlags::new(context.flags.bits() & !TraceFlags::SAMPLED.bits());
        let list =
            found.tracestate.as_deref().and_then(|list| tracestate::bounded(list, self.max_tracestate));
        Some(Kept { context: TraceContext { flags, ..context }, tracestate: list.map(Arc::from), baggage })
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
