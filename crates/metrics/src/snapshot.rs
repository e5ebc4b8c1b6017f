//! The counts so far, as plain data.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use traced_actor::counters;
use traced_actor::observe::{ActorChange, AskEnd};
use traced_actor::sampling::RecordingMeter;

use crate::cells::SeriesSums;
use crate::histogram::Histogram;
use crate::names::OVERFLOWED;
use crate::state::{State, by_name};

/// The counts since the metrics were installed.
///
/// Counts are read while actors continue to count, so numbers in one snapshot may differ by a few messages.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The time of the snapshot, in seconds since the Unix epoch.
    pub unix_seconds: f64,
    /// The time at which the counts began, in seconds since the Unix epoch.
    pub start_unix_seconds: f64,
    /// The number of messages for each timed one. Each duration in a histogram stands for this many.
    pub timed_one_in: u32,
    /// Handled messages, by actor and kind.
    pub kinds: Vec<KindStats>,
    /// Mailboxes and lives of actors, by actor.
    pub actors: Vec<ActorStats>,
    /// Sends, by the type and the kind of the message.
    pub sends: Vec<SendStats>,
    /// Asks by [`ActorRef::call`](traced_actor::ActorRef::call).
    pub asks: AskStats,
    /// Sends and asks that failed, and handlers that panicked, by `error.type`. Those of frameworks count as well.
    ///
    /// They are counted since the process started: see [`Counters::failures`](traced_actor::Counters::failures).
    pub failures: BTreeMap<String, u64>,
    /// The time that tracing itself takes, if it is measured.
    pub tracing: TracingCost,
    /// The counts of everything beyond the limits.
    pub overflow: Overflow,
}

/// The counts of one kind of message that one actor handles.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct KindStats {
    /// The name of the actor. `_other` stands for all actors beyond the limit.
    pub actor: String,
    /// The kind of the message. `batch` is the handling of several messages, which are also counted by their own kinds.
    pub kind: String,
    /// The number of messages whose handling has ended.
    pub messages: u64,
    /// The number of handlings that are running.
    pub running: u64,
    /// The number of handlings that failed.
    pub failed: u64,
    /// The failures by `error.type`. `_other` stands for all types beyond the limit.
    pub errors: BTreeMap<String, u64>,
    /// The time from the send to the receive.
    pub wait: Histogram,
    /// The time from the receive to the end of the handler.
    pub handling: Histogram,
    /// Handlings with a kept span, at most one for each power of two of their time.
    pub exemplars: Vec<Exemplar>,
}

/// A handling with a kept span.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Exemplar {
    /// The trace id, as 32 hexadecimal digits.
    pub trace_id: String,
    /// The span id, as 16 hexadecimal digits.
    pub span_id: String,
    /// The handling time, in seconds.
    pub seconds: f64,
    /// The end of the handling, in seconds since the Unix epoch.
    pub unix_seconds: f64,
    /// The exponent of the power of two, in seconds, that is the upper bound of its bucket on the page.
    pub power_of_two: i32,
}

/// The counts of the mailboxes and lives of one actor.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ActorStats {
    /// The name of the actor. If it has not received anything, the type of its messages.
    pub actor: String,
    /// The number of mailboxes.
    pub mailboxes: u64,
    /// The number of messages in all mailboxes.
    pub depth: u64,
    /// The number of messages in the fullest mailbox.
    pub deepest: u64,
    /// The total capacity of all bounded mailboxes.
    pub capacity: u64,
    /// The number of bounded mailboxes without room.
    pub full: u64,
    /// The time that the oldest message of all mailboxes has waited, in seconds. This is a lower bound.
    pub oldest_wait_seconds: f64,
    /// The number of messages that were left in a mailbox when its receiver was dropped.
    pub dead_letters: u64,
    /// The number of messages of a broadcast that subscribers lost because they lagged.
    pub lagged: u64,
    /// The number of actors of [`spawn`](traced_actor::spawn()) that started.
    pub started: u64,
    /// The number of panics after which an actor continued.
    pub restarted: u64,
    /// The number of actors that ended without a panic.
    pub ended: u64,
    /// The number of actors that ended with a panic.
    pub panicked: u64,
}

/// The counts of the sends of one type and kind of message.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SendStats {
    /// The last part of the name of the message's type.
    pub message_type: String,
    /// The kind of the message.
    pub kind: String,
    /// The number of attempts to send.
    pub attempts: u64,
    /// The time that successful sends waited for room. Sends that found room are not included.
    pub waited: Histogram,
    /// The failures, by reason: `mailbox_full`, `not_running`, `timeout` or `cancelled`.
    pub failed: BTreeMap<String, u64>,
}

/// The counts of asks.
///
/// An ask of a framework's actor counts as answered when the handler of its message ends, and as one without a reply if
/// that handler panics or is cancelled, or if the message is dropped unread. Its time-outs are not known.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AskStats {
    /// The number of asks that are waiting.
    pub waiting: u64,
    /// The number of asks that got an answer.
    pub answered: u64,
    /// The number of asks whose reply channel was dropped.
    pub no_reply: u64,
    /// The number of asks that timed out.
    pub timeout: u64,
    /// The number of asks whose actor had ended.
    pub closed: u64,
    /// The number of asks whose future was dropped.
    pub cancelled: u64,
}

/// The time that tracing itself has taken so far, by step, in seconds.
///
/// It is measured while a [`RecordingMeter`] runs, such as that of the governor in `traced-actor-sampling`. Otherwise
/// it does not change.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TracingCost {
    /// The time of capturing contexts for sent messages.
    pub capture_seconds: f64,
    /// The time of starting spans, including the decision.
    pub open_seconds: f64,
    /// The time of ending spans, including handing them to the exporter.
    pub record_seconds: f64,
    /// The time of exporting spans on other threads, as measured by the governor.
    pub export_seconds: f64,
}

/// The counts of everything beyond the limits.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Overflow {
    /// The number of messages of actors and kinds that are counted as `_other`.
    pub messages: u64,
    /// The number of sends of types and kinds that are counted as `_other`.
    pub sends: u64,
    /// The number of handlings that were counted, but neither timed nor listed.
    pub handlings: u64,
    /// The number of asks that were not followed.
    pub asks: u64,
    /// The number of mailboxes that are not observed.
    pub mailboxes: u64,
    /// The number of times that an instance lost its timings.
    pub timings: u64,
}

impl Snapshot {
    /// Returns the counts of this actor and kind.
    pub fn kind(&self, actor: &str, kind: &str) -> Option<&KindStats> {
        self.kinds.iter().find(|stats| stats.actor == actor && stats.kind == kind)
    }

    /// Returns the counts of this actor's mailboxes and lives.
    pub fn actor(&self, actor: &str) -> Option<&ActorStats> {
        self.actors.iter().find(|stats| stats.actor == actor)
    }

    pub(crate) fn of(state: &State) -> Self {
        let now = state.clock.now();
        Self {
            unix_seconds: state.clock.unix_seconds(now),
            start_unix_seconds: state.clock.unix_seconds(state.started),
            timed_one_in: state.every,
            kinds: kinds(state),
            actors: actors(state, now),
            sends: sends(state),
            asks: asks(state),
            failures: counters().failures.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
            tracing: tracing(),
            overflow: overflow(state),
        }
    }
}

fn kinds(state: &State) -> Vec<KindStats> {
    let shards = state.shards.all();
    let mut running: BTreeMap<u32, u64> = BTreeMap::new();
    for (_, handling) in state.handlings.all().filter(|(_, handling)| handling.turn.is_open()) {
        *running.entry(handling.series.load(Relaxed)).or_default() += 1;
    }
    let rare = state.rare();
    let kind = |(number, (actor, kind)): (u32, _)| {
        let mut sums = SeriesSums::default();
        for shard in &shards {
            shard.add_to(number, &mut sums);
        }
        let exemplars = rare.exemplars.range((number, i32::MIN)..=(number, i32::MAX));
        let exemplar = |(power, kept): (i32, &crate::state::Kept)| Exemplar {
            trace_id: format!("{:032x}", kept.trace_id),
            span_id: format!("{:016x}", kept.span_id),
            seconds: std::time::Duration::from_nanos(kept.nanos).as_secs_f64(),
            unix_seconds: state.clock.unix_seconds(kept.at),
            power_of_two: power,
        };
        let (actor, kind): (std::sync::Arc<str>, std::sync::Arc<str>) = (actor, kind);
        KindStats {
            actor: actor.to_string(),
            kind: kind.to_string(),
            messages: sums.messages,
            running: running.get(&number).copied().unwrap_or(0),
            failed: sums.failed,
            errors: by_name(&rare.errors, number).map(|(error, count)| (error.to_owned(), count)).collect(),
            wait: sums.wait.histogram(),
            handling: sums.handling.histogram(),
            exemplars: exemplars.map(|((_, power), kept)| exemplar((*power, kept))).collect(),
        }
    };
    let all = (0..).zip(state.series.all()).map(kind);
    all.filter(|stats| stats.messages > 0 || stats.running > 0 || stats.handling.count > 0).collect()
}

fn actors(state: &State, now: u64) -> Vec<ActorStats> {
    let mut actors: BTreeMap<String, ActorStats> = BTreeMap::new();
    for (_, place) in state.mailboxes.all() {
        let Some(mailbox) = place.mailbox() else { continue };
        let stats = actors.entry(state.actor_of(place, &mailbox).to_string()).or_default();
        let depth = mailbox.depth();
        let capacity = mailbox.capacity().map(|capacity| capacity as u64);
        stats.mailboxes += 1;
        stats.depth += depth;
        stats.deepest = stats.deepest.max(depth);
        stats.capacity += capacity.unwrap_or(0);
        stats.full += u64::from(capacity.is_some_and(|capacity| depth >= capacity));
        let oldest = std::time::Duration::from_nanos(State::oldest_wait(place, &mailbox, now)).as_secs_f64();
        stats.oldest_wait_seconds = stats.oldest_wait_seconds.max(oldest);
    }
    let rare = state.rare();
    for (actor, count) in &rare.dead_letters {
        actors.entry(actor.to_string()).or_default().dead_letters += count;
    }
    for (actor, count) in &rare.lagged {
        actors.entry(actor.to_string()).or_default().lagged += count;
    }
    for ((actor, change), count) in &rare.changes {
        let stats = actors.entry((*actor).to_owned()).or_default();
        match change {
            ActorChange::Started => stats.started += count,
            ActorChange::Restarted => stats.restarted += count,
            ActorChange::Ended => stats.ended += count,
            ActorChange::Panicked => stats.panicked += count,
            _ => {}
        }
    }
    actors.into_iter().map(|(actor, stats)| ActorStats { actor, ..stats }).collect()
}

fn sends(state: &State) -> Vec<SendStats> {
    let shards = state.shards.all();
    let rare = state.rare();
    let send = |(number, (message_type, kind)): (u32, (std::sync::Arc<str>, std::sync::Arc<str>))| {
        let failed = by_name(&rare.send_failures, number);
        SendStats {
            message_type: message_type.to_string(),
            kind: kind.to_string(),
            attempts: shards.iter().map(|shard| shard.sends[number as usize].load(Relaxed)).sum(),
            waited: rare.send_waits.get(&number).cloned().unwrap_or_default(),
            failed: failed.map(|(reason, count)| (reason.to_owned(), count)).collect(),
        }
    };
    let all = (0..).zip(state.sends.all()).map(send);
    all.filter(|stats| stats.attempts > 0 || !stats.failed.is_empty()).collect()
}

fn asks(state: &State) -> AskStats {
    let rare = state.rare();
    let count = |end: AskEnd| rare.asks.get(&end).copied().unwrap_or(0);
    AskStats {
        waiting: state
            .asks
            .all()
            .filter(|(_, ask)| ask.is_sure.load(Relaxed) && state.is_waiting(ask))
            .count() as u64,
        answered: count(AskEnd::Answered),
        no_reply: count(AskEnd::NoReply),
        timeout: count(AskEnd::Timeout),
        closed: count(AskEnd::Closed),
        cancelled: count(AskEnd::Cancelled),
    }
}

fn tracing() -> TracingCost {
    let [capture, open, record, export] = RecordingMeter::spent().map(|time| time.as_secs_f64());
    TracingCost {
        capture_seconds: capture,
        open_seconds: open,
        record_seconds: record,
        export_seconds: export,
    }
}

fn overflow(state: &State) -> Overflow {
    let mut sums = SeriesSums::default();
    let mut sends = 0;
    for shard in state.shards.all() {
        shard.add_to(OVERFLOWED, &mut sums);
        sends += shard.sends[OVERFLOWED as usize].load(Relaxed);
    }
    Overflow {
        messages: sums.messages,
        sends,
        handlings: state.handlings.refused(),
        asks: state.asks.refused(),
        mailboxes: state.mailboxes.refused(),
        timings: state.timings_forgotten.load(Relaxed),
    }
}
