//! Makes the sampling decision about a message, and starts its span.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use super::active::{ActiveSpan, Identity};
use super::fanouts::DeclaredFanout;
use super::guarded::guarded;
use super::here::Here;
use super::life::Life;
use super::word::SamplingMode;
use crate::context::scope::{self, ScopeId};
use crate::context::{
    ContextState, MessageContext, SampledContext, Timestamp, TraceId, WallClock, new_trace_id, product,
};
use crate::record::{
    BY_PARENT, CurrentId, Description, Fields, Link, MAX_LINKS, NoFields, RecordFields, Recorder, SpanStart,
    count_dropped, count_dropped_by_ratio, count_kept, count_skipped, current_context, now, recorder, short,
    span_name,
};
use crate::sampling::{
    self, Decision, Effective, Kind, Operation, Options, SamplerAttribute, SamplerAttributes,
};

/// Returns whether a message without a context is dropped without asking a sampler. Counts it.
#[inline]
pub(super) fn drops_root(here: &Here, kind: &'static Kind, options: &'static Options) -> bool {
    let drops = sampling::drops_root(kind, Effective::new(here.options.get(), options));
    if drops {
        count_dropped_by_ratio();
    }
    drops
}

/// A message that is going to be handled.
pub(super) enum Started {
    /// A sampled message. Its sends continue this span.
    Active(Arc<ActiveSpan>),
    /// An unsampled message. Its sends find this mode.
    Unsampled(SamplingMode),
}

impl Started {
    /// Returns whether it has a span.
    pub(super) fn is_recording(&self) -> bool {
        matches!(self, Self::Active(active) if active.span().is_some())
    }
}

/// The surroundings in which a message is handled.
#[derive(Default)]
pub(super) struct Surroundings {
    pub(super) options: Option<&'static Options>,
    pub(super) instance: Option<Arc<str>>,
    pub(super) scope: ScopeId,
    /// The memory of a span that has ended.
    pub(super) spare: Cell<Option<Arc<ActiveSpan>>>,
}

impl Surroundings {
    pub(super) fn of(here: &Here, options: Option<&'static Options>) -> Self {
        let scoped = here.word.get().is_scoped();
        Self {
            options: options.or(here.options.get().filter(|_| scoped)),
            instance: if here.word.get().has_instance() { here.instance.get() } else { None },
            scope: scope::current(),
            spare: Cell::default(),
        }
    }
}

/// The flows that can claim a message.
pub(super) enum Claimable {
    /// The flow that received it, and flows that are spawned from it.
    ByFlow(Identity),
    /// No handler: it is several messages.
    ByNobody,
    /// No other handler, since its handler already has it.
    Claimed,
}

impl Claimable {
    fn life(&self) -> (Life, Option<Identity>) {
        match self {
            Self::ByFlow(identity) => (Life::open(), Some(*identity)),
            Self::ByNobody => (Life::open(), None),
            Self::Claimed => (Life::claimed(), None),
        }
    }
}

/// Drops a message that the recorder has refused. No sampler decided that, so none is asked again later.
fn refused(recorder: &dyn Recorder) -> Started {
    count_dropped(recorder.drop_reason());
    Started::Unsampled(SamplingMode::FinalDrop)
}

/// Starts the span of a message with this context, or returns the mode of its sends without a span.
///
/// If the message's own code, a sampler or the recorder panics, there is no span, and sends continue the sender's
/// span.
pub(super) fn start<'m>(
    mut context: MessageContext,
    describe: impl FnOnce() -> Description<'m>,
    claimable: &Claimable,
    surroundings: &Surroundings,
) -> Started {
    let _scope = context.scope().or(surroundings.scope).enter();
    let started = guarded(|| {
        let description = describe();
        begin(&mut context, &description, claimable, surroundings)
    });
    started.unwrap_or_else(|| {
        count_dropped("panic");
        passing(context, claimable, surroundings)
    })
}

#[expect(clippy::too_many_lines, reason = "one decision after the other; parts would share all of it")]
fn begin(
    context: &mut MessageContext,
    message: &Description<'_>,
    claimable: &Claimable,
    surroundings: &Surroundings,
) -> Started {
    let Some(recorder) = recorder() else {
        count_skipped();
        return passing(std::mem::take(context), claimable, surroundings);
    };
    if message.kind.is_skipped() {
        count_skipped();
        return passing(std::mem::take(context), claimable, surroundings);
    }
    let options = Effective::new(surroundings.options, message.options);
    let actor = options.name().unwrap_or_else(|| short(message.type_name));
    let trace_id = match context.state() {
        ContextState::Sampled(parent) => parent.context.trace_id,
        ContextState::Unsampled => new_trace_id(),
        ContextState::Absent => {
            let Some(trace_id) = sampling::trace_id_of_root(message.kind, options) else {
                count_dropped_by_ratio();
                return Started::Unsampled(SamplingMode::Unsampled);
            };
            trace_id
        }
    };
    let attributes = SamplerAttributes::new();
    let operation = |parent| Operation {
        actor,
        kind: message.kind,
        parent,
        remote: context.is_remote(),
        fanout: message.fanout,
        key: message.key,
        trace_id,
        tracestate: None,
        attributes: Some(&attributes),
    };
    let (chance, mut reason, mut sampled) = match decide(context, options, operation) {
        Decision::Keep { probability, reason } => (probability, reason, true),
        Decision::Drop { reason } if recorder.records_all() => (None, reason, false),
        Decision::Drop { reason } => {
            count_dropped(reason);
            return Started::Unsampled(SamplingMode::of_unsampled(context));
        }
    };
    if let ContextState::Sampled(parent) = context.state() {
        sampled &= parent.context.is_sampled() || !recorder.records_all();
    }
    let _timing = sampling::time_recording(sampling::OPEN);
    let own_time = recorder.now();
    let start = own_time.unwrap_or_else(Timestamp::now);
    let parent = match context.state() {
        ContextState::Sampled(parent) => Some(parent),
        ContextState::Absent | ContextState::Unsampled => None,
    };
    let mut wait = None;
    let mut links = Vec::new();
    let mut child_of = None;
    let mut hops = 0;
    let mut probability = chance;
    // The probability with which the trace id's randomness keeps the message. All other reasons are independent of it.
    let mut consistent = attributes.consistent().unwrap_or(1.0);
    if let Some(parent) = parent {
        wait = parent.sent.map(|sent| start.since(sent));
        // The parent's probability led to the first decision, and `chance` to the second.
        probability = parent.probability.zip(chance).map(|(before, chance)| product(before, chance));
        consistent = parent
            .probability
            .map_or(1.0, |before| before / f64::from(parent.fanout_probability))
            .min(consistent);
        hops = parent.hops.saturating_add(1);
        if parent.selected {
            reason = "fanout";
        }
        if parent.is_root {
            // The decision was made at an edge, or when the message was received and stashed.
            (reason, hops) = (if parent.remote { "edge" } else { "held" }, 0);
        } else if message.kind.is_linked() || hops >= options.hop_limit() {
            reason = if message.kind.is_linked() { "link" } else { "loop" };
            hops = 0;
            // Another trace id, which has decided nothing yet.
            consistent = 1.0;
            links.push(Link { context: parent.clone() });
        } else {
            child_of = Some(parent);
        }
    }
    let clock = match own_time {
        Some(_) => WallClock::UNKNOWN,
        None => WallClock::of_child(child_of.map(|parent| parent.clock), start),
    };
    let start = start.on(clock);
    let span = recorder.start(&SpanStart {
        name: name_of(actor, message.kind),
        actor,
        instance: surroundings.instance.as_deref(),
        kind: message.kind.name(),
        span_kind: message.kind.operation_span_kind().unwrap_or_default(),
        is_message: message.kind.operation_span_kind().is_none(),
        trace_id: if links.is_empty() { trace_id } else { new_trace_id() },
        parent: child_of,
        links: &links,
        start,
        wait,
        batch: None,
        reason,
        probability,
        sampled,
        lost_context: context.is_stray(),
        fields: &WithAttributes {
            attributes: &attributes,
            mode: message.sent.word(message.kind),
            fields: message.fields,
        },
    });
    let Some(span) = span else { return refused(recorder) };
    count(reason, sampled);
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough to tell the parts")]
    let fanout_probability =
        probability.map_or(1.0, |probability| (probability / consistent).min(1.0) as f32);
    let policy = options.policy(message.kind);
    let n = message.fanout;
    let announced = n.and_then(|n| DeclaredFanout::new(n, sampling::budget(policy, n))).map(Box::new);
    let tracestate = parent.filter(|_| links.is_empty()).and_then(|parent| parent.tracestate.clone());
    let baggage = parent.and_then(|parent| parent.baggage.clone());
    active(claimable, surroundings, |active| {
        active.context = SampledContext {
            probability,
            fanout_probability,
            hops,
            clock,
            // A linked trace is a separate trace. It has no tracestate of the old one, but the same baggage.
            tracestate,
            baggage,
            scope: scope::current(),
            ..SampledContext::unsent(span.context())
        };
        (active.span, active.start, active.sender) = (Some(span), start, std::mem::take(context));
        (active.announced, active.policy) = (announced, policy);
        (active.around, active.unnamed) = (around(), options.name().is_none());
    })
}

/// Returns the name of the span of a message, or of an operation.
fn name_of(actor: &'static str, kind: &'static Kind) -> &'static str {
    match kind.operation_span_kind() {
        None => span_name(actor, kind.name()),
        Some(_) => kind.name(),
    }
}

fn count(reason: &'static str, sampled: bool) {
    if sampled {
        count_kept(reason);
    } else {
        count_dropped(reason);
    }
}

#[expect(clippy::inline_always, reason = "as `ActiveSpan::start`")]
#[inline(always)]
fn active(claimable: &Claimable, surroundings: &Surroundings, fill: impl FnOnce(&mut ActiveSpan)) -> Started {
    let (life, identity) = claimable.life();
    Started::Active(ActiveSpan::start(surroundings.spare.take(), life, identity, fill))
}

fn around() -> CurrentId {
    current_context().map_or(CurrentId::None, |around| around.id())
}

/// Decides about a message with this context. The operation is created only if a sampler is asked.
fn decide<'a>(
    context: &'a MessageContext,
    options: Effective<'_>,
    operation: impl FnOnce(ContextState<'a>) -> Operation<'a>,
) -> Decision {
    match context.state() {
        ContextState::Absent => sampling::decide_by(&operation(ContextState::Absent), options),
        // This is not a sampler's decision, so no sampler makes it again. The budget applies to every sampler.
        ContextState::Unsampled if context.is_not_selected() => Decision::Drop { reason: "fanout" },
        ContextState::Unsampled if context.is_final_drop() => FOLLOW_NO,
        // An edge has already decided about this message, with what it knew.
        ContextState::Sampled(root) if root.is_root && root.remote => FOLLOW_YES,
        parent if sampling::asks_everyone_here() => match sampling::resample(&operation(parent)) {
            // The messages that the sender kept already stand for this one. With its own weight it would count twice.
            Some(Decision::Keep { reason, .. }) if matches!(parent, ContextState::Unsampled) => {
                Decision::Keep { probability: None, reason }
            }
            decision => decision.unwrap_or(FOLLOW_NO),
        },
        ContextState::Sampled(_) => FOLLOW_YES,
        ContextState::Unsampled => FOLLOW_NO,
    }
}

static FOLLOW_YES: Decision = Decision::Keep { probability: Some(1.0), reason: BY_PARENT };
static FOLLOW_NO: Decision = Decision::Drop { reason: BY_PARENT };

/// Starts one span for several messages that are handled together.
///
/// If all sampled messages belong to one trace, the span is a child of the first one's sender. Otherwise it is the root
/// of a new trace. It has links to all senders that are not its parent. An operation, which is not a message of an
/// actor, is always a root with links.
pub(super) fn start_batch<'m>(
    mut contexts: Vec<MessageContext>,
    describe_first: impl FnOnce() -> Description<'m>,
    surroundings: &Surroundings,
) -> Started {
    let scoped = contexts.iter().map(MessageContext::scope).find(|scope| !scope.is_process());
    let _scope = scoped.unwrap_or(surroundings.scope).enter();
    let started = guarded(|| begin_batch(&mut contexts, &describe_first(), surroundings));
    started.unwrap_or_else(|| {
        count_dropped("panic");
        Started::Unsampled(SamplingMode::FinalDrop)
    })
}

fn begin_batch(
    contexts: &mut [MessageContext],
    first: &Description<'_>,
    surroundings: &Surroundings,
) -> Started {
    let Some(recorder) = recorder() else {
        count_skipped();
        return Started::Unsampled(SamplingMode::Unrecorded);
    };
    let options = Effective::new(surroundings.options, first.options);
    let actor = options.name().unwrap_or_else(|| short(first.type_name));
    let start = now();
    let mut wait = None;
    let mut senders: Vec<SampledContext> = Vec::new();
    let is_message = first.kind.operation_span_kind().is_none();
    let (mut undecided, mut settled, mut one_trace) = (false, false, is_message);
    let count = contexts.len();
    for context in contexts {
        settled |= context.is_final_drop();
        undecided |= context.is_absent();
        if let Ok(sender) = std::mem::take(context).into_sampled() {
            wait = wait.max(sender.sent.map(|sent| start.since(sent)));
            one_trace &= senders
                .first()
                .is_none_or(|first| first.context.trace_id == sender.context.trace_id && !sender.is_root);
            if senders.len() < MAX_LINKS {
                senders.push(sender);
            }
        }
    }
    let parent = senders
        .first()
        .filter(|first| one_trace && !first.is_root && first.hops.saturating_add(1) < options.hop_limit());
    let trace_id = parent.map_or_else(new_trace_id, |parent| parent.context.trace_id);
    let all = recorder.records_all();
    let (reason, probability, sampled) = match senders.first() {
        Some(_) if parent.is_some() => {
            let first = parent.and_then(|parent| parent.probability);
            let same = senders.iter().all(|sender| sender.probability == first);
            ("parent", first.filter(|_| same), is_any_sampled(&senders, all))
        }
        // It is kept because one message is. The probability depends on all of them and is not known.
        Some(_) => ("link", None, is_any_sampled(&senders, all)),
        None if undecided => match sampling::decide_by(&Operation::root(actor, &BATCH, trace_id), options) {
            Decision::Keep { probability, reason } => (reason, probability, true),
            Decision::Drop { reason } if all => (reason, None, false),
            Decision::Drop { reason } => {
                count_dropped(reason);
                return Started::Unsampled(SamplingMode::Unsampled);
            }
        },
        None if all => ("parent", None, false),
        None => {
            count_dropped("parent");
            return Started::Unsampled(if settled {
                SamplingMode::FinalDrop
            } else {
                SamplingMode::Unsampled
            });
        }
    };
    let (kind, fields): (_, &dyn RecordFields) =
        if is_message { (&BATCH, &NoFields) } else { (first.kind, first.fields) };
    let batch = Some(count);
    let several = Several { senders: &senders, parent, kind, batch, wait, reason, probability, sampled };
    open_several(recorder, start, trace_id, &several, fields, options, actor, surroundings)
}

/// Starts the span of a message that may have several senders: a root with links to all of them.
pub(super) fn start_linked<'m>(
    senders: &[SampledContext],
    describe: impl FnOnce() -> Description<'m>,
    surroundings: &Surroundings,
) -> Started {
    let _scope =
        senders.first().map_or(ScopeId::PROCESS, |sender| sender.scope).or(surroundings.scope).enter();
    let started = guarded(|| {
        let message = describe();
        let Some(recorder) = recorder().filter(|_| !senders.is_empty()) else {
            return Started::Unsampled(SamplingMode::Unsampled);
        };
        let options = Effective::new(surroundings.options, message.options);
        let actor = options.name().unwrap_or_else(|| short(message.type_name));
        let several = Several {
            senders,
            parent: None,
            kind: message.kind,
            batch: None,
            wait: None,
            reason: "ambiguous",
            probability: None,
            sampled: is_any_sampled(senders, recorder.records_all()),
        };
        open_several(recorder, now(), new_trace_id(), &several, message.fields, options, actor, surroundings)
    });
    started.unwrap_or(Started::Unsampled(SamplingMode::FinalDrop))
}

/// The data of a span that has several senders.
struct Several<'a> {
    senders: &'a [SampledContext],
    parent: Option<&'a SampledContext>,
    kind: &'static Kind,
    batch: Option<usize>,
    wait: Option<Duration>,
    reason: &'static str,
    probability: Option<f64>,
    sampled: bool,
}

/// Returns whether the sampler keeps one of them, if the recorder also takes the others.
fn is_any_sampled(senders: &[SampledContext], records_all: bool) -> bool {
    !records_all || senders.iter().any(|sender| sender.context.is_sampled())
}

#[expect(clippy::too_many_arguments, reason = "where it is, besides what it is")]
fn open_several(
    recorder: &dyn Recorder,
    start: Timestamp,
    trace_id: TraceId,
    several: &Several<'_>,
    fields: &dyn RecordFields,
    options: Effective<'_>,
    actor: &'static str,
    surroundings: &Surroundings,
) -> Started {
    let &Several { senders, parent, kind, batch, wait, reason, probability, sampled } = several;
    let _timing = sampling::time_recording(sampling::OPEN);
    let is_parent = |sender: &SampledContext| parent.is_some_and(|parent| parent.context == sender.context);
    let others = senders.iter().filter(|sender| !is_parent(sender));
    let links: Vec<Link> = others.map(|sender| Link { context: sender.clone() }).collect();
    let clock = match recorder.now() {
        Some(_) => WallClock::UNKNOWN,
        None => WallClock::of_child(parent.map(|parent| parent.clock), start),
    };
    let start = start.on(clock);
    let span = recorder.start(&SpanStart {
        name: name_of(actor, kind),
        actor,
        instance: surroundings.instance.as_deref(),
        kind: kind.name(),
        span_kind: kind.operation_span_kind().unwrap_or_default(),
        is_message: kind.operation_span_kind().is_none(),
        trace_id,
        parent,
        links: &links,
        start,
        wait,
        batch,
        reason,
        probability,
        sampled,
        lost_context: false,
        fields,
    });
    let Some(span) = span else { return refused(recorder) };
    count(reason, sampled);
    let context = SampledContext {
        probability,
        clock,
        hops: parent.map_or(0, |parent| parent.hops.saturating_add(1)),
        tracestate: parent.and_then(|parent| parent.tracestate.clone()),
        baggage: parent.and_then(|parent| parent.baggage.clone()),
        scope: scope::current(),
        ..SampledContext::unsent(span.context())
    };
    let claimable = if batch.is_some() { &Claimable::ByNobody } else { &Claimable::Claimed };
    active(claimable, surroundings, |active| {
        (active.span, active.start, active.context) = (Some(span), start, context);
        (active.policy, active.around) = (options.policy(kind), around());
    })
}

/// The kind of a batch, which no handler claims.
pub(super) static BATCH: Kind = Kind::new("batch");

/// The attributes of the sampler, and then the fields of the message.
struct WithAttributes<'a> {
    attributes: &'a SamplerAttributes,
    /// The way in which it was sent. `None` for work that nobody sent.
    mode: Option<&'static str>,
    fields: &'a dyn RecordFields,
}

impl RecordFields for WithAttributes<'_> {
    fn record(&self, fields: &mut Fields<'_>) {
        if let Some(mode) = self.mode {
            fields.say("actor.message.mode", mode);
        }
        for (name, value) in self.attributes.iter() {
            match value {
                SamplerAttribute::Str(text) => fields.record(name, text),
                SamplerAttribute::Float(number) => fields.record(name, &number),
                SamplerAttribute::Int(number) => fields.record(name, &number),
            }
        }
        self.fields.record(fields);
    }
}

/// Handles a message without its own span: its sends continue the context that it came with.
fn passing(context: MessageContext, claimable: &Claimable, surroundings: &Surroundings) -> Started {
    let ContextState::Sampled(sampled) = context.state() else {
        return Started::Unsampled(match context.state() {
            ContextState::Unsampled => SamplingMode::of_unsampled(&context),
            _ if recorder().is_none() => SamplingMode::Unrecorded,
            _ => SamplingMode::Absent,
        });
    };
    let sampled = sampled.clone();
    active(claimable, surroundings, |active| {
        (active.context, active.sender, active.around) = (sampled, context, around());
    })
}

/// Starts a span that ends immediately, and returns its context if it is sampled.
pub(crate) fn short_span(context: MessageContext, description: Description<'_>) -> Option<SampledContext> {
    match start(context, || description, &Claimable::Claimed, &Surroundings::default()) {
        Started::Active(active) if active.span().is_some() => {
            active.finish(None);
            Some(active.context().clone())
        }
        Started::Active(_) | Started::Unsampled(_) => None,
    }
}
