//! The contents of a snapshot, by name and unit. The page and the OpenTelemetry instruments show the same.

use crate::histogram::Histogram;
use crate::snapshot::{ActorStats, Exemplar, KindStats, SendStats, Snapshot};

/// Numbers with one name.
pub(crate) struct Family {
    /// The name, as OpenTelemetry writes it.
    pub(crate) name: &'static str,
    /// The unit, as OpenTelemetry writes it.
    pub(crate) unit: &'static str,
    pub(crate) is_counter: bool,
    pub(crate) help: &'static str,
    pub(crate) points: fn(&Snapshot, &mut Points<'_>),
}

/// A function that gets the labels and the value of each point.
pub(crate) type Points<'a> = dyn FnMut(&Labels<'_>, Value) + 'a;

/// The names of labels, in OpenTelemetry's form, and their values.
pub(crate) type Labels<'a> = [(&'static str, &'a str)];

/// A number. All numbers of one family have the same type.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Whole(u64),
    Seconds(f64),
}

/// Histograms of durations with one name.
pub(crate) struct HistogramFamily {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) points: fn(&Snapshot, &mut HistogramPoints<'_>),
}

/// A function that gets the labels of each histogram, the histogram, and the weight of its durations in messages.
pub(crate) type HistogramPoints<'a> = dyn FnMut(&Labels<'_>, &Histogram, u32, &[Exemplar]) + 'a;

impl Family {
    const fn counter(
        name: &'static str,
        unit: &'static str,
        help: &'static str,
        points: fn(&Snapshot, &mut Points<'_>),
    ) -> Self {
        Self { name, unit, is_counter: true, help, points }
    }

    const fn gauge(
        name: &'static str,
        unit: &'static str,
        help: &'static str,
        points: fn(&Snapshot, &mut Points<'_>),
    ) -> Self {
        Self { name, unit, is_counter: false, help, points }
    }
}

/// All numbers except histograms.
pub(crate) const FAMILIES: &[Family] = &[
    Family::counter(
        "messaging.client.consumed.messages",
        "{message}",
        "Messages whose handling has ended.",
        |snapshot, points| of_kinds(snapshot, points, |stats| stats.messages),
    ),
    Family::gauge("actor.running_handlings", "{message}", "Handlings that run now.", |snapshot, points| {
        of_kinds(snapshot, points, |stats| stats.running);
    }),
    Family::counter(
        "actor.failures",
        "{message}",
        "Handlings that failed, by type of the error.",
        |snapshot, points| {
            for stats in &snapshot.kinds {
                for (error, count) in &stats.errors {
                    let [actor, kind] = labels_of_kind(stats);
                    points(&[actor, kind, ("error.type", error)], Value::Whole(*count));
                }
            }
        },
    ),
    Family::gauge("actor.mailboxes", "{mailbox}", "Mailboxes.", |snapshot, points| {
        of_actors(snapshot, points, |stats| stats.mailboxes);
    }),
    Family::gauge("actor.mailbox.size", "{message}", "Messages in all mailboxes.", |snapshot, points| {
        of_actors(snapshot, points, |stats| stats.depth);
    }),
    Family::gauge(
        "actor.mailbox.size.max",
        "{message}",
        "Messages in the fullest mailbox.",
        |snapshot, points| of_actors(snapshot, points, |stats| stats.deepest),
    ),
    Family::gauge(
        "actor.mailbox.capacity",
        "{message}",
        "Capacity of all bounded mailboxes.",
        |snapshot, points| of_actors(snapshot, points, |stats| stats.capacity),
    ),
    Family::gauge(
        "actor.mailbox.full",
        "{mailbox}",
        "Bounded mailboxes without room.",
        |snapshot, points| of_actors(snapshot, points, |stats| stats.full),
    ),
    Family::gauge(
        "actor.mailbox.oldest",
        "s",
        "Least time that the oldest message has waited.",
        |snapshot, points| {
            for stats in &snapshot.actors {
                points(&[label_of_actor(stats)], Value::Seconds(stats.oldest_wait_seconds));
            }
        },
    ),
    Family::counter(
        "actor.dead_letters",
        "{message}",
        "Messages left in a mailbox at its end.",
        |snapshot, points| of_actors(snapshot, points, |stats| stats.dead_letters),
    ),
    Family::counter(
        "actor.lagged",
        "{message}",
        "Messages of a broadcast lost by slow subscribers.",
        |snapshot, points| of_actors(snapshot, points, |stats| stats.lagged),
    ),
    Family::counter("actor.started", "{actor}", "Actors that started.", |snapshot, points| {
        of_actors(snapshot, points, |stats| stats.started);
    }),
    Family::counter(
        "actor.restarted",
        "{restart}",
        "Panics after which an actor went on.",
        |snapshot, points| of_actors(snapshot, points, |stats| stats.restarted),
    ),
    Family::counter("actor.ended", "{actor}", "Actors that ended without a panic.", |snapshot, points| {
        of_actors(snapshot, points, |stats| stats.ended);
    }),
    Family::counter("actor.panicked", "{actor}", "Actors that ended with a panic.", |snapshot, points| {
        of_actors(snapshot, points, |stats| stats.panicked);
    }),
    Family::counter(
        "messaging.client.sent.messages",
        "{message}",
        "Attempts to send a message.",
        |snapshot, points| {
            for stats in &snapshot.sends {
                points(&labels_of_send(stats), Value::Whole(stats.attempts));
            }
        },
    ),
    Family::counter(
        "actor.send.failures",
        "{message}",
        "Sends that failed, by reason.",
        |snapshot, points| {
            for stats in &snapshot.sends {
                for (reason, count) in &stats.failed {
                    let [message_type, kind] = labels_of_send(stats);
                    points(&[message_type, kind, ("error.type", reason)], Value::Whole(*count));
                }
            }
        },
    ),
    Family::gauge("actor.asks.waiting", "{ask}", "Asks that wait for an answer.", |snapshot, points| {
        points(&[], Value::Whole(snapshot.asks.waiting));
    }),
    Family::counter("actor.asks", "{ask}", "Asks that ended, by how they did.", |snapshot, points| {
        let asks = &snapshot.asks;
        for (outcome, count) in [
            ("answered", asks.answered),
            ("no_reply", asks.no_reply),
            ("timeout", asks.timeout),
            ("closed", asks.closed),
            ("cancelled", asks.cancelled),
        ] {
            points(&[("outcome", outcome)], Value::Whole(count));
        }
    }),
    Family::counter(
        "traced_actor.failures",
        "{failure}",
        "Sends and asks that failed, and handlers that panicked, by reason. Those of frameworks as well.",
        |snapshot, points| {
            for (reason, count) in &snapshot.failures {
                points(&[("error.type", reason)], Value::Whole(*count));
            }
        },
    ),
    Family::counter(
        "traced_actor.tracing.time",
        "s",
        "Time that tracing itself took, by step, while a meter ran.",
        |snapshot, points| {
            let cost = &snapshot.tracing;
            for (step, seconds) in [
                ("capture", cost.capture_seconds),
                ("open", cost.open_seconds),
                ("record", cost.record_seconds),
                ("export", cost.export_seconds),
            ] {
                points(&[("step", step)], Value::Seconds(seconds));
            }
        },
    ),
    Family::counter(
        "actor.metrics.overflow",
        "{item}",
        "What did not fit into a bound of the metrics.",
        |snapshot, points| {
            let overflow = &snapshot.overflow;
            for (bound, count) in [
                ("messages", overflow.messages),
                ("sends", overflow.sends),
                ("handlings", overflow.handlings),
                ("asks", overflow.asks),
                ("mailboxes", overflow.mailboxes),
                ("timings", overflow.timings),
            ] {
                points(&[("bound", bound)], Value::Whole(count));
            }
        },
    ),
];

/// All histograms.
pub(crate) const HISTOGRAMS: &[HistogramFamily] = &[
    HistogramFamily {
        name: "messaging.process.duration",
        help: "Time from the receive to the end of the handler.",
        points: |snapshot, points| {
            for stats in &snapshot.kinds {
                points(&labels_of_kind(stats), &stats.handling, snapshot.timed_one_in, &stats.exemplars);
            }
        },
    },
    HistogramFamily {
        name: "actor.mailbox.time",
        help: "Time from the send to the receive.",
        points: |snapshot, points| {
            for stats in &snapshot.kinds {
                points(&labels_of_kind(stats), &stats.wait, snapshot.timed_one_in, &[]);
            }
        },
    },
    HistogramFamily {
        name: "actor.send.wait",
        help: "Time that successful sends waited for room.",
        points: |snapshot, points| {
            for stats in snapshot.sends.iter().filter(|stats| stats.waited.count > 0) {
                points(&labels_of_send(stats), &stats.waited, 1, &[]);
            }
        },
    },
];

fn labels_of_kind(stats: &KindStats) -> [(&'static str, &str); 2] {
    [("actor.name", &stats.actor), ("actor.message.kind", &stats.kind)]
}

fn label_of_actor(stats: &ActorStats) -> (&'static str, &str) {
    ("actor.name", &stats.actor)
}

fn labels_of_send(stats: &SendStats) -> [(&'static str, &str); 2] {
    [("actor.message.type", &stats.message_type), ("actor.message.kind", &stats.kind)]
}

fn of_kinds(snapshot: &Snapshot, points: &mut Points<'_>, value: fn(&KindStats) -> u64) {
    for stats in &snapshot.kinds {
        points(&labels_of_kind(stats), Value::Whole(value(stats)));
    }
}

fn of_actors(snapshot: &Snapshot, points: &mut Points<'_>, value: fn(&ActorStats) -> u64) {
    for stats in &snapshot.actors {
        points(&[label_of_actor(stats)], Value::Whole(value(stats)));
    }
}
