//! A message is about to be handled: decide, and open its span.

use super::counters::{count_dropped, count_dropped_by_ratio, count_kept, count_skipped};
use super::current::{self, Announced, Content, Mode, OpenSpan};
use super::field::Fields;
use super::name::{short, span_name};
use super::recorder::{Link, MAX_LINKS, NewSpan, Recorder, recorder};
use crate::context::{Carried, SampledContext, State, Timestamp, TraceId, new_trace_id};
use crate::sampling::{self, Decision, Effective, Key, Kind, Note, Notes, Operation, Options};

/// Whether a message that nobody has decided about is dropped without a decision of its own. Counts it.
#[inline]
pub(crate) fn drops_root(kind: &'static Kind, options: &'static Options) -> bool {
    let drops = sampling::drops_root(kind, Effective::new(current::options(), options));
    if drops {
        count_dropped_by_ratio();
    }
    drops
}

/// What a message says of itself. Made only when something is to be decided or recorded.
pub(crate) struct Description<'a> {
    pub(crate) kind: &'static Kind,
    /// The options of the message's own annotation.
    pub(crate) options: Options,
    /// The type's name: without its path the actor's name where there is no other.
    pub(crate) type_name: &'static str,
    pub(crate) fanout: Option<u64>,
    pub(crate) key: Option<Key<'a>>,
    pub(crate) fields: &'a dyn RecordFields,
}

/// A message whose fields can be recorded.
pub(crate) trait RecordFields {
    fn record(&self, fields: &mut Fields<'_>);
}

/// Opens the span of a message that came with `carried`, or says what its sends carry without one.
///
/// `actor` are the options of the actor where they are known; otherwise those of the scope are used.
pub(crate) fn begin(carried: Carried, message: &Description<'_>, actor: Option<&'static Options>) -> Content {
    let Some(recorder) = recorder() else {
        count_skipped();
        return passing(carried);
    };
    if message.kind.is_skipped() {
        count_skipped();
        return passing(carried);
    }
    let options = Effective::new(actor.or(current::options()), &message.options);
    let actor = options.name().unwrap_or_else(|| short(message.type_name));
    let trace_id = match carried.state() {
        State::Sampled(parent) => parent.context.trace_id,
        State::Unsampled => new_trace_id(),
        State::Absent => {
            let Some(trace_id) = sampling::trace_id_of_root(message.kind, options) else {
                count_dropped_by_ratio();
                return Content::Light(Mode::Unsampled);
            };
            trace_id
        }
    };
    let notes = Notes::new();
    let operation = |parent| Operation {
        actor,
        kind: message.kind,
        parent,
        remote: carried.is_remote(),
        fanout: message.fanout,
        key: message.key,
        trace_id,
        tracestate: None,
        notes: Some(&notes),
    };
    match decide(&carried, options, operation) {
        Decision::Drop { reason } => {
            count_dropped(reason);
            Content::Light(Mode::of_unsampled(&carried))
        }
        Decision::Keep { probability, reason } => {
            let kept = Kept { actor, options, trace_id, notes: &notes, chance: probability, reason };
            open(recorder, carried, message, &kept)
        }
    }
}

/// The decision to keep a message, and what it was made of.
struct Kept<'a> {
    actor: &'static str,
    options: Effective<'a>,
    trace_id: TraceId,
    notes: &'a Notes,
    chance: Option<f64>,
    reason: &'static str,
}

/// Opens the span. A function of its own, so that what is not kept does not pay for its size.
#[inline(never)]
fn open(recorder: &dyn Recorder, carried: Carried, message: &Description<'_>, kept: &Kept<'_>) -> Content {
    let &Kept { actor, options, trace_id, notes, chance, mut reason } = kept;
    let _timing = sampling::time_recording();
    let start = Timestamp::now();
    let parent = match carried.state() {
        State::Sampled(parent) => Some(parent),
        State::Absent | State::Unsampled => None,
    };
    let mut wait = None;
    let mut links = Vec::new();
    let mut child_of = None;
    let mut hops = 0;
    let mut probability = chance;
    // With what probability the trace id's randomness keeps this; whatever else keeps it is independent of that.
    let mut consistent = notes.consistent().unwrap_or(1.0);
    if let Some(parent) = parent {
        wait = parent.sent.map(|sent| start.since(sent));
        // The decision was made with the parent's probability, and made again with `chance`.
        probability = parent.probability.zip(chance).map(|(before, chance)| before * chance);
        consistent =
            parent.probability.map_or(1.0, |before| before / f64::from(parent.independent)).min(consistent);
        hops = parent.hops.saturating_add(1);
        if parent.selected {
            reason = "fanout";
        }
        if message.kind.is_linked() || hops >= options.hop_limit() {
            reason = if message.kind.is_linked() { "link" } else { "loop" };
            hops = 0;
            // Another trace id, which has decided nothing yet.
            consistent = 1.0;
            links.push(Link { context: parent.clone() });
        } else {
            child_of = Some(parent);
        }
    }

    let instance = current::instance();
    let span = recorder.start(&NewSpan {
        name: span_name(actor, message.kind.name()),
        actor,
        instance: instance.as_deref(),
        kind: message.kind.name(),
        trace_id: if links.is_empty() { trace_id } else { new_trace_id() },
        parent: child_of,
        links: &links,
        start,
        wait,
        batch: None,
        reason,
        probability,
        fields: &Noted { notes, fields: message.fields },
    });
    let Some(span) = span else {
        // No sampler's decision, and so none to be made again further on.
        count_dropped(recorder.refusal());
        return Content::Light(Mode::Settled);
    };
    count_kept(reason);
    #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough to tell the parts")]
    let independent = probability.map_or(1.0, |probability| (probability / consistent).min(1.0) as f32);
    // The sender's context becomes that of this span, in its allocation and with its texts.
    let mut context = carried.into_box().unwrap_or_else(|_| Box::new(SampledContext::unsent(span.context())));
    if !links.is_empty() {
        // A linked trace is another trace: it has no tracestate of the old one's, and the same baggage.
        context.tracestate = None;
    }
    *context = SampledContext {
        probability,
        independent,
        hops,
        tracestate: context.tracestate.take(),
        baggage: context.baggage.take(),
        ..SampledContext::unsent(span.context())
    };
    let curve = options.curve(message.kind);
    let announced = message.fanout.and_then(|n| Announced::new(n, sampling::budget(curve, n))).map(Box::new);
    Content::Span(OpenSpan::new(span, context, announced, curve))
}

/// The decision about a message that came with `carried`. The operation is made only if somebody is asked.
fn decide<'a>(
    carried: &'a Carried,
    options: Effective<'_>,
    operation: impl FnOnce(State<'a>) -> Operation<'a>,
) -> Decision {
    match carried.state() {
        State::Absent => sampling::decide(&operation(State::Absent), options),
        // No sampler's decision, and so none to be made again: the budget holds for every sampler.
        State::Unsampled if carried.is_unselected() => Decision::Drop { reason: "fanout" },
        State::Unsampled if carried.is_settled() => FOLLOW_NO,
        parent if sampling::asks_everyone() => match sampling::reconsider(&operation(parent)) {
            // Those that the sender kept stand for this one already; with a weight of its own it would count twice.
            Some(Decision::Keep { reason, .. }) if matches!(parent, State::Unsampled) => {
                Decision::Keep { probability: None, reason }
            }
            decision => decision.unwrap_or(FOLLOW_NO),
        },
        State::Sampled(_) => Decision::Keep { probability: Some(1.0), reason: "parent" },
        State::Unsampled => FOLLOW_NO,
    }
}

const FOLLOW_NO: Decision = Decision::Drop { reason: "parent" };

/// Opens one span for several messages that are handled together, linked to the sender of each that is sampled.
///
/// A batch of one is a message like any other.
pub(crate) fn begin_batch(carried: &mut [Carried], first: &Description<'_>) -> Content {
    if let [one] = carried {
        return begin(std::mem::take(one), first, None);
    }
    let Some(recorder) = recorder() else {
        count_skipped();
        return Content::Light(Mode::Absent);
    };
    let options = Effective::new(current::options(), &first.options);
    let actor = options.name().unwrap_or_else(|| short(first.type_name));
    let start = Timestamp::now();
    let mut wait = None;
    let mut links = Vec::new();
    let (mut undecided, mut settled) = (false, false);
    for carried in carried.iter_mut() {
        settled |= carried.is_settled();
        undecided |= matches!(carried.state(), State::Absent);
        if let Ok(context) = std::mem::take(carried).into_sampled() {
            wait = wait.max(context.sent.map(|sent| start.since(sent)));
            if links.len() < MAX_LINKS {
                links.push(Link { context });
            }
        }
    }

    let trace_id = new_trace_id();
    let (reason, probability) = match links.first() {
        // Kept because a message is; with what probability depends on all of them, and is not known.
        Some(_) => ("link", None),
        None if undecided => match decide_batch(actor, trace_id, options) {
            Decision::Keep { probability, reason } => (reason, probability),
            Decision::Drop { reason } => {
                count_dropped(reason);
                return Content::Light(Mode::Unsampled);
            }
        },
        None => {
            count_dropped("parent");
            return Content::Light(if settled { Mode::Settled } else { Mode::Unsampled });
        }
    };
    let _timing = sampling::time_recording();
    let instance = current::instance();
    let span = recorder.start(&NewSpan {
        name: span_name(actor, BATCH.name()),
        actor,
        instance: instance.as_deref(),
        kind: BATCH.name(),
        trace_id,
        parent: None,
        links: &links,
        start,
        wait,
        batch: Some(carried.len()),
        reason,
        probability,
        fields: &NoFields,
    });
    let Some(span) = span else {
        // No sampler's decision, and so none to be made again further on.
        count_dropped(recorder.refusal());
        return Content::Light(Mode::Settled);
    };
    count_kept(reason);
    let context = SampledContext { probability, ..SampledContext::unsent(span.context()) };
    Content::Span(OpenSpan::new(span, Box::new(context), None, options.curve(&BATCH)))
}

static BATCH: Kind = Kind::new("batch");

fn decide_batch(actor: &str, trace_id: TraceId, options: Effective<'_>) -> Decision {
    sampling::decide(&Operation::root(actor, &BATCH, trace_id), options)
}

/// A message's fields, after what its sampler noted.
struct Noted<'a> {
    notes: &'a Notes,
    fields: &'a dyn RecordFields,
}

impl RecordFields for Noted<'_> {
    fn record(&self, fields: &mut Fields<'_>) {
        for (name, note) in self.notes.iter() {
            match note {
                Note::Str(text) => fields.record(name, text),
                Note::Float(number) => fields.record(name, &number),
                Note::Int(number) => fields.record(name, &number),
            }
        }
        self.fields.record(fields);
    }
}

/// A message without fields.
pub(crate) struct NoFields;

impl RecordFields for NoFields {
    fn record(&self, _: &mut Fields<'_>) {}
}

fn passing(carried: Carried) -> Content {
    match carried.into_box() {
        Ok(context) => Content::Passing(context),
        Err(carried) if carried.is_unsampled() => Content::Light(Mode::of_unsampled(&carried)),
        Err(_) => Content::Light(Mode::Absent),
    }
}
