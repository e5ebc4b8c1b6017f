//! The recorder: writes records into the ring of the thread, and checks for triggers.

use std::any::Any;
use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use traced_actor::context::{Timestamp, TraceContext, TraceFlags, TraceId, new_span_id};
use traced_actor::observe::MessageType;
use traced_actor::record::{Attribute, Failure, Link, OpenSpan, Recorder, Span, SpanEnd, SpanStart};

use super::clock::TickClock;
use super::image::Journal;
use super::lanes::{LaneWriter, Lanes};
use super::memory::Memory;
use super::peers::Peers;
use super::table::{Names, Operation, Operations, Recent};
use super::trigger::{Limits, Stats, Trigger, TriggerOptions};
use super::wanted::Wanted;
use super::words::{self, start};

/// The name of the attribute by which a handler keeps its trace.
pub(crate) const KEEP: &str = "sampling.keep";

/// The name of the attribute that marks a recorded warning. `traced_actor_sampling::Warnings` sets it.
const WARNING: &str = "sampling.warning";
/// The maximum length of a recorded tracestate, in bytes. W3C requires at least this much.
const TRACESTATE_BYTES: usize = 512;

/// The state that the recorder, the handle and the collector share. It lives as long as the process, like all
/// recorders.
pub(crate) struct Shared {
    pub(crate) clock: TickClock,
    pub(crate) lanes: Lanes,
    pub(crate) names: Names,
    pub(crate) operations: Operations<OperationSpans>,
    pub(crate) wanted: Wanted,
    pub(crate) limits: Limits,
    pub(crate) peers: Peers,
    pub(crate) triggers: TriggerOptions,
    /// `triggers.wait` in nanoseconds, or the maximum.
    longest_wait: u64,
    /// The maximum length of a text, in bytes.
    text_bytes: usize,
    /// Wakes the collector, because wanted records may be overwritten soon.
    pub(crate) wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// The number of fields that did not fit into their record, and of names and operations without room.
    pub(crate) cut: AtomicU64,
}

/// An operation, with the data that its spans need.
pub(crate) struct OperationSpans {
    pub(crate) operation: Operation,
    shared: &'static Shared,
    /// The statistics, if anything has to be learned.
    pub(crate) stats: Option<Box<Stats>>,
    /// Whether errors are a trigger, because too many messages fail.
    pub(crate) is_failing: AtomicBool,
}

thread_local! {
    static LOCALS: RefCell<Vec<Local>> = const { RefCell::new(Vec::new()) };
}

/// The state of a recorder on one thread. Almost always there is one recorder.
struct Local {
    shared: &'static Shared,
    writer: LaneWriter,
    operations: Recent<&'static OperationSpans>,
    names: Recent<u32>,
}

impl Drop for Local {
    fn drop(&mut self) {
        self.shared.lanes.give_back(self.writer.lane().clone());
    }
}

impl Local {
    #[inline]
    fn is_of(&self, shared: &Shared) -> bool {
        std::ptr::eq(self.shared, shared)
    }

    #[inline]
    fn name(&mut self, name: &'static str) -> u32 {
        number_of(self.shared, &mut self.names, name)
    }
}

#[inline]
fn number_of(shared: &'static Shared, recent: &mut Recent<u32>, name: &'static str) -> u32 {
    recent.get(name, || Some(shared.names.number(name))).unwrap_or(0)
}

impl Shared {
    pub(crate) fn new(
        bytes: u64,
        memory: Memory,
        journal: Option<&'static Journal>,
        text_bytes: usize,
        triggers: TriggerOptions,
    ) -> &'static Self {
        let longest_wait = triggers.wait.map_or(u64::MAX, nanos);
        Box::leak(Box::new(Self {
            clock: TickClock::new(),
            lanes: Lanes::new(bytes, memory),
            names: Names::new(journal),
            operations: Operations::new(journal),
            wanted: Wanted::new(triggers.max_wanted),
            limits: Limits::new(triggers.per_second),
            peers: Peers::default(),
            triggers,
            longest_wait,
            text_bytes,
            wake: OnceLock::new(),
            cut: AtomicU64::new(0),
        }))
    }

    /// Calls a function with the state of this thread.
    ///
    /// Returns `None`, and counts the record as refused, if there is no ring for it. The memory may be used up, the
    /// thread may be ending, or it may be within another record.
    #[inline]
    fn with<R>(&'static self, write: impl FnOnce(&mut Local) -> R) -> Option<R> {
        let written = LOCALS.try_with(|locals| {
            let mut locals = locals.try_borrow_mut().ok()?;
            match locals.first_mut() {
                Some(local) if local.is_of(self) => Some(write(local)),
                _ => self.find(&mut locals).map(write),
            }
        });
        let written = written.ok().flatten();
        if written.is_none() {
            self.lanes.count_refused();
        }
        written
    }

    #[cold]
    fn find<'a>(&'static self, locals: &'a mut Vec<Local>) -> Option<&'a mut Local> {
        let at = locals.iter().position(|local| local.is_of(self)).or_else(|| {
            let writer = self.lanes.take()?;
            locals.push(Local { shared: self, writer, operations: Recent::new(), names: Recent::new() });
            Some(locals.len() - 1)
        })?;
        locals.get_mut(at)
    }

    #[cold]
    fn operation(&'static self, new: &SpanStart<'_>) -> Option<&'static OperationSpans> {
        if let Some(known) = self.operations.find(new.name) {
            return Some(known);
        }
        let names = [new.name, new.actor, new.kind];
        self.operations.add(names, new.span_kind, new.is_message, |operation| {
            let triggers = &self.triggers;
            let fixed = triggers.slow_operations.get(new.name).or(triggers.slow.as_ref());
            operation.slow.store(fixed.copied().map_or(u64::MAX, nanos), Relaxed);
            let learns = triggers.slow_percentile.is_some() || triggers.failure_rate.is_some();
            OperationSpans {
                operation,
                shared: self,
                stats: learns.then(|| Box::new(Stats::new())),
                is_failing: AtomicBool::new(false),
            }
        })
    }

    /// Makes a trace wanted, unless this kind of trigger has fired too often. Returns whether it is wanted.
    #[cold]
    pub(crate) fn fire(&self, trigger: Trigger, trace: TraceId, now: Timestamp) -> bool {
        if self.wanted.has(trace) {
            return true;
        }
        if !self.limits.allow(trigger, now) {
            return false;
        }
        let until = now.unix_nanos().saturating_add(nanos(self.triggers.hold));
        let is_new = self.wanted.add(trace, trigger, Timestamp::from_unix_nanos(until));
        if is_new && let Some(wake) = self.wake.get() {
            wake();
        }
        is_new
    }

    /// Records that the handler with this span sends a message.
    pub(crate) fn record_send(&'static self, span: u64, message: MessageType) {
        let now = self.clock.now();
        self.with(|local| {
            let kind = local.name(message.kind.name());
            let to = local.name(message.actor.unwrap_or(message.type_name));
            let mut record = local.writer.record();
            record.push_all([span, now.unix_nanos(), to.into()]);
            record.finish(words::SEND, 0, kind);
        });
    }

    fn links(&'static self, context: TraceContext, links: &[Link], at: Timestamp) {
        for link in links {
            self.with(|local| {
                let mut record = local.writer.note();
                let linked = link.context.context;
                record.push_all([context.span_id.get(), at.unix_nanos()]);
                record.push_all(halves(linked.trace_id));
                record.push(linked.span_id.get());
                record.finish_note(words::LINK, linked.flags.bits(), u32::from(link.context.remote));
            });
        }
    }

    fn write_start(
        &'static self,
        new: &SpanStart<'_>,
        context: TraceContext,
    ) -> Option<&'static OperationSpans> {
        self.with(|local| {
            let spans = local.operations.get(new.name, || self.operation(new))?;
            let reason = local.name(new.reason);
            let batch = new.batch.map_or(0, |batch| u32::try_from(batch).unwrap_or(u32::MAX));
            let mut record = local.writer.record();
            let [high, low] = halves(context.trace_id);
            record.push_all([
                high,
                low,
                context.span_id.get(),
                new.parent.map_or(0, |parent| parent.context.span_id.get()),
                new.start.unix_nanos(),
                new.wait.map_or(words::NO_WAIT, nanos),
                u64::from(reason) | u64::from(batch) << 32,
                0,
            ]);
            // Only the entries of others. The recorder knows the data of our own entry.
            let tracestate = new
                .parent
                .filter(|parent| new.sampled && parent.tracestate.is_some())
                .and_then(|parent| parent.tracestate_out(0));
            let mut flags = if new.sampled { start::SAMPLED } else { 0 };
            flags |= if new.parent.is_some_and(|parent| parent.remote) { start::REMOTE_PARENT } else { 0 };
            flags |= if context.flags.is_random() { start::RANDOM } else { 0 };
            flags |= if new.lost_context { start::LOST } else { 0 };
            flags |= if new.batch.is_some() { start::BATCH } else { 0 };
            if let Some(probability) = new.probability {
                flags |= start::PROBABILITY;
                record.push(probability.to_bits());
            }
            if let Some(instance) = new.instance {
                flags |= start::INSTANCE;
                words::push_text(&mut record, instance, self.text_bytes);
            }
            if let Some(tracestate) = tracestate {
                flags |= start::TRACESTATE;
                words::push_text(&mut record, &tracestate, TRACESTATE_BYTES);
            }
            let (mut bits, mut next, mut cut) = (0_u64, 0, 0);
            new.fields(|name, value| {
                let place = words::type_of(&value).and_then(|of| spans.operation.key(next, name, of));
                let Some(place) = place.filter(|_| record.room() > 1) else {
                    cut += 1;
                    return;
                };
                bits |= 1 << place;
                next = place + 1;
                let names = &mut local.names;
                words::push_value(&mut record, &value, self.text_bytes, |text| number_of(self, names, text));
            });
            record.set(words::FIELDS, bits);
            cut += u64::from(record.is_cut());
            record.finish(words::START, flags, spans.operation.number);
            if cut > 0 {
                self.cut.fetch_add(cut, Relaxed);
            }
            Some(spans)
        })?
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the halves")]
fn halves(trace: TraceId) -> [u64; 2] {
    [(trace.get() >> 64) as u64, trace.get() as u64]
}

#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos().into())
}

/// Records every message. See [`Flight::recorder`](crate::Flight::recorder).
pub(crate) struct FlightRecorder(pub(crate) &'static Shared);

impl Recorder for FlightRecorder {
    fn start(&self, new: &SpanStart<'_>) -> Option<OpenSpan> {
        let shared = self.0;
        let (trace_id, flags) = match new.parent {
            Some(parent) => (parent.context.trace_id, parent.context.flags),
            None => (new.trace_id, TraceFlags::RANDOM),
        };
        let sampled = u8::from(new.sampled) * TraceFlags::SAMPLED.bits();
        let flags = TraceFlags::new(flags.bits() & !TraceFlags::SAMPLED.bits() | sampled);
        let context = TraceContext::new(trace_id, new_span_id(), flags);
        let spans = shared.write_start(new, context);
        if !new.links.is_empty() {
            shared.links(context, new.links, new.start);
        }
        if new.wait.is_some_and(|wait| nanos(wait) >= shared.longest_wait) {
            shared.fire(Trigger::Wait, trace_id, new.start);
        }
        Some(OpenSpan::shared(context, spans?))
    }

    fn drop_reason(&self) -> &'static str {
        "flight"
    }

    fn now(&self) -> Option<Timestamp> {
        Some(self.0.clock.now())
    }

    fn records_all(&self) -> bool {
        true
    }
}

impl OperationSpans {
    fn failed(&self, trace: TraceId, failure: &Failure<'_>, now: Timestamp) {
        let triggers = &self.shared.triggers;
        match failure.error_type {
            "panic" if triggers.panics => drop(self.shared.fire(Trigger::Panic, trace, now)),
            "cancelled" => {}
            _ if triggers.errors => drop(self.shared.fire(Trigger::Error, trace, now)),
            _ if self.is_failing.load(Relaxed) => {
                self.shared.fire(Trigger::FailureRate, trace, now);
            }
            _ => {}
        }
    }

    /// Writes a note about an open span.
    fn note(
        &self,
        kind: u8,
        context: TraceContext,
        at: Timestamp,
        number: impl FnOnce(&mut Local) -> u32,
        text: Option<&str>,
    ) {
        self.shared.with(|local| {
            let number = number(local);
            let mut record = local.writer.note();
            record.push_all([context.span_id.get(), at.unix_nanos()]);
            if let Some(text) = text {
                words::push_text(&mut record, text, self.shared.text_bytes);
            }
            record.finish_note(kind, 0, number);
        });
    }
}

impl Span for OperationSpans {
    fn finish(&self, context: TraceContext, end: &SpanEnd<'_>) {
        self.shared.with(|local| {
            let mut flags = if context.is_sampled() { words::end::SAMPLED } else { 0 };
            let mut error_type = 0;
            // The text is formatted before the record begins, because formatting runs foreign code.
            let text = end.failure.and_then(|failure| failure.description).map(|text| text.bounded());
            if let Some(failure) = &end.failure {
                flags |= words::end::FAILED;
                error_type = local.name(failure.error_type);
            }
            let mut record = local.writer.record();
            record.push_all([context.span_id.get(), end.at.unix_nanos()]);
            if let Some(text) = text {
                flags |= words::end::TEXT;
                words::push_text(&mut record, &text, self.shared.text_bytes);
            }
            if let Some(fanout) = end.fanout {
                flags |= words::end::FANOUT;
                let waits = [nanos(fanout.wait_min), nanos(fanout.wait_max)];
                record.push_all([fanout.size, fanout.selected, fanout.errors, waits[0], waits[1]]);
            }
            record.finish(words::END, flags, error_type);
        });
        let took = end.at.unix_nanos().saturating_sub(end.start.unix_nanos());
        if let Some(stats) = &self.stats {
            stats.add(took, end.failure.is_some());
        }
        if let Some(failure) = &end.failure {
            self.failed(context.trace_id, failure, end.at);
        }
        if self.operation.is_slow(took) {
            self.shared.fire(Trigger::Slow, context.trace_id, end.at);
        }
    }

    fn set_attribute(&self, context: TraceContext, name: &'static str, value: Attribute<'_>) {
        let trigger = match name {
            KEEP => Some(Trigger::Keep),
            WARNING if self.shared.triggers.warnings => Some(Trigger::Warning),
            _ => None,
        };
        let now = self.shared.clock.now();
        if let Some(trigger) = trigger {
            self.shared.fire(trigger, context.trace_id, now);
        }
        let Some(of) = words::type_of(&value) else { return };
        self.shared.with(|local| {
            let number = local.name(name);
            let mut record = local.writer.note();
            record.push_all([context.span_id.get(), now.unix_nanos()]);
            let (shared, names) = (self.shared, &mut local.names);
            words::push_value(&mut record, &value, shared.text_bytes, |text| number_of(shared, names, text));
            record.finish_note(words::ATTRIBUTE, of as u8, number);
        });
    }

    fn add_event(&self, context: TraceContext, name: &'static str, at: Timestamp) {
        self.note(words::EVENT, context, at, |local| local.name(name), None);
    }

    fn rename(&self, context: TraceContext, name: &'static str, actor: &'static str) {
        let of = &self.operation;
        let shared = self.shared;
        let renamed =
            shared.operations.add([name, actor, of.kind], of.span_kind, of.is_message, |operation| {
                operation.slow.store(of.slow.load(Relaxed), Relaxed);
                OperationSpans { operation, shared, stats: None, is_failing: AtomicBool::new(false) }
            });
        if let Some(renamed) = renamed {
            self.note(words::RENAME, context, shared.clock.now(), |_| renamed.operation.number, None);
        }
    }

    fn update_name(&self, context: TraceContext, name: &str) {
        self.note(words::NAME, context, self.shared.clock.now(), |_| 0, Some(name));
    }

    fn record_error(&self, context: TraceContext, failure: &Failure<'_>) {
        let text = failure.description.map(|text| text.bounded());
        let error_type = failure.error_type;
        let now = self.shared.clock.now();
        self.note(words::ERROR, context, now, |local| local.name(error_type), text.as_deref());
        self.failed(context.trace_id, failure, now);
    }

    fn discard(&self, context: TraceContext) -> bool {
        self.shared.with(|local| {
            let mut record = local.writer.record();
            record.push(context.span_id.get());
            record.finish(words::DISCARD, 0, 0);
        });
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
