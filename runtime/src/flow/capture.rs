//! Captures the context of a send, which is that of the sender's current span.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::active::ActiveSpan;
use super::fanouts::{FanoutFlow, Next};
use super::here::{Current, HERE, Here};
use super::slot::ReceiverSlot;
use super::unscoped;
use super::word::{SamplingMode, Word};
use crate::context::scope;
use crate::context::{MessageContext, SampledContext, product};
use crate::observe::{self, Handling, HandlingId};
use crate::record::{CurrentContext, bridge, current_context, now};
use crate::sampling::{self, Kind, Options};

// ----- hot path: nothing is sampled -----

/// Returns the context of a message of this kind that is sent now.
#[inline]
pub(crate) fn capture(kind: impl FnOnce() -> &'static Kind) -> MessageContext {
    HERE.with(|here| {
        let word = here.word.get();
        if word.is(SamplingMode::Unsampled) && word.is_scoped() && (!word.is_open() || here.is_live(word)) {
            MessageContext::UNSAMPLED
        } else if word.skip_next() > 0 {
            here.word.set(word.with_skip_next(word.skip_next() - 1));
            MessageContext::NOT_SELECTED
        } else if word == Word::OUTSIDE && !unscoped::is_used() {
            ambient()
        } else {
            capture_slow(kind)
        }
    })
}

/// Returns the context that another library has made current, which the send continues.
#[inline(never)]
fn ambient() -> MessageContext {
    match current_context() {
        None | Some(CurrentContext::None) => MessageContext::ABSENT,
        Some(CurrentContext::Unsampled) => MessageContext::UNSAMPLED,
        Some(CurrentContext::Sampled(context)) => MessageContext::sampled(context),
    }
}

/// Returns the context of a send in the current scope, if there is one.
fn in_scope(here: &Here, context: MessageContext) -> MessageContext {
    let scope = scope::current();
    if scope.is_process() {
        return context;
    }
    match context.into_sampled() {
        Ok(context) => MessageContext::sampled(SampledContext { scope, ..context }),
        // The message for which a plain task was spawned is not known.
        Err(absent) if absent.is_absent() => MessageContext::absent_in(scope, here.word.get().is_task()),
        Err(unsampled) => unsampled,
    }
}

// ----- everything else -----

#[inline(never)]
fn capture_slow(kind: impl FnOnce() -> &'static Kind) -> MessageContext {
    unscoped::here(|here| {
        here.prune();
        match here.word.get().mode() {
            mode @ (SamplingMode::Unsampled | SamplingMode::FinalDrop) => mode.context(),
            SamplingMode::Absent | SamplingMode::Unrecorded | SamplingMode::Outside => {
                in_scope(here, ambient())
            }
            SamplingMode::Current => capture_current(here, kind()),
        }
    })
}

/// Returns the context from the current span and the current fan-out.
#[cold]
fn capture_current(here: &Here, kind: &'static Kind) -> MessageContext {
    let _timing = sampling::time_recording(sampling::CAPTURE);
    let fanout = here.fanout();
    let capture = |active: Option<&ActiveSpan>| {
        let chance = match next(fanout.as_deref(), active, kind) {
            Next::NotSelected { skip_next } => {
                // This costs as little as an unsampled message.
                here.word.set(here.word.get().with_skip_next(skip_next));
                return MessageContext::NOT_SELECTED;
            }
            next => next.chance(),
        };
        if let Some(active) = active {
            active.set_used();
            return departing(active, chance);
        }
        // It is selected, and `fanout` has found that the parent is a span of another library.
        match current_context() {
            Some(CurrentContext::Sampled(context)) => leaving(&context, chance),
            Some(CurrentContext::Unsampled) => MessageContext::UNSAMPLED,
            Some(CurrentContext::None) | None => MessageContext::ABSENT,
        }
    };
    here.with_top(|active| capture(Some(active))).unwrap_or_else(|| capture(None))
}

/// Returns the fan-out's decision about a send: that of the current fan-out, or of the one that the message announced.
fn next(fanout: Option<&FanoutFlow>, active: Option<&ActiveSpan>, kind: &'static Kind) -> Next {
    if let Some(fanout) = fanout {
        return fanout.next(u32::MAX);
    }
    let Some((active, announced)) = active.and_then(|active| Some((active, active.announced.as_ref()?)))
    else {
        return Next::All;
    };
    announced.next(kind, active.is_alone()).map_or(Next::NotSelected { skip_next: 0 }, Next::Selected)
}

/// Returns the context of a message that is sent now under `active`.
///
/// `chance` is the probability with which a fan-out selected it, if one did.
#[inline]
fn departing(active: &ActiveSpan, chance: Option<f64>) -> MessageContext {
    let context = active.context();
    // The library knows the span. If it has a later one, that one is the sender. The context around the span does not
    // count, since between a flow and its loop it is made current again at each poll.
    let ambient = bridge().and_then(|bridge| bridge.current_context(Some(context.context)));
    let Some(ambient) = ambient else { return leaving(context, chance) };
    match ambient {
        ambient if ambient.id() == active.around => leaving(context, chance),
        CurrentContext::Unsampled => MessageContext::UNSAMPLED,
        CurrentContext::Sampled(now) if now.context.trace_id == context.context.trace_id => {
            leaving(&SampledContext { context: now.context, baggage: now.baggage, ..context.clone() }, chance)
        }
        CurrentContext::Sampled(ambient) => leaving(&ambient, chance),
        CurrentContext::None => leaving(context, chance),
    }
}

fn leaving(context: &SampledContext, chance: Option<f64>) -> MessageContext {
    let (probability, fanout_probability) = match chance {
        Some(chance) => thinned(context, chance),
        None => (context.probability, context.fanout_probability),
    };
    let selected = chance.is_some_and(|chance| chance < 1.0);
    let sent = Some(now());
    MessageContext::made(|| SampledContext {
        remote: false,
        selected,
        probability,
        fanout_probability,
        sent,
        ..context.clone()
    })
}

/// Returns the context's probability, and the part of it that is independent of the trace id.
///
/// Both include a fan-out that selected the context with this chance.
#[expect(clippy::cast_possible_truncation, reason = "seven digits are enough to tell the parts")]
pub(super) fn thinned(context: &SampledContext, chance: f64) -> (Option<f64>, f32) {
    let probability = context.probability.map(|probability| product(probability, chance));
    (probability, product(context.fanout_probability.into(), chance) as f32)
}

// ----- questions about the sender -----

/// Returns the options of the current actor, if the macro has set any.
pub(crate) fn options() -> Option<&'static Options> {
    HERE.with(|here| if here.word.get().is_scoped() { here.options.get() } else { None })
}

/// Sets the instance name of the current flow's actor. Does nothing outside of a flow.
pub(crate) fn set_instance(name: Arc<str>) {
    HERE.with(|here| {
        let word = here.word.get();
        if word.is_scoped() && !word.is_aside() {
            here.word.set(word.with_instance(true));
            drop(here.instance.replace(Some(name)));
        }
    });
}

/// Returns the current fan-out budget: that of the message's kind, or of its actor.
pub(crate) fn budget(n: u64) -> u64 {
    let policy = unscoped::here(|here| {
        here.prune();
        here.with_top(|active| active.policy)?
    });
    sampling::budget(policy.or_else(|| options()?.fanout()), n)
}

/// Returns the current context, if it is one of ours.
pub(crate) fn current() -> MessageContext {
    match mode() {
        SamplingMode::Unsampled | SamplingMode::FinalDrop => MessageContext::UNSAMPLED,
        _ => current_span()
            .map_or(MessageContext::ABSENT, |active| MessageContext::sampled(active.context().clone())),
    }
}

/// Returns whether the current span is sampled: ours, or another library's if we have made no decision.
pub(crate) fn is_sampled() -> bool {
    match mode() {
        SamplingMode::Unsampled | SamplingMode::FinalDrop => false,
        SamplingMode::Current => current_span().is_some_and(|active| active.context().context.is_sampled()),
        SamplingMode::Absent | SamplingMode::Unrecorded | SamplingMode::Outside => {
            matches!(current_context(), Some(CurrentContext::Sampled(_)))
        }
    }
}

fn mode() -> SamplingMode {
    unscoped::here(|here| {
        here.prune();
        here.word.get().mode()
    })
}

/// Returns the span that sends continue, if it is one of ours.
pub(crate) fn current_span() -> Option<Arc<ActiveSpan>> {
    HERE.with(|here| {
        if here.word.get() == Word::OUTSIDE && !unscoped::is_used() {
            return None;
        }
        unscoped::here(|here| match here.current() {
            Current::Span(active) => Some(active),
            Current::Mode(_) => None,
        })
    })
}

/// Returns the handling that is being worked on here, as the observer knows it.
pub fn current_handling() -> Option<HandlingId> {
    let number = HERE.with(|here| {
        if here.word.get().is_open() {
            here.slot.get().map(ReceiverSlot::handling)
        } else {
            here.with_top(|active| active.handling.load(Relaxed))
        }
    });
    Handling::followed(number.filter(|number| *number != 0).unwrap_or_else(observe::current))
}

/// Returns the span that counts the current fan-out, if there is one.
pub(super) fn fanout_span() -> Option<Arc<ActiveSpan>> {
    // Almost no waiting send belongs to a fan-out.
    let may = HERE.with(|here| here.word.get().is(SamplingMode::Current) || !here.word.get().is_scoped());
    if !may {
        return None;
    }
    unscoped::here(|here| {
        here.prune();
        let counts = here.fanout().is_some() || here.with_top(|active| active.announced.is_some())?;
        if counts { here.top_span() } else { None }
    })
}
